"""`origin cargo`: capture events, follow a consignment, prove that nothing was changed."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import common, output
from ledger_app.domain.cargo.places import place_words
from ledger_app.domain.words import counted

app = common.group("Capture, follow and prove cargo events.")

_EXIT = {"GENUINE": 0, "NOT_GENUINE": 11, "CANNOT_TELL": 20}
_NOT_FOUND = 10
_REFUSED = 3
_VERDICTS = {
    ("stream", "GENUINE"): ("The stream is whole", "32"),
    ("stream", "NOT_GENUINE"): ("The stream is not what was anchored", "31"),
    ("event", "GENUINE"): ("The event is in its stream, and the stream is whole", "32"),
    ("event", "NOT_GENUINE"): ("The event or its stream is not what was anchored", "31"),
    ("proof", "GENUINE"): ("The event is in an anchored stream", "32"),
    ("proof", "NOT_GENUINE"): ("The proof does not hold", "31"),
}
_PROOFS = {"anchored": "32", "pending": "33", "cannot-tell": "33", "not-proven": "31"}
_MARKS = {"passed": ("ok", "32"), "failed": ("no", "31"), "cannot-tell": ("?", "33")}


@app.command()
def capture(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An EPCIS 2.0 document in JSON-LD.")],
    consignment: Annotated[
        str | None, typer.Option(metavar="ID", help="The consignment that the events belong to.")
    ] = None,
    stream: Annotated[str, typer.Option(metavar="NAME", help="The stream that they go into.")] = "cargo",
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Keep no event when one is refused.")
    ] = False,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Report cargo events. Good events are kept, refused ones listed with reason, place and remedy.

    Exits 0 when nothing was refused, else 3.
    """
    client = common.connect("carrier", who)
    behaviour = "rollback" if all_or_nothing else "proceed"
    try:
        report = client.request(
            "POST",
            "/v1/epcis/capture",
            query={"consignment": consignment, "stream": stream},
            body=common.read_file(file),
            headers={
                "Content-Type": "application/ld+json",
                "GS1-Capture-Error-Behaviour": behaviour,
            },
        ).json()
    except errors.BadInput as refused:
        if refused.reason == "FILE_UNREADABLE":
            raise
        report = _all_refused(refused)
    if as_json:
        output.result(report)
    else:
        _print_capture(report)
    raise SystemExit(_REFUSED if report["refused"] else 0)


@app.command()
def show(
    what: Annotated[
        str, typer.Argument(metavar="CONSIGNMENT|CONTAINER|NUMBER", help="Whose history to show.")
    ],
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """What happened to a consignment, container or certificate's goods, in order, and how it is proven.

    Exits 10 when nothing is recorded.
    """
    told = common.connect("trader", who).get("/v1/cargo/history", subject=what)
    if as_json:
        output.result(told)
    else:
        _print_history(told)
    raise SystemExit(0 if told["events"] else _NOT_FOUND)


@app.command()
def verify(
    what: Annotated[
        str, typer.Argument(metavar="STREAM|EVENT", help="A stream or event, or the file of a proof.")
    ],
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Is the stream whole, is the event in it? Everything is recomputed and led to the head on the ledger.

    Exits 0 yes, 10 not found, 11 no, 20 cannot tell.
    """
    client = common.connect("trader", who)
    try:
        if Path(what).is_file():
            report = client.post_raw("/v1/cargo/proofs/verify", common.read_file(Path(what)))
        else:
            report = client.get("/v1/cargo/verify", name=what)
    except (errors.NotFound, errors.Unavailable) as unknown:
        code = _NOT_FOUND if isinstance(unknown, errors.NotFound) else _EXIT["CANNOT_TELL"]
        if as_json:
            output.result({**_untold(unknown), "exit_code": code})
        else:
            output.line(f"{what}: {unknown.detail}")
        raise SystemExit(code) from None
    if as_json:
        output.result({**report, "exit_code": _EXIT[report["verdict"]]})
    else:
        _print_verdict(report)
    raise SystemExit(_EXIT[report["verdict"]])


@app.command()
def proof(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The event's record id.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write the proof.")],
    who: common.As = "",
) -> None:
    """Write the proof of an anchored event to a file that anybody can verify against the ledger."""
    raw = common.connect("trader", who).request("GET", f"/v1/cargo/events/{event}/proof").body
    common.write_file(out, raw)
    output.progress(f"wrote {out}")


@app.command()
def anchor(
    stream: Annotated[str, typer.Argument(metavar="STREAM", help="The stream's record id.")],
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Anchor a stream as it is now. A capture asks for this by itself."""
    client = common.connect("carrier", who)
    common.act(
        client,
        f"/v1/cargo/streams/{stream}/anchor",
        {},
        as_json=as_json,
        no_wait=no_wait,
        timeout=timeout,
    )


@app.command()
def streams(who: common.As = "", as_json: common.Json = False) -> None:
    """Our own streams: how many events they hold, and how many are anchored."""
    found = common.connect("carrier", who).get("/v1/cargo/streams")
    if as_json:
        output.result(found)
        return
    for one in found["streams"]:
        output.line(f"{one['name']}: {one['events']} events, {one['anchored']} anchored")
        output.line(f"  {one['id']}")


def _untold(unknown: errors.LedgerError) -> dict[str, Any]:
    return {
        "verdict": "CANNOT_TELL",
        "whole": None,
        "reason": unknown.reason,
        "detail": unknown.detail,
        "next": unknown.next_step,
        "checks": [],
        "findings": [],
        "ledger": None,
    }


def _all_refused(refused: errors.BadInput) -> dict[str, Any]:
    """The report of a document of which nothing was kept: its events' faults, or that of the whole."""
    whole = {
        "index": None,
        "reason": refused.reason,
        "pointer": refused.context.get("pointer", ""),
        "detail": refused.detail,
        "fix": refused.next_step,
    }
    listed = refused.context.get("refused", [whole])
    return {"accepted": [], "duplicate": [], "refused": listed, "anchor": None}


def _print_capture(report: dict[str, Any]) -> None:
    counts = {name: len(report[name]) for name in ("accepted", "duplicate", "refused")}
    output.line(", ".join(f"{count} {name}" for name, count in counts.items()))
    for one in report["refused"]:
        reason = output.colour(one["reason"], "31")
        which = "the document" if one["index"] is None else f"event {one['index'] + 1}"
        output.line(f"  {which} at {one['pointer'] or '/'}: {one['detail']} [{reason}]")
        output.line(f"    {one['fix']}")
    if report["anchor"] is not None:
        output.line(f"anchor: act {report['anchor']['id']}, {report['anchor']['state']}")
    elif report["accepted"]:
        output.line("anchor: to be asked for as soon as the ledger answers")


def _print_history(told: dict[str, Any]) -> None:
    if not told["events"]:
        output.line(f"{told['subject']}: nothing is recorded")
        return
    for one in told["events"]:
        step = str(one["bizStep"] or one["action"] or "").rpartition("-")[2] or one["type"]
        where = one["readPoint"] or one["bizLocation"] or ""
        place = place_words(where, {}) or where
        by = one["reporter"]["name"] or one["reporter"]["identifier"] or one["reporter"]["organisation"]
        state = output.colour(one["proof"]["state"], _PROOFS[one["proof"]["state"]])
        block = f" in block {one['proof']['block']}" if one["proof"]["block"] is not None else ""
        output.line(f"{one['eventTime']}  {step}  {place}")
        output.line(f"    reported by {by}; {state}{block}; event {one['id']}")
        if one["errorDeclared"]:
            output.line("    the reporter has declared this event wrong")
    if told["more"]:
        output.line("… and more")


def _print_verdict(report: dict[str, Any]) -> None:
    words, colour = _VERDICTS.get((report["kind"], report["verdict"]), ("Cannot tell", "33"))
    output.line(output.colour(words, colour))
    for check in report["checks"]:
        mark, code = _MARKS[check["outcome"]]
        reason = f" [{check['reason']}]" if check["reason"] else ""
        detail = f": {check['detail']}" if check["detail"] else ""
        output.line(f"  {output.colour(f'{mark:>2}', code)}  {check['name']}{detail}{reason}")
    for found in report.get("findings", [])[:20]:
        output.line(f"      position {found['position']}, event {found['event']} [{found['reason']}]")
    stream = report.get("stream")
    if stream is not None:
        anchored = "unknown" if stream["anchored"] is None else stream["anchored"]
        output.line(f"  stream {stream['name']}: {stream['events']} events, {anchored} anchored")
    if report["ledger"] is not None:
        output.line(
            f"  ledger: block {report['ledger']['block']}, "
            f"{counted(int(report['ledger']['age_seconds']), 'second')} old"
        )
