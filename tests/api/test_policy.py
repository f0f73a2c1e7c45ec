"""Who may do what: every route goes through the one table, and the table is what the routes do."""

import re

import pytest
from fastapi.routing import APIRoute

from ledger_app.access.policy import POLICY
from ledger_app.access.principals import Kind
from ledger_app.api.http import Caller
from ledger_app.app import create_app
from tests.support.world import World

_API = ("/v1", "/livez", "/readyz")
PEOPLE = (
    None,
    "trader",
    "operator",
    "council-1",
    "authority-cn",
    "chamber-cn",
    "exporter-cn",
    "customs-au",
    "carrier",
)


def api_routes(world: World) -> list[APIRoute]:
    """Every route of the API, by what the application has included; a test of its own compares with
    OpenAPI.
    """
    app = create_app(world.installation.settings, world.installation)
    included = [getattr(route, "original_router", None) for route in app.routes]
    routes = [route for router in included if router is not None for route in router.routes]
    return [route for route in routes if isinstance(route, APIRoute) and route.path.startswith(_API)]


def test_no_described_route_escapes_the_enumeration(world: World) -> None:
    app = create_app(world.installation.settings, world.installation)
    described = {path for path in app.openapi()["paths"] if path.startswith(_API)}
    assert {re.sub(":path}", "}", route.path) for route in api_routes(world)} == described


def actions_of(route: APIRoute) -> list[str]:
    return [each.call.action for each in route.dependant.dependencies if isinstance(each.call, Caller)]


def test_every_route_names_exactly_one_action_of_the_table(world: World) -> None:
    routes = api_routes(world)
    assert len(routes) > 40
    for route in routes:
        actions = actions_of(route)
        assert len(actions) == 1, route.path
        assert actions[0] in POLICY


def test_every_action_of_the_table_is_used_by_a_route_or_a_service(world: World) -> None:
    used = {action for route in api_routes(world) for action in actions_of(route)}
    assert set(POLICY) - used <= {"verify.number"}


def may(world: World, name: str | None, action: str) -> bool:
    """What the table says, worked out without the code under test."""
    rule = POLICY[action]
    if name is None:
        return Kind.ANONYMOUS in rule.kinds
    who = world.principal(name)
    if who.kind not in rule.kinds:
        return False
    return who.kind is not Kind.ORGANISATION or not rule.roles or bool(who.roles & rule.roles)


@pytest.mark.parametrize("name", PEOPLE)
def test_each_route_lets_in_exactly_whom_the_table_names(world: World, name: str | None) -> None:
    with world.client(name) as client:
        for route in api_routes(world):
            (action,) = actions_of(route)
            path = re.sub(r"{[^}]*}", "0", route.path)
            for method in sorted(route.methods or ()):
                reply = client.request(method, path)
                refused = reply.status_code in (401, 403) and reply.json()["reason"] in (
                    "SIGN_IN",
                    "NOT_ENTITLED",
                )
                assert refused != may(world, name, action), (method, path, action, reply.text[:200])
                if refused:
                    assert (reply.status_code == 401) == (name is None)


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Basic abc", "Bearer ", "Bearer olt_" + "A" * 43, "olt_", "Bearer olt_é" + "A" * 42],
)
def test_a_wrong_token_is_never_taken_for_no_token(world: World, header: str) -> None:
    with world.client() as client:
        reply = client.get("/livez", headers={"Authorization": header.encode("latin-1")})
    assert (reply.status_code, reply.json()["reason"]) == (401, "TOKEN_INVALID")
    assert reply.headers["www-authenticate"] == "Bearer"


def test_a_revoked_token_opens_nothing(world: World) -> None:
    with world.client("operator") as client:
        token = client.post("/v1/tokens", json={"kind": "trader", "label": "gone"}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/v1/me", headers=headers).json()["kind"] == "trader"
        (row,) = [r for r in client.get("/v1/tokens").json()["tokens"] if r["label"] == "gone"]
        assert client.delete(f"/v1/tokens/{row['id']}").status_code == 204
        assert client.get("/v1/me", headers=headers).status_code == 401


def test_tokens_are_not_kept_in_the_clear(world: World) -> None:
    token = world.token("chamber-cn")
    world.ctx.store.close()
    found = [
        path.name
        for path in world.installation.settings.data.glob("origin.db*")
        if token.encode() in path.read_bytes()
    ]
    assert found == []
