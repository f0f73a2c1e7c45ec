"""The stable reason codes, in one table: what each means and what to do next.

A code, once published, keeps its meaning. `origin reasons --json` and `GET /v1/reasons` print this table.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One published code. `meaning` says what happened; `next_step` what the reader should do."""

    code: str
    meaning: str
    next_step: str


REASONS: dict[str, Reason] = {}


def _section(*rows: tuple[str, str, str]) -> None:
    for code, meaning, next_step in rows:
        if code in REASONS:
            raise ValueError(f"reason code {code} is declared twice")
        REASONS[code] = Reason(code, meaning, next_step)


def describe(code: str) -> Reason:
    """The entry for `code`. Raises KeyError for a code that is not in the table: none is made up."""
    return REASONS[code]


# --- general -----------------------------------------------------------------------------------------------
_section(
    (
        "INTERNAL",
        "An unexpected fault in this service.",
        "Try again; if it persists, send the operator the request id.",
    ),
    (
        "NOT_FOUND",
        "Nothing with this name is recorded here.",
        "Check the number or digest, or ask the issuing body.",
    ),
    ("TOO_LARGE", "The input is beyond the accepted size.", "Split it, or send less at a time."),
    (
        "FILE_TOO_LARGE",
        "The file is larger than any certificate's bundle, which has at most 8 MiB.",
        "Choose the bundle that came with the certificate; a scan or a photograph cannot be verified.",
    ),
)

# --- canonical JSON and proofs (proof/) ---------------------------------------------------------------------

_section(
    ("JSON_TOO_LARGE", "The JSON text is larger than accepted here.", "Send less at a time."),
    (
        "JSON_BOM",
        "The JSON text starts with a byte order mark.",
        "Save it as UTF-8 without a byte order mark.",
    ),
    ("JSON_NOT_UTF8", "The text is not valid UTF-8.", "Save it as UTF-8."),
    ("JSON_SYNTAX", "The text is not valid JSON.", "Check that it is the right file, a JSON one and whole."),
    ("JSON_TRAILING", "Something follows the JSON value.", "Send one JSON value and nothing after it."),
    ("JSON_NOT_OBJECT", "The JSON value is not an object.", "Send an object in braces."),
    ("JSON_TOO_DEEP", "Objects and lists are nested too deeply.", "Flatten the structure."),
    ("JSON_DUPLICATE_KEY", "One object has the same key twice.", "Give each key once."),
    (
        "JSON_FLOAT",
        "A number has a fraction, an exponent, or is -0.",
        'Write it as text in quotes, like "12.50".',
    ),
    ("JSON_INTEGER_RANGE", "An integer is beyond ±(2^53−1).", "Write it as text in quotes."),
    ("JSON_NUMBER_RANGE", "A number is too long or too large to be kept.", "Check the number."),
    ("JSON_NOT_A_NUMBER", "NaN and Infinity are not JSON.", "Leave the value out, or give a number."),
    (
        "JSON_SURROGATE",
        "A text holds half of a character (a lone surrogate).",
        "Correct the text, or type it again.",
    ),
    ("JSON_NUL", "A text holds the character U+0000.", "Remove it from the text."),
    (
        "JSON_TYPE",
        "A value or key is of a type that JSON does not have.",
        "Use text, integers, true, false, null.",
    ),
    ("HEX_INVALID", "A value is not lower-case hexadecimal of the right length.", "Copy it again in full."),
    ("POINTER_INVALID", "A field is not named by a JSON Pointer.", "Write it like /items/0/description."),
    ("POINTER_UNKNOWN", "The document has no such field.", "Name a field that the document has."),
    ("SECRET_INVALID", "The document's secret has the wrong length.", "Ask for the bundle again."),
    (
        "DOCUMENT_TOO_MANY_VALUES",
        "The document has more than 65,536 values.",
        "Split it into several certificates.",
    ),
    ("IDENTIFIER_INVALID", "An organisation's identifier cannot be used.", "Give the registered identifier."),
    ("SCHEME_INVALID", "Not a scheme code.", "Use 1 to 31 capitals, digits and hyphens, like RCEP."),
    ("TERRITORY_INVALID", "Not a territory code.", "Use 2 to 8 capitals and digits, like CN or EU."),
    ("DAY_INVALID", "Not a date after 1970-01-01.", "Write a day of the calendar as YYYY-MM-DD."),
    ("TERMS_INVALID", "A field that the ledger needs is missing or wrong.", "Correct the field named."),
    ("LEAF_INVALID", "The ledger entry (leaf) is malformed.", "Ask for the bundle again."),
    ("PROOF_INVALID", "The inclusion proof is malformed.", "Ask for the bundle again."),
    (
        "LEAF_NOT_IN_BATCH",
        "The certificate is not part of this batch.",
        "Check which batch it was issued in.",
    ),
    ("BATCH_EMPTY", "A batch without certificates.", "Put at least one certificate into it."),
    ("BATCH_DUPLICATE", "A certificate occurs twice in a batch.", "Put each certificate in once."),
    ("LOG_RANGE", "No such position in the stream.", "Ask for a position below the number of events."),
    ("CARGO_LEAF_INVALID", "The parts of a cargo event's proof are malformed.", "Ask for the proof again."),
    ("ACT_INVALID", "The message of an act is malformed.", "Build it from the published type."),
    ("SIGNATURE_INVALID", "Not a valid signature.", "Sign again with the organisation's key."),
    ("KEY_INVALID", "Not a valid private key.", "Check the key file."),
    (
        "DISCLOSURE_POINTER_TWICE",
        "A field is disclosed twice.",
        "Treat the file as altered; ask for it again.",
    ),
    (
        "DISCLOSURE_ANCESTOR",
        "A field is shown without what contains it.",
        "Ask the holder to disclose it again.",
    ),
    (
        "DISCLOSURE_CONTAINER",
        "Shown fields contradict each other.",
        "Treat the file as altered; ask for it again.",
    ),
    (
        "DISCLOSURE_SIZE",
        "The count of hidden fields is wrong.",
        "Treat the file as altered; ask for it again.",
    ),
    (
        "DISCLOSURE_ORDER",
        "Commitments repeat or are out of order.",
        "Treat the file as altered; ask for it again.",
    ),
    ("DISCLOSURE_SALT", "A salt has the wrong length.", "Ask the holder to disclose it again."),
    ("BUNDLE_FORMAT", "The file is not a bundle of Origin Ledger.", "Ask the holder for the bundle file."),
    (
        "BUNDLE_VERSION",
        "The bundle is of a version unknown to this program.",
        "Update the program, then verify again.",
    ),
    (
        "BUNDLE_INVALID",
        "The bundle has missing, unknown or malformed parts.",
        "Ask the holder for the file again.",
    ),
)

# --- verification (proof/check, proof/steps) ----------------------------------------------------------------
_section(
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

# --- offline proof: checkpoints, trust snapshots, evidence ---------------------------------------------
_section(
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
        "The file of checkpoints seen can be neither read nor written.",
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

# --- the certificate document and imports (domain/) ----------------------------------------------------
_section(
    (
        "DOCUMENT_INVALID",
        "The certificate breaks a rule of the document.",
        "Correct what the findings name, and send it again.",
    ),
    (
        "AGREEMENT_DATA",
        "A file of the agreements' rules does not hold.",
        "Correct the file named; the certificate is not at fault.",
    ),
    (
        "IMPORT_UNREADABLE",
        "The file cannot be read as certificates.",
        "Send UTF-8 CSV with a header line, or JSON: our own, or UN/CEFACT-style.",
    ),
    (
        "IMPORT_TOO_LARGE",
        "The file has more rows, columns or text than is accepted at once.",
        "Split it and send the parts.",
    ),
    (
        "NUMBER_RANGE",
        "This is no range of certificate numbers.",
        "Write a pattern with one run of #, such as CH-{year}-######, and counters that fit it.",
    ),
    (
        "NUMBERS_USED_UP",
        "The range has not so many numbers left.",
        "Give the issuing body another range.",
    ),
    (
        "LIFE_ACT_UNKNOWN",
        "There is no such act on an application or certificate.",
        "Use one of the acts that the message lists.",
    ),
    (
        "LIFE_NOT_YOURS",
        "The act is not this organisation's to do.",
        "Leave it to who is named in the message.",
    ),
    (
        "LIFE_FORBIDS",
        "The act is not possible from where the application or certificate stands.",
        "See its state; the message says what the act needs.",
    ),
    (
        "REASONS_NEEDED",
        "Returning and refusing an application take written reasons, other acts none.",
        "Write why, so that the applicant can correct it.",
    ),
    (
        "TRUE_COPY_DIFFERS",
        "A certified true copy replaces an unused original, whole and with its validity.",
        "Copy allowance and last day of the original, or issue a replacement instead.",
    ),
    (
        "SCHEME_UNKNOWN",
        "No rules are kept for this scheme.",
        "See `origin agreement list` for the codes known.",
    ),
)

# --- cargo --------------------------------------------------------------------------------------------------

_section(
    (
        "CARGO_DOCUMENT",
        "This is not an EPCIS 2.0 document in JSON-LD.",
        "Send an EPCISDocument, a query document or one event.",
    ),
    (
        "CARGO_TOO_MANY_EVENTS",
        "The document holds more events than are taken at a time.",
        "Split it into several documents.",
    ),
    (
        "CARGO_EVENT_TYPE",
        "The event's type is not one of EPCIS 2.0.",
        "Send one of the five event types of EPCIS 2.0.",
    ),
    ("CARGO_EVENT_TOO_LARGE", "One event is larger than accepted.", "Split it into several events."),
    ("CARGO_FIELD_MISSING", "The event lacks a member that it needs.", "Add the member named."),
    (
        "CARGO_FIELD_TYPE",
        "A member of the event has another form than EPCIS 2.0 says.",
        "Correct the member named.",
    ),
    (
        "CARGO_FIELD_UNKNOWN",
        "The event has a member that EPCIS 2.0 does not know.",
        "Correct its name, or give it a prefix.",
    ),
    (
        "CARGO_TIME",
        "A time is no real date and time with an offset.",
        "Write it like 2026-11-22T14:05:00.000Z.",
    ),
    ("CARGO_URI", "An identifier is not a URI.", "Write it as an EPC URN or a GS1 Digital Link."),
    (
        "CARGO_VOCABULARY",
        "A word is not in the Core Business Vocabulary 2.0.",
        "Use a standard word or a URI of your own.",
    ),
    ("CARGO_DUPLICATE_ID", "One object is named twice in a list.", "Name each object once."),
    (
        "CARGO_NOTHING_REPORTED",
        "The event names nothing that it is about.",
        "Name the objects, quantities or readings.",
    ),
    (
        "CARGO_ILMD",
        "Instance master data with another action than ADD.",
        "Leave it out, or report with action ADD.",
    ),
    (
        "CARGO_BOUNDS",
        "A text or list of the event is longer than accepted.",
        "Split the event, or shorten the text.",
    ),
    ("CARGO_CONSIGNMENT", "Not a usable identifier of a consignment.", "Give 1 to 200 printable characters."),
    ("CARGO_STREAM_NAME", "Not a usable name of a stream.", "Give 1 to 120 printable characters."),
    (
        "CARGO_EVENTS_REFUSED",
        "Some events of the document were refused, so none was kept.",
        "Correct the events listed, or let the good ones be kept.",
    ),
    ("CARGO_STREAM_UNKNOWN", "No such stream is recorded here.", "Check its name, or list your streams."),
    ("CARGO_EVENT_UNKNOWN", "No such event is recorded here.", "Check its id or its event hash."),
    ("CARGO_EVENT_AMBIGUOUS", "Several events go by this name.", "Name one of them by its id."),
    ("CARGO_CAPTURE_UNKNOWN", "No such capture is recorded here.", "Check the id that the capture gave."),
    (
        "CARGO_NOTHING_TO_ANCHOR",
        "Every event of the stream is anchored.",
        "Nothing: capture more events first.",
    ),
    (
        "CARGO_STREAM_DAMAGED",
        "The stream is not the one that was anchored.",
        "Restore the database from a backup, then verify the stream.",
    ),
    (
        "CARGO_NOT_ANCHORED",
        "No anchor on the ledger covers this yet.",
        "Wait until the reporter's signer has anchored the stream, then verify again.",
    ),
    (
        "CARGO_EVENT_CHANGED",
        "An event is not what was captured.",
        "Do not rely on it; ask the reporter for its own record.",
    ),
    (
        "CARGO_EVENT_UNREADABLE",
        "An event's record was damaged and cannot be read.",
        "Do not rely on it; ask the reporter for its own record.",
    ),
    (
        "CARGO_EVENT_MISSING",
        "A position of the stream is missing or taken twice.",
        "Do not rely on the stream; ask the reporter for its own record.",
    ),
    (
        "CARGO_HEAD_DIFFERS",
        "The events do not lead to the head on the ledger.",
        "Do not rely on the stream; ask the reporter for its own record.",
    ),
    (
        "CARGO_ANCHOR_UNKNOWN",
        "The ledger does not know an anchor that is recorded here.",
        "Do not rely on the stream; ask the operator.",
    ),
    (
        "CARGO_NOT_LINKED",
        "The certificate shows neither a consignment nor a container, so no history belongs to it.",
        "Ask the holder which consignment it covers, or for a file that shows it.",
    ),
    (
        "CARGO_NOT_SHOWN",
        "What was reported about the goods is told to those who may read the certificate.",
        "Verify with the holder's file, or sign in as one of its parties.",
    ),
    (
        "CARGO_NO_HISTORY",
        "No cargo event about its consignment or containers is recorded here.",
        "Nothing is wrong by that. Ask the carrier where it reports, if the history matters.",
    ),
    (
        "CARGO_LINK_UNPROVEN",
        "Events were linked to its consignment beside their content, which no anchor covers.",
        "Ask the reporter to name the consignment or the container in the events themselves.",
    ),
    (
        "CARGO_NOT_COMPARABLE",
        "The events on the ledger say nothing that can be compared with the certificate.",
        "Read the history yourself: `origin cargo show`.",
    ),
    (
        "CARGO_LOADED_ELSEWHERE",
        "The goods were reported to be loaded in a country that the certificate does not name.",
        "Compare the history with the transport document, and ask the exporter or the issuing body.",
    ),
    (
        "CARGO_ENDED_ELSEWHERE",
        "The goods were reported to be unpacked in a country that the certificate does not name.",
        "Compare the history with the transport document, and ask the holder.",
    ),
    (
        "CARGO_CONTAINER_DIFFERS",
        "The consignment was reported to be loaded in other containers than the certificate names.",
        "Compare the container numbers with the transport document, and ask the holder.",
    ),
    ("CARGO_BEHAVIOUR", "Not a way to treat refused events.", "Say rollback or proceed."),
    ("CARGO_PROOF_INVALID", "The proof of a cargo event is malformed.", "Ask for the proof again."),
)

# --- the chain and the contracts (chain/) -------------------------------------------------------------------
_section(
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
_section(
    # Each custom error of the contracts, in their order.
    ("PROOF_TOO_LONG", "The inclusion proof has more than 32 steps.", "Rebuild the proof from the batch."),
    ("INVALID_SHORT_STRING", "A text inside a contract is damaged.", "Report this to the developers."),
    ("STRING_TOO_LONG", "A text inside a contract is too long.", "Report this to the developers."),
    (
        "STREAM_MOVED",
        "The stream's latest head is another one than the act builds on.",
        "Read the stream's latest head and build the anchor on it.",
    ),
    ("HEAD_INVALID", "The stream's new head is zero.", "Rebuild the stream's head."),
    (
        "HEAD_SEEN",
        "The stream had this head before, or has it now with another count.",
        "Read the stream's history: somebody may have rewound it.",
    ),
    (
        "COUNT_NOT_GREATER",
        "The stream's new head holds no more events than its last.",
        "Anchor only when events were added.",
    ),
    (
        "PREDECESSOR_INVALID",
        "The registry to succeed is not sealed, or belongs to another consortium.",
        "Seal the predecessor first; name one of the same consortium.",
    ),
    (
        "BATCH_UNKNOWN",
        "The certificate is not in any registered batch of its issuer and scheme.",
        "Wait until its issue is registered, or check leaf and proof.",
    ),
    (
        "BATCH_EXISTS",
        "The batch exists already, with another count, or where a new one is needed.",
        "Issue other content, or with the count registered before.",
    ),
    (
        "STATUS_FORBIDS",
        "The certificate's standing does not allow the act.",
        "Verify the certificate to see its standing.",
    ),
    ("REASON_MISSING", "The act needs a reason or answer code of at least 1.", "Give a reason code."),
    (
        "ISSUER_KEY_DISOWNED",
        "The key that issued the certificate is disowned and the batch is not confirmed.",
        "Ask the issuer to confirm the batch under a good key.",
    ),
    (
        "NOT_DISOWNED",
        "There is nothing to confirm: the batch, or its confirmation, is good.",
        "Nothing: the batch is good.",
    ),
    (
        "SUCCESSORS_MISSING",
        "The act must show at least one successor.",
        "Correct the act and have it signed again.",
    ),
    (
        "SUCCESSOR_FOREIGN",
        "A successor is of another issuer or scheme than its batch.",
        "Correct the act and have it signed again.",
    ),
    (
        "SUCCESSOR_NOT_IN_BATCH",
        "A successor is not in the new batch.",
        "Correct the act and have it signed again.",
    ),
    (
        "SUCCESSOR_NOT_FRESH",
        "A successor has a history, is the original, or is shown twice.",
        "Correct the act and have it signed again.",
    ),
    (
        "ALLOWANCE_EXCEEDED",
        "The act asks for more units than are left of the certificate.",
        "Ask for no more than what is left.",
    ),
    (
        "SUCCESSORS_EXCEED",
        "The successors together allow more than was put in.",
        "Correct the act and have it signed again.",
    ),
    (
        "UNITS_MISSING",
        "Zero units, of the certificate or of one of its items.",
        "Correct the act and have it signed again.",
    ),
    (
        "ITEMS_MISMATCH",
        "Items are given for a certificate without them, or missing for one with them.",
        "Correct the act and have it signed again.",
    ),
    (
        "ITEM_OUT_OF_ORDER",
        "Item numbers must start at 1 and increase.",
        "Correct the act and have it signed again.",
    ),
    (
        "ITEM_UNKNOWN",
        "The item with this allowance is not in the certificate.",
        "Correct the act and have it signed again.",
    ),
    (
        "ITEM_ALLOWANCE_EXCEEDED",
        "More units than are left of the item.",
        "Ask for no more than what is left of the item.",
    ),
    (
        "ITEM_SUM_DIFFERS",
        "The units of the items do not add up to the units.",
        "Correct the act and have it signed again.",
    ),
    (
        "ITEMS_DIFFER",
        "The shown items are not the ones that were acquitted.",
        "Correct the act and have it signed again.",
    ),
    (
        "DESTINATION_DIFFERS",
        "The certificate is for another territory.",
        "Only customs (or an issuer) of the destination can do this.",
    ),
    (
        "CLAIM_FORBIDS",
        "The claim's state does not allow the act.",
        "Verify with this claim to see what was done; use a new claim.",
    ),
    (
        "OWN_CERTIFICATE",
        "An issuer replaces its own certificate by supersede, not by consume.",
        "Use supersede.",
    ),
    (
        "ENQUIRY_EXISTS",
        "This question has been asked already.",
        "Wait for the answer, or ask under another subject.",
    ),
    ("ENQUIRY_UNKNOWN", "There is no such enquiry.", "Check who asked whom, and the subject."),
    (
        "ENQUIRY_ANSWERED",
        "The enquiry has been answered already.",
        "Ask again if the answer must be corrected.",
    ),
    ("REPLY_BY_INVALID", "The reply-by time is not in the future, or too far.", "Give a time in the future."),
    ("ASKED_UNKNOWN", "The asked organisation is not a member.", "Check the organisation's identifier."),
    (
        "UNKNOWN_ORGANISATION",
        "No organisation of this id has been admitted or enrolled.",
        "Have it admitted or enrolled first.",
    ),
    ("ORGANISATION_INVALID", "The organisation's id is zero.", "Correct the act and have it signed again."),
    (
        "TERRITORY_DIFFERS",
        "The organisation belongs to another territory.",
        "An authority acts in its own territory only.",
    ),
    (
        "ROLES_NOT_GRANTABLE",
        "These roles are not this grantor's to give.",
        "Ask the council or the authority that grants them.",
    ),
    (
        "ROLE_MISSING",
        "The organisation holds none of the roles that the act needs.",
        "Ask for the role first.",
    ),
    (
        "KEY_NOT_VALID",
        "The signing key is not, or no longer, a key of the organisation.",
        "Sign with a valid key of the organisation.",
    ),
    (
        "KEY_NOT_VOUCHED",
        "The act needs a key that the council, or a key that it granted, vouches for.",
        "Have the council grant a key.",
    ),
    ("KEY_TAKEN", "The address serves an organisation already, and for ever.", "Use another key."),
    (
        "KEY_NOT_ENDABLE",
        "The key to end is not one of the organisation's valid keys.",
        "Check the key's address.",
    ),
    (
        "KEY_RETIRES_ITSELF",
        "A key does not retire itself: another one does, or the council.",
        "Sign with another key, or ask the council.",
    ),
    (
        "SPONSOR_REFUSED",
        "Neither the organisation itself nor an authority that may speak for it.",
        "Ask the organisation itself, its authority, or the council.",
    ),
    (
        "DISOWN_TIME_INVALID",
        "The time is in the future, or not earlier than the one recorded.",
        "Give an earlier time.",
    ),
    (
        "ACCREDITATION_INVALID",
        "The kind is unknown, the scheme zero, or the last day before the first.",
        "Correct the accreditation.",
    ),
    (
        "NOT_ACCREDITED",
        "The organisation has no accreditation for the scheme on this day.",
        "Ask the national authority for the accreditation.",
    ),
    ("PAUSED", "The ledger is paused.", "Try again when the pause is over."),
    ("SEALED", "The contract that takes the act is sealed for ever.", "Use the successor contract."),
    ("ONLY_COUNCIL", "Only the council can do this.", "Propose it to the council."),
    (
        "COUNCIL_SIZE_INVALID",
        "A council has 3 to 32 members and a threshold from 2 to one below that.",
        "Correct the act and have it signed again.",
    ),
    (
        "SEAT_INVALID",
        "A seat is given twice, or to the zero address.",
        "Correct the act and have it signed again.",
    ),
    (
        "ACCEPTANCE_COUNT_WRONG",
        "Not every newcomer, or somebody else, brings an acceptance.",
        "Correct the act and have it signed again.",
    ),
    (
        "ACCEPTANCE_FOREIGN",
        "The acceptance was signed by another address than the one it speaks for.",
        "Correct the act and have it signed again.",
    ),
    (
        "NOT_COUNCIL_MEMBER",
        "The signer holds no seat in the council of this epoch.",
        "Collect the votes again from the present council.",
    ),
    (
        "VOTES_OUT_OF_ORDER",
        "A vote is given twice, or votes are out of order.",
        "Correct the act and have it signed again.",
    ),
    ("TOO_FEW_VOTES", "Fewer votes than the threshold.", "Collect more votes."),
    (
        "ALREADY_EXECUTED",
        "This vote or pause has been carried out already.",
        "Nothing, or propose again under a new salt.",
    ),
    ("CALL_FAILED", "The council's call names no function.", "Correct the act and have it signed again."),
    ("PAUSE_INVALID", "The pause is too long, or not in the future.", "Give a shorter one."),
    (
        "PAUSE_SPENT",
        "A member's pause has been used and the council has executed nothing since.",
        "Ask the council to decide.",
    ),
    ("ALREADY_PAUSED", "The ledger is paused at least that long already.", "Nothing."),
    (
        "SEAL_INVALID",
        "This cannot be sealed, or is sealed already.",
        "Correct the act and have it signed again.",
    ),
    (
        "DEADLINE_PASSED",
        "The time in which the act could be carried out is over.",
        "Have it signed again with a new deadline.",
    ),
)

# --- access, acts, services, api ----------------------------------------------------------------------------
_section(
    ("SETTING_INVALID", "A setting cannot be used as given.", "Correct the named ORIGIN_… variables."),
    (
        "SETTING_UNSAFE",
        "A setting is missing or weak, and this is not demo mode.",
        "Set the named variable to a strong value.",
    ),
    (
        "SETTING_TWICE",
        "A secret is set in two ways.",
        "Keep the file, and unset the variable that holds the secret itself.",
    ),
    (
        "SETTING_FILE_UNREADABLE",
        "The file of a secret cannot be read.",
        "Name a small text file that the service may read.",
    ),
    (
        "SETTING_FILE_SHARED",
        "The file of a secret can be read or changed by others.",
        "Take the rights of others away: chmod 0400, owned by the account that runs the service.",
    ),
    (
        "SETTING_NOT_FOR_DEMO",
        "Demo mode refuses production settings.",
        "Unset the named variables, or leave demo mode.",
    ),
    (
        "OPERATOR_TOKEN_INVALID",
        "ORIGIN_OPERATOR_TOKEN is no access token.",
        "Set olt_ and 43 characters of base64url, made of 32 random bytes.",
    ),
    (
        "TOKEN_INVALID",
        "The access token is not known here, or was revoked.",
        "Use a current token, or ask the operator for one.",
    ),
    (
        "TOKEN_SUBJECT",
        "A token needs to say whom it stands for.",
        "Name the organisation, or the council member's address.",
    ),
    (
        "SIGN_IN",
        "This is for those who are signed in.",
        "Sign in on the page; a program sends its token in the Authorization header, the command line takes"
        " ORIGIN_TOKEN.",
    ),
    (
        "NOT_ENTITLED",
        "The caller is known, but may not do this.",
        "Ask somebody with the right role, or the operator.",
    ),
    (
        "IDEMPOTENCY_KEY_REUSED",
        "This Idempotency-Key was used for another request.",
        "Use a fresh key for a different request.",
    ),
    (
        "SEALED_UNREADABLE",
        "An encrypted record cannot be opened.",
        "Restore the record, or configure the master key that sealed it.",
    ),
    ("ACT_UNKNOWN", "There is no such act, or it is not yours to see.", "Check the act's id."),
    ("BATCH_TOO_LARGE", "The batch holds too many certificates.", "Split it into several batches."),
    (
        "ISSUER_DIFFERS",
        "A document names another organisation as its issuer.",
        "Issue it in that organisation's name, or correct the document.",
    ),
    (
        "SCHEMES_DIFFER",
        "The documents are under different schemes; a batch has one.",
        "Send one batch for each scheme.",
    ),
    (
        "NUMBER_TWICE",
        "Two documents of the batch have the same number.",
        "Give each certificate its own number.",
    ),
    (
        "NUMBER_TAKEN",
        "The issuer has a live certificate under this number.",
        "Use another number, or supersede the earlier certificate.",
    ),
    (
        "REFERENCE_UNCLEAR",
        "Exactly one of id, number, digest, leaf or bundle names a certificate.",
        "Give one of them.",
    ),
    (
        "CERTIFICATE_UNKNOWN",
        "No such certificate is recorded here for you to see.",
        "Check the number, or bring the bundle.",
    ),
    ("NUMBER_AMBIGUOUS", "Several issuers use this number.", "Name the issuer as well."),
    (
        "BUNDLE_DIFFERS",
        "The bundle's document does not lead to its leaf.",
        "Ask the holder for an unaltered bundle.",
    ),
    (
        "DOCUMENT_ERASED",
        "The document was erased here; only its leaf remains on the ledger.",
        "Bring the bundle.",
    ),
    (
        "DOCUMENT_NEEDED",
        "The items are hidden in this bundle.",
        "Bring the full bundle, or one that discloses the items.",
    ),
    (
        "RECORD_DAMAGED",
        "A stored record does not fit its sealed document.",
        "Restore the database, and look for who changed it.",
    ),
    ("OTHER_ISSUER", "Only the certificate's issuer may do this.", "Ask the issuing body."),
    (
        "UNITS_INVALID",
        "The number of units does not fit the certificate.",
        "Use a number within its allowance.",
    ),
    ("ITEMS_INVALID", "The items do not fit the certificate.", "Name its items with their units, each once."),
    ("NOTHING_LEFT", "Nothing is left of the certificate's allowance.", "Verify it to see what was used."),
    ("ACT_REASON_UNKNOWN", "There is no such reason for this act.", "Use one of the codes in the detail."),
    (
        "DECLARATION_INVALID",
        "The import declaration's reference is missing or too long.",
        "Give the declaration's number.",
    ),
    ("BATCH_UNKNOWN_HERE", "No such batch of yours is recorded here.", "Check the batch id."),
    ("ACT_PENDING", "The issuing act still waits for its signature.", "Sign or refuse it first."),
    ("TEXT_TOO_LONG", "The text is too long.", "Shorten it."),
    ("ENQUIRY_UNKNOWN_HERE", "No such enquiry of yours is recorded here.", "Check its id."),
    ("ENQUIRY_ANSWERED_HERE", "An answer to this enquiry is on its way.", "Wait for it to be registered."),
    (
        "ORGANISATION_UNKNOWN_HERE",
        "No organisation with this name is recorded here.",
        "Check the identifier, or record its name first.",
    ),
    (
        "ACT_NOT_SIGNABLE",
        "The act takes no signature any more.",
        "Look at its state, and ask for it anew if needed.",
    ),
    ("ACT_MOVED", "The act changed while it was being signed.", "Send the signature again."),
    (
        "SIGNATURE_KEY_DIFFERS",
        "The signature was made with another key than the one named.",
        "Sign with the named key.",
    ),
    ("TOKEN_UNKNOWN", "There is no such token of yours.", "List the tokens to see their ids."),
    (
        "NOT_REGISTERED_YET",
        "The certificate's issuing act is not on the ledger yet.",
        "Wait until its act is final.",
    ),
    (
        "MEDIA_TYPE_UNSUPPORTED",
        "The body's content type is not taken here.",
        "Send the media type named in the detail.",
    ),
    (
        "METHOD_NOT_ALLOWED",
        "The address does not take this method.",
        "See the API description at /v1/openapi.json.",
    ),
    ("NO_SUCH_ROUTE", "There is nothing at this address.", "See the API description at /v1/openapi.json."),
    (
        "PARAMETER_INVALID",
        "A parameter of the address is missing or out of bounds.",
        "Correct the parameters named.",
    ),
    ("REQUEST_INVALID", "The request cannot be read.", "Correct it as the detail says."),
    (
        "BODY_INVALID",
        "The body does not have the members or types that this request takes.",
        "Correct the members named.",
    ),
    (
        "IDEMPOTENCY_KEY_INVALID",
        "An Idempotency-Key has 1 to 200 visible ASCII characters.",
        "Use a random UUID.",
    ),
    ("ID_INVALID", "This can be no record's id.", "Use an id as this service gave it."),
    (
        "CURSOR_INVALID",
        "The cursor was not given by this service.",
        "Use `next` of the page before, unchanged.",
    ),
    ("INDEX_CATCHING_UP", "The index of the ledger is behind its head.", "Wait until it has caught up."),
    (
        "VERIFY_WHAT",
        "Exactly one of a file, bundle, number, digest or document is verified.",
        "Give one of them.",
    ),
    (
        "CLAIM_WHOSE",
        "A claim is looked up for the customs organisation that made it.",
        "Sign in as that organisation.",
    ),
    (
        "SECRET_NEEDED",
        "A bare document cannot be verified without its secret.",
        "Bring the bundle, or sign in as a party that may read it here.",
    ),
    (
        "DOCUMENT_DIFFERS",
        "The document is not the one that was registered under its number.",
        "Do not accept it; ask the issuing body.",
    ),
    (
        "CONTENT_DISCREPANCY",
        "The content does not fit the rules of its scheme.",
        "Read the findings, and ask the issuing body where it matters.",
    ),
    (
        "COMPARE_WITH_PAPER",
        "A certificate is registered under this number; the paper may still say something else.",
        "Compare the paper with what is shown, or verify the file.",
    ),
    ("NOT_STARTED", "The service has not been started.", "Start it first."),
)

# --- signer, command line, demo -----------------------------------------------------------------------------
_section(
    (
        "SIGNER_ACT_NOT_ALLOWED",
        "This signer does not sign acts of this kind.",
        "Allow it in signer.toml if it should.",
    ),
    ("SIGNER_ALLOWANCE", "The act would use more than the certificate allows.", "Ask for fewer units."),
    (
        "SIGNER_BATCH_LIMIT",
        "The batch is larger than this signer signs at once.",
        "Split it, or raise the limit.",
    ),
    (
        "SIGNER_BATCH_UNKNOWN",
        "The batch to confirm is not one that this signer signed.",
        "Find out who issued it; revoke its certificates if it was not you.",
    ),
    (
        "SIGNER_CALL_UNREADABLE",
        "The council is asked for a call that cannot be read.",
        "Do not vote for it; ask who proposed it.",
    ),
    (
        "SIGNER_CLAIM_SECRET",
        "The claim was made with another secret than this signer's claims before.",
        "Do not sign: one declaration could be used twice. If it was changed on purpose, see docs/signer.md.",
    ),
    (
        "SIGNER_DAILY_LIMIT",
        "The signer's limit for this day is reached.",
        "Wait for tomorrow (UTC), or raise the limit.",
    ),
    (
        "SIGNER_DEADLINE",
        "The deadline has passed, or lies too far ahead.",
        "Ask for the act again; check both clocks.",
    ),
    ("SIGNER_EXISTS", "There is a signer in this folder already.", "Use it, or choose another folder."),
    (
        "SIGNER_FIELD_DIFFERS",
        "The message to sign says something else than the documents shown with it.",
        "Do not sign it elsewhere either: the service is faulty or lying. Tell its operator.",
    ),
    (
        "SIGNER_FILE_MISSING",
        "A file of the signer is missing.",
        "Make it with `origin signer init`, or restore it.",
    ),
    (
        "SIGNER_FILE_SHARED",
        "A secret file of the signer can be read by others.",
        "Make it readable by its owner only (chmod 600).",
    ),
    (
        "SIGNER_NUMBER_USED",
        "The certificate number was signed before with other content.",
        "Give the certificate a number of its own.",
    ),
    ("SIGNER_NOT_PINNED", "This signer is not pinned to a ledger yet.", "Pin it: `origin signer pin`."),
    ("PORT_TAKEN", "The port is in use.", "End what uses it, or choose another with PORT."),
    ("DEMO_ACT_PENDING", "The demo does not get on.", "Start it again; it goes on where it stopped."),
    ("DEMO_SIGNER_FAILED", "A signer of the demo did not work.", "Read its log in the data folder."),
    ("SIGNER_OTHER_ISSUER", "The certificate belongs to another issuer.", "Only its issuer can do this."),
    (
        "SIGNER_OTHER_LEDGER",
        "The act is for another chain or contract than the one this signer is pinned to.",
        "Check the pins.",
    ),
    ("SIGNER_OWN_KEY", "A key does not retire itself.", "Let another key of the organisation do it."),
    ("SIGNER_PERSON_REFUSED", "The person at the signer refused.", "Ask them why."),
    (
        "SIGNER_REQUEST_UNREADABLE",
        "The signer cannot read what it is asked to sign.",
        "Update the older of service and signer.",
    ),
    ("SIGNER_RUNNING", "Another signer works in this folder.", "End it first."),
    (
        "SIGNER_SCHEME_NOT_ALLOWED",
        "This signer does not issue under this scheme.",
        "Allow it in signer.toml if it should.",
    ),
    ("SIGNER_SETTINGS_INVALID", "signer.toml cannot be read.", "Correct the line named."),
    (
        "SIGNER_EVENTS_NEEDED",
        "The signer was shown only the leaves of events that it never anchored.",
        "Ask for the anchor again; all events are shown then.",
    ),
    (
        "SIGNER_STREAM_REWRITTEN",
        "The stream no longer begins with what was anchored.",
        "Restore the events as they were captured.",
    ),
    (
        "JOURNAL_DAMAGED",
        "The signer's journal was altered.",
        "Restore it from a copy; without it limits cannot be kept.",
    ),
    ("KEYSTORE_AMBIGUOUS", "There is not exactly one key to use.", "Name the key in signer.toml."),
    (
        "KEYSTORE_PASSWORD_MISSING",
        "The key's password is not given.",
        "Give it in a 0600 file or in ORIGIN_SIGNER_PASSWORD.",
    ),
    ("KEYSTORE_PASSWORD_WRONG", "The password does not open the key.", "Give the right one."),
    ("KEYSTORE_UNREADABLE", "The keystore is not a version 3 key file.", "Restore it from a copy."),
    (
        "SERVICE_ANSWER_UNREADABLE",
        "The service's answer cannot be read.",
        "Check the address: something else may answer there.",
    ),
    ("SERVICE_UNREACHABLE", "The service cannot be reached.", "Check ORIGIN_URL, and that the service runs."),
    ("SERVICE_URL_INVALID", "The service's address is not an http or https address.", "Correct ORIGIN_URL."),
    ("FILE_UNREADABLE", "The file cannot be read.", "Check its name and your permission to read it."),
    (
        "FILE_UNWRITABLE",
        "The file cannot be written.",
        "Check its folder and your permission to write there.",
    ),
    ("ROLE_UNKNOWN", "The demo has no token for this name.", "Use one of the names in the detail."),
    ("NAME_EMPTY", "What to look for is empty.", "Give a file, a number or a digest."),
    (
        "NUMBER_INVALID",
        "No certificate can have this number.",
        "Give the number as it is printed, a digest, or what the QR code says.",
    ),
)

# --- looking after a service (services/health, metrics, origin doctor) --------------------------------------
_section(
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
        "Start the service once, or name its data folder with ORIGIN_DATA.",
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
