"""Reading certificates of other systems, before they are issued: mapped, kept, and told what is missing."""

from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.domain.imports import ImportResult, import_file
from ledger_app.proof.canonical import parse_json
from ledger_app.services.context import Services
from ledger_app.store import members

_MAX_DEPTH = 32


def read_file(ctx: Services, principal: Principal, data: bytes, filename: str) -> dict[str, Any]:
    """The certificates in a file: `{"documents": [{"row", "origin", "document", "findings", "ready"}…]}`.

    Where a document does not say who issues it, the caller does. Nothing is recorded. Raises BadInput for a
    file that cannot be read.
    """
    own = own_issuer(ctx, principal)
    found = import_file(
        data,
        filename,
        lambda raw: parse_json(raw, max_bytes=max(len(raw), 1), max_depth=_MAX_DEPTH, floats="text"),
    )
    return {"documents": [_json(result.completed(own)) for result in found]}


def own_issuer(ctx: Services, principal: Principal) -> dict[str, Any]:
    """What completes a document that does not say who issues it; empty for who is no member here."""
    if principal.organisation is None:
        return {}
    with ctx.store.read() as conn:
        member = members.member(conn, principal.organisation)
    if member is None:
        return {}
    return {"issuer": {"identifier": member.identifier, "name": member.name, "territory": member.territory}}


def _json(result: ImportResult) -> dict[str, Any]:
    return {
        "row": result.row,
        "origin": result.origin,
        "document": result.document,
        "findings": [finding.to_json() for finding in result.findings],
        "ready": result.ready,
    }
