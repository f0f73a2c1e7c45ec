"""Cursors: where the next page goes on, sealed against reading and change, and bound to the filters and the
caller. The place may be that of a certificate which the caller may not read.
"""

import base64
import binascii
import hashlib
import os
import re
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger_app.errors import BadInput

_NONCE: Final = 12
_PAD: Final = 64
"""A cursor's length tells no more of the place than this."""
_PLACE: Final = re.compile(r"(-?[0-9]{1,18}):(.{0,128})", re.ASCII | re.DOTALL)

Place = tuple[int, str]
"""(ordinal, number) of the last certificate that was looked at."""


def sealed(key: bytes, fingerprint: str, place: Place | None) -> str | None:
    """The cursor that goes on after `place`; None at the end."""
    if place is None:
        return None
    plain = f"{place[0]}:{place[1]}\0".encode()
    plain += bytes(-len(plain) % _PAD)
    nonce = os.urandom(_NONCE)
    closed = nonce + _cipher(key).encrypt(nonce, plain, fingerprint.encode())
    return base64.urlsafe_b64encode(closed).decode().rstrip("=")


def opened(key: bytes, fingerprint: str, cursor: str | None) -> Place | None:
    """The place in a cursor. Raises BadInput CURSOR_INVALID for one that was not given here, to this caller,
    for these filters.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        plain = _cipher(key).decrypt(raw[:_NONCE], raw[_NONCE:], fingerprint.encode())
    except (binascii.Error, ValueError, InvalidTag):
        raise BadInput("CURSOR_INVALID") from None
    place = _PLACE.fullmatch(plain.rstrip(b"\0").decode())
    if place is None:
        raise BadInput("CURSOR_INVALID")
    return int(place[1]), place[2]


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hashlib.blake2b(b"search-cursor/v2", digest_size=32, key=key).digest())
