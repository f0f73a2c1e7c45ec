"""A document of which some fields are shown and the rest stays committed (docs/protocol.md, section 3).

A digest alone would accept any list of commitments, so `Disclosure.verify` also refuses what no single
document could have led to: a pointer twice, an ancestor left out, members that contradict their container, a
wrong count of what is hidden. What it cannot see is a contradiction among the hidden commitments themselves;
only the issuer could have made one, and the full document would not verify.
"""

from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any, Literal

from ledger_app.errors import BadInput, TooLarge
from ledger_app.proof.canonical import MAX_DEPTH, JsonObject, JsonValue, canonical_bytes
from ledger_app.proof.pointers import array_index, check_pointer, last_key, parent

SALT_SIZE = 16
MAX_ENTRIES = 1 << 16
OPAQUE = "/extensions"
_DIGEST = b"origin-ledger/certificate/v1\0"

Kind = Literal["value", "object", "array"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One disclosed node: a value (a scalar, or anything at `/extensions`), or a container's kind and member
    count."""

    pointer: str
    salt: bytes
    kind: Kind
    value: JsonValue = None
    size: int = 0

    def commitment(self) -> bytes:
        """32 bytes: the salted hash that the digest binds."""
        content: JsonValue = [self.pointer, self.value]
        if self.kind != "value":
            content = [self.pointer, self.kind, self.size]
        return sha256(self.salt + canonical_bytes(content, max_depth=MAX_DEPTH)).digest()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a verified disclosure shows.

    `document` is for reading: objects hold their shown members, arrays keep every place, with None for what
    is hidden.
    `fields` maps pointers to shown values and is what to compare with. `hidden_members` counts, for each
    shown container, its members that stay hidden. `shown` of `total` entries are disclosed.
    """

    digest: bytes
    document: JsonObject
    fields: dict[str, JsonValue]
    hidden_members: dict[str, int]
    shown: int
    total: int

    @property
    def complete(self) -> bool:
        """Whether nothing is hidden."""
        return self.shown == self.total

    @property
    def summary(self) -> str:
        """How much is shown, in words."""
        return f"{self.shown} of {self.total} fields shown"

    def shows(self, pointer: str) -> bool:
        """Whether all that the document has at `pointer` is shown, or provably nothing is there."""
        if pointer in self.fields:
            return True
        if pointer in self.hidden_members:
            below = pointer + "/"
            return not any(
                count and (place == pointer or place.startswith(below))
                for place, count in self.hidden_members.items()
            )
        return self.proves_absent(pointer)

    def proves_absent(self, pointer: str) -> bool:
        """Whether the document provably has nothing at `pointer`: an ancestor is shown in full, without
        it."""
        if pointer in self.fields or pointer in self.hidden_members:
            return False
        above = pointer
        while above not in self.hidden_members and above not in self.fields:
            above = parent(above) or ""  # ends at the root, which is always shown
        if above in self.fields:
            return above != OPAQUE  # a scalar has no members; those of an opaque value have no pointers
        return self.hidden_members[above] == 0


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Some entries of a committed document, and the bare commitments of the rest in ascending order."""

    entries: tuple[Entry, ...]
    hidden: tuple[bytes, ...]

    def verify(self) -> Shown:
        """The digest that this disclosure leads to, and what it shows.

        Raises BadInput with a DISCLOSURE_… reason where no document could have been disclosed like this.
        """
        total = len(self.entries) + len(self.hidden)
        if total > MAX_ENTRIES:
            raise TooLarge("DOCUMENT_TOO_MANY_VALUES", f"more than {MAX_ENTRIES} values", limit=MAX_ENTRIES)
        if any(len(c) != 32 for c in self.hidden) or any(a >= b for a, b in pairwise(self.hidden)):
            raise BadInput(
                "DISCLOSURE_ORDER", "the hidden commitments are not distinct, ascending, of 32 bytes each"
            )
        by_pointer: dict[str, Entry] = {}
        for entry in self.entries:
            if check_pointer(entry.pointer) in by_pointer:
                raise BadInput(
                    "DISCLOSURE_POINTER_TWICE", f"{entry.pointer!a} is disclosed twice", pointer=entry.pointer
                )
            if len(entry.salt) != SALT_SIZE:
                raise BadInput("DISCLOSURE_SALT", f"a salt has {SALT_SIZE} bytes", pointer=entry.pointer)
            _check_entry(entry)
            by_pointer[entry.pointer] = entry
        hidden_members = _hidden_members(by_pointer)
        missing = sum(hidden_members.values())
        if missing > len(self.hidden) or (missing == 0 and self.hidden):
            raise BadInput(
                "DISCLOSURE_SIZE",
                f"{missing} members are hidden, but {len(self.hidden)} commitments stand for them",
            )
        digest = digest_of([*self.hidden, *(entry.commitment() for entry in self.entries)])
        fields = {entry.pointer: entry.value for entry in self.entries if entry.kind == "value"}
        return Shown(digest, _assemble(by_pointer), fields, hidden_members, len(self.entries), total)


def digest_of(commitments: list[bytes]) -> bytes:
    """The digest over `commitments`, sorted here. Raises BadInput DISCLOSURE_ORDER where two are equal."""
    commitments.sort()
    if len(set(commitments)) != len(commitments):
        raise BadInput("DISCLOSURE_ORDER", "two commitments are equal")
    return sha256(_DIGEST + b"".join(commitments)).digest()


def _check_entry(entry: Entry) -> None:
    where = entry.pointer
    if where == "" and entry.kind != "object":
        raise BadInput("DISCLOSURE_CONTAINER", "the document itself is an object", pointer=where)
    if where == OPAQUE and entry.kind != "value":
        raise BadInput("DISCLOSURE_CONTAINER", f"{OPAQUE} is disclosed as one value", pointer=where)
    if entry.kind == "value" and isinstance(entry.value, dict | list) and where != OPAQUE:
        raise BadInput(
            "DISCLOSURE_CONTAINER", f"{where!a} is a container, disclosed as a value", pointer=where
        )


def _hidden_members(by_pointer: dict[str, Entry]) -> dict[str, int]:
    """How many members of each shown container are not shown, after checking that members and containers
    agree."""
    if "" not in by_pointer:
        raise BadInput("DISCLOSURE_ANCESTOR", 'the document\'s own entry (pointer "") is not disclosed')
    hidden = {pointer: entry.size for pointer, entry in by_pointer.items() if entry.kind != "value"}
    for pointer in by_pointer:
        if (above := parent(pointer)) is None:
            continue
        if (container := by_pointer.get(above)) is None:
            raise BadInput(
                "DISCLOSURE_ANCESTOR", f"{pointer!a} is disclosed without what contains it", pointer=pointer
            )
        if container.kind == "value":
            raise BadInput(
                "DISCLOSURE_CONTAINER", f"{above!a} is a value and has no members", pointer=pointer
            )
        if container.kind == "array":
            index = array_index(last_key(pointer))
            if index is None or index >= container.size:
                raise BadInput(
                    "DISCLOSURE_CONTAINER", f"{pointer!a} is not a place in its array", pointer=pointer
                )
        hidden[above] -= 1
        if hidden[above] < 0:
            raise BadInput("DISCLOSURE_SIZE", f"{above!a} shows more members than it has", pointer=above)
    return hidden


def _assemble(by_pointer: dict[str, Entry]) -> JsonObject:
    # Sizes are bounded by now: every hidden member has a commitment of its own in the input.
    built: dict[str, Any] = {}
    for pointer in sorted(by_pointer):  # an ancestor sorts before what is below it
        entry = by_pointer[pointer]
        if entry.kind == "value":
            node: Any = entry.value
        else:
            node = {} if entry.kind == "object" else [None] * entry.size
            built[pointer] = node
        if (above := parent(pointer)) is not None:
            container = built[above]
            key = last_key(pointer)
            container[key if isinstance(container, dict) else int(key)] = node
    document: JsonObject = built[""]
    return document
