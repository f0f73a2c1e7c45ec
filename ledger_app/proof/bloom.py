"""What a block's bloom filter says of its logs (Yellow Paper, 4.3.1): never for sure that there is one,
always that there is none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ledger_app.proof.hashes import keccak


def bits(entry: bytes) -> int:
    """The three bits that an address or a topic sets."""
    digest = keccak(entry)
    found = 0
    for place in (0, 2, 4):
        found |= 1 << (int.from_bytes(digest[place : place + 2], "big") & 2047)
    return found


def holds_none(bloom: int, logs: Iterable[Mapping[str, Any]], address: str) -> bool:
    """Whether a block whose filter is `bloom` has no log of `address` (lower-case `0x…`), though the filter
    speaks of it: `logs` must be all that the block has. Raises what `of` raises.
    """
    shown = list(logs)
    return of(shown) == bloom and all(log["address"].lower() != address for log in shown)


def of(logs: Iterable[Mapping[str, Any]]) -> int:
    """The filter over logs as a node gives them, with `address` and `topics` as `0x…` text: equal to the
    block's only if none is missing. Raises KeyError, TypeError or ValueError for what is no log."""
    found = 0
    for log in logs:
        for entry in (log["address"], *log["topics"]):
            found |= bits(bytes.fromhex(entry[2:]))
    return found
