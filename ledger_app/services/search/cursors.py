"""Cursors: where the next page goes on, sealed against change and bound to the filters and the caller."""

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final

from ledger_app.errors import BadInput

_TAG: Final = 12
_PLACE: Final = re.compile(r"(-?[0-9]{1,18}):(.{0,128})", re.ASCII | re.DOTALL)

Place = tuple[int, str]
"""(ordinal, number) of the last certificate that was looked at."""


def sealed(key: bytes, fingerprint: str, place: Place | None) -> str | None:
    """The cursor that goes on after `place`; None at the end."""
    if place is None:
        return None
    plain = f"{place[0]}:{place[1]}".encode()
    return base64.urlsafe_b64encode(_tag(key, fingerprint, plain) + plain).decode().rstrip("=")


def opened(key: bytes, fingerprint: str, cursor: str | None) -> Place | None:
    """The place in a cursor. Raises BadInput CURSOR_INVALID for one that was not given here, to this caller,
    for these filters.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("CURSOR_INVALID") from None
    tag, plain = raw[:_TAG], raw[_TAG:]
    if not hmac.compare_digest(tag, _tag(key, fingerprint, plain)):
        raise BadInput("CURSOR_INVALID")
    place = _PLACE.fullmatch(plain.decode())
    if place is None:
        raise BadInput("CURSOR_INVALID")
    return int(place[1]), place[2]


def _tag(key: bytes, fingerprint: str, plain: bytes) -> bytes:
    told = b"search-cursor\0" + fingerprint.encode() + b"\0" + plain
    return hashlib.blake2b(told, digest_size=_TAG, key=key).digest()
