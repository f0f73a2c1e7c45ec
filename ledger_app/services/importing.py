"""Reading certificates of other systems, before they are issued: mapped, kept, and told what is missing."""

from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.domain.findings import Finding
from ledger_app.domain.imports import ImportResult, import_file
from ledger_app.proof.canonical import parse_json
from ledger_app.services import offices
from ledger_app.services.context import Services
from ledger_app.services.names import id_of
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
    read = [_json(result.completed(own)) for result in found]
    ready = [each for each in read if each["ready"]]
    if own and ready:
        mine = principal.organisation or ""
        for each, more in zip(ready, _refused(ctx, mine, ready), strict=True):
            each["findings"] = [*(finding.to_json() for finding in more), *each["findings"]]
            each["ready"] = not more
    return {"documents": read}


def _refused(ctx: Services, mine: str, ready: list[dict[str, Any]]) -> list[list[Finding]]:
    """What would be refused of each, where the caller is who issues it."""
    documents = [each["document"] for each in ready]
    found = offices.findings(ctx, mine, documents)
    own = [id_of(document["issuer"]["identifier"]) == mine for document in documents]
    return [told if is_own else [] for told, is_own in zip(found, own, strict=True)]


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
