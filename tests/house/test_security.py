"""SECURITY.md says what is so: every file and test that it rests on exists, and no party is left out."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "SECURITY.md").read_text("utf-8")
#: `path` or `path::name of a test`, as the page writes them.
EVIDENCE = sorted(
    set(re.findall(r"`((?:tests|contracts|ledger_app|docs|scripts)/[\w./-]+(?:::\w+)?)`", PAGE))
)
PARTIES = (
    "Exporter",
    "Issuing body",
    "Insider with a key",
    "Customs",
    "Carrier or other reporter",
    "National authority",
    "Council members, fewer than M",
    "Council members, M or more",
    "Service operator (relayer)",
    "Database administrator",
    "Node operator",
    "Outsider on the network",
    "Holder of a bundle",
    "Thief of a laptop or keystore",
    "Dependency supplier",
)


@cache
def names_in(path: Path) -> frozenset[str]:
    """The tests of a Python or Solidity file."""
    text = path.read_text("utf-8")
    if path.suffix == ".sol":
        return frozenset(re.findall(r"^\s*function (test\w+|invariant\w+)\(", text, re.MULTILINE))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(ast.parse(text)) if isinstance(node, functions))


def missing(evidence: str) -> str:
    """Why this evidence is none; empty when it is there."""
    name, _, test = evidence.partition("::")
    path = CHECKOUT / name
    if not path.exists():
        return f"{name} is not there"
    return "" if not test or test in names_in(path) else f"{name} has no {test}"


def test_every_file_and_test_that_the_page_rests_on_exists() -> None:
    assert len(EVIDENCE) > 80
    assert [why for evidence in EVIDENCE if (why := missing(evidence))] == []


@pytest.mark.parametrize(
    "evidence", ["tests/none.py", "SECURITY.md::test_x", "contracts/test/Council.t.sol::testNothing"]
)
def test_evidence_that_is_not_there_is_found(evidence: str) -> None:
    if evidence.endswith("test_x"):
        evidence = "tests/house/test_security.py::test_of_nothing"
    assert missing(evidence)


@pytest.mark.parametrize("party", PARTIES)
def test_each_party_has_what_it_could_do_what_stops_it_and_what_does_not(party: str) -> None:
    (section,) = re.findall(rf"^### {re.escape(party)}\n(.*?)(?=^##)", PAGE, re.DOTALL | re.MULTILINE)
    rows = [row for row in section.splitlines() if row.startswith("| ") and "what stops it" not in row]
    assert rows
    assert re.search(r"^\*\*Not stopped", section, re.MULTILINE), "nothing is stopped wholly"
    for row in rows:
        could, stops = (cell.strip() for cell in row.strip("|").split("|"))
        assert could
        assert stops


def test_no_other_party_is_named_than_those() -> None:
    model = PAGE.split("\n## Threat model\n")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^### (.+)$", model, re.MULTILINE)) == PARTIES


def test_every_link_of_the_page_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGE)
    assert [target for target in targets if not (CHECKOUT / target).exists()] == []
