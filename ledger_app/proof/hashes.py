"""The three hash functions of the protocol, each as one call on bytes.

Keccak comes straight from `safe-pysha3` (compiled C). Going through `eth_hash` would pick its slow
pycryptodome back end unless an environment variable says otherwise, and a library must not depend on its
caller's environment.
"""

import hashlib

import sha3

_keccak_256 = sha3.keccak_256


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (not NIST SHA3-256). 32 bytes."""
    digest: bytes = _keccak_256(data).digest()
    return digest


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def expand(data: bytes, length: int) -> bytes:
    """SHAKE-256 of `data`, read to `length` bytes."""
    return hashlib.shake_256(data).digest(length)


def words_hash(salt: bytes, text: str) -> bytes:
    """What the ledger holds of the words of an enquiry or of its answer (32-byte salt): nobody can guess
    them."""
    return sha256(b"origin-ledger/enquiry-subject/v1\0" + salt + text.encode())
