"""The page to search certificates, for those who are signed in. Plain links and a plain form: a search is an
address that can be kept and sent.
"""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from ledger_app.access.principals import Kind, Principal
from ledger_app.api.http import Context, Cursor
from ledger_app.api.search import Asked, file_answer
from ledger_app.domain.codelists import territory_name
from ledger_app.errors import LedgerError
from ledger_app.services.search.exporting import Format
from ledger_app.services.search.filters import STANDINGS
from ledger_app.services.search.finding import Page, find
from ledger_app.web.assets import page
from ledger_app.web.pages import Visitor, fault_of, frame

router = APIRouter(include_in_schema=False)

Looking = Annotated[Principal, Depends(Visitor("verify"))]
_ROWS: Final = 25
_MORE: Final = (
    "organisation",
    "importCountry",
    "exportCountry",
    "issuedFrom",
    "issuedTo",
    "validOn",
    "party",
)
_FIELDS: Final = ("numberPrefix", "exporter", "hs", "originCountry", "scheme", "standing", "sort", *_MORE)
_TONES: Final = {"good": "passed", "partly-used": "passed", "pending": "", "not-yet-valid": "warning"}
_WORDS: Final = {
    "good": "good",
    "partly-used": "partly used",
    "used-up": "used up",
    "not-yet-valid": "not yet valid",
    "expired": "expired",
    "suspended": "suspended",
    "issuer-key-disowned": "issuer's key disowned",
    "superseded": "replaced",
    "revoked": "revoked",
    "pending": "not on the ledger yet",
    "refused": "not issued",
}


@router.get("/certificates")
def search_page(
    request: Request, who: Looking, ctx: Context, filters: Asked, cursor: Cursor = None
) -> Response:
    """The form, and what it finds."""
    if not who.signed_in:
        return RedirectResponse("/sign-in", 303)
    given = {name: request.query_params.get(name, "") for name in _FIELDS}
    kept = {name: value for name, value in given.items() if value}
    found, fault, status = None, None, 200
    try:
        found = find(ctx, who, filters, cursor=cursor, limit=_ROWS, counted=True)
    except LedgerError as error:
        fault, status = fault_of(error), error.status
    return page(
        "certificates.html",
        status,
        **frame(ctx, who),
        report=None,
        fault=fault,
        given=given,
        more=any(given[name] for name in _MORE),
        standings=[(word, _WORDS[word]) for word in STANDINGS],
        member=who.kind is Kind.ORGANISATION,
        found=None if found is None else _shown(found, kept, cursor),
    )


@router.get("/certificates/export")
def exported(
    who: Looking,
    ctx: Context,
    filters: Asked,
    format_: Annotated[Format, Query(alias="format")] = "csv",
) -> Response:
    """Everything that the search finds, as a file."""
    if not who.signed_in:
        return RedirectResponse("/sign-in", 303)
    return file_answer(ctx, who, filters, format_)


def _shown(found: Page, kept: dict[str, str], cursor: str | None) -> dict[str, Any]:
    query = urlencode(kept)
    return {
        "rows": [
            {
                **row,
                "issuerName": row["issuer"]["name"] or f"{row['issuer']['id'][:10]}…",
                "words": _WORDS[row["standing"]],
                "tone": _TONES.get(row["standing"], "failed"),
                "place": territory_name(row["destination"]) if row["destination"] else "any",
            }
            for row in found.rows
        ],
        "count": found.count,
        "complete": found.complete,
        "first": cursor is None,
        "next": urlencode({**kept, "cursor": found.next}) if found.next else None,
        "start": query,
        "export": {form: urlencode({**kept, "format": form}) for form in ("csv", "json")},
    }
