"""Hypothesis strategies for documents of the protocol."""

from typing import Any

from hypothesis import strategies as st

SAFE = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
KEYS = st.sampled_from(["a", "b", "items", "0", "1", "~", "/", "", "a/b", "~1", "extensions", "é"]) | TEXT
SCALARS = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(KEYS, VALUES, max_size=6)
SECRETS = st.binary(min_size=32, max_size=32)
HASHES = st.binary(min_size=32, max_size=32)
