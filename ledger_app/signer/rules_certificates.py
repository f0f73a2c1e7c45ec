"""Rules for acts on certificates: leaves, roots and counts are rebuilt from documents and their secrets."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ledger_app import errors
from ledger_app.domain.course import TRUE_COPY
from ledger_app.domain.parts import beyond, drawn_items
from ledger_app.domain.standing import act_reason_words
from ledger_app.domain.successors import (
    is_own,
    named_original,
    require_back_to_back,
    require_replacements,
)
from ledger_app.domain.terms import item_allowances, scheme_code, scheme_id
from ledger_app.domain.words import printable
from ledger_app.proof.bundle import FORMAT, bundle_from_json
from ledger_app.proof.canonical import JsonObject
from ledger_app.proof.comparison import compare_shown
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import NO_ITEMS, Leaf, batch_id, leaf_for
from ledger_app.proof.merkle import MerkleTree
from ledger_app.signer.requests import Request, member, unreadable
from ledger_app.signer.rules import Desk, Finding, Rule, must_equal, refused

_DISCLOSED = ("disclosed", "commitments", "leaf")
_WRAPPING: JsonObject = {
    # What a bundle holds besides; it says where the holder claims it is registered, which concerns no signer.
    "format": FORMAT,
    "proof": [],
    "registered": {"chainId": 1, "genesis": to_hex(bytes(32)), "registry": to_hex(bytes(20))},
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate as shown to the signer, and the leaf that it leads to. `whole` is False for disclosed
    fields."""

    leaf: Leaf
    hash: bytes
    document: JsonObject
    whole: bool = True

    @property
    def number(self) -> str:
        return str(self.document.get("number", ""))

    @property
    def words(self) -> str:
        """The certificate in half a line: number, scheme, from whom to whom, how many items."""
        items = self.document.get("items")
        count = len(items) if isinstance(items, list) else 0
        return (
            f"{printable(self.number or 'without number', 60)} ({scheme_code(self.leaf.scheme)}, "
            f"{_name(self.document, 'exporter')} → {_name(self.document, 'consignee')}, "
            f"{count} item{'' if count == 1 else 's'})"
        )


# --- reading --------------------------------------------------------------------------------------


def read_paper(raw: object) -> Paper:
    """Rebuild digest and leaf from `{"document", "secret"}`. Raises BadInput where that cannot be done."""
    if not isinstance(raw, dict):
        raise unreadable("evidence")
    document = member(raw, "document", dict)
    leaf = leaf_for(document, from_hex(member(raw, "secret", str), 32, field="secret"))
    return Paper(leaf, leaf.hash(), document)


def _disclosed(raw: JsonObject) -> Paper:
    """A bundle with only some fields: the digest is rebuilt from them and must be the one in the leaf."""
    bundle = bundle_from_json({**_WRAPPING, **{name: raw[name] for name in _DISCLOSED if name in raw}})
    if bundle.disclosure is None:
        raise unreadable("subject")
    shown = bundle.disclosure.verify()
    must_equal("the digest in the leaf", bundle.leaf.digest, shown.digest)
    try:
        compare_shown(bundle.leaf, shown)
    except errors.CheckFailed as differs:
        raise refused("SIGNER_FIELD_DIFFERS", f"{differs.reason}: {differs.detail}") from None
    return Paper(bundle.leaf, bundle.leaf.hash(), shown.document, whole=False)


def read_subject(request: Request) -> Paper:
    """The paper that the act is about, whole or disclosed; its leaf must be the message's."""
    raw = request.evidence.get("subject")
    paper = _disclosed(raw) if isinstance(raw, dict) and "disclosed" in raw else read_paper(raw)
    must_equal("leaf", request.message.leaf, paper.hash)
    return paper


def _own_subject(request: Request, desk: Desk) -> Paper:
    paper = read_subject(request)
    if paper.leaf.issuer != desk.own:
        raise refused("SIGNER_OTHER_ISSUER", f"{paper.words} was issued by another organisation")
    return paper


def _batch(request: Request, desk: Desk) -> list[Paper]:
    """The papers of a new batch, each of this issuer and an allowed scheme, none under a number used
    before."""
    raw = member(request.evidence, "documents", list)
    most = desk.settings.limits.certificates_per_batch
    if len(raw) > most:
        raise refused("SIGNER_BATCH_LIMIT", f"{len(raw)} certificates in a batch; the limit is {most}")
    papers = [read_paper(entry) for entry in raw]
    allowed = desk.settings.limits.schemes
    for paper in papers:
        if paper.leaf.issuer != desk.own:
            raise refused("SIGNER_OTHER_ISSUER", f"{paper.words} names another organisation as its issuer")
        code = scheme_code(paper.leaf.scheme)
        if allowed and code not in allowed:
            raise refused(
                "SIGNER_SCHEME_NOT_ALLOWED", f"{paper.words}: this signer does not issue under {code}"
            )
        _check_number(paper, desk)
    twice = [number for number, times in Counter(p.number for p in papers).items() if times > 1]
    if twice:
        raise refused(
            "SIGNER_NUMBER_USED",
            f"the number {printable(twice[0], 60)} stands on two certificates of this batch",
        )
    return papers


def _check_number(paper: Paper, desk: Desk) -> None:
    if not paper.number or not isinstance(paper.document.get("number"), str):
        raise unreadable("number")
    before = desk.journal.leaf_of(paper.number)
    if before is not None and before != to_hex(paper.hash):
        raise refused(
            "SIGNER_NUMBER_USED", f"{paper.words}: this number was signed before with other content"
        )


def _check_tree(request: Request, papers: list[Paper]) -> None:
    if not papers:
        raise refused("SIGNER_FIELD_DIFFERS", "no document was shown for this batch")
    try:
        root = MerkleTree([p.hash for p in papers]).root
    except (errors.BadInput, ValueError) as exc:
        raise refused("SIGNER_FIELD_DIFFERS", f"the documents make no batch: {exc}") from exc
    must_equal("root", request.message.root, root)
    must_equal("count", request.message.count, len(papers))


def _issued(papers: list[Paper], root: bytes, words: str) -> Finding:
    return Finding(
        words,
        certificates=[(p.number, to_hex(p.hash)) for p in papers],
        batch=(scheme_code(papers[0].leaf.scheme), to_hex(root)),
    )


def _listed(papers: list[Paper]) -> str:
    shown = "; ".join(p.words for p in papers[:3])
    return shown + (f"; and {len(papers) - 3} more" if len(papers) > 3 else "")


def _name(document: JsonObject, party: str) -> str:
    found = document.get(party)
    return printable(found.get("name", "?"), 40) if isinstance(found, dict) else "?"


# --- the issuer's acts ----------------------------------------------------------------------------


def issue(request: Request, desk: Desk) -> Finding:
    papers = _batch(request, desk)
    message = request.message
    must_equal("issuer", message.issuer, desk.own)
    numbers = {paper.number for paper in papers}
    for paper in papers:
        must_equal("scheme", message.scheme, paper.leaf.scheme)
        _check_original(paper, numbers, desk)
    _check_tree(request, papers)
    plural = "" if len(papers) == 1 else "s"
    return _issued(papers, message.root, f"Issue {len(papers)} certificate{plural}: {_listed(papers)}")


def _check_original(paper: Paper, beside: set[str], desk: Desk) -> None:
    original = named_original(paper.document)
    number = original.get("number")
    if not isinstance(number, str) or number == paper.number or not is_own(paper.document, original):
        return
    if number in beside or desk.journal.leaf_of(number) is not None:
        raise refused(
            "SIGNER_ORIGINAL_OURS", f"{paper.words} names our own {printable(number, 60)} as its original"
        )


def suspend(request: Request, desk: Desk) -> Finding:
    paper = _own_subject(request, desk)
    return Finding(f"Suspend {paper.words}: {act_reason_words('suspend', request.message.reason)}")


def reinstate(request: Request, desk: Desk) -> Finding:
    return Finding(f"Reinstate {_own_subject(request, desk).words}")


def revoke(request: Request, desk: Desk) -> Finding:
    paper = _own_subject(request, desk)
    return Finding(f"Revoke for ever {paper.words}: {act_reason_words('revoke', request.message.reason)}")


def supersede(request: Request, desk: Desk) -> Finding:
    original = _own_subject(request, desk)
    papers = _successors(request, desk)
    total = sum(p.leaf.allowance for p in papers)
    if total > original.leaf.allowance:
        raise refused(
            "SIGNER_ALLOWANCE", f"the successors allow {total} units, the original {original.leaf.allowance}"
        )
    if original.leaf.items_root != NO_ITEMS:
        if not original.whole:
            raise refused("SIGNER_ORIGINAL_IN_PART", f"the items of {original.words} are not shown")
        _check_items(papers, dict(item_allowances(original.document)))
    true_copy = request.message.reason == TRUE_COPY
    if true_copy and not original.whole:
        raise refused(
            "SIGNER_ORIGINAL_IN_PART", f"a true copy of {original.words} cannot be compared with it"
        )
    with _as_refusal():
        told, digest = [p.document for p in papers], to_hex(original.leaf.digest)
        require_replacements(told, original.document, digest, true_copy=true_copy, whole=original.whole)
    why = act_reason_words("supersede", request.message.reason)
    return _issued(papers, request.message.root, f"Replace {original.words} by {_listed(papers)}: {why}")


def consume(request: Request, desk: Desk) -> Finding:
    original = read_subject(request)
    must_equal("issuer", request.message.issuer, desk.own)
    papers = _successors(request, desk)
    must_equal("the scheme of the successors", papers[0].leaf.scheme, original.leaf.scheme)
    check_units(request, original)
    total = sum(p.leaf.allowance for p in papers)
    if total > request.message.units:
        raise refused(
            "SIGNER_ALLOWANCE", f"the successors allow {total} units, {request.message.units} are used"
        )
    _check_items(papers, {use.item: use.units for use in request.message.items})
    with _as_refusal():
        told, digest = [p.document for p in papers], to_hex(original.leaf.digest)
        require_back_to_back(told, original.document, digest)
    words = f"Use {request.message.units} units of {original.words} for {_listed(papers)}"
    return _issued(papers, request.message.root, words)


def _successors(request: Request, desk: Desk) -> list[Paper]:
    """The whole new batch, every leaf of it named as a successor: one left out would escape the allowance's
    bound."""
    papers = _batch(request, desk)
    _check_tree(request, papers)
    for paper in papers:
        must_equal("scheme", getattr(request.message, "scheme", papers[0].leaf.scheme), paper.leaf.scheme)
    must_equal(
        "successors",
        sorted(to_hex(leaf) for leaf in request.message.successors),
        sorted(to_hex(p.hash) for p in papers),
    )
    return papers


@contextmanager
def _as_refusal() -> Iterator[None]:
    try:
        yield
    except errors.LedgerError as differs:
        raise refused("SIGNER_SUCCESSOR_DIFFERS", f"{differs.reason}: {differs.detail}") from None


def _check_items(papers: list[Paper], left: Mapping[int, int]) -> None:
    """The ledger bounds only the sum of the successors: what they take of an item, the signer holds."""
    if not left:
        return
    drawn = [drawn_items(p.document) for p in papers]
    if not all(drawn):
        raise refused("SIGNER_ITEMS_MISSING", "split again, a whole allowance could give any item all of it")
    over = beyond(drawn, left)
    if over is not None:
        item, taken = over
        raise refused(
            "SIGNER_ALLOWANCE",
            f"the successors allow {taken} units of item {item}, which has {left.get(item, 0)} to give",
        )


def confirm(request: Request, desk: Desk) -> Finding:
    # Whoever stole the disowned key could have issued the batch: only one that stands in our own journal is
    # confirmed.
    code = member(request.evidence, "scheme", str)
    root = from_hex(member(request.evidence, "root", str), 32, field="root")
    must_equal("batch", request.message.batch, batch_id(desk.own, scheme_id(code), root))
    if not desk.journal.knows_batch(code, to_hex(root)):
        raise refused(
            "SIGNER_BATCH_UNKNOWN", f"the batch with root {to_hex(root)} was not signed by this signer"
        )
    return Finding(f"Confirm our batch with root {to_hex(root)} under {code}")


def check_units(request: Request, paper: Paper) -> None:
    units, items = request.message.units, request.message.items
    if not 1 <= units <= paper.leaf.allowance:
        raise refused(
            "SIGNER_ALLOWANCE", f"{units} units of a certificate that allows {paper.leaf.allowance}"
        )
    used = [(entry.item, entry.units) for entry in items]
    numbers = [number for number, _ in used]
    if bool(used) != (paper.leaf.items_root != NO_ITEMS) or numbers != sorted(set(numbers)):
        raise refused(
            "SIGNER_FIELD_DIFFERS", "the items named are not those of the certificate, each once and in order"
        )
    # Of disclosed fields the allowance of an item may be hidden; the contract proves it against the items'
    # root.
    allowed = dict(item_allowances(paper.document)) if paper.whole else {}
    if paper.whole and any(not 1 <= count <= allowed.get(number, 0) for number, count in used):
        raise refused("SIGNER_ALLOWANCE", "more units of an item than the certificate allows")
    if used:
        must_equal("units", units, sum(count for _, count in used))


RULES: dict[str, Rule] = {
    "Issue": issue,
    "Suspend": suspend,
    "Reinstate": reinstate,
    "Revoke": revoke,
    "Supersede": supersede,
    "Consume": consume,
    "Confirm": confirm,
}
