"""Reasons of the chain and the node (`chain`)."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "NODE_UNAVAILABLE",
        "The chain's node does not answer.",
        "Try again shortly; if it persists, ask the operator.",
    ),
    (
        "NODE_BEHIND",
        "The chain's node answers with old data.",
        "Try again shortly; if it persists, ask the operator.",
    ),
    (
        "CLOCK_BEHIND",
        "This machine's clock is behind the chain's last block.",
        "Set the clock right; if it is, ask the operator of the chain.",
    ),
    (
        "WRONG_LEDGER",
        "The node serves another ledger than the pinned one.",
        "Ask the operator; trust nothing it says.",
    ),
    ("NODE_URL", "The node's address is not usable.", "Set an http:// or https:// address."),
    (
        "CHAIN_TOOLS",
        "The embedded chain cannot be installed or started.",
        "Read the detail and the chain's log file.",
    ),
    ("CHAIN_LOCKED", "Another process runs this data folder's chain.", "Stop the other service first."),
    ("NO_LEDGER", "No ledger is deployed or pinned here yet.", "Wait for the deployment, or set the pin."),
    ("STORE_URL", "The database URL is not usable.", "Use sqlite:///FILE or postgresql://…"),
    (
        "STORE_NEWER",
        "The database was written by a later version.",
        "Start the version that wrote it, or a later one.",
    ),
    (
        "STORE_UNAVAILABLE",
        "The database does not answer, or the connection to it broke.",
        "Try again under the same Idempotency-Key; the operator looks after the database.",
    ),
    (
        "STORE_BUSY",
        "The database is too busy to do this in time.",
        "Try again in a moment under the same Idempotency-Key.",
    ),
    (
        "STORE_FULL",
        "The database has no room left; nothing was recorded.",
        "The operator makes room; then try again under the same Idempotency-Key.",
    ),
    (
        "STORE_DAMAGED",
        "The database's files are damaged.",
        "Stop the service and restore the last backup; see docs/operations.md.",
    ),
    (
        "STORE_UNSUITABLE",
        "The database server is set up so that it could lose what was acknowledged.",
        "Set what the detail names as docs/operations.md says.",
    ),
    (
        "STORE_OF_DEMO",
        "A demonstration and a real installation would share this database.",
        "Give each a database of its own.",
    ),
    (
        "WORKERS_NEED_NODE",
        "Several processes cannot share the embedded chain.",
        "Set ORIGIN_NODE_URL, or serve with one process.",
    ),
    (
        "WORKERS_FAILED",
        "The service's processes do not come up.",
        "Read their log lines above; `origin doctor` finds out more.",
    ),
    ("STORE_NOT_EMPTY", "The database holds data already.", "Name an empty one, or say --replace."),
    (
        "STORE_IN_USE",
        "A service works on this database.",
        "Stop the service; one that was killed on another machine is forgotten after ten seconds.",
    ),
    ("BACKUP_EXISTS", "There is a file of that name already.", "Name another file, or a folder."),
    (
        "BACKUP_DAMAGED",
        "The file is not a whole backup.",
        "Take another backup; what is left of an interrupted one is of no use.",
    ),
    (
        "BACKUP_FOREIGN",
        "The backup was not made under this master key, or was changed since.",
        "Set the master key that it was made under, as the current or an older one.",
    ),
    (
        "BACKUP_NEWER",
        "The backup was made by a later version.",
        "Restore it with the version that made it, or a later one.",
    ),
    (
        "BACKUP_OTHER_LEDGER",
        "The backup belongs to another ledger than this installation.",
        "Check the settings and the data folder, or take the backup of this installation.",
    ),
    (
        "BACKUP_UNFIT",
        "What came out of the backup is not what went in; the database is as it was.",
        "Report this to the developers.",
    ),
    (
        "VALUE_NOT_STORABLE",
        "A value holds a character that cannot be stored, or is too long or too large.",
        "Leave out the character U+0000, and shorten the value.",
    ),
    (
        "STORE_READ_ONLY",
        "Something was written in a read-only transaction.",
        "Report this to the developers.",
    ),
    (
        "STORE_NESTED_WRITE",
        "A write transaction was opened inside another.",
        "Report this to the developers.",
    ),
    (
        "LEASE_LOST",
        "Another process has taken over this work.",
        "Nothing: the other process goes on with it.",
    ),
    (
        "NONCE_GAP",
        "A transaction would leave a gap in its sender's nonces.",
        "Report this to the developers.",
    ),
    (
        "ACT_ENCODING",
        "The act cannot be turned into a contract call.",
        "Check the act's fields against the protocol.",
    ),
    (
        "NODE_ANSWER",
        "The node's answer cannot be understood.",
        "Ask the operator which node and contracts are used.",
    ),
    ("REVERTED", "The contract refused the act without saying why.", "Report this to the operator."),
)
