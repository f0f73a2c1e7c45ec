"""Acts about members: the council's votes, the authorities' acts, and the keys of organisations."""

import secrets
from dataclasses import dataclass
from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.chain.calls import acceptance as acceptance_tuple
from ledger_app.chain.calls import council_call
from ledger_app.domain.standing import AUTHORITY_ROLES, COUNCIL_ROLES, AccreditationKind, Role, parse_roles
from ledger_app.domain.terms import day_number, scheme_id, territory_id
from ledger_app.errors import BadInput, Conflict, NotPermitted
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.typed_data import (
    AcceptKey,
    AcceptSeat,
    Accredit,
    AddKey,
    Enrol,
    MemberPause,
    RetireKey,
    Vote,
    recover,
)
from ledger_app.services.acts import CONSORTIUM, Draft, own_organisation, record
from ledger_app.services.context import Once, Services
from ledger_app.services.names import identifier_of, member_of
from ledger_app.services.registering import record_name
from ledger_app.services.signing import domain_of
from ledger_app.store import acts

_MEMBER_PAUSE_SECONDS = 72 * 3600


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A key's or member's consent: AcceptKey or AcceptSeat, signed by the address itself (64 bytes, 0x…)."""

    deadline: int
    signature: str

    def as_tuple(self) -> tuple[int, tuple[bytes, bytes]]:
        """As the contract takes it."""
        return acceptance_tuple(
            self.deadline, from_hex(self.signature, 64, field="acceptance", any_case=True)
        )


# --- the council -----------------------------------------------------------------------------------------


def admit(
    ctx: Services, identifier: str, name: str, territory: str, roles: list[str], once: Once
) -> dict[str, Any]:
    """Ask the council to record an organisation and set its council-granted roles (none takes them all)."""
    held = _roles(roles, COUNCIL_ROLES)
    organisation = record_name(ctx, identifier, name, territory)
    call = council_call("admit", from_hex(organisation, 32), territory_id(territory), int(held))
    words = f"Admit {name} ({identifier}, {territory}): {', '.join(held.names) or 'no role'}"
    return _vote(ctx, call, words, [identifier], organisation, once)


def grant_key(
    ctx: Services, organisation: str, key: str, acceptance: Acceptance, once: Once
) -> dict[str, Any]:
    """Ask the council to give an organisation a key, which has accepted."""
    found = member_of(ctx, organisation)
    address = _accepted_key(ctx, found.organisation, key, acceptance)
    call = council_call("grantKey", from_hex(found.organisation, 32), address, acceptance.as_tuple())
    return _vote(
        ctx, call, f"Give {found.name} the key {address}", [found.identifier], found.organisation, once
    )


def end_key(ctx: Services, organisation: str, key: str, once: Once) -> dict[str, Any]:
    """Ask the council to end a key from now on."""
    found, address = member_of(ctx, organisation), _address(key)
    call = council_call("endKey", from_hex(found.organisation, 32), address)
    return _vote(
        ctx, call, f"End the key {address} of {found.name}", [found.identifier], found.organisation, once
    )


def disown(ctx: Services, organisation: str, key: str, since: int, once: Once) -> dict[str, Any]:
    """Ask the council to disown a key since a time (Unix seconds) that is not in the future."""
    found, address = member_of(ctx, organisation), _address(key)
    call = council_call("disown", from_hex(found.organisation, 32), address, since)
    words = f"Disown the key {address} of {found.name} since {since}"
    return _vote(ctx, call, words, [found.identifier], found.organisation, once)


def set_council(
    ctx: Services, seats: list[str], threshold: int, acceptances: list[Acceptance], once: Once
) -> dict[str, Any]:
    """Ask the council to seat a new one. `acceptances`: one for each newcomer, in the order of `seats`."""
    addresses = [_address(seat) for seat in seats]
    sitting = {member.lower() for member in ctx.gateway.council().members}
    newcomers = [address for address in addresses if address not in sitting]
    if len(newcomers) != len(acceptances):
        raise BadInput(
            "ACCEPTANCE_COUNT_WRONG", f"{len(newcomers)} newcomers, {len(acceptances)} acceptances."
        )
    for address, acceptance in zip(newcomers, acceptances, strict=True):
        digest = AcceptSeat(address, acceptance.deadline).digest(domain_of(ctx, CONSORTIUM))
        _check_acceptance(digest, address, acceptance)
    call = council_call("setCouncil", addresses, threshold, [each.as_tuple() for each in acceptances])
    return _vote(ctx, call, f"Seat a council of {len(addresses)}, {threshold} of whom agree", [], None, once)


def pause_for(ctx: Services, seconds: int, once: Once) -> dict[str, Any]:
    """Ask the council to stop issue, supersede, acquit, consume and anchor for a while."""
    return _vote(ctx, council_call("pauseFor", seconds), f"Pause for {seconds} seconds", [], None, once)


def unpause(ctx: Services, once: Once) -> dict[str, Any]:
    """Ask the council to end the pause."""
    return _vote(ctx, council_call("unpause"), "End the pause", [], None, once)


def seal(ctx: Services, contract: str, once: Once) -> dict[str, Any]:
    """Ask the council to end a contract (name or address) for ever."""
    target = _address(contract) if contract.startswith("0x") else _contract_address(ctx, contract)
    return _vote(ctx, council_call("seal", target), f"Seal {contract} for ever", [], None, once)


def member_pause(ctx: Services, principal: Principal, seconds: int, once: Once) -> dict[str, Any]:
    """Ask one council member for its own signature to pause, at most 72 hours."""
    if principal.member is None:
        raise NotPermitted("NOT_COUNCIL_MEMBER")
    if not 1 <= seconds <= _MEMBER_PAUSE_SECONDS:
        raise BadInput("PAUSE_INVALID", f"A member pauses for 1 to {_MEMBER_PAUSE_SECONDS} seconds.")
    until = ctx.now() + seconds
    draft = Draft(
        desk=principal.member,
        message=MemberPause(principal.member, until, ctx.gateway.council().epoch, min(ctx.deadline(), until)),
        summary=f"Pause the ledger until {until}",
    )
    return _recorded(ctx, draft, once)


# --- authorities -----------------------------------------------------------------------------------------


def enrol(
    ctx: Services, principal: Principal, identifier: str, name: str, roles: list[str], once: Once
) -> dict[str, Any]:
    """Ask the authority for its signature to set an organisation's ISSUER, EXPORTER and AGENT roles."""
    held = _roles(roles, AUTHORITY_ROLES)
    authority = own_organisation(principal)
    organisation = record_name(ctx, identifier, name, principal.territory or "", replace=False)
    epoch = ctx.gateway.organisation(from_hex(organisation, 32)).epoch
    draft = Draft(
        desk=authority,
        message=Enrol(from_hex(authority, 32), from_hex(organisation, 32), int(held), epoch, ctx.deadline()),
        summary=f"Enrol {name}: {', '.join(held.names) or 'no role'}",
        subject=organisation,
        evidence={"plain": {"organisation": identifier, "name": name}},
    )
    return _recorded(ctx, draft, once)


def accredit(
    ctx: Services,
    principal: Principal,
    organisation: str,
    scheme: str,
    kind: int,
    from_day: str | None,
    until_day: str | None,
    once: Once,
) -> dict[str, Any]:
    """Ask the authority for its signature to accredit an organisation for a scheme, or to withdraw that (kind
    0).

    Days are `YYYY-MM-DD`, None = not stated.
    """
    found = member_of(ctx, organisation)
    authority = own_organisation(principal)
    try:
        right = AccreditationKind(kind)
    except ValueError:
        raise BadInput("ACCREDITATION_INVALID", "A kind is a number from 0 to 4.") from None
    subject = from_hex(found.organisation, 32)
    epoch = ctx.gateway.accreditation(subject, scheme_id(scheme)).epoch
    first = 0 if from_day is None else day_number(from_day)
    last = 0 if until_day is None else day_number(until_day)
    draft = Draft(
        desk=authority,
        message=Accredit(
            from_hex(authority, 32), subject, scheme_id(scheme), kind, first, last, epoch, ctx.deadline()
        ),
        summary=f"Accredit {found.name} under {scheme}: {right.words}",
        subject=found.organisation,
        evidence={"plain": {"organisation": found.identifier, "name": found.name}},
    )
    return _recorded(ctx, draft, once)


# --- keys ------------------------------------------------------------------------------------------------


def add_key(
    ctx: Services, principal: Principal, organisation: str, key: str, acceptance: Acceptance, once: Once
) -> dict[str, Any]:
    """Ask the sponsor (the organisation itself, or its authority) for its signature to add an accepted
    key.
    """
    found = member_of(ctx, organisation)
    sponsor = own_organisation(principal)
    if sponsor != found.organisation and Role.AUTHORITY not in principal.roles:
        raise NotPermitted("NOT_ENTITLED")
    address = _accepted_key(ctx, found.organisation, key, acceptance)
    draft = Draft(
        desk=sponsor,
        message=AddKey(from_hex(sponsor, 32), from_hex(found.organisation, 32), address, ctx.deadline()),
        summary=f"Give {found.name} the key {address}",
        subject=found.organisation,
        call={"acceptance": {"deadline": acceptance.deadline, "signature": acceptance.signature.lower()}},
        evidence={"plain": {"organisation": found.identifier, "name": found.name}},
    )
    return _recorded(ctx, draft, once)


def retire_key(ctx: Services, principal: Principal, key: str, once: Once) -> dict[str, Any]:
    """Ask the organisation for the signature of another of its keys to retire `key`, for ever."""
    organisation = own_organisation(principal)
    address = _address(key)
    identifier = identifier_of(ctx, organisation)
    draft = Draft(
        desk=organisation,
        message=RetireKey(from_hex(organisation, 32), address, ctx.deadline()),
        summary=f"Retire the key {address}",
        subject=organisation,
        evidence={"plain": {"organisation": identifier}},
    )
    return _recorded(ctx, draft, once)


def _vote(
    ctx: Services,
    call: bytes,
    words: str,
    organisations: list[str],
    subject: str | None,
    once: Once,
) -> dict[str, Any]:
    council = ctx.gateway.council()
    expires = ctx.now() + ctx.settings.vote_expiry_seconds
    draft = Draft(
        desk=acts.COUNCIL,
        message=Vote(call, secrets.token_bytes(32), council.epoch, expires),
        summary=words,
        subject=subject,
        evidence={"plain": {"organisations": organisations}},
        needed=council.threshold,
    )
    return _recorded(ctx, draft, once)


def _recorded(ctx: Services, draft: Draft, once: Once) -> dict[str, Any]:
    answer: dict[str, Any] = once.run(ctx.store, lambda conn: {"act": record(ctx, conn, draft)})
    return answer


def _roles(names: list[str], grantable: Role) -> Role:
    try:
        roles = parse_roles(names)
    except ValueError as unknown:
        raise BadInput("ROLES_NOT_GRANTABLE", str(unknown)) from None
    if roles & ~grantable:
        raise BadInput(
            "ROLES_NOT_GRANTABLE", f"Only these can be granted here: {', '.join(grantable.names)}."
        )
    return roles


def _accepted_key(ctx: Services, organisation: str, key: str, acceptance: Acceptance) -> str:
    address = _address(key)
    message = AcceptKey(from_hex(organisation, 32), address, acceptance.deadline)
    _check_acceptance(message.digest(domain_of(ctx, CONSORTIUM)), address, acceptance)
    if acceptance.deadline < ctx.now():
        raise Conflict("DEADLINE_PASSED", "The key's acceptance has run out.")
    return address


def _check_acceptance(digest: bytes, address: str, acceptance: Acceptance) -> None:
    signature = from_hex(acceptance.signature, 64, field="acceptance", any_case=True)
    if recover(digest, signature) != address:
        raise BadInput("ACCEPTANCE_FOREIGN", f"The acceptance was not signed by {address}.")


def _address(text: str) -> str:
    return to_hex(from_hex(text, 20, field="address", any_case=True))


def _contract_address(ctx: Services, name: str) -> str:
    try:
        return ctx.pin.address(name)
    except KeyError:
        raise BadInput(
            "SEAL_INVALID", "The contracts are Consortium, CertificateRegistry and CargoLog."
        ) from None
