"""Who may do what: one table, that every route goes through.

An action names the kinds of principal it is open to and, for organisations, the roles of which one is needed.
Which *records* one may see or act upon (a certificate's parties, its issuer) is decided beside the record, in
the services.
"""

from dataclasses import dataclass
from typing import Final

from ledger_app.access.principals import Kind, Principal
from ledger_app.domain.standing import Role
from ledger_app.errors import NotAuthenticated, NotPermitted

_EVERYBODY: Final = frozenset(Kind)
_SIGNED_IN: Final = _EVERYBODY - {Kind.ANONYMOUS}
_ORGANISATION: Final = frozenset({Kind.ORGANISATION})
_COUNCIL: Final = frozenset({Kind.COUNCIL})
_SIGNERS: Final = _ORGANISATION | _COUNCIL
_OPERATOR: Final = frozenset({Kind.OPERATOR})
_ISSUERS: Final = Role.ISSUER | Role.EXPORTER


@dataclass(frozen=True, slots=True)
class Rule:
    """`kinds` may do it; an organisation needs one of `roles` unless that is NONE."""

    kinds: frozenset[Kind]
    roles: Role = Role.NONE


POLICY: Final[dict[str, Rule]] = {
    # open to everybody
    "service.health": Rule(_EVERYBODY),
    "service.describe": Rule(_EVERYBODY),
    "ledger.read": Rule(_EVERYBODY),
    "verify": Rule(_EVERYBODY),
    # signed in
    "verify.number": Rule(_SIGNED_IN),
    "self.read": Rule(_SIGNED_IN),
    "organisations.read": Rule(_SIGNED_IN),
    "certificates.read": Rule(_SIGNED_IN),
    "cargo.read": Rule(_SIGNED_IN),
    "acts.read": Rule(_SIGNERS | _OPERATOR),
    # issuing, and acts of the issuer
    "certificates.import": Rule(_ORGANISATION, _ISSUERS | Role.AGENT),
    "certificates.issue": Rule(_ORGANISATION, _ISSUERS),
    "imports.send": Rule(_ORGANISATION, _ISSUERS),
    "imports.read": Rule(_ORGANISATION, _ISSUERS),
    "imports.approve": Rule(_ORGANISATION, _ISSUERS),
    "certificates.limit": Rule(
        _ORGANISATION
    ),  # suspend, reinstate, revoke: the issuer, accredited still or not
    "certificates.supersede": Rule(_ORGANISATION, _ISSUERS),
    "certificates.consume": Rule(_ORGANISATION, _ISSUERS),
    "certificates.confirm": Rule(_ORGANISATION),
    "certificates.erase": Rule(_ORGANISATION),
    "enquiries.answer": Rule(_ORGANISATION),
    "enquiries.share": Rule(_ORGANISATION),
    # recipients: who was sent what, and what they were told
    "certificates.send": Rule(_ORGANISATION),
    "recipients.read": Rule(_ORGANISATION),
    "inbox.read": Rule(_ORGANISATION),
    "webhooks.read": Rule(_ORGANISATION),
    "webhooks.change": Rule(_ORGANISATION),
    # applications: exporters and their agents write them, issuing bodies decide
    "applications.read": Rule(_ORGANISATION),
    "applications.write": Rule(_ORGANISATION, Role.EXPORTER | Role.AGENT),
    "applications.decide": Rule(_ORGANISATION, Role.ISSUER),
    "applications.issue": Rule(_ORGANISATION, _ISSUERS),
    # numbers that an issuing body gives itself
    "numbers.change": Rule(_ORGANISATION, _ISSUERS),
    "numbers.read": Rule(_ORGANISATION, _ISSUERS),
    # customs
    "certificates.acquit": Rule(_ORGANISATION, Role.CUSTOMS),
    "certificates.withdraw": Rule(_ORGANISATION, Role.CUSTOMS),
    "certificates.refuse": Rule(_ORGANISATION, Role.CUSTOMS),
    "enquiries.ask": Rule(_ORGANISATION, Role.CUSTOMS),
    "enquiries.read": Rule(_ORGANISATION),
    # reporters
    "cargo.capture": Rule(_ORGANISATION, Role.REPORTER),
    "cargo.anchor": Rule(_ORGANISATION, Role.REPORTER),
    # authorities, members, council
    "organisations.enrol": Rule(_ORGANISATION, Role.AUTHORITY),
    "organisations.accredit": Rule(_ORGANISATION, Role.AUTHORITY),
    "organisations.name": Rule(_OPERATOR | _COUNCIL | _ORGANISATION),
    "keys.change": Rule(_ORGANISATION),
    "council.act": Rule(_COUNCIL),
    "council.pause": Rule(_COUNCIL),
    "signing.read": Rule(_SIGNERS),
    "signing.sign": Rule(_SIGNERS),
    # the operator of this installation
    "tokens.change": Rule(_OPERATOR | _ORGANISATION | _COUNCIL),
}


def authorise(principal: Principal, action: str) -> None:
    """Let `principal` do `action` or raise: NotAuthenticated `SIGN_IN` for a stranger, NotPermitted
    `NOT_ENTITLED` else.
    """
    rule = POLICY[action]
    if principal.kind not in rule.kinds:
        if principal.kind is Kind.ANONYMOUS:
            raise NotAuthenticated("SIGN_IN")
        raise NotPermitted("NOT_ENTITLED", action=action)
    if principal.kind is Kind.ORGANISATION and rule.roles and not principal.roles & rule.roles:
        raise NotPermitted(
            "NOT_ENTITLED",
            f"This needs one of these roles on the ledger: {', '.join(rule.roles.names)}.",
            action=action,
            roles=rule.roles.names,
        )


def allowed(principal: Principal, action: str) -> bool:
    """Whether `authorise` would let it pass, for pages that show only what one can do."""
    try:
        authorise(principal, action)
    except (NotAuthenticated, NotPermitted):
        return False
    return True
