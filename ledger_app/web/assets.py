"""Templates and vendored files, read once. Nothing is fetched from elsewhere, at run time or by the
browser."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_HERE: Final = Path(__file__).parent
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A rendered page with the headers that every page carries."""
    return HTMLResponse(_environment().get_template(template).render(values), status, headers=_HEADERS)


@cache
def static_file(name: str) -> tuple[bytes, str, str] | None:
    """Content, media type and entity tag of a vendored file; None when there is none of this name."""
    if name not in {path.name for path in (_HERE / "static").iterdir()}:
        return None
    content = (_HERE / "static" / name).read_bytes()
    tag = '"' + hashlib.sha256(content).hexdigest()[:32] + '"'
    return content, _TYPES.get(Path(name).suffix, "application/octet-stream"), tag


def static_response(name: str, known_tag: str | None) -> Response:
    """The file, or 304 for a browser that has it, or 404."""
    found = static_file(name)
    if found is None:
        return Response("There is nothing at this address.", 404, media_type="text/plain")
    content, media_type, tag = found
    headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if known_tag == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
