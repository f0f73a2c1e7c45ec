"""`scripts/audit`: the parts, and what their answers come to."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts._audit import known, sbom, searches, secret, solidity
from scripts._audit.part import Part

PARTS: dict[str, Callable[[], Part]] = {
    "python": known.python,
    "packages": known.packages,
    "npm": known.npm,
    "contracts": solidity.contracts,
    "secrets": secret.secrets,
}
#: Parts with a budget, and its full size (docs/audits.md).
LONG: dict[str, tuple[Callable[[int], Part], int]] = {
    "symbolic": (solidity.symbolic, 1),
    "invariants": (solidity.invariants, 1_000_000),
    "forgeries": (solidity.forgeries, 1_000_000),
    "signatures": (searches.signatures, 1_000_000),
    "fuzz": (searches.fuzz, 600),
    "api": (searches.api, 50_000),
    "memory": (searches.memory, 5_000),
}


def chosen(words: list[str]) -> list[tuple[str, Callable[[], Part]]]:
    """What the arguments ask for. Raises ValueError with words for the reader."""
    found: list[tuple[str, Callable[[], Part]]] = []
    words = [*PARTS, "sbom", *LONG] if words == ["all"] else words or [*PARTS, "sbom"]
    rest = iter(words)
    output: Path | None = None
    names = []
    for word in rest:
        if word in ("-o", "--output"):
            output = Path(next(rest, ""))
            if not output.name:
                raise ValueError(f"{word} needs a file")
        else:
            names.append(word)
    if output is not None and "sbom" not in names:
        raise ValueError("-o belongs to sbom")
    for word in names:
        name, _, budget = word.partition("=")
        if name in PARTS and not budget:
            found.append((name, PARTS[name]))
        elif name == "sbom" and not budget:
            found.append((name, lambda: sbom.sbom(output)))
        elif name in LONG and (not budget or (budget.isdecimal() and int(budget) > 0)):
            look, most = LONG[name]
            found.append((name, lambda look=look, size=int(budget or most): look(size)))  # type: ignore[misc]
        else:
            raise ValueError(f"no part called {word}; there are {', '.join([*PARTS, 'sbom', *LONG])}")
    return found


def main(words: list[str]) -> int:
    """0 all looked and nothing was found, 1 found, 2 usage, 3 nothing found and a part could not look."""
    try:
        parts = chosen(words)
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    seen = []
    for name, look in parts:
        try:
            part = look()
        except (OSError, subprocess.TimeoutExpired) as error:
            part = Part(name, blind=str(error)[:300])
        print(part.line(), flush=True)
        for line in [*part.findings, *part.notes]:
            print(f"  {line}", flush=True)
        seen.append(part)
    if any(part.findings for part in seen):
        return 1
    return 3 if any(part.blind for part in seen) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
