"""Deliveries: at least once, under one id, in spite of slow, broken and hostile receivers and of kills."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_app.errors import BadInput, Conflict, NotFound
from ledger_app.services.recipients import endpoints
from ledger_app.services.recipients.changes import Type
from ledger_app.store import webhooks
from ledger_app.store.engine import Store, open_store
from tests.recipients.desk import BANK, TRADER, Desk, services
from tests.recipients.receiver import Got, Receiver, receiving
from tests.support import databases


@pytest.fixture(params=databases.both_when_long())
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    store = open_store(databases.new_url(tmp_path, request.param))
    store.create_all()
    yield Desk(services(store, tmp_path))
    store.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Desk]:
    """The same for what has nothing to do with the kind of database."""
    store = open_store(databases.new_url(tmp_path))
    store.create_all()
    yield Desk(services(store, tmp_path))
    store.close()


def until(done: object, what: str = "") -> None:
    end = time.monotonic() + 60
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, what
        time.sleep(0.05)


def test_a_notice_is_delivered_signed_and_logged(desk: Desk, receiver: Receiver) -> None:
    made = desk.add(receiver.url)
    (message,) = desk.tell()
    with desk.delivering():
        (got,) = receiver.wait(1)
        until(lambda: desk.states(made) == ["delivered"])
    assert got.message == message
    assert got.verified(made["secret"])["type"] == "certificate.revoked"
    (row,) = desk.log(made)
    assert [(one["number"], one["status"], one["error"]) for one in row["attempts"]] == [(1, 204, None)]


def test_it_is_tried_again_under_the_same_id_with_the_same_bytes(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda _: (204 if len(receiver.got) >= 3 else 500, {})
    made = desk.add(receiver.url)
    (message,) = desk.tell()
    with desk.delivering():
        got = receiver.wait(4)
        until(lambda: desk.states(made) == ["delivered"])
    assert {one.message for one in got} == {message}
    assert len({one.body for one in got}) == 1
    for one in got:
        one.verified(made["secret"])
    (row,) = desk.log(made)
    assert [one["status"] for one in row["attempts"]] == [500, 500, 500, 204]
    assert desk.show(made)["failingSince"] is None


def test_the_next_attempt_is_as_late_as_the_schedule_and_the_receiver_ask_for(
    small: Desk, receiver: Receiver
) -> None:
    ctx = services(small.ctx.store, small.ctx.settings.data, webhook_retry_seconds=(100,))
    waiting = {"plain": 100, "asked": 5000}
    receiver.answer = lambda got: (503, {"retry-after": "5000"} if got.path == "/asked" else {})
    base = receiver.url.removesuffix("/hook")
    made = {name: small.add(f"{base}/{name}") for name in waiting}
    small.tell()
    begun = ctx.now()
    with Desk(ctx).delivering():
        receiver.wait(2)
        until(lambda: all(small.log(one)[0]["attempts"] for one in made.values()))
    for name, least in waiting.items():
        (row,) = small.log(made[name])
        assert row["state"] == "pending"
        assert begun + least <= row["nextAt"] <= ctx.now() + least * 1.2 + 1


def test_410_ends_it_at_once_and_the_organisation_is_told_also_by_its_other_webhooks(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.answer = lambda got: (410 if got.path == "/gone" else 204, {})
    gone = desk.add(receiver.url.replace("/hook", "/gone"), label="old desk")
    other = desk.add(receiver.url, types=["webhook.disabled"])
    desk.tell(3)
    with desk.delivering():
        receiver.until(lambda r: r.of_type("webhook.disabled"), "told")
        until(lambda: desk.states(other) == ["delivered"])
    assert desk.show(gone)["state"] == "disabled"
    assert desk.show(gone)["reason"] == "WEBHOOK_GONE"
    assert set(desk.states(gone)) == {"failed"}
    (told,) = [one for one in desk.inbox() if one["type"] == "webhook.disabled"]
    assert told["data"]["webhook"] == gone["id"]
    assert told["data"]["label"] == "old desk"
    calls = len([one for one in receiver.got if one.path == "/gone"])
    desk.tell()
    with desk.delivering():
        time.sleep(0.5)
    assert len([one for one in receiver.got if one.path == "/gone"]) == calls


def test_a_webhook_that_fails_throughout_is_called_no_more_until_it_is_enabled_and_resent(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.answer = lambda _: (500, {})
    made = desk.add(receiver.url)
    (message,) = desk.tell()
    with desk.delivering():
        until(lambda: desk.show(made)["state"] == "disabled")
        assert desk.show(made)["reason"] == "WEBHOOK_FAILING"
        assert len(desk.log(made)[0]["attempts"]) == 4  # at once, and as often as the schedule says
        (missed,) = desk.tell()
        with pytest.raises(Conflict, match="WEBHOOK_DISABLED"):
            endpoints.resend(desk.ctx, BANK, made["id"], message=None, since="1970-01-01")
        receiver.answer = lambda _: (204, {})
        endpoints.enable(desk.ctx, BANK, made["id"])
        answer = endpoints.resend(desk.ctx, BANK, made["id"], message=None, since="1970-01-01")
        assert answer == {"resent": 3}  # both, and that it was disabled
        receiver.until(lambda r: len(r.accepted()) == 3, "resent")
    assert {message, missed} <= {one.message for one in receiver.accepted()}


def test_one_message_is_resent_under_its_own_id(small: Desk, receiver: Receiver) -> None:
    made = small.add(receiver.url)
    first, second = small.tell(2)
    with small.delivering():
        until(lambda: small.states(made) == ["delivered", "delivered"])
        endpoints.resend(small.ctx, BANK, made["id"], message=second, since=None)
        got = receiver.wait(3)
        until(lambda: small.states(made) == ["delivered", "delivered"])
    assert sorted(one.message for one in got) == sorted([first, second, second])
    with pytest.raises(NotFound, match="NOTICE_UNKNOWN"):
        endpoints.resend(small.ctx, BANK, made["id"], message="msg_" + "0" * 32, since=None)
    for message, since in ((None, None), (first, "2026-01-01"), (None, "yesterday"), (None, "9" * 30)):
        with pytest.raises(BadInput, match="MOMENT_INVALID"):
            endpoints.resend(small.ctx, BANK, made["id"], message=message, since=since)


def test_a_slow_endpoint_holds_up_nobody_else(small: Desk) -> None:
    patient = services(small.ctx.store, small.ctx.settings.data, webhook_timeout_seconds=60)
    with receiving() as slow, receiving() as quick:
        called, released = threading.Semaphore(0), threading.Event()

        def hold(_: Got) -> tuple[int, dict[str, str]]:
            called.release()
            released.wait(60)
            return 204, {}

        slow.answer = hold
        for number in range(12):
            small.add(slow.url.replace("/hook", f"/{number}"), TRADER)
        small.add(quick.url)
        small.tell(20, TRADER)
        with Desk(patient).delivering():
            for _ in range(12):
                assert called.acquire(timeout=60)
            small.tell(40)
            quick.wait(40)
            assert slow.got == []  # all of them are held still
            released.set()


def test_what_is_told_of_one_certificate_arrives_in_order_and_beside_that_of_others(
    small: Desk, receiver: Receiver
) -> None:
    held = threading.Event()

    def answer(got: Got) -> tuple[int, dict[str, str]]:
        if got.message == first[0]:
            held.wait(60)
        return 204, {}

    receiver.answer = answer
    small.add(receiver.url)
    first, other = small.tell(3, leaf="0x" + "1" * 64), small.tell(3, leaf="0x" + "2" * 64)
    with small.delivering():
        receiver.wait(3)  # those of the other one, while the first is held
        assert [one.message for one in receiver.got] == other
        held.set()
        receiver.wait(6)
    assert [one.message for one in receiver.got][3:] == first


@pytest.mark.long
def test_an_endpoint_that_keeps_failing_is_called_ever_more_seldom(small: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda _: (500, {})
    made = small.add(receiver.url)
    small.tell(60)
    with small.delivering():
        until(lambda: _endpoint(small, made).failures >= 4)
        time.sleep(1)
        assert _endpoint(small, made).not_before > small.ctx.now()
    assert len(receiver.got) < 20


def _endpoint(desk: Desk, made: dict[str, object]) -> webhooks.Endpoint:
    with desk.ctx.store.read() as conn:
        found = webhooks.endpoint(conn, str(made["id"]))
    assert found is not None
    return found


def test_two_processes_deliver_each_notice_once(desk: Desk, receiver: Receiver) -> None:
    made = desk.add(receiver.url)
    sent = desk.tell(30)
    with desk.delivering(3):
        receiver.wait(30)
        until(lambda: set(desk.states(made)) == {"delivered"})
        sent += desk.tell(10)
        receiver.wait(40)
        until(lambda: set(desk.states(made)) == {"delivered"})
    assert sorted(one.message for one in receiver.got) == sorted(sent)


def test_a_test_notice_is_tried_once_and_its_failure_disables_nothing(
    small: Desk, receiver: Receiver
) -> None:
    receiver.answer = lambda _: (500, {})
    made = small.add(receiver.url)
    message = endpoints.ping(small.ctx, BANK, made["id"])["message"]
    with small.delivering():
        until(lambda: small.states(made) == ["failed"])
    assert receiver.got[0].message == message
    assert receiver.got[0].verified(made["secret"])["type"] == "webhook.test"
    assert small.show(made)["state"] == "active"
    assert small.inbox() == []  # it is no news of anything


def test_while_a_secret_is_replaced_both_sign_and_then_the_old_one_no_more(
    small: Desk, receiver: Receiver
) -> None:
    made = small.add(receiver.url)
    new = endpoints.new_key(small.ctx, BANK, made["id"], 24)
    small.tell()
    with small.delivering():
        (got,) = receiver.wait(1)
        for secret in (made["secret"], new["secret"]):
            got.verified(secret)
        newest = endpoints.new_key(small.ctx, BANK, made["id"], 0)
        small.tell()
        got = receiver.wait(2)[1]
    assert got.headers["webhook-signature"].count("v1,") == 1
    got.verified(newest["secret"])


def test_it_gets_the_types_it_asked_for_and_nobody_elses_notices(small: Desk, receiver: Receiver) -> None:
    chosen = small.add(receiver.url, types=["certificate.suspended"])
    other = small.add(receiver.url, TRADER)
    outside = small.add(receiver.url, outside=True)
    small.tell(type_=Type.REVOKED)
    small.tell(type_=Type.SUSPENDED)
    small.tell(to=outside["id"], type_=Type.SENT)
    assert [row["type"] for row in small.log(chosen)] == ["certificate.suspended"]
    assert small.log(other, TRADER) == []
    assert [row["type"] for row in small.log(outside)] == ["certificate.sent"]
    assert [one["type"] for one in small.inbox()] == ["certificate.revoked", "certificate.suspended"]
    assert small.inbox(TRADER) == []


def test_a_webhook_belongs_to_its_organisation_alone(small: Desk, receiver: Receiver) -> None:
    made = small.add(receiver.url)
    for use in (
        lambda: endpoints.show(small.ctx, TRADER, made["id"]),
        lambda: endpoints.remove(small.ctx, TRADER, made["id"]),
        lambda: endpoints.enable(small.ctx, TRADER, made["id"]),
        lambda: endpoints.new_key(small.ctx, TRADER, made["id"], 1),
        lambda: endpoints.ping(small.ctx, TRADER, made["id"]),
        lambda: small.log(made, TRADER),
        lambda: endpoints.resend(small.ctx, TRADER, made["id"], message=None, since="2020-01-01"),
    ):
        with pytest.raises(NotFound, match="WEBHOOK_UNKNOWN"):
            use()
    assert endpoints.listed(small.ctx, TRADER) == []


def test_a_removed_webhook_is_forgotten_and_called_no_more(small: Desk, receiver: Receiver) -> None:
    made = small.add(receiver.url)
    small.tell(3)
    endpoints.remove(small.ctx, BANK, made["id"])
    with small.delivering():
        time.sleep(0.5)
    assert receiver.got == []
    assert endpoints.listed(small.ctx, BANK) == []
    assert _endpoint(small, made).sealed is None
    with pytest.raises(NotFound):
        small.show(made)


def test_there_are_only_so_many_webhooks_and_only_types_that_exist(small: Desk, receiver: Receiver) -> None:
    with pytest.raises(BadInput, match="WEBHOOK_TYPE_UNKNOWN"):
        small.add(receiver.url, types=["certificate.lost"])
    for _ in range(20):
        small.add(receiver.url)
    with pytest.raises(Conflict, match="WEBHOOK_TOO_MANY"):
        small.add(receiver.url)
    small.add(receiver.url, TRADER)


def test_neither_addresses_nor_secrets_are_in_the_database_in_the_clear(
    desk: Desk, receiver: Receiver
) -> None:
    made = desk.add(receiver.url + "?token=open-sesame")
    assert "secret" not in desk.show(made)
    rows = _everything(desk.ctx.store)
    assert "open-sesame" not in rows
    assert made["secret"].removeprefix("whsec_") not in rows


def _everything(store: Store) -> str:
    names = ("webhook_endpoints", "webhook_deliveries", "webhook_attempts", "notices", "meta")
    with store.read() as conn:
        return "".join(
            bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
            for name in names
            for row in conn.execute(text(f"SELECT * FROM {name}"))
            for value in row
        )


def test_an_address_that_the_settings_allow_no_more_is_not_called(small: Desk, receiver: Receiver) -> None:
    made = small.add(receiver.url)
    small.tell()
    strict = services(
        small.ctx.store, small.ctx.settings.data, webhook_networks="10.0.0.0/8", webhook_retry_seconds=(900,)
    )
    with Desk(strict).delivering():
        until(lambda: small.log(made)[0]["attempts"])
    assert small.log(made)[0]["attempts"][0]["error"] == "url"
    assert receiver.got == []


def test_a_webhook_whose_sealed_part_is_damaged_holds_up_nobody_else(small: Desk, receiver: Receiver) -> None:
    broken, well = small.add(receiver.url), small.add(receiver.url)
    with small.ctx.store.begin() as conn:
        webhooks.change_endpoint(conn, broken["id"], 1, sealed=b"nothing that opens")
    small.tell(3)
    with small.delivering():
        receiver.wait(3)
        until(lambda: set(small.states(well)) == {"delivered"})


def test_what_was_settled_long_ago_leaves_the_log_and_not_the_inbox(desk: Desk, receiver: Receiver) -> None:
    made = desk.add(receiver.url)
    desk.tell(3)
    with desk.delivering():
        until(lambda: desk.states(made) == ["delivered"] * 3)
    desk.tell()
    with desk.ctx.store.begin() as conn:
        assert webhooks.forget_before(conn, desk.ctx.now() + 10) == 3
    assert desk.states(made) == ["pending"]
    assert len(desk.inbox()) == 4
