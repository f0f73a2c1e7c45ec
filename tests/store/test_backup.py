"""Backups: the same rows on whichever database, all or nothing, and only for those whose they are."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Integer, LargeBinary, String, insert, select, text

from ledger_app.errors import BadInput, Broken, ConfigError, Conflict, LedgerError
from ledger_app.store import backup, index, lease, members, meta, migrate, outbox, preparing
from ledger_app.store.backup_file import FORMAT, reading
from ledger_app.store.engine import Store, open_store
from ledger_app.store.schema import metadata
from ledger_app.store.secrets import Vault
from tests.support import databases

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
VAULT = Vault([KEY])
LEDGER = {"chain_id": 7, "genesis": "0x" + "1a" * 32}
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def origin(empty: Store) -> Store:
    """A prepared store with rows in every table."""
    preparing.prepare(empty, demo=False)
    fill(empty, random.Random(7))
    return empty


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of such a store."""
    folder = tmp_path_factory.mktemp("backup")
    store = open_store(databases.new_url(folder, databases.SQLITE))
    preparing.prepare(store, demo=False)
    fill(store, random.Random(7))
    made = folder / "made.jsonl.gz"
    backup.write(store, VAULT, made, LEDGER)
    store.close()
    return made


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite database."""
    (tmp_path / "target").mkdir()
    made = open_store(databases.new_url(tmp_path / "target", databases.SQLITE))
    yield made
    made.close()


def fill(store: Store, rng: random.Random, rows: int = 5) -> None:
    """Rows in every table, each column with a value of its type, some with the worst that it may hold."""
    with store.begin() as conn:
        for table in metadata.sorted_tables:
            if table.name in ("meta", "leases"):
                continue
            values = [{col.name: _value(col, rng, number) for col in table.columns} for number in range(rows)]
            conn.execute(insert(table), values)
        block = index.Block(4, "0x" + "4" * 64, "0x" + "3" * 64, 1_700_000_000)
        index.set_cursor(conn, block)


def _value(col: Any, rng: random.Random, number: int) -> Any:
    if col.nullable and rng.random() < 0.3:
        return None
    if isinstance(col.type, JSON):
        return rng.choice([{"ä": [1, None, "x\n"], "n": 2**53}, [], {"b": {"c": ""}}, "text", 7, True])
    if isinstance(col.type, LargeBinary):
        return bytes([number]) + rng.randbytes(rng.choice([0, 1, 500]))
    if isinstance(col.type, Boolean):
        return rng.random() < 0.5
    if isinstance(col.type, Integer):
        return number + (rng.choice([0, 2**40]) if "BIG" in str(col.type) and not col.primary_key else 0)
    assert isinstance(col.type, String)
    unique = col.primary_key or col.unique or any(col.name in k.columns for k in _uniques(col.table))
    length = col.type.length or 200
    plain = f"{number}-" + rng.choice(["", "x", "Ünïcode 東京 \U0001f6a2", "'; --", "a\tb\nc", "B" * 20])
    return plain[:length] if unique or len(plain) <= length else str(number)


def _uniques(table: Any) -> list[Any]:
    return [each for each in table.constraints if type(each).__name__ == "UniqueConstraint"]


def content(store: Store) -> dict[str, list[Any]]:
    """Every row of every table but the leases, in one order."""
    found = {}
    with store.read() as conn:
        for table in metadata.sorted_tables:
            if table.name == "leases":
                continue
            rows = [tuple(row) for row in conn.execute(select(table))]
            if table.name == "meta":
                rows = [row for row in rows if row[0] != backup.RESTORED]
            found[table.name] = sorted(rows, key=repr)
    return found


@pytest.mark.parametrize("kind", databases.both())
def test_what_is_restored_is_what_was_backed_up(origin: Store, tmp_path: Path, kind: str) -> None:
    """From each kind of database into each."""
    file = tmp_path / "made.jsonl.gz"
    backup.write(origin, VAULT, file, LEDGER)
    (tmp_path / "other").mkdir()
    other = open_store(databases.new_url(tmp_path / "other", kind))
    summary = backup.restore(other, VAULT, file, demo=False)
    assert content(other) == content(origin)
    assert migrate.differences(other) == []
    assert set(summary.rows) == {table.name for table in metadata.sorted_tables} - {"leases"}
    with origin.read() as one, other.read() as two:
        assert index.digest(one) == index.digest(two) == summary.header.index["digest"]  # type: ignore[index]
        assert two.execute(text("SELECT count(*) FROM leases")).scalar_one() == 0
    again = tmp_path / "again.jsonl.gz"
    backup.write(other, VAULT, again, LEDGER)
    before, after = lines(file), lines(again)
    assert [line for line in after if backup.RESTORED not in line][1:-1] == before[1:-1]
    other.close()


@pytest.mark.parametrize("kind", databases.both())
def test_a_restored_store_goes_on_counting(file: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "other").mkdir()
    other = open_store(databases.new_url(tmp_path / "other", kind))
    backup.restore(other, VAULT, file, demo=False)
    with other.begin() as conn:
        highest = conn.execute(text("SELECT max(id) FROM outbox")).scalar_one()
        assert outbox.enqueue(conn, act_id=None, contract="0xab", calldata=b"") == highest + 1
    other.close()


def test_a_backup_is_of_one_moment_while_others_write(origin: Store, tmp_path: Path) -> None:
    def write_meanwhile(rows: Any) -> Any:
        for number, part in enumerate(rows):
            with origin.begin() as conn:
                meta.put(conn, f"later-{number}", number)
            yield part

    before = content(origin)
    real = backup._rows
    backup._rows = lambda conn, table: write_meanwhile(real(conn, table))  # type: ignore[assignment]
    try:
        backup.write(origin, VAULT, tmp_path / "b.gz", LEDGER)
    finally:
        backup._rows = real
    assert content(origin) != before
    (tmp_path / "t").mkdir()
    other = open_store(databases.new_url(tmp_path / "t", databases.SQLITE))
    backup.restore(other, VAULT, tmp_path / "b.gz", demo=False)
    assert content(other) == before
    other.close()


def test_a_backup_holds_no_key_and_is_private(target: Store, tmp_path: Path) -> None:
    preparing.prepare(target, demo=False)
    fill(target, random.Random(9))
    with target.begin() as conn:
        sealed = VAULT.seal(b"Shanghai Silk Works", "certificates/1")
        conn.execute(text("UPDATE certificates SET sealed = :s"), {"s": sealed})
    made = tmp_path / "b.gz"
    backup.write(target, VAULT, made, LEDGER)
    raw = gzip.decompress(made.read_bytes())
    assert made.stat().st_mode & 0o777 == 0o600
    for secret in (KEY, KEY.hex().encode(), b"Shanghai"):
        assert secret not in raw


# --- refusals -----------------------------------------------------------------------------------------------


def test_a_store_that_holds_something_is_not_overwritten_unasked(file: Path, target: Store) -> None:
    preparing.prepare(target, demo=False)
    fill(target, random.Random(8), rows=2)
    before = content(target)
    with pytest.raises(Conflict) as refused:
        backup.restore(target, VAULT, file, demo=False)
    assert refused.value.reason == "STORE_NOT_EMPTY"
    assert content(target) == before
    backup.restore(target, VAULT, file, demo=False, replace=True)
    assert content(target) != before


def test_a_store_that_a_service_works_on_is_not_replaced(file: Path, target: Store) -> None:
    preparing.prepare(target, demo=False)
    with target.begin() as conn:
        assert lease.acquire(conn, "submitter/0x1", "elsewhere/1/a", 60)
    for replace in (False, True):
        with pytest.raises(Conflict) as refused:
            backup.restore(target, VAULT, file, demo=False, replace=replace)
        assert refused.value.reason == "STORE_IN_USE"


def test_a_file_is_not_overwritten(target: Store, file: Path) -> None:
    preparing.prepare(target, demo=False)
    before = file.read_bytes()
    with pytest.raises(BadInput) as refused:
        backup.write(target, VAULT, file, LEDGER)
    assert refused.value.reason == "BACKUP_EXISTS"
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir() if path.name.endswith(".part")] == []


def test_a_backup_of_a_demonstration_is_no_installation(file: Path, target: Store) -> None:
    with pytest.raises(ConfigError) as refused:
        backup.restore(target, VAULT, file, demo=True)
    assert refused.value.reason == "STORE_OF_DEMO"


def test_a_backup_under_another_master_key_is_refused(file: Path, target: Store) -> None:
    with pytest.raises(BadInput) as refused:
        backup.restore(target, Vault([OTHER]), file, demo=False)
    assert refused.value.reason == "BACKUP_FOREIGN"
    assert not has_tables(target)
    backup.restore(target, Vault([OTHER, KEY]), file, demo=False)


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [("version", 2, "BACKUP_NEWER"), ("schema", "9999", "BACKUP_NEWER"), ("format", "zip", "BACKUP_DAMAGED")],
)
def test_a_backup_of_a_later_version_is_refused(
    file: Path, target: Store, tmp_path: Path, member: str, value: Any, reason: str
) -> None:
    header, *rest = lines(file)
    changed = {**json.loads(header), member: value}
    forged = sealed_anew([json.dumps(changed, separators=(",", ":")), *rest], tmp_path / "forged.gz")
    with pytest.raises(LedgerError) as refused:
        backup.restore(target, VAULT, forged, demo=False)
    assert refused.value.reason == reason
    assert not has_tables(target)


def test_every_cut_of_a_backup_is_refused(file: Path, target: Store, tmp_path: Path) -> None:
    """At every line of its content, and at bytes of the packed file."""
    whole, packed = lines(file), file.read_bytes()
    cut = tmp_path / "cut.gz"
    for count in range(len(whole)):
        cut.write_bytes(gzip.compress("".join(f"{line}\n" for line in whole[:count]).encode()))
        assert refusal(cut) == "BACKUP_DAMAGED", count
    for size in random.Random(1).sample(range(len(packed)), 60):
        cut.write_bytes(packed[:size])
        assert refusal(cut) == "BACKUP_DAMAGED", size
    with pytest.raises(BadInput):
        backup.restore(target, VAULT, cut, demo=False)
    assert not has_tables(target)


def test_every_change_of_a_backup_is_refused(file: Path, tmp_path: Path) -> None:
    """Lines left out, doubled, swapped; a character changed anywhere; each without the master key."""
    whole = lines(file)
    rng = random.Random(2)
    changed = tmp_path / "changed.gz"
    for _ in range(300):
        spoilt = list(whole)
        place = rng.randrange(len(spoilt))
        how = rng.choice(["drop", "double", "swap", "character", "append"])
        if how == "drop":
            del spoilt[place]
        elif how == "double":
            spoilt.insert(place, spoilt[place])
        elif how == "swap":
            other = rng.randrange(len(spoilt))
            spoilt[place], spoilt[other] = spoilt[other], spoilt[place]
        elif how == "character":
            line, at = spoilt[place], rng.randrange(len(spoilt[place]))
            spoilt[place] = line[:at] + chr((ord(line[at]) + 1) % 128) + line[at + 1 :]
        else:
            spoilt.append("[]")
        if spoilt == whole:
            continue
        changed.write_bytes(gzip.compress("".join(f"{line}\n" for line in spoilt).encode("utf-8")))
        assert refusal(changed) in ("BACKUP_DAMAGED", "BACKUP_FOREIGN", "BACKUP_NEWER"), (how, place)
    # Somebody who sets the hash right still lacks the master key.
    forged = sealed_anew([*whole[:-2], whole[-1]], tmp_path / "forged.gz", Vault([OTHER]))
    assert refusal(forged) == "BACKUP_FOREIGN"


def test_rows_that_do_not_fit_leave_the_store_as_it_was(file: Path, target: Store, tmp_path: Path) -> None:
    preparing.prepare(target, demo=False)
    with target.begin() as conn:
        meta.put(conn, "mine", 1)
    whole = lines(file)
    place = next(n for n, line in enumerate(whole) if line.startswith('{"table":"acts"'))
    wrong = whole[place].replace('"kind"', '"sort"', 1)
    forged = sealed_anew([*whole[:place], wrong, *whole[place + 1 :]], tmp_path / "forged.gz")
    with pytest.raises(Broken) as refused:
        backup.restore(target, VAULT, forged, demo=False, replace=True)
    assert refused.value.reason == "BACKUP_UNFIT"
    with target.read() as conn:
        assert meta.get(conn, "mine") == 1


# --- kills --------------------------------------------------------------------------------------------------

KILLS = [2, pytest.param(8, marks=pytest.mark.long)]

_JOB = """
import sys
from pathlib import Path
from ledger_app.store import backup
from ledger_app.store.engine import open_store
from ledger_app.store.secrets import Vault
store, vault, file = open_store(sys.argv[2]), Vault([bytes(range(32))]), Path(sys.argv[3])
print("begun", flush=True)
if sys.argv[1] == "write":
    backup.write(store, vault, file, None)
else:
    backup.restore(store, vault, file, demo=False, replace=True)
print("done", flush=True)
"""


@pytest.mark.parametrize("kills", KILLS)
def test_a_backup_that_is_killed_leaves_no_file_that_looks_like_one(
    origin: Store, url: str, tmp_path: Path, kills: int
) -> None:
    fill_much(origin)
    finished = 0
    for number in range(kills):
        made = tmp_path / f"killed-{number}.gz"
        finished += killed("write", url, made, 0.3 * number / kills)
        assert not made.exists() or backup.check(VAULT, made).rows["certificate_links"] == MANY
    assert finished < kills


@pytest.mark.parametrize("kills", KILLS)
def test_a_restore_that_is_killed_leaves_the_store_as_it_was_or_has_restored_it(
    origin: Store, url: str, tmp_path: Path, kills: int
) -> None:
    before = content(origin)
    (tmp_path / "much").mkdir()
    source = open_store(databases.new_url(tmp_path / "much", databases.SQLITE))
    preparing.prepare(source, demo=False)
    fill_much(source)
    much = tmp_path / "much.gz"
    backup.write(source, VAULT, much, None)
    after = content(source)
    source.close()
    origin.close()
    for number in range(kills):
        done = killed("restore", url, much, 0.8 * number / kills)
        found = content(origin)
        if found == after:  # it may have been killed between its commit and its last word
            break
        assert not done
        assert found == before
    assert number > 0, "a restore was over before it could be killed"


MANY = 30_000


def fill_much(store: Store) -> None:
    from ledger_app.store.tables_records import certificate_links

    with store.begin() as conn:
        conn.execute(certificate_links.delete())
        rows = [{"certificate_id": f"{n:032x}", "kind": "container", "value": f"C{n}"} for n in range(MANY)]
        conn.execute(insert(certificate_links), rows)


def killed(what: str, url: str, file: Path, after: float) -> bool:
    """Run a job and `kill -9` it `after` seconds of work; whether it was done before."""
    child = subprocess.Popen(
        [sys.executable, "-c", _JOB, what, url, str(file)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    time.sleep(after)
    os.kill(child.pid, signal.SIGKILL)
    said = child.stdout.read()
    child.wait(60)
    child.stdout.close()
    return said == "done\n"


def lines(file: Path) -> list[str]:
    return gzip.decompress(file.read_bytes()).decode().splitlines()


def sealed_anew(content: list[str], path: Path, vault: Vault = VAULT) -> Path:
    """The lines with an end that fits them, as only somebody with the master key can make it."""
    import hashlib

    body = "".join(f"{line}\n" for line in content[:-1]).encode()
    digest = hashlib.sha256(body).hexdigest()
    rows: dict[str, int] = {}
    for line in map(json.loads, content[1:-1]):
        if isinstance(line, dict):
            rows[line["table"]] = 0
        elif rows:
            rows[list(rows)[-1]] += 1
    end = {"end": {"rows": rows, "sha256": digest, "mac": vault.stamp("backup", digest)}}
    path.write_bytes(gzip.compress(body + json.dumps(end, separators=(",", ":")).encode() + b"\n"))
    return path


def refusal(file: Path) -> str:
    with pytest.raises(LedgerError) as refused:
        backup.check(VAULT, file)
    return refused.value.reason


def has_tables(store: Store) -> bool:
    with store.read() as conn:
        return migrate.revisions(conn)[0] is not None


def test_large_rows_are_read_in_small_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file can hold gigabytes of one letter, and its seal stands at the end."""
    path = tmp_path / "large.gz"
    row = b'["' + b"a" * (1 << 20) + b'"]\n'
    header = {"schema": "0001", "kind": "installation", "ledger": None, "index": None, "made_at": 0}
    with gzip.open(path, "wb", 9) as file:
        file.write(json.dumps({**header, "format": FORMAT, "version": 1}).encode() + b"\n")
        file.write(b'{"table":"t","columns":[["a","text"]]}\n')
        for _ in range(100):
            file.write(row)
    sizes: list[int] = []
    with reading(path, VAULT) as reader:
        seen = (sum(len(row[0]) for row in part.rows) for part in reader.parts())
        with pytest.raises(BadInput, match="BACKUP_DAMAGED"):
            sizes.extend(seen)
    assert sizes
    assert max(sizes) <= 33 << 20


def test_tokens_are_left_behind_when_told_so(file: Path, target: Store) -> None:
    backup.restore(target, VAULT, file, demo=False, tokens=False)
    with target.read() as conn:
        assert members.all_tokens(conn) == []
