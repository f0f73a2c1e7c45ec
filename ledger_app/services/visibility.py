"""Who sees which certificate's content: a rule on the record, where `access.policy` is a rule on the
action.
"""

from collections.abc import Collection

from ledger_app.access.principals import Kind, Principal
from ledger_app.domain.standing import Role
from ledger_app.store import certificates
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.engine import Connection


def may_see(conn: Connection, principal: Principal, row: CertificateRow) -> bool:
    """Whether `principal` may read the document: its issuer, a party named in it by identifier, customs of
    its destination (or any customs, if it states none) and of the issuer's territory, and the authority
    there.
    """
    if principal.organisation is None or principal.kind is not Kind.ORGANISATION:
        return False
    linked = ("organisation", principal.organisation)
    return entitled(principal, row) or linked in certificates.links_of(conn, row.id)


def entitled(principal: Principal, row: CertificateRow) -> bool:
    """The same for all but the parties named in the document: what the row alone tells."""
    if principal.kind is not Kind.ORGANISATION or principal.organisation is None:
        return False
    if principal.organisation == row.issuer:
        return True
    if Role.CUSTOMS in principal.roles and (
        row.destination is None or principal.territory in (row.destination, row.territory)
    ):
        return True
    return Role.AUTHORITY in principal.roles and principal.territory == row.territory


def visible(conn: Connection, principal: Principal, rows: Collection[CertificateRow]) -> list[CertificateRow]:
    """Those of `rows` (at most some hundreds) that `principal` may read; one question however many."""
    if principal.kind is not Kind.ORGANISATION or principal.organisation is None:
        return []
    named = certificates.organisations_of(conn, [row.id for row in rows])
    mine = principal.organisation
    return [row for row in rows if entitled(principal, row) or mine in named.get(row.id, ())]
