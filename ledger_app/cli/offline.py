"""`origin verify --offline`: a bundle, a trust snapshot, and nothing else. No network, no service, no
database."""

import time
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ledger_app import errors
from ledger_app.cli import common, output, seen
from ledger_app.proof import check, offline, report
from ledger_app.proof.alone import alone
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.facts import Question
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.trust import Trust, read_trust
from ledger_app.reasons.readers import for_offline

_SECONDS_A_DAY = 86_400


def verify(
    raw: bytes,
    *,
    snapshot: Path | None,
    fingerprint: str | None,
    at: date,
    max_age_days: int,
    seen_file: Path | None,
) -> report.Report:
    """The report on a bundle's bytes, by the machine's clock. Besides what the service's reports have,
    `asOf` says what it rests on. `seen_file`: where statements seen are kept (None: beside the snapshot)."""
    now = int(time.time())
    trust = _trust(snapshot, fingerprint, now)
    bundle: Bundle | None = None
    shown, content = report.Shown(), None
    with suppress(errors.CheckFailed):
        bundle = check.read(raw)
        told = alone(bundle, at)
        shown, content = report.Shown(document=told.document, findings=told.findings), told.content
    question = Question(at, max_age_days * _SECONDS_A_DAY, content)
    result = offline.judge(bundle or raw, trust, question, now)
    if isinstance(trust, Trust) and snapshot is not None:
        path = seen_file or _beside(snapshot)
        result = _witnessed(result, bundle, trust, question, path, confirmed=fingerprint is not None)
    found = report.build(result.judgement, bundle, result.facts, at, shown)
    found["asOf"] = _as_of(result, trust)
    for each in (found, *found["checks"]):
        each["next"] = for_offline(each["reason"], each["next"])
    return found


def show(found: report.Report) -> None:
    """Print what the report rests on, after its other lines."""
    as_of = found["asOf"]
    if as_of is None:
        return
    output.line(
        f"  as of block {as_of['block']}, {_when(as_of['time'])}; "
        f"signed by {len(as_of['signers'])} of {as_of['seats']} council members, good until "
        f"{_when(as_of['expires'])}"
    )
    trust = as_of["trust"]
    output.line(f"  members as of block {trust['block']}, {_when(trust['time'])}; council {trust['council']}")


def read_snapshot(path: Path, fingerprint: str | None, now: int | None) -> Trust:
    """The snapshot in a file. Raises BadInput as `read_trust`."""
    return read_trust(common.read_file(path), now=now, fingerprint=fingerprint)


def _trust(snapshot: Path | None, fingerprint: str | None, now: int) -> Trust | errors.LedgerError:
    if snapshot is None:
        return errors.BadInput("TRUST_SNAPSHOT_MISSING")
    try:
        return read_snapshot(snapshot, fingerprint, now)
    except errors.LedgerError as failed:
        return failed


def _witnessed(
    result: offline.Result,
    bundle: Bundle | None,
    trust: Trust,
    question: Question,
    path: Path,
    *,
    confirmed: bool,
) -> offline.Result:
    """The result, unless what it rests on contradicts what was seen before, or that cannot be read: then
    nothing can be told. A file that can be read but not written is only told."""
    doubt: errors.LedgerError | None = None
    try:
        conflicts = seen.note(path, trust, result.checkpoint, confirmed=confirmed)
    except errors.Unavailable as failed:
        output.progress(f"not remembered: {failed.detail}")
        if failed.reason == "SEEN_FILE_UNREADABLE" and result.facts is not None:
            doubt = failed
    else:
        if conflicts:
            output.progress(f"both statements are kept in {path}")
            doubt = errors.BadInput("SPLIT_VIEW", conflicts[0])
    if doubt is None or bundle is None:
        return result
    return offline.Result(check.judge(bundle, trust.pin, None, question, unavailable=doubt))


def _as_of(result: offline.Result, trust: Trust | errors.LedgerError) -> dict[str, Any] | None:
    if result.checkpoint is None or isinstance(trust, errors.LedgerError):
        return None
    stated, members = result.checkpoint.statement, trust.statement
    return {
        "block": stated.block,
        "time": stated.time,
        "expires": stated.expires,
        "checkpoint": to_hex(result.checkpoint.digest),
        "signers": result.checkpoint.signers(),
        "seats": len(trust.council.members),
        "trust": {
            "block": members.block,
            "time": members.time,
            "expires": members.expires,
            "council": trust.fingerprint,
        },
    }


def _beside(snapshot: Path) -> Path:
    return snapshot.with_name(snapshot.name + ".seen")


def _when(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return f"Unix time {seconds}"
