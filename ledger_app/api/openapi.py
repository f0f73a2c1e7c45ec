"""The OpenAPI document of the service: what the routes say of themselves, the bodies that we read on our own,
and every refusal that a route may answer with.

Which refusals those are follows from what the route is made of (its policy, its path, its body), so that the
document cannot be forgotten when a route is added.
"""

from collections.abc import Iterable
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from ledger_app.access.policy import POLICY
from ledger_app.access.principals import Kind
from ledger_app.api.http import BODIES, Caller

PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457, with a stable reason and what to do next. There may be further members.",
    "required": ["type", "title", "status", "detail", "reason", "next"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:origin-ledger:problem:[A-Z0-9_]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "reason": {"type": "string", "pattern": "^[A-Z0-9_]+$"},
        "next": {"type": "string"},
    },
}
_WORDS: Final = {
    400: "The request cannot be read, or says what nobody can mean.",
    401: "The token is unknown, or there is none and one is needed.",
    403: "Whom the token stands for may not do this.",
    404: "There is no such record, or none that the caller may see.",
    409: "What is recorded, or the ledger, forbids it now.",
    413: "More bytes than are taken here.",
    414: "The address is too long.",
    415: "The body has another media type than is read here.",
    422: "The request can be read, and what it says cannot be accepted.",
    431: "A header is too long.",
    503: "The ledger or a part of the service cannot be asked now.",
}
_ALWAYS: Final = (400, 401, 413, 414, 431, 503)
_METHODS: Final = ("get", "put", "post", "delete", "patch")
_UNUSED: Final = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI, routers: Iterable[APIRouter]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of `app`, whose API is made of `routers`. Made once, then kept by the
    application."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        for name in _UNUSED:
            components.pop(name, None)
        components["Problem"] = PROBLEM
        for name, body in BODIES.items():
            described = body.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
            components.update(described.pop("$defs", {}))
            components[name] = described
        needed = actions(routers)
        for path, operations in schema["paths"].items():
            for method in _METHODS:
                if method in operations:
                    _refusals(operations[method], path, method, needed[method, path])
        app.openapi_schema = schema
    return app.openapi_schema


def actions(routers: Iterable[APIRouter]) -> dict[tuple[str, str], str]:
    """The policy's action behind each (method, path as OpenAPI writes it)."""
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return {
        (method.lower(), route.path_format): each.call.action
        for route in routes
        for method in route.methods or ()
        for each in route.dependant.dependencies
        if isinstance(each.call, Caller)
    }


def _refusals(operation: dict[str, Any], path: str, method: str, action: str) -> None:
    """Add what the operation may refuse with to its responses."""
    responses = operation["responses"]
    responses.pop("422", None)  # FastAPI's own shape, which `problems` replaces
    reads = "requestBody" in operation
    statuses = set(_ALWAYS)
    if Kind.ANONYMOUS not in POLICY[action].kinds:
        statuses.add(403)
    if "{" in path:
        statuses.add(404)
    if reads:
        statuses |= {415, 422}
    if operation.get("parameters"):
        statuses.add(422)
    if method != "get":
        statuses |= {404, 409}
    statuses |= {int(status) for status in responses if status.startswith("4")}  # what the route adds itself
    for status in sorted(statuses):
        if "content" not in responses.get(str(status), ()):
            responses[str(status)] = _problem(status) | responses.get(str(status), {})


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _WORDS[status], "content": {"application/problem+json": {"schema": schema}}}
