"""Reading values as people and other systems write them, where they can mean only one thing.

Every function gives None for what is unclear: the importer then keeps the text and says so.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger_app.domain import codelists

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sep", "sept"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_ZONE: Final = r"(?:[ap]\.?m\.?|Z|UTC|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
_CLOCK: Final = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::(?:[0-5][0-9]|60)(?:[.,][0-9]{1,30})?)?"
_TIME: Final = rf"(?:[T ,]+{_CLOCK}\s?{_ZONE}?)?"
_UNIVERSAL: Final = re.compile(rf".*[T ,](?P<clock>{_CLOCK})\s?(?:Z|UTC)", re.ASCII | re.IGNORECASE)


def _day(year: str, month: int | str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _named(year: str, month: str, day: str) -> date | None:
    number = _MONTHS.get(month.casefold().rstrip("."))
    return _day(year, number, day) if number else None


def _slashed(first: str, second: str, year: str) -> date | None:
    """Day and month in an order that is not said: clear only when one of them is no month, or both are
    equal."""
    if int(first) > 12 or first == second:
        return _day(year, second, first)
    return _day(year, first, second) if int(second) > 12 else None


def _pattern(body: str) -> re.Pattern[str]:
    return re.compile(body + _TIME, re.ASCII | re.IGNORECASE)


_WRITTEN: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], date | None]], ...]] = (
    (_pattern(r"(\d{4})-(\d{2})-(\d{2})"), lambda m: _day(m[1], m[2], m[3])),
    (_pattern(r"(\d{4})/(\d{1,2})/(\d{1,2})"), lambda m: _day(m[1], m[2], m[3])),
    (re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})", re.ASCII), lambda m: _day(m[1], m[2], m[3])),
    (
        _pattern(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9}\.?),?[ -](\d{4})"),
        lambda m: _named(m[3], m[2], m[1]),
    ),
    (_pattern(r"([a-z]{3,9}\.?) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})"), lambda m: _named(m[3], m[1], m[2])),
    (_pattern(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})"), lambda m: _slashed(m[1], m[2], m[3])),
)


def written_date(text: str) -> str | None:
    """The calendar day, as `YYYY-MM-DD`, of a date or a time as written; the day of the writer's own zone."""
    for pattern, read in _WRITTEN:
        found = pattern.fullmatch(text.strip())
        if found:
            day = read(found)
            return day.isoformat() if day and day > date(1970, 1, 1) else None
    return None


def in_universal_time(text: str) -> bool:
    """Whether it is a moment in UTC, whose day was another one somewhere. Midnight is how a day without a
    time is written."""
    found = _UNIVERSAL.fullmatch(text.strip())
    return found is not None and bool(found["clock"].strip("0:.,"))


_GROUPED: Final = re.compile(r"\d{1,3}(?:([ ,.'])\d{3})(?:\1\d{3})*(?:[.,]\d{1,9})?", re.ASCII)
_PLAIN: Final = re.compile(r"\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_AMOUNT: Final = re.compile(r"(\d[\d ,.']*?) ?([A-Za-z][A-Za-z0-9²³.]{0,15})", re.ASCII)


def written_number(text: str) -> str | None:
    """A canonical decimal; None where a separator could be the decimal point or not (`1,234`)."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _canonical(text)
    found = _GROUPED.fullmatch(text)
    if not found:
        return None
    group = found[1]
    last = max(text.rfind("."), text.rfind(","))
    point = text[last] if last >= 0 and text[last] != group else ""
    if not point and group in ".," and text.count(group) == 1:
        return None
    whole, _, fraction = text.rpartition(point) if point else (text, "", "")
    digits = whole.replace(group, "")
    return _canonical(digits + ("." + fraction if fraction else "")) if digits.isdigit() else None


def _canonical(number: str) -> str | None:
    whole, point, fraction = number.partition(".")
    whole = whole.lstrip("0") or "0"
    return whole + point + fraction if len(whole) <= 15 else None


def written_quantity(text: str) -> dict[str, str] | None:
    """`450 Kg` as value and UN/ECE Rec 20 unit."""
    found = _AMOUNT.fullmatch(text.strip())
    if not found:
        return None
    value, unit = written_number(found[1]), codelists.unit_named(found[2])
    return {"value": value, "unit": unit} if value and unit and value.strip("0.") else None


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier as `authority:kind:value` or `authority:value`; without an authority all is `value`."""

    authority: str
    kind: str
    value: str


_IDENTIFIER: Final = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)+):(?:([a-z0-9_-]+):)?([^:\s][^:]*)", re.ASCII)


def identifier(text: str) -> Identifier:
    """The parts of an identifier that a domain name prefixes (`unece.un.org:locode:AUMEL`)."""
    found = _IDENTIFIER.fullmatch(text.strip())
    return Identifier(found[1], found[2] or "", found[3]) if found else Identifier("", "", text.strip())


def tidy(text: str, *, lines: bool = False) -> str:
    """Text in NFC without space at the ends; line breaks become spaces, or plain line feeds where `lines`."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return text.strip() if lines else " ".join(text.split("\n")).strip()
