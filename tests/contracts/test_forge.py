"""The Solidity suites, and their coverage of our contracts."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from ledger_app.chain.tools import find_node

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"


def forge(*arguments: str) -> str:
    """What forge prints; it runs offline with the compiler in `contracts/solc`."""
    env = {**os.environ, "ORIGIN_NODE": find_node().node, "NO_COLOR": "1"}
    found = find_node()
    env["PATH"] = f"{Path(found.node).parent}{os.pathsep}{env.get('PATH', '')}"
    done = subprocess.run(
        [CONTRACTS / "node_modules" / ".bin" / "forge", *arguments],
        cwd=CONTRACTS,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    return done.stdout


@pytest.mark.timeout(600)
def test_the_solidity_suites_pass_with_a_hundred_thousand_random_steps() -> None:
    out = forge("test")
    assert re.search(r"\d{3} tests passed, 0 failed, 0 skipped", out), out[-2_000:]
    calls = re.search(r"invariantLaws\(\) \(runs: \d+, calls: (\d+), reverts: 0\)", out)
    assert calls is not None
    assert int(calls[1]) >= 100_000


@pytest.mark.timeout(300)
def test_every_line_and_branch_of_our_contracts_is_covered() -> None:
    # The random lives are left out: what they reach by chance is no promise.
    out = forge(
        "coverage",
        "--report",
        "summary",
        "--no-match-coverage",
        "^test/",
        "--no-match-path",
        "test/invariants/*",
    )
    rows = re.findall(r"^\| (src/\S+) +\|(.*)\|$", out, re.MULTILINE)
    sources = {
        path.relative_to(CONTRACTS).as_posix()
        for path in (CONTRACTS / "src").rglob("*.sol")
        if "interfaces" not in path.parts
    }
    assert {name for name, _ in rows} == sources
    for name, figures in rows:
        assert re.findall(r"([\d.]+)%", figures) == ["100.00"] * 4, f"{name}: {figures}"
