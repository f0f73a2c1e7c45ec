"""What the state of a certificate means: its standing in words, what is left of it, and who may do what next.

Pure, from the facts of the ledger. It mirrors the rules of the contracts (docs/protocol.md §7) so that a
page or a service can tell beforehand what a contract would refuse; the contract decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from ledger_app.domain.codelists import territory_name
from ledger_app.domain.standing import ClaimState, Role, Standing, Status, gravest


@dataclass(frozen=True, slots=True)
class Life:
    """The facts about one certificate. Units are whole numbers of the document's `allowance.unit`.

    `used`: units used up, withdrawals already deducted. `key_disowned`: the batch's key is disowned as of its
    issuing and the issuer has not confirmed the batch since. `destination`: None for any. `valid_until`:
    None for not stated. `item_allowances` and `item_used`: by item number, empty for a whole allowance.
    `sealed`: the registry takes no more acts. `paused`: acts that issue or use up are stopped.
    """

    status: Status
    allowance: int
    used: int
    valid_from: date
    valid_until: date | None = None
    key_disowned: bool = False
    destination: str | None = None
    item_allowances: Mapping[int, int] = field(default_factory=dict)
    item_used: Mapping[int, int] = field(default_factory=dict)
    paused: bool = False
    sealed: bool = False

    @property
    def remaining(self) -> int:
        """Units left, never below zero."""
        return max(self.allowance - self.used, 0)

    @property
    def item_remaining(self) -> dict[int, int]:
        """Units left of each item that has an allowance of its own."""
        return {
            number: max(units - self.item_used.get(number, 0), 0)
            for number, units in self.item_allowances.items()
        }

    @property
    def may_be_used(self) -> bool:
        """Customs may acquit it now, as far as the ledger knows: validity dates are for customs to judge."""
        return self.status is Status.GOOD and not self.key_disowned and self.remaining > 0


def standing(life: Life, at: date | None = None, *, own_claim: ClaimState = ClaimState.NONE) -> Standing:
    """The standing to show. `at`: the day of presentation; None leaves validity dates out.

    `own_claim`: the state of the caller's own claim. What they used up themselves is not "used up" to them.
    """
    found = [life.status.standing]
    if life.key_disowned:
        found.append(Standing.ISSUER_KEY_DISOWNED)
    if at and at < life.valid_from:
        found.append(Standing.NOT_YET_VALID)
    if at and life.valid_until and at > life.valid_until:
        found.append(Standing.EXPIRED)
    if life.remaining == 0 and own_claim is not ClaimState.ACQUITTED:
        found.append(Standing.USED_UP)
    return gravest(found)


def use_words(life: Life, unit: str = "certificate") -> str:
    """How much is used, in words."""
    if life.used == 0:
        return "Not used yet."
    if life.remaining == 0:
        return "Used up."
    return f"{life.used} of {life.allowance} {unit} used, {life.remaining} left."


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking. `roles` and `territory` as on the ledger; `is_issuer`: of this very certificate.

    `accredited`: for this certificate's scheme, today. `name`: which organisation, where that matters.
    """

    roles: Role
    territory: str
    is_issuer: bool = False
    accredited: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Possibility:
    """Whether an act is possible now; `reason` says why not, and is empty when it is."""

    act: str
    possible: bool
    reason: str = ""


# Acts that a pause stops: those that issue or use up. What limits or explains stays possible.
PAUSABLE: Final = frozenset({"supersede", "acquit", "consume"})
ACTS: Final = (
    "suspend",
    "reinstate",
    "revoke",
    "supersede",
    "confirm",
    "acquit",
    "withdraw",
    "refuse",
    "consume",
    "enquire",
)


def possibilities(life: Life, actor: Actor, *, claim: ClaimState = ClaimState.NONE) -> list[Possibility]:
    """Every act on a certificate, in the order of ACTS, with why it is not possible for `actor` now.

    `claim`: the state of the import claim that acquit, withdraw or refuse would name.
    """
    found: list[Possibility] = []
    for act in ACTS:
        reason = not_entitled(act, life, actor) or not_now(act, life, claim)
        found.append(Possibility(act, not reason, reason))
    return found


def not_entitled(act: str, life: Life, actor: Actor) -> str:
    """Why `actor` may never do this to the certificate, in words; empty when they may."""
    if act in ("suspend", "reinstate", "revoke", "supersede", "confirm"):
        return _not_as_issuer(act, actor)
    if act == "consume":
        if actor.is_issuer:
            return "Its own issuer replaces it instead."
        if not actor.accredited:
            return "Only an issuer accredited for this scheme may do this."
        return _elsewhere(life, actor)
    if Role.CUSTOMS not in actor.roles:
        return "Only customs may do this."
    return "" if act in ("withdraw", "enquire") else _elsewhere(life, actor)


def _not_as_issuer(act: str, actor: Actor) -> str:
    if not actor.is_issuer:
        return "Only its issuer may do this."
    if act == "supersede" and not actor.accredited:
        return "The issuer is not accredited for this scheme now."
    # Limiting and ending need no role, so that a body that lost its own can still clean up after itself.
    if act in ("reinstate", "confirm") and not actor.roles & (Role.ISSUER | Role.EXPORTER):
        return "The organisation no longer holds a role that issues."
    return ""


def _elsewhere(life: Life, actor: Actor) -> str:
    if life.destination is None or life.destination == actor.territory:
        return ""
    return f"It is for {territory_name(life.destination)} only."


def not_now(act: str, life: Life, claim: ClaimState) -> str:
    """Why the act is not possible now, whoever asks, in words; empty when it is."""
    if life.sealed:
        return "This registry is sealed: a later one takes acts."
    if life.paused and act in PAUSABLE:
        return "The council has paused issuing and using up."
    if act == "enquire":
        return ""
    if act == "confirm":
        return "" if life.key_disowned else "The key it was issued with is not disowned."
    if act in ("acquit", "withdraw", "refuse"):
        return _claim_bars(act, claim) or (_use_barred(life) if act == "acquit" else "")
    return _use_barred(life) if act == "consume" else _status_bars(act, life)


def _claim_bars(act: str, claim: ClaimState) -> str:
    if act == "withdraw":
        return "" if claim is ClaimState.ACQUITTED else "There is no acquittal under this claim."
    if act == "refuse":
        return "" if claim is ClaimState.NONE else "Something is recorded under this claim already."
    if claim is ClaimState.ACQUITTED:
        return "It is acquitted under this claim already."
    return "The claim was withdrawn, and stays spent." if claim is ClaimState.WITHDRAWN else ""


def _use_barred(life: Life) -> str:
    if life.status is not Status.GOOD:
        return life.status.standing.words
    if life.key_disowned:
        return Standing.ISSUER_KEY_DISOWNED.words
    return "" if life.remaining else Standing.USED_UP.words


def _status_bars(act: str, life: Life) -> str:
    wanted = {
        "suspend": (Status.GOOD,),
        "reinstate": (Status.SUSPENDED,),
        "revoke": (Status.GOOD, Status.SUSPENDED),
        "supersede": (Status.GOOD,),
    }[act]
    if life.status not in wanted:
        return "It is not suspended." if act == "reinstate" else life.status.standing.words
    if act != "supersede":
        return ""
    if life.key_disowned:
        return Standing.ISSUER_KEY_DISOWNED.words
    return "" if life.remaining else Standing.USED_UP.words
