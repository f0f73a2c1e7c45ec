"""A second reading of docs/protocol.md, sections 1, 3, 4 and 9: document, disclosure, leaf, batch, bundle.

Steps 1 to 3 of docs/verification.md, written from the pages; see `primitives`.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from tests.independent.primitives import (
    MOST_INTEGER,
    RefusedError,
    exactly,
    jcs,
    keccak,
    listed,
    number,
    octets,
    read_json,
    sha256,
)

MOST_NODES = 65_536
LEAF_SIZES = {"digest": 32, "issuer": 32, "scheme": 32, "destination": 8, "itemsRoot": 32}
LEAF_NUMBERS = {"validFrom": 2**32 - 1, "validUntil": 2**32 - 1, "allowance": MOST_INTEGER}
LEAF_TYPE = (
    b"Leaf(bytes32 digest,bytes32 issuer,bytes32 scheme,bytes8 destination,uint32 validFrom,"
    b"uint32 validUntil,uint64 allowance,bytes32 itemsRoot)"
)
HIDDEN = object()
ABSENT = object()


@dataclass
class Bundle:
    """A bundle that could be read. `see` tells what it shows at a path: a value, HIDDEN or ABSENT."""

    leaf: dict[str, Any]
    proof: list[bytes]
    registered: tuple[int, bytes, bytes]
    document: dict[str, Any] | None
    secret: bytes
    shown: dict[str, dict[str, Any]]
    hidden: list[bytes]
    evidence: dict[str, Any] | None

    def see(self, *path: str) -> Any:
        """What stands at a path of names and places."""
        node: Any = self.document
        if self.document is not None:
            for name in path:
                inside = type(node) is dict and name in node
                if not inside and not (type(node) is list and name.isdigit() and int(name) < len(node)):
                    return ABSENT
                node = node[name] if inside else node[int(name)]
            return node
        pointer = ""
        for name in path:
            entry = self.shown[pointer]
            pointer += "/" + name.replace("~", "~0").replace("/", "~1")
            if pointer not in self.shown:
                if "value" in entry:
                    return ABSENT
                below = sum(1 for each in self.shown if each and each.rpartition("/")[0] == entry["pointer"])
                return HIDDEN if entry["size"] > below else ABSENT
        entry = self.shown[pointer]
        return entry.get("value", entry)


def read_bundle(data: bytes) -> Bundle:
    """Step 1. Raises RefusedError: JSON, BUNDLE_FORMAT, BUNDLE_VERSION, BUNDLE_INVALID, LEAF_INVALID,
    HEX_INVALID."""
    value = read_json(data, 8 * 2**20, 34)
    if type(value) is not dict:
        raise RefusedError("JSON")
    form = value.get("format")
    if type(form) is not str or not form.startswith("origin-ledger/bundle/"):
        raise RefusedError("BUNDLE_FORMAT")
    if form != "origin-ledger/bundle/v1":
        raise RefusedError("BUNDLE_VERSION")
    names = set(value) - {"evidence"} - {"format", "leaf", "proof", "registered"}
    if not {"leaf", "proof", "registered"} <= set(value) or names not in (
        {"document", "secret"},
        {"disclosed", "commitments"},
    ):
        raise RefusedError("BUNDLE_INVALID")
    evidence = value.get("evidence")
    if "evidence" in value and type(evidence) is not dict:
        raise RefusedError("BUNDLE_INVALID")
    leaf = exactly(value["leaf"], *LEAF_SIZES, *LEAF_NUMBERS, reason="LEAF_INVALID")
    leaf = {name: octets(leaf[name], size) for name, size in LEAF_SIZES.items()} | {
        name: number(leaf[name], most, "LEAF_INVALID") for name, most in LEAF_NUMBERS.items()
    }
    proof = [octets(node, 32) for node in listed(value["proof"], 32, "BUNDLE_INVALID")]
    where = value["registered"]
    if type(where) is not dict or set(where) - {"transaction"} != {"chainId", "genesis", "registry"}:
        raise RefusedError("BUNDLE_INVALID")
    if number(where["chainId"], MOST_INTEGER, "BUNDLE_INVALID") == 0:
        raise RefusedError("BUNDLE_INVALID")
    registered = (where["chainId"], octets(where["genesis"], 32), octets(where["registry"], 20))
    if "transaction" in where:
        octets(where["transaction"], 32)
    if "document" in value:
        if type(value["document"]) is not dict:
            raise RefusedError("BUNDLE_INVALID")
        secret = octets(value["secret"], 32)
        return Bundle(leaf, proof, registered, value["document"], secret, {}, [], evidence)
    entries = [_entry(each) for each in listed(value["disclosed"], MOST_NODES, "BUNDLE_INVALID")]
    hidden = [octets(each, 32) for each in listed(value["commitments"], MOST_NODES, "BUNDLE_INVALID")]
    found = Bundle(leaf, proof, registered, None, b"", {}, hidden, evidence)
    found.shown = {"entries": entries}  # type: ignore[dict-item]
    return found


def _entry(value: Any) -> dict[str, Any]:
    if type(value) is not dict or type(value.get("pointer")) is not str:
        raise RefusedError("BUNDLE_INVALID")
    if set(value) == {"pointer", "salt", "value"}:
        octets(value["salt"], 16)
        return value
    exactly(value, "pointer", "salt", "type", "size", reason="BUNDLE_INVALID")
    number(value["size"], MOST_NODES, "BUNDLE_INVALID")
    if value["type"] not in ("object", "array"):
        raise RefusedError("BUNDLE_INVALID")
    octets(value["salt"], 16)
    return value


# --- step 2: integrity ------------------------------------------------------------------------------


def digest(bundle: Bundle) -> bytes:
    """The digest that what is shown leads to. Raises RefusedError."""
    if bundle.document is not None:
        commitments = _whole(bundle.document, bundle.secret)
    else:
        commitments = [*bundle.hidden, *_partly(bundle)]
    if len(set(commitments)) < len(commitments):
        raise RefusedError("DISCLOSURE_ORDER")
    return sha256(b"origin-ledger/certificate/v1\0", *sorted(commitments))


def _whole(document: dict[str, Any], secret: bytes) -> list[bytes]:
    entries: dict[str, bytes] = {}
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, node = waiting.pop()
        if type(node) not in (dict, list) or pointer == "/extensions":
            entries[pointer] = jcs([pointer, node])
            continue
        entries[pointer] = jcs([pointer, "object" if type(node) is dict else "array", len(node)])
        inside = node.items() if type(node) is dict else enumerate(node)
        waiting += [
            (f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}", each) for name, each in inside
        ]
    if len(entries) > MOST_NODES:
        raise RefusedError("DOCUMENT_TOO_MANY_VALUES")
    stream: bytes = hashlib.shake_256(b"origin-ledger/salts/v1\0" + secret).digest(16 * len(entries))
    ordered = sorted(entries, key=lambda pointer: pointer.encode("utf-8"))
    return [
        sha256(stream[16 * place : 16 * place + 16], entries[pointer])
        for place, pointer in enumerate(ordered)
    ]


def _partly(bundle: Bundle) -> list[bytes]:
    entries: list[dict[str, Any]] = bundle.shown.pop("entries")  # type: ignore[assignment]
    if any(a >= b for a, b in pairwise(bundle.hidden)):
        raise RefusedError("DISCLOSURE_ORDER")
    for entry in entries:
        pointer = entry["pointer"]
        if not re.fullmatch(r"(/([^~/]|~[01])*)*", pointer, re.DOTALL):
            raise RefusedError("POINTER_INVALID")
        if pointer in bundle.shown:
            raise RefusedError("DISCLOSURE_POINTER_TWICE")
        container = type(entry.get("value")) in (dict, list) and pointer != "/extensions"
        if container or (pointer == "" and entry.get("type") != "object"):
            raise RefusedError("DISCLOSURE_CONTAINER")
        if pointer == "/extensions" and "type" in entry:
            raise RefusedError("DISCLOSURE_CONTAINER")
        bundle.shown[pointer] = entry
    missing = _not_shown(bundle.shown)
    if missing > len(bundle.hidden) or (missing == 0 and bundle.hidden):
        raise RefusedError("DISCLOSURE_SIZE")
    return [
        sha256(
            octets(entry["salt"]),
            jcs([pointer, entry["value"]] if "value" in entry else [pointer, entry["type"], entry["size"]]),
        )
        for pointer, entry in bundle.shown.items()
    ]


def _not_shown(shown: dict[str, dict[str, Any]]) -> int:
    """How many members of what is shown are not, all members being where they can be."""
    if "" not in shown:
        raise RefusedError("DISCLOSURE_ANCESTOR")
    left = {pointer: entry["size"] for pointer, entry in shown.items() if "size" in entry}
    for pointer in filter(None, shown):
        above, _, name = pointer.rpartition("/")
        holder = shown.get(above)
        if holder is None:
            raise RefusedError("DISCLOSURE_ANCESTOR")
        if "value" in holder:
            raise RefusedError("DISCLOSURE_CONTAINER")
        place = re.fullmatch(r"0|[1-9][0-9]{0,15}", name, re.ASCII)
        if holder["type"] == "array" and not (place and int(name) < holder["size"]):
            raise RefusedError("DISCLOSURE_CONTAINER")
        left[above] -= 1
        if left[above] < 0:
            raise RefusedError("DISCLOSURE_SIZE")
    return sum(left.values())


# --- step 3: the leaf says what the document says -----------------------------------------------------


def organisation(identifier: Any) -> bytes:
    """The organisation's id."""
    if type(identifier) is not str or not 1 <= len(identifier) <= 256:
        raise RefusedError("LEAF_DIFFERS")
    if not identifier.isprintable() or identifier != identifier.strip():
        raise RefusedError("LEAF_DIFFERS")
    return sha256(b"origin-ledger/organisation/v1\0", identifier.encode())


def code(text: Any, size: int, pattern: str) -> bytes:
    """A padded code."""
    if type(text) is not str or not re.fullmatch(pattern, text, re.ASCII) or "\n" in text:
        raise RefusedError("LEAF_DIFFERS")
    return text.encode() + bytes(size - len(text))


def day(text: Any) -> int:
    """Days since 1970-01-01, from 1."""
    if type(text) is not str or not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise RefusedError("LEAF_DIFFERS")
    try:
        found = date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        raise RefusedError("LEAF_DIFFERS") from None
    if found < 1:
        raise RefusedError("LEAF_DIFFERS")
    return found


def check_terms(bundle: Bundle) -> None:
    """Raises RefusedError LEAF_DIFFERS or DISCLOSURE_TOO_LITTLE."""
    leaf = bundle.leaf
    if HIDDEN in (bundle.see("issuer", "identifier"), bundle.see("scheme")):
        raise RefusedError("DISCLOSURE_TOO_LITTLE")
    if ABSENT in (bundle.see("issuer", "identifier"), bundle.see("scheme")):
        raise RefusedError("LEAF_DIFFERS" if _complete(bundle) else "DISCLOSURE_TOO_LITTLE")
    expected: dict[str, Any] = {
        "issuer": organisation(bundle.see("issuer", "identifier")),
        "scheme": code(bundle.see("scheme"), 32, "[A-Z0-9-]{1,31}"),
    }
    destination, issued = bundle.see("destination"), bundle.see("issueDate")
    first, last = bundle.see("validFrom"), bundle.see("validUntil")
    if issued is ABSENT and (first is ABSENT or _complete(bundle)):
        raise RefusedError("LEAF_DIFFERS")
    if destination is not HIDDEN:
        expected["destination"] = bytes(8) if destination is ABSENT else code(destination, 8, "[A-Z0-9]{2,8}")
    if first is ABSENT:
        first = issued
    if first is not HIDDEN:
        expected["validFrom"] = day(first)
    if _complete(bundle):
        day(issued)
    if last is not HIDDEN:
        expected["validUntil"] = 0 if last is ABSENT else day(last)
    expected |= _allowance(bundle)
    if any(leaf[name] != value or type(leaf[name]) is not type(value) for name, value in expected.items()):
        raise RefusedError("LEAF_DIFFERS")
    # What is hidden is the ledger's to say, but no document leads to what is no day or no code.
    if leaf["validFrom"] > 2_932_896 or leaf["validUntil"] > 2_932_896:
        raise RefusedError("LEAF_DIFFERS")
    place = leaf["destination"].rstrip(b"\0")
    if place and not re.fullmatch(rb"[A-Z0-9]{2,8}", place):
        raise RefusedError("LEAF_DIFFERS")


def _complete(bundle: Bundle) -> bool:
    return bundle.document is not None or not bundle.hidden


def _allowance(bundle: Bundle) -> dict[str, Any]:
    """`allowance` and `itemsRoot` as far as they are shown."""
    whole = bundle.see("allowance") if bundle.document is not None else {}
    if whole is not ABSENT and type(whole) is not dict:
        raise RefusedError("LEAF_DIFFERS")
    stated = bundle.see("allowance", "units")
    known, some, found = _items(bundle)
    expected: dict[str, Any] = {}
    if known:
        expected["itemsRoot"] = _items_root(found)
        if found:
            expected["allowance"] = sum(found.values())
            if expected["allowance"] > MOST_INTEGER:
                raise RefusedError("LEAF_DIFFERS")
        elif stated is ABSENT:
            expected["allowance"] = 1
    elif some and bundle.leaf["itemsRoot"] == bytes(32):
        raise RefusedError("LEAF_DIFFERS")
    if stated not in (HIDDEN, ABSENT) and expected.setdefault("allowance", stated) != _units(
        stated, MOST_INTEGER
    ):
        raise RefusedError("LEAF_DIFFERS")
    return expected


def _items(bundle: Bundle) -> tuple[bool, bool, dict[int, int]]:
    """Whether every item's number and allowance can be seen, whether any item states one, and those that
    do."""
    items = bundle.see("items")
    size = 0
    if bundle.document is not None:
        if items is not ABSENT and type(items) is not list:
            raise RefusedError("LEAF_DIFFERS")
        size = len(items) if type(items) is list else 0
    elif type(items) is dict:
        if items["type"] != "array" and _complete(bundle):
            raise RefusedError("LEAF_DIFFERS")
        size = items["size"] if items["type"] == "array" else 0
    known, some = items is not HIDDEN, False
    found: dict[int, int] = {}
    for place in range(size):
        units = bundle.see("items", str(place), "allowance")
        name = bundle.see("items", str(place), "number")
        if bundle.see("items", str(place)) is HIDDEN or HIDDEN in (units, name):
            known = False
        some = some or units not in (HIDDEN, ABSENT)
        if not known or units is ABSENT:
            continue
        _units(name, 2**32 - 1)
        if name in found:
            raise RefusedError("LEAF_DIFFERS")
        found[name] = _units(units, MOST_INTEGER)
    return known, some, found


def _units(value: Any, most: int) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise RefusedError("LEAF_DIFFERS")
    return value


def _items_root(items: dict[int, int]) -> bytes:
    if not items:
        return bytes(32)
    kind = keccak(b"Item(uint32 item,uint64 allowance)")
    level = sorted(
        keccak(keccak(kind + item.to_bytes(32, "big") + units.to_bytes(32, "big")))
        for item, units in items.items()
    )
    while len(level) > 1:
        pairs = [level[place : place + 2] for place in range(0, len(level), 2)]
        level = [keccak(min(pair) + max(pair)) if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]


# --- step 4: leaf and batch ---------------------------------------------------------------------------


def leaf_hash(leaf: dict[str, Any]) -> bytes:
    """The leaf's hash from its fields."""
    words = keccak(LEAF_TYPE)
    for name in ("digest", "issuer", "scheme", "destination"):
        words += leaf[name].ljust(32, b"\0")
    for name in ("validFrom", "validUntil", "allowance"):
        words += leaf[name].to_bytes(32, "big")
    return keccak(keccak(words + leaf["itemsRoot"]))


def batch_of(bundle: Bundle) -> tuple[bytes, bytes]:
    """(leaf hash, id of the batch that leaf and proof lead to)."""
    leaf = node = leaf_hash(bundle.leaf)
    for sibling in bundle.proof:
        node = keccak(min(node, sibling) + max(node, sibling))
    return leaf, keccak(bundle.leaf["issuer"] + bundle.leaf["scheme"] + node)
