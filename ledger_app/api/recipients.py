"""`/v1/certificates/…/send`, `/v1/inbox`, `/v1/webhooks`: who has a certificate, and how they are told."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from ledger_app.access.principals import Principal
from ledger_app.api.bodies import EmptyBody, ReferenceBody, reference_of
from ledger_app.api.http import (
    Body,
    Caller,
    Context,
    Cursor,
    JsonBody,
    Limit,
    OnceOnly,
    after_cursor,
    body_schema,
    cursor_of,
    page,
    record_id,
)
from ledger_app.errors import BadInput
from ledger_app.services.recipients import endpoints, holding, inbox

router = APIRouter(prefix="/v1", tags=["recipients"])

_MOST_PLACE = 2**63 - 1
Types = Annotated[list[str] | None, Query(alias="type", max_length=50)]


class SendBody(Body):
    """To whom: an organisation (identifier or id), or an outside endpoint of the sender's."""

    to: str | None = Field(None, min_length=1, max_length=256)
    endpoint: str | None = Field(None, pattern="^[0-9a-f]{32}$")
    certificate: ReferenceBody | None = None


class WebhookBody(Body):
    """Where to, of what (all, if no types), and whether it gets only what is sent to it by name."""

    url: str = Field(min_length=1, max_length=2000)
    types: list[str] = Field(default=[], max_length=50)
    outside: bool = False
    label: str = Field("", max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")


class SecretBody(Body):
    """For how many hours the secrets before sign besides."""

    hours: int = Field(24, ge=0, le=168)


class ResendBody(Body):
    """Which: one message, or all since a moment."""

    message: str | None = Field(None, pattern="^msg_[0-9a-f]{32}$")
    since: str | None = Field(None, max_length=40)


@router.post("/certificates/{certificate}/send", openapi_extra=body_schema(SendBody))
def send(
    who: Annotated[Principal, Depends(Caller("certificates.send"))],
    ctx: Context,
    certificate: str,
    body: Annotated[SendBody, Depends(JsonBody(SendBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Send a certificate: they are told at once, and of every change of its standing from then on."""
    what = reference_of(certificate, body.certificate)
    return holding.send(ctx, who, what, once, to=body.to, endpoint=body.endpoint)


@router.get("/certificates/{certificate}/recipients")
def recipients(
    who: Annotated[Principal, Depends(Caller("recipients.read"))], ctx: Context, certificate: str
) -> dict[str, Any]:
    """Who has a certificate: all of them for its issuer, for others those that they sent it to."""
    return {"recipients": holding.listed(ctx, who, record_id(certificate))}


@router.get("/inbox")
def read_inbox(
    who: Annotated[Principal, Depends(Caller("inbox.read"))],
    ctx: Context,
    types: Types = None,
    order: Annotated[Literal["oldest", "newest"], Query()] = "oldest",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """What the caller was told. `next` continues; with `order=oldest` it is there at the end as well, to ask
    for what comes later.
    """
    newest = order == "newest"
    rows = inbox.listed(ctx, who, newest=newest, place=_place(cursor), types=types or (), limit=limit)
    found = page("notices", rows, limit)
    if not newest:
        found["next"] = cursor_of(str(rows[-1]["id"])) if rows else cursor
    return found


@router.post("/webhooks", status_code=201, openapi_extra=body_schema(WebhookBody))
def add_webhook(
    who: Annotated[Principal, Depends(Caller("webhooks.change"))],
    ctx: Context,
    body: Annotated[WebhookBody, Depends(JsonBody(WebhookBody))],
) -> dict[str, Any]:
    """Register a webhook; its secret is shown this once."""
    return endpoints.add(ctx, who, url=body.url, types=body.types, outside=body.outside, label=body.label)


@router.get("/webhooks")
def webhooks(who: Annotated[Principal, Depends(Caller("webhooks.read"))], ctx: Context) -> dict[str, Any]:
    """The caller's webhooks."""
    return {"webhooks": endpoints.listed(ctx, who)}


@router.get("/webhooks/{webhook}")
def webhook(
    who: Annotated[Principal, Depends(Caller("webhooks.read"))], ctx: Context, webhook: str
) -> dict[str, Any]:
    """One of the caller's webhooks."""
    return endpoints.show(ctx, who, record_id(webhook))


@router.delete("/webhooks/{webhook}", status_code=204)
def remove_webhook(
    who: Annotated[Principal, Depends(Caller("webhooks.change"))], ctx: Context, webhook: str
) -> None:
    """Call it no more, and forget its address."""
    endpoints.remove(ctx, who, record_id(webhook))


@router.post("/webhooks/{webhook}/secret", openapi_extra=body_schema(SecretBody))
def new_secret(
    who: Annotated[Principal, Depends(Caller("webhooks.change"))],
    ctx: Context,
    webhook: str,
    body: Annotated[SecretBody, Depends(JsonBody(SecretBody))],
) -> dict[str, Any]:
    """A new secret, shown this once; the old ones go on signing besides for a while."""
    return endpoints.new_key(ctx, who, record_id(webhook), body.hours)


@router.post("/webhooks/{webhook}/enable", openapi_extra=body_schema(EmptyBody))
def enable_webhook(
    who: Annotated[Principal, Depends(Caller("webhooks.change"))],
    ctx: Context,
    webhook: str,
    _: Annotated[EmptyBody, Depends(JsonBody(EmptyBody))],
) -> dict[str, Any]:
    """Call it again."""
    return endpoints.enable(ctx, who, record_id(webhook))


@router.post("/webhooks/{webhook}/test", status_code=202, openapi_extra=body_schema(EmptyBody))
def ping_webhook(
    who: Annotated[Principal, Depends(Caller("webhooks.change"))],
    ctx: Context,
    webhook: str,
    _: Annotated[EmptyBody, Depends(JsonBody(EmptyBody))],
) -> dict[str, Any]:
    """Deliver a test notice, once; the log tells how it went."""
    return endpoints.ping(ctx, who, record_id(webhook))


@router.get("/webhooks/{webhook}/deliveries")
def deliveries(
    who: Annotated[Principal, Depends(Caller("webhooks.read"))],
    ctx: Context,
    webhook: str,
    state: Annotated[Literal["pending", "delivered", "failed"] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """What was, and is to be, delivered to a webhook, newest first, with every attempt."""
    rows = endpoints.log(ctx, who, record_id(webhook), state=state, before=_place(cursor), limit=limit)
    return page("deliveries", rows, limit)


@router.post("/webhooks/{webhook}/resend", status_code=202, openapi_extra=body_schema(ResendBody))
def resend(
    who: Annotated[Principal, Depends(Caller("webhooks.change"))],
    ctx: Context,
    webhook: str,
    body: Annotated[ResendBody, Depends(JsonBody(ResendBody))],
) -> dict[str, Any]:
    """Deliver one notice again, or all since a moment."""
    return endpoints.resend(ctx, who, record_id(webhook), message=body.message, since=body.since)


def _place(cursor: str | None) -> int | None:
    text = after_cursor(cursor)
    if text is None:
        return None
    if not text.isdigit() or int(text) > _MOST_PLACE:
        raise BadInput("CURSOR_INVALID")
    return int(text)
