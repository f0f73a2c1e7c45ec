"""Reasons of access, acts, services and the API."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    ("SETTING_INVALID", "A setting cannot be used as given.", "Correct the named ORIGIN_… variables."),
    (
        "SETTING_UNSAFE",
        "A setting is missing or weak, and this is not demo mode.",
        "Set the named variable to a strong value.",
    ),
    (
        "SETTING_UNKNOWN",
        "A variable that begins with ORIGIN_ is set, and nothing reads it.",
        "Correct its name, or unset it; docs/settings.md lists all.",
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
        "ISSUE_NEEDS_APPROVAL",
        "So many certificates at once need a second person.",
        "Import them as a file, which a second person then approves.",
    ),
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
        "CERTIFICATE_NEVER_ISSUED",
        "The act that was to issue the certificate came to nothing, so the ledger does not have it.",
        "Issue it anew; if it was issued after a backup that was restored here, bring its holder's bundle.",
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
    (
        "ENQUIRED_UNKNOWN",
        "No certificate of this name is recorded here for you to see.",
        "Check the number, or bring the bundle. About a paper that is not on the ledger, name no certificate"
        " and write its number into the text: origin certificate enquire ISSUER --paper NUMBER.",
    ),
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
    (
        "PARAMETER_UNKNOWN",
        "The address has a parameter that does not exist here.",
        "Use those that the detail names, written as there; letter case counts.",
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
    (
        "REGISTERED_TOO_LATE",
        "Its own date is earlier, but it was registered after the last day on which it could be issued.",
        "Ask the issuing body when it was issued, and why it was registered so late.",
    ),
    ("NOT_STARTED", "The service has not been started.", "Start it first."),
)
