"""Commitments, digest and selective disclosure of a document (docs/protocol.md, section 3).

`commit` flattens a document to one entry for each node, gives each a salt derived from the document's
secret, and hashes. The digest binds all commitments. `disclose` keeps some entries and the bare commitments
of the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from struct import iter_unpack
from typing import Any

import orjson

from ledger_app.errors import BadInput, TooLarge
from ledger_app.proof.canonical import MAX_DEPTH, MAX_SAFE_INTEGER, canonical_bytes, out_of_range, unfit
from ledger_app.proof.disclosure import (
    MAX_ENTRIES,
    OPAQUE,
    SALT_SIZE,
    Disclosure,
    Entry,
    Kind,
    Shown,
    digest_of,
)
from ledger_app.proof.hashes import expand
from ledger_app.proof.pointers import escape, parent

__all__ = ["Commitment", "Disclosure", "Entry", "Shown", "commit", "digest_document", "disclose"]

SECRET_SIZE = 32
_SCALARS = frozenset({str, int, bool, type(None)})
_LINE_FEED = orjson.Fragment(b"\n")
_SALTS = b"origin-ledger/salts/v1\0"


@dataclass(frozen=True, slots=True)
class Commitment:
    """A document committed under a secret. Place i of each tuple belongs to pointer i; pointers ascend."""

    digest: bytes
    pointers: tuple[str, ...]
    entries: tuple[bytes, ...]
    salts: tuple[bytes, ...]
    commitments: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.pointers)


def commit(document: dict[str, Any], secret: bytes) -> Commitment:
    """Commits `document` (a JSON object of the protocol) under its 32-byte `secret`.

    Raises BadInput: SECRET_INVALID, or a JSON_… reason for what the canonical form has no bytes for;
    TooLarge DOCUMENT_TOO_MANY_VALUES for more than 65,536 nodes.
    """
    flat = _flatten(document)
    stream = _salt_stream(secret, len(flat))
    salts = tuple(stream[i : i + SALT_SIZE] for i in range(0, len(stream), SALT_SIZE))
    entries = tuple(entry for _, entry in flat)
    commitments = tuple(sha256(salt + entry).digest() for salt, entry in zip(salts, entries, strict=True))
    return Commitment(digest_of(list(commitments)), tuple(p for p, _ in flat), entries, salts, commitments)


def digest_document(document: dict[str, Any], secret: bytes) -> bytes:
    """The digest alone, 32 bytes. Raises as `commit`."""
    entries = _entries(document, _nodes(document))
    salts = iter_unpack(f"{SALT_SIZE}s", _salt_stream(secret, len(entries)))
    pairs = zip(salts, entries, strict=True)
    return digest_of([sha256(salt + entry).digest() for (salt,), entry in pairs])


def disclose(document: dict[str, Any], secret: bytes, pointers: Iterable[str]) -> Disclosure:
    """The disclosure of `pointers`, of everything below them, and of the containers around them.

    The root is always disclosed. Raises BadInput POINTER_UNKNOWN for a pointer that names no node of the
    document (nothing below `/extensions` does), and as `commit`.
    """
    committed = commit(document, secret)
    known = set(committed.pointers)
    chosen = set(pointers)
    for pointer in chosen:
        if pointer not in known:
            raise BadInput("POINTER_UNKNOWN", f"the document has no field {pointer!a}", pointer=pointer)
    around = {""}
    for pointer in chosen:
        above = parent(pointer)
        while above is not None and above not in around:
            around.add(above)
            above = parent(above)
    entries = []
    hidden = []
    inside: dict[str, bool] = {}
    for pointer, salt, commitment in zip(
        committed.pointers, committed.salts, committed.commitments, strict=True
    ):
        above = parent(pointer)
        below_chosen = inside[pointer] = pointer in chosen or (above is not None and inside[above])
        if below_chosen or pointer in around:
            entries.append(_entry(document, pointer, salt))
        else:
            hidden.append(commitment)
    return Disclosure(tuple(entries), tuple(sorted(hidden)))


def _salt_stream(secret: bytes, count: int) -> bytes:
    if not isinstance(secret, bytes) or len(secret) != SECRET_SIZE:
        raise BadInput("SECRET_INVALID", f"a document's secret has {SECRET_SIZE} bytes")
    return expand(_SALTS + secret, SALT_SIZE * count)


def _flatten(document: dict[str, Any]) -> list[tuple[str, bytes]]:
    """(pointer, entry bytes) of each node, by pointer."""
    nodes = _nodes(document)
    return list(zip([node[0] for node in nodes], _entries(document, nodes), strict=True))


def _entries(document: dict[str, Any], nodes: list[tuple[Any, ...]]) -> list[bytes]:
    """The entry of each node: its compact JSON. All are serialised in one go, since a call for each would
    take most of the time, with line feeds between them, which no string in JSON holds, and cut apart there.
    """
    spaced: list[Any] = [_LINE_FEED] * (2 * len(nodes) - 1)
    spaced[::2] = nodes
    try:
        text = orjson.dumps(spaced)
    except orjson.JSONEncodeError:
        raise BadInput("JSON_SURROGATE", "a key or string contains a lone surrogate") from None
    if b"\\u0000" in text:  # perhaps: an escaped backslash looks the same
        canonical_bytes(document)
    return text[1:-1].split(b",\n,")


def _nodes(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The parts of each node's entry, by pointer."""
    if type(document) is not dict:
        raise BadInput("JSON_NOT_OBJECT", "a document is a JSON object")
    nodes: list[tuple[Any, ...]] = []
    level: list[tuple[str, Any]] = [("", document)]
    depth = 0
    while level:
        if depth == MAX_DEPTH:
            raise BadInput("JSON_TOO_DEEP", f"more than {MAX_DEPTH} levels of nesting", limit=MAX_DEPTH)
        below: list[tuple[str, Any]] = []
        for pointer, container in level:
            _open(pointer, container, nodes, below)
        level = below
        depth += 1
    nodes.sort()  # pointers are distinct, so nothing behind them is ever compared
    return nodes


def _open(pointer: str, container: Any, nodes: list[tuple[Any, ...]], below: list[tuple[str, Any]]) -> None:
    """Adds a container and its scalars to `nodes`, and its containers to `below`: the hot loop."""
    count = len(container)
    if len(nodes) + len(below) + count >= MAX_ENTRIES:
        raise TooLarge("DOCUMENT_TOO_MANY_VALUES", f"more than {MAX_ENTRIES} values", limit=MAX_ENTRIES)
    named = type(container) is dict
    members: Iterable[tuple[Any, Any]]
    if named:
        nodes.append((pointer, "object", count))
        members = container.items()
    else:
        nodes.append((pointer, "array", count))
        members = enumerate(container)
    add = nodes.append
    for key, value in members:
        if named and (type(key) is not str or "~" in key or "/" in key):
            path = f"{pointer}/{_token(key)}"
        else:
            path = f"{pointer}/{key}"
        kind = type(value)
        if kind is str:
            add((path, value))
        elif kind is dict or kind is list:
            if path == OPAQUE:
                add((path, orjson.Fragment(canonical_bytes(value, max_depth=MAX_DEPTH - 1))))
            else:
                below.append((path, value))
        elif kind not in _SCALARS:
            raise unfit(value)
        elif kind is int and not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
            raise out_of_range(value)
        else:
            add((path, value))


def _token(key: Any) -> str:
    if type(key) is not str:
        raise BadInput("JSON_TYPE", f"a key is {type(key).__name__}, not a string")
    return escape(key)


def _entry(document: dict[str, Any], pointer: str, salt: bytes) -> Entry:
    node: Any = document
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        node = node[int(name)] if type(node) is list else node[name]
    if pointer != OPAQUE and type(node) in (dict, list):
        kind: Kind = "object" if type(node) is dict else "array"
        return Entry(pointer, salt, kind, size=len(node))
    return Entry(pointer, salt, "value", value=node)
