"""A ledger kept by hand: what each act does to a certificate, written once more from docs/protocol.md §7.

Shares nothing with the code under test, so that a mistake made there is not made here.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

Act = Literal[
    "suspend",
    "reinstate",
    "revoke",
    "supersede",
    "consume",
    "acquit",
    "withdraw",
    "refuse",
    "enquire",
    "answer",
]
ACTS: tuple[Act, ...] = get_args(Act)
CUSTOMS = {"customs-au": "AU", "customs-au-2": "AU", "customs-nz": "NZ"}
CHAMBERS = {"chamber-cn": "CN", "chamber-au": "AU"}
ACTORS = (*CHAMBERS, *CUSTOMS)


@dataclass(frozen=True)
class Move:
    """One act that somebody tries. `which`: the certificate among those of the life, modulo their number.
    `parts`: allowances of what supersede and consume issue."""

    actor: str
    act: Act
    which: int = 0
    units: int = 1
    claim: str = "A"
    parts: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class Paper:
    """One certificate. `claims`: by (customs, claim), units acquitted, or "withdrawn" or "refused"."""

    issuer: str
    destination: str
    allowance: int
    used: int = 0
    standing: str = "good"
    claims: dict[tuple[str, str], int | str] = field(default_factory=dict)
    asked: int = 0
    answered: int = 0

    @property
    def left(self) -> int:
        return self.allowance - self.used

    @property
    def shown(self) -> str:
        """The standing as a verification tells it."""
        return "used-up" if self.standing == "good" and not self.left else self.standing


@dataclass(frozen=True)
class Life:
    """A certificate and all that came out of it, in the order in which they were issued."""

    papers: tuple[Paper, ...]

    def of(self, move: Move) -> int:
        return move.which % len(self.papers)


_EFFECTS: dict[str, tuple[str, ...]] = {
    "suspend": (),
    "reinstate": (),
    "revoke": (),
    "answer": (),
    "acquit": ("claim", "units"),
    "withdraw": ("claim",),
    "refuse": ("claim",),
}


def after(life: Life, move: Move) -> Life | None:
    """The life after the move; None where it must be refused."""
    place = life.of(move)
    paper = life.papers[place]
    changed = _after(paper, move)
    if changed is None:
        return None
    papers = [*life.papers[:place], changed, *life.papers[place + 1 :]]
    if move.act in ("supersede", "consume"):
        destination = paper.destination if move.act == "supersede" else "NZ"
        papers += [Paper(move.actor, destination, part) for part in move.parts]
    return Life(tuple(papers))


def same(one: Move, other: Move) -> bool:
    """Whether two acts have one and the same effect: whichever comes second finds it there, and is done."""
    members = _EFFECTS.get(one.act)
    return members is not None and all(
        getattr(one, member) == getattr(other, member) for member in ("act", "actor", "which", *members)
    )


def _after(paper: Paper, move: Move) -> Paper | None:
    if move.act in ("suspend", "reinstate", "revoke", "supersede"):
        return _turned(paper, move)
    if move.act in ("enquire", "answer"):
        return _asked(paper, move)
    return _consumed(paper, move) if move.act == "consume" else _claimed(paper, move)


def _turned(paper: Paper, move: Move) -> Paper | None:
    if move.actor != paper.issuer:
        return None
    starts, leads = {
        "suspend": (("good",), "suspended"),
        "reinstate": (("suspended",), "good"),
        "revoke": (("good", "suspended"), "revoked"),
        "supersede": (("good",), "superseded"),
    }[move.act]
    if paper.standing not in starts or (move.act == "supersede" and sum(move.parts) > paper.left):
        return None
    return replace(paper, standing=leads)


def _consumed(paper: Paper, move: Move) -> Paper | None:
    there = CHAMBERS.get(move.actor) == paper.destination and move.actor != paper.issuer
    if not there or paper.standing != "good" or move.units > paper.left or sum(move.parts) > move.units:
        return None
    return replace(paper, used=paper.used + move.units)


def _claimed(paper: Paper, move: Move) -> Paper | None:
    key = (move.actor, move.claim)
    claim = paper.claims.get(key)
    if move.act == "withdraw":
        if not isinstance(claim, int):
            return None
        return replace(paper, used=paper.used - claim, claims={**paper.claims, key: "withdrawn"})
    if CUSTOMS.get(move.actor) != paper.destination:
        return None
    if move.act == "refuse":
        return replace(paper, claims={**paper.claims, key: "refused"}) if claim is None else None
    if paper.standing != "good" or move.units > paper.left or claim not in (None, "refused"):
        return None
    return replace(paper, used=paper.used + move.units, claims={**paper.claims, key: move.units})


def _asked(paper: Paper, move: Move) -> Paper | None:
    if move.act == "enquire":
        return replace(paper, asked=paper.asked + 1) if move.actor in CUSTOMS else None
    if move.actor != paper.issuer or paper.answered == paper.asked:
        return None
    return replace(paper, answered=paper.answered + 1)
