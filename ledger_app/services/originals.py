"""The original that a certificate issued by itself says it copies, replaces or rests on.

It may be a paper that no ledger knows. One that was issued here goes on beside it, and both could be used:
such a certificate is issued by superseding or consuming that one, which ends it or uses it up.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ledger_app.domain.search_terms import folded
from ledger_app.domain.successors import is_own, named_original
from ledger_app.errors import BadInput, Conflict
from ledger_app.services import batches
from ledger_app.services.context import Services
from ledger_app.services.names import id_of
from ledger_app.store import certificates, members
from ledger_app.store.acts import DEAD
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.engine import Connection


def require_elsewhere(ctx: Services, issuer: str, documents: Sequence[Mapping[str, Any]]) -> None:
    """Raises Conflict `ORIGINAL_HERE` (with `index`) for the first of the admitted `documents` of `issuer`
    (0x…) whose original is here, or among them."""
    marked = [(place, each) for place, each in enumerate(documents) if named_original(each)]
    if not marked:
        return
    numbers = {each["number"] for each in documents}
    with ctx.store.read() as conn:
        for place, document in marked:
            if is_here(ctx, conn, issuer, document, numbers):
                number = str(named_original(document).get("number"))
                raise Conflict("ORIGINAL_HERE", f"Document {place + 1} names {number}.", index=place)


def is_here(
    ctx: Services, conn: Connection, issuer: str, document: Mapping[str, Any], beside: Collection[str]
) -> bool:
    """Whether a certificate of this installation is the original that `document` of `issuer` (0x…) names.
    `beside`: numbers of what is issued together with it."""
    named = named_original(document)
    if not named:
        return False
    if (digest := named.get("digest")) is not None:
        row = certificates.by_digest(conn, digest)
        if row is not None and row.state not in DEAD:
            return True
    number, own = str(named.get("number")), is_own(document, named)
    if own and number == document.get("number"):
        return False
    if own and number in beside:
        return True
    by = issuer if own else _id(named.get("issuer"))
    rows = [row for row in certificates.by_number(conn, number) if row.state not in DEAD]
    if any(row.issuer == by for row in rows):
        return True
    words = folded(str(named.get("issuer")))
    return any(words in _goes_by(ctx, conn, row) for row in rows)


def _goes_by(ctx: Services, conn: Connection, row: CertificateRow) -> set[str]:
    """The names of a certificate's issuer: as the organisation is known here, and as the document says."""
    known = set(members.names(conn, [row.issuer]).values())
    opened = batches.paper(ctx, row)
    issuer = opened["document"].get("issuer") if opened else None
    said = {str(issuer["name"])} if isinstance(issuer, Mapping) and "name" in issuer else set()
    return {folded(name) for name in known | said}


def _id(named: Any) -> str | None:
    try:
        return id_of(named)
    except BadInput:
        return None  # a name in words, which is no member's identifier
