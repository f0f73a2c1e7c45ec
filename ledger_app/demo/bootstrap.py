"""Makes the demo's members on the ledger: admitted by votes, enrolled and accredited by their authority.

Each step looks first whether it is done, so that a start that was interrupted goes on where it stopped and a
second
start does nothing. Acts go through the API like anybody's, and each is signed by the signer it concerns.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from ledger_app import errors
from ledger_app.client import Client
from ledger_app.demo import cargo
from ledger_app.demo.members import AUTHORITY, CARRIER, CHAMBER, COUNCIL, EXPORTER, MEMBERS, SCHEMES, Member
from ledger_app.domain.act_states import DEAD
from ledger_app.domain.samples import DEMO_CONSIGNMENT, sample_document

DEMO_NUMBER = "DEMO-RCEP-0001"
_WAIT_SECONDS = 180

Progress = Callable[[str], None]


class Keys(Protocol):
    """Whoever can say what the members' keys have agreed to."""

    def acceptance(self, name: str) -> dict[str, Any]:
        """The key's signed agreement to serve its organisation: `{"key", "deadline", "signature"}`."""
        ...


class Desk:
    """One token's view of the service."""

    def __init__(self, url: str, token: str) -> None:
        self.client = Client(url, token, timeout=90)

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask for an act; gives the answer at once."""
        answer: dict[str, Any] = self.client.post(path, body)
        return answer

    def settled(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The act of an answer, once it is on the ledger. Raises ActRefused when it came to nothing."""
        act: dict[str, Any] = asked["act"]
        until = time.monotonic() + _WAIT_SECONDS
        while act["state"] != "final":
            if act["state"] in DEAD:
                raise errors.ActRefused(
                    _known(act["reason"]), f"{act['summary']}: {act['state']}, {act['reason']}"
                )
            if time.monotonic() > until:
                raise errors.Unavailable("DEMO_ACT_PENDING", f"{act['summary']} is still {act['state']}")
            act = self.client.get(f"/v1/acts/{act['id']}", wait=10)
        return act


def bring_up(desks: dict[str, Desk], signers: Keys, progress: Progress) -> None:
    """Bring all members onto the ledger, issue one certificate and report its voyage. Idempotent."""
    council, authority = desks[COUNCIL[0]], desks[AUTHORITY.slug]
    if _demo_is_up(desks):
        return
    progress("the council admits the authority, customs and the carrier")
    elected = [member for member in MEMBERS if member.by_council]
    _each(council, elected, _admission)
    _each(council, elected, lambda member, known: _council_key(member, known, signers))
    progress("the authority enrols and accredits the chamber and the exporter")
    enrolled = [member for member in MEMBERS if not member.by_council]
    _each(authority, enrolled, _enrolment)
    _each(authority, enrolled, lambda member, known: _sponsored_key(member, known, signers))
    for scheme in SCHEMES:
        _each(authority, [CHAMBER], partial(_accreditation, scheme))
    _certificate(desks, progress)


def demo_document() -> dict[str, Any]:
    """The certificate that the demo starts with."""
    return sample_document(
        DEMO_NUMBER,
        "RCEP",
        consignment=DEMO_CONSIGNMENT,
        issue_date=_days_ago(16).date(),
    )


def _days_ago(days: int) -> datetime:
    return (datetime.now(UTC) - timedelta(days=days)).replace(hour=6, minute=0, second=0, microsecond=0)


Step = Callable[[Member, dict[str, Any]], tuple[str, dict[str, Any]] | None]


def _each(desk: Desk, members: list[Member], step: Step) -> None:
    """Ask for what is missing of each member, all at once, then wait; once more for what a crash cut
    short."""
    for attempt in (1, 2):
        asked = []
        for member in members:
            wanted = step(member, _known_organisation(desk, member))
            if wanted is not None:
                asked.append(desk.ask(*wanted))
        if not asked:
            return
        try:
            for one in asked:
                desk.settled(one)
            _followed(desk, members, step)
            return
        except errors.ActRefused:
            # An act of an earlier start may have been carried out in between: look again before giving up.
            if attempt == 2:
                raise


def _followed(desk: Desk, members: list[Member], step: Step) -> None:
    """Wait until the index knows what the ledger says: roles are read from it."""
    until = time.monotonic() + _WAIT_SECONDS
    while any(step(member, _known_organisation(desk, member)) is not None for member in members):
        if time.monotonic() > until:
            raise errors.Unavailable("DEMO_ACT_PENDING", "the index does not follow the ledger")
        time.sleep(0.05)


def _known_organisation(desk: Desk, member: Member) -> dict[str, Any]:
    try:
        found: dict[str, Any] = desk.client.get(f"/v1/organisations/{member.identifier}")
    except errors.NotFound as unknown:
        if unknown.reason != "ORGANISATION_UNKNOWN_HERE":
            raise
        return {"roles": [], "keys": [], "accreditations": []}
    return found


def _admission(member: Member, known: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if set(member.roles) <= set(known["roles"]):
        return None
    return "/v1/council/acts", {
        "act": "admit",
        "organisation": member.identifier,
        "name": member.name,
        "territory": member.territory,
        "roles": list(member.roles),
    }


def _council_key(member: Member, known: dict[str, Any], signers: Keys) -> tuple[str, dict[str, Any]] | None:
    if known["keys"]:
        return None
    accepted = signers.acceptance(member.slug)
    return "/v1/council/acts", {
        "act": "grantKey",
        "organisation": member.identifier,
        "key": accepted["key"],
        "acceptance": {"deadline": accepted["deadline"], "signature": accepted["signature"]},
    }


def _enrolment(member: Member, known: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if set(member.roles) <= set(known["roles"]):
        return None
    return f"/v1/organisations/{member.identifier}/enrolment", {
        "name": member.name,
        "roles": list(member.roles),
    }


def _sponsored_key(member: Member, known: dict[str, Any], signers: Keys) -> tuple[str, dict[str, Any]] | None:
    if known["keys"]:
        return None
    accepted = signers.acceptance(member.slug)
    return f"/v1/organisations/{member.identifier}/keys", {
        "key": accepted["key"],
        "acceptance": {"deadline": accepted["deadline"], "signature": accepted["signature"]},
    }


def _accreditation(scheme: str, member: Member, known: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if any(right["scheme"] == scheme for right in known["accreditations"]):
        return None
    return f"/v1/organisations/{member.identifier}/accreditation", {"scheme": scheme, "kind": 1}


def _certificate(desks: dict[str, Desk], progress: Progress) -> None:
    chamber, carrier = desks[CHAMBER.slug], desks[CARRIER.slug]
    if not _issued(chamber):
        progress(f"the chamber issues {DEMO_NUMBER}")
        chamber.settled(chamber.ask("/v1/certificates", {"documents": [demo_document()]}))
    if not carrier.client.get("/v1/cargo/streams")["streams"]:
        progress("the carrier reports the voyage")
        carrier.client.post_raw(
            "/v1/epcis/capture",
            json.dumps(cargo.voyage(_days_ago(14))).encode(),
            "application/ld+json",
            consignment=DEMO_CONSIGNMENT,
        )
    _anchored(carrier)


def _anchored(carrier: Desk) -> None:
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        streams = carrier.client.get("/v1/cargo/streams")["streams"]
        if streams and all(stream["anchored"] == stream["events"] for stream in streams):
            return
        if time.monotonic() > until:
            raise errors.Unavailable("DEMO_ACT_PENDING", "the voyage is not anchored")
        time.sleep(0.05)


def _issued(chamber: Desk) -> bool:
    rows = chamber.client.get("/v1/certificates", number=DEMO_NUMBER)["certificates"]
    return any(row["state"] not in DEAD for row in rows)


def _demo_is_up(desks: dict[str, Desk]) -> bool:
    """Whether nothing is left to do: the last step was done, and it needed all before."""
    try:
        rows = desks[CHAMBER.slug].client.get("/v1/certificates", number=DEMO_NUMBER)["certificates"]
        streams = desks[CARRIER.slug].client.get("/v1/cargo/streams")["streams"]
        known = _known_organisation(desks[CHAMBER.slug], EXPORTER)
    except errors.NotPermitted:
        return False
    issued = any(row["state"] == "final" for row in rows)
    return (
        issued and bool(known["keys"]) and any(stream["anchored"] == stream["events"] for stream in streams)
    )


def _known(reason: str | None) -> str:
    from ledger_app.reasons import REASONS

    return reason if reason in REASONS else "DEMO_ACT_PENDING"
