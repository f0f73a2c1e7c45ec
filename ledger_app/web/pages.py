"""The pages: verify, a certificate's own page, sign in. They work without JavaScript; htmx only saves a
reload."""

import io
import re
from typing import Annotated, Any, Final

import segno
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.types import ASGIApp, Scope

from ledger_app.access.policy import authorise
from ledger_app.access.principals import ANONYMOUS, Kind, Principal, principal_for
from ledger_app.api.http import Caller, Context, services
from ledger_app.api.uploads import check_texts
from ledger_app.domain.scanned import read_scanned
from ledger_app.errors import BadInput, LedgerError, NotAuthenticated, NotFound
from ledger_app.reasons import describe
from ledger_app.services import batches, subjects, uses, verifying
from ledger_app.services import certificates as bundles
from ledger_app.services.context import Services
from ledger_app.services.visibility import may_see
from ledger_app.store import certificates, members
from ledger_app.store.acts import DONE
from ledger_app.store.certificates import CertificateRow
from ledger_app.web import present
from ledger_app.web.assets import page, static_response
from ledger_app.web.timeline import timeline

router = APIRouter(include_in_schema=False)

COOKIE: Final = "origin_token"
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_RECORD = re.compile(r"[0-9a-zA-Z]{16,80}")
_WEEK: Final = 7 * 86_400


class Visitor(Caller):
    """Dependency: who looks at a page, by the sign-in cookie, after the policy has let them do the action."""

    def __call__(self, request: Request) -> Principal:
        """Raises NotAuthenticated or NotPermitted. A token that is no longer known counts as none."""
        token = request.cookies.get(COOKIE)
        who = ANONYMOUS
        if token:
            try:
                who = principal_for(services(request).store, f"Bearer {token}")
            except NotAuthenticated:
                who = ANONYMOUS
        request.state.principal = who
        authorise(who, self.action)
        return who


Looking = Annotated[Principal, Depends(Visitor("verify"))]


@router.get("/", response_class=HTMLResponse)
def first_page(who: Looking, ctx: Context) -> HTMLResponse:
    """Verify a certificate by file, number or digest."""
    return _verify_page(ctx, who)


@router.post("/verify", response_class=HTMLResponse)
async def verify(request: Request, who: Looking, ctx: Context) -> HTMLResponse:
    """The verdict. With htmx only the part that changes."""
    return await _answer(request, ctx, who)


@router.get("/verify", response_class=HTMLResponse)
def verify_again(who: Looking, ctx: Context) -> HTMLResponse:
    """What a browser asks for after a reload: the empty form."""
    return _verify_page(ctx, who)


@router.get("/c/{name}", response_class=HTMLResponse)
def certificate_page(name: str, who: Looking, ctx: Context) -> HTMLResponse:
    """A certificate's own page, by leaf, digest or record id: where its QR code leads."""
    try:
        return _certificate(ctx, who, name)
    except LedgerError as error:
        return page(
            "verify.html", error.status, **frame(ctx, who), given=_GIVEN, report=None, fault=fault_of(error)
        )


@router.get("/c/{name}/bundle")
def bundle_file(name: str, who: Looking, ctx: Context) -> Response:
    """The file to pass on, for those who may read the certificate."""
    try:
        row = _row(ctx, name)
        content = bundles.bundle(ctx, who, row.id)
    except LedgerError as error:
        return page(
            "verify.html", error.status, **frame(ctx, who), given=_GIVEN, report=None, fault=fault_of(error)
        )
    name = re.sub(r"[^A-Za-z0-9._-]", "-", row.number)[:100] or "certificate"
    return Response(
        content,
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.bundle.json"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/sign-in", response_class=HTMLResponse)
def sign_in_page(who: Looking, ctx: Context) -> HTMLResponse:
    """The form for an access token."""
    return page("sign_in.html", **frame(ctx, who), report=None, fault=None)


@router.post("/sign-in", response_class=HTMLResponse)
async def sign_in(request: Request, who: Looking, ctx: Context) -> Response:
    """Keep the token in a cookie that no script can read and no other site can send."""
    try:
        _refuse_elsewhere(request)
        token = _text(await _form(request), "token")
        await run_in_threadpool(principal_for, ctx.store, f"Bearer {token}")
    except LedgerError as error:
        return page("sign_in.html", error.status, **frame(ctx, who), report=None, fault=fault_of(error))
    answer = RedirectResponse("/", 303)
    secure = ctx.settings.base_url.startswith("https")
    answer.set_cookie(COOKIE, token, max_age=_WEEK, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/sign-out")
def sign_out(_: Looking) -> Response:
    """Forget the token."""
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.get("/static/{name}")
def static(name: str, request: Request, _: Looking) -> Response:
    """A vendored file."""
    return static_response(name, request.headers.get("if-none-match"))


def too_large(scope: Scope, _: int) -> ASGIApp:
    """The answer to a file beyond the bound, which was not read: nobody is asked who sent it."""
    entry = describe("FILE_TOO_LARGE")
    fault = present.fault_view(entry.code, entry.meaning, entry.next_step)
    values: dict[str, Any] = {"who": None, "own_page": False, "given": _GIVEN, "report": None, "fault": fault}
    if Headers(scope=scope).get("hx-request") == "true":
        return page("report.html", **values)
    return page("verify.html", 413, **values)


# --- the pages' work ----------------------------------------------------------------------------------------

_GIVEN: Final = {"number": "", "at": "", "claim": ""}


def _verify_page(ctx: Services, who: Principal) -> HTMLResponse:
    return page("verify.html", **frame(ctx, who), given=_GIVEN, report=None, fault=None)


async def _answer(request: Request, ctx: Services, who: Principal) -> HTMLResponse:
    given, report, fault, status = dict(_GIVEN), None, None, 200
    try:
        form = await _form(request)
        given = {name: _text(form, name) for name in _GIVEN}
        query = await _query(form, given)
        found = await run_in_threadpool(verifying.verify, ctx, who, query)
        report = present.report_view(found, looked_up=query.file is None)
    except LedgerError as error:
        fault, status = fault_of(error), error.status
    values = {**await run_in_threadpool(frame, ctx, who), "given": given, "report": report, "fault": fault}
    if request.headers.get("hx-request") == "true":
        return page("report.html", **values)
    return page("verify.html", status, **values)


async def _query(form: FormData, given: dict[str, str]) -> subjects.Query:
    at, claim = given["at"] or None, given["claim"] or None
    file = form.get("file")
    if isinstance(file, UploadFile) and (file.filename or file.size):
        content = await file.read()
        await form.close()
        return subjects.Query(file=content, at=at, claim=claim)
    if not given["number"].strip():
        raise BadInput("VERIFY_WHAT", "Choose a file, or give a number or a digest.")
    wanted = read_scanned(given["number"])
    return subjects.Query(number=wanted.number, digest=wanted.hash, at=at, claim=claim)


def _certificate(ctx: Services, who: Principal, name: str) -> HTMLResponse:
    row = _row(ctx, name)
    report = verifying.verify(ctx, who, subjects.Query(digest=row.digest))
    with ctx.store.read() as conn:
        entitled = may_see(conn, who, row)
    opened = batches.paper(ctx, row) if entitled else None
    document = opened["document"] if opened else None
    with ctx.store.read() as conn:
        used = uses.of_certificate(ctx, conn, who, row.leaf, document) if entitled else {}
    address = f"{ctx.settings.base_url}/c/{row.leaf}"
    return page(
        "certificate.html",
        **{**frame(ctx, who), "own_page": True},
        report=present.report_view(report, looked_up=True),
        fault=None,
        heading=f"Certificate {row.number}" if entitled else "Certificate of origin",
        subtitle=f"Issued under {row.scheme}. What the ledger says of it now:",
        qr=_qr(address),
        short=f"{row.leaf[:10]}…{row.leaf[-6:]}",
        document=present.document_view(document, used["items"]) if document else None,
        claims=present.claims_view(used.get("claims") or []),
        download=f"/c/{row.leaf}/bundle" if document and row.state in DONE else None,
        timeline=timeline(
            ctx, who, row.id, row.number, present.place_names(document or {}), entitled=entitled
        ),
    )


def _row(ctx: Services, name: str) -> CertificateRow:
    row = None
    with ctx.store.read() as conn:
        if _HASH.fullmatch(name):
            row = certificates.by_leaf(conn, name.lower()) or certificates.by_digest(conn, name.lower())
        elif _RECORD.fullmatch(name):
            row = certificates.by_id(conn, name)
    if row is None:
        raise NotFound("CERTIFICATE_UNKNOWN")
    return row


def _qr(address: str) -> Markup:
    drawn = io.BytesIO()
    # Medium correction: a printed code survives a fold; no inline style, which the page's policy would
    # refuse.
    segno.make(address, error="m", micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=True,
        border=2,
        omitsize=True,
        title="QR code: this page",
        nl=False,
    )
    # segno writes only numbers and the title given here.
    return Markup(drawn.getvalue().decode())  # noqa: S704  # nosec B704


def frame(ctx: Services, who: Principal) -> dict[str, Any]:
    """What every page shows: who is signed in."""
    return {"who": _name(ctx, who), "own_page": False}


def _name(ctx: Services, who: Principal) -> str:
    if who.kind is Kind.ANONYMOUS:
        return ""
    if who.organisation is not None:
        with ctx.store.read() as conn:
            return (
                members.names(conn, [who.organisation]).get(who.organisation) or who.label or who.organisation
            )
    return who.label or who.kind.value


def fault_of(error: LedgerError) -> dict[str, Any]:
    """A refusal as `report.html` shows it."""
    return present.fault_view(error.reason, error.detail, error.next_step)


async def _form(request: Request) -> FormData:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media == "multipart/form-data":
            parser = MultiPartParser(
                request.headers, request.stream(), max_files=1, max_fields=8, max_part_size=4096
            )
            form = await parser.parse()
        elif media == "application/x-www-form-urlencoded":
            form = await FormParser(request.headers, request.stream()).parse()
        else:
            raise BadInput("MEDIA_TYPE_UNSUPPORTED", "Send the form of this page.")
    except (MultiPartException, KeyError, ValueError) as bad:
        raise BadInput("REQUEST_INVALID", f"The form cannot be read: {str(bad)[:200]}") from None
    check_texts(form)
    return form


def _refuse_elsewhere(request: Request) -> None:
    """A form on another site does not sign anybody in here: browsers tell where it was sent from."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise BadInput("REQUEST_INVALID", "Sign in with the form of this page.")


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
