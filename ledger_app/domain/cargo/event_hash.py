"""The EPCIS event hash of CBV 2.0, section 8.9: one fingerprint for an event, however it was written.

Takes an event as JSON-LD (a dict, with its `@context` inside) and gives the pre-hash string and its hash.
Pure: nothing is fetched, nothing is remembered between events, any JSON value in any place gives a result.
`errorDeclaration`, `recordTime`, `eventID`, comments and what `ignoreFields` names take no part.

The algorithm in three steps: the event becomes a tree of named nodes (as it would stand in XML); the standard
members are written in the canonical property order; what the order does not name (transactions, parties,
ILMD, extensions) follows, sorted. Where the standard leaves room we do as its reference implementation does,
so that partners get the same hash.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from math import isfinite
from typing import Any

from ledger_app.domain.cargo.context import declared_prefixes, expanded_value, qualified_name
from ledger_app.domain.cargo.identifiers import canonical_identifier
from ledger_app.domain.cargo.times import utc_text
from ledger_app.domain.cargo.vocabulary import FIELDS, STANDARD_PREFIXES

_IGNORED = frozenset({"errorDeclaration", "recordTime", "eventID", "type"})
_COMMENTS = frozenset({"comment", "rdfs:comment", f"{{{STANDARD_PREFIXES['rdfs']}}}comment"})
_IGNORE_FIELDS = "{https://repository-x.example.com/}ignoreFields"
_PAIRS = frozenset({"bizTransactionList", "sourceList", "destinationList"})
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)

_EPCS: Sequence["_Place"]
_Place = tuple[str, Sequence[Any] | None]


def _leaves(names: str) -> tuple[_Place, ...]:
    return tuple((name, None) for name in names.split())


_EPCS = _leaves("epc")
_QUANTITIES = (("quantityElement", _leaves("epcClass quantity uom")),)
_SENSORS = (
    (
        "sensorElement",
        (
            (
                "sensorMetadata",
                _leaves(
                    "time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod bizRules"
                ),
            ),
            (
                "sensorReport",
                _leaves(
                    "type exception deviceID deviceMetadata rawData dataProcessingMethod time microorganism"
                    " chemicalSubstance value component stringValue booleanValue hexBinaryValue uriValue"
                    " minValue maxValue meanValue sDev percRank percValue uom coordinateReferenceSystem"
                ),
            ),
        ),
    ),
)
#: The canonical property order. A member that is not here follows at the end.
_ORDER: tuple[_Place, ...] = (
    *_leaves("eventTime eventTimeZoneOffset certificationInfo parentID"),
    ("epcList", _EPCS),
    ("inputEPCList", _EPCS),
    ("childEPCs", _EPCS),
    ("quantityList", _QUANTITIES),
    ("childQuantityList", _QUANTITIES),
    ("inputQuantityList", _QUANTITIES),
    ("outputEPCList", _EPCS),
    ("outputQuantityList", _QUANTITIES),
    *_leaves("action transformationID bizStep disposition"),
    ("persistentDisposition", _leaves("set unset")),
    ("readPoint", _leaves("id")),
    ("bizLocation", _leaves("id")),
    ("sensorElementList", _SENSORS),
)
_TIMES = frozenset({"eventTime", "time", "startTime", "endTime"})


@dataclass(slots=True)
class _Node:
    name: str
    text: str = ""
    children: list["_Node"] = field(default_factory=list)


def event_hash(event: Mapping[str, Any]) -> str:
    """The hash as a named-information URI (RFC 6920): `ni:///sha-256;…?ver=CBV2.0`."""
    return hash_uri(event_digest(event))


def hash_uri(digest: bytes) -> str:
    """The named-information URI of an event hash's 32 bytes."""
    return f"ni:///sha-256;{digest.hex()}?ver=CBV2.0"


def event_digest(event: Mapping[str, Any]) -> bytes:
    """The 32 bytes of the event hash."""
    return sha256(pre_hash(event).encode("utf-8", "surrogatepass")).digest()


def pre_hash(event: Mapping[str, Any]) -> str:
    """The string that is hashed."""
    prefixes = declared_prefixes(event.get("@context"))
    skipped = _skipped(event, prefixes)
    members: list[_Node] = []
    for key, value in event.items():
        if key not in skipped:
            members += _nodes(qualified_name(key, prefixes), value, prefixes, "")
    text, rest = _in_order(_as_in_xml(members), _ORDER, top=True)
    return f"eventType={event.get('type', '')}{text}{_sorted(rest)}"


# --- step 1: the tree ---------------------------------------------------------------------------------------


def _skipped(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> set[str]:
    skipped = {"@context", *_IGNORED}
    for key, value in event.items():
        name = qualified_name(key, prefixes)
        if name in _COMMENTS:
            skipped.add(key)
        elif name == _IGNORE_FIELDS:
            # Extensions only: nobody takes a standard member out of the hash. What is no list names none.
            listed = value if isinstance(value, list) else []
            skipped |= {key} | {item for item in listed if isinstance(item, str) and ":" in item}
    return skipped


def _nodes(name: str, value: Any, prefixes: Mapping[str, str], holder: str) -> list[_Node]:
    if isinstance(value, list):
        return [_element(name, item, prefixes, holder) for item in value if item is not None]
    return [] if value is None else [_element(name, value, prefixes, holder)]


def _element(name: str, value: Any, prefixes: Mapping[str, str], holder: str) -> _Node:
    if isinstance(value, list):
        return _Node(name, "", [node for item in value for node in _nodes("", item, prefixes, "?")])
    if isinstance(value, dict):
        children: list[_Node] = []
        for key, member in value.items():
            qualified = qualified_name(key, prefixes)
            if qualified not in _COMMENTS:
                children += _nodes(qualified, member, prefixes, name)
        return _Node(name, "", _as_in_xml(children))
    return _Node(name, _scalar(name, value, prefixes, holder))


def _scalar(name: str, value: Any, prefixes: Mapping[str, str], holder: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    vocabulary = FIELDS.get((holder, name))
    text = value.strip()
    return expanded_value(text if vocabulary is None else vocabulary.expand(text), prefixes)


def _as_in_xml(nodes: list[_Node]) -> list[_Node]:
    """JSON lists leave out the name of their elements; XML has it (`epcList` holds `epc`)."""
    shaped: list[_Node] = []
    lists: dict[str, _Node] = {}
    for node in nodes:
        if node.name == "childEPCs":
            holder, element = node.name, "epc"
        elif node.name.endswith("List"):
            holder, element = node.name, _element_name(node)
        else:
            shaped.append(node)
            continue
        if holder not in lists:
            lists[holder] = _Node(holder)
            shaped.append(lists[holder])
        lists[holder].children.append(_Node(element, node.text, node.children))
    return shaped


def _element_name(node: _Node) -> str:
    name = node.name.removesuffix("List")
    if name in ("inputEPC", "outputEPC"):
        return "epc"
    if name in ("inputQuantity", "outputQuantity", "childQuantity") or (name == "quantity" and node.children):
        return "quantityElement"
    return "" if node.name in _PAIRS else name


# --- steps 2 and 3: the string ------------------------------------------------------------------------------


def _in_order(nodes: list[_Node], order: Sequence[_Place], *, top: bool = False) -> tuple[str, list[_Node]]:
    """The string of what `order` names, and the nodes that it does not."""
    written: list[str] = []
    rest: list[_Node] = []
    known = dict(order)
    extensions: list[_Node] = []
    by_name: dict[str, list[_Node]] = {}
    for node in nodes:
        if node.name in known:
            by_name.setdefault(node.name, []).append(node)
        elif not top and len(nodes) > 1 and node.name.startswith("{") and "/}" in node.name:
            # An extension of a read point, a sensor report, …: after the members of its holder.
            extensions.append(node)
        else:
            rest.append(node)
    for name, below in order:
        pieces: list[str] = []
        for node in by_name.get(name, ()):
            inner, left = _in_order(node.children, below) if below else ("", node.children)
            text = _time_or_value(name, node.text)
            if text or inner:
                pieces.append(name + text + inner)
            if left:
                rest.append(_Node(name, "", left))
        written += sorted(pieces)
    return "".join(written) + _sorted(extensions), rest


def _sorted(nodes: list[_Node]) -> str:
    return "".join(sorted(map(_whole, nodes)))


def _whole(node: _Node) -> str:
    value = node.text.strip()
    text = node.name + ("=" + _canonical(value) if value else "")
    if node.name in _PAIRS:
        # Each of these is a type and a value, in this order.
        return text + "".join(sorted(_pair(child) for child in node.children))
    return text + _sorted(node.children)


def _pair(node: _Node) -> str:
    types = [child for child in node.children if child.name == "type"]
    return _sorted(types) + _sorted([child for child in node.children if child.name != "type"])


def _time_or_value(name: str, text: str) -> str:
    value = text.strip()
    if not value:
        return ""
    return "=" + ((utc_text(value) or value) if name in _TIMES else _canonical(value))


def _canonical(value: str) -> str:
    for vocabulary in _URN_VOCABULARIES:
        if value.startswith(vocabulary.urn):
            return vocabulary.expand(value)
    return _number(value) or canonical_identifier(value) or value


_URN_VOCABULARIES = tuple({words.urn: words for words in FIELDS.values() if words.urn}.values())


def _number(text: str) -> str | None:
    """A number without leading or trailing zeros; None when `text` is none."""
    if not _NUMBER.fullmatch(text):
        return None
    exact = Decimal(text)
    double = float(exact)
    if isfinite(double) and Decimal(repr(double)) == exact:
        return str(int(exact)) if exact == exact.to_integral_value() else repr(double)
    # More digits than a double holds: all of them count, or two different numbers would have one hash.
    plain = format(exact, "f")
    whole, _, decimals = plain.removeprefix("-").partition(".")
    digits = (whole.lstrip("0") or "0") + ("." + decimals.rstrip("0") if decimals.rstrip("0") else "")
    return ("-" if exact < 0 else "") + digits
