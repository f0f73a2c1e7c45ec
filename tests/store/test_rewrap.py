"""Every sealed value moves under the current master key, however often the move is cut off."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import JSON, Boolean, Integer, LargeBinary, String, Table, insert, select, update

from ledger_app.errors import Broken
from ledger_app.services.batches import names_of
from ledger_app.store import schema
from ledger_app.store.engine import Store, open_store
from ledger_app.store.rewrap import SEALED, left, rewrap
from ledger_app.store.secrets import Vault
from ledger_app.store.tables_records import certificate_links, certificates

OLD, NEW = b"\1" * 32, b"\2" * 32
BOTH = Vault([NEW, OLD])
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = {"exporter": {"name": "Ningbo Harbour"}, "consignee": {"name": "Southern Cross"}}


def names(opened: bytes) -> list[tuple[str, str]]:
    return list(names_of(orjson.loads(opened)["document"]))


def content(context: str) -> bytes:
    """What is sealed there: a certificate's holds a document."""
    return orjson.dumps({"document": DOCUMENT}) if context.startswith("certificates/") else context.encode()


def fill(store: Store, vault: Vault, count: int) -> dict[str, bytes]:
    """`count` rows in every table that seals something; gives what is sealed under each context."""
    expected: dict[str, bytes] = {}
    with store.begin() as conn:
        for table in dict.fromkeys(table for table, _, _ in SEALED):
            rows = [_row(table, number) for number in range(count)]
            for row in rows:
                for of, column, template in SEALED:
                    if of is table:
                        context = template.format(**row)
                        expected[context] = content(context)
                        row[column] = vault.seal(expected[context], context)
            conn.execute(insert(table), rows)
        for number in range(count):
            links = [{"certificate_id": _id(number), "kind": "consignment", "value": f"c-{number}"}]
            links += [
                {"certificate_id": _id(number), "kind": kind, "value": vault.blind("name", name)}
                for kind, name in names_of(DOCUMENT)
            ]
            conn.execute(insert(certificate_links), links)
    return expected


def _id(number: int) -> str:
    return f"{number:032d}"


def _row(table: Table, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.columns:
        if isinstance(column.type, Boolean):
            row[column.name] = bool(number % 2)
        elif isinstance(column.type, Integer):
            row[column.name] = number
        elif column.name == "id" or column.primary_key:
            length = column.type.length if isinstance(column.type, String) else None
            row[column.name] = "0x" + f"{number:064x}" if length == 66 else _id(number)
        elif isinstance(column.type, JSON):
            row[column.name] = {}
        elif isinstance(column.type, LargeBinary):
            row[column.name] = b""
        elif isinstance(column.type, String):
            row[column.name] = f"{number:0{min(column.type.length or 8, 8)}d}"
        else:
            row[column.name] = number
    return row


def opened(store: Store, vault: Vault) -> dict[str, bytes]:
    found = {}
    with store.read() as conn:
        for table, column, template in SEALED:
            for row in conn.execute(select(table)).mappings():
                context = template.format(**row)
                found[context] = vault.open(row[column], context)
    return found


def test_every_column_that_is_sealed_is_known() -> None:
    declared: set[tuple[str, str]] = set()
    for table in schema.metadata.tables.values():
        declared |= {(table.name, c.name) for c in table.columns if isinstance(c.type, LargeBinary)}
    in_the_clear = {("outbox", "calldata"), ("transactions", "raw"), ("statements", "file")}
    # Keyed terms, and which certificates have them by their ordinals.
    of_the_search = {("certificate_search", "terms"), ("search_postings", "bits"), ("search_days", "slices")}
    plain = declared - {(table.name, column) for table, column, _ in SEALED}
    assert plain == in_the_clear | of_the_search
    assert not [name for _, name in plain if "sealed" in name]


def test_everything_opens_under_the_new_key_alone_and_names_are_found(store: Store) -> None:
    expected = fill(store, Vault([OLD]), 3)
    assert left(store, BOTH) == len(expected)
    done = rewrap(store, BOTH, names)
    assert (done.done, done.unreadable, left(store, BOTH)) == (len(expected), [], 0)
    alone = Vault([NEW])
    assert opened(store, alone) == expected
    with store.read() as conn:
        links = conn.execute(select(certificate_links)).all()
    assert sum(link.value == alone.blind("name", "Ningbo Harbour") for link in links) == 3
    assert sum(link.value.startswith("c-") for link in links) == 3
    assert rewrap(store, BOTH, names).done == 0


def test_a_value_that_no_key_opens_is_named_and_holds_nothing_up(store: Store) -> None:
    expected = fill(store, Vault([OLD]), 2)
    with store.begin() as conn:
        damaged = update(certificates).where(certificates.c.id == _id(0)).values(sealed=b"\0" * 90)
        conn.execute(damaged)
    done = rewrap(store, BOTH, names)
    assert done.unreadable == [f"certificates/{_id(0)}"]
    assert (done.done, left(store, BOTH)) == (len(expected) - 1, 1)


_KILLED = """
import os, signal, sys
from sqlalchemy import event
from ledger_app.store.engine import open_store
from ledger_app.store.rewrap import rewrap
from ledger_app.store.secrets import Vault
from tests.store.test_rewrap import BOTH, names
store = open_store(sys.argv[1])
updates = 0
def die(_conn, _cursor, statement, *_):
    global updates
    updates += statement.startswith("UPDATE")
    if updates == 950:
        os.kill(os.getpid(), signal.SIGKILL)  # within a transaction
event.listen(store.engine, "before_cursor_execute", die)
rewrap(store, BOTH, names)
"""


def test_a_move_that_was_killed_goes_on_with_what_is_left(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    store = open_store(url)
    store.create_all()
    expected = fill(store, Vault([OLD]), 220)
    before = left(store, BOTH)
    halts = []
    while True:
        run = subprocess.run(
            [sys.executable, "-c", _KILLED, url], cwd=ROOT, capture_output=True, timeout=120, check=False
        )
        halts.append(left(store, BOTH))
        if run.returncode == 0:
            break
        assert run.returncode == -signal.SIGKILL, run.stderr.decode()
        assert halts[-1] < before
        before = halts[-1]
        # Whatever it left opens under one of the two keys.
        assert opened(store, BOTH) == expected
    assert len(halts) > 2
    assert halts[-1] == 0
    assert opened(store, Vault([NEW])) == expected
    with pytest.raises(Broken):
        opened(store, Vault([OLD]))
    store.close()
