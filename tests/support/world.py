"""A running installation with members, for tests: a real Ganache, a database of its own, keys held by the
test.

`World.start(folder)` deploys and onboards in a few seconds. Signatures are made here, by keys that the
service never sees: `settle` signs what waits and returns when the act has reached the ledger.
"""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger_app.access.principals import Kind, Principal, create_token, principal_for
from ledger_app.app import Installation, create_app
from ledger_app.config import Settings, load_settings
from ledger_app.domain.samples import sample_document
from ledger_app.domain.terms import organisation_id
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.typed_data import AcceptKey, AcceptSeat, Domain, address_of, message_type, sign
from ledger_app.services import acts, issuing, members, signing
from ledger_app.services.context import ALWAYS, Services
from ledger_app.services.members import Acceptance
from ledger_app.services.subjects import Query
from ledger_app.services.verifying import verify
from ledger_app.store.acts import SETTLED
from tests.support import databases

SCHEMES = ("RCEP", "CHAFTA", "NON-PREFERENTIAL")
_numbers = itertools.count(1)


@contextmanager
def worlds(folders: pytest.TempPathFactory, **settings: Any) -> Iterator[Callable[[str], "World"]]:
    """One running world on each kind of database, started when it is first asked for."""
    with ExitStack() as running:
        yield cache(
            lambda kind: running.enter_context(World.start(folders.mktemp("world"), kind, **settings))
        )


@dataclass(frozen=True)
class Actor:
    """A member of the test world. `identifier` is "" for council seats."""

    name: str
    identifier: str
    territory: str
    roles: tuple[str, ...]
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def id(self) -> str:
        """The organisation id as 0x… text."""
        return to_hex(organisation_id(self.identifier))

    @property
    def address(self) -> str:
        """The signing key's address."""
        return address_of(self.key)


class World:
    """See the module. `ctx` is what services take; `actors` by name: council-1…3, authority-cn, authority-au,
    chamber-cn, chamber-au, exporter-cn, customs-cn, customs-au, carrier."""

    def __init__(self, installation: Installation, council: list[Actor]) -> None:
        self.installation = installation
        self.ctx: Services = installation.services
        self.council = council
        self.actors: dict[str, Actor] = {seat.name: seat for seat in council}
        self._tokens: dict[str, str] = {}

    @classmethod
    @contextmanager
    def start(cls, folder: Path, database: str | None = None, **settings: Any) -> Iterator["World"]:
        """Start, deploy and onboard; stops everything at the end. `database`: see `databases.new_url`."""
        settings.setdefault("database_url", databases.new_url(folder, database))
        council = [Actor(f"council-{n}", "", "", ()) for n in (1, 2, 3)]
        chosen: Settings = load_settings(
            demo=True, data=folder, council=tuple(seat.address for seat in council), **settings
        )
        with Installation(chosen) as installation:
            world = cls(installation, council)
            world.onboard()
            yield world

    def onboard(self) -> None:
        """Admit, enrol and accredit everybody, each kind of act in one go."""
        admitted = [
            self._actor(name, territory, roles)
            for name, territory, roles in (
                ("authority-cn", "CN", ("AUTHORITY",)),
                ("authority-au", "AU", ("AUTHORITY",)),
                ("customs-au", "AU", ("CUSTOMS",)),
                ("customs-cn", "CN", ("CUSTOMS",)),
                ("carrier", "SG", ("REPORTER",)),
            )
        ]
        self.done_all([self.admission(actor) for actor in admitted])
        self.done_all([self.grant(actor) for actor in admitted])
        enrolled = [
            self._actor(name, territory, roles)
            for name, territory, roles in (
                ("chamber-cn", "CN", ("ISSUER",)),
                ("chamber-au", "AU", ("ISSUER",)),
                ("exporter-cn", "CN", ("EXPORTER",)),
            )
        ]
        self.catch_up()
        self.done_all([self.enrolment(actor) for actor in enrolled])
        chambers = ("chamber-cn", "chamber-au")
        self.done_all(
            [
                *(self.sponsored_key(actor) for actor in enrolled),
                *(self.accreditation(name, scheme) for name in chambers for scheme in SCHEMES),
            ]
        )
        self.catch_up()

    # --- who -----------------------------------------------------------------------------------------------

    def token(self, name: str) -> str:
        """A token of an actor, of "trader" or of "operator"."""
        if name not in self._tokens:
            kinds = {"trader": Kind.TRADER, "operator": Kind.OPERATOR}
            actor = self.actors.get(name)
            if actor is None:
                self._tokens[name] = create_token(self.ctx.store, kinds[name])
            elif actor.identifier:
                self._tokens[name] = create_token(self.ctx.store, Kind.ORGANISATION, organisation=actor.id)
            else:
                self._tokens[name] = create_token(self.ctx.store, Kind.COUNCIL, member=actor.address)
        return self._tokens[name]

    def principal(self, name: str) -> Principal:
        """The principal of an actor, with its roles as the index has them now."""
        return principal_for(self.ctx.store, f"Bearer {self.token(name)}")

    @contextmanager
    def client(self, name: str | None = None) -> Iterator[TestClient]:
        """An HTTP client of the application, signed in as `name`."""
        app = create_app(self.installation.settings, self.installation)
        headers = {"Authorization": f"Bearer {self.token(name)}"} if name else {}
        with TestClient(app, headers=headers, raise_server_exceptions=False) as client:
            yield client

    # --- acts ----------------------------------------------------------------------------------------------

    def sign_waiting(self, desk: str | None = None) -> int:
        """Sign everything that waits for anybody (or for `desk`); gives how many signatures were made."""
        made = 0
        for actor in list(self.actors.values()):
            if desk is not None and desk not in (actor.id if actor.identifier else "council", actor.address):
                continue
            principal = self.principal(actor.name)
            while page := signing.requests(self.ctx, principal)[0]:
                for request in page:
                    self.sign(actor, request)
                    made += 1
        return made

    def sign_only(self, answer: dict[str, Any]) -> None:
        """Sign the act of a service's answer, and wait for nothing."""
        desk = answer["act"]["organisation"]
        actor = next(one for one in self.actors.values() if one.identifier and one.id == desk)
        self.sign(actor, signing.request(self.ctx, self.principal(actor.name), answer["act"]["id"]))

    def sign(self, actor: Actor, request: dict[str, Any]) -> dict[str, Any]:
        """One signature by `actor`'s key."""
        domain = Domain(request["domain"]["chainId"], request["domain"]["verifyingContract"])
        kind = message_type(request["kind"])
        assert kind is not None, request["kind"]
        digest = kind.from_json(request["message"]).digest(domain)
        signature = to_hex(sign(digest, actor.key))
        return signing.sign(self.ctx, self.principal(actor.name), request["id"], actor.address, signature)

    def settle(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Sign the act of a service's answer and wait until it is settled; gives the act."""
        wanted = answer["act"]["id"]
        operator = self.principal("operator")
        if acts.show(self.ctx, operator, wanted)["state"] == "needs-signature":
            self.sign_waiting(answer["act"]["organisation"])
        until = time.monotonic() + 180
        act = acts.show(self.ctx, operator, wanted, wait=30)
        while act["state"] not in SETTLED and time.monotonic() < until:
            act = acts.show(self.ctx, operator, wanted, wait=30)
        assert act["state"] in SETTLED, act
        return act

    def done(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The same for an act that must succeed."""
        act = self.settle(answer)
        assert act["state"] in ("included", "final"), act
        return act

    def done_all(self, answers: list[dict[str, Any]]) -> None:
        """The same for many at once."""
        self.sign_waiting()
        for answer in answers:
            self.done(answer)

    def catch_up(self) -> None:
        """Let the index reach the head."""
        assert self.ctx.follower is not None
        self.ctx.follower.catch_up()

    def document(self, **changes: Any) -> dict[str, Any]:
        """A valid document of chamber-cn for Australia, under a number of its own."""
        chamber = self.actors["chamber-cn"]
        number = changes.pop("number", f"T-{next(_numbers):06d}-{secrets.token_hex(3)}")
        return sample_document(number, issuer=chamber.identifier, **changes)

    def issue(self, *documents: dict[str, Any], by: str = "chamber-cn") -> list[dict[str, Any]]:
        """Issue documents (default: one) as one registered batch; gives `certificates` of the answer."""
        chosen = list(documents) or [self.document()]
        answer = issuing.issue(self.ctx, self.principal(by), chosen, ALWAYS)
        self.done(answer)
        certificates: list[dict[str, Any]] = answer["certificates"]
        return certificates

    def verify(self, name: str | None = None, **query: Any) -> dict[str, Any]:
        """A verification's report."""
        from ledger_app.access.principals import ANONYMOUS

        return verify(self.ctx, ANONYMOUS if name is None else self.principal(name), Query(**query))

    # --- onboarding ----------------------------------------------------------------------------------------

    def admission(self, actor: Actor) -> dict[str, Any]:
        """Ask the council to admit an actor."""
        roles = list(actor.roles)
        return members.admit(self.ctx, actor.identifier, actor.name, actor.territory, roles, ALWAYS)

    def grant(self, actor: Actor) -> dict[str, Any]:
        """Ask the council to grant an actor its key."""
        accepted = self.acceptance(actor)
        return members.grant_key(self.ctx, actor.identifier, actor.address, accepted, ALWAYS)

    def enrolment(self, actor: Actor) -> dict[str, Any]:
        """Ask the authority of its territory to enrol an actor."""
        by = self._authority(actor)
        return members.enrol(self.ctx, by, actor.identifier, actor.name, list(actor.roles), ALWAYS)

    def sponsored_key(self, actor: Actor) -> dict[str, Any]:
        """Ask the authority of its territory to add an actor's key."""
        accepted = self.acceptance(actor)
        by = self._authority(actor)
        return members.add_key(self.ctx, by, actor.identifier, actor.address, accepted, ALWAYS)

    def accreditation(self, name: str, scheme: str, kind: int = 1) -> dict[str, Any]:
        """Ask the authority of its territory to accredit an actor for a scheme."""
        actor = self.actors[name]
        by = self._authority(actor)
        return members.accredit(self.ctx, by, actor.identifier, scheme, kind, "2020-01-01", None, ALWAYS)

    def _authority(self, actor: Actor) -> Principal:
        return self.principal(f"authority-{actor.territory.lower()}")

    def acceptance(self, actor: Actor, key: bytes | None = None) -> Acceptance:
        """A key's consent to serve `actor` (default: the actor's own key)."""
        chosen = key or actor.key
        deadline = self.ctx.deadline()
        message = AcceptKey(organisation_id(actor.identifier), address_of(chosen), deadline)
        return Acceptance(deadline, to_hex(sign(message.digest(self._consortium()), chosen)))

    def seat_acceptance(self, actor: Actor) -> Acceptance:
        """A key's consent to a seat in the council."""
        deadline = self.ctx.deadline()
        message = AcceptSeat(actor.address, deadline)
        return Acceptance(deadline, to_hex(sign(message.digest(self._consortium()), actor.key)))

    def _consortium(self) -> Domain:
        return signing.domain_of(self.ctx, "Consortium")

    def _actor(self, name: str, territory: str, roles: tuple[str, ...]) -> Actor:
        actor = Actor(name, f"urn:test:{name}", territory, roles)
        self.actors[name] = actor
        return actor
