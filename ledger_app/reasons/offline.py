"""Reasons of the offline proof: checkpoints, trust snapshots, evidence."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "CHECKPOINT_EXPIRED",
        "The checkpoint in the file may no longer be relied on.",
        "Ask the holder, or the service, for a bundle with a newer checkpoint.",
    ),
    (
        "CHECKPOINT_NONE",
        "The council has signed no checkpoint yet.",
        "Ask for one: `origin checkpoint create`.",
    ),
    (
        "CHECKPOINT_TOO_OLD",
        "The certificate was registered after the newest checkpoint.",
        "Ask for a checkpoint (`origin checkpoint create`), then for the bundle again.",
    ),
    (
        "CHECKPOINT_UNKNOWN",
        "No such checkpoint or snapshot is kept here.",
        "List them: `origin checkpoint list`.",
    ),
    (
        "CONSISTENCY_UNPROVEN",
        "Nothing given proves that the later checkpoint follows from the earlier one.",
        "Fetch the proof with `origin checkpoint consistency`; if there is none, tell the auditors.",
    ),
    (
        "EVIDENCE_INVALID",
        "The evidence in the file does not prove what it should.",
        "Ask the holder for the bundle again, or verify it online.",
    ),
    (
        "EVIDENCE_MISSING",
        "The file holds no evidence, so nothing can be told about registration offline.",
        "Ask for a bundle with evidence, or verify it online.",
    ),
    (
        "LEDGER_CONTINUES",
        "The registry goes on where a sealed one ended, whose records a checkpoint would leave out.",
        "Verify online.",
    ),
    (
        "OFFLINE_CLAIM",
        "A claim of one's own can only be looked up by the service.",
        "Leave out --claim, or verify online.",
    ),
    (
        "SEEN_FILE_UNREADABLE",
        "The file of checkpoints seen cannot be read, so that a split view cannot be excluded.",
        "Make it readable, or move it away and keep it (it may be evidence); or name another with --seen.",
    ),
    (
        "SEEN_FILE_UNWRITABLE",
        "The file of checkpoints seen cannot be written, so that what was seen now is not remembered.",
        "Name another with --seen, so that a split view can be found.",
    ),
    (
        "SNAPSHOT_LACKS_ISSUER",
        "The trust snapshot does not list the issuer, or its key.",
        "Get a newer trust snapshot from the council.",
    ),
    (
        "SPLIT_VIEW",
        "Two signed statements about the ledger contradict each other.",
        "Keep both files, rely on neither, and show them to the council and the auditors.",
    ),
    (
        "STATEMENT_DIFFERS",
        "The service gave another checkpoint than the one with the digest that was asked for.",
        "Rely on nothing it says; keep what it gave, and ask another service or the council.",
    ),
    (
        "STATEMENT_FROM_FUTURE",
        "The statement is about a block that is later than this machine's clock.",
        "Set the clock right, then verify again.",
    ),
    (
        "STATEMENT_INVALID",
        "The file is neither a checkpoint nor a trust snapshot of this version.",
        "Fetch it again.",
    ),
    (
        "STATEMENT_OTHER_COUNCIL",
        "Another council signed it than the one of the trust snapshot.",
        "Get the newest trust snapshot from the council, and a bundle with a checkpoint of today's council.",
    ),
    (
        "STATEMENT_SIGNER_TWICE",
        "A member's signature counts twice, or the signatures are out of order.",
        "Rely on nothing in it; fetch it again.",
    ),
    (
        "STATEMENT_SIGNER_UNKNOWN",
        "Somebody signed it who has no seat in the council.",
        "Rely on nothing in it; fetch it again.",
    ),
    (
        "STATEMENT_UNDER_THRESHOLD",
        "Fewer members of the council signed it than must agree.",
        "Rely on nothing in it; fetch it again.",
    ),
    (
        "TRUST_COUNCIL_DIFFERS",
        "The trust snapshot is of another council than the one you named.",
        "Check where the file came from; ask the council for its fingerprint.",
    ),
    (
        "TRUST_SNAPSHOT_EXPIRED",
        "The trust snapshot may no longer be relied on.",
        "Get a newer one from the council.",
    ),
    ("TRUST_SNAPSHOT_INVALID", "The file is no sound trust snapshot.", "Get it from the council again."),
    (
        "TRUST_SNAPSHOT_MISSING",
        "Without a trust snapshot nothing can be told about registration offline.",
        "Name one with --trust, or verify online.",
    ),
    (
        "SIGNER_NO_NODE",
        "This seat has no node of its own to recompute the statement from.",
        "Name it in signer.toml (node), or with `origin signer run --node`.",
    ),
    (
        "SIGNER_NODE_DIFFERS",
        "This seat's own node tells something else than the statement.",
        "Do not sign; find out with the other members whose node is wrong.",
    ),
    (
        "SIGNER_SPLIT_VIEW",
        "This seat has signed another statement about the same block or the same batches.",
        "Do not sign; tell the other members and the auditors.",
    ),
)
