"""docs/consortium.md is true: its commands run in order, with production settings, on two data folders."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ledger_app.chain.node import free_port
from tests.house.test_readme import CHECKOUT, same, steps_of
from tests.support.anvil import Anvil

PAGE = (CHECKOUT / "docs" / "consortium.md").read_text("utf-8")
#: A person who says yes, once what was asked before is on the ledger.
ORIGIN = """
set -e
origin() {
    case "$*" in
    *--ask*) sleep 2; yes | "$PYTHON" -m ledger_app.cli "$@" ;;
    *) "$PYTHON" -m ledger_app.cli "$@" ;;
    esac
}
"""


def script(ports: dict[str, int]) -> str:
    """The page as one program that says before each command which it is."""
    lines = [ORIGIN]
    for number, step in enumerate(steps_of(PAGE)):
        # A shell's function is not found by `env`.
        command = re.sub(r"env \$\(cat (\S+)\) (.*?)( &)?$", r"(export $(cat \1); \2)\3", step.command)
        for port, free in ports.items():
            command = re.sub(rf"\b{port}\b", str(free), command)
        lines += [f"echo '@@ {number}'", command]
    return "\n".join(lines) + "\n"


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_page_is_true(tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(CHECKOUT / "docs")
    with Anvil("--gas-price", "0", "--block-base-fee-per-gas", "0", "--block-time", "1") as chain:
        ports = {"8000": free_port(), "8001": free_port(), "8545": chain.port}
        with (tmp_path / "said").open("w") as said, (tmp_path / "errors").open("w") as errors:
            child = subprocess.Popen(
                ["bash", "-c", script(ports)],
                cwd=tmp_path,
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT), "PYTHON": sys.executable},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=errors,
                start_new_session=True,
            )
            try:
                code = child.wait(500)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGTERM)  # the services and signers that the page started
                child.wait()
    by_step = dict(enumerate(re.split(r"^@@ \d+\n", (tmp_path / "said").read_text(), flags=re.MULTILINE)[1:]))
    steps = list(steps_of(PAGE))
    last = steps[max(by_step)].command if by_step else ""
    assert code == 0, f"{last}: {by_step.get(len(by_step) - 1)}{(tmp_path / 'errors').read_text()[-3000:]}"
    assert len(by_step) == len(steps) >= 40
    for number, step in enumerate(steps):
        said_lines = [same(line) for line in by_step[number].splitlines()]
        missing = [line for line in step.shown if same(line) not in said_lines]
        assert missing == [], f"{step.command} said: {by_step[number]}"


def test_the_page_needs_no_demo_and_is_linked() -> None:
    assert not any("--demo" in step.command or "unattended" in step.command for step in steps_of(PAGE))
    assert "(docs/consortium.md)" in (CHECKOUT / "README.md").read_text("utf-8")
