"""The organisation's key: an Ethereum V3 keystore file and the password that opens it.

The format is Web3 Secret Storage version 3 (scrypt or PBKDF2, AES-128-CTR, keccak-256 MAC), readable by
other tools;
tests read and write it against `eth_keyfile`. It is done here with the standard library and `cryptography`
because a
signer starts often and must stay light.
"""

import getpass
import hashlib
import hmac
import json
import os
import secrets
import stat
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ledger_app import errors
from ledger_app.proof.hashes import keccak
from ledger_app.proof.typed_data import address_of

STANDARD_SCRYPT = {"n": 1 << 18, "r": 8, "p": 1}
LIGHT_SCRYPT = {"n": 1 << 12, "r": 8, "p": 1}
"""Fast to open and fast to guess: for demo keys only."""

_MAX_SCRYPT_MEMORY = 1 << 30
PASSWORD_VARIABLE = "ORIGIN_SIGNER_PASSWORD"  # noqa: S105  (a variable's name, not a password)


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """An unlocked key. `address` is 0x-prefixed lower-case hex; `private` 32 bytes, never printed."""

    address: str
    private: bytes

    def __repr__(self) -> str:
        return f"Key({self.address})"


def key_from_private(private: bytes) -> Key:
    """Raises BadInput KEY_INVALID for something that is not a private key."""
    return Key(address_of(private), private)


def create(folder: Path, password: str, *, light: bool = False) -> Key:
    """Make a new key in `folder` (created 0700) as a file readable by its owner only. The file is on disk on
    return."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = key_from_private(secrets.token_bytes(32))
    text = json.dumps(encrypt(key, password, light=light), indent=1)
    write_private(folder / f"{key.address}.json", text.encode())
    return key


def encrypt(key: Key, password: str, *, light: bool = False) -> dict[str, Any]:
    """`key` as a V3 object, encrypted under `password`."""
    cost = LIGHT_SCRYPT if light else STANDARD_SCRYPT
    salt, iv = secrets.token_bytes(32), secrets.token_bytes(16)
    derived = _scrypt(password, salt, cost["n"], cost["r"], cost["p"], 32)
    ciphertext = _aes_ctr(derived[:16], iv, key.private)
    return {
        "address": key.address[2:],
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": iv.hex()},
            "ciphertext": ciphertext.hex(),
            "kdf": "scrypt",
            "kdfparams": {"dklen": 32, "n": cost["n"], "r": cost["r"], "p": cost["p"], "salt": salt.hex()},
            "mac": keccak(derived[16:32] + ciphertext).hex(),
        },
        "id": str(uuid.uuid4()),
        "version": 3,
    }


def decrypt(keystore: dict[str, Any], password: str) -> Key:
    """Open a V3 object. Raises BadInput for an unreadable one, NotPermitted for a wrong password."""
    try:
        crypto = keystore.get("crypto") or keystore["Crypto"]
        params = crypto["kdfparams"]
        if keystore["version"] != 3 or crypto["cipher"] != "aes-128-ctr" or params["dklen"] < 32:
            raise ValueError("not a version 3 keystore with aes-128-ctr")
        salt, iv = bytes.fromhex(params["salt"]), bytes.fromhex(crypto["cipherparams"]["iv"])
        ciphertext, mac = bytes.fromhex(crypto["ciphertext"]), bytes.fromhex(crypto["mac"])
        if crypto["kdf"] == "scrypt":
            derived = _scrypt(password, salt, params["n"], params["r"], params["p"], params["dklen"])
        elif crypto["kdf"] == "pbkdf2" and params["prf"] == "hmac-sha256":
            derived = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, params["c"], params["dklen"])
        else:
            raise ValueError("an unknown key derivation")
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise errors.BadInput("KEYSTORE_UNREADABLE", f"the keystore cannot be read: {exc}") from exc
    if not hmac.compare_digest(keccak(derived[16:32] + ciphertext), mac):
        raise errors.NotPermitted("KEYSTORE_PASSWORD_WRONG")
    key = key_from_private(_aes_ctr(derived[:16], iv, ciphertext))
    stated = str(keystore.get("address", key.address)).removeprefix("0x").lower()
    if stated != key.address[2:]:
        raise errors.BadInput("KEYSTORE_UNREADABLE", "the keystore states another address than its key has")
    return key


def load(folder: Path, address: str | None, password: str) -> Key:
    """Open the key `address` of `folder`, or its only key when `address` is None."""
    files = sorted(folder.glob("*.json"))
    if address is not None:
        files = [f for f in files if address.lower().removeprefix("0x") in f.name.lower()]
    if len(files) != 1:
        held = "no key" if not files else f"{len(files)} keys"
        raise errors.ConfigError(
            "KEYSTORE_AMBIGUOUS", f'{folder} holds {held} that fit; name one with key = "0x…"'
        )
    refuse_if_shared(files[0])
    try:
        keystore = json.loads(files[0].read_bytes())
    except ValueError as exc:
        raise errors.BadInput("KEYSTORE_UNREADABLE", f"{files[0].name} is not JSON") from exc
    return decrypt(keystore, password)


def read_password(file: Path | None, *, confirm: bool = False, ask: bool = True) -> str:
    """From `file` (readable by its owner only), else the environment, else the terminal. Raises ConfigError
    if none."""
    if file is not None:
        refuse_if_shared(file)
        password = file.read_text(encoding="utf-8").rstrip("\r\n")
    elif PASSWORD_VARIABLE in os.environ:
        password = os.environ[PASSWORD_VARIABLE]
    elif ask and os.isatty(0):
        password = getpass.getpass("Password of the key: ")
        if confirm and getpass.getpass("Again: ") != password:
            raise errors.BadInput("KEYSTORE_PASSWORD_WRONG", "the two passwords differ")
    else:
        raise errors.ConfigError("KEYSTORE_PASSWORD_MISSING")
    if not password:
        raise errors.ConfigError("KEYSTORE_PASSWORD_MISSING", "the password is empty")
    return password


def refuse_if_shared(path: Path) -> None:
    """Raises ConfigError when others than the owner may read `path`, or it is not there."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise errors.ConfigError("SIGNER_FILE_MISSING", f"{path} is not there") from None
    if stat.S_IMODE(mode) & 0o077:
        raise errors.ConfigError("SIGNER_FILE_SHARED", f"{path} can be read by others: chmod 600 it")


def write_private(path: Path, content: bytes) -> None:
    """Write a new file with mode 0600, whole or not at all, and sync it to disk."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    needed = 128 * n * r + 128 * r * p + (1 << 20)
    if needed > _MAX_SCRYPT_MEMORY:
        raise ValueError("the key derivation wants too much memory")
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=needed, dklen=length)


def _aes_ctr(key: bytes, iv: bytes, data: bytes) -> bytes:
    step = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    return step.update(data) + step.finalize()
