"""What a certificate is found by: (kind, value) terms of its record and of its document. Pure.

Terms are matched whole. What is searched by its beginning (HS codes, numbers) has a term for each beginning
that may be asked for.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger_app.domain.codelists import is_territory
from ledger_app.errors import BadInput

PARTIES: Final = ("exporter", "producer", "consignee", "importer", "agent")
COUNTRIES: Final = {"export": "exportCountry", "import": "importCountry", "origin": "originCountry"}
HS_LENGTHS: Final = (2, 4, 6, 7, 8, 9, 10)
NUMBER_LENGTHS: Final = (1, 2, 3, 5, 7, 9, 11, 13, 15, 19, 23, 31, 39, 47)
ANY: Final = "*"
"""The destination of a certificate that states none."""

Term = tuple[str, str]


def of_record(
    number: str, issuer: str, scheme: str, territory: str, destination: str | None
) -> Iterator[Term]:
    """What stays findable when the document is destroyed: who issued it, and what the ledger shows.

    `issuer`: the organisation's id (0x…).
    """
    yield "issuer", issuer
    yield "scheme", scheme
    yield "territory", territory
    yield "destination", destination or ANY
    for length in NUMBER_LENGTHS:
        if length < len(number):
            yield "number", number[:length]


def of_document(document: Mapping[str, Any]) -> Iterator[Term]:
    """What only the document says: parties by name, countries, HS codes."""
    for role in PARTIES:
        party = document.get(role)
        name = party.get("name") if isinstance(party, dict) else None
        if name:
            yield role, folded(name)
            yield "party", folded(name)
    for kind, member in COUNTRIES.items():
        if country := document.get(member):
            yield kind, country
    for item in document.get("items", ()):
        if own := item.get("originCountry"):
            yield "origin", own
        code = item.get("hsCode", "")
        for length in HS_LENGTHS:
            if length <= len(code):
                yield "hs", code[:length]


def folded(name: str) -> str:
    """A name without what does not tell parties apart: letter case, width of letters, runs of spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def hs_prefix(text: str) -> str:
    """The digits of an HS code, or of its beginning; dots and spaces do not count.

    Raises BadInput HS_PREFIX_INVALID unless they are 2, 4, or 6 to 10.
    """
    digits = text.replace(".", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in HS_LENGTHS:
        raise BadInput("HS_PREFIX_INVALID", f"{text[:32]!r} is not 2, 4, or 6 to 10 digits", value=text[:32])
    return digits


def country(text: str) -> str:
    """A country's or territory's code, any letter case. Raises BadInput TERRITORY_INVALID."""
    code = text.strip().upper()
    if not is_territory(code):
        raise BadInput("TERRITORY_INVALID", f"{text[:16]!r} is none", value=text[:16])
    return code
