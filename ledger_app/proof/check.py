"""The verification: eleven numbered steps, pure, from a bundle and from what the pinned ledger said.

```
 1 readable    the file is a bundle of a known version            decides the verdict
 2 integrity   document or disclosed fields against the digest    decides
 3 terms       the leaf's fields equal the document's             decides
 4 inclusion   the leaf is in a batch of the pinned ledger        decides
 5 issuer      organisation, accreditation and its kind, key      decides
 6 standing    suspended, revoked, superseded, key disowned       standing
 7 validity    on the day of presentation                         standing
 8 allowance   what is left; my own acquittal is not "used up"    standing
 9 content     the scheme's rules                                 judged by others, shown
10 cargo       the cargo's history agrees                         judged by others, shown
11 freshness   how old the ledger's data is                       too old: CANNOT_TELL
```

`check` raises CheckFailed at the first deciding step that does not hold, and returns the outcomes otherwise.
`judge` turns either into a `Judgement`. A verdict follows from the reason alone (`verdict_of`): what points
at the document or the issuer is NOT_GENUINE, what points at the file, the node or our knowledge is
CANNOT_TELL. Steps 1–3 need no ledger, so a forgery that shows in the file is NOT_GENUINE even where no node
answers.
"""

from dataclasses import dataclass

from ledger_app.domain.standing import ExitCode, Standing, Verdict, exit_code, gravest
from ledger_app.errors import BadInput, CheckFailed, LedgerError
from ledger_app.proof import steps
from ledger_app.proof.bundle import Bundle, parse_bundle
from ledger_app.proof.disclosure import Shown
from ledger_app.proof.facts import Facts, Outcome, Pin, Question, StepOutcome

# Every other reason of a deciding step is CANNOT_TELL.
NOT_GENUINE_REASONS = frozenset(
    {
        "DIGEST_DIFFERS",
        "DISCLOSURE_ANCESTOR",
        "DISCLOSURE_CONTAINER",
        "DISCLOSURE_ORDER",
        "DISCLOSURE_POINTER_TWICE",
        "DISCLOSURE_SIZE",
        "ISSUANCE_BASIS_DIFFERS",
        "ISSUER_TERRITORY_DIFFERS",
        "LEAF_DIFFERS",
    }
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of a verification. `reason` is "" when genuine; `standing` UNKNOWN unless genuine."""

    verdict: Verdict
    standing: Standing
    reason: str
    detail: str
    outcomes: tuple[StepOutcome, ...]
    exit_code: ExitCode


@dataclass(frozen=True, slots=True)
class Examined:
    """Steps 1 to 3 of a bundle: the outcomes of those that hold, what a disclosure shows, and where it
    failed."""

    outcomes: tuple[StepOutcome, ...]
    shown: Shown | None = None
    failure: CheckFailed | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """What to ask the ledger about a bundle: the ids that its own leaf and proof lead to."""

    leaf: bytes
    batch_id: bytes
    issuer: bytes
    scheme: bytes


def verdict_of(reason: str) -> Verdict:
    """The verdict that a failed deciding step with this reason implies; "" (nothing failed) is GENUINE."""
    if not reason:
        return Verdict.GENUINE
    return Verdict.NOT_GENUINE if reason in NOT_GENUINE_REASONS else Verdict.CANNOT_TELL


def read(data: bytes | str) -> Bundle:
    """Step 1. Raises CheckFailed(1) with the reason why the file cannot be read."""
    try:
        return parse_bundle(data)
    except BadInput as error:
        raise CheckFailed(1, error.reason, error.detail, **error.context) from None


def lookup_of(bundle: Bundle) -> Lookup:
    """What the ledger must be asked to judge `bundle`."""
    return Lookup(*bundle.entry, bundle.leaf.issuer, bundle.leaf.scheme)


def examine(bundle: Bundle) -> Examined:
    """Steps 1 to 3, the file against itself; nothing else is needed for them."""
    done = [steps.readable(bundle)]
    try:
        passed, shown = steps.integrity(bundle)
        done.append(passed)
        done.append(steps.terms(bundle, shown))
    except CheckFailed as failure:
        return Examined(tuple(done), failure=failure)
    return Examined(tuple(done), shown)


def check(
    bundle: Bundle,
    pin: Pin,
    facts: Facts | None,
    question: Question,
    *,
    unavailable: LedgerError | None = None,
    examined: Examined | None = None,
    outcomes: list[StepOutcome] | None = None,
) -> list[StepOutcome]:
    """Runs the steps. `facts` None: the ledger could not be asked, `unavailable` says why. `examined`: what
    `examine` found in this very bundle, where it was called before.

    Raises CheckFailed(step, reason) at the first deciding step that does not hold; `outcomes`, when given,
    then holds the steps up to it. Raises ValueError when `facts` are about another leaf or batch than the
    bundle's.
    """
    done = [] if outcomes is None else outcomes
    # 1–3: the file against itself.
    examined = examined or examine(bundle)
    done += examined.outcomes
    if examined.failure is not None:
        raise examined.failure
    shown = examined.shown
    # 4: of another ledger, of none, or of old data nothing follows; only then does it count what is
    # registered.
    steps.right_ledger(bundle, pin)
    if facts is None:
        reason, detail = (unavailable.reason, unavailable.detail) if unavailable else ("LEDGER_NOT_ASKED", "")
        raise CheckFailed(4, reason, detail)
    done.append(steps.freshness(facts, question))
    asked = lookup_of(bundle)
    done.append(steps.inclusion(facts, asked.leaf, asked.batch_id))
    # 5: who issued it.
    done.append(steps.issuer(bundle, shown, facts, question))
    # 6–8: what happened since.
    done += steps.standing(facts)
    done.append(steps.validity(bundle, question))
    done.append(steps.allowance(bundle, facts))
    # 9–10: judged by others.
    done.append(question.content or steps.outcome_of(9, "not-checked"))
    done.append(question.cargo or steps.outcome_of(10, "not-checked"))
    done.sort(key=lambda each: each.number)
    return done


def judge(
    source: Bundle | bytes | str,
    pin: Pin,
    facts: Facts | None,
    question: Question,
    *,
    unavailable: LedgerError | None = None,
    examined: Examined | None = None,
) -> Judgement:
    """Verdict, standing and the outcomes of all steps for a bundle or its file. Raises nothing for bad
    input."""
    outcomes: list[StepOutcome] = []
    reason = detail = ""
    step = 0
    try:
        bundle = source if isinstance(source, Bundle) else read(source)
        check(bundle, pin, facts, question, unavailable=unavailable, examined=examined, outcomes=outcomes)
    except CheckFailed as failure:
        step, reason, detail = failure.step, failure.reason, failure.detail
    verdict = verdict_of(reason)
    standing = Standing.UNKNOWN
    if verdict is Verdict.GENUINE:
        standing = gravest(
            steps.STANDINGS[each.reason] for each in outcomes if each.reason in steps.STANDINGS
        )
    else:
        found: Outcome = "failed" if verdict is Verdict.NOT_GENUINE or step == 1 else "cannot-tell"
        outcomes.append(steps.outcome_of(step, found, reason, detail))
    done = {each.number for each in outcomes}
    outcomes += (steps.outcome_of(n, "not-checked") for n in range(1, len(steps.NAMES) + 1) if n not in done)
    outcomes.sort(key=lambda each: each.number)
    code = exit_code(
        verdict,
        standing,
        not_found=reason == "NOT_FOUND",
        issuer_untrusted=verdict is Verdict.NOT_GENUINE and step == 5,
    )
    return Judgement(verdict, standing, reason, detail, tuple(outcomes), code)
