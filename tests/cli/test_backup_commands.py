"""`origin backup` and `origin restore` on the data folder of an installation, as its operator runs them."""

import json
import os
import re
import secrets
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from ledger_app.access.principals import Kind, create_token, principal_for
from ledger_app.chain.pin import PIN_FILE
from ledger_app.config import LedgerPin
from ledger_app.errors import NotAuthenticated
from ledger_app.store.canary import keep_canary
from ledger_app.store.engine import open_store
from ledger_app.store.preparing import prepare
from ledger_app.store.secrets import Vault
from tests.support.running_demo import ROOT

KEY = secrets.token_hex(32)
PIN = LedgerPin(1337, "0x" + "ab" * 32, "0x" + "c0" * 20, "0x" + "ce" * 20, "0x" + "ca" * 20, 1)


class Machine:
    """A machine with one data folder."""

    def __init__(self, folder: Path, pin: LedgerPin = PIN) -> None:
        self.data = folder
        folder.mkdir()
        (folder / PIN_FILE).write_text(json.dumps(asdict(pin)))
        store = open_store(self.url)
        prepare(store, demo=False)
        keep_canary(store, Vault([bytes.fromhex(KEY)]))
        store.close()

    @property
    def url(self) -> str:
        return f"sqlite:///{self.data / 'origin.db'}"

    def give_token(self) -> str:
        """A new trader's token: something that the database alone knows."""
        store = open_store(self.url)
        try:
            return create_token(store, Kind.TRADER)
        finally:
            store.close()

    def knows(self, token: str) -> bool:
        store = open_store(self.url)
        try:
            return principal_for(store, f"Bearer {token}").kind is Kind.TRADER
        except NotAuthenticated:
            return False
        finally:
            store.close()

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ORIGIN_")}
        environment |= {
            "ORIGIN_DATA": str(self.data),
            "ORIGIN_MASTER_KEY": KEY,
            "ORIGIN_DATABASE_URL": self.url,
        }
        return subprocess.run(
            [sys.executable, "-m", "ledger_app.cli", *arguments, "--json"],
            capture_output=True,
            text=True,
            env=environment,
            cwd=ROOT,
            timeout=120,
            check=False,
        )

    def origin(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str) -> str:
        """The reason code of a command that must fail."""
        done = self.run(*arguments)
        assert done.returncode in (1, 2), done
        reason = json.loads(done.stdout)["error"]["reason"]
        assert f"[{reason}]" in done.stderr
        return str(reason)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "one")


def test_a_backup_says_what_it_holds_and_a_check_of_it_changes_nothing(
    machine: Machine, tmp_path: Path
) -> None:
    kept = machine.give_token()
    made = machine.origin("backup", str(tmp_path))
    later = machine.give_token()
    file = Path(made["file"])
    assert file.parent == tmp_path
    assert re.fullmatch(r"origin-backup-\d{8}T\d{6}Z\.jsonl\.gz", file.name)
    assert (made["bytes"], made["rows"]["tokens"]) == (file.stat().st_size, 1)
    checked = machine.origin("restore", str(file), "--check")
    made["rows"] = {table: count for table, count in made["rows"].items() if count}
    assert checked == made
    assert (machine.knows(kept), machine.knows(later)) == (True, True)


def test_a_restore_replaces_only_when_told_to(machine: Machine, tmp_path: Path) -> None:
    kept = machine.give_token()
    file = machine.origin("backup", str(tmp_path / "kept.gz"))["file"]
    later = machine.give_token()
    assert machine.refused("restore", file) == "STORE_NOT_EMPTY"
    assert machine.knows(later)
    machine.origin("restore", file, "--replace")
    assert (machine.knows(kept), machine.knows(later)) == (True, False)


def test_a_backup_is_never_written_over_a_file(machine: Machine, tmp_path: Path) -> None:
    taken = tmp_path / "kept.gz"
    taken.write_text("something else")
    assert machine.refused("backup", str(taken)) == "BACKUP_EXISTS"
    assert taken.read_text() == "something else"


def test_a_backup_of_another_ledger_is_refused_and_nothing_is_thrown_away(
    machine: Machine, tmp_path: Path
) -> None:
    foreign = Machine(tmp_path / "two", replace(PIN, registry="0x" + "dd" * 20))
    file = foreign.origin("backup", str(tmp_path / "foreign.gz"))["file"]
    kept = machine.give_token()
    for options in (["--check"], ["--replace"]):
        assert machine.refused("restore", file, *options) == "BACKUP_OTHER_LEDGER"
    assert machine.knows(kept)


def test_a_damaged_backup_is_found_before_anything_is_thrown_away(machine: Machine, tmp_path: Path) -> None:
    kept = machine.give_token()
    file = Path(machine.origin("backup", str(tmp_path / "kept.gz"))["file"])
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    for options in (["--check"], ["--replace"]):
        assert machine.refused("restore", str(file), *options) == "BACKUP_DAMAGED"
    assert machine.knows(kept)


def test_tokens_that_were_revoked_since_can_be_left_behind(machine: Machine, tmp_path: Path) -> None:
    kept = machine.give_token()
    file = machine.origin("backup", str(tmp_path / "kept.gz"))["file"]
    machine.origin("restore", file, "--replace", "--without-tokens")
    assert not machine.knows(kept)
    machine.origin("restore", file, "--replace")
    assert machine.knows(kept)
