"""Signatures of acts: secp256k1, EIP-2098 compact, low s only; 64 bytes `r || vs` (docs/protocol.md, section
1)."""

from functools import lru_cache

import coincurve

from ledger_app.errors import BadInput
from ledger_app.proof.hashes import keccak
from ledger_app.proof.hexes import to_hex

_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_S_MASK = (1 << 255) - 1


def recover(digest: bytes, signature: bytes) -> str:
    """The address (lower-case `0x…`) whose key signed `digest` with this EIP-2098 signature `r || vs`.

    Raises BadInput SIGNATURE_INVALID unless it has exactly 64 bytes, r and s are in range, s is low, and a
    key exists.
    """
    if type(signature) is not bytes or len(signature) != 64:
        raise BadInput("SIGNATURE_INVALID", "a signature has 64 bytes: r and vs")
    vs = int.from_bytes(signature[32:], "big")
    s = vs & _S_MASK
    if s > _CURVE_ORDER // 2:
        raise BadInput("SIGNATURE_INVALID", "s is in the upper half of its range")
    try:
        point = coincurve.PublicKey.from_signature_and_message(
            signature[:32] + s.to_bytes(32, "big") + bytes([vs >> 255]), digest, hasher=None
        )
    except Exception:  # noqa: BLE001 - coincurve raises bare Exception for what libsecp256k1 refuses
        raise BadInput("SIGNATURE_INVALID", "no key can have made this signature") from None
    return _address(point)


def sign(digest: bytes, private_key: bytes) -> bytes:
    """64 bytes `r || vs` (EIP-2098, low s). Raises BadInput KEY_INVALID for something that is not a private
    key."""
    signature = _private_key(private_key).sign_recoverable(digest, hasher=None)
    vs = int.from_bytes(signature[32:64], "big") | signature[64] << 255
    return signature[:32] + vs.to_bytes(32, "big")


def address_of(private_key: bytes) -> str:
    """The address of a private key, lower-case `0x…`. Raises BadInput KEY_INVALID."""
    return _address(_private_key(private_key).public_key)


@lru_cache(maxsize=64)
def _private_key(secret: bytes) -> coincurve.PrivateKey:
    try:
        if len(secret) != 32:
            raise ValueError
        return coincurve.PrivateKey(secret)
    except ValueError:
        raise BadInput(
            "KEY_INVALID", "a private key is 32 bytes, not zero, below the order of the curve"
        ) from None


def _address(point: coincurve.PublicKey) -> str:
    return to_hex(keccak(point.format(compressed=False)[1:])[12:])
