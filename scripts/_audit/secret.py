"""Secrets in the tree: our own rules, which know bare 0x private keys, and those of detect-secrets."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts._audit.part import ROOT, Part, last_words, run

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
    r"^(ledger_app/chain/artifacts/|tests/.*vectors/|.*package-lock\.json$|requirements/.*\.txt$"
    r"|tests/contracts/ProtocolHarness\.json$|ledger_app/web/static/.*\.min\.|scripts/_audit/reviewed_secrets\.json$)"
)
#: What detect-secrets takes for a secret and is none: file → (why, SHA-1 of each). Reviewed by hand.
REVIEWED = Path(__file__).with_name("reviewed_secrets.json")


def secret_findings(name: str, text: str) -> Iterator[str]:
    """`name:line: rule` for everything in a file that looks like a secret by our own rules."""
    if HASHES.match(name):
        return
    for number, line in enumerate(text.splitlines(), 1):
        for rule, pattern in RULES.items():
            if pattern.search(line) and not any(known in line for known in PUBLIC):
                yield f"{name}:{number}: {rule}"


def tracked() -> tuple[list[str], str]:
    """The files that git knows, or why they cannot be listed."""
    listed = run("git", "ls-files", "-z")
    if listed.returncode != 0:
        return [], last_words(listed)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()], ""


def own_rules() -> Part:
    """Our own rules over every tracked file; common scanners pass over bare 0x private keys."""
    part = Part("secrets")
    names, part.blind = tracked()
    for name in names:
        part.findings.extend(secret_findings(name, (ROOT / name).read_text("utf-8", errors="replace")))
    return part


def secrets() -> Part:
    """Our own rules, then detect-secrets with all its plugins; what it takes wrongly is in REVIEWED."""
    part = own_rules()
    names, _ = tracked()
    found = set(common_findings([name for name in names if not HASHES.match(name)]))
    reviewed = json.loads(REVIEWED.read_text())
    known = {(name, digest) for name, review in reviewed.items() for digest in review["sha1"]}
    part.findings += [
        f"{name}: {kind} (SHA-1 {digest})"
        for name, kind, digest in sorted(found)
        if (name, digest) not in known
    ]
    gone = known - {(name, digest) for name, _, digest in found}
    part.findings += [
        f"{REVIEWED.name}: no longer found in {name}: {digest}" for name, digest in sorted(gone)
    ]
    part.notes = [
        f"{len(names)} files; {len(known)} strings of {len(reviewed)} files were reviewed and are no secrets"
    ]
    return part


def common_findings(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(file, kind, SHA-1 of the string) of what detect-secrets sees."""
    from detect_secrets.core.secrets_collection import SecretsCollection
    from detect_secrets.settings import default_settings

    with default_settings():
        for name in names:
            seen = SecretsCollection(root=str(ROOT))
            seen.scan_file(name)
            for _, secret in seen:
                yield name, secret.type, secret.secret_hash
