"""`GET /v1/certificates`: search, page by page, and everything found as a file."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from ledger_app.access.principals import Principal
from ledger_app.api.http import Caller, Context, Cursor, Limit, known_parameters
from ledger_app.services.context import Services
from ledger_app.services.search.exporting import MEDIA, Format, export
from ledger_app.services.search.filters import STANDINGS, Filters, Sort
from ledger_app.services.search.finding import find

router = APIRouter(prefix="/v1/certificates", tags=["certificates"], dependencies=[Depends(known_parameters)])

_NAME: Final = "by its whole name, letter case and spacing aside (only a keyed hash of it is kept)"
_DAY: Final = "A day, YYYY-MM-DD."
_COUNTRY: Final = "ISO 3166-1 alpha-2, or a customs territory such as EU."
Text = Annotated[str | None, Query(max_length=128)]
Organisation = Annotated[str | None, Query(max_length=256, description="Identifier, or id (0x…).")]


def _of(alias: str, most: int, description: str) -> Any:
    return Query(alias=alias, max_length=most, description=description)


def asked(
    number: Text = None,
    number_prefix: Annotated[str | None, Query(alias="numberPrefix", max_length=128)] = None,
    digest: Annotated[str | None, Query(max_length=66)] = None,
    issuer: Organisation = None,
    exporter: Annotated[str | None, Query(max_length=400, description=f"The exporter, {_NAME}.")] = None,
    party: Annotated[
        str | None,
        Query(max_length=400, description=f"Exporter, producer, consignee, importer or agent, {_NAME}."),
    ] = None,
    organisation: Organisation = None,
    hs: Annotated[
        str | None,
        Query(max_length=32, description="HS code of an item, or its first 2, 4, 6 to 10 digits."),
    ] = None,
    export_country: Annotated[str | None, _of("exportCountry", 8, _COUNTRY)] = None,
    import_country: Annotated[str | None, _of("importCountry", 8, _COUNTRY)] = None,
    origin_country: Annotated[str | None, _of("originCountry", 8, _COUNTRY)] = None,
    scheme: Annotated[str | None, Query(max_length=64)] = None,
    standing: Annotated[
        list[str] | None,
        Query(max_length=20, description=f"{', '.join(STANDINGS)}: one, or any of several."),
    ] = None,
    issued_from: Annotated[str | None, _of("issuedFrom", 10, _DAY)] = None,
    issued_to: Annotated[str | None, _of("issuedTo", 10, _DAY)] = None,
    valid_on: Annotated[str | None, _of("validOn", 10, _DAY)] = None,
    consignment: Text = None,
    container: Text = None,
    sort: Sort = "newest",
) -> Filters:
    """The filters of a request; an empty one counts as none."""
    return Filters(
        number=number or None,
        number_prefix=number_prefix or None,
        digest=digest or None,
        issuer=issuer or None,
        exporter=exporter or None,
        party=party or None,
        organisation=organisation or None,
        hs=hs or None,
        export_country=export_country or None,
        import_country=import_country or None,
        origin_country=origin_country or None,
        scheme=scheme or None,
        standing=tuple(word for word in standing or () if word),
        issued_from=issued_from or None,
        issued_to=issued_to or None,
        valid_on=valid_on or None,
        consignment=consignment or None,
        container=container or None,
        sort=sort,
    )


Asked = Annotated[Filters, Depends(asked)]


@router.get("")
def listed(
    who: Annotated[Principal, Depends(Caller("certificates.read"))],
    ctx: Context,
    filters: Asked,
    cursor: Cursor = None,
    limit: Limit = 50,
    count: Annotated[bool, Query(description="Tell how many there are on all pages.")] = False,
) -> dict[str, Any]:
    """Certificates that the caller may read and that meet every filter, newest first or by number.

    A page may hold fewer than `limit` although there are more: go on as long as `next` is given.
    """
    return find(ctx, who, filters, cursor=cursor, limit=limit, counted=count).to_json(counted=count)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        }
    },
)
def exported(
    who: Annotated[Principal, Depends(Caller("certificates.read"))],
    ctx: Context,
    filters: Asked,
    format_: Annotated[Format, Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Everything that the search finds as CSV (RFC 4180), a JSON array, or a JSON object a line."""
    return file_answer(ctx, who, filters, format_)


def file_answer(ctx: Services, who: Principal, filters: Filters, form: Format) -> StreamingResponse:
    """The export as a file to keep, sent while it is made."""
    headers = {
        "Content-Disposition": f'attachment; filename="certificates.{form}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(export(ctx, who, filters, form), headers=headers, media_type=MEDIA[form])
