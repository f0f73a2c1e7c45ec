"""The contracts: slither, the laws proven by halmos, long lives at random, forged signatures."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts._audit.part import ROOT, Part, last_words, own_environment, run, with_forge

CONTRACTS = ROOT / "contracts"
#: detector → why, and in which functions that was looked at (contracts/slither.json).
REVIEWED = CONTRACTS / "slither.json"
_GRAVE = ("High", "Medium")
#: Assertions left to the solver for longer than this are not proven.
_SOLVER_SECONDS = 120


@contextmanager
def _copy(*folders: str) -> Iterator[Path]:
    """The contracts apart, because a build cleans up first, and others may be building."""
    with tempfile.TemporaryDirectory(prefix="origin-audit-") as name:
        copy = Path(name) / "contracts"
        for folder in folders:
            shutil.copytree(CONTRACTS / folder, copy / folder)
        for each in ("foundry.toml", "solc", "solc.js"):
            shutil.copy(CONTRACTS / each, copy / each)
        (copy / "node_modules").symlink_to(CONTRACTS / "node_modules")
        shutil.copytree(ROOT / "tests" / "vectors", Path(name) / "tests" / "vectors")
        yield copy


def contracts() -> Part:
    """slither over our contracts: high and medium, but for what was looked at and found right."""
    part = Part("contracts")
    tools, part.blind = own_environment("slither")
    if part.blind:
        return part
    with _copy("src") as copy:
        done = run(
            *(tools / "slither", copy, "--json", "-", "--filter-paths", "node_modules"),
            *("--exclude-informational", "--exclude-low", "--exclude-optimization"),
            env=with_forge(),
            timeout=1200,
        )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        part.blind = last_words(done)
        return part
    if not report["success"]:
        part.blind = str(report["error"])[-300:]
    part.findings, part.notes = judge(
        report["results"].get("detectors", []), json.loads(REVIEWED.read_text())
    )
    return part


def judge(rows: list[dict[str, Any]], reviewed: dict[str, Any]) -> tuple[list[str], list[str]]:
    """(findings, notes): grave rows that nobody looked at, and reviews of what is no longer there."""
    findings, seen = [], set()
    for row in rows:
        if row["impact"] not in _GRAVE:
            continue
        place = re.match(r"(\w+\.\w+)\(", row["description"])
        where = place[1] if place else ""
        if where in reviewed.get(row["check"], {}).get("in", ()):
            seen.add((row["check"], where))
        else:
            findings.append(f"{row['impact']} {row['check']}: {row['description'].splitlines()[0]}")
    for check, review in reviewed.items():
        gone = [where for where in review["in"] if (check, where) not in seen]
        findings += [f"contracts/slither.json: {check} is no longer found in {where}" for where in gone]
    return findings, [f"{check}: {review['reason']}" for check, review in reviewed.items()]


def symbolic(_: int) -> Part:
    """halmos: the laws of contracts/test/symbolic for every input from every state.

    `check…` must be proven, `refute…` must not be: those would be true only if nothing ever passed.
    """
    part = Part("symbolic")
    tools, part.blind = own_environment("halmos")
    if part.blind:
        return part
    with _copy("src", "test/base", "test/symbolic") as copy:
        said = ""
        for prefix in ("check", "refute"):
            done = run(
                *(tools / "halmos", "--contract", "LawsTest", "--function", prefix),
                *("--solver-timeout-assertion", str(1000 * _SOLVER_SECONDS), "--early-exit"),
                cwd=copy,
                env=with_forge(),
                timeout=7200,
            )
            said += done.stdout
    declared = re.findall(
        r"function ((?:check|refute)\w+)\(", (CONTRACTS / "test/symbolic/Laws.t.sol").read_text()
    )
    results = {
        row[1]: row
        for row in re.finditer(r"\[(?:PASS|FAIL)\S* (\w+)\(.*?paths: (\d+), time: ([\d.]+)s", said)
    }
    for name in declared:
        if name not in results:
            part.blind = f"{name} has no result: {last_words(done)}"
            continue
        row = results[name]
        proven = row[0].startswith("[PASS")
        part.notes.append(f"figure: {name}: {'proven' if proven else 'refuted'}, {row[2]} paths, {row[3]} s")
        if proven != name.startswith("check"):
            part.findings.append(f"{name} is {'proven, so nothing ever passes' if proven else 'not proven'}")
    return part


def invariants(calls: int) -> Part:
    """forge: random lives of `calls` steps in all."""
    depth = min(1_000, calls)
    runs = -(-calls // depth)
    settings = {"FOUNDRY_INVARIANT_RUNS": str(runs), "FOUNDRY_INVARIANT_DEPTH": str(depth)}
    part, said = _forge("invariants", "InvariantsTest", settings)
    found = re.search(r"invariantLaws\(\) \(runs: \d+, calls: (\d+), reverts: 0\)", said)
    if found is None or int(found[1]) < calls:
        part.blind = part.blind or f"not {calls} calls"
    else:
        part.notes.append(f"figure: {int(found[1]):,} calls, 0 reverts")
    return part


def forgeries(signatures: int) -> Part:
    """forge: so many forged or replayed signatures, against every act."""
    source = (CONTRACTS / "test" / "Forgeries.t.sol").read_text()
    numbers = dict(re.findall(r"uint256 private constant (\w+) = (\d+);", source))
    a_run = int(numbers["ACTS"]) * (int(numbers["TRIES"]) + 1) + int(numbers["WRONG_ROLES"]) + 1
    runs = -(-signatures // a_run)
    with _copy("src", "test") as copy:
        changed = re.sub(
            r"forge-config: default.fuzz.runs = \d+", f"forge-config: default.fuzz.runs = {runs}", source
        )
        (copy / "test" / "Forgeries.t.sol").write_text(changed)
        part, said = _forge("forgeries", "ForgeriesTest", {}, copy)
    found = re.search(r"testFuzzNoForgedOrReplayedSignatureIsAccepted\(uint256\) \(runs: (\d+)", said)
    if found is None or int(found[1]) < runs:
        part.blind = part.blind or f"not {runs} runs"
    else:
        part.notes.append(f"figure: {int(found[1]) * a_run:,} signatures refused or without effect")
    return part


def _forge(name: str, contract: str, settings: dict[str, str], where: Path = CONTRACTS) -> tuple[Part, str]:
    part = Part(name)
    done = run(
        *("forge", "test", "--match-contract", contract),
        cwd=where,
        env={**with_forge(), **settings},
        timeout=4 * 3600,
    )
    if done.returncode != 0:
        failed = [line for line in done.stdout.splitlines() if line.startswith("[FAIL")]
        part.findings, part.blind = failed[:10], "" if failed else last_words(done)
    return part, done.stdout
