"""Identifiers and terms of the ledger protocol (docs/protocol.md, sections 1 and 4): what a leaf says of a
document.

Works on plain dicts as they are hashed, so that a verifier needs no model of the document to compare it with
its leaf.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from ledger_app.errors import BadInput

ANY_TERRITORY = bytes(8)
NO_DAY = 0
MAX_UNITS = (1 << 53) - 1
MAX_ITEM = (1 << 32) - 1
_EPOCH = date(1970, 1, 1)
_SCHEME = re.compile(r"[A-Z0-9-]{1,31}", re.ASCII)
_TERRITORY = re.compile(r"[A-Z0-9]{2,8}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MAX_IDENTIFIER = 256


@dataclass(frozen=True, slots=True)
class LeafTerms:
    """What the leaf repeats of a document. `item_allowances` (item number, units) is empty for a whole
    allowance."""

    issuer: bytes
    scheme: bytes
    destination: bytes
    valid_from: int
    valid_until: int
    allowance: int
    item_allowances: tuple[tuple[int, int], ...] = ()


def organisation_id(identifier: str) -> bytes:
    """32 bytes: the organisation's name on every network. Raises BadInput IDENTIFIER_INVALID."""
    if not isinstance(identifier, str) or not 1 <= len(identifier) <= _MAX_IDENTIFIER:
        raise BadInput("IDENTIFIER_INVALID", f"an identifier has 1 to {_MAX_IDENTIFIER} characters")
    if not identifier.isprintable() or identifier != identifier.strip():
        raise BadInput("IDENTIFIER_INVALID", "an identifier is printable, with no space around it")
    return _organisation_id(identifier)


@lru_cache(maxsize=4096)
def _organisation_id(identifier: str) -> bytes:
    return sha256(b"origin-ledger/organisation/v1\0" + identifier.encode()).digest()


@lru_cache(maxsize=1024)
def scheme_id(code: str) -> bytes:
    """32 bytes: the scheme's code in ASCII, zero-padded. Raises BadInput SCHEME_INVALID."""
    if not isinstance(code, str) or not _SCHEME.fullmatch(code):
        raise BadInput("SCHEME_INVALID", "a scheme code is 1 to 31 of A–Z, 0–9 and -", value=str(code)[:64])
    return code.encode().ljust(32, b"\0")


def scheme_code(scheme: bytes) -> str:
    """Inverse of `scheme_id`. Raises BadInput SCHEME_INVALID."""
    code = scheme.rstrip(b"\0")
    if len(scheme) != 32 or not _SCHEME.fullmatch(text := code.decode("ascii", "replace")):
        raise BadInput("SCHEME_INVALID", "not the padded code of a scheme", value=scheme.hex())
    return text


@lru_cache(maxsize=1024)
def territory_id(code: str) -> bytes:
    """8 bytes: the customs territory's code in ASCII, zero-padded. Raises BadInput TERRITORY_INVALID."""
    if not isinstance(code, str) or not _TERRITORY.fullmatch(code):
        raise BadInput("TERRITORY_INVALID", "a territory code is 2 to 8 of A–Z and 0–9", value=str(code)[:64])
    return code.encode().ljust(8, b"\0")


def territory_code(territory: bytes) -> str | None:
    """Inverse of `territory_id`; None for the zero territory (any). Raises BadInput TERRITORY_INVALID."""
    if territory == ANY_TERRITORY:
        return None
    code = territory.rstrip(b"\0")
    if len(territory) != 8 or not _TERRITORY.fullmatch(text := code.decode("ascii", "replace")):
        raise BadInput("TERRITORY_INVALID", "not the padded code of a territory", value=territory.hex())
    return text


def day_number(day: date | str) -> int:
    """Days since 1970-01-01 of a date or of its text `YYYY-MM-DD`. Raises BadInput DAY_INVALID; 1970-01-01
    itself has no number, because zero says "not stated"."""
    return _day_number(day) if isinstance(day, str) else _checked_day(day)


@lru_cache(maxsize=8192)
def _day_number(text: str) -> int:
    if not _DAY.fullmatch(text):
        raise BadInput("DAY_INVALID", "a date is written YYYY-MM-DD", value=text[:32])
    try:
        return _checked_day(date.fromisoformat(text))
    except ValueError:
        raise BadInput("DAY_INVALID", "no such day in the calendar", value=text) from None


def _checked_day(day: date) -> int:
    if not isinstance(day, date):
        raise BadInput("DAY_INVALID", "a date is written YYYY-MM-DD")
    number = (date(day.year, day.month, day.day) - _EPOCH).days
    if number < 1:
        raise BadInput("DAY_INVALID", "a date lies after 1970-01-01", value=day.isoformat())
    return number


def day_date(number: int) -> date | None:
    """Inverse of `day_number`; None for zero (not stated). Raises BadInput DAY_INVALID."""
    if number == NO_DAY:
        return None
    try:
        if number < 0:
            raise OverflowError
        return _EPOCH + timedelta(days=number)
    except OverflowError:
        raise BadInput("DAY_INVALID", "no such day in the calendar", value=number) from None


def leaf_terms(document: Mapping[str, Any]) -> LeafTerms:
    """The terms that a leaf must repeat of `document`.

    `issuer.identifier`, `scheme` and `issueDate` must be there. `validFrom` defaults to `issueDate`,
    `validUntil` to not stated, `destination` to any. Where items state an `allowance`, the certificate's is
    their sum (and
    `allowance.units`, if stated, must agree); otherwise it is `allowance.units`, 1 by default.
    Raises BadInput TERMS_INVALID, or the reason of the field that is wrong, with `field` in its context.
    """
    issuer = _member(_member(document, "issuer", dict), "identifier", str, "issuer.")
    starts = _optional(document, "validFrom", str)
    ends = _optional(document, "validUntil", str)
    destination = _optional(document, "destination", str)
    issued = day_number(_member(document, "issueDate", str))
    items = item_allowances(document)
    return LeafTerms(
        issuer=organisation_id(issuer),
        scheme=scheme_id(_member(document, "scheme", str)),
        destination=ANY_TERRITORY if destination is None else territory_id(destination),
        valid_from=issued if starts is None else day_number(starts),
        valid_until=NO_DAY if ends is None else day_number(ends),
        allowance=_allowance(document, items),
        item_allowances=items,
    )


def item_allowances(document: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    """(item number, units) of each item that states an allowance of its own, by number."""
    found: dict[int, int] = {}
    for place, item in enumerate(_optional(document, "items", list) or []):
        if not isinstance(item, dict) or "allowance" not in item:
            continue
        where = f"items[{place}]."
        number = _units(item, "number", where, MAX_ITEM)
        if number in found:
            raise BadInput("TERMS_INVALID", f"two items have the number {number}", field=where + "number")
        found[number] = _units(item, "allowance", where, MAX_UNITS)
    return tuple(sorted(found.items()))


def _allowance(document: Mapping[str, Any], items: tuple[tuple[int, int], ...]) -> int:
    stated = _optional(document, "allowance", dict) or {}
    units = _units(stated, "units", "allowance.", MAX_UNITS) if "units" in stated else None
    if not items:
        return 1 if units is None else units
    total = sum(units for _, units in items)
    if total > MAX_UNITS or units not in (None, total):
        raise BadInput(
            "TERMS_INVALID", "the allowance is not the sum over its items", field="allowance.units"
        )
    return total


def _units(holder: Mapping[str, Any], name: str, where: str, most: int) -> int:
    value = holder.get(name)
    if type(value) is not int or not 1 <= value <= most:
        raise BadInput(
            "TERMS_INVALID", f"{where}{name} is not an integer from 1 to {most}", field=where + name
        )
    return value


def _member(holder: Mapping[str, Any], name: str, kind: type, where: str = "") -> Any:
    value = holder.get(name)
    if type(value) is not kind:
        raise BadInput("TERMS_INVALID", f"{where}{name} is missing or of another type", field=where + name)
    return value


def _optional(holder: Mapping[str, Any], name: str, kind: type) -> Any:
    return _member(holder, name, kind) if name in holder else None
