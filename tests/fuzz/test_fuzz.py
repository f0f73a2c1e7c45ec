"""Every parser keeps its promises for the seeds, for what was once found, and for a short search from there.

The long search is `scripts/audit fuzz=SECONDS` (docs/audits.md).
"""

import importlib.util
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger_app.errors import BadInput, LedgerError
from tests.fuzz import targets
from tests.fuzz.__main__ import TARGET_NAMES
from tests.fuzz.seeds import WORDS, seeds
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = 200
RUNS = 2_000


def test_there_is_one_list_of_targets() -> None:
    assert tuple(TARGETS) == TARGET_NAMES


@pytest.mark.parametrize("name", TARGET_NAMES)
def test_the_seeds_and_what_was_once_found_keep_the_promises(name: str) -> None:
    assert _run_all(name) > 4


def _run_all(name: str) -> int:
    count = 0
    for seed in seeds(name):
        TARGETS[name](seed)
        count += 1
    return count


@pytest.mark.parametrize("name", TARGET_NAMES)
def test_mutants_of_the_seeds_keep_the_promises(name: str) -> None:
    chance = random.Random(f"fuzz/{name}")
    start = list(seeds(name))
    for _ in range(MUTANTS):
        TARGETS[name](_mutant(chance, chance.choice(start)))


def _mutant(chance: random.Random, data: bytes) -> bytes:
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data = data[:at] + chance.randbytes(1) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[at + chance.randint(1, 12) :]
        elif kind == 2:
            data = data[:at] + chance.choice(WORDS).encode() + data[at:]
        else:
            start = chance.randint(0, len(data))
            data = data[:at] + data[start : start + chance.randint(1, 60)] + data[at:]
    return data


def test_a_parser_that_takes_what_it_should_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "parse_json", lambda data, **_: json.loads(data))
    with pytest.raises(LedgerError):  # by what writes the canonical bytes, since the reader let it pass
        _run_all("canonical")


def test_a_parser_that_refuses_too_much_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise BadInput("JSON_SYNTAX")

    monkeypatch.setattr(targets, "parse_json", refuse)
    with pytest.raises(AssertionError, match="nothing is wrong with it"):
        _run_all("canonical")


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not made for this machine"
)
@pytest.mark.parametrize(
    "name",
    [
        name if name in ("bundle", "csv") else pytest.param(name, marks=pytest.mark.long)
        for name in TARGET_NAMES
    ],
)
def test_a_short_search_guided_by_coverage_finds_nothing(name: str, tmp_path: Path) -> None:
    done = _fuzz(name, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (runs := re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)), done.stderr[-1000:]
    assert int(runs[1]) >= RUNS


def _fuzz(name: str, work: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.fuzz", name, "--runs", str(RUNS), "--work", str(work)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False, timeout=240
    )
