"""Reasons of applications, numbers and evidence."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "APPLICATION_UNKNOWN",
        "There is no such application, or it is not yours to see.",
        "List the applications to see their ids.",
    ),
    (
        "APPLICATION_MOVED",
        "Somebody else did something with the application in between.",
        "Look at it again, and repeat with its present version if you still want to.",
    ),
    (
        "APPLICATION_ERASED",
        "What the application said was erased.",
        "Make a new application.",
    ),
    (
        "APPLICATION_PENDING",
        "An application that is being examined or issued cannot be erased.",
        "Withdraw it first, or wait until it is settled.",
    ),
    (
        "APPLY_WHERE",
        "It is not said which issuing body is asked.",
        "Name it as `issuer`, or in the document as /issuer/identifier.",
    ),
    (
        "STAGE_UNKNOWN",
        "Applications have no such stage.",
        "Use one of those that the detail lists.",
    ),
    (
        "APPLICANT_DIFFERS",
        "The applicant is neither the exporter that the document names nor its agent with a mandate.",
        "Name the applicant as /exporter, or as /agent with its mandate, by its registered identifier.",
    ),
    (
        "MANDATE_ENDED",
        "The agent's mandate is over.",
        "Have the exporter renew it, and name the new one.",
    ),
    (
        "NOT_AN_ISSUING_BODY",
        "The organisation that is asked does not issue certificates for others.",
        "Apply to an organisation with the role ISSUER, or to none where you certify yourself.",
    ),
    (
        "BASIS_DIFFERS",
        "The issuance basis does not fit who issues.",
        "Applications to an issuing body have the basis authority; who certifies itself has another.",
    ),
    (
        "FILE_EMPTY",
        "The file has no content.",
        "Attach the file that was meant.",
    ),
    (
        "ATTACHMENT_INVALID",
        "Name, media type or kind of the file is not one that a certificate can state.",
        "Correct what the detail names.",
    ),
    (
        "ATTACHMENT_TOO_LARGE",
        "The file is larger than is taken.",
        "Reduce it, or have the operator raise ORIGIN_MAX_ATTACHMENT_BYTES.",
    ),
    (
        "ATTACHMENTS_MANY",
        "The application has too many files, or too many bytes of them.",
        "Take out what is not needed, or put pages together.",
    ),
    (
        "ATTACHMENT_UNKNOWN",
        "There is no such file, or it is not yours to read.",
        "Look at the application, or the enquiry, to see the files' ids.",
    ),
    (
        "FOUR_EYES",
        "Two persons are needed, and this would be the same one, or nobody known.",
        "Let a colleague do it, with a token that names them (`origin member token --person`).",
    ),
    (
        "NUMBERS_NONE",
        "The issuing body has no range of numbers for this scheme.",
        "Register one (`origin numbers add`), or write the number into the certificate.",
    ),
    (
        "NUMBERS_MANY",
        "Too many certificates without a number are sent at once.",
        "Send fewer at a time, or number them.",
    ),
    (
        "NUMBER_RANGE_OVERLAPS",
        "Another range gives some of the same numbers.",
        "Choose other counters, or another pattern.",
    ),
    ("NUMBER_RANGES_MANY", "The issuing body has too many ranges.", "Register longer ranges instead."),
    ("NUMBER_RANGE_UNKNOWN", "There is no such range of yours.", "List the ranges to see their ids."),
    ("NUMBER_STATE_UNKNOWN", "Numbers have no such state.", "Use one of those that the detail lists."),
)
