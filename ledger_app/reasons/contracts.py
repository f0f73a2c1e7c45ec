"""Reasons of the contracts: one for each custom error, in their order."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
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
        "The successors allow more than was put in, together or of an item.",
        "Allow less, or state as originalItem which item of the original each item is a part of.",
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
        "Ask the national authority for the accreditation (`origin member accredit …`).",
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
