"""Certificate numbers out of ranges that an issuing body gives itself. Pure: the caller keeps the counter.

A range is written as a pattern with one run of `#`, which stands for the counter with leading zeros, and
perhaps `{year}` for the year of issue: `CCPIT-{year}-######`.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger_app.domain.fields import is_number
from ledger_app.errors import BadInput, Conflict

_COUNTER: Final = re.compile(r"#{1,15}")
_YEAR: Final = "{year}"


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers `first` to `last` of a pattern. Raises BadInput NUMBER_RANGE for what gives no numbers."""

    pattern: str
    first: int
    last: int

    def __post_init__(self) -> None:
        runs = _COUNTER.findall(self.pattern)
        if len(runs) != 1 or self.pattern.count("#") != len(runs[0]) or self.pattern.count(_YEAR) > 1:
            raise BadInput("NUMBER_RANGE", "a pattern has one run of at most 15 # and at most one {year}")
        if not 0 <= self.first <= self.last < 10 ** len(runs[0]):
            raise BadInput("NUMBER_RANGE", f"first to last must fit {len(runs[0])} digits")
        if not is_number(self._written(self.first, 2000)):
            raise BadInput("NUMBER_RANGE", "the pattern makes no certificate numbers")

    def number(self, count: int, issued: date) -> str:
        """The number with this counter. Raises Conflict NUMBERS_USED_UP outside the range."""
        if not self.first <= count <= self.last:
            raise Conflict("NUMBERS_USED_UP", f"the range ends at {self._written(self.last, issued.year)}")
        return self._written(count, issued.year)

    def after(self, last_used: int | None, issued: date, many: int = 1) -> tuple[list[str], int]:
        """The next `many` numbers after the counter used last (None: none yet), and the counter then used.

        Raises Conflict NUMBERS_USED_UP where so many are not left: then none is given.
        """
        start = self.first if last_used is None else last_used + 1
        if many < 1 or start + many - 1 > self.last:
            left = max(self.last - start + 1, 0)
            raise Conflict("NUMBERS_USED_UP", f"{left} numbers are left", left=left)
        return [self.number(count, issued) for count in range(start, start + many)], start + many - 1

    def holds(self, number: str, issued: date) -> bool:
        """Whether this is a number of the range, for a certificate issued on that day."""
        before, after = (
            part.replace(_YEAR, f"{issued.year:04}") for part in _COUNTER.split(self.pattern, maxsplit=1)
        )
        digits = number.removeprefix(before).removesuffix(after)
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
            return False
        return self.first <= int(digits) <= self.last and self._written(int(digits), issued.year) == number

    def _written(self, count: int, year: int) -> str:
        return _COUNTER.sub(lambda run: str(count).zfill(len(run[0])), self.pattern).replace(
            _YEAR, f"{year:04}"
        )
