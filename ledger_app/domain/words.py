"""Small words that several texts share."""

from typing import Final

from ledger_app.domain.codelists import UNITS

_PLURALS: Final = {"INH": "inches", "FOT": "feet", "FTK": "square feet", "DZN": "dozen", "C62": ""}
_MANY_OF: Final = " of "


def counted(number: int, noun: str) -> str:
    """`1 second`, `2 seconds`: a number with its noun, whose plural takes an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: object, most: int = 120) -> str:
    """Text from somewhere else, for a terminal: control characters and line breaks shown as `�`, long text
    cut."""
    whole = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))
    return whole if len(whole) <= most else whole[: most - 1] + "…"


def amount_words(value: str, unit: str) -> str:
    """`4,200 pieces` for 4200 and H87: an amount with a unit of UN/ECE Recommendation 20, for people. A code
    that has no words here stays as it is."""
    whole, point, decimals = value.partition(".")
    shown = f"{int(whole):,}{point}{decimals}" if whole.isascii() and whole.isdigit() else value
    return f"{shown} {_unit(value, unit)}".strip()


def _unit(value: str, unit: str) -> str:
    name = UNITS.get(unit, unit)
    if unit not in UNITS or (value == "1" and unit != "C62"):
        return name
    if unit in _PLURALS:
        return _PLURALS[unit]
    first, of, rest = name.partition(_MANY_OF)
    return f"{first}s{of}{rest}"
