"""Rules for the acts of customs: the claim is rebuilt from the declaration, under the one secret that this
signer's claims are made with."""

import hmac

from ledger_app.domain.standing import act_reason_words
from ledger_app.domain.terms import territory_code
from ledger_app.domain.words import printable
from ledger_app.proof.hashes import sha256
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.signer.requests import Request, member
from ledger_app.signer.rules import Desk, Finding, Rule, must_equal, refused
from ledger_app.signer.rules_certificates import Paper, check_units, read_subject

_CLAIM_SECRET = b"origin-ledger/claim-secret/v1\0"


def _customs_subject(request: Request, desk: Desk) -> tuple[Paper, str]:
    """The paper, and the hash of the secret that the claim was made with."""
    must_equal("customs", request.message.customs, desk.own)
    secret = from_hex(member(request.evidence, "claimSecret", str), 32, field="claimSecret")
    declared = member(request.evidence, "declaration", str).strip().encode()
    must_equal("claim", request.message.claim, hmac.digest(secret, declared, "sha256"))
    return read_subject(request), _check_claim_secret(secret, desk)


def _check_claim_secret(secret: bytes, desk: Desk) -> str:
    # One declaration is one claim only under one secret: under another it could be used a second time.
    shown = to_hex(sha256(_CLAIM_SECRET + secret))
    known = desk.settings.claim_secret or desk.journal.claim_secret()
    if known is not None and known != shown:
        raise refused(
            "SIGNER_CLAIM_SECRET", f"the secret shown has the hash {shown}; claims were made with {known}"
        )
    return shown


def _declared(request: Request) -> str:
    return f" against declaration {printable(request.evidence['declaration'], 60)}"


def acquit(request: Request, desk: Desk) -> Finding:
    paper, secret = _customs_subject(request, desk)
    check_units(request, paper)
    units = f"{request.message.units} of {paper.leaf.allowance} units"
    place = territory_code(paper.leaf.destination) or "any territory"
    words = f"Acquit {units} of {paper.words} for {place}{_declared(request)}"
    return Finding(words, claim_secret=secret)


def withdraw(request: Request, desk: Desk) -> Finding:
    paper, secret = _customs_subject(request, desk)
    why = act_reason_words("withdraw", request.message.reason)
    words = f"Withdraw our acquittal of {paper.words}{_declared(request)}: {why}"
    return Finding(words, claim_secret=secret)


def refuse(request: Request, desk: Desk) -> Finding:
    paper, secret = _customs_subject(request, desk)
    why = act_reason_words("refuse", request.message.reason)
    return Finding(f"Refuse {paper.words}{_declared(request)}: {why}", claim_secret=secret)


RULES: dict[str, Rule] = {"Acquit": acquit, "Withdraw": withdraw, "Refuse": refuse}
