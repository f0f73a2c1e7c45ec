"""JSON Pointers (RFC 6901) as the protocol uses them: exact strings, one for each node."""

import re

from ledger_app.errors import BadInput

_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*+)*+", re.DOTALL)
_INDEX = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


def escape(key: str) -> str:
    """One reference token of a pointer."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def parent(pointer: str) -> str | None:
    """The pointer of the container around; None for the root."""
    return pointer.rpartition("/")[0] if pointer else None


def last_key(pointer: str) -> str:
    """The member name, or the array index as text, that ends the pointer. Not for the root."""
    return pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def array_index(text: str) -> int | None:
    """The index that a token names, or None where it is none (`01`, `-`, `x`)."""
    return int(text) if _INDEX.fullmatch(text) else None


def check_pointer(pointer: object) -> str:
    """`pointer` itself when it is a JSON Pointer. Raises BadInput POINTER_INVALID."""
    if not isinstance(pointer, str) or not _POINTER.fullmatch(pointer):
        raise BadInput(
            "POINTER_INVALID",
            "not a JSON Pointer: empty, or / before each name, ~ written ~0 and / written ~1",
        )
    return pointer
