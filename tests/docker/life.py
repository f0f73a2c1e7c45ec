"""Members at work while containers die: asked for until acknowledged; and the oracle afterwards."""

import json
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger_app import errors
from ledger_app.client import Client
from ledger_app.demo import cargo
from ledger_app.demo.members import AUTHORITY, CARRIER, CHAMBER, COUNCIL, CUSTOMS
from ledger_app.domain.samples import sample_document

SETTLE_SECONDS = 300
_PASSING = (errors.Unavailable, OSError)


@dataclass(slots=True)
class Life:
    """Work for every signer, in rounds. `acknowledged`: the act ids that the service promised, by what they
    are for."""

    installation: dict[str, Any]
    acknowledged: dict[str, str] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)
    streams: list[str] = field(default_factory=list)
    newcomers: list[str] = field(default_factory=list)
    acquitted: list[str] = field(default_factory=list)
    _run: str = field(default_factory=lambda: secrets.token_hex(4))

    def round(self, name: str) -> None:
        """One act of each kind, each asked for until it is acknowledged, whatever is down meanwhile."""
        number = f"LIFE-{self._run}-{name}".upper()
        issued = (datetime.now(UTC) - timedelta(days=16)).date()
        self._ask(
            CHAMBER.slug, "/v1/certificates", {"documents": [sample_document(number, issue_date=issued)]}
        )
        self.numbers.append(number)
        auditor, exporter = (
            f"urn:origin:check:{self._run}:{name}:{role}" for role in ("auditor", "exporter")
        )
        admitted = {"act": "admit", "organisation": auditor, "name": auditor, "territory": "CN"}
        self._ask(COUNCIL[0], "/v1/council/acts", admitted | {"roles": ["AUDITOR"]})
        enrolled = {"name": exporter, "roles": ["EXPORTER"]}
        self._ask(AUTHORITY.slug, f"/v1/organisations/{exporter}/enrolment", enrolled)
        self.newcomers += [auditor, exporter]
        self._voyage(f"{self._run}-{name}")

    def acquit(self) -> None:
        """Customs uses up the oldest certificate that is not used up; it must be on the ledger."""
        number = self.numbers[len(self.acquitted)]
        body = {"certificate": {"bundle": json.loads(self.bundle(number))}, "declaration": f"AU-{number}"}
        self._ask(CUSTOMS.slug, "/v1/certificates/by-reference/acquit", body)
        self.acquitted.append(number)

    def bundle(self, number: str) -> bytes:
        """What the holder of a certificate passes on."""
        client = self._client(CHAMBER.slug)
        (row,) = patient(lambda: client.get("/v1/certificates", number=number))["certificates"]
        path = f"/v1/certificates/{row['id']}/bundle"
        raw: bytes = patient(lambda: client.request("GET", path).body)
        return raw

    def verified(self, number: str) -> tuple[str, str, int]:
        """Verdict, standing and exit code of what `bundle` gives."""
        raw = self.bundle(number)
        client = self._client(CUSTOMS.slug)
        report = patient(lambda: client.upload("/v1/verify", "bundle.json", raw))
        return report["verdict"], report["standing"], report["exit_code"]

    def settled(self) -> None:
        """Wait until everything acknowledged is on the ledger. Raises AssertionError for what is not."""
        until = time.monotonic() + SETTLE_SECONDS
        client = self._client("operator")
        for what, act in self.acknowledged.items():
            found = patient(lambda act=act: client.get(f"/v1/acts/{act}"))
            while found["state"] != "final":
                assert found["state"] not in ("refused", "reverted", "expired"), (what, found)
                assert time.monotonic() < until, f"{what} is still {found['state']}"
                found = patient(lambda act=act: client.get(f"/v1/acts/{act}", wait=10))
        carrier = self._client(CARRIER.slug)
        while waiting := [row for row in self._streams(carrier) if row["anchored"] != row["events"]]:
            assert time.monotonic() < until, f"not anchored: {waiting}"
            time.sleep(0.5)

    def oracle(self) -> dict[str, int]:
        """Of everything acknowledged: how much is lost, there twice, or called final though the ledger says
        otherwise; and how much is there that nobody was promised."""
        acts = self._all_acts()
        known = {act["id"]: act for act in acts}
        words = Counter(act["summary"] for act in acts if act["state"] == "final")
        ours = [act for act in acts if self._run in act["summary"].lower()]
        promised = set(self.acknowledged.values())
        false = [number for number in self.numbers if self.verified(number)[:2] != self._expected(number)]
        roles = self._client(AUTHORITY.slug)
        false += [name for name in self.newcomers if not self._organisation(roles, name)["roles"]]
        events = [row["events"] for row in self._streams(self._client(CARRIER.slug))]
        return {
            "acknowledged": len(promised) + len(self.streams),
            "lost": sum(1 for act in promised if known.get(act, {}).get("state") != "final")
            + len(self.streams)
            - len(events),
            "doubled": sum(count - 1 for count in words.values() if count > 1)
            + sum(1 for count in events if count != 5),
            "falsely confirmed": len(false),
            "unpromised": sum(1 for act in ours if act["id"] not in promised and act["kind"] != "Anchor"),
        }

    def _expected(self, number: str) -> tuple[str, str]:
        return ("GENUINE", "used-up" if number in self.acquitted else "good")

    def _ask(self, who: str, path: str, body: dict[str, Any]) -> None:
        client, key = self._client(who), secrets.token_hex(16)
        asked = patient(lambda: client.post(path, body, idempotency_key=key))
        self.acknowledged[f"{path} {key}"] = asked["act"]["id"]

    def _voyage(self, name: str) -> None:
        client = self._client(CARRIER.slug)
        loaded = datetime.now(UTC).replace(microsecond=0) - timedelta(days=15)
        consignment = f"urn:origin:check:{name}"
        raw = json.dumps(cargo.voyage(loaded, consignment)).encode()
        told = {"consignment": consignment, "stream": f"life-{name}"}
        patient(lambda: client.post_raw("/v1/epcis/capture", raw, "application/ld+json", **told))
        self.streams.append(told["stream"])

    def _streams(self, client: Client) -> list[dict[str, Any]]:
        rows = patient(lambda: client.get("/v1/cargo/streams", limit=200))["streams"]
        return [row for row in rows if row["name"] in self.streams]

    def _organisation(self, client: Client, name: str) -> dict[str, Any]:
        found: dict[str, Any] = patient(lambda: client.get(f"/v1/organisations/{name}"))
        return found

    def _all_acts(self) -> list[dict[str, Any]]:
        client, rows, cursor = self._client("operator"), [], None
        while True:
            page = patient(lambda c=cursor: client.get("/v1/acts", limit=200, cursor=c))
            rows += page["acts"]
            cursor = page.get("next")
            if not cursor:
                return rows

    def _client(self, name: str) -> Client:
        return Client(self.installation["url"], self.installation["tokens"][name], timeout=60)


def patient(ask: Any, seconds: float = SETTLE_SECONDS) -> Any:
    """What `ask` gives, asked again while the service cannot be reached or says that it cannot just now."""
    until = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except _PASSING:
            if time.monotonic() > until:
                raise
            time.sleep(0.25)
