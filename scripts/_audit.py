"""The parts of `scripts/audit`. Each says found, clean or "could not look": a failed tool is never clean."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
SLITHER = ROOT / ".tools" / "slither"
SLITHER_VERSION = "0.11.6"

#: Detectors silenced for a reason. The reason is printed with every run.
SILENCED: dict[str, str] = {
    "incorrect-equality": "about balances others can change; ours compare records with zero: none",
    "unused-return": "requireMember is called for its refusal; few need the territory it gives",
}


@dataclass
class Part:
    """What one part saw."""

    name: str
    findings: list[str] = field(default_factory=list)
    blind: str = ""

    def line(self) -> str:
        if self.findings:
            return f"{self.name:<10} FOUND {len(self.findings)}"
        return f"{self.name:<10} " + (f"COULD NOT LOOK: {self.blind}" if self.blind else "clean")


def run(
    *command: str | Path, timeout: int = 600, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False, env=env
    )


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
    for lock in ("runtime", "dev", "node"):
        command: list[str | Path] = [BIN / "pip-audit", "--strict", "--disable-pip", "--require-hashes"]
        command += ["--progress-spinner", "off", "--format", "json", "-r", f"requirements/{lock}.txt"]
        done = run(*command)
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
    """npm audit of what runs in production (the embedded chain) and of the contracts' tools."""
    part = Part("npm")
    for folder in ("ledger_app/chain/ganache", "contracts"):
        done = run("npm", "audit", "--json", "--package-lock-only", "--audit-level=high", "--prefix", folder)
        try:
            rows = json.loads(done.stdout)["vulnerabilities"]
        except (ValueError, KeyError):
            said = [line for line in done.stderr.splitlines() if "audit" in line]
            part.blind = f"{folder}: {said[0] if said else last_words(done)}"[:300]
            continue
        for name, row in rows.items():
            if row["severity"] in ("high", "critical"):
                part.findings.append(f"{folder}: {name} {row['range']} {row['severity']}")
    return part


def contracts() -> Part:
    """slither over our contracts, in an environment of its own (it wants another web3): high and medium."""
    part = Part("contracts")
    tool = SLITHER / "bin" / "slither"
    if not tool.exists():
        made = run(sys.executable, "-m", "venv", SLITHER)
        if made.returncode == 0:
            pip = SLITHER / "bin" / "pip"
            made = run(pip, "install", "--quiet", f"slither-analyzer=={SLITHER_VERSION}", "web3<8")
        if made.returncode != 0:
            shutil.rmtree(SLITHER, ignore_errors=True)
            part.blind = last_words(made)
            return part
    with tempfile.TemporaryDirectory(prefix="origin-audit-") as name:
        # A copy, because the build cleans up first, and others may be building.
        copy, ours = Path(name), ROOT / "contracts"
        shutil.copytree(ours / "src", copy / "src")
        for each in ("foundry.toml", "solc", "solc.js"):
            shutil.copy(ours / each, copy / each)
        (copy / "node_modules").symlink_to(ours / "node_modules")
        path = f"{ours / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
        command: list[str | Path] = [tool, copy, "--json", "-", "--filter-paths", "node_modules"]
        command += ["--exclude-informational", "--exclude-low", "--exclude-optimization"]
        command += ["--exclude", ",".join(SILENCED)]
        done = run(*command, env={**os.environ, "PATH": path})
    try:
        report = json.loads(done.stdout)
    except ValueError:
        part.blind = last_words(done)
        return part
    if not report["success"]:
        part.blind = str(report["error"])[-300:]
    for row in report["results"].get("detectors", ()):
        part.findings.append(f"{row['impact']} {row['check']}: {row['description'].splitlines()[0]}")
    return part


# --- secrets -----------------------------------------------------------------------------------------

RULES = {
    "a private key in PEM": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a keystore file": re.compile(r'"crypto"\s*:\s*\{[^}]{0,200}"ciphertext"', re.IGNORECASE),
    "a bare private key": re.compile(
        r"(?i)(?:priv(?:ate)?[_-]?key|secret[_-]?key|\bsk|key|master)\b[\"']?\s*[:=]\s*"
        r"(?:bytes\.fromhex\()?[\"']?(?:0x)?[0-9a-f]{64}\b"
    ),
    "a bare private key on its own": re.compile(r"^\s*[\"']?0x[0-9a-f]{64}[\"']?,?\s*$", re.IGNORECASE),
    "a cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token": re.compile(
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|xox[abprs]-[A-Za-z0-9-]{10,}"
        r"|eyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.)"
    ),
    "a mnemonic": re.compile(r"(?i)mnemonic[\"']?\s*[:=]\s*[\"'](?:[a-z]{3,8} ){11,23}[a-z]{3,8}[\"']"),
}
#: Published by their makers, so nobody's secret.
PUBLIC = (
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",  # first account of Anvil
    "test test test test test test test test test test test junk",
    "79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798",  # the generator of secp256k1
    "483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8",
)
#: Hashes on lines of their own: compiled code and generated vectors.
HASHES = re.compile(
    r"^(ledger_app/chain/artifacts/|tests/.*vectors/|.*package-lock\.json$|requirements/.*\.txt$)"
)


def secret_findings(name: str, text: str) -> Iterator[str]:
    """`name:line: rule` for everything in a file that looks like a secret."""
    if HASHES.match(name):
        return
    for number, line in enumerate(text.splitlines(), 1):
        for rule, pattern in RULES.items():
            if pattern.search(line) and not any(known in line for known in PUBLIC):
                yield f"{name}:{number}: {rule}"


def secrets() -> Part:
    """Our own rules over every tracked file; common scanners pass over bare 0x private keys."""
    part = Part("secrets")
    listed = run("git", "ls-files", "-z")
    if listed.returncode != 0:
        part.blind = last_words(listed)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            part.findings.extend(secret_findings(name, path.read_text("utf-8", errors="replace")))
    return part


PARTS: dict[str, Callable[[], Part]] = {
    "python": python,
    "packages": packages,
    "npm": npm,
    "contracts": contracts,
    "secrets": secrets,
}


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """Why a tool failed, as far as it said."""
    said = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
    return (said[-1] if said else f"exit code {done.returncode} without a word")[:300]


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in PARTS]:
        print(f"no part called {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    seen = []
    for name in names or PARTS:
        try:
            part = PARTS[name]()
        except (OSError, subprocess.TimeoutExpired) as error:
            part = Part(name, blind=str(error)[:300])
        print(part.line(), flush=True)
        for finding in part.findings:
            print(f"  {finding}")
        if name == "contracts":
            for detector, reason in SILENCED.items():
                print(f"  silenced {detector}: {reason}")
        seen.append(part)
    if any(part.findings for part in seen):
        return 1
    return 3 if any(part.blind for part in seen) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
