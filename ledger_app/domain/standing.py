"""Words and numbers that every part shares: verdict, standing, roles, kinds, act reasons, exit codes.

Numbers are those of docs/protocol.md §7 and are on chain: they never change their meaning. Words are ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum
from typing import Final


class Verdict(StrEnum):
    """Is it what it says it is? Apart from what has happened to it since (`Standing`)."""

    GENUINE = "GENUINE"
    NOT_GENUINE = "NOT_GENUINE"
    CANNOT_TELL = "CANNOT_TELL"


class Standing(StrEnum):
    """What has happened to a genuine certificate since it was issued. Order of gravity: `gravest`."""

    GOOD = "good"
    USED_UP = "used-up"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    ISSUER_KEY_DISOWNED = "issuer-key-disowned"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The standing in a short sentence, for people."""
        return _STANDING_WORDS[self]

    @property
    def is_final(self) -> bool:
        """Nothing can bring the certificate back."""
        return self in (Standing.REVOKED, Standing.SUPERSEDED)


_STANDING_WORDS: Final = {
    Standing.GOOD: "In good standing.",
    Standing.USED_UP: "Used up: nothing is left of its allowance.",
    Standing.NOT_YET_VALID: "Not yet valid on this date.",
    Standing.EXPIRED: "Expired on this date.",
    Standing.SUSPENDED: "Suspended by the issuing body.",
    Standing.ISSUER_KEY_DISOWNED: "Issued with a key that was later disowned, and not confirmed since.",
    Standing.SUPERSEDED: "Replaced by another certificate.",
    Standing.REVOKED: "Revoked by the issuing body.",
    Standing.UNKNOWN: "Its standing cannot be told now.",
}
_GRAVITY: Final = {standing: place for place, standing in enumerate(Standing)}


def gravest(standings: Iterable[Standing]) -> Standing:
    """The one to show when several hold (a revoked certificate may be expired as well); GOOD for none."""
    return max(standings, key=_GRAVITY.__getitem__, default=Standing.GOOD)


class Status(IntEnum):
    """What the contract records about a leaf (protocol §7)."""

    GOOD = 0
    SUSPENDED = 1
    REVOKED = 2
    SUPERSEDED = 3

    @property
    def standing(self) -> Standing:
        """The standing of the same name."""
        return Standing(self.name.lower())


class ClaimState(IntEnum):
    """What the contract records about one import claim on a leaf (protocol §7)."""

    NONE = 0
    ACQUITTED = 1
    WITHDRAWN = 2
    REFUSED = 3


class Role(IntFlag):
    """Roles of an organisation, as bits (protocol §7)."""

    NONE = 0
    AUTHORITY = 1
    ISSUER = 2
    EXPORTER = 4
    AGENT = 8
    CUSTOMS = 16
    REPORTER = 32
    AUDITOR = 64

    @property
    def names(self) -> list[str]:
        """The names of the roles held, in order of their bits."""
        return [str(role.name) for role in Role if role & self]


GIVEN_BY_AUTHORITY: Final = int(Role.ISSUER | Role.EXPORTER | Role.AGENT)
"""The bits that an authority gives to organisations of its territory; the council gives the others."""


COUNCIL_ROLES: Final = Role.AUTHORITY | Role.CUSTOMS | Role.REPORTER | Role.AUDITOR
AUTHORITY_ROLES: Final = Role.ISSUER | Role.EXPORTER | Role.AGENT


def parse_roles(names: Iterable[str]) -> Role:
    """Roles from their names, any letter case. Raises ValueError for a name that is none."""
    roles = Role.NONE
    for name in names:
        try:
            roles |= Role[name.upper()]
        except KeyError:
            raise ValueError(f"no such role: {name!r}") from None
    return roles


class AccreditationKind(IntEnum):
    """Under which right a certificate was issued (protocol §7)."""

    NONE = 0
    AUTHORITY_ISSUED = 1
    APPROVED_EXPORTER = 2
    REGISTERED_EXPORTER = 3
    SELF_CERTIFIED = 4

    @property
    def role(self) -> Role:
        """The role that an organisation needs to hold this kind."""
        return {0: Role.NONE, 1: Role.ISSUER}.get(int(self), Role.EXPORTER)

    @property
    def words(self) -> str:
        """What an issuer of this kind vouches for."""
        return _KIND_WORDS[self]

    @property
    def basis(self) -> str:
        """The document's `issuanceBasis` for this kind, the general one. Raises ValueError for NONE."""
        for basis, kind in ISSUANCE_BASES.items():
            if kind is self:
                return basis
        raise ValueError("nothing is issued under no accreditation")


_KIND_WORDS: Final = {
    AccreditationKind.NONE: "not accredited",
    AccreditationKind.AUTHORITY_ISSUED: "issued by an accredited issuing body",
    AccreditationKind.APPROVED_EXPORTER: "made out by an approved exporter",
    AccreditationKind.REGISTERED_EXPORTER: "made out by a registered exporter",
    AccreditationKind.SELF_CERTIFIED: "self-certified: it proves who wrote it, and nothing more",
}
ISSUANCE_BASES: Final[dict[str, AccreditationKind]] = {
    "authority": AccreditationKind.AUTHORITY_ISSUED,
    "approved-exporter": AccreditationKind.APPROVED_EXPORTER,
    "registered-exporter": AccreditationKind.REGISTERED_EXPORTER,
    "self-certified": AccreditationKind.SELF_CERTIFIED,
    # The ledger knows that it is self-certified; the document may say by whom.
    "exporter": AccreditationKind.SELF_CERTIFIED,
    "producer": AccreditationKind.SELF_CERTIFIED,
    "importer": AccreditationKind.SELF_CERTIFIED,
}

# --- reason numbers of the acts (uint16 on chain, never zero) -------------------------------


@dataclass(frozen=True, slots=True)
class ActReason:
    """A reason that an act states on chain. `number` is what the contract keeps, `code` what people type."""

    number: int
    code: str
    words: str


OTHER: Final = 65535


def _table(*rows: tuple[int, str, str]) -> dict[int, ActReason]:
    table = {number: ActReason(number, code, words) for number, code, words in rows}
    table[OTHER] = ActReason(OTHER, "OTHER", "Another reason, told outside the ledger.")
    return table


_END_REASONS: Final = (
    (1, "ISSUED_IN_ERROR", "It should not have been issued as it stands."),
    (2, "NOT_ORIGINATING", "The goods do not have the origin stated."),
    (3, "FALSE_STATEMENT", "The application contained a false statement."),
    (4, "HOLDER_REQUEST", "The exporter or holder asked for it."),
    (5, "LOST_OR_STOLEN", "It was lost or stolen."),
    (6, "KEY_COMPROMISED", "It was issued with a key that others may hold."),
    (7, "NOT_EXPORTED", "The goods were not exported."),
    (8, "UNDER_INVESTIGATION", "It is being looked into."),
)
ACT_REASONS: Final[dict[str, dict[int, ActReason]]] = {
    "revoke": _table(*_END_REASONS),
    "suspend": _table(*_END_REASONS),
    "supersede": _table(
        (1, "CORRECTION", "An error was corrected."),
        (2, "SPLIT", "The consignment was split."),
        (3, "TRUE_COPY", "A certified true copy replaces a lost original."),
        (4, "CHANGED_ROUTE", "Transport or consignee changed."),
    ),
    "refuse": _table(
        (1, "NOT_ORIGINATING", "The goods do not have the origin stated."),
        (2, "GOODS_DIFFER", "The goods presented are not those described."),
        (3, "CONTENT_RULES", "It does not meet the rules of its agreement."),
        (4, "TRANSPORT_RULES", "Direct transport, or no alteration on the way, is not shown."),
        (5, "OUT_OF_TIME", "It was presented outside its validity."),
        (6, "NO_ANSWER", "The issuing body did not answer an enquiry in time."),
        (7, "ANSWER_INSUFFICIENT", "The issuing body's answer did not settle the enquiry."),
    ),
    "withdraw": _table(
        (1, "ENTERED_IN_ERROR", "The acquittal was recorded by mistake."),
        (2, "DECLARATION_CANCELLED", "The import declaration was cancelled."),
        (3, "CLAIM_WITHDRAWN", "The importer withdrew the preference claim."),
        (4, "CLAIM_REJECTED", "The preference claim was rejected after clearance."),
    ),
    "enquire": _table(
        (1, "AUTHENTICITY", "Did you issue this certificate?"),
        (2, "CONTENT", "Are the particulars in it right?"),
        (3, "ORIGIN", "Do the goods have the origin stated?"),
        (4, "RANDOM_CHECK", "A check at random."),
        (5, "MORE_INFORMATION", "More information is needed."),
    ),
    "answer": _table(
        (1, "CONFIRMED", "Confirmed as stated."),
        (2, "NOT_ISSUED_BY_US", "We did not issue it."),
        (3, "ALTERED", "We issued it, but not with this content."),
        (4, "NOT_ORIGINATING", "The goods do not have the origin stated."),
        (5, "CANNOT_ESTABLISH", "It cannot be established."),
        (6, "MORE_TIME_NEEDED", "More time is needed."),
    ),
}


def act_reason(act: str, given: int | str) -> ActReason:
    """The reason for `act` (a key of ACT_REASONS) by its number or code, any letter case, `-` or `_`.

    Raises ValueError, naming the codes that exist, when there is none.
    """
    table = ACT_REASONS[act]
    wanted = str(given).strip().upper().replace("-", "_")
    for reason in table.values():
        if wanted in (reason.code, str(reason.number)):
            return reason
    codes = ", ".join(reason.code for reason in table.values())
    raise ValueError(f"no such reason to {act}: {str(given)[:80]!r}; there are {codes}")


def act_reason_words(act: str, number: int) -> str:
    """Words for a number read from the chain; numbers of later versions are shown as such, never refused."""
    reason = ACT_REASONS[act].get(number)
    return reason.words if reason else f"Reason number {number}, which this version has no words for."


# --- exit codes of `origin verify` ----------------------------------------------------------


class ExitCode(IntEnum):
    """What `origin verify` returns to the shell."""

    GOOD = 0
    USAGE = 2
    NOT_FOUND = 10
    NOT_GENUINE = 11
    NOT_IN_GOOD_STANDING = 12
    ISSUER_NOT_TRUSTED = 13
    CANNOT_TELL = 20


def exit_code(
    verdict: Verdict, standing: Standing, *, not_found: bool = False, issuer_untrusted: bool = False
) -> ExitCode:
    """The exit code of a verification.

    `not_found`: nothing is registered under what was asked (reason NOT_FOUND, verdict CANNOT_TELL).
    `issuer_untrusted`: the step about the issuer failed (organisation, accreditation or key).
    A GENUINE verdict whose standing is unknown is no good news, so it is CANNOT_TELL.
    """
    if not_found:
        return ExitCode.NOT_FOUND
    if verdict is Verdict.CANNOT_TELL:
        return ExitCode.CANNOT_TELL
    if issuer_untrusted:
        return ExitCode.ISSUER_NOT_TRUSTED
    if verdict is Verdict.NOT_GENUINE:
        return ExitCode.NOT_GENUINE
    if standing is Standing.GOOD:
        return ExitCode.GOOD
    if standing is Standing.ISSUER_KEY_DISOWNED:
        return ExitCode.ISSUER_NOT_TRUSTED
    return ExitCode.CANNOT_TELL if standing is Standing.UNKNOWN else ExitCode.NOT_IN_GOOD_STANDING
