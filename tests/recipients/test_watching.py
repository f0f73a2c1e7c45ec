"""What readiness and metrics say of webhooks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from ledger_app.errors import Unavailable
from ledger_app.services import health
from ledger_app.services.recipients.telling import Teller
from ledger_app.store import index, migrate, webhooks
from ledger_app.store.engine import open_store
from ledger_app.store.index import Block
from ledger_app.store.tables_recipients import webhook_deliveries
from tests.recipients.desk import Desk, services
from tests.recipients.receiver import Receiver
from tests.support import databases


@pytest.fixture(params=databases.both_when_long())
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    store = open_store(databases.new_url(tmp_path, request.param))
    with store.begin() as conn:
        migrate.upgrade_in(conn, "head")
    yield Desk(services(store, tmp_path))
    store.close()


def due_for(desk: Desk, seconds: int) -> None:
    with desk.ctx.store.begin() as conn:
        conn.execute(update(webhook_deliveries).values(next_at=desk.ctx.now() - seconds))


def test_deliveries_that_nobody_sees_to_are_an_alarm_and_those_that_fail_are_none(
    desk: Desk, receiver: Receiver
) -> None:
    assert health.webhooks(health.Look(desk.ctx)) == "0 on their way"
    receiver.answer = lambda _: (500, {})
    made = desk.add(receiver.url)
    desk.tell()
    assert health.webhooks(health.Look(desk.ctx)) == "1 on their way"
    due_for(desk, 60)
    with pytest.raises(Unavailable, match="COURIER_MISSING"):
        health.webhooks(health.Look(desk.ctx))
    with desk.ctx.store.begin() as conn:  # it rests after failures: that is nobody's fault here
        webhooks.change_endpoint(conn, made["id"], 1, not_before=desk.ctx.now() + 100)
    assert health.webhooks(health.Look(desk.ctx)) == "1 on their way"
    with desk.ctx.store.begin() as conn:
        webhooks.change_endpoint(conn, made["id"], 1, not_before=0)
    with desk.delivering():
        receiver.wait(1)
        due_for(desk, 60)
        health.webhooks(health.Look(desk.ctx))


def test_attempts_are_counted_by_how_they_ended(desk: Desk, receiver: Receiver) -> None:
    answers = iter((500, 204, 410))
    receiver.answer = lambda _: (next(answers), {})
    made = desk.add(receiver.url)
    with desk.delivering():
        for count in (2, 3):
            desk.tell()
            receiver.wait(count)
        receiver.until(lambda _: desk.show(made)["state"] == "disabled", "gone")
    page = desk.ctx.metrics.page([]).decode()
    for outcome in ("failed", "delivered", "gone"):
        assert f'origin_webhook_deliveries_total{{outcome="{outcome}"}} 1.0' in page


def test_an_index_that_nobody_tells_of_is_an_alarm(desk: Desk) -> None:
    def at(number: int) -> None:
        block = Block(number, f"0x{number:064x}", "0x", number)
        with desk.ctx.store.begin() as conn:
            index.add_blocks(conn, [block], keep=10_000)
            index.set_cursor(conn, block)

    def said() -> str:
        return health.recipients(health.Look(desk.ctx))

    assert said() == "nothing to tell yet"
    at(5)
    Teller(desk.ctx).step()
    assert said() == "told up to block 5"
    at(1_006)
    with pytest.raises(Unavailable, match="TELLER_BEHIND"):
        said()
    Teller(desk.ctx).step()
    assert said() == "told up to block 1006"
