"""Keys out of settings and files."""

import os
import secrets as randomness
from pathlib import Path

from pydantic import SecretStr

from ledger_app.errors import ConfigError


def key_of(variable: str, value: SecretStr) -> bytes:
    """The 32 bytes that a variable holds as hexadecimal digits. Raises ConfigError `SETTING_INVALID`, or
    `SETTING_UNSAFE` for what nobody drew at random.
    """
    text = value.get_secret_value().strip().removeprefix("0x")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigError("SETTING_INVALID", f"{variable} must be 64 hexadecimal digits.")
    if len(set(key)) < 8:
        # A random key has about 30 distinct bytes; fewer than 8 happens by hand only (zeros, "0123…", a
        # repeated word).
        raise ConfigError("SETTING_UNSAFE", f"{variable} is not random.")
    return key


def kept_key(path: Path) -> bytes:
    """A random key kept in a file that only its owner reads; made at the first call, and never
    half-written.
    """
    try:
        return bytes.fromhex(path.read_text())
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{randomness.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(randomness.token_bytes(32).hex())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike a rename, this keeps the key of whoever came first
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return bytes.fromhex(path.read_text())
