"""`/v1/certificates`: issue, read, bundle, and every act on a certificate."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from ledger_app.access.principals import Principal
from ledger_app.api.bodies import (
    AcquitBody,
    ClaimBody,
    ConsumeBody,
    EmptyBody,
    IssueBody,
    ReasonBody,
    ReferenceBody,
    SupersedeBody,
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
    record_id,
)
from ledger_app.api.uploads import file_schema, media_type, read_upload
from ledger_app.errors import BadInput
from ledger_app.services import certificates, clearing, importing, issuing, lifecycle
from ledger_app.services.locating import Reference

router = APIRouter(prefix="/v1/certificates", tags=["certificates"])

imports = APIRouter(prefix="/v1/imports", tags=["certificates"])

BUNDLE_TYPE = "application/vnd.origin-ledger.bundle+json"
_FILE: dict[int | str, Any] = {200: {"description": "The bundle.", "content": {BUNDLE_TYPE: {}}}}


@router.post("", status_code=202, openapi_extra=body_schema(IssueBody))
def issue(
    who: Annotated[Principal, Depends(Caller("certificates.issue"))],
    ctx: Context,
    body: Annotated[IssueBody, Depends(JsonBody(IssueBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Record documents as certificates, and ask for the issuer's signature on their batch."""
    return issuing.issue(ctx, who, body.documents, once)


@imports.post("", openapi_extra=file_schema())
async def import_file(
    request: Request,
    who: Annotated[Principal, Depends(Caller("certificates.import"))],
    ctx: Context,
) -> dict[str, Any]:
    """Read certificates of other systems (UN/CEFACT-style JSON, CSV and others): what could be issued, what
    is missing.
    """
    if media_type(request) != "multipart/form-data":
        raise BadInput("MEDIA_TYPE_UNSUPPORTED", "Send multipart/form-data with a file named `file`.")
    form = await read_upload(request)
    return await run_in_threadpool(importing.read_file, ctx, who, form.content, form.filename)


@router.get("")
def listed(
    who: Annotated[Principal, Depends(Caller("certificates.read"))],
    ctx: Context,
    number: Annotated[str | None, Query(max_length=128)] = None,
    digest: Annotated[str | None, Query(max_length=66)] = None,
    issuer: Annotated[str | None, Query(max_length=256)] = None,
    party: Annotated[str | None, Query(max_length=400)] = None,
    consignment: Annotated[str | None, Query(max_length=128)] = None,
    container: Annotated[str | None, Query(max_length=128)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Certificates that the caller may read, newest first."""
    rows = certificates.listed(
        ctx,
        who,
        number=number,
        digest=digest,
        issuer=issuer,
        party=party,
        consignment=consignment,
        container=container,
        before=after_cursor(cursor),
        limit=limit,
    )
    return page("certificates", rows, limit)


@router.get("/{certificate}")
def show(
    who: Annotated[Principal, Depends(Caller("certificates.read"))], ctx: Context, certificate: str
) -> dict[str, Any]:
    """One certificate with its document."""
    return certificates.show(ctx, who, record_id(certificate))


@router.get("/{certificate}/bundle", response_class=Response, responses=_FILE)
def bundle(
    who: Annotated[Principal, Depends(Caller("certificates.read"))],
    ctx: Context,
    certificate: str,
    disclose: Annotated[list[str] | None, Query(max_length=1000)] = None,
    evidence: Annotated[bool | None, Query()] = None,
) -> Response:
    """The file to pass on: in full, or with only the fields at the given JSON pointers shown.

    With evidence for verifying offline when a checkpoint reaches the certificate; `evidence` insists on it,
    or leaves it out.
    """
    content = certificates.bundle(ctx, who, record_id(certificate), disclose, evidence)
    return Response(content, media_type=BUNDLE_TYPE)


@router.delete("/{certificate}/document", status_code=204)
def erase(
    who: Annotated[Principal, Depends(Caller("certificates.erase"))], ctx: Context, certificate: str
) -> None:
    """Destroy the document and its secret. What others hold is theirs."""
    lifecycle.erase(ctx, who, record_id(certificate))


@router.post("/{certificate}/suspend", status_code=202, openapi_extra=body_schema(ReasonBody))
def suspend(
    who: Annotated[Principal, Depends(Caller("certificates.limit"))],
    ctx: Context,
    certificate: str,
    body: Annotated[ReasonBody, Depends(JsonBody(ReasonBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Suspend one's own certificate."""
    return lifecycle.suspend(ctx, who, _named(certificate, body.certificate), body.reason, once)


@router.post("/{certificate}/reinstate", status_code=202, openapi_extra=body_schema(EmptyBody))
def reinstate(
    who: Annotated[Principal, Depends(Caller("certificates.limit"))],
    ctx: Context,
    certificate: str,
    body: Annotated[EmptyBody, Depends(JsonBody(EmptyBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Make one's own suspended certificate good again."""
    return lifecycle.reinstate(ctx, who, _named(certificate, body.certificate), once)


@router.post("/{certificate}/revoke", status_code=202, openapi_extra=body_schema(ReasonBody))
def revoke(
    who: Annotated[Principal, Depends(Caller("certificates.limit"))],
    ctx: Context,
    certificate: str,
    body: Annotated[ReasonBody, Depends(JsonBody(ReasonBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Revoke one's own certificate, for ever."""
    return lifecycle.revoke(ctx, who, _named(certificate, body.certificate), body.reason, once)


@router.post("/{certificate}/supersede", status_code=202, openapi_extra=body_schema(SupersedeBody))
def supersede(
    who: Annotated[Principal, Depends(Caller("certificates.supersede"))],
    ctx: Context,
    certificate: str,
    body: Annotated[SupersedeBody, Depends(JsonBody(SupersedeBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Replace one's own certificate by others."""
    named = _named(certificate, body.certificate)
    return issuing.supersede(ctx, who, named, body.documents, body.reason, once)


@router.post("/{certificate}/consume", status_code=202, openapi_extra=body_schema(ConsumeBody))
def consume(
    who: Annotated[Principal, Depends(Caller("certificates.consume"))],
    ctx: Context,
    certificate: str,
    body: Annotated[ConsumeBody, Depends(JsonBody(ConsumeBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Back-to-back: use units of another issuer's certificate for new ones."""
    named = _named(certificate, body.certificate)
    return issuing.consume(ctx, who, named, body.documents, body.units, body.uses(), once)


@router.post("/{certificate}/acquit", status_code=202, openapi_extra=body_schema(AcquitBody))
def acquit(
    who: Annotated[Principal, Depends(Caller("certificates.acquit"))],
    ctx: Context,
    certificate: str,
    body: Annotated[AcquitBody, Depends(JsonBody(AcquitBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Use up a certificate, wholly or in units, against an import declaration."""
    named = _named(certificate, body.certificate)
    return clearing.acquit(ctx, who, named, body.declaration, body.units, body.uses(), once)


@router.post("/{certificate}/withdraw", status_code=202, openapi_extra=body_schema(ClaimBody))
def withdraw(
    who: Annotated[Principal, Depends(Caller("certificates.withdraw"))],
    ctx: Context,
    certificate: str,
    body: Annotated[ClaimBody, Depends(JsonBody(ClaimBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Give back what was acquitted against a declaration."""
    named = _named(certificate, body.certificate)
    return clearing.withdraw(ctx, who, named, body.declaration, body.reason, once)


@router.post("/{certificate}/refuse", status_code=202, openapi_extra=body_schema(ClaimBody))
def refuse(
    who: Annotated[Principal, Depends(Caller("certificates.refuse"))],
    ctx: Context,
    certificate: str,
    body: Annotated[ClaimBody, Depends(JsonBody(ClaimBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Refuse the claim of a declaration."""
    named = _named(certificate, body.certificate)
    return clearing.refuse(ctx, who, named, body.declaration, body.reason, once)


def _named(certificate: str, given: ReferenceBody | None) -> Reference:
    """The certificate in the path, or with `by-reference` there the one in the body (bundle, number,
    digest).
    """
    if certificate == "by-reference":
        if given is None:
            raise BadInput("REFERENCE_UNCLEAR")
        return given.reference()
    if given is not None:
        raise BadInput("REFERENCE_UNCLEAR", "The path names a certificate already.")
    return Reference(id=record_id(certificate))
