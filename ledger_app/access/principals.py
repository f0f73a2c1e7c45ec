"""Who is asking. A bearer token stands for an organisation, a council member, a trader or the operator of the
service.

A token is 32 random bytes with a readable prefix; only its SHA-256 is stored. Being let in gives nobody power
over the ledger: that takes a signature. It decides what the service shows and what it prepares for signing.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from ledger_app.domain.standing import Role
from ledger_app.domain.terms import territory_code
from ledger_app.errors import BadInput, Broken, ConfigError, NotAuthenticated
from ledger_app.store import members
from ledger_app.store.engine import Store

_FROM_SETTINGS = "from the settings"
_PREFIX = "olt_"
_TOKEN = re.compile(r"olt_[A-Za-z0-9_-]{43}", re.ASCII)


class Kind(StrEnum):
    """What a token stands for."""

    ANONYMOUS = "anonymous"
    TRADER = "trader"
    ORGANISATION = "organisation"
    COUNCIL = "council"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. `organisation` is its id (0x…) for an organisation, `member` the address of a council
    member.

    `roles` and `territory` are the organisation's as the index last saw them; the contracts have the last
    word. `person`: who uses the token, where the organisation says so; "" else.
    """

    kind: Kind
    token_id: str = ""
    organisation: str | None = None
    member: str | None = None
    roles: Role = Role.NONE
    territory: str | None = None
    label: str = ""
    person: str = ""

    @property
    def signed_in(self) -> bool:
        """True for everybody with a valid token."""
        return self.kind is not Kind.ANONYMOUS

    @property
    def owner(self) -> str:
        """Under which name idempotency keys are kept: one name space an organisation, council member or other
        token.
        """
        return self.organisation or self.member or self.token_id or "anonymous"

    @property
    def desks(self) -> tuple[str, ...]:
        """Whose acts it sees and signs: its organisation's; the council's and its own as a member;
        nobody's.
        """
        if self.kind is Kind.COUNCIL:
            return ("council", self.member or "")
        return (self.organisation,) if self.organisation else ()


ANONYMOUS = Principal(Kind.ANONYMOUS)


def create_token(
    store: Store,
    kind: Kind,
    *,
    organisation: str | None = None,
    member: str | None = None,
    label: str = "",
    person: str = "",
) -> str:
    """Make a token and give its text, which is shown this once.

    An organisation's token needs `organisation` (0x…), a council member's `member` (address). `person`: who
    uses it, for four eyes. Raises BadInput `TOKEN_SUBJECT` otherwise.
    """
    needed = {Kind.ORGANISATION: organisation, Kind.COUNCIL: member}.get(kind, "")
    if needed is None or kind is Kind.ANONYMOUS:
        raise BadInput("TOKEN_SUBJECT")
    text = _PREFIX + secrets.token_urlsafe(32)
    with store.begin() as conn:
        members.add_token(
            conn,
            token_hash=_hash(text),
            kind=kind.value,
            organisation=organisation.lower() if organisation and kind is Kind.ORGANISATION else None,
            member=member.lower() if member and kind is Kind.COUNCIL else None,
            label=label[:200],
            person=" ".join(person.split())[:200] or None,
        )
    return text


def keep_operator_token(store: Store, text: str) -> None:
    """Let in the operator with the token that the settings hold, and with no earlier one of theirs.

    Raises ConfigError `OPERATOR_TOKEN_INVALID` for a text that is no token: `olt_` and 43 characters of
    base64url, 32 random bytes.
    """
    if not _TOKEN.fullmatch(text) or len(set(text[len(_PREFIX) :])) < 12:
        raise ConfigError("OPERATOR_TOKEN_INVALID")
    wanted = _hash(text)
    with store.begin() as conn:
        known = members.token_by_hash(conn, wanted)
        for row in members.all_tokens(conn):
            ours = row.label == _FROM_SETTINGS and row.kind == Kind.OPERATOR.value
            if ours and row.revoked_at is None and (known is None or row.id != known[0].id):
                members.revoke_token(conn, row.id)
        if known is None:
            members.add_token(
                conn,
                token_hash=wanted,
                kind=Kind.OPERATOR.value,
                organisation=None,
                member=None,
                label=_FROM_SETTINGS,
            )


def principal_for(store: Store, authorization: str | None) -> Principal:
    """The principal behind an `Authorization` header; ANONYMOUS when there is none.

    Raises NotAuthenticated `TOKEN_INVALID` for anything that is not a known, unrevoked bearer token: a wrong
    token is never quietly treated as no token. Raises Broken `RECORD_DAMAGED` for a row that was altered.
    """
    if authorization is None:
        return ANONYMOUS
    scheme, _, text = authorization.partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer" or not _TOKEN.fullmatch(text):
        raise NotAuthenticated("TOKEN_INVALID")
    wanted = _hash(text)
    with store.read() as conn:
        found = members.token_by_hash(conn, wanted)
        if found is None or not hmac.compare_digest(found[1], wanted) or found[0].revoked_at is not None:
            raise NotAuthenticated("TOKEN_INVALID")
        row = found[0]
        roles, territory = members.roles_of(conn, row.organisation) if row.organisation else (0, None)
    try:
        return Principal(
            kind=Kind(row.kind),
            token_id=row.id,
            organisation=row.organisation,
            member=row.member,
            roles=Role(roles),
            territory=territory_code(bytes.fromhex(territory[2:])) if territory else None,
            label=row.label,
            person=row.person or "",
        )
    except (ValueError, BadInput) as damaged:
        raise Broken(
            "RECORD_DAMAGED", "what is kept of the caller's token or organisation cannot be so"
        ) from damaged


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
