"""Reasons of imports and verifications in bulk."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "IMPORT_UNKNOWN",
        "There is no such import of this organisation.",
        "See `GET /v1/imports/jobs` for those there are.",
    ),
    (
        "IMPORT_PAGE_UNKNOWN",
        "This page was not sent yet, or with other content.",
        "Send it.",
    ),
    (
        "IMPORT_CLOSED",
        "The import takes no more pages: it was sent in full, or has ended.",
        "Send the file again, as a new import: what is issued already is not issued twice.",
    ),
    (
        "IMPORT_PAGE_DIFFERS",
        "This page of the import was sent before with other content.",
        "Send the file that the import was opened for; a changed file is a new import.",
    ),
    (
        "IMPORT_INCOMPLETE",
        "Pages of the file are missing.",
        "Send the same file again: it goes on where it stopped.",
    ),
    (
        "IMPORT_NOT_WAITING",
        "The import does not wait for anybody's approval.",
        "See its state.",
    ),
    (
        "IMPORT_SAME_PERSON",
        "Who opened an import, sent some of it or ended it does not approve it.",
        "Have a second person of the organisation approve it, with a token of their own.",
    ),
    (
        "IMPORT_MAKER_UNNAMED",
        "A token that names nobody had a hand in the import: nobody can be known to be a second person.",
        "Reject it, and send the file again with a person's token (`origin member token --person`).",
    ),
    (
        "IMPORT_REJECTED",
        "A second person rejected the import; nothing of it was issued.",
        "Ask them why, correct the file, and send it again.",
    ),
    (
        "IMPORT_ROWS_REFUSED",
        "Rows were refused, and all or nothing was asked for; nothing was issued.",
        "Correct the rows that the error file lists, and send the whole file again.",
    ),
    (
        "IMPORT_ABANDONED",
        "The import was not completed in time; nothing of it was issued.",
        "Send the file again.",
    ),
    (
        "OUTPUT_IS_INPUT",
        "The file to write is one that is read, or that something else is written to: it would be lost.",
        "Give the output a name of its own.",
    ),
    (
        "VERIFY_NOTHING",
        "Nothing was verified: the folders are empty, hidden files aside, and the lists name nothing.",
        "Name bundles, folders that hold some, or lists of numbers or digests.",
    ),
    (
        "VERIFY_FILE_UNREADABLE",
        "This file, folder or line could not be read.",
        "See to its permissions and its size; the others were verified all the same.",
    ),
)
