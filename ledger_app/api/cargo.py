"""`/v1/epcis`: capture and events by the EPCIS 2.0 REST binding; `/v1/cargo`: histories, streams, proofs.

Of the binding: `/capture`, `/capture/{id}`, `/events`, `/events/{id}`, JSON-LD only. As it says, a capture
keeps all events or none unless the header `GS1-Capture-Error-Behaviour: proceed` asks for the good ones.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from ledger_app.access.principals import Principal
from ledger_app.api.http import Caller, Context, after_cursor, cursor_of, record_id
from ledger_app.domain.cargo.times import milliseconds
from ledger_app.errors import BadInput
from ledger_app.proof.canonical import parse_json
from ledger_app.services import anchoring, capturing, cargo_checks, tracking
from ledger_app.services.acts import own_organisation
from ledger_app.services.streams import DEFAULT_STREAM

router = APIRouter(prefix="/v1", tags=["cargo"])

_MEDIA = ("application/json", "application/ld+json")
_VERSIONS = {"GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0"}
_BEHAVIOUR = "GS1-Capture-Error-Behaviour"
_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {media: {"schema": {"type": "object"}} for media in _MEDIA},
    }
}


async def _raw_body(request: Request) -> bytes:
    return await request.body()


Name = Annotated[str, Query(min_length=1, max_length=500)]
Raw = Annotated[bytes, Depends(_raw_body)]
Stream = Annotated[str, Query(min_length=1, max_length=120, description="The stream it goes into.")]
Consignment = Annotated[
    str | None, Query(max_length=200, description="The consignment it belongs to, besides what it says.")
]


# --- the EPCIS 2.0 binding ----------------------------------------------------------------------------------


@router.post("/epcis/capture", status_code=202, openapi_extra=_DOCUMENT)
def capture(
    who: Annotated[Principal, Depends(Caller("cargo.capture"))],
    ctx: Context,
    request: Request,
    response: Response,
    raw: Raw,
    consignment: Consignment = None,
    stream: Stream = DEFAULT_STREAM,
) -> dict[str, Any]:
    """Capture an EPCISDocument or EPCISQueryDocument. The answer is the job's report."""
    _check_media(request)
    behaviour = request.headers.get(_BEHAVIOUR, "rollback").strip().lower()
    if behaviour not in ("rollback", "proceed"):
        raise BadInput("CARGO_BEHAVIOUR", f"{_BEHAVIOUR} is rollback or proceed")
    report = capturing.capture(
        ctx,
        who,
        raw,
        consignment=consignment,
        stream=stream,
        all_or_nothing=behaviour == "rollback",
    )
    response.headers.update({**_VERSIONS, "Location": f"/v1/epcis/capture/{report['capture']}"})
    return report


@router.get("/epcis/capture/{job}")
def capture_job(
    who: Annotated[Principal, Depends(Caller("cargo.capture"))],
    ctx: Context,
    response: Response,
    job: str,
) -> dict[str, Any]:
    """What became of a capture, with the members that the binding gives a capture job."""
    report = capturing.capture_report(ctx, who, record_id(job))
    response.headers.update(_VERSIONS)
    return {
        **report,
        "captureID": report["capture"],
        "running": False,
        "success": not report["refused"],
        "captureErrorBehaviour": "proceed" if report["refused"] else "rollback",
        "errors": report["refused"],
    }


@router.get(
    "/epcis/capture/{job}/document",
    response_class=Response,
    responses={200: {"description": "The document.", "content": {"application/ld+json": {}}}},
)
def captured_document(
    who: Annotated[Principal, Depends(Caller("cargo.capture"))], ctx: Context, job: str
) -> Response:
    """The document exactly as it was sent."""
    raw = capturing.captured_document(ctx, who, record_id(job))
    return Response(raw, media_type="application/ld+json", headers=_VERSIONS)


@router.post("/epcis/events", status_code=201, openapi_extra=_DOCUMENT)
def capture_event(
    who: Annotated[Principal, Depends(Caller("cargo.capture"))],
    ctx: Context,
    request: Request,
    response: Response,
    raw: Raw,
    consignment: Consignment = None,
    stream: Stream = DEFAULT_STREAM,
) -> dict[str, Any]:
    """Capture a single event with its own @context. An event that was captured before is found again."""
    _check_media(request)
    report = capturing.capture(ctx, who, raw, consignment=consignment, stream=stream, all_or_nothing=True)
    kept = [*report["accepted"], *report["duplicate"]]
    if len(kept) == 1:
        response.headers["Location"] = f"/v1/epcis/events/{kept[0]['event']}"
    response.headers.update(_VERSIONS)
    return report


@router.get("/epcis/events")
def events(
    who: Annotated[Principal, Depends(Caller("cargo.capture"))],
    ctx: Context,
    request: Request,
    response: Response,
    kind: Annotated[str | None, Query(alias="eventType", max_length=40)] = None,
    since: Annotated[str | None, Query(alias="GE_eventTime", max_length=40)] = None,
    until: Annotated[str | None, Query(alias="LT_eventTime", max_length=40)] = None,
    per_page: Annotated[int, Query(alias="perPage", ge=1, le=200)] = 50,
    token: Annotated[str | None, Query(alias="nextPageToken", max_length=200)] = None,
) -> dict[str, Any]:
    """The caller's own events as an EPCISQueryDocument, in the order of their recording."""
    rows = tracking.reported(
        ctx,
        own_organisation(who),
        kind=kind,
        since=_moment(since),
        until=_moment(until),
        after=after_cursor(token) or "",
        limit=per_page,
    )
    response.headers.update(_VERSIONS)
    if len(rows) == per_page:
        following = request.url.include_query_params(nextPageToken=cursor_of(rows[-1]["id"]))
        response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": ctx.clock().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "epcisBody": {
            "queryResults": {
                "queryName": "SimpleEventQuery",
                "resultsBody": {"eventList": [row["event"] for row in rows]},
            }
        },
    }


@router.get("/epcis/events/{event}")
def event(
    who: Annotated[Principal, Depends(Caller("cargo.read"))],
    ctx: Context,
    response: Response,
    event: str,
) -> dict[str, Any]:
    """One event as it is kept, with its @context; by record id."""
    response.headers.update(_VERSIONS)
    found: dict[str, Any] = tracking.event(ctx, who, record_id(event))["event"]
    return found


# --- our own ------------------------------------------------------------------------------------------------


@router.get("/cargo/history")
def history(
    who: Annotated[Principal, Depends(Caller("cargo.read"))],
    ctx: Context,
    subject: Name,
) -> dict[str, Any]:
    """The history of a consignment, container, certificate number or object, in order, with its proofs."""
    return tracking.history(ctx, who, subject)


@router.get("/cargo/verify", responses={404: {"description": "Nothing here has that name."}})
def verify(
    who: Annotated[Principal, Depends(Caller("cargo.read"))],
    ctx: Context,
    name: Name,
) -> dict[str, Any]:
    """Is the stream whole; is the event in it? `name` is a stream or an event, by id, hash or name."""
    return cargo_checks.verify(ctx, who, name)


@router.get("/cargo/streams")
def streams(who: Annotated[Principal, Depends(Caller("cargo.capture"))], ctx: Context) -> dict[str, Any]:
    """The caller's streams."""
    return {"streams": tracking.streams(ctx, own_organisation(who))}


@router.post("/cargo/streams/{stream}/anchor", status_code=202)
def anchor(
    who: Annotated[Principal, Depends(Caller("cargo.anchor"))], ctx: Context, stream: str
) -> dict[str, Any]:
    """Ask the caller's signer to anchor its stream as it is now."""
    return {"act": anchoring.anchor(ctx, who, record_id(stream))}


@router.get("/cargo/streams/{stream}/verify")
def verify_stream(
    who: Annotated[Principal, Depends(Caller("cargo.read"))], ctx: Context, stream: str
) -> dict[str, Any]:
    """Is the stream whole, and are all its heads on the ledger?"""
    return cargo_checks.verify(ctx, who, record_id(stream))


@router.get("/cargo/events/{event}")
def event_told(
    who: Annotated[Principal, Depends(Caller("cargo.read"))], ctx: Context, event: str
) -> dict[str, Any]:
    """One event as in a history: who reported it and how it is proven."""
    return tracking.event(ctx, who, record_id(event))


@router.get("/cargo/events/{event}/verify")
def verify_event(
    who: Annotated[Principal, Depends(Caller("cargo.read"))], ctx: Context, event: str
) -> dict[str, Any]:
    """Is the event in its stream, and the stream whole?"""
    return cargo_checks.verify(ctx, who, record_id(event))


@router.get(
    "/cargo/events/{event}/proof", responses={409: {"description": "No anchor covers the event yet."}}
)
def event_proof(
    who: Annotated[Principal, Depends(Caller("cargo.read"))],  # noqa: ARG001
    ctx: Context,
    event: str,
) -> dict[str, Any]:
    """The event with its path to an anchored head, to be checked anywhere."""
    return cargo_checks.event_proof(ctx, record_id(event))


@router.post("/cargo/proofs/verify", openapi_extra=_DOCUMENT)
def verify_proof(
    who: Annotated[Principal, Depends(Caller("verify"))],  # noqa: ARG001
    ctx: Context,
    request: Request,
    raw: Raw,
) -> dict[str, Any]:
    """Verify an exported proof against the ledger that this service pins."""
    _check_media(request)
    return cargo_checks.verify_proof(ctx, parse_json(raw, max_bytes=max(len(raw), 1), max_depth=48))


def _check_media(request: Request) -> None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _MEDIA:
        raise BadInput("MEDIA_TYPE_UNSUPPORTED", f"Send {' or '.join(_MEDIA)}.")


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    found = milliseconds(text)
    if found is None:
        raise BadInput("CARGO_TIME", f"{text[:40]!r} is no date and time with an offset")
    return found
