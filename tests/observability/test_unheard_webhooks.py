"""The doctor tells whose webhooks take nothing, and how much they missed, and never where they are."""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from ledger_app.config import load_settings
from ledger_app.doctor import Finding
from ledger_app.store import members, webhooks
from ledger_app.store.engine import Store, open_configured
from ledger_app.store.ids import new_id
from ledger_app.store.preparing import prepare
from ledger_app.store.tables_recipients import webhook_deliveries
from ledger_app.store.webhooks import Endpoint
from tests.observability.rig import diagnose

KEY = secrets.token_hex(32)
BANK, FORWARDER = "0x" + "ba" * 32, "0x" + "f0" * 32
HOST, LABEL = "hooks.secret-place.example", "token-in-a-label"
NOW = int(time.time())
HOUR = 3600


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_configured(load_settings(data=tmp_path, master_key=KEY, council="0x" + "11" * 20))
    prepare(made, demo=False)
    with made.begin() as conn:
        members.put_member(
            conn, organisation=BANK, identifier="urn:test:bank", name="Harbour Bank", territory="AU"
        )
    yield made
    made.close()


def webhook(store: Store, notices: int, organisation: str = BANK, **changes: Any) -> str:
    """A webhook with so many notices on their way to it."""
    same: dict[str, Any] = {"state": webhooks.ACTIVE, "reason": None, "failures": 0, "failing_since": None}
    same |= {"not_before": 0, "delivered_at": None, "created_at": NOW, "updated_at": NOW}
    named = {"id": new_id(), "organisation": organisation, "outside": False, "label": LABEL, "host": HOST}
    made = Endpoint(**{**named, "types": [], "sealed": b"sealed", **same, **changes})
    with store.begin() as conn:
        webhooks.add_endpoint(conn, made)
        webhooks.enqueue(conn, [(made.id, number) for number in range(1, notices + 1)], NOW)
    return made.id


def found(data: Path) -> Finding:
    return diagnose(data, ORIGIN_MASTER_KEY=KEY, ORIGIN_COUNCIL="0x" + "11" * 20)["webhooks"]


def given_up(store: Store, endpoint: str, reason: str) -> None:
    """As the courier leaves it."""
    with store.begin() as conn:
        webhooks.change_endpoint(conn, endpoint, NOW, state=webhooks.DISABLED, reason=reason)
        webhooks.give_up(conn, endpoint, NOW)


def test_a_receiver_that_has_failed_for_more_than_a_day_is_told_with_its_organisation_and_what_waits(
    store: Store, tmp_path: Path
) -> None:
    webhook(store, 3, failures=7, failing_since=NOW - 30 * HOUR)
    told = found(tmp_path)
    assert (told.outcome, told.reason) == ("warning", "WEBHOOKS_UNHEARD")
    assert "Harbour Bank (failing for 30 hours, 3 not delivered)" in told.explanation
    assert "origin webhook enable" in told.fix


def test_a_webhook_that_was_given_up_is_told_at_once_and_one_whose_owner_is_not_known_by_its_id(
    store: Store, tmp_path: Path
) -> None:
    given_up(store, webhook(store, 2, FORWARDER, failing_since=NOW), "WEBHOOK_GONE")
    told = found(tmp_path)
    assert told.outcome == "warning"
    assert f"{FORWARDER} (given up, 2 not delivered)" in told.explanation


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"failures": 2, "failing_since": NOW - 23 * HOUR},
        {"state": webhooks.REMOVED, "failures": 9, "failing_since": NOW - 90 * HOUR, "sealed": None},
    ],
)
def test_one_that_works_failed_lately_or_was_removed_is_not_told(
    changes: dict[str, Any], store: Store, tmp_path: Path
) -> None:
    webhook(store, 2, **changes)
    assert found(tmp_path).outcome == "ok"


def test_one_that_failed_long_ago_and_has_nothing_to_get_is_not_told(store: Store, tmp_path: Path) -> None:
    webhook(store, 0, failures=9, failing_since=NOW - 90 * HOUR)
    assert found(tmp_path).outcome == "ok"


def test_what_was_delivered_is_not_counted_as_missed(store: Store, tmp_path: Path) -> None:
    webhook(store, 3, failing_since=NOW - 48 * HOUR)
    with store.begin() as conn:
        done = update(webhook_deliveries).where(webhook_deliveries.c.notice_id == 1)
        conn.execute(done.values(state=webhooks.DELIVERED))
    assert "2 not delivered" in found(tmp_path).explanation


def test_neither_address_nor_label_is_told_and_many_are_counted(store: Store, tmp_path: Path) -> None:
    for _ in range(7):
        webhook(store, 1, failures=7, failing_since=NOW - 30 * HOUR)
    told = found(tmp_path)
    assert "and 2 more" in told.explanation
    assert not any(secret in told.explanation + told.fix for secret in (HOST, LABEL, "http"))
