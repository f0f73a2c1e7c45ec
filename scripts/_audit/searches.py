"""The long searches: each takes how many, or how many seconds, and prints its figures."""

import re
import sys

from scripts._audit.part import TOOLS, Part, last_words, pytest_part, run

TARGETS = ("canonical", "bundle", "certificate", "csv", "imported", "scanned", "events")


def fuzz(seconds: int) -> Part:
    """atheris, guided by coverage, so many seconds for each parser; what it learns stays in .tools/fuzz."""
    part = Part("fuzz")
    for target in TARGETS:
        done = run(
            sys.executable, "-m", "tests.fuzz", target, "--seconds", str(seconds), timeout=seconds + 600
        )
        runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
        cover = re.findall(r"cov: (\d+) ft: (\d+)", done.stderr)
        memory = re.search(r"stat::peak_rss_mb:\s*(\d+)", done.stderr)
        if done.returncode != 0:
            kept = re.search(r"Test unit written to (\S+)", done.stderr)
            if kept is None:
                part.blind = f"{target}: {last_words(done)}"
            else:
                part.findings.append(f"{target}: {kept[1]} (kept in {TOOLS / 'fuzz' / target})")
        elif runs and cover and memory:
            part.notes.append(
                f"figure: {target}: {int(runs[1]):,} inputs, {cover[-1][0]} edges, {memory[1]} MB at most"
            )
        else:
            part.blind = f"{target}: no figures"
    return part


def api(cases: int) -> Part:
    """schemathesis over the OpenAPI document, and hostile requests of our own."""
    return pytest_part("api", "tests/api/test_documented.py", timeout=12 * 3600, API_CASES=str(cases))


def memory(inputs: int) -> Part:
    """How much a service's process grows over so many hostile inputs."""
    return pytest_part("memory", "tests/api/test_memory.py", timeout=12 * 3600, HOSTILE_INPUTS=str(inputs))


def signatures(count: int) -> Part:
    """So many forged or replayed signatures against what recovers them in Python."""
    return pytest_part("signatures", "tests/proof/test_forgeries.py", timeout=12 * 3600, FORGERIES=str(count))
