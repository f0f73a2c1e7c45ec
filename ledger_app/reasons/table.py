"""What one reason is, and how the tables of the parts are put together."""

from collections.abc import Iterable
from dataclasses import dataclass

Rows = tuple[tuple[str, str, str], ...]
"""(code, what it means, what to do next)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One published code. `meaning` says what happened; `next_step` what the reader should do."""

    code: str
    meaning: str
    next_step: str


def together(parts: Iterable[Rows]) -> dict[str, Reason]:
    """All parts as one table. Raises ValueError for a code that is declared twice."""
    table: dict[str, Reason] = {}
    for code, meaning, next_step in (row for rows in parts for row in rows):
        if code in table:
            raise ValueError(f"reason code {code} is declared twice")
        table[code] = Reason(code, meaning, next_step)
    return table
