"""`/v1/checkpoints`, `/v1/trust`, `/v1/split-views`: what the council states, for verifying offline."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from ledger_app.access.principals import Principal
from ledger_app.api.bodies import StatementBody, StatementSeenBody
from ledger_app.api.http import Caller, Context, JsonBody, OnceOnly, body_schema
from ledger_app.errors import BadInput
from ledger_app.proof.hexes import from_hex
from ledger_app.proof.statements import signed_from_json
from ledger_app.services import checkpoints, witness
from ledger_app.store import statements

router = APIRouter(prefix="/v1", tags=["offline proof"])

FILE_TYPE = "application/vnd.origin-ledger.statement+json"
_Anybody = Annotated[Principal, Depends(Caller("ledger.read"))]
_NONE_YET: dict[int | str, dict[str, Any]] = {404: {"description": "The council has signed none yet."}}


@router.post("/checkpoints", status_code=202, openapi_extra=body_schema(StatementBody))
def ask_for_checkpoint(
    _: Annotated[Principal, Depends(Caller("council.act"))],
    ctx: Context,
    body: Annotated[StatementBody, Depends(JsonBody(StatementBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Ask the council's members to sign a checkpoint of now."""
    return checkpoints.propose_checkpoint(ctx, body.days or checkpoints.CHECKPOINT_DAYS, once)


@router.get("/checkpoints")
def listed(_: _Anybody, ctx: Context) -> dict[str, Any]:
    """Checkpoints kept here, those about the latest blocks first."""
    return {"checkpoints": checkpoints.listed(ctx, statements.CHECKPOINT)}


@router.get("/checkpoints/latest", responses=_NONE_YET)
def latest_checkpoint(_: _Anybody, ctx: Context) -> Response:
    """The newest checkpoint that is still good, as its file."""
    return _file(checkpoints.newest(ctx, statements.CHECKPOINT).serialise())


@router.get("/checkpoints/{digest}")
def checkpoint(_: _Anybody, ctx: Context, digest: str) -> Response:
    """A kept checkpoint or trust snapshot, by the digest that was signed."""
    return _file(checkpoints.by_digest(ctx, _digest(digest)).serialise())


@router.get("/checkpoints/{digest}/consistency/{other}")
def consistency(_: _Anybody, ctx: Context, digest: str, other: str) -> dict[str, Any]:
    """The proof that the later of two checkpoints begins with the batches of the earlier."""
    return checkpoints.consistency(ctx, _digest(digest), _digest(other))


@router.post("/checkpoints/seen", openapi_extra=body_schema(StatementSeenBody))
def seen(
    _: Annotated[Principal, Depends(Caller("verify"))],
    ctx: Context,
    body: Annotated[StatementSeenBody, Depends(JsonBody(StatementSeenBody))],
) -> dict[str, Any]:
    """Show a checkpoint or trust snapshot that was seen elsewhere: does it contradict what is kept here?"""
    return witness.show(ctx, signed_from_json(body.statement))


@router.post("/trust", status_code=202, openapi_extra=body_schema(StatementBody))
def ask_for_snapshot(
    _: Annotated[Principal, Depends(Caller("council.act"))],
    ctx: Context,
    body: Annotated[StatementBody, Depends(JsonBody(StatementBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Ask the council's members to sign a trust snapshot of now."""
    return checkpoints.propose_snapshot(ctx, body.days or checkpoints.SNAPSHOT_DAYS, once)


@router.get("/trust/latest", responses=_NONE_YET)
def latest_snapshot(_: _Anybody, ctx: Context) -> Response:
    """The newest trust snapshot that is still good, as its file."""
    return _file(checkpoints.newest(ctx, statements.SNAPSHOT).serialise())


@router.get("/split-views")
def split_views(_: _Anybody, ctx: Context) -> dict[str, Any]:
    """Signed statements that contradict each other, found so far."""
    return {"splitViews": witness.split_views(ctx)}


def _file(content: bytes) -> Response:
    return Response(content, media_type=FILE_TYPE)


def _digest(text: str) -> str:
    if len(text) != 66:
        raise BadInput("ID_INVALID")
    from_hex(text, 32, field="digest")
    return text
