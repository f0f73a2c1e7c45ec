"""What tests of applications share: documents of this world's exporter, and HTTP requests in few words."""

import itertools
import secrets
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import text

from ledger_app.domain.samples import sample_document
from tests.support.world import World

_ranges = itertools.count(1)


def document(world: World, **changes: Any) -> dict[str, Any]:
    """A complete document of exporter-cn, without what is the chamber's to give: number, day of issue."""
    exporter = {"name": "Exporter of the world", "identifier": world.actors["exporter-cn"].identifier}
    today = world.ctx.clock().date()
    made = world.document(**{"exporter": exporter, "issue_date": today, **changes})
    return {name: value for name, value in made.items() if name not in ("number", "issueDate", "issuer")}


def self_certified(world: World) -> dict[str, Any]:
    """A complete document that exporter-cn certifies itself, as an approved exporter."""
    me = world.actors["exporter-cn"].identifier
    return sample_document(
        f"SELF-{secrets.token_hex(4)}",
        issuer=me,
        issue_date=world.ctx.clock().date(),
        exporter={"name": "Exporter of the world", "identifier": me},
        issuanceBasis="approved-exporter",
        certifierAuthorisation={"number": "AE-1"},
    )


def add_range(world: World, chamber: TestClient) -> str:
    """The one range of the chamber, from now on: its pattern without the counter."""
    with world.ctx.store.begin() as conn:
        conn.execute(text("DELETE FROM number_ranges"))
    prefix = f"R{next(_ranges)}-{secrets.token_hex(3)}-"
    reply = chamber.post("/v1/numbers", json={"pattern": prefix + "####"})
    assert reply.status_code == 201, reply.text
    return prefix


def ok(reply: Any) -> dict[str, Any]:
    """The answer to a request that must succeed."""
    assert reply.status_code < 300, reply.text
    found: dict[str, Any] = reply.json()
    return found


def refusal(reply: Any) -> tuple[int, str]:
    """Status and reason of a request that must be refused."""
    assert reply.status_code >= 400, reply.text
    return reply.status_code, reply.json()["reason"]


class Desk:
    """The requests of one organisation about applications."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def draft(self, document: dict[str, Any], issuer: str | None = None) -> dict[str, Any]:
        body = {"document": document, **({"issuer": issuer} if issuer else {})}
        return ok(self.client.post("/v1/applications", json=body))

    def show(self, case: dict[str, Any]) -> dict[str, Any]:
        return ok(self.client.get(f"/v1/applications/{case['id']}"))

    def try_(self, case: dict[str, Any], step: str, **body: Any) -> Any:
        """The reply to a step, done from the version that `case` shows."""
        body = {"version": case["version"], **body}
        return self.client.post(f"/v1/applications/{case['id']}/{step}", json=body)

    def do(self, case: dict[str, Any], step: str, **body: Any) -> dict[str, Any]:
        """The application after a step that must succeed."""
        return ok(self.try_(case, step, **body))

    def edit(self, case: dict[str, Any], document: dict[str, Any]) -> Any:
        body = {"version": case["version"], "document": document}
        return self.client.put(f"/v1/applications/{case['id']}", json=body)

    def steps(self, case: dict[str, Any]) -> list[dict[str, Any]]:
        return list(ok(self.client.get(f"/v1/applications/{case['id']}/history"))["steps"])
