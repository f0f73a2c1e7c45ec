"""Keyed terms: what stands in the search tables instead of names, countries and HS codes.

The key is the installation's own, made at first use and kept sealed. Putting the master key anew re-wraps it
and changes no term.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from ledger_app.domain.search_terms import Term, of_document, of_record
from ledger_app.domain.terms import NO_DAY, day_number
from ledger_app.errors import BadInput
from ledger_app.services.context import Services
from ledger_app.services.kept_secrets import kept_secret
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.search_index import Entry

OPEN: Final = 3_000_000
"""The last day of a certificate that states none: later than any day of the calendar."""
_OWNER, _PURPOSE = "installation", "search"


def search_key(ctx: Services) -> bytes:
    """The installation's 32-byte search key."""
    if ctx.search_key is None:
        ctx.search_key = kept_secret(ctx, _OWNER, _PURPOSE)
    return ctx.search_key


def keyed(key: bytes, terms: Iterable[Term]) -> frozenset[int]:
    """The terms as they are stored: BLAKE2b under `key`, 63 bits. Negative numbers are left to flags."""
    return frozenset(_keyed(key, kind, value) for kind, value in terms)


@lru_cache(maxsize=65_536)
def _keyed(key: bytes, kind: str, value: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{kind}\0{value}".encode(), digest_size=8, key=key).digest()) >> 1


def kept(key: bytes, row: CertificateRow) -> frozenset[int]:
    """What a certificate is found by when its document is destroyed."""
    return keyed(key, of_record(row.number, row.issuer, row.scheme, row.territory, row.destination))


def entry(
    key: bytes, row: CertificateRow, document: dict[str, Any] | None, organisations: Iterable[str]
) -> Entry:
    """What a certificate is found by. `document`: None once erased. `organisations`: ids (0x…) of those that
    it names.
    """
    fields = row.leaf_fields
    terms = kept(key, row)
    if document is not None:
        named = (("organisation", organisation) for organisation in organisations)
        terms |= keyed(key, (*of_document(document), *named))
    until = fields["validUntil"]
    return Entry(
        certificate_id=row.id,
        act_id=row.act_id,
        number=row.number,
        allowance=fields["allowance"],
        issued=_issued(document),
        valid_from=fields["validFrom"],
        valid_until=OPEN if until == NO_DAY else until,
        terms=terms,
    )


def _issued(document: dict[str, Any] | None) -> int:
    try:
        return day_number((document or {}).get("issueDate", ""))
    except BadInput:
        return NO_DAY
