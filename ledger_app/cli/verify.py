"""`origin verify`: the question that everything here is for."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ledger_app import errors
from ledger_app.cli import common, output
from ledger_app.domain.scanned import read_scanned
from ledger_app.domain.words import counted
from ledger_app.reasons import describe

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_MARKS = {"passed": ("ok", "32"), "failed": ("no", "31"), "warning": ("!", "33"), "cannot-tell": ("?", "33")}
_COLOURS = {"GENUINE": "32", "NOT_GENUINE": "31", "CANNOT_TELL": "33"}


@app.command()
def verify(
    what: Annotated[
        list[str], typer.Argument(metavar="FILE|NUMBER|DIGEST", help="A bundle, a number or a digest.")
    ],
    batch: Annotated[
        bool,
        typer.Option("--batch", help="Many: folders of bundles, lists of numbers or digests (.txt, .csv)."),
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="With --batch: a row each, .csv or .json.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day of presentation, YYYY-MM-DD.")
    ] = None,
    claim: Annotated[str | None, typer.Option(metavar="ID", help="My own import declaration.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: rely on the file's evidence and on --trust.")
    ] = False,
    trust: Annotated[
        Path | None, typer.Option("--trust", metavar="SNAPSHOT", help="Offline: whom to trust.")
    ] = None,
    council: Annotated[
        str | None,
        typer.Option(
            "--council", metavar="FINGERPRINT", help="Offline: the snapshot's council must be this."
        ),
    ] = None,
    max_age: Annotated[
        int, typer.Option("--max-age", metavar="DAYS", min=0, help="Offline: the oldest checkpoint accepted.")
    ] = 30,
    seen: Annotated[
        Path | None,
        typer.Option("--seen", metavar="FILE", help="Offline: checkpoints seen; else beside the snapshot."),
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Is this certificate genuine, and what is its standing?

    Exits 0 genuine and in good standing, 10 not found, 11 not genuine, 12 revoked, suspended, expired or
    used up, 13
    issuer not trusted or its key disowned, 20 cannot tell.
    """
    fields = {name: value for name, value in (("at", at), ("claim", claim)) if value is not None}
    if batch or to is not None:
        _batch(what, to, fields, who, at, as_json=as_json, usual=not (offline or trust or council or seen))
    if len(what) != 1:
        raise typer.BadParameter("several are verified with --batch", param_hint="FILE|NUMBER|DIGEST")
    named = what[0]
    raw = _file(named)
    if offline:
        _offline(raw, trust, council, _day(at), max_age, seen, claim, as_json)
    if trust or council or seen:
        raise typer.BadParameter("--trust, --council and --seen go with --offline")
    try:
        client = common.connect("customs", who)
        if raw is not None:
            report = client.upload("/v1/verify", Path(named).name, raw, fields)
        else:
            wanted = read_scanned(named)
            asked = {"digest": wanted.hash} if wanted.hash else {"number": wanted.number}
            report = client.post("/v1/verify", {**asked, **fields})
    except errors.Unavailable as exc:
        report = _untold(raw, exc, at)
    except (errors.NotAuthenticated, errors.NotPermitted) as exc:
        report = _untold(None, exc, at)
    code = _exit_code(report)
    if as_json:
        output.result({**report, "exit_code": code})
    else:
        show(report)
    raise SystemExit(code)


def _batch(
    what: list[str],
    to: Path | None,
    fields: dict[str, str],
    who: str,
    at: str | None,
    *,
    as_json: bool,
    usual: bool,
) -> NoReturn:
    from ledger_app.cli.verifying_many import verify_many

    if to is None or not usual:
        raise typer.BadParameter("--batch PATH… goes with --output FILE, and not with --offline")
    _day(at)

    def untold(raw: bytes | None, exc: errors.LedgerError) -> dict[str, Any]:
        report = _untold(raw, exc, at)
        return {**report, "exit_code": _exit_code(report)}

    client = common.connect("customs", who)
    raise SystemExit(verify_many(client, [Path(each) for each in what], to, fields, untold, as_json=as_json))


def _offline(
    raw: bytes | None,
    trust: Path | None,
    council: str | None,
    at: date,
    max_age: int,
    seen: Path | None,
    claim: str | None,
    as_json: bool,
) -> NoReturn:
    from ledger_app.cli import offline

    if raw is None:
        raise typer.BadParameter("offline, only a file can be verified", param_hint="FILE")
    if claim is not None:
        raise errors.BadInput("OFFLINE_CLAIM")
    report = offline.verify(
        raw, snapshot=trust, fingerprint=council, at=at, max_age_days=max_age, seen_file=seen
    )
    code = report["exit_code"]
    if as_json:
        output.result(report)
    else:
        show(report)
        offline.show(report)
    raise SystemExit(code)


def show(report: dict[str, Any]) -> None:
    """Print a report in words."""
    verdict = report["verdict"]
    words = {"GENUINE": "Genuine", "NOT_GENUINE": "Not genuine", "CANNOT_TELL": "Cannot tell"}[verdict]
    output.line(output.colour(words, _COLOURS[verdict]) + f", standing: {report['standing']}")
    for check in report["checks"]:
        mark, code = _MARKS.get(check["outcome"], ("-", "0"))
        reason = f" [{check['reason']}]" if check.get("reason") else ""
        detail = f": {check['detail']}" if check.get("detail") else ""
        output.line(f"  {output.colour(f'{mark:>2}', code)}  {check['name']}{detail}{reason}")
    for notice in report["notices"]:
        entry = describe(notice)
        output.line(f"  note: {entry.meaning} {entry.next_step}")
    output.relatives(report)
    ledger = report["ledger"]
    if ledger.get("block") is not None:
        age = counted(int(ledger["age_seconds"]), "second")
        output.line(f"  ledger: block {ledger['block']}, {age} old")
    if report.get("next"):
        output.line(f"next: {report['next']}")


def _file(what: str) -> bytes | None:
    if not what.strip():
        raise errors.BadInput("NAME_EMPTY")
    path = Path(what)
    try:
        there = what == "-" or path.is_file() or path.is_dir()
    except (OSError, ValueError):
        there = False
    if there:
        return common.read_file(path)
    if path.suffix.lower() == ".json" or what.startswith((".", "/", "~")):
        raise errors.BadInput("FILE_UNREADABLE", f"{what}: there is no such file")
    return None


def _untold(raw: bytes | None, exc: errors.LedgerError, at: str | None) -> dict[str, Any]:
    """A report for when nobody could be asked: the file is still held against itself, which may show a
    forgery."""
    from ledger_app.proof import check, facts

    checks: list[dict[str, Any]] = []
    verdict, reason, standing = "CANNOT_TELL", exc.reason, "unknown"
    if raw is not None:
        try:
            hint = check.read(raw).registered
            pin = facts.Pin(hint.chain_id, hint.genesis, hint.registry)
        except errors.CheckFailed:
            pin = facts.Pin(1, bytes(32), "0x" + "00" * 20)
        judged = check.judge(raw, pin, None, facts.Question(at=_day(at)), unavailable=exc)
        verdict, reason = judged.verdict.value, judged.reason
        checks = [
            {"name": o.name, "outcome": o.outcome, "reason": o.reason, "detail": o.detail}
            for o in judged.outcomes
        ]
    else:
        checks = [{"name": "inclusion", "outcome": "cannot-tell", "reason": exc.reason, "detail": exc.detail}]
    return {
        "verdict": verdict,
        "standing": standing,
        "reason": reason,
        "detail": exc.detail,
        "next": exc.next_step,
        "checks": checks,
        "notices": [],
        "ledger": {"block": None, "time": None, "age_seconds": None},
    }


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise errors.BadInput("DAY_INVALID", f"{text[:20]!r}: a date is written YYYY-MM-DD") from None


def _exit_code(report: dict[str, Any]) -> int:
    if "exit_code" in report:
        return int(report["exit_code"])
    from ledger_app.domain.standing import Standing, Verdict, exit_code

    return int(
        exit_code(
            Verdict(report["verdict"]),
            Standing(report["standing"]),
            not_found=report.get("reason") == "NOT_FOUND",
            issuer_untrusted=any(
                c["name"] == "issuer" and c["outcome"] == "failed" for c in report["checks"]
            ),
        )
    )
