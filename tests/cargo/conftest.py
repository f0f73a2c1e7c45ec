"""A carrier with a real signer, on a real chain."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ledger_app.access.principals import Kind, Principal
from ledger_app.chain.follower import Follower
from ledger_app.config import Settings
from ledger_app.domain.standing import Role
from ledger_app.proof.hexes import to_hex
from ledger_app.services import anchoring, capturing, cargo_checks, signing
from ledger_app.services.context import Services
from ledger_app.signer import keystore, requests, rules
from ledger_app.signer.journal import Journal
from ledger_app.signer.settings import Pins, SignerSettings, default_limits
from ledger_app.store import cargo, members
from ledger_app.store.secrets import Vault
from ledger_app.store.tables_cargo import cargo_events
from tests.chain.kit import CARRIER, CHAMBER, World
from tests.support.anvil import Anvil

STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
TRADER = Principal(Kind.TRADER, token_id="trader")


def event(serial: int, **members: Any) -> dict[str, Any]:
    """A loading of one serialised object."""
    base = {
        "type": "ObjectEvent",
        "eventTime": f"2026-11-22T{serial % 24:02d}:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"urn:epc:id:sgtin:4012345.011111.{serial}"],
        "action": "OBSERVE",
        "bizStep": "loading",
    }
    return {**base, **members}


def document(*events: Any, **members: Any) -> bytes:
    """An EPCIS document."""
    base = {
        "@context": [STANDARD, {"ex": "https://ns.example.com/epcis/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T14:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    return json.dumps({**base, **members}).encode()


class Yard:
    """The service's parts, a carrier, and its signer."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.ctx = Services(
            settings=Settings(demo=True, data=folder),
            store=world.store,
            vault=Vault([b"\x09" * 32]),
            gateway_or_none=world.gateway,
            submitter=world.submitter,
        )
        self.follower = Follower(world.store, world.gateway)
        self.carrier = Principal(
            Kind.ORGANISATION, organisation=to_hex(CARRIER.id), roles=Role.REPORTER, territory="SG"
        )
        self.other = Principal(
            Kind.ORGANISATION, organisation=to_hex(CHAMBER.id), roles=Role.ISSUER, territory="CN"
        )
        with world.store.begin() as conn:
            members.put_member(
                conn,
                organisation=to_hex(CARRIER.id),
                identifier=CARRIER.identifier,
                name="Test Carrier",
                territory="SG",
            )
        pin = world.gateway.pin
        self.signer_settings = SignerSettings(
            folder=folder,
            url="http://localhost",
            organisation=CARRIER.identifier,
            pins=Pins(
                pin.chain_id,
                pin.address("Consortium"),
                pin.address("CertificateRegistry"),
                pin.address("CargoLog"),
            ),
            limits=default_limits(False),
        )
        self.journal = Journal(folder / "signed.jsonl")
        self.key = keystore.key_from_private(CARRIER.key)
        self._names = (f"stream {number}" for number in itertools.count())

    def capture(self, *events: Any, stream: str, **options: Any) -> dict[str, Any]:
        return capturing.capture(self.ctx, self.carrier, document(*events), stream=stream, **options)

    def new_stream(self) -> str:
        return next(self._names)

    def row(self, stream: str) -> cargo.StreamRow:
        with self.ctx.store.read() as conn:
            found = cargo.stream_named(conn, to_hex(CARRIER.id), stream)
        assert found is not None
        return found

    def decide(self, act_id: str) -> tuple[requests.Request, Any]:
        """What the carrier's signer says to a request. Raises what it refuses with."""
        raw = signing.request(self.ctx, self.carrier, act_id)
        request = requests.parse(json.loads(json.dumps(raw)))
        desk = rules.Desk(self.signer_settings, self.key.address, self.journal, self.ctx.now())
        return request, rules.decide(request, desk)

    def sign(self, act_id: str) -> dict[str, Any]:
        """The signer decides, journals and signs; the act goes on the ledger."""
        from ledger_app.proof import typed_data

        request, entry = self.decide(act_id)
        self.journal.append(entry)
        signature = to_hex(typed_data.sign(request.digest, self.key.private))
        signing.sign(self.ctx, self.carrier, act_id, self.key.address, signature)
        self.world.submitter.settle()
        self.follower.step()
        shown: dict[str, Any] = signing.request(self.ctx, self.carrier, act_id)
        return shown

    def anchored(self, *events: Any, stream: str) -> dict[str, Any]:
        """Capture and anchor; the capture's report."""
        report = self.capture(*events, stream=stream)
        assert report["anchor"] is not None
        assert self.sign(report["anchor"]["id"])["state"] == "final"
        return report

    def anchor_again(self, stream: str) -> dict[str, Any]:
        return anchoring.anchor(self.ctx, self.carrier, self.row(stream).id)

    def verify(self, name: str) -> dict[str, Any]:
        return cargo_checks.verify(self.ctx, self.carrier, name)


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["outcome"] for check in report["checks"]}


def rows(yard: Yard, stream: str) -> list[dict[str, Any]]:
    query = select(cargo_events).where(cargo_events.c.stream_id == yard.row(stream).id)
    with yard.ctx.store.read() as conn:
        return [dict(row) for row in conn.execute(query.order_by(cargo_events.c.position)).mappings()]


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("yard")
    anvil = Anvil()
    anvil.start()
    try:
        world = World(folder, anvil.url, Anvil.key)
        world.deploy()
        world.onboard()
        made = Yard(world, folder)
        yield made
        made.journal.close()
        world.store.close()
    finally:
        anvil.stop()


@pytest.fixture(scope="module")
def anchored(yard: Yard) -> str:
    """A stream of six anchored events, in two anchors."""
    stream = yard.new_stream()
    yard.anchored(*(event(n) for n in range(130, 134)), stream=stream)
    yard.anchored(event(134), event(135), stream=stream)
    return stream
