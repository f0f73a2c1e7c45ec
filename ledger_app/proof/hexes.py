"""Canonical hexadecimal: `0x`, lower case, an even and fixed number of digits. Nothing else is read."""

import re
from typing import Any

from ledger_app.errors import BadInput

_HEX = re.compile(r"0x(?:[0-9a-f]{2})*+", re.ASCII)
_MIXED = re.compile(r"0x(?:[0-9a-fA-F]{2})*+", re.ASCII)


def to_hex(value: bytes) -> str:
    """`0x` and two lower-case digits a byte."""
    return "0x" + value.hex()


def from_hex(text: Any, length: int | None = None, *, field: str = "", any_case: bool = False) -> bytes:
    """The bytes of a canonical hex string of `length` bytes (None = any length).

    `any_case` also reads upper-case digits, for addresses with a checksum in their capitals. Raises BadInput
    HEX_INVALID.
    """
    pattern = _MIXED if any_case else _HEX
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise BadInput(
            "HEX_INVALID", f"{field or 'value'}: not lower-case hexadecimal with 0x in front", field=field
        )
    value = bytes.fromhex(text[2:])
    if length is not None and len(value) != length:
        raise BadInput(
            "HEX_INVALID", f"{field or 'value'}: {len(value)} bytes where {length} belong", field=field
        )
    return value
