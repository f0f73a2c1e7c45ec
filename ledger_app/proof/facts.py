"""What a verification takes from outside: the pinned ledger, what it said, and what is asked.

Plain frozen data, so that the judgement (`proof.check`) stays pure. The chain's gateway fills `Facts` from
one lookup. Times are Unix seconds, days count from 1970-01-01, ids are bytes, addresses lower-case `0x…`.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ledger_app.domain.standing import AccreditationKind, ClaimState, Role, Status

Outcome = Literal["passed", "failed", "warning", "not-checked", "cannot-tell"]


@dataclass(frozen=True, slots=True)
class Pin:
    """The one ledger that the verifier trusts. `predecessors` are sealed registries whose records this one
    reads."""

    chain_id: int
    genesis: bytes
    registry: str
    predecessors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchFact:
    """A registered batch: the key that signed, the block's time, the count claimed, the accreditation's kind
    then."""

    key: str
    time: int
    count: int
    kind: AccreditationKind


@dataclass(frozen=True, slots=True)
class ConfirmationFact:
    """The issuer's confirmation of a batch under another key."""

    key: str
    time: int


@dataclass(frozen=True, slots=True)
class StandingFact:
    """What happened to the leaf since; the defaults say: nothing."""

    status: Status = Status.GOOD
    reason: int = 0
    epoch: int = 0
    used: int = 0
    time: int = 0


@dataclass(frozen=True, slots=True)
class ClaimFact:
    """What one customs organisation did to the leaf for the claim that was asked about."""

    state: ClaimState = ClaimState.NONE
    units: int = 0
    reason: int = 0
    time: int = 0


@dataclass(frozen=True, slots=True)
class OrganisationFact:
    """A member as the ledger knows it."""

    territory: bytes
    roles: Role
    since: int


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A key's life: valid from `since` until `until` (0 = still)."""

    since: int
    until: int = 0
    disowned: bool = False
    disowned_since: int = 0


@dataclass(frozen=True, slots=True)
class AccreditationFact:
    """The issuer's present accreditation for the scheme; kind NONE = none now. `until_day` 0 = open."""

    kind: AccreditationKind
    from_day: int = 0
    until_day: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the pinned ledger said about one leaf at one block. `batch` None: nothing is registered under
    `batch_id`.

    `disowned`: the batch's key is disowned from before its time, and no confirmation by a good key followed.
    `age_seconds`: how old the block was when it was read, by the reader's clock.
    """

    leaf: bytes
    batch_id: bytes
    block: int
    time: int
    age_seconds: int
    batch: BatchFact | None = None
    confirmation: ConfirmationFact | None = None
    disowned: bool = False
    standing: StandingFact = field(default_factory=StandingFact)
    predecessor: bytes | None = None
    claim: ClaimFact | None = None
    organisation: OrganisationFact | None = None
    key: KeyFact | None = None
    accreditation: AccreditationFact | None = None


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """One numbered step of a verification, as the report shows it. `reason` is a code of
    `ledger_app.reasons`, or ""."""

    number: int
    name: str
    outcome: Outcome
    reason: str = ""
    detail: str = ""
    next: str = ""

    def to_json(self) -> dict[str, str | int]:
        """`{number, name, outcome, reason, detail, next}`."""
        return {
            "number": self.number,
            "name": self.name,
            "outcome": self.outcome,
            "reason": self.reason,
            "detail": self.detail,
            "next": self.next,
        }


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a bundle.

    `at`: the day of presentation, by which validity is judged. `max_age_seconds`: older ledger data tells
    nothing.
    `content` and `cargo`: the outcomes of steps 9 and 10, which others judge; None = not checked.
    """

    at: date
    max_age_seconds: int = 3600
    content: StepOutcome | None = None
    cargo: StepOutcome | None = None
