"""Rules for acts of members upon members: keys, enrolment, accreditation, and the council's votes."""

from ledger_app.domain.standing import AUTHORITY_ROLES, AccreditationKind, Role
from ledger_app.domain.terms import day_date, organisation_id, scheme_code
from ledger_app.domain.words import printable
from ledger_app.signer import council_calls
from ledger_app.signer.requests import Request, unreadable
from ledger_app.signer.rules import Desk, Finding, Rule, must_equal, named, refused, when


def enrol(request: Request, desk: Desk) -> Finding:
    message = request.message
    must_equal("authority", message.authority, desk.own)
    roles = Role(message.roles)
    if roles & ~AUTHORITY_ROLES:
        raise refused("SIGNER_FIELD_DIFFERS", "an authority grants the roles issuer, exporter and agent only")
    granted = ", ".join(roles.names) or "no role (all are taken)"
    return Finding(f"Enrol {_about(request)}: {granted}")


def accredit(request: Request, desk: Desk) -> Finding:
    message = request.message
    must_equal("authority", message.authority, desk.own)
    code = scheme_code(message.scheme)
    allowed = desk.settings.limits.schemes
    if allowed and code not in allowed:
        raise refused("SIGNER_SCHEME_NOT_ALLOWED", f"this signer does not accredit under {code}")
    if message.kind not in list(AccreditationKind):
        raise refused("SIGNER_FIELD_DIFFERS", f"there is no accreditation of kind {message.kind}")
    if message.until_day and message.until_day < message.from_day:
        raise refused("SIGNER_FIELD_DIFFERS", "the accreditation ends before it begins")
    since, until = day_date(message.from_day), day_date(message.until_day)
    period = f"from {since or 'the start'} until {until or 'further notice'}"
    return Finding(
        f"Accredit {_about(request)} under {code}, {AccreditationKind(message.kind).words}, {period}"
    )


def accept_key(request: Request, desk: Desk) -> Finding:
    must_equal("organisation", request.message.organisation, desk.own)
    must_equal("key", request.message.key, desk.address)
    return Finding(f"Accept that this key, {desk.address}, serves {desk.settings.organisation} for ever")


def add_key(request: Request, desk: Desk) -> Finding:
    must_equal("sponsor", request.message.sponsor, desk.own)
    return Finding(f"Give {_about(request)} the key {request.message.key}")


def retire_key(request: Request, desk: Desk) -> Finding:
    must_equal("organisation", request.message.organisation, desk.own)
    if request.message.key == desk.address:
        raise refused("SIGNER_OWN_KEY", "a key does not retire itself")
    return Finding(f"Retire our key {request.message.key} for ever")


def accept_seat(request: Request, desk: Desk) -> Finding:
    must_equal("member", request.message.member, desk.address)
    return Finding(f"Accept a seat in the council for this key, {desk.address}")


def member_pause(request: Request, desk: Desk) -> Finding:
    must_equal("member", request.message.member, desk.address)
    return Finding(f"Pause the ledger until {when(request.message.until)}")


def vote(request: Request, desk: Desk) -> Finding:
    call = council_calls.decode(request.message.call)
    allowed = desk.settings.limits.council_calls
    if allowed and call.name not in allowed:
        raise refused("SIGNER_ACT_NOT_ALLOWED", f"this seat does not vote for {call.name}")
    names = _names(request)
    if call.organisation is not None and call.organisation not in names:
        raise refused(
            "SIGNER_FIELD_DIFFERS", "no identifier shown leads to the organisation that the call is about"
        )
    proposal = council_calls.words(call, names)
    until = when(request.message.expires)
    return Finding(f"Vote in epoch {request.message.epoch}, until {until}: {proposal}")


def _names(request: Request) -> dict[bytes, str]:
    listed = request.evidence.get("organisations", [])
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise unreadable("organisations")
    return {organisation_id(str(name)): str(name) for name in listed}


def _about(request: Request) -> str:
    """The organisation that the act is about: its identifier, whose hash must be the message's, before the
    name, which nothing binds."""
    identifier = named(request, "organisation")
    must_equal("organisation", request.message.organisation, identifier)
    name = request.evidence.get("name")
    shown = printable(request.evidence["organisation"])
    return f"{shown} ({printable(name, 60)})" if isinstance(name, str) and name else shown


RULES: dict[str, Rule] = {
    "Enrol": enrol,
    "Accredit": accredit,
    "AcceptKey": accept_key,
    "AddKey": add_key,
    "RetireKey": retire_key,
    "AcceptSeat": accept_seat,
    "MemberPause": member_pause,
    "Vote": vote,
}
