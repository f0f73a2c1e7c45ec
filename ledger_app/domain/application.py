"""Before there is a certificate: an application, from draft to issue. Pure; who may do what from where.

```
            ┌────────── return ──────────┐
            ▼                            │
 DRAFT ─submit→ SUBMITTED ─take─→ UNDER_EXAMINATION ─issue→ ISSUING ─the ledger→ ISSUED
   │ ▲              │ │                  │ │
   │ └─── recall ───┘ └── withdraw ──────┤ └ refuse → REFUSED
   └─ issue (self-certified)             └ withdraw → WITHDRAWN
```

RETURNED is a draft with reasons: it is edited and submitted again. Where no authority issues, the applicant
is the issuer, and issues its own draft. ISSUING lasts until the ledger has the act: then it is ISSUED, or,
where the act came to nothing, again what it was before (`stage_now`). ISSUED, REFUSED and WITHDRAWN are
final; what follows is in `course`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ledger_app.errors import BadInput, Conflict, NotPermitted


class Stage(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_EXAMINATION = "under-examination"
    ISSUING = "issuing"
    RETURNED = "returned"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ISSUED = "issued"

    @property
    def is_final(self) -> bool:
        """Nothing more can be done with the application."""
        return self in (Stage.REFUSED, Stage.WITHDRAWN, Stage.ISSUED)


class Side(StrEnum):
    """Who somebody is to an application. Where nobody but the applicant certifies, it is SELF."""

    APPLICANT = "applicant"
    ISSUING_BODY = "issuing-body"
    SELF = "self"
    OTHER = "other"


_OPEN: Final = (Stage.DRAFT, Stage.RETURNED)
_WAITING: Final = (Stage.SUBMITTED, Stage.UNDER_EXAMINATION)


@dataclass(frozen=True, slots=True)
class _Step:
    """An act: who may do it, from where, and where it leads (None: it stays where it is)."""

    sides: tuple[Side, ...]
    starts: tuple[Stage, ...]
    leads: Stage | None
    reasons: bool = False


STEPS: Final[dict[str, _Step]] = {
    "edit": _Step((Side.APPLICANT, Side.SELF), _OPEN, None),
    "submit": _Step((Side.APPLICANT,), _OPEN, Stage.SUBMITTED),
    "recall": _Step((Side.APPLICANT,), (Stage.SUBMITTED,), Stage.DRAFT),
    "take": _Step((Side.ISSUING_BODY,), (Stage.SUBMITTED,), Stage.UNDER_EXAMINATION),
    "return": _Step((Side.ISSUING_BODY,), (Stage.UNDER_EXAMINATION,), Stage.RETURNED, reasons=True),
    "refuse": _Step((Side.ISSUING_BODY,), (Stage.UNDER_EXAMINATION,), Stage.REFUSED, reasons=True),
    "issue": _Step((Side.ISSUING_BODY,), (Stage.UNDER_EXAMINATION,), Stage.ISSUING),
    "self-issue": _Step((Side.SELF,), _OPEN, Stage.ISSUING),
    "withdraw": _Step((Side.APPLICANT, Side.SELF), (*_OPEN, *_WAITING), Stage.WITHDRAWN),
}


@dataclass(frozen=True, slots=True)
class Application:
    """An application. `reasons`: those of the last return or refusal. `turns`: how often it was submitted.

    `writers`: all who wrote at its text, "" for somebody whose token names nobody. `submitted_by`,
    `examined_by`: the persons who did so last, where they are known. With `four_eyes` nobody issues what they
    wrote, submitted or examined themselves.
    """

    stage: Stage = Stage.DRAFT
    reasons: tuple[str, ...] = ()
    turns: int = 0
    writers: tuple[str, ...] = ()
    submitted_by: str = ""
    examined_by: str = ""
    four_eyes: bool = False


def barred(application: Application, act: str, side: Side, *, person: str = "") -> str:
    """Why `act` is not possible now, in words; empty when it is. `act`: a key of STEPS, else KeyError."""
    step = STEPS[act]
    if side not in step.sides:
        return f"Only the {' or '.join(step.sides)} may do this."
    if application.stage not in step.starts:
        return f"The application is {application.stage}: this needs {' or '.join(step.starts)}."
    return _one_pair_of_eyes(application, act, side, person)


def _one_pair_of_eyes(application: Application, act: str, side: Side, person: str) -> str:
    named = ("take", "issue", "self-issue") + (("edit",) if side is Side.SELF else ())
    if not application.four_eyes or act not in named:
        return ""
    if not person:
        return "Four eyes are asked for, and the token does not say which person uses it."
    if act == "self-issue" and "" in application.writers:
        return "Four eyes are asked for, and a token that names nobody wrote it. Withdraw it; draft it anew."
    earlier = (*application.writers, application.submitted_by, application.examined_by)
    if act in ("issue", "self-issue") and person.casefold() in (name.casefold() for name in earlier):
        return "Somebody else than who wrote, submitted or examined it must issue it."
    return ""


def stage_now(kept: Stage, *, asked: bool, registered: bool, came_to_nothing: bool) -> Stage:
    """The stage of an application that was left at `kept`, from what became of its issuing act.

    `asked`: there is such an act; `registered`: the ledger has it; `came_to_nothing`: it never will.
    """
    if registered:
        return Stage.ISSUED
    return Stage.ISSUING if asked and not came_to_nothing else kept


def possible(application: Application, side: Side, *, person: str = "") -> list[str]:
    """The acts that are possible now."""
    return [act for act in STEPS if not barred(application, act, side, person=person)]


def do(
    application: Application, act: str, side: Side, *, reasons: tuple[str, ...] = (), person: str = ""
) -> Application:
    """The application after `act`.

    Raises NotPermitted LIFE_NOT_YOURS, Conflict LIFE_FORBIDS or FOUR_EYES, BadInput LIFE_ACT_UNKNOWN, or
    BadInput REASONS_NEEDED: return and refusal take written reasons, other acts none.
    """
    step = STEPS.get(act)
    if step is None:
        raise BadInput("LIFE_ACT_UNKNOWN", f"there is no act {act[:32]!r}; there are {', '.join(STEPS)}")
    if why := barred(application, act, side, person=person):
        if side not in step.sides:
            raise NotPermitted("LIFE_NOT_YOURS", why)
        reason = "LIFE_FORBIDS" if application.stage not in step.starts else "FOUR_EYES"
        raise Conflict(reason, why, stage=application.stage.value)
    given = tuple(reason.strip() for reason in reasons)
    if step.reasons != bool(given) or not all(given):
        raise BadInput("REASONS_NEEDED", "write why, or nothing where no reason is asked for")
    after = replace(application, stage=step.leads or application.stage)
    if step.reasons or act == "submit":
        after = replace(after, reasons=given)
    if act == "submit":
        after = replace(after, turns=application.turns + 1, submitted_by=person, examined_by="")
    if act == "edit":
        return replace(after, writers=tuple(dict.fromkeys((*application.writers, person))))
    return replace(after, examined_by=person) if act == "take" else after
