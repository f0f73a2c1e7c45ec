"""May this be signed? Every request is rebuilt from what it shows, compared, and held against the signer's
limits.

`decide` is the only door: domain and deadline first, then the rules of the kind, then the counts of the day.
It raises a
`LedgerError` whose reason the service is told; it returns what to remember and words for people.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ledger_app import errors
from ledger_app.domain.terms import organisation_id
from ledger_app.domain.words import printable
from ledger_app.proof.canonical import JsonObject
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.typed_data import STATEMENTS, Act
from ledger_app.signer.journal import Entry, Journal
from ledger_app.signer.requests import Request, member
from ledger_app.signer.settings import SignerSettings

if TYPE_CHECKING:
    from ledger_app.signer.own_node import OwnNode

_CLOCK_TOLERANCE = 120


@dataclass(frozen=True, slots=True)
class Desk:
    """Who signs: settings, the key's address (`0x…`), what was signed before, the time now (Unix seconds),
    and a council seat's own node."""

    settings: SignerSettings
    address: str
    journal: Journal
    now: int
    node: "OwnNode | None" = None

    @property
    def own(self) -> bytes:
        """The organisation id of this signer. Raises NotPermitted for a council seat, which has none."""
        if self.settings.organisation is None:
            raise refused("SIGNER_ACT_NOT_ALLOWED", "a council seat acts for no organisation")
        return organisation_id(self.settings.organisation)

    @property
    def day(self) -> int:
        return self.now // 86_400


@dataclass(slots=True)
class Finding:
    """What the rules of a kind found: words for people and what the journal must remember."""

    words: str
    certificates: list[tuple[str, str]] = field(default_factory=list)
    batch: tuple[str, str] | None = None
    stream: tuple[str, str, str, int] | None = None
    stated: JsonObject | None = None
    claim_secret: str | None = None


Rule = Callable[[Request, Desk], Finding]


def decide(request: Request, desk: Desk) -> Entry:
    """The journal entry under which `request` may be signed. Raises a LedgerError with the reason where it
    may not."""
    limits, pins = desk.settings.limits, desk.settings.pins
    if request.kind not in limits.acts:
        raise refused("SIGNER_ACT_NOT_ALLOWED", f"acts of the kind {request.kind} are not signed here")
    wanted = request.message.CONTRACT
    if (
        request.contract != wanted
        or request.domain.chain_id != pins.chain_id
        or request.domain.contract != pins.contract(wanted)
    ):
        raise refused(
            "SIGNER_OTHER_LEDGER",
            f"asked for chain {request.domain.chain_id}, contract {request.domain.contract}; "
            f"this signer signs {request.kind} for chain {pins.chain_id}, contract {pins.contract(wanted)}",
        )
    _check_deadline(request, desk)
    found = _rule(request.message)(request, desk)
    digest = request.digest
    if not desk.journal.holds(to_hex(digest)):
        _check_counts(request.kind, found, desk)
    return Entry(
        digest=to_hex(digest),
        kind=request.kind,
        request=request.id,
        words=found.words,
        certificates=found.certificates,
        batch=found.batch,
        stream=found.stream,
        stated=found.stated,
        claim_secret=found.claim_secret,
    )


def refused(reason: str, detail: str) -> errors.NotPermitted:
    return errors.NotPermitted(reason, detail)


def must_equal(field: str, said: object, rebuilt: object) -> None:
    """Raises NotPermitted SIGNER_FIELD_DIFFERS when the message does not say what the documents do."""
    if said != rebuilt:
        raise refused(
            "SIGNER_FIELD_DIFFERS",
            f"{field} is {_shown(said)} in the message, and {_shown(rebuilt)} by what was shown",
        )


def named(request: Request, who: str) -> bytes:
    """The organisation id of the identifier that the evidence names as `who`. Raises BadInput when there is
    none."""
    return organisation_id(member(request.evidence, who, str))


def when(seconds: int) -> str:
    """A Unix time for people: `2026-11-22 14:05 UTC`."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return f"Unix time {seconds}"


def _check_deadline(request: Request, desk: Desk) -> None:
    message = request.message
    limits = desk.settings.limits
    deadline = message.deadline if "deadline" in message.SOLIDITY else message.expires
    if deadline < desk.now - _CLOCK_TOLERANCE:
        raise refused("SIGNER_DEADLINE", f"the deadline {when(deadline)} has passed")
    most = desk.now + (limits.statement_seconds if request.kind in STATEMENTS else limits.deadline_seconds)
    if deadline > most + _CLOCK_TOLERANCE:
        raise refused("SIGNER_DEADLINE", f"the deadline {when(deadline)} lies beyond {when(most)}")


def _check_counts(kind: str, found: Finding, desk: Desk) -> None:
    limits, journal = desk.settings.limits, desk.journal
    most = limits.per_day.get(kind)
    if most is not None and journal.acts_on(desk.day, kind) >= most:
        raise refused(
            "SIGNER_DAILY_LIMIT",
            f"{most} acts of the kind {kind} were signed today, the limit of this signer",
        )
    if len(found.certificates) > limits.certificates_per_batch:
        raise refused(
            "SIGNER_BATCH_LIMIT",
            f"{len(found.certificates)} in a batch; the limit is {limits.certificates_per_batch}",
        )
    fresh = sum(journal.leaf_of(number) is None for number, _ in found.certificates)
    if fresh and journal.certificates_on(desk.day) + fresh > limits.certificates_per_day:
        raise refused(
            "SIGNER_DAILY_LIMIT",
            f"{journal.certificates_on(desk.day)} certificates were signed today; {fresh} more would pass "
            f"the limit of {limits.certificates_per_day}",
        )


def _rule(message: Act) -> Rule:
    # Imported when first asked for: a council seat never needs documents, an issuing body never an ABI
    # decoder.
    kind = type(message).__name__
    if kind in STATEMENTS:
        from ledger_app.signer import rules_statements

        return rules_statements.RULES[kind]
    if message.CONTRACT == "CargoLog":
        from ledger_app.signer import rules_cargo

        return rules_cargo.anchor
    if message.CONTRACT == "Consortium":
        from ledger_app.signer import rules_members

        return rules_members.RULES[kind]
    from ledger_app.signer import rules_certificates, rules_customs, rules_enquiries

    return (rules_certificates.RULES | rules_customs.RULES | rules_enquiries.RULES)[kind]


def _shown(value: object) -> str:
    return to_hex(value) if isinstance(value, bytes) else printable(value, 200)
