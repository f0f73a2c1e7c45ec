"""Sets of certificates as bits, segment by segment, and what is wanted of them as an expression. Pure.

A segment is `SIZE` consecutive ordinals; bit `ordinal % SIZE` of an integer stands for a certificate. An
expression is evaluated over one segment at a time, so that a search costs a bounded amount for each segment,
however common or rare its terms are and whether or not they occur together.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

SIZE = 4096
ALL = (1 << SIZE) - 1
_BYTES = SIZE // 8
_LISTED, _MAPPED = b"\0", b"\1"
_FEW = 64


def place(ordinal: int) -> tuple[int, int]:
    """(segment, bit) of an ordinal."""
    return divmod(ordinal, SIZE)


def of_places(places: Iterable[int]) -> int:
    """The set of these bits."""
    found = bytearray(_BYTES)
    for bit in places:
        found[bit >> 3] |= 1 << (bit & 7)
    return int.from_bytes(found, "little")


def places(bits: int) -> Iterator[int]:
    """The bits of a set, highest first."""
    while bits:
        top = bits.bit_length() - 1
        yield top
        bits ^= 1 << top


class Members:
    """Whether an ordinal is in one of these sets by segment, for thousands of ordinals."""

    def __init__(self, sets: Mapping[int, int]) -> None:
        self._maps = {segment: bits.to_bytes(_BYTES, "little") for segment, bits in sets.items()}

    def __contains__(self, ordinal: int) -> bool:
        found = self._maps.get(ordinal // SIZE)
        return found is not None and bool(found[ordinal % SIZE >> 3] >> (ordinal & 7) & 1)


def pack(bits: int) -> bytes:
    """A set as it is stored: few of them as a list of 16-bit numbers, many as a map."""
    if bits.bit_count() > _FEW:
        return _MAPPED + bits.to_bytes(_BYTES, "little")
    return _LISTED + b"".join(bit.to_bytes(2, "little") for bit in places(bits))


def unpack(stored: bytes) -> int:
    """The set that `pack` stored."""
    if stored[:1] == _MAPPED:
        return int.from_bytes(stored[1:], "little")
    bits = 0
    for at in range(1, len(stored), 2):
        bits |= 1 << int.from_bytes(stored[at : at + 2], "little")
    return bits


def pack_terms(terms: Iterable[int]) -> bytes:
    """Terms as one certificate's row holds them."""
    return array("q", sorted(terms)).tobytes()


def unpack_terms(stored: bytes) -> "array[int]":
    """The inverse."""
    found: array[int] = array("q")
    found.frombytes(stored)
    return found


# --- days ---------------------------------------------------------------------------------------------------


def slices(days: Sequence[tuple[int, int]]) -> tuple[int, int, bytes]:
    """(lowest, highest, slices) of (bit, day) pairs. Slice n holds the certificates in whose day, counted
    from the lowest, binary digit n is set."""
    low, high = min(day for _, day in days), max(day for _, day in days)
    digits = range((high - low).bit_length())
    parts = [of_places(bit for bit, day in days if (day - low) >> digit & 1) for digit in digits]
    return low, high, b"".join(part.to_bytes(_BYTES, "little") for part in parts)


def at_most(low: int, stored: bytes, day: int) -> int:
    """Those whose day is `day` or before (bits that stand for no certificate may be among them)."""
    wanted = day - low
    digits = [int.from_bytes(stored[at : at + _BYTES], "little") for at in range(0, len(stored), _BYTES)]
    if wanted < 0:
        return 0
    if wanted >> len(digits):
        return ALL
    below, same = 0, ALL
    for place_, digit in reversed(list(enumerate(digits))):
        if wanted >> place_ & 1:
            below |= same & ~digit
            same &= digit
        else:
            same &= ~digit
    return below | same


# --- what is wanted -----------------------------------------------------------------------------------------


class Segment(Protocol):
    """What an expression asks of a segment."""

    def having(self, term: int) -> int:
        """The certificates that have this term."""
        ...

    def between(self, days: "Days") -> int:
        """The certificates whose day lies there."""
        ...


@dataclass(frozen=True, slots=True)
class Having:
    """One of these terms or flags."""

    terms: frozenset[int]


@dataclass(frozen=True, slots=True)
class Days:
    """A day (`field`: issued, valid_from, valid_until) from `first` until `last`, both included."""

    field: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Every:
    """All of it."""

    parts: "tuple[Wanted, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """One of it, or several."""

    parts: "tuple[Wanted, ...]"


@dataclass(frozen=True, slots=True)
class Without:
    """None of these flags. Bits that stand for no certificate are among the answer: combine it."""

    terms: frozenset[int]


Wanted = Having | Days | Every | Some | Without


def matching(wanted: Wanted, segment: Segment) -> int:
    """The certificates of the segment that are as wanted."""
    found = 0
    match wanted:
        case Having(terms):
            for term in terms:
                found |= segment.having(term)
        case Without(terms):
            for term in terms:
                found |= segment.having(term)
            found = ALL & ~found
        case Days():
            found = segment.between(wanted)
        case Some(parts):
            for part in parts:
                found |= matching(part, segment)
        case Every(parts):
            found = ALL
            for part in parts:
                found &= matching(part, segment)
                if not found:
                    break
    return found


def leaves(wanted: Wanted) -> Iterator[Having | Without | Days]:
    """What the expression is made of."""
    if isinstance(wanted, Every | Some):
        for part in wanted.parts:
            yield from leaves(part)
    else:
        yield wanted


def terms_of(wanted: Wanted) -> frozenset[int]:
    """Every term and flag in the expression."""
    found: set[int] = set()
    for leaf in leaves(wanted):
        if not isinstance(leaf, Days):
            found |= leaf.terms
    return frozenset(found)
