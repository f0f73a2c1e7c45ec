"""Taking note of who fetched or brought the bundle of a certificate: they are told of changes from then
on.
"""

from dataclasses import replace

from ledger_app.access.principals import Kind, Principal
from ledger_app.services.context import Services
from ledger_app.store import index, recipients
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.engine import Connection
from ledger_app.store.recipients import Holding, Paper


def fetched(ctx: Services, principal: Principal, row: CertificateRow) -> None:
    """Take note that an organisation fetched the bundle of a certificate that is not its own."""
    if principal.kind is not Kind.ORGANISATION or principal.organisation in (None, row.issuer):
        return
    organisation = str(principal.organisation)
    with ctx.store.read() as conn:
        known = recipients.get(conn, row.leaf, organisation)
    if known is None or known.fetched_at is None:
        with ctx.store.begin() as conn:
            at = known_block(ctx, conn)
            held = Holding(paper_of(ctx, row), organisation, organisation, at, fetched_at=ctx.now())
            recipients.note(conn, held)


def brought(ctx: Services, conn: Connection, organisation: str, paper: Paper) -> None:
    """Take note, in the caller's transaction, that an organisation brought a bundle of this certificate."""
    if organisation == paper.issuer:
        return
    here = recipients.issued_here(conn, [paper.leaf]).get(paper.leaf)
    known_as = paper if here is None else replace(paper, certificate_id=here.certificate_id)
    at = known_block(ctx, conn)
    recipients.note(conn, Holding(known_as, organisation, organisation, at, received_at=ctx.now()))


def paper_of(ctx: Services, row: CertificateRow) -> Paper:
    """What is known of a certificate recorded here."""
    with ctx.store.read() as conn:
        found = recipients.issued_here(conn, [row.leaf]).get(row.leaf)
    return found or Paper(row.leaf, row.digest, row.issuer, row.batch, row.id, row.number)


def known_block(ctx: Services, conn: Connection) -> int:
    """The last block whose changes are final, and in the index: what it says is known to whoever asks now."""
    at = index.cursor(conn)
    return -1 if at is None else at.number - ctx.settings.finality_depth
