"""Text from elsewhere in the cells of a table that a spreadsheet may open."""

import unicodedata
from typing import Final

_FORMULA: Final = frozenset("=+-@")
_ALWAYS: Final = frozenset("\t\r\n'")


def safe_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula: with an apostrophe in front where it could be
    one (OWASP, CSV injection), and where it has one already, so that one can always be taken off again.
    """
    # Spreadsheets pass over blanks and invisible characters, and read full-width forms as the plain ones.
    shown = text.lstrip("".join(c for c in set(text) if unicodedata.category(c) in ("Zs", "Cf")))
    first = unicodedata.normalize("NFKC", shown[:1])[:1]
    return f"'{text}" if first in _FORMULA or text[:1] in _ALWAYS or shown[:1] in _ALWAYS else text
