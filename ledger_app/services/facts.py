"""From what the gateway answered to what a verification takes."""

from ledger_app.chain.facts import Lookup, Record
from ledger_app.config import LedgerPin
from ledger_app.domain.standing import AccreditationKind, ClaimState, Role, Status
from ledger_app.domain.terms import day_date
from ledger_app.errors import BadInput, NodeUnavailable
from ledger_app.proof.facts import (
    AccreditationFact,
    BatchFact,
    ClaimFact,
    ConfirmationFact,
    Facts,
    KeyFact,
    OrganisationFact,
    Pin,
    StandingFact,
)
from ledger_app.proof.hexes import from_hex

_ZERO = bytes(32)
_SECONDS_A_DAY = 86_400


def proof_pin(pin: LedgerPin) -> Pin:
    """The pin as the pure judgement takes it."""
    return Pin(pin.chain_id, from_hex(pin.genesis.lower(), 32), pin.address("CertificateRegistry"))


def facts_of(leaf: bytes, batch_id: bytes, seen: Lookup, record: Record, *, claimed: bool) -> Facts:
    """The facts about one leaf from its record. `claimed`: a claim was asked about.

    Raises NodeUnavailable for what no contract of ours answers.
    """
    try:
        for time in (record.batch.time, record.standing.time):
            day_date(time // _SECONDS_A_DAY)
        return _facts(leaf, batch_id, seen, record, claimed=claimed)
    except (BadInput, ValueError) as bad:
        raise NodeUnavailable("NODE_UNAVAILABLE", f"the node's answer makes no sense: {bad}") from bad


def _facts(leaf: bytes, batch_id: bytes, seen: Lookup, record: Record, *, claimed: bool) -> Facts:
    batch, standing, key, right = record.batch, record.standing, record.key, record.accreditation
    return Facts(
        leaf=leaf,
        batch_id=batch_id,
        block=seen.block,
        time=seen.time,
        age_seconds=int(seen.age_seconds),
        batch=BatchFact(batch.key, batch.time, batch.count, AccreditationKind(batch.kind))
        if batch.time
        else None,
        confirmation=ConfirmationFact(record.confirmation.key, record.confirmation.time)
        if record.confirmation.time
        else None,
        disowned=record.disowned,
        standing=StandingFact(
            Status(standing.status), standing.reason, standing.epoch, standing.used, standing.time
        ),
        predecessor=None if record.predecessor == _ZERO else record.predecessor,
        claim=ClaimFact(
            ClaimState(record.claim.state), record.claim.units, record.claim.reason, record.claim.time
        )
        if claimed
        else None,
        organisation=OrganisationFact(
            record.organisation.territory, Role(record.organisation.roles), record.organisation.since
        )
        if record.organisation.since
        else None,
        key=KeyFact(key.since, key.until, key.disowned, key.disowned_since) if key.since else None,
        accreditation=AccreditationFact(AccreditationKind(right.kind), right.from_day, right.until_day),
    )
