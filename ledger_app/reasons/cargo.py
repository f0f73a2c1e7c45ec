"""Reasons of cargo events."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
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
