"""Issuers as the ledger has them, asked about before anybody signs (`domain.offices`).

The index answers as long as it finds nothing wrong; before anything is refused, the ledger itself is asked:
the index may be behind. While the ledger cannot be asked, nothing is refused.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ledger_app.domain.findings import Finding
from ledger_app.domain.offices import NOT_ACCREDITED, Office
from ledger_app.domain.standing import AccreditationKind
from ledger_app.domain.terms import scheme_code, scheme_id, territory_code
from ledger_app.errors import BadInput, NotPermitted, Unavailable, Unprocessable
from ledger_app.proof.hexes import from_hex
from ledger_app.services.context import Services
from ledger_app.store import standings


def known(ctx: Services, organisation: str) -> Office:
    """The organisation (0x…) as the index has it; of one that it does not know, nothing fits."""
    with ctx.store.read() as conn:
        territory, rights = standings.office(conn, organisation, ctx.now() // 86_400)
    kinds, home = {}, None
    for scheme, kind in rights.items():
        with suppress(BadInput, ValueError):  # an authority may have accredited for what is no scheme's code
            kinds[scheme_code(from_hex(scheme, 32))] = AccreditationKind(kind)
    with suppress(BadInput):
        home = territory_code(from_hex(territory, 8)) if territory else None
    return Office(home or "", kinds)


def asked(ctx: Services, organisation: str, office: Office, schemes: Collection[str]) -> Office:
    """`office`, corrected for these schemes by the ledger itself; nothing is known while it cannot be
    asked."""
    me, day = from_hex(organisation, 32), ctx.now() // 86_400
    kinds = dict(office.kinds or {})
    try:
        home = territory_code(ctx.gateway.organisation(me).territory)
        for scheme in schemes:
            right = ctx.gateway.accreditation(me, scheme_id(scheme))
            holds = right.from_day <= day and (right.until_day == 0 or day <= right.until_day)
            kinds[scheme] = AccreditationKind(right.kind) if holds else AccreditationKind.NONE
    except (Unavailable, BadInput, ValueError):
        return Office()
    return Office(home, kinds)


def findings(ctx: Services, organisation: str, documents: Sequence[Mapping[str, Any]]) -> list[list[Finding]]:
    """What verifiers or the ledger would refuse of each of `documents`, all of right form, that the
    organisation (0x…) is to issue."""
    office = known(ctx, organisation)
    found = [office.findings(document) for document in documents]
    if not any(found):
        return found
    office = asked(ctx, organisation, office, {document["scheme"] for document in documents})
    return [office.findings(document) for document in documents]


def require(ctx: Services, organisation: str, documents: Sequence[Mapping[str, Any]]) -> None:
    """Raises for the first document with such findings NotPermitted `NOT_ACCREDITED` where that is all, else
    Unprocessable `DOCUMENT_INVALID`; with `index` and `findings`."""
    for index, found in enumerate(findings(ctx, organisation, documents)):
        if not found:
            continue
        words = f"Document {index + 1}, {found[0].pointer}: {found[0].words}"
        told = [each.to_json() for each in found]
        if {each.rule for each in found} == {NOT_ACCREDITED}:
            raise NotPermitted(NOT_ACCREDITED, words, index=index, findings=told)
        raise Unprocessable("DOCUMENT_INVALID", words, index=index, findings=told)
