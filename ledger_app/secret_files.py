"""Secrets handed over as files: `ORIGIN_X_FILE` names a file in the place of `ORIGIN_X` itself.

An environment is inherited by every child and shown by `docker inspect` and `/proc`; a file is neither.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from ledger_app.errors import ConfigError

_MOST_BYTES = 1 << 16
_SHARED = 0o027
"""What a secret's mode must not grant: anything to others, writing to the group. Reading by the group stays
allowed, because orchestrators hand a secret to an unprivileged process by its group."""


def secret(variable: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The secret `variable`: the file that `<variable>_FILE` names, without the white space around its
    content; else the variable itself; None when neither is set. An empty variable counts as not set.

    Raises ConfigError `SETTING_TWICE` when both are set, `SETTING_FILE_UNREADABLE` for a file that is
    missing, empty, no text or beyond 64 KiB, `SETTING_FILE_SHARED` for one that others may read or change.
    """
    known = os.environ if environment is None else environment
    plain, name = known.get(variable) or None, known.get(f"{variable}_FILE") or None
    if name is None:
        return plain
    if plain is not None:
        raise ConfigError("SETTING_TWICE", f"{variable} and {variable}_FILE are both set.")
    return _content(f"{variable}_FILE", Path(name))


def _content(variable: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            # Of the opened file, not of the name: a name may be put on another file in between.
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            raw = file.read(_MOST_BYTES + 1)
    except OSError as failed:
        raise ConfigError("SETTING_FILE_UNREADABLE", f"{variable}: {path}: {failed.strerror}") from None
    if mode & _SHARED:
        raise ConfigError("SETTING_FILE_SHARED", f"{variable}: {path} has mode {mode:04o}.")
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(raw) > _MOST_BYTES:
        raise ConfigError("SETTING_FILE_UNREADABLE", f"{variable}: {path} does not hold a line of text.")
    return text
