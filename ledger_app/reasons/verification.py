"""Reasons of the verdict (`proof.check`, `proof.steps`)."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "DIGEST_DIFFERS",
        "The content is not what was registered: at least one field was changed.",
        "Do not accept it. Ask the holder for the original file, or the issuing body.",
    ),
    (
        "LEAF_DIFFERS",
        "The ledger entry says something else than the document.",
        "Do not accept it. Ask the issuing body.",
    ),
    (
        "DISCLOSURE_TOO_LITTLE",
        "The fields needed for a verdict are hidden: at least issuer and scheme must be shown.",
        "Ask the holder for a file that shows them.",
    ),
    (
        "TERMS_HIDDEN",
        "Some terms are not shown in the document; the ledger entry states them.",
        "Rely on the ledger's terms, or ask the holder to show those fields.",
    ),
    (
        "OTHER_LEDGER",
        "The certificate says that it is registered on another ledger than the one trusted here.",
        "Verify it with the service of that ledger.",
    ),
    (
        "LEDGER_NOT_ASKED",
        "The ledger could not be asked, so nothing can be told about registration.",
        "Try again when the ledger can be reached.",
    ),
    (
        "LEDGER_STALE",
        "The ledger's data is too old for a verdict.",
        "Try again later; if it persists, tell the operator that the node is behind.",
    ),
    (
        "LEDGER_INCONSISTENT",
        "The ledger's answers contradict each other.",
        "Ask another node, and tell the operator.",
    ),
    (
        "ISSUER_TERRITORY_DIFFERS",
        "The document names another territory for its issuer than the ledger does.",
        "Do not accept it. Ask the issuing body.",
    ),
    (
        "ISSUANCE_BASIS_DIFFERS",
        "The document claims another basis of issue than the issuer was accredited for.",
        "Do not accept it as what it claims to be. Ask the authority of the issuer's country.",
    ),
    (
        "SELF_CERTIFIED",
        "Self-certified: it proves who wrote it, and nothing more.",
        "Check whether the agreement accepts self-certification, and the exporter's own evidence.",
    ),
    (
        "ACCREDITATION_ENDED",
        "The issuer was accredited when it issued this, and is not any more.",
        "The certificate stays good; ask the issuer's authority if in doubt.",
    ),
    ("CERTIFICATE_SUSPENDED", "The issuing body has suspended it.", "Wait, or ask the issuing body why."),
    ("CERTIFICATE_REVOKED", "The issuing body has revoked it, for ever.", "Do not accept it."),
    ("CERTIFICATE_SUPERSEDED", "Another certificate has replaced it.", "Ask the holder for its successor."),
    (
        "EXPIRED",
        "It was no longer valid on the day of presentation.",
        "Check the date, or ask for a valid one.",
    ),
    ("NOT_YET_VALID", "It was not yet valid on the day of presentation.", "Check the date of presentation."),
    ("USED_UP", "Nothing is left of its allowance.", "Check for which claims it was used before."),
    (
        "ACQUITTED_FOR_THIS_CLAIM",
        "It is used up, wholly or in part, for this very claim.",
        "Nothing to do: this claim is already recorded.",
    ),
    ("CLAIM_REFUSED", "Customs refused it for this claim before.", "See the reason of the refusal."),
    ("CLAIM_WITHDRAWN", "Its use for this claim was withdrawn; the claim stays spent.", "Use another claim."),
)
