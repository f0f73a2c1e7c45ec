"""Reading a foreign object without losing any of it.

A `Reader` hands out values and remembers which of them went into the certificate unchanged. `remainder` is
all the rest, under its original paths: what was not asked for, and what was understood but written
differently.
"""

from dataclasses import replace
from typing import Any, Final

from ledger_app.domain.fields import MAX_SAFE_INTEGER, is_prose
from ledger_app.domain.findings import Finding, discrepancy, unknown
from ledger_app.domain.imports.values import tidy
from ledger_app.errors import Unprocessable

MAX_IMPORT_DEPTH: Final = 30
_GONE: Final = object()
Path = tuple[str | int, ...]


def plain(value: Any) -> Any:
    """A copy that a document can hold: floats and integers beyond 2^53−1 become text.

    Raises Unprocessable IMPORT_UNREADABLE beyond MAX_IMPORT_DEPTH levels.
    """
    return _plain(value, 0)


def _plain(value: Any, depth: int) -> Any:
    if depth > MAX_IMPORT_DEPTH:
        raise Unprocessable("IMPORT_UNREADABLE", f"nested more than {MAX_IMPORT_DEPTH} levels deep")
    if isinstance(value, dict):
        return {str(name): _plain(member, depth + 1) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member, depth + 1) for member in value]
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_SAFE_INTEGER:
        return hex(value) if value.bit_length() > 4096 else str(value)
    return value


class Reader:
    """One place in a foreign object. Readers made from another share what was taken and found."""

    def __init__(
        self,
        value: Any,
        path: Path = (),
        taken: set[Path] | None = None,
        findings: list[Finding] | None = None,
    ) -> None:
        """Readers are made from `value` alone; the rest is for those made from another."""
        self._value = value
        self._path = path
        self._taken: set[Path] = set() if taken is None else taken
        self.findings: list[Finding] = [] if findings is None else findings

    def at(self, *names: str | int) -> "Reader":
        """The place below by member names or indices; reading a place that is not there gives nothing."""
        value = self._value
        for name in names:
            if isinstance(value, dict) and isinstance(name, str):
                value = value.get(name)
            elif isinstance(value, list) and isinstance(name, int) and name < len(value):
                value = value[name]
            else:
                value = None
        return Reader(value, self._path + names, self._taken, self.findings)

    def each(self, name: str) -> list["Reader"]:
        """The members of a list, or the one object that stands in its place."""
        value = self._value.get(name) if isinstance(self._value, dict) else None
        if isinstance(value, list):
            return [self.at(name, place) for place in range(len(value))]
        return [self.at(name)] if isinstance(value, dict) else []

    def has(self, name: str) -> bool:
        """Whether there is an object with this member here."""
        return isinstance(self._value, dict) and name in self._value

    @property
    def value(self) -> Any:
        """What stands here, without taking it."""
        return self._value

    def seen(self) -> str | None:
        """The text here, tidied, without taking it: for values that are written differently or not mapped."""
        value = self._value
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return tidy(value) or None if isinstance(value, str) else None

    def text(self, *, lines: bool = False) -> str | None:
        """The text here as a field of the document can hold it, and taken if it is exactly that."""
        value = self._value
        if not isinstance(value, str):
            return self.seen()
        clean = tidy(value, lines=lines)
        if not clean:
            return None
        if not is_prose(clean):
            self.not_understood("/extensions", "text without control characters")
            return None
        if clean == value:
            self.take()
        return clean

    def number(self) -> int | None:
        """The integer here, without taking it."""
        return self._value if isinstance(self._value, int) and not isinstance(self._value, bool) else None

    def take(self) -> None:
        """What stands here went into the document unchanged."""
        self._taken.add(self._path)

    def not_understood(self, pointer: str, wanted: str) -> None:
        """There is a value that could not be read as `wanted` for the field at `pointer`."""
        told = discrepancy(
            pointer,
            "NOT_UNDERSTOOD",
            f"{_dotted(self._path)} could not be read as {wanted}; it is kept under /extensions.",
            f"Fill {pointer} if the value belongs there.",
            value=self._value,
        )
        self.findings.append(replace(told, place=".".join(map(str, self._path))))

    def unsure(self, pointer: str, rule: str, words: str, fix: str) -> None:
        """The value was read for the field at `pointer`, and what it means there is not certain."""
        told = f"{_dotted(self._path)} {words}"
        self.findings.append(unknown(pointer, rule, told, fix, value=self._value))

    def remainder(self) -> Any:
        """All that was not taken, in its original places; None when that is nothing."""
        rest = self._rest(self._value, self._path)
        return None if rest is _GONE else rest

    def _rest(self, value: Any, path: Path) -> Any:
        if path in self._taken:
            return _GONE
        if isinstance(value, dict) and value:
            members = {name: self._rest(member, (*path, name)) for name, member in value.items()}
            return {name: member for name, member in members.items() if member is not _GONE} or _GONE
        if isinstance(value, list) and value:
            rest = [self._rest(member, (*path, place)) for place, member in enumerate(value)]
            if all(member is _GONE for member in rest):
                return _GONE
            # A place holder keeps the others where they were.
            return [None if member is _GONE else member for member in rest]
        return value


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)[:120] or "the value"
