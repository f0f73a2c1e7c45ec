"""`origin certificate import FILE`: certificates of other systems, mapped, completed with who issues, and
issued.

What cannot be issued yet is told row by row, with what is missing and how to complete it; the mapped
documents can be written out, completed by hand, and issued.
"""

import csv
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ledger_app import errors
from ledger_app.cli import common, output

REFUSED: Final = 3
"""Exit code when a certificate in the file could not be issued as it stands."""
_COLUMNS: Final = ("row", "pointer", "severity", "rule", "words", "fix", "source", "value")


def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Our JSON, UN/CEFACT JSON, TradeTrust, or CSV; - is stdin.")
    ],
    to: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the mapped documents, and issue nothing.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Issue nothing.")] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Issue none when one cannot be issued.")
    ] = False,
    error_file: Annotated[
        Path | None, typer.Option("--errors", help="Write what is wrong, a row each (CSV).")
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Read certificates of another system, say what each lacks, and issue those that lack nothing.

    The same file twice issues nothing twice. Exits 3 when a certificate in it cannot be issued as it stands.
    """
    client = common.connect("chamber", who)
    raw = common.read_file(file)
    read: list[dict[str, Any]] = client.upload("/v1/imports", file.name, raw)["documents"]
    findings = [{"row": one["row"], **finding} for one in read for finding in one["findings"]]
    ready = [one["document"] for one in read if one["ready"]]
    refused = len(read) - len(ready)
    for finding in findings[: output.MOST_FINDINGS]:
        output.progress(output.finding_words(finding))
    if error_file is not None:
        _write_errors(error_file, findings)
    if to is not None:
        written: list[Any] = [one["document"] for one in read]
        _write(to, json.dumps(written[0] if len(written) == 1 else written, ensure_ascii=False, indent=1))
    result: dict[str, Any] = {
        "file": str(file),
        "read": len(read),
        "ready": len(ready),
        "refused": refused,
        "findings": findings,
        "certificates": [],
        "act": None,
    }
    issuing = to is None and not dry_run and ready and not (all_or_nothing and refused)
    if issuing:
        key = hashlib.sha256(b"import\0" + raw).hexdigest()
        asked = client.post("/v1/certificates", {"documents": ready}, idempotency_key=key)
        if not no_wait:
            asked["act"] = common.waited(client, asked["act"], timeout)
        result |= {"certificates": asked["certificates"], "act": asked["act"]}
    if as_json:
        output.result(result)
    else:
        done = f"{len(ready)} issued" if issuing else "nothing issued"
        output.line(f"{len(read)} read, {len(ready)} can be issued as they stand, {done}")
    if refused:
        raise SystemExit(REFUSED)
    if issuing and result["act"]["state"] in ("reverted", "refused", "expired"):
        raise SystemExit(output.REFUSED)


def _write_errors(path: Path, findings: Sequence[dict[str, Any]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.DictWriter(file, _COLUMNS, extrasaction="ignore")
            rows.writeheader()
            rows.writerows(findings)
    except OSError as exc:
        raise errors.BadInput("FILE_UNWRITABLE", f"{path}: {exc.strerror}") from exc


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as exc:
        raise errors.BadInput("FILE_UNWRITABLE", f"{path}: {exc.strerror}") from exc
