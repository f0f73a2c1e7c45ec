"""`origin doctor` as a command: what it prints, and with which code it leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger_app.doctor import CHECKS, exit_code
from ledger_app.doctor.finding import COULD_NOT_LOOK, OK, PROBLEM, WARNING, Finding
from ledger_app.reasons import REASONS
from tests.support import running_demo


def run(data: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORIGIN_")}
    return subprocess.run(
        [sys.executable, "-m", "ledger_app.cli", "doctor", *arguments],
        env={**environment, **settings, "ORIGIN_DATA": str(data), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_settings_it_says_which_are_missing_and_looks_at_the_rest(tmp_path: Path) -> None:
    done = run(tmp_path / "data", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["outcome"] == "problem"
    assert [row["check"] for row in found["findings"]] == list(CHECKS)
    problems = [row for row in found["findings"] if row["outcome"] == "problem"]
    assert [(row["check"], row["reason"]) for row in problems] == [("settings", "SETTING_UNSAFE")]
    assert "ORIGIN_MASTER_KEY" in problems[0]["explanation"]
    for row in found["findings"]:
        assert row.keys() == {"check", "outcome", "reason", "explanation", "fix"}
        assert (row["outcome"] == "ok") == (row["reason"] == "")
        assert row["outcome"] == "ok" or (row["reason"] in REASONS and row["fix"])
    assert list(tmp_path.iterdir()) == [], "it makes nothing"


def test_in_words_each_finding_is_a_line_with_what_to_do_below_and_no_secret_in_it(tmp_path: Path) -> None:
    key = "0123456789abcdef" * 3 + "0123456789abcdee"
    wrong = "postgresql://someone:much-secret@127.0.0.1:1/none"
    done = run(tmp_path, ORIGIN_MASTER_KEY=key, ORIGIN_SENDER_KEY=key, ORIGIN_DATABASE_URL=wrong)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    (place,) = [place for place, line in enumerate(lines) if line.endswith("[STORE_UNAVAILABLE]")]
    assert lines[place].startswith("problem")
    assert " database: " in lines[place]
    assert lines[place + 1].strip().startswith("do: ")
    assert key not in done.stdout + done.stderr
    assert "much-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((OK, OK), 0),
        ((OK, WARNING), 0),
        ((COULD_NOT_LOOK, WARNING), 3),
        ((PROBLEM, COULD_NOT_LOOK), 1),
        ((PROBLEM,), 1),
    ],
)
def test_the_code_says_the_worst(outcomes: tuple[str, ...], code: int) -> None:
    assert exit_code([Finding("x", outcome, "", "", "") for outcome in outcomes]) == code  # type: ignore[arg-type]


@pytest.mark.long
def test_a_running_demo_is_well() -> None:
    demo = running_demo.shared()
    asked = demo.json("doctor")
    assert {row["outcome"] for row in asked["findings"]} == {"ok"}, asked
    # Without ORIGIN_URL it finds the port that the demo took by itself.
    found = json.loads(run(demo.data, "--json").stdout)
    assert {row["outcome"] for row in found["findings"]} == {"ok"}, found
