"""What of a JSON-LD `@context` matters here: the prefixes that it declares inline.

Nothing is ever fetched: a context given by its address alone is trusted to be the standard one, or to declare
no prefix that the event uses. A prefix that nobody declared stays as it was written.
"""

from collections.abc import Mapping
from typing import Any

from ledger_app.domain.cargo.vocabulary import STANDARD_PREFIXES

#: Prefixes that values may use without declaring them (CBV 2.0, section 8.9).
_ALWAYS = {name: STANDARD_PREFIXES[name] for name in ("cbv", "epcis", "gs1")}


def declared_prefixes(context: Any) -> dict[str, str]:
    """Prefix → namespace for an `@context` of any shape (address, object, or list of them). Later entries
    win.
    """
    found: dict[str, str] = {}
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, dict):
            for name, meaning in part.items():
                address = meaning.get("@id") if isinstance(meaning, dict) else meaning
                if isinstance(address, str) and not name.startswith("@"):
                    found[name] = address
    return found


def merged(outer: Any, inner: Any) -> list[Any]:
    """One context list: the document's, then the event's own."""
    parts: list[Any] = []
    for context in (outer, inner):
        for part in context if isinstance(context, list) else [context]:
            if part not in (None, {}) and part not in parts:
                parts.append(part)
    return parts


def qualified_name(key: str, prefixes: Mapping[str, str]) -> str:
    """`{namespace}local` for a key with a declared prefix; any other key unchanged."""
    prefix, colon, local = key.partition(":")
    return f"{{{prefixes[prefix]}}}{local}" if colon and prefix in prefixes else key


def expanded_value(value: str, prefixes: Mapping[str, str]) -> str:
    """The full URI of a compact one (`gs1:Temperature`); any other value unchanged."""
    prefix, colon, local = value.partition(":")
    if not colon or local.startswith("//"):
        return value
    namespace = prefixes.get(prefix) or _ALWAYS.get(prefix)
    return value if namespace is None else namespace + local
