"""Step 10 of a verification: what this installation knows of the goods' history, held against certificates.

Only events count that lead to a head on the ledger and that name the consignment or a container themselves.
Whatever is missing, damaged or not anchored yet leaves the step unchecked, with the reason; it never touches
the verdict. All certificates of one verification are judged together: a handful of queries, one question to
the node, and each event opened once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ledger_app.domain.cargo.agreement import Told, judge_history, linked_subjects
from ledger_app.domain.cargo.subjects import SubjectKind
from ledger_app.domain.cargo.times import milliseconds
from ledger_app.errors import BadInput, Broken, LedgerError
from ledger_app.proof.facts import StepOutcome
from ledger_app.proof.hexes import from_hex
from ledger_app.proof.log_tree import LogTree
from ledger_app.proof.steps import outcome_of
from ledger_app.services.context import Services
from ledger_app.services.streams import kept_event, leaf_data, secret_of
from ledger_app.store import cargo, members
from ledger_app.store.cargo import EventRow, StreamRow
from ledger_app.store.engine import Connection

MAX_JUDGED: Final = 200
"""Most events held against one certificate: the first and the last ones of a longer history."""
_STEP: Final = 10
_CONTAINER: Final = SubjectKind.CONTAINER.value


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream as it was led to the ledger: its first `count` events are anchored, if `tree` is there."""

    row: StreamRow
    secret: bytes
    tree: LogTree | None
    count: int


@dataclass(slots=True)
class _Links:
    """The events about one certificate: ids of those that say so themselves, and whether others do by what
    was said beside them."""

    ids: list[str] = field(default_factory=list)
    said: bool = False


@dataclass(frozen=True, slots=True)
class _Proof:
    """An event as it was proven, or why it was not."""

    told: Told | None
    reporter: str
    fault: str = ""


def judge_cargo(ctx: Services, documents: Sequence[Mapping[str, Any]]) -> list[StepOutcome]:
    """The outcome of step 10 for each document, in their order. Raises nothing for what the store or the
    ledger do not give: the step is then not checked."""
    linked = [[(each.kind.value, each.name) for each in linked_subjects(one)] for one in documents]
    try:
        return _judged(ctx, documents, linked)
    except LedgerError as away:
        return [
            outcome_of(_STEP, "not-checked", away.reason if names else "CARGO_NOT_LINKED") for names in linked
        ]


def not_shown() -> StepOutcome:
    """The outcome for a caller who may not read the certificate, and so not what happened to its goods."""
    return outcome_of(_STEP, "not-checked", "CARGO_NOT_SHOWN")


def _judged(
    ctx: Services, documents: Sequence[Mapping[str, Any]], linked: list[list[tuple[str, str]]]
) -> list[StepOutcome]:
    with ctx.store.read() as conn:
        links = _links(conn, linked)
        proofs = _proofs(ctx, conn, {event for each in links for event in each.ids})
        reporters = sorted({proof.reporter for proof in proofs.values()})
        names = members.names(conn, reporters) if reporters else {}
    return [
        _outcome(document, subjects, found, proofs, names)
        for document, subjects, found in zip(documents, linked, links, strict=True)
    ]


def _links(conn: Connection, linked: list[list[tuple[str, str]]]) -> list[_Links]:
    about: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    order: dict[str, int] = {}
    for kind, name, event, own in cargo.names_linked(conn, {each for names in linked for each in names}):
        about.setdefault((kind, name), []).append((event, own))
        order.setdefault(event, len(order))
    found: dict[tuple[tuple[str, str], ...], _Links] = {}  # many certificates share a consignment
    for names in set(map(tuple, linked)):
        events = [each for name in names for each in about.get(name, ())]
        goods, boxes = (
            {
                event
                for name in names
                if (name[0] == _CONTAINER) is box
                for event, own in about.get(name, ())
                if own
            }
            for box in (False, True)
        )
        # A container carries other goods too: it is asked where the goods themselves say nothing.
        ids = sorted(goods or boxes, key=order.__getitem__)
        if len(ids) > MAX_JUDGED:
            ids = ids[: MAX_JUDGED // 2] + ids[-MAX_JUDGED // 2 :]
        found[names] = _Links(ids, said=bool(events))
    return [found[tuple(names)] for names in linked]


def _proofs(ctx: Services, conn: Connection, ids: set[str]) -> dict[str, _Proof]:
    if not ids:
        return {}
    rows = cargo.events_by_ids(conn, sorted(ids))
    streams = _streams(ctx, conn, {row.stream_id for row in rows.values()})
    return {event: _prove(ctx, row, streams.get(row.stream_id)) for event, row in rows.items()}


def _streams(ctx: Services, conn: Connection, ids: set[str]) -> dict[str, _Stream]:
    """The streams that can be opened, each with its head on the ledger."""
    opened: list[tuple[StreamRow, bytes, tuple[bytes, bytes]]] = []
    for row in cargo.streams_by_ids(conn, ids).values():
        try:
            name = (from_hex(row.organisation, 32), from_hex(row.stream, 32))
            opened.append((row, secret_of(ctx, row), name))
        except (Broken, BadInput):
            continue
    heads = ctx.gateway.latest_heads([name for _, _, name in opened])
    found = {}
    for (row, secret, _), (head, anchored) in zip(opened, heads, strict=True):
        tree = ctx.proven.tree(conn, row.id, head, anchored.count) if anchored.count else LogTree()
        found[row.id] = _Stream(row, secret, tree, anchored.count)
    return found


def _prove(ctx: Services, row: EventRow, stream: _Stream | None) -> _Proof:
    if stream is None or stream.tree is None:
        return _Proof(None, "", "CARGO_STREAM_DAMAGED")
    reporter = stream.row.organisation
    if row.position >= stream.count:
        return _Proof(None, reporter, "CARGO_NOT_ANCHORED")
    try:
        event, raw = kept_event(ctx, row)
        leaf = leaf_data(stream.secret, row.position, from_hex(row.event_hash, 32), raw)
    except (Broken, BadInput):
        return _Proof(None, reporter, "CARGO_EVENT_UNREADABLE")
    if not stream.tree.holds(row.position, leaf):
        return _Proof(None, reporter, "CARGO_EVENT_CHANGED")
    when = milliseconds(str(event.get("eventTime")))
    if when is None:
        return _Proof(None, reporter, "CARGO_EVENT_UNREADABLE")
    return _Proof(Told(event, row.event_hash, when), reporter)


def _outcome(
    document: Mapping[str, Any],
    subjects: list[tuple[str, str]],
    links: _Links,
    proofs: Mapping[str, _Proof],
    names: Mapping[str, str],
) -> StepOutcome:
    if not subjects:
        return outcome_of(_STEP, "not-checked", "CARGO_NOT_LINKED")
    if not links.ids:
        reason = "CARGO_LINK_UNPROVEN" if links.said else "CARGO_NO_HISTORY"
        return outcome_of(_STEP, "not-checked", reason)
    found = [proofs[event] for event in links.ids if event in proofs]
    told = [(proof.told, proof.reporter) for proof in found if proof.told is not None]
    opinion = judge_history(document, [each for each, _ in told])
    faults = sorted({proof.fault for proof in found if proof.fault} - {"CARGO_NOT_ANCHORED"})
    if opinion.outcome != "warning" and (faults or len(found) < len(links.ids)):
        return outcome_of(_STEP, "not-checked", faults[0] if faults else "CARGO_STREAM_DAMAGED")
    if not told:
        return outcome_of(_STEP, "not-checked", "CARGO_NOT_ANCHORED")
    by = sorted({names.get(reporter) or reporter for _, reporter in told})
    basis = f"{len(told)} event{'s' if len(told) > 1 else ''} on the ledger, by {', '.join(by[:3])}"
    waiting = len(found) - len(told) - sum(proof.fault in faults for proof in found)
    if waiting:
        basis += f"; {waiting} not on the ledger yet"
    return outcome_of(
        _STEP, opinion.outcome, opinion.reason, f"{opinion.detail} ({basis})" if opinion.detail else ""
    )
