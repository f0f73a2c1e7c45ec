"""From what a caller holds (a file, a number, a digest, a bare document) to a bundle that can be judged.

The store only locates. What it gives is rebuilt from the sealed document, and must be what was asked for: a
row whose columns were changed leads to nothing, never to another certificate under the asked name.
"""

from dataclasses import dataclass, field
from typing import Any

from ledger_app.access.policy import authorise
from ledger_app.access.principals import Principal
from ledger_app.domain.certificate import DOCUMENT_TYPE
from ledger_app.domain.terms import organisation_id
from ledger_app.errors import BadInput, Broken, CheckFailed, LedgerError
from ledger_app.proof import check
from ledger_app.proof.alone import Alone
from ledger_app.proof.bundle import MAX_BUNDLE_BYTES, Bundle, Registered, bundle_from_json, parse_bundle
from ledger_app.proof.canonical import parse_object
from ledger_app.proof.commitments import digest_document
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import leaf_for
from ledger_app.services.context import Services
from ledger_app.services.locating import bundle_of, from_row, proof_of
from ledger_app.services.names import id_of
from ledger_app.services.visibility import may_see
from ledger_app.store import certificates
from ledger_app.store.acts import DEAD
from ledger_app.store.certificates import CertificateRow


@dataclass(frozen=True, slots=True)
class Query:
    """What to verify: exactly one of file (bytes), bundle (JSON object), number, digest, document, and
    `read`, a bundle with what it says by itself on the day `at`.

    `issuer` narrows a number, `secret` belongs to a document. `claim` is a claim id (0x…) or a declaration's
    reference.
    """

    file: bytes | None = None
    bundle: dict[str, Any] | None = None
    number: str | None = None
    digest: str | None = None
    document: dict[str, Any] | None = None
    read: Alone | None = None
    issuer: str | None = None
    secret: str | None = None
    at: str | None = None
    claim: str | None = None

    def __post_init__(self) -> None:
        given = (self.file, self.bundle, self.number, self.digest, self.document, self.read)
        if sum(value is not None for value in given) != 1:
            raise BadInput("VERIFY_WHAT")


@dataclass(slots=True)
class Subject:
    """One certificate to judge: a bundle, or why there is none (`failure`).

    `read`: what the bundle says by itself, where that is known. `content`: the caller may read the
    document. `numbered`: the caller asked by its number. `differs`: the caller's document is not the one in
    `bundle`, which is what was registered under its number. `notices`: what the reader should know besides.
    """

    bundle: Bundle | None = None
    failure: CheckFailed | None = None
    read: Alone | None = None
    content: bool = False
    numbered: bool = False
    differs: tuple[str, ...] | None = None
    notices: list[str] = field(default_factory=list)


def subjects_of(ctx: Services, principal: Principal, query: Query) -> list[Subject]:
    """The certificates that a query leads to; never empty. Raises NotAuthenticated `SIGN_IN` for a number
    asked by a stranger."""
    try:
        return _found(ctx, principal, query)
    except Broken as damaged:  # rows that cannot even be read
        return [_nothing(damaged.reason, damaged.detail)]


def _found(ctx: Services, principal: Principal, query: Query) -> list[Subject]:
    if query.file is not None:
        return [_of_file(ctx, principal, query)]
    if query.bundle is not None:
        return [_of_bundle(query.bundle)]
    if query.read is not None:
        return [Subject(bundle=query.read.bundle, read=query.read, content=True)]
    if query.number is not None:
        authorise(principal, "verify.number")
        return _of_number(ctx, principal, query.number, query.issuer)
    if query.digest is not None:
        return [_of_digest(ctx, principal, to_hex(from_hex(query.digest.lower(), 32, field="digest")))]
    return [_of_document(ctx, principal, query.document or {}, query.secret)]


def _of_file(ctx: Services, principal: Principal, query: Query) -> Subject:
    data = query.file or b""
    try:
        return Subject(bundle=check.read(data), content=True)
    except CheckFailed as failure:
        if failure.reason != "BUNDLE_FORMAT":
            return Subject(failure=failure)
        bare = parse_object(data, max_bytes=MAX_BUNDLE_BYTES, max_depth=34)
        if bare.get("type") == DOCUMENT_TYPE:
            return _of_document(ctx, principal, bare, query.secret)
        return Subject(failure=failure)


def _of_bundle(value: dict[str, Any]) -> Subject:
    try:
        return Subject(bundle=bundle_from_json(value), content=True)
    except BadInput as bad:
        return Subject(failure=CheckFailed(1, bad.reason, bad.detail, **bad.context))


def _of_number(ctx: Services, principal: Principal, number: str, issuer: str | None) -> list[Subject]:
    with ctx.store.read() as conn:
        rows = certificates.by_number(conn, number)
        readable = {row.id for row in rows if may_see(conn, principal, row)}
    found = [_of_row(ctx, row, row.id in readable, number=number) for row in _alive(rows)]
    if issuer is not None:
        wanted = from_hex(id_of(issuer), 32)
        found = [subject for subject in found if subject.bundle and subject.bundle.leaf.issuer == wanted]
    for subject in found:
        subject.notices.append("COMPARE_WITH_PAPER")
    return found or [_nothing("NOT_FOUND")]


def _of_digest(ctx: Services, principal: Principal, named: str) -> Subject:
    """By digest, or by the leaf that a QR code holds."""
    with ctx.store.read() as conn:
        row = certificates.by_digest(conn, named) or certificates.by_leaf(conn, named)
        readable = row is not None and may_see(conn, principal, row)
        received = None
        if row is None and principal.organisation is not None:
            mine = principal.organisation
            received = certificates.received(conn, mine, digest=named) or certificates.received(
                conn, mine, leaf=named
            )
    if row is not None:
        subject = _of_row(ctx, row, readable)
    elif received is not None:
        bundle = parse_bundle(ctx.vault.open(received.sealed, f"received/{received.id}"))
        subject = Subject(bundle=bundle, content=True)
    else:
        return _nothing("NOT_FOUND")
    leaf = subject.bundle.leaf if subject.bundle is not None else None
    if leaf is not None and named not in (to_hex(leaf.digest), to_hex(leaf.hash())):
        return _nothing("RECORD_DAMAGED")
    return subject


def _of_document(
    ctx: Services, principal: Principal, document: dict[str, Any], secret: str | None
) -> Subject:
    try:
        if secret is not None:
            return _with_secret(ctx, document, from_hex(secret.lower(), 32, field="secret"))
        issuer = to_hex(organisation_id(document["issuer"]["identifier"]))
        number = document["number"]
        if not isinstance(number, str):
            raise BadInput("TERMS_INVALID", "number is not text", field="number")
    except (KeyError, TypeError):
        return _failed(1, "TERMS_INVALID", "the document states no number or no issuer")
    except BadInput as bad:
        return _failed(1, bad.reason, bad.detail)
    with ctx.store.read() as conn:
        rows = [row for row in certificates.by_number(conn, number) if row.issuer == issuer]
        readable = [row for row in _alive(rows) if may_see(conn, principal, row)]
    if not readable:
        return _nothing("SECRET_NEEDED")
    subject = _of_row(ctx, readable[0], True, number=number)
    registered = subject.bundle
    if registered is None or registered.secret is None or registered.document is None:
        return subject
    try:
        same = digest_document(document, registered.secret) == registered.leaf.digest
    except BadInput as bad:
        return _failed(1, bad.reason, bad.detail)
    if not same:
        subject.differs = tuple(differing(document, registered.document))
    return subject


def _with_secret(ctx: Services, document: dict[str, Any], secret: bytes) -> Subject:
    """A document with its secret lacks only its proof, which a batch of one does not need."""
    leaf = leaf_for(document, secret)
    with ctx.store.read() as conn:
        row = certificates.by_leaf(conn, to_hex(leaf.hash()))
    proof = proof_of(row) if row else ()
    registered = Registered(
        ctx.pin.chain_id, from_hex(ctx.pin.genesis, 32), ctx.pin.address("CertificateRegistry")
    )
    return Subject(bundle=Bundle(leaf, proof, registered, document=document, secret=secret), content=True)


def _of_row(ctx: Services, row: CertificateRow, readable: bool, *, number: str | None = None) -> Subject:
    try:
        located = from_row(ctx, row)
    except LedgerError as damaged:
        return _nothing(damaged.reason, damaged.detail)
    if number is not None and (located.document or {}).get("number") != number:
        return _nothing("RECORD_DAMAGED")
    return Subject(bundle=bundle_of(ctx, located), content=readable, numbered=number is not None)


def _alive(rows: list[CertificateRow]) -> list[CertificateRow]:
    return [row for row in rows if row.state not in DEAD]


def _nothing(reason: str, detail: str = "") -> Subject:
    return _failed(4, reason, detail)


def _failed(step: int, reason: str, detail: str = "") -> Subject:
    return Subject(failure=CheckFailed(step, reason, detail))


def differing(given: Any, registered: Any, pointer: str = "", *, most: int = 50) -> list[str]:
    """JSON pointers at which two documents differ, at most `most`."""
    if type(given) is not type(registered):
        return [pointer or "/"]
    found: list[str] = []
    if isinstance(given, dict):
        for name in sorted(given.keys() | registered.keys()):
            below = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in given or name not in registered:
                found.append(below)
            else:
                found += differing(given[name], registered[name], below, most=most)
            if len(found) >= most:
                break
    elif isinstance(given, list):
        if len(given) != len(registered):
            return [pointer or "/"]
        for place, (mine, theirs) in enumerate(zip(given, registered, strict=True)):
            found += differing(mine, theirs, f"{pointer}/{place}", most=most)
            if len(found) >= most:
                break
    elif given != registered:
        found.append(pointer or "/")
    return found[:most]
