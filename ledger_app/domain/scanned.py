"""What somebody typed, pasted or scanned in the place of a certificate: its number, a hash, its QR code.

The QR code on a certificate holds the address of its page, `…/c/0x<leaf>`. Whose installation the address
belongs to does not matter: only the hash is taken from it, and nothing is fetched.
"""

import re
from dataclasses import dataclass
from typing import Final

from ledger_app.errors import BadInput

MAX_NUMBER: Final = 128
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_ADDRESS: Final = re.compile(
    r"https?://[^\s/?#]{1,255}(?:/[^\s?#]{0,500})?/c/(0x[0-9a-fA-F]{64})/?", re.ASCII
)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\ud800-\udfff\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Scanned:
    """Exactly one of `number` and `hash` (a digest or a leaf, `0x` and 64 lower-case hex digits)."""

    number: str | None = None
    hash: str | None = None


def read_scanned(text: str) -> Scanned:
    """Raises BadInput NAME_EMPTY for nothing, NUMBER_INVALID for what can be no number."""
    wanted = text.strip()
    if not wanted:
        raise BadInput("NAME_EMPTY")
    if _HASH.fullmatch(wanted):
        return Scanned(hash=wanted.lower())
    if address := _ADDRESS.fullmatch(wanted):
        return Scanned(hash=address[1].lower())
    if len(wanted) > MAX_NUMBER or _UNPRINTABLE.search(wanted):
        raise BadInput("NUMBER_INVALID")
    return Scanned(number=wanted)
