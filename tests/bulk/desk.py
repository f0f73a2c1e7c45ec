"""The chamber's desk: imports sent over HTTP, signed by the test, followed to their end."""

import hashlib
import io
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi.testclient import TestClient

from ledger_app.access.principals import Kind, create_token
from ledger_app.domain.imports.splitting import Page, kind_of, split
from tests.support.world import World

MEDIA = {"csv": "text/csv", "json": "application/json"}


class Desk:
    """See the module. `rows`: how many a page holds at most here, so that small files have several."""

    def __init__(self, world: World, client: TestClient) -> None:
        self.world = world
        self.client = client
        self.rows = 3

    @classmethod
    @contextmanager
    def of(cls, world: World, who: str = "chamber-cn") -> Iterator["Desk"]:
        with world.client(who) as client:
            yield cls(world, client)

    def person(self, name: str) -> dict[str, str]:
        """Headers with a token of the chamber that `name` uses."""
        chamber = self.world.actors["chamber-cn"].id
        token = create_token(self.world.ctx.store, Kind.ORGANISATION, organisation=chamber, person=name)
        return {"Authorization": f"Bearer {token}"}

    def number(self) -> str:
        """A number that no certificate has."""
        return f"B-{secrets.token_hex(6)}"

    # --- the steps of an import ----------------------------------------------------------------------------

    def open(self, data: bytes, name: str = "x.csv", *, whole: bool = False, **more: Any) -> dict[str, Any]:
        asked = {
            "file": hashlib.sha256(data).hexdigest(),
            "name": name,
            "kind": kind_of(name, data[:64]),
            "allOrNothing": whole,
        }
        answer = self.client.post("/v1/imports/jobs", json=asked, **more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def pages(self, data: bytes, name: str = "x.csv") -> list[Page]:
        return list(split(io.BytesIO(data), kind_of(name, data[:64]), rows=self.rows, size=1 << 20))

    def put(self, job: dict[str, Any], page: Page, **more: Any) -> Any:
        return self.client.put(
            f"/v1/imports/jobs/{job['id']}/pages/{page.number}",
            params={"firstRow": page.first_row},
            content=page.body,
            headers={"Content-Type": MEDIA[job["kind"]], **more},
        )

    def end(self, job: dict[str, Any], pages: int, **more: Any) -> dict[str, Any]:
        answer = self.client.post(f"/v1/imports/jobs/{job['id']}/end", json={"pages": pages}, **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def send(
        self, data: bytes, name: str = "x.csv", *, whole: bool = False, who: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """All of them; gives the import, with the `findings` of its pages."""
        more = who or {}
        job = self.open(data, name, whole=whole, headers=who)
        findings: list[dict[str, Any]] = []
        pages = self.pages(data, name)
        for page in pages:
            answer = self.put(job, page, **more)
            assert answer.status_code == 200, answer.text
            findings += answer.json()["findings"]
        return {**self.end(job, len(pages), headers=who), "findings": findings}

    def show(self, job: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/imports/jobs/{job['id']}").json()
        return found

    def done(self, job: dict[str, Any], seconds: float = 120) -> dict[str, Any]:
        """The import once all that it asked for is signed and on the ledger."""
        until = time.monotonic() + seconds
        while (found := self.show(job))["state"] == "issuing" and time.monotonic() < until:
            self.world.sign_waiting()
            time.sleep(0.05)
        assert found["state"] == "done", found
        return found

    def imported(self, data: bytes, name: str = "x.csv", **more: Any) -> dict[str, Any]:
        """Sent, signed and done, with the findings."""
        sent = self.send(data, name, **more)
        return {**self.done(sent), "findings": sent["findings"]}

    # --- what is there -------------------------------------------------------------------------------------

    def issued(self, number: str) -> list[dict[str, Any]]:
        """The certificates with this number that are alive."""
        found = self.client.get("/v1/certificates", params={"number": number}).json()["certificates"]
        return [row for row in found if row["state"] not in ("reverted", "refused", "expired")]

    def verdict(self, number: str) -> str:
        report = self.world.verify("customs-au", number=number)
        return f"{report['verdict']}/{report['standing']}"
