"""Weaknesses that others know of: bandit over our Python, the advisories on every locked package."""

import json

from scripts._audit.part import BIN, Part, last_words, run

LOCKS = ("runtime", "dev", "node", "slither", "halmos")
NPM_FOLDERS = ("ledger_app/chain/ganache", "contracts", "tests/peers")
#: In the first of these we answer for every severity from high; peers are only measured against.
_GRAVE = ("high", "critical")


def python() -> Part:
    """bandit over our package: medium and high."""
    part = Part("python")
    done = run(BIN / "bandit", "-q", "-r", "ledger_app", "-c", "pyproject.toml", "-ll", "-f", "json")
    try:
        report = json.loads(done.stdout[done.stdout.index("{") :])
    except ValueError:
        part.blind = last_words(done)
        return part
    if report["errors"]:
        part.blind = str(report["errors"])[:200]
    for row in report["results"]:
        part.findings.append(f"{row['filename']}:{row['line_number']} {row['test_id']} {row['issue_text']}")
    return part


def packages() -> Part:
    """pip-audit over the locks. Without `--strict` it passes over what it could not look up."""
    part = Part("packages")
    for lock in LOCKS:
        done = run(
            *(
                BIN / "pip-audit",
                "--strict",
                "--disable-pip",
                "--require-hashes",
                "--progress-spinner",
                "off",
            ),
            *("--format", "json", "-r", f"requirements/{lock}.txt"),
        )
        try:
            report = json.loads(done.stdout)
        except ValueError:
            part.blind = f"{lock}: {last_words(done)}"
            continue
        for row in report["dependencies"]:
            if "skip_reason" in row:
                part.blind = f"{row['name']}: {row['skip_reason']}"
            for known in row.get("vulns", ()):
                better = ", ".join(known["fix_versions"]) or "no fixed version"
                part.findings.append(f"{lock}: {row['name']} {row['version']} {known['id']} ({better})")
    return part


def npm() -> Part:
    """npm audit of the embedded chain, the contracts' tools, and the peers that we are measured against."""
    part = Part("npm")
    for folder in NPM_FOLDERS:
        done = run("npm", "audit", "--json", "--package-lock-only", "--audit-level=high", "--prefix", folder)
        try:
            rows = json.loads(done.stdout)["vulnerabilities"]
        except (ValueError, KeyError):
            said = [line for line in done.stderr.splitlines() if "audit" in line]
            part.blind = f"{folder}: {said[0] if said else last_words(done)}"[:300]
            continue
        for name, row in rows.items():
            if row["severity"] in _GRAVE:
                said_of = f"{folder}: {name} {row['range']} {row['severity']}"
                (part.notes if folder == "tests/peers" else part.findings).append(said_of)
    return part
