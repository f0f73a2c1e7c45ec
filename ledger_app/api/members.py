"""`/v1/organisations`, `/v1/council`, `/v1/tokens`: who is who, and the acts that change it."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from ledger_app.access.principals import Kind, Principal
from ledger_app.api.bodies import (
    AccreditBody,
    AddKeyBody,
    CouncilBody,
    EmptyBody,
    EnrolBody,
    NameBody,
    PauseBody,
    TokenBody,
)
from ledger_app.api.http import (
    Caller,
    Context,
    Cursor,
    JsonBody,
    Limit,
    OnceOnly,
    after_cursor,
    body_schema,
    page,
)
from ledger_app.errors import BadInput
from ledger_app.services import directory, members, registering
from ledger_app.services.context import Once, Services

router = APIRouter(prefix="/v1", tags=["members"])


@router.get("/me")
def me(who: Annotated[Principal, Depends(Caller("self.read"))]) -> dict[str, Any]:
    """Whom the token stands for."""
    return {
        "kind": who.kind.value,
        "organisation": who.organisation,
        "member": who.member,
        "territory": who.territory,
        "roles": who.roles.names,
        "label": who.label,
        "person": who.person or None,
    }


@router.get("/organisations")
def organisations(
    _: Annotated[Principal, Depends(Caller("organisations.read"))],
    ctx: Context,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Organisations known here."""
    rows = directory.organisations(ctx, after=after_cursor(cursor) or "", limit=limit)
    return page("organisations", rows, limit)


@router.post("/organisations", status_code=201, openapi_extra=body_schema(NameBody))
def name_organisation(
    who: Annotated[Principal, Depends(Caller("organisations.name"))],
    ctx: Context,
    body: Annotated[NameBody, Depends(JsonBody(NameBody))],
) -> dict[str, Any]:
    """Record who an organisation is; an organisation records only itself."""
    return {"id": registering.name_as(ctx, who, body.identifier, body.name, body.territory)}


@router.get("/council")
def council(_: Annotated[Principal, Depends(Caller("ledger.read"))], ctx: Context) -> dict[str, Any]:
    """The council as the ledger has it now."""
    return directory.council(ctx)


@router.post("/council/acts", status_code=202, openapi_extra=body_schema(CouncilBody))
def council_act(
    _: Annotated[Principal, Depends(Caller("council.act"))],
    ctx: Context,
    body: Annotated[CouncilBody, Depends(JsonBody(CouncilBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Ask the council's members for their votes on an act."""
    return _COUNCIL[body.act](ctx, body, once)


@router.post("/council/pause", status_code=202, openapi_extra=body_schema(PauseBody))
def pause(
    who: Annotated[Principal, Depends(Caller("council.pause"))],
    ctx: Context,
    body: Annotated[PauseBody, Depends(JsonBody(PauseBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Pause the ledger as a single member."""
    return members.member_pause(ctx, who, body.seconds, once)


@router.post(
    "/organisations/{organisation:path}/enrolment", status_code=202, openapi_extra=body_schema(EnrolBody)
)
def enrol(
    who: Annotated[Principal, Depends(Caller("organisations.enrol"))],
    ctx: Context,
    organisation: str,
    body: Annotated[EnrolBody, Depends(JsonBody(EnrolBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """An authority grants roles to an organisation (its identifier) of its territory."""
    return members.enrol(ctx, who, organisation, body.name, body.roles, once)


@router.post(
    "/organisations/{organisation:path}/accreditation",
    status_code=202,
    openapi_extra=body_schema(AccreditBody),
)
def accredit(
    who: Annotated[Principal, Depends(Caller("organisations.accredit"))],
    ctx: Context,
    organisation: str,
    body: Annotated[AccreditBody, Depends(JsonBody(AccreditBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """An authority accredits an organisation for a scheme."""
    return members.accredit(
        ctx, who, organisation, body.scheme, body.kind, body.from_day, body.until_day, once
    )


@router.post(
    "/organisations/{organisation:path}/keys", status_code=202, openapi_extra=body_schema(AddKeyBody)
)
def add_key(
    who: Annotated[Principal, Depends(Caller("keys.change"))],
    ctx: Context,
    organisation: str,
    body: Annotated[AddKeyBody, Depends(JsonBody(AddKeyBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """The organisation itself, or its authority, adds a key."""
    return members.add_key(ctx, who, organisation, body.key, body.acceptance.acceptance(), once)


@router.get("/organisations/{organisation:path}")
def organisation_shown(
    _: Annotated[Principal, Depends(Caller("organisations.read"))], ctx: Context, organisation: str
) -> dict[str, Any]:
    """One organisation by identifier or id, with its keys and accreditations."""
    return directory.organisation(ctx, organisation)


@router.post("/keys/{key}/retirement", status_code=202, openapi_extra=body_schema(EmptyBody))
def retire_key(
    who: Annotated[Principal, Depends(Caller("keys.change"))],
    ctx: Context,
    key: str,
    _: Annotated[EmptyBody, Depends(JsonBody(EmptyBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Retire one of one's own keys, signed by another."""
    return members.retire_key(ctx, who, key, once)


@router.post("/tokens", status_code=201, openapi_extra=body_schema(TokenBody))
def new_token(
    who: Annotated[Principal, Depends(Caller("tokens.change"))],
    ctx: Context,
    body: Annotated[TokenBody, Depends(JsonBody(TokenBody))],
) -> dict[str, Any]:
    """A new token, shown this once."""
    return {"token": registering.new_token(ctx, who, Kind(body.kind), body.subject, body.label, body.person)}


@router.get("/tokens")
def tokens(who: Annotated[Principal, Depends(Caller("tokens.change"))], ctx: Context) -> dict[str, Any]:
    """The caller's tokens, without their text; the operator sees all."""
    return {"tokens": registering.tokens(ctx, who)}


@router.delete("/tokens/{token}", status_code=204)
def revoke_token(
    who: Annotated[Principal, Depends(Caller("tokens.change"))], ctx: Context, token: str
) -> None:
    """End a token."""
    registering.revoke_token(ctx, who, token)


def _admit(ctx: Services, body: CouncilBody, once: Once) -> dict[str, Any]:
    return members.admit(
        ctx,
        _need(body.organisation, "organisation"),
        _need(body.name, "name"),
        _need(body.territory, "territory"),
        _need(body.roles, "roles"),
        once,
    )


def _grant_key(ctx: Services, body: CouncilBody, once: Once) -> dict[str, Any]:
    acceptance = _need(body.acceptance, "acceptance").acceptance()
    return members.grant_key(
        ctx, _need(body.organisation, "organisation"), _need(body.key, "key"), acceptance, once
    )


def _set_council(ctx: Services, body: CouncilBody, once: Once) -> dict[str, Any]:
    acceptances = [each.acceptance() for each in body.acceptances or []]
    return members.set_council(
        ctx, _need(body.members, "members"), _need(body.threshold, "threshold"), acceptances, once
    )


_COUNCIL: dict[str, Callable[[Services, CouncilBody, Once], dict[str, Any]]] = {
    "admit": _admit,
    "grantKey": _grant_key,
    "endKey": lambda ctx, body, once: members.end_key(
        ctx, _need(body.organisation, "organisation"), _need(body.key, "key"), once
    ),
    "disown": lambda ctx, body, once: members.disown(
        ctx,
        _need(body.organisation, "organisation"),
        _need(body.key, "key"),
        _need(body.since, "since"),
        once,
    ),
    "setCouncil": _set_council,
    "pauseFor": lambda ctx, body, once: members.pause_for(ctx, _need(body.seconds, "seconds"), once),
    "unpause": lambda ctx, _, once: members.unpause(ctx, once),
    "seal": lambda ctx, body, once: members.seal(ctx, _need(body.contract, "contract"), once),
}


def _need(value: Any, name: str) -> Any:
    if value is None:
        raise BadInput("BODY_INVALID", f"/{name}: this act needs it.")
    return value
