"""Envelope encryption of what must not be read from a copied database, and blind indexes to find it again.

Each sealed value has its own random data key (AES-256-GCM), wrapped by the installation's master key. Both
layers bind the *context* (table, column and record id) as associated data, so that a sealed value moved to
another row does not open.

Layout: `0x01 || key id (8) || nonce (12) || wrapped data key (48) || nonce (12) || ciphertext and tag`.
"""

import hashlib
import hmac
import os
import unicodedata
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger_app.errors import Broken

_VERSION = b"\x01"
_WRAP = b"origin-ledger/sealed-key/v1\0"
_DATA = b"origin-ledger/sealed-data/v1\0"
_HEADER = 1 + 8 + 12 + 48


class Vault:
    """Seals and opens with one current master key and any number of older ones (which only open)."""

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        if not master_keys or any(len(key) != 32 for key in master_keys):
            raise ValueError("master keys are 32 bytes each, and there is at least one")
        self._keys = {_key_id(key): AESGCM(key) for key in master_keys}
        self._current = _key_id(master_keys[0])
        self._stamp_keys = {
            _key_id(key).hex(): hmac.digest(key, b"origin-ledger/stamp/v1", "sha256") for key in master_keys
        }
        self._index_keys = tuple(
            hmac.digest(key, b"origin-ledger/blind-index/v1", "sha256") for key in master_keys
        )

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt `plaintext` for the record named by `context`, e.g. `certificates/018f…`."""
        data_key = AESGCM.generate_key(256)
        return self._wrap(data_key, context) + _encrypt(AESGCM(data_key), plaintext, _DATA + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt. Raises Broken `SEALED_UNREADABLE` when the bytes, the context or the master key are not
        the right ones.
        """
        return _decrypt(AESGCM(self._unwrap(sealed, context)), sealed[_HEADER:], _DATA + context.encode())

    def rewrap(self, sealed: bytes, context: str) -> bytes:
        """The same value under the current master key; the ciphertext itself is untouched. For key
        rotation.
        """
        return self._wrap(self._unwrap(sealed, context), context) + sealed[_HEADER:]

    @property
    def head(self) -> bytes:
        """What every value begins with that is sealed under the current master key."""
        return _VERSION + self._current

    def blind(self, kind: str, value: str) -> str:
        """A keyed index entry (64 hex digits) for exact-match search of `value` among values of the same
        `kind`.
        """
        return _blind(self._index_keys[0], kind, value)

    def blinds(self, kind: str, value: str) -> list[str]:
        """The entries to search for: under the current master key and under each older one."""
        return [_blind(key, kind, value) for key in self._index_keys]

    def stamp(self, purpose: str, text: str) -> str:
        """Proof to whoever holds the master key that `text` was put out by somebody who does, too: key id
        (16 hex digits), a dot, HMAC-SHA-256 (64).
        """
        key_id = self._current.hex()
        return f"{key_id}.{_code(self._stamp_keys[key_id], purpose, text)}"

    def is_stamp(self, purpose: str, text: str, stamp: str) -> bool:
        """Whether `stamp` was made for this, under the current master key or an older one."""
        key_id, _, code = stamp.partition(".")
        key = self._stamp_keys.get(key_id)
        return key is not None and hmac.compare_digest(
            _code(key, purpose, text).encode(), code.encode("utf-8", "replace")
        )

    def _wrap(self, data_key: bytes, context: str) -> bytes:
        wrapped = _encrypt(self._keys[self._current], data_key, _WRAP + context.encode())
        return _VERSION + self._current + wrapped

    def _unwrap(self, sealed: bytes, context: str) -> bytes:
        if len(sealed) < _HEADER + 28 or sealed[:1] != _VERSION:
            raise Broken(
                "SEALED_UNREADABLE", "A sealed value is cut off or of an unknown version.", record=context
            )
        master = self._keys.get(sealed[1:9])
        if master is None:
            raise Broken(
                "SEALED_UNREADABLE",
                "A sealed value needs a master key that is not configured.",
                record=context,
            )
        return _decrypt(master, sealed[9:_HEADER], _WRAP + context.encode())


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"origin-ledger/master-key-id/v1\0" + key).digest()[:8]


def _encrypt(cipher: AESGCM, plaintext: bytes, associated: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + cipher.encrypt(nonce, plaintext, associated)


def _decrypt(cipher: AESGCM, data: bytes, associated: bytes) -> bytes:
    try:
        return cipher.decrypt(data[:12], data[12:], associated)
    except InvalidTag:
        record = associated.split(b"\0", 1)[1].decode()
        raise Broken(
            "SEALED_UNREADABLE", "A sealed value was changed, or moved to another record.", record=record
        ) from None


def _code(key: bytes, purpose: str, text: str) -> str:
    return hmac.digest(key, f"{purpose}\0{text}".encode(), "sha256").hex()


def _blind(key: bytes, kind: str, value: str) -> str:
    folded = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    return hmac.digest(key, f"{kind}\0{folded}".encode(), "sha256").hex()
