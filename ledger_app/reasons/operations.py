"""Reasons of looking after a service (`services.health`, metrics, `origin doctor`)."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "HEAD_STALLED",
        "The chain has not grown for longer than its data may be old.",
        "Look after the node: is it connected to its peers, and are the validators running?",
    ),
    (
        "NONCE_GAP_OPEN",
        "A transaction before those that were signed is missing, so the chain takes none of them.",
        "Find out who else uses the sender's key; `origin doctor` names the missing numbers.",
    ),
    (
        "OUTBOX_STUCK",
        "Signed acts have not got onto the chain for too long.",
        "See the other checks; if they are well, look at the node's pool and at the sender's funds.",
    ),
    (
        "SUBMITTER_MISSING",
        "No process sends acts to the chain.",
        "Start a service of this installation; if one runs, read its log.",
    ),
    (
        "STORE_SCHEMA",
        "The database is at another schema than this version.",
        "Start this version's service once, which brings it up; after a downgrade, start the newer one.",
    ),
    (
        "DISK_NEARLY_FULL",
        "There is little room left where the data folder is.",
        "Make room, or move the data folder; ORIGIN_MIN_FREE_BYTES says what is enough.",
    ),
    (
        "MASTER_KEY_WRONG",
        "The master key is not the one that sealed this database.",
        "Set the key that sealed it; after a change of keys the old one goes into ORIGIN_OLD_MASTER_KEYS.",
    ),
    (
        "NOTHING_HERE",
        "There is nothing of an installation here.",
        "Name its data folder with ORIGIN_DATA. Where one was lost, restore it before any start "
        "(docs/operations.md). Where there never was one, start the service once.",
    ),
    (
        "STORE_LOST",
        "The database is gone or empty, though the data folder shows that an installation was here.",
        "Do not start the service: it would find the public state on the ledger, but no documents. First "
        "restore the last backup with `origin restore` (docs/operations.md). Of a demonstration, remove the "
        "data folder.",
    ),
    (
        "STORE_ANEW",
        "The database was begun anew over a ledger in use: the documents from before are not in it.",
        "Stop the service and restore the last backup with `origin restore --replace`, which throws away "
        "what was recorded since (docs/operations.md). Without a backup, act by the holders' bundles.",
    ),
    (
        "LEDGER_LOST",
        "The embedded chain's database is gone, and with it the ledger that this installation works on.",
        "Do not start the service. Put the copy of chain/ back into the data folder (docs/operations.md); "
        "without one the ledger cannot be had again. Of a demonstration, remove the data folder.",
    ),
    (
        "NOT_LOOKED",
        "This could not be looked at, because something before it is wrong.",
        "Mend what the other findings name, then ask again.",
    ),
    (
        "CHAIN_NOT_RUNNING",
        "The embedded chain runs only with its service, and that does not run.",
        "Start the service, then ask again.",
    ),
    (
        "FILES_SHARED",
        "Files with secrets can be read or changed by other accounts of this machine.",
        "Take their rights away: chmod 600 for the files named, 700 for the folders.",
    ),
    (
        "PIN_MISSING",
        "The data folder has no copy of the ledger's pin, so the database alone says which ledger is meant.",
        "Restore ledger.json from a backup, or compare /v1/ledger with what the council announced.",
    ),
    (
        "PIN_UNREADABLE",
        "The data folder's copy of the ledger's pin cannot be read.",
        "Restore ledger.json from a backup, or compare the database's pin with what the council announced.",
    ),
    (
        "PIN_DIFFERS",
        "Settings, database and data folder do not name the same ledger.",
        "Compare them with what the council announced; correct the one that is wrong.",
    ),
    (
        "SENDER_WITHOUT_FUNDS",
        "The account that pays for transactions cannot pay for one.",
        "Send it money, or have the network charge nothing.",
    ),
    (
        "SENDER_USED_ELSEWHERE",
        "The chain has seen transactions of the sender that are not recorded here.",
        "Nothing, after a restored backup. Else the key is used elsewhere: give each service its own.",
    ),
    (
        "SIGNER_SILENT",
        "A signer has not asked for work for long.",
        "Start it with `origin signer run`; if it runs, check the address and token in its signer.toml.",
    ),
    (
        "SIGNATURES_WAITING",
        "Acts wait for a signature.",
        "Have the person at the signer look, or wait for the council's votes.",
    ),
    (
        "WEBHOOKS_UNHEARD",
        "A webhook has taken nothing for more than a day, or was given up.",
        "Tell its organisation: it mends the receiver, then `origin webhook enable` and `resend`.",
    ),
    ("TOOL_MISSING", "A program that the embedded chain needs is missing or too old.", "Install it."),
    (
        "SERVICE_NOT_READY",
        "The service runs, and says that it is not ready.",
        "Mend what the other findings name; /readyz says what the service itself sees.",
    ),
    ("DISK_UNREADABLE", "The data folder cannot be looked at.", "Check that it exists and may be read."),
    (
        "METRICS_TOKEN",
        "The metrics take the token of the settings.",
        "Send ORIGIN_METRICS_TOKEN as a bearer token.",
    ),
    (
        "METRICS_LOCAL",
        "Without a token of their own the metrics are for this machine only.",
        "Ask from the machine itself, or set ORIGIN_METRICS_TOKEN.",
    ),
)
