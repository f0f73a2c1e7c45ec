"""Reasons of the signer, the command line and the demonstration."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
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
    (
        "SIGNER_ITEMS_MISSING",
        "The original has allowances by item, and a successor has one for all of its items.",
        "State an allowance for each item of the successor.",
    ),
    (
        "SIGNER_ORIGINAL_OURS",
        "It is to be issued by itself, and copies or replaces a certificate that this signer issued.",
        "Ask for the act that supersedes that certificate by it.",
    ),
    (
        "SIGNER_ORIGINAL_IN_PART",
        "Of the certificate to be replaced too little is shown to hold its successors against it.",
        "Ask for the act with the whole certificate.",
    ),
    ("SIGNER_NOT_PINNED", "This signer is not pinned to a ledger yet.", "Pin it: `origin signer pin`."),
    (
        "PORT_TAKEN",
        "The port is in use.",
        "End what uses it (`ss -ltnp` names it), or choose another with --port, PORT or ORIGIN_PORT.",
    ),
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
    (
        "SIGNER_SUCCESSOR_DIFFERS",
        "What a successor says does not fit the act, or the original that the act is about.",
        "Correct the flags or the original that it names, or what a true copy says, and ask again.",
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
