"""A page read by a process beside the service says the same as one read within it, and no failure of such a
process is more than a page read here."""

import os
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger_app.domain.samples import DEMO_ISSUER
from ledger_app.domain.terms import organisation_id
from ledger_app.errors import Unprocessable
from ledger_app.proof.canonical import parse_object
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import leaf_for
from ledger_app.services.bulk.readers import Readers, Setting
from ledger_app.services.bulk.reading import read_page
from tests.bulk.tables import record, table

ISSUER = {"issuer": {"identifier": DEMO_ISSUER, "name": "Chamber", "territory": "CN"}}


@pytest.fixture
def readers() -> Iterator[Readers]:
    found = Readers()
    yield found
    found.close()


def task(body: bytes) -> tuple[Any, ...]:
    return body, "csv", 2, ISSUER, to_hex(organisation_id(DEMO_ISSUER)), b"k" * 32


def test_a_process_says_what_the_service_says_ends_unnoticed_and_leaves_nothing(readers: Readers) -> None:
    rows = [record(f"R-{place}") for place in range(60)]
    rows[3] = record("R-3", exportCountry="XX")
    rows[7] = record(None)
    asked = task(table(rows))
    setting = Setting((secrets.token_bytes(32),), None)
    answer: Any = readers.ask(setting, 1, asked)
    found, papers = answer
    here = read_page(*asked)
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
    answer = readers.ask(setting, 1, task(b"a,a\n" * 60))
    assert answer[:2] == (Unprocessable, "IMPORT_UNREADABLE")
    assert readers.ask(setting, 1, task(table(rows[:3]))) is None  # not worth the way
    assert readers.ask(setting, 0, asked) is None
    [child] = readers._free
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert readers.ask(setting, 1, asked) is None
    assert readers.ask(setting, 1, asked) is not None  # another one
    [child] = readers._free
    readers.close()
    until = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert child.poll() == 0
    assert readers.ask(setting, 1, asked) is None
    assert not Path(f"/proc/{child.pid}").exists()
