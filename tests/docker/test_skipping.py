"""`scripts/docker-check` where there is no engine to be had: it skips, says why, and fails nothing."""

import os
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SKIPPED = 77


def docker_check(
    folder: Path, programs: dict[str, str], **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run it where these programs are what is found first, by name and what they do (in sh)."""
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    base = {k: v for k, v in os.environ.items() if k not in ("DOCKER_HOST", "BASE")}
    environment = {**base, "PATH": f"{folder}:{os.environ['PATH']}", **settings}
    script = str(CHECKOUT / "scripts" / "docker-check")
    return subprocess.run(
        [script], env=environment, capture_output=True, text=True, timeout=120, check=False, cwd=CHECKOUT
    )


@pytest.mark.parametrize(
    ("programs", "settings", "reason"),
    [
        (
            {"docker": 'test "$1" = compose', "dockerd": "echo 'no room for an engine'; exit 1"},
            {},
            "no room for an engine",
        ),
        (
            {"docker": "exit 0", "debootstrap": "echo 'no packages in reach' >&2; exit 1"},
            {},
            "no packages in reach",
        ),
        (
            {"docker": 'test "$1" != run || { echo "no containers in here" >&2; exit 1; }'},
            {"BASE": "some:base"},
            "no containers in here",
        ),
    ],
)
def test_a_machine_that_can_run_no_containers_skips_and_says_why(
    tmp_path: Path, programs: dict[str, str], settings: dict[str, str], reason: str
) -> None:
    done = docker_check(tmp_path, programs, **settings)
    assert done.returncode == SKIPPED, done
    told = done.stderr.splitlines()[-1]
    assert told.startswith("docker-check: SKIPPED: ")
    # Only root can start an engine or make a base: others are told that before.
    assert reason in told or (os.geteuid() != 0 and "only root" in told)


def test_ci_goes_on_where_it_was_skipped_and_stops_where_it_failed() -> None:
    text = (CHECKOUT / ".ci" / "run").read_text()
    assert "timeout --kill-after=60 720 scripts/docker-check" in text
    assert f"0 | {SKIPPED}) ;;" in text
