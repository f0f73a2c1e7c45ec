"""Verifying with files alone: a bundle with its evidence, and a trust snapshot. No network, no service.

The judgement is `proof.check`, with the ledger's facts taken from the evidence instead of from a node:
verdict and standing are as of the checkpoint's block, keys and members as of the snapshot's. Whatever is
missing or does not hold is CANNOT_TELL with its reason; what the file itself shows to be forged is
NOT_GENUINE even so.
"""

from dataclasses import dataclass

from ledger_app.domain.standing import AccreditationKind
from ledger_app.domain.terms import day_date
from ledger_app.errors import BadInput, CheckFailed, LedgerError, NotFound
from ledger_app.proof import check, evidence, split_view
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.check import Judgement
from ledger_app.proof.facts import AccreditationFact, Facts, Pin, Question
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.statements import Checkpoint, Signed, check_time
from ledger_app.proof.trust import Trust

MAX_AGE_SECONDS = 30 * 86_400
"""The oldest checkpoint that tells anything, unless the reader says otherwise."""
_SECONDS_A_DAY = 86_400
_NOWHERE = Pin(1, bytes(32), "0x" + "00" * 20)


@dataclass(frozen=True, slots=True)
class Result:
    """The judgement, and what it rests on. `facts` and `checkpoint` are None where the evidence was not
    reached or did not hold; `checkpoint` has valid signatures, and may be past its day or contradict the
    snapshot: then it is evidence, and `facts` is None."""

    judgement: Judgement
    facts: Facts | None = None
    checkpoint: Signed | None = None


def judge(source: Bundle | bytes, trust: Trust | LedgerError, question: Question, now: int) -> Result:
    """Judge a bundle at `now` (Unix seconds). `trust` may be the error that kept the snapshot from being
    read. `question.max_age_seconds` bounds the age of the checkpoint. Raises nothing for bad input."""
    try:
        bundle = source if isinstance(source, Bundle) else check.read(source)
    except CheckFailed:
        # It cannot be read: the same path reports that as step 1.
        return Result(check.judge(source, _NOWHERE, None, question))
    if isinstance(trust, LedgerError):
        hint = bundle.registered
        pin = Pin(hint.chain_id, hint.genesis, hint.registry)
        return Result(check.judge(bundle, pin, None, question, unavailable=trust))
    checkpoint = None
    try:
        checkpoint = signed(bundle, trust)
        _check(checkpoint, trust, now)
        facts = facts_of(bundle, checkpoint.statement, trust, now)
    except LedgerError as failed:
        judged = check.judge(bundle, trust.pin, None, question, unavailable=failed)
        return Result(judged, None, checkpoint)
    return Result(check.judge(bundle, trust.pin, facts, question), facts, checkpoint)


def signed(bundle: Bundle, trust: Trust) -> Signed:
    """The checkpoint in a bundle, which the council of `trust` signed, of its ledger; be it in time or not,
    and whatever it contradicts.

    Raises BadInput: EVIDENCE_MISSING, EVIDENCE_INVALID, STATEMENT_…, SIGNATURE_INVALID, OTHER_LEDGER.
    """
    found = evidence.checkpoint_of(bundle.evidence)
    statement: Checkpoint = found.statement
    if (found.domain, statement.genesis, statement.registry) != (
        trust.domain,
        trust.statement.genesis,
        trust.statement.registry,
    ):
        raise BadInput("OTHER_LEDGER", "the checkpoint in it is of another ledger than the trust snapshot")
    found.check(trust.council)
    return found


def _check(checkpoint: Signed, trust: Trust, now: int) -> None:
    """Raises BadInput SPLIT_VIEW, CHECKPOINT_EXPIRED, STATEMENT_FROM_FUTURE."""
    conflict = split_view.between(checkpoint, trust.signed)
    if conflict is not None:
        raise BadInput("SPLIT_VIEW", conflict)
    check_time(checkpoint.statement, now, "CHECKPOINT_EXPIRED")


def facts_of(bundle: Bundle, checkpoint: Checkpoint, trust: Trust, now: int) -> Facts:
    """The facts that the evidence proves under a checkpoint. Raises BadInput EVIDENCE_INVALID,
    PROOF_INVALID, SNAPSHOT_LACKS_ISSUER, LEDGER_INCONSISTENT."""
    asked = check.lookup_of(bundle)
    proven = evidence.prove(bundle.evidence or {}, checkpoint, asked.leaf, asked.batch_id, asked.issuer)
    issuer, scheme = to_hex(asked.issuer), to_hex(asked.scheme)
    batch = proven.batch
    organisation, key = trust.organisations.get(issuer), trust.keys.get((issuer, batch.key))
    if organisation is None or key is None:
        raise NotFound(
            "SNAPSHOT_LACKS_ISSUER",
            "the trust snapshot does not list "
            + ("the issuer" if organisation is None else f"the key {batch.key} of the issuer"),
        )
    if batch.time < key.since or 0 < key.until < batch.time:
        raise BadInput(
            "LEDGER_INCONSISTENT", "by the trust snapshot, the key was not valid when the batch was issued"
        )

    def is_disowned(name: str, time: int) -> bool:
        listed = (proven.disowned.get(name), trust.disowned_since(asked.issuer, name))
        return any(since is not None and since <= time for since in listed)

    confirmation = proven.confirmation
    disowned = is_disowned(batch.key, batch.time) and (
        confirmation is None or is_disowned(confirmation.key, confirmation.time)
    )
    for time in (batch.time, proven.standing.time):
        day_date(time // _SECONDS_A_DAY)
    return Facts(
        leaf=asked.leaf,
        batch_id=asked.batch_id,
        block=checkpoint.block,
        time=checkpoint.time,
        age_seconds=max(0, now - checkpoint.time),
        batch=batch,
        confirmation=confirmation,
        disowned=disowned,
        standing=proven.standing,
        predecessor=proven.predecessor,
        organisation=organisation,
        key=key,
        accreditation=trust.accreditations.get((issuer, scheme), AccreditationFact(AccreditationKind.NONE)),
    )
