"""The single steps of a verification, in the order of `proof.check`: each returns its outcome or raises
CheckFailed."""

from typing import Final

from ledger_app.domain.standing import (
    ISSUANCE_BASES,
    AccreditationKind,
    ClaimState,
    Standing,
    Status,
    act_reason_words,
)
from ledger_app.domain.terms import day_date, day_number, territory_code
from ledger_app.domain.words import counted
from ledger_app.errors import BadInput, CheckFailed
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.commitments import digest_document
from ledger_app.proof.comparison import compare_document, compare_shown
from ledger_app.proof.disclosure import Shown
from ledger_app.proof.facts import Facts, Outcome, Pin, Question, StepOutcome
from ledger_app.proof.hexes import to_hex
from ledger_app.reasons import describe

NAMES: Final = (
    "readable",
    "integrity",
    "terms",
    "inclusion",
    "issuer",
    "standing",
    "validity",
    "allowance",
    "content",
    "cargo",
    "freshness",
)
# The reasons with which steps 6–8 fail, and the standing that each means.
STANDINGS: Final = {
    "CERTIFICATE_SUSPENDED": Standing.SUSPENDED,
    "CERTIFICATE_REVOKED": Standing.REVOKED,
    "CERTIFICATE_SUPERSEDED": Standing.SUPERSEDED,
    "ISSUER_KEY_DISOWNED": Standing.ISSUER_KEY_DISOWNED,
    "EXPIRED": Standing.EXPIRED,
    "NOT_YET_VALID": Standing.NOT_YET_VALID,
    "USED_UP": Standing.USED_UP,
}
# The reason of each status, and the act whose reason numbers stand on the ledger.
_ENDED_BY: Final = {
    Status.SUSPENDED: ("CERTIFICATE_SUSPENDED", "suspend"),
    Status.REVOKED: ("CERTIFICATE_REVOKED", "revoke"),
    Status.SUPERSEDED: ("CERTIFICATE_SUPERSEDED", "supersede"),
}
_SECONDS_A_DAY = 86_400


def outcome_of(number: int, outcome: Outcome, reason: str = "", detail: str = "") -> StepOutcome:
    """An outcome with the words of its reason filled in."""
    entry = describe(reason) if reason else None
    words = detail or (entry.meaning if entry else "")
    return StepOutcome(number, NAMES[number - 1], outcome, reason, words, entry.next_step if entry else "")


def readable(bundle: Bundle) -> StepOutcome:
    """Step 1, for a bundle that could be read."""
    return outcome_of(
        1, "passed", detail="a full bundle" if bundle.is_full else "a bundle that shows some fields"
    )


def integrity(bundle: Bundle) -> tuple[StepOutcome, Shown | None]:
    """Step 2: the document, or what is shown of it, against the digest. Returns what a disclosure shows."""
    shown = None
    try:
        if bundle.disclosure is not None:
            shown = bundle.disclosure.verify()
            digest, detail = shown.digest, shown.summary
        else:
            digest = digest_document(bundle.document or {}, bundle.secret or b"")
            detail = "the whole document is shown"
    except BadInput as error:
        raise CheckFailed(2, error.reason, error.detail, **error.context) from None
    if digest != bundle.leaf.digest:
        raise CheckFailed(2, "DIGEST_DIFFERS")
    return outcome_of(2, "passed", detail=detail), shown


def terms(bundle: Bundle, shown: Shown | None) -> StepOutcome:
    """Step 3: the leaf's fields equal the document's; those hidden in a disclosure are named."""
    if shown is None:
        compare_document(bundle.leaf, bundle.document or {})
        return outcome_of(3, "passed")
    hidden = compare_shown(bundle.leaf, shown).hidden
    if hidden:
        return outcome_of(
            3, "warning", "TERMS_HIDDEN", "not shown, so taken from the ledger: " + ", ".join(hidden)
        )
    return outcome_of(3, "passed")


def right_ledger(bundle: Bundle, pin: Pin) -> None:
    """Before step 4: the bundle names the pinned ledger."""
    named = bundle.registered
    registries = (pin.registry, *pin.predecessors)
    if (named.chain_id, named.genesis) != (pin.chain_id, pin.genesis) or named.registry not in registries:
        raise CheckFailed(
            4,
            "OTHER_LEDGER",
            f"it names registry {named.registry} on chain {named.chain_id}",
            registry=named.registry,
        )


def freshness(facts: Facts, question: Question) -> StepOutcome:
    """Step 11, run before step 4: what an outdated node does not know proves nothing."""
    age = f"block {facts.block} was {counted(facts.age_seconds, 'second')} old"
    if facts.age_seconds > question.max_age_seconds:
        raise CheckFailed(11, "LEDGER_STALE", f"{age}; at most {question.max_age_seconds} are accepted")
    return outcome_of(11, "passed", detail=age)


def inclusion(facts: Facts, leaf: bytes, batch_id: bytes) -> StepOutcome:
    """Step 4: the batch that leaf and proof lead to is registered. Facts about another batch are a bug:
    ValueError."""
    if (facts.leaf, facts.batch_id) != (leaf, batch_id):
        raise ValueError("the facts are about another leaf or batch than the bundle's")
    if facts.batch is None:
        raise CheckFailed(4, "NOT_FOUND", "nothing is registered under what this file leads to")
    day = day_date(facts.batch.time // _SECONDS_A_DAY)
    return outcome_of(4, "passed", detail=f"registered on {day}, in a batch of {facts.batch.count}")


def issuer(bundle: Bundle, shown: Shown | None, facts: Facts, question: Question) -> StepOutcome:
    """Step 5: who issued it, with which right. The contract checked key, role and accreditation in the block
    itself; here the document's own words about its issuer are held against the ledger."""
    batch, organisation = facts.batch, facts.organisation
    if batch is None or organisation is None or batch.kind is AccreditationKind.NONE:
        raise CheckFailed(
            5, "LEDGER_INCONSISTENT", "a batch is registered without an issuer or accreditation"
        )
    basis = _stated(bundle, shown, "issuanceBasis")
    if basis is not None and ISSUANCE_BASES.get(basis) is not batch.kind:
        raise CheckFailed(
            5, "ISSUANCE_BASIS_DIFFERS", f"it says {basis!r}; on the ledger it is {batch.kind.basis!r}"
        )
    home = _territory(organisation.territory)
    territory = _stated(bundle, shown, "issuer", "territory")
    if territory is not None and territory != home:
        raise CheckFailed(5, "ISSUER_TERRITORY_DIFFERS", f"it says {territory!r}; the ledger says {home!r}")
    detail = f"{batch.kind.words}; territory {home}; key {batch.key}"
    if batch.kind is AccreditationKind.SELF_CERTIFIED:
        return outcome_of(5, "warning", "SELF_CERTIFIED", detail)
    now = facts.accreditation
    if now is None or now.kind is AccreditationKind.NONE or 0 < now.until_day < day_number(question.at):
        return outcome_of(5, "warning", "ACCREDITATION_ENDED", f"{detail}; the accreditation has ended since")
    return outcome_of(5, "passed", detail=detail)


def standing(facts: Facts) -> list[StepOutcome]:
    """Step 6. Two outcomes where the certificate was ended and the key disowned as well."""
    found = []
    now = facts.standing
    if now.status is not Status.GOOD:
        reason, act = _ENDED_BY[now.status]
        detail = f"since {day_date(now.time // _SECONDS_A_DAY)}: {act_reason_words(act, now.reason)}"
        found.append(outcome_of(6, "failed", reason, detail))
    if facts.disowned:
        found.append(outcome_of(6, "failed", "ISSUER_KEY_DISOWNED"))
    if found:
        return found
    detail = "nothing has ended or suspended it"
    if facts.predecessor is not None:
        detail += f"; it replaces or was made from {to_hex(facts.predecessor)}"
    if facts.confirmation is not None:
        detail += "; the issuer confirmed its batch under another key"
    return [outcome_of(6, "passed", detail=detail)]


def validity(bundle: Bundle, question: Question) -> StepOutcome:
    """Step 7, on the day of presentation: both ends included."""
    leaf, day = bundle.leaf, day_number(question.at)
    first, last = day_date(leaf.valid_from), day_date(leaf.valid_until)
    span = f"valid from {first}" + (f" until {last}" if last else ", no end stated")
    if day < leaf.valid_from:
        return outcome_of(7, "failed", "NOT_YET_VALID", f"{span}; judged on {question.at}")
    if last is not None and day > leaf.valid_until:
        return outcome_of(7, "failed", "EXPIRED", f"{span}; judged on {question.at}")
    return outcome_of(7, "passed", detail=f"{span}; judged on {question.at}")


def allowance(bundle: Bundle, facts: Facts) -> StepOutcome:
    """Step 8: units left; what this very claim used up is not held against it."""
    total, used = bundle.leaf.allowance, facts.standing.used
    left = f"{max(total - used, 0)} of {total} left"
    claim = facts.claim
    if claim is not None and claim.state is ClaimState.ACQUITTED:
        return outcome_of(
            8, "passed", "ACQUITTED_FOR_THIS_CLAIM", f"{claim.units} used for this claim; {left}"
        )
    if used >= total:
        return outcome_of(8, "failed", "USED_UP", left)
    if claim is not None and claim.state is ClaimState.REFUSED:
        return outcome_of(8, "warning", "CLAIM_REFUSED", left)
    if claim is not None and claim.state is ClaimState.WITHDRAWN:
        return outcome_of(8, "warning", "CLAIM_WITHDRAWN", left)
    return outcome_of(8, "passed", detail=left)


def _territory(territory: bytes) -> str:
    """Its code; hex where the council admitted a member under something else."""
    try:
        return territory_code(territory) or "any"
    except BadInput:
        return to_hex(territory)


def _stated(bundle: Bundle, shown: Shown | None, *path: str) -> str | None:
    """What the document says at `path`, as text; None where it says nothing or hides it."""
    node: object = shown.document if shown else bundle.document
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return None if node is None else str(node)
