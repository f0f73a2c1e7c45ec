"""Reasons of the certificate document, the agreements and imports (`domain`)."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
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
        "Copy all that the original says but number, day of issue, flags, original, remarks and "
        "declarations, or issue a replacement instead.",
    ),
    (
        "SUCCESSOR_ITEMS_MISSING",
        "The original has allowances by item, and a successor has one for all of its items.",
        "State an allowance for each item of the successor.",
    ),
    (
        "FLAGS_DIFFER",
        "The flags of a successor say another act than the one that issues it.",
        "Add the flag to /flags or take it out, as the message says.",
    ),
    (
        "ORIGINAL_DIFFERS",
        "A successor names another original than the certificate that the act is about.",
        "Name that one under /original, or leave /original out.",
    ),
    (
        "ORIGINAL_HERE",
        "It is to be issued by itself, and copies, replaces or rests on a certificate of this ledger: both "
        "could be used.",
        "Supersede that certificate by it, or consume it for a back-to-back one. What follows a revoked "
        "certificate does not name it.",
    ),
    (
        "SCHEME_UNKNOWN",
        "No rules are kept for this scheme.",
        "See `origin agreement list` for the codes known.",
    ),
)
