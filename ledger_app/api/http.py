"""What every route is made of: who calls and whether they may, a strictly read body, a run-once key,
cursors.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from ledger_app.access.policy import POLICY, authorise
from ledger_app.access.principals import Principal, principal_for
from ledger_app.domain.words import printable
from ledger_app.errors import BadInput
from ledger_app.proof.canonical import JsonValue, parse_json
from ledger_app.services.context import Once, Services

_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_ID = re.compile(r"[0-9a-zA-Z]{1,80}", re.ASCII)
_MAX_DEPTH = 48
_CURSOR = b"v1."

Model = TypeVar("Model", bound="Body")
BODIES: dict[str, type["Body"]] = {}
"""Every body model, for the OpenAPI document."""


class Body(BaseModel):
    """Base of request bodies: camelCase members, exact types, nothing unknown."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, hide_input_in_errors=True
    )

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        BODIES[cls.__name__] = cls


def services(request: Request) -> Services:
    """The running service's parts."""
    ctx: Services = request.app.state.services
    return ctx


Context = Annotated[Services, Depends(services)]


def known_parameters(request: Request) -> None:
    """Dependency of routes with filters: a misspelt one would otherwise find everything.

    Raises BadInput `PARAMETER_UNKNOWN`, naming it and those that there are.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = sorted(set(_query_names(route.dependant)))
    unknown = next((name for name in request.query_params if name not in known), None)
    if unknown is not None:
        there_are = f"there are {', '.join(known)}" if known else "there are none here"
        raise BadInput(
            "PARAMETER_UNKNOWN",
            f"{printable(unknown, 40)!r}: {there_are}",
            parameter=unknown[:80],
            known=known,
        )


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for part in dependant.dependencies:
        yield from _query_names(part)


class Caller:
    """Dependency: the principal behind the request, after the policy has let it do `action`."""

    def __init__(self, action: str) -> None:
        self.action = action
        POLICY[action]  # a misspelt action fails at import

    def __call__(self, request: Request) -> Principal:
        """Raises NotAuthenticated or NotPermitted."""
        principal = principal_for(services(request).store, request.headers.get("authorization"))
        authorise(principal, self.action)
        request.state.principal = principal
        return principal


async def raw_body(request: Request) -> bytes:
    return await request.body()


def read_json(request: Request, raw: bytes, *, most: int | None = None) -> JsonValue:
    """The body as JSON. Raises BadInput `MEDIA_TYPE_UNSUPPORTED`, or what `parse_json` refuses."""
    must_be_json(request)
    return json_value(raw, most=most)


def must_be_json(request: Request) -> None:
    """Raises BadInput `MEDIA_TYPE_UNSUPPORTED` for a body that is called something else."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise BadInput("MEDIA_TYPE_UNSUPPORTED", "Send application/json.")


def json_value(raw: bytes, *, most: int | None = None) -> JsonValue:
    """The JSON in a body. Raises what `parse_json` refuses."""
    return parse_json(raw, max_bytes=most or max(len(raw), 1), max_depth=_MAX_DEPTH)


def as_model(model: type[Model], value: JsonValue) -> Model:
    """`value` as a body of this kind. Raises BadInput `BODY_INVALID` with the faults."""
    try:
        return model.model_validate(value)
    except ValidationError as refused:
        faults = [
            {"pointer": "/" + "/".join(str(part)[:80] for part in fault["loc"]), "what": fault["msg"][:200]}
            for fault in refused.errors(include_url=False, include_input=False, include_context=False)[:20]
        ]
        words = "; ".join(f"{fault['pointer']}: {fault['what']}" for fault in faults[:3])
        raise BadInput("BODY_INVALID", words, faults=faults) from None


class JsonBody:
    """Dependency: the request's JSON body as `model`, read in a worker thread."""

    def __init__(self, model: type[Body]) -> None:
        self.model = model

    def __call__(self, request: Request, raw: Annotated[bytes, Depends(raw_body)]) -> Any:
        """Raises BadInput."""
        return as_model(self.model, read_json(request, raw))


def body_schema(model: type[Body]) -> dict[str, Any]:
    """The OpenAPI description of a body read by `JsonBody`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def run_once(request: Request, raw: Annotated[bytes, Depends(raw_body)]) -> Once:
    """Dependency: the request's `Idempotency-Key`. Raises BadInput `IDEMPOTENCY_KEY_INVALID`."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise BadInput("IDEMPOTENCY_KEY_INVALID")
    return Once.of(request.state.principal, key, request.method, str(request.url.path), raw)


OnceOnly = Annotated[Once, Depends(run_once)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=320)]


def record_id(text: str) -> str:
    """A record id from the path. Raises BadInput `ID_INVALID` for what no record could be called."""
    if not _ID.fullmatch(text):
        raise BadInput("ID_INVALID")
    return text


def cursor_of(last: str) -> str:
    """An opaque cursor that continues after the record `last`."""
    return base64.urlsafe_b64encode(_CURSOR + last.encode()).decode().rstrip("=")


def after_cursor(cursor: str | None) -> str | None:
    """The record to continue after. Raises BadInput `CURSOR_INVALID`."""
    if cursor is None:
        return None
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        text = plain.removeprefix(_CURSOR).decode("ascii")
    except (binascii.Error, ValueError):
        raise BadInput("CURSOR_INVALID") from None
    if not plain.startswith(_CURSOR) or not _ID.fullmatch(text):
        raise BadInput("CURSOR_INVALID")
    return text


def page(name: str, rows: list[dict[str, Any]], limit: int, key: str = "id") -> dict[str, Any]:
    """A page of a list: the rows and `next`, null at the end. Ask the store for `limit` rows."""
    return {name: rows, "next": cursor_of(str(rows[-1][key])) if len(rows) == limit else None}
