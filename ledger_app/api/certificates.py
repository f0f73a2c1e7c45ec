"""`/v1/certificates`: issue, read, bundle, and every act on a certificate."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from ledger_app.access.principals import Principal
from ledger_app.api.bodies import (
    AcquitBody,
    ClaimBody,
    ConsumeBody,
    EmptyBody,
    IssueBody,
    ReasonBody,
    SupersedeBody,
    reference_of,
)
from ledger_app.api.http import (
    Caller,
    Context,
    JsonBody,
    OnceOnly,
    body_schema,
    record_id,
)
from ledger_app.services import certificates, clearing, issuing, lifecycle

router = APIRouter(prefix="/v1/certificates", tags=["certificates"])

BUNDLE_TYPE = "application/vnd.origin-ledger.bundle+json"
_FILE: dict[int | str, Any] = {
    200: {"description": "The bundle.", "content": {BUNDLE_TYPE: {}}},
    409: {"description": "The document was erased here: only who has the bundle still has it."},
}


@router.post("", status_code=202, openapi_extra=body_schema(IssueBody))
def issue(
    who: Annotated[Principal, Depends(Caller("certificates.issue"))],
    ctx: Context,
    body: Annotated[IssueBody, Depends(JsonBody(IssueBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Record documents as certificates, and ask for the issuer's signature on their batch."""
    return issuing.issue(ctx, who, body.documents, once)


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
    return lifecycle.suspend(ctx, who, reference_of(certificate, body.certificate), body.reason, once)


@router.post("/{certificate}/reinstate", status_code=202, openapi_extra=body_schema(EmptyBody))
def reinstate(
    who: Annotated[Principal, Depends(Caller("certificates.limit"))],
    ctx: Context,
    certificate: str,
    body: Annotated[EmptyBody, Depends(JsonBody(EmptyBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Make one's own suspended certificate good again."""
    return lifecycle.reinstate(ctx, who, reference_of(certificate, body.certificate), once)


@router.post("/{certificate}/revoke", status_code=202, openapi_extra=body_schema(ReasonBody))
def revoke(
    who: Annotated[Principal, Depends(Caller("certificates.limit"))],
    ctx: Context,
    certificate: str,
    body: Annotated[ReasonBody, Depends(JsonBody(ReasonBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Revoke one's own certificate, for ever."""
    return lifecycle.revoke(ctx, who, reference_of(certificate, body.certificate), body.reason, once)


@router.post("/{certificate}/supersede", status_code=202, openapi_extra=body_schema(SupersedeBody))
def supersede(
    who: Annotated[Principal, Depends(Caller("certificates.supersede"))],
    ctx: Context,
    certificate: str,
    body: Annotated[SupersedeBody, Depends(JsonBody(SupersedeBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Replace one's own certificate by others."""
    named = reference_of(certificate, body.certificate)
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
    named = reference_of(certificate, body.certificate)
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
    named = reference_of(certificate, body.certificate)
    return clearing.acquit(
        ctx, who, named, body.declaration, body.units, body.uses(), once, presented=body.presented
    )


@router.post("/{certificate}/withdraw", status_code=202, openapi_extra=body_schema(ClaimBody))
def withdraw(
    who: Annotated[Principal, Depends(Caller("certificates.withdraw"))],
    ctx: Context,
    certificate: str,
    body: Annotated[ClaimBody, Depends(JsonBody(ClaimBody))],
    once: OnceOnly,
) -> dict[str, Any]:
    """Give back what was acquitted against a declaration."""
    named = reference_of(certificate, body.certificate)
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
    named = reference_of(certificate, body.certificate)
    return clearing.refuse(ctx, who, named, body.declaration, body.reason, once)
