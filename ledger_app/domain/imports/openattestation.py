"""Wrapped documents of OpenAttestation's schema v2, as TradeTrust's older files are.

There every value is a text `uuid:type:value`: a random v4 UUID as the salt, the type that the value had, and
the value. The certificate is read from the values without their salts. The document's own proof (`signature`)
is about the salted text; it is kept, and not believed.
"""

import re
from typing import Any, Final

from ledger_app.domain.fields import MAX_SAFE_INTEGER
from ledger_app.domain.findings import Finding, discrepancy

_HEX: Final = "[0-9a-f]"
_SALTED: Final = re.compile(
    rf"{_HEX}{{8}}-{_HEX}{{4}}-4{_HEX}{{3}}-[89ab]{_HEX}{{3}}-{_HEX}{{12}}:"
    r"(string|number|boolean|null|undefined):(.*)",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_ABSENT: Final = object()


def is_wrapped(value: Any) -> bool:
    """Whether it is such a document: its version or its proof says so, and there is `data`."""
    if not (isinstance(value, dict) and isinstance(value.get("data"), dict)):
        return False
    signature = value.get("signature")
    return isinstance(signature, dict) and "targetHash" in signature and "merkleRoot" in signature


def unsalted(wrapped: dict[str, Any], findings: list[Finding]) -> dict[str, Any]:
    """The same with the values of `data` as they were before they were salted. What has no salt stays as it
    is, and is told once. `wrapped` must not be deeper than may be recursed."""
    without: list[str] = []
    data = _values(wrapped["data"], "data", without)
    if without:
        findings.append(
            discrepancy(
                "/extensions",
                "SALT_UNREADABLE",
                f"{len(without)} of the values of the wrapped document without a salt, "
                f"first {without[0][:200]}: they are read as they stand.",
                "Compare them with the document as it was wrapped: its own proof is not about these values.",
            )
        )
    return {**wrapped, "data": data}


def _values(node: Any, path: str, without: list[str]) -> Any:
    if isinstance(node, dict):
        read = {name: _values(member, f"{path}.{name}", without) for name, member in node.items()}
        return {name: member for name, member in read.items() if member is not _ABSENT}
    if isinstance(node, list):
        listed = [_values(member, f"{path}.{place}", without) for place, member in enumerate(node)]
        return [None if member is _ABSENT else member for member in listed]
    salted = _SALTED.fullmatch(node) if isinstance(node, str) else None
    value = _value(salted[1].lower(), salted[2]) if salted else None
    if value is None:
        without.append(path)
        return node
    return value[0]


def _value(kind: str, text: str) -> tuple[Any] | None:
    """The value, in a tuple; None for a text that is none of its type."""
    if kind == "string":
        return (text,)
    if kind == "boolean":
        return (text == "true",) if text in ("true", "false") else None
    if kind == "number":
        found = _NUMBER.fullmatch(text)
        if found is None:
            return None
        plain = text.lstrip("-").isdigit() and abs(int(text)) <= MAX_SAFE_INTEGER and text != "-0"
        return (int(text) if plain else text,)
    return (None,) if kind == "null" else (_ABSENT,)
