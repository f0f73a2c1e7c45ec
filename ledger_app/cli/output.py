"""How the command line speaks: results on stdout, everything else on stderr, errors in words with their
reason."""

import json
import os
import re
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from ledger_app import errors

USAGE = 2
REFUSED = 1
PENDING = 3
CANNOT_TELL = 20

#: Control characters but tab and line feed, what turns the direction of writing, and halves of pairs.
_UNTAMED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: Stands for the start of a colour until a line is printed; nobody who writes into a document can know it.
_COLOUR = secrets.token_hex(8)
_BEFORE = {"supersede": "replaces", "consume": "made out of"}
_AFTER = {"supersede": "replaced by", "consume": "used for"}
MOST_FINDINGS = 30
"""Findings about documents that are printed in words; JSON has them all."""


def result(value: Any) -> None:
    """Print a result as one JSON document on stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False)
    # Half of a pair, as in a file's name that is not UTF-8, becomes the \uXXXX that JSON writes it by.
    sys.stdout.write(text.encode(errors="backslashreplace").decode() + "\n")
    sys.stdout.flush()


def line(text: str = "") -> None:
    """Print a line of a result on stdout, without anything that a terminal would obey but our own colours."""
    sys.stdout.write(_tame(text) + "\n")
    sys.stdout.flush()


def progress(text: str) -> None:
    """Print a line about what is going on, on stderr; as tame as a line of a result."""
    sys.stderr.write(_tame(text) + "\n")
    sys.stderr.flush()


def printable(path: Path | str) -> str:
    """A file's name as text; bytes in it that are not UTF-8 as `\\xff`."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _tame(text: str) -> str:
    tamed = _UNTAMED.sub("\N{REPLACEMENT CHARACTER}", text)
    return re.sub(rf"{_COLOUR}(\d+)m", "\x1b[\\1m", tamed)


def colour(text: str, code: str, stream: Any = None) -> str:
    """`text` in an ANSI colour, for `line` and `progress`, where `stream` (stdout) is a terminal and NO_COLOR
    is not set."""
    out = stream or sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not out.isatty():
        return text
    return f"{_COLOUR}{code}m{text}{_COLOUR}0m"


def fail(error: errors.LedgerError, *, as_json: bool = False) -> NoReturn:
    """Say what happened and what to do next, and leave. Exit code 2 for bad input, 20 when it cannot be
    told, else 1."""
    try:
        next_step = error.next_step
    except KeyError:
        next_step = ""
    if as_json:
        result(
            {"error": {"reason": error.reason, "detail": error.detail, "next": next_step, **_findings(error)}}
        )
    progress(colour("error", "31", sys.stderr) + f": {error.detail} [{error.reason}]")
    findings = _findings(error).get("findings", [])
    for finding in findings[:MOST_FINDINGS]:
        progress(f"  - {finding_words(finding)}")
    if len(findings) > MOST_FINDINGS:
        progress(f"  … and {len(findings) - MOST_FINDINGS} more; --json lists them all")
    if next_step:
        progress(f"next: {next_step}")
    raise SystemExit(exit_code(error))


def finding_words(finding: dict[str, Any]) -> str:
    """A finding about a document in one line: where, what, and what to do."""
    row = f"row {finding['row']} " if "row" in finding else ""
    where = finding.get("pointer") or "the whole"
    words = " ".join(filter(None, (finding.get("words"), finding.get("fix"))))
    return f"{row}{where}: {words or finding}"


def relatives(found: dict[str, Any]) -> None:
    """Print what a certificate replaced or was made out of, and what came after it."""
    before = found.get("predecessor")
    if before is not None:
        line(f"  {_BEFORE.get(before['act'], 'follows')} {_relative(before)}")
    for one in found.get("successors", []):
        line(f"  {_AFTER.get(one['act'], 'followed by')} {_relative(one)}")
    if found.get("moreSuccessors"):
        line("  and others")


def _relative(one: dict[str, Any]) -> str:
    name = one["number"] or "another certificate"
    when = "" if one["time"] is None else f" on {datetime.fromtimestamp(one['time'], UTC).date().isoformat()}"
    return f"{name}{when}  leaf {one['leaf']}"


def exit_code(error: errors.LedgerError) -> int:
    """The shell's code for an error that ends a command."""
    if isinstance(error, errors.Unavailable):
        return CANNOT_TELL
    return USAGE if isinstance(error, errors.BadInput | errors.ConfigError) else REFUSED


def _findings(error: errors.LedgerError) -> dict[str, Any]:
    found = error.context.get("findings")
    return {"findings": found} if isinstance(found, list) and all(isinstance(f, dict) for f in found) else {}
