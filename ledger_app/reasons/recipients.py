"""Reasons of recipients and webhooks."""

from ledger_app.reasons.table import Rows

ROWS: Rows = (
    (
        "RECIPIENT_UNCLEAR",
        "It does not say to whom, or names somebody who has it already.",
        "Name either an organisation or one of your outside endpoints.",
    ),
    (
        "CERTIFICATE_ELSEWHERE",
        "This certificate was issued by way of another installation.",
        "Pass on the file of its bundle.",
    ),
    (
        "SEND_NOT_YOURS",
        "A certificate is sent on by its issuer, by who is named in it, and by who was sent it.",
        "Ask one of them to send it.",
    ),
    (
        "WEBHOOK_URL",
        "This cannot be the address of a webhook.",
        "Give an https address on the public internet, or ask the operator to allow its network.",
    ),
    (
        "WEBHOOK_UNKNOWN",
        "You have no such webhook.",
        "Look up its id with `origin webhook list`.",
    ),
    (
        "WEBHOOK_TOO_MANY",
        "There are as many webhooks as one organisation may have.",
        "Remove one that is not needed any more.",
    ),
    (
        "WEBHOOK_TYPE_UNKNOWN",
        "There is no such type of notice.",
        "Name types that docs/recipients.md lists.",
    ),
    (
        "WEBHOOK_DISABLED",
        "This webhook is not called at present.",
        "Enable it with `origin webhook enable`, then ask again.",
    ),
    (
        "WEBHOOK_GONE",
        "The receiver answered 410: it wants no more.",
        "Enable the webhook again when the receiver is to get notices after all, then resend.",
    ),
    (
        "WEBHOOK_FAILING",
        "Nothing could be delivered to this webhook for as long as it was tried.",
        "See its log, mend the receiver, enable the webhook and resend what it missed.",
    ),
    (
        "NOTICE_UNKNOWN",
        "There is no such notice for this webhook.",
        "Look up the message with `origin inbox` or `origin webhook log`.",
    ),
    (
        "MOMENT_INVALID",
        "This is not a moment in time.",
        "Write it as 2026-01-31T12:00:00Z, or as a day.",
    ),
    (
        "TELLER_BEHIND",
        "Changes that are in the index are not told to recipients.",
        "See in the log why the worker `teller` fails; it goes on where it stopped.",
    ),
    (
        "COURIER_MISSING",
        "Webhooks wait, and no process delivers them.",
        "See that a service of this version runs on this database.",
    ),
)
