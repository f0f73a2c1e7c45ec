"""A page read by a process beside the service says the same as one read within it, and no failure of such a
process is more than a page read here."""

import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger_app.domain.samples import DEMO_ISSUER
from ledger_app.domain.terms import organisation_id
from ledger_app.errors import CheckFailed, Unprocessable
from ledger_app.proof.canonical import parse_object
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import leaf_for
from ledger_app.services.bulk.papers import read_apart
from ledger_app.services.bulk.reading import read_page
from ledger_app.services.readers import Readers
from tests.bulk.tables import record, table

ISSUER = {"issuer": {"identifier": DEMO_ISSUER, "name": "Chamber", "territory": "CN"}}
KEYS = (secrets.token_bytes(32),)


@pytest.fixture
def readers() -> Iterator[Readers]:
    found = Readers(1)
    yield found
    found.close()


def task(body: bytes) -> tuple[Any, ...]:
    return body, "csv", 2, ISSUER, to_hex(organisation_id(DEMO_ISSUER)), b"k" * 32


def asked(readers: Readers, function: Callable[..., Any], *arguments: Any) -> Any:
    """What it answers once there is a process: the first page does not wait for it."""
    until = time.monotonic() + 60
    while (found := readers.ask(function, *arguments)) is None and time.monotonic() < until:
        time.sleep(0.02)
    return found


def test_a_process_says_what_the_service_says_ends_unnoticed_and_leaves_nothing(readers: Readers) -> None:
    rows = [record(f"R-{place}") for place in range(60)]
    rows[3] = record("R-3", exportCountry="XX")
    rows[7] = record(None)
    page = task(table(rows))
    assert readers.ask(read_apart, KEYS, *page) is None  # it is started, and not waited for
    found, papers = asked(readers, read_apart, KEYS, *page)
    here = read_page(*page)
    assert [(row.row, row.content, row.told()) for row in found] == [
        (row.row, row.content, row.told()) for row in here
    ]
    assert [row.row for row in found if row.refused] == [5, 9]
    assert len(papers) == 58
    for row in here:
        if not row.refused:
            kept = parse_object(papers[row.content].plain)
            assert kept["document"] == row.document
            assert papers[row.content].leaf == leaf_for(row.document, from_hex(str(kept["secret"]), 32))
    [child] = readers._free
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert readers.ask(read_apart, KEYS, *page) is None
    assert asked(readers, read_apart, KEYS, *page) is not None  # another one
    [child] = readers._free
    readers.close()
    until = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert child.poll() == 0
    assert readers.ask(read_apart, KEYS, *page) is None
    assert not Path(f"/proc/{child.pid}").exists()


def refuse(step: int) -> None:
    raise CheckFailed(step, "DIGEST_DIFFERS", "told", pointers=["/a"])


def test_an_error_comes_back_as_it_was_raised(readers: Readers) -> None:
    with pytest.raises(Unprocessable) as refused:
        asked(readers, read_apart, KEYS, *task(b"a,a\n" * 60))
    assert refused.value.reason == "IMPORT_UNREADABLE"
    with pytest.raises(CheckFailed) as failed:
        asked(readers, refuse, 2)
    assert (failed.value.step, failed.value.reason, failed.value.detail, failed.value.context) == (
        2, "DIGEST_DIFFERS", "told", {"pointers": ["/a"]},
    )  # fmt: skip
    assert len(readers._free) == 1  # it goes on


def test_a_bug_in_a_process_is_one_process_less_and_no_answer(readers: Readers) -> None:
    assert asked(readers, int, "7") == 7
    [child] = readers._free
    assert readers.ask(int, "seven") is None
    assert child.poll() is not None
    assert asked(readers, int, "8") == 8


def test_without_processes_none_is_started() -> None:
    none = Readers(0)
    assert none.ask(int, "7") is None
    assert none._count == 0
