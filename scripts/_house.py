"""House rules that no linter knows: file lengths, no registry addresses, no machine paths.

Looks at the files that git tracks (or would). Prints one line a finding and exits 1 when there are any.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 400
ADVISED = 350

# Written as patterns, so that this file does not hold what it forbids.
REGISTRIES = re.compile(
    r"(p[y]pi|pythonh[o]sted|npmjs|yarnpkg|crates|maven|debian|golang|docker|ghcr|quay)\.(org|com|io)/|"
    r"(proxy\.golang|registry\.npmjs|files\.pythonh[o]sted|deb\.debian|index\.docker)\."
)
# A path of one machine, or a word that only means something where the project was written.
WORKPLACE = re.compile(
    r"/w[o]rk/(main|shared|\.)|/tmp/plan|\bDESIGN\.md\b|\bSPEC\.md\b|\bissue #?\d+\b|/r[o]ot/|/home/\w+/"
)
BINARY = {".png", ".woff2", ".ico", ".gz", ".zip", ".pdf", ".db"}
# The address a person may follow is not a registry: only lock files and installers could hold one by mistake.
LICENCES = {"LICENSE", "NOTICE"}


def tracked() -> Iterator[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    for name in sorted(filter(None, out.decode().split("\0"))):
        path = ROOT / name
        if path.is_file() and path.suffix not in BINARY and path.name not in LICENCES:
            yield path


def length_findings(path: Path, text: str) -> Iterator[str]:
    name = path.relative_to(ROOT).as_posix()
    ours = (name.startswith("ledger_app/") and path.suffix == ".py") or (
        name.startswith("contracts/src/") and path.suffix == ".sol"
    )
    lines = text.count("\n")
    if not ours or "/migrations/versions/" in name:
        return
    if lines > LONGEST:
        yield f"{name}: {lines} lines, the longest allowed is {LONGEST}"
        return
    if lines > ADVISED:
        print(f"advice: {name} has {lines} lines, {ADVISED} is long enough", file=sys.stderr)


def word_findings(path: Path, text: str) -> Iterator[str]:
    name = path.relative_to(ROOT).as_posix()
    if "vendor" in path.parts:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if match := REGISTRIES.search(line):
            yield f"{name}:{number}: the address of a registry ({match.group()})"
        if (match := WORKPLACE.search(line)) and path != Path(__file__).resolve():
            yield f"{name}:{number}: {match.group()!r} means nothing outside one workplace"


def script_findings(path: Path, text: str) -> Iterator[str]:
    name = path.relative_to(ROOT).as_posix()
    if name.startswith("scripts/") and text.startswith("#!"):
        lines = text.splitlines()
        if len(lines) < 2 or not lines[1].startswith(("# ", '"""')):
            yield f"{name}: the second line says what the script does"
        if not path.stat().st_mode & 0o100:
            yield f"{name}: has a shebang and is not executable"


def findings() -> Iterator[str]:
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            yield f"{path.relative_to(ROOT)}: not UTF-8 text, and not a known binary kind"
            continue
        yield from length_findings(path, text)
        yield from word_findings(path, text)
        yield from script_findings(path, text)


def main() -> int:
    found = list(findings())
    print("\n".join(found) if found else "house rules hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
