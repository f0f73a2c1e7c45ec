"""What the contracts' views answer, as typed records.

The field order is the contracts' (`IConsortium`, `ICertificateRegistry`, `ICargoLog`); a test decodes the
same bytes through the ABI and compares. Identifiers are `bytes`, addresses lower-case `0x…` strings (zero =
none), times Unix seconds (zero = never), days since 1970-01-01.
"""

import time
from dataclasses import dataclass
from typing import Any

from ledger_app.errors import NodeUnavailable

ZERO = bytes(32)
ZERO_ADDRESS = "0x" + "00" * 20
RECORD_WORDS = 32


@dataclass(frozen=True, slots=True)
class Head:
    """The node's last block. `age_seconds` by this machine's clock, never negative."""

    number: int
    hash: str
    parent: str
    time: int
    age_seconds: float


@dataclass(frozen=True, slots=True)
class Query:
    """What to look up of one certificate; any field may be zero. 32 bytes each."""

    leaf: bytes = ZERO
    batch: bytes = ZERO
    issuer: bytes = ZERO
    scheme: bytes = ZERO
    claim_key: bytes = ZERO


@dataclass(frozen=True, slots=True)
class Batch:
    """One issuing act. `time` zero = not registered; `kind` of the issuer's accreditation then."""

    key: str
    time: int
    count: int
    kind: int


@dataclass(frozen=True, slots=True)
class Confirmation:
    key: str
    time: int


@dataclass(frozen=True, slots=True)
class Standing:
    """`status`: 0 good, 1 suspended, 2 revoked, 3 superseded; `used` units, net of withdrawals."""

    status: int
    reason: int
    epoch: int
    used: int
    time: int


@dataclass(frozen=True, slots=True)
class Claim:
    """`state`: 0 none, 1 acquitted, 2 withdrawn, 3 refused."""

    state: int
    reason: int
    units: int
    time: int
    items_hash: bytes


@dataclass(frozen=True, slots=True)
class Organisation:
    """`since` zero = unknown; `epoch` is what the next Enrol signs."""

    territory: bytes
    roles: int
    epoch: int
    since: int


@dataclass(frozen=True, slots=True)
class Key:
    """`since` zero = no key of this organisation; `until` zero = not ended."""

    since: int
    until: int
    disowned_since: int
    disowned: bool
    vouched: bool


@dataclass(frozen=True, slots=True)
class Accreditation:
    """`kind` zero = none; `epoch` is what the next Accredit signs."""

    kind: int
    from_day: int
    until_day: int
    epoch: int
    since: int


@dataclass(frozen=True, slots=True)
class Enquiry:
    """`asked` zero = no such enquiry; `answered` zero = not yet."""

    code: int
    asked: int
    reply_by: int
    answered: int
    answer_code: int


@dataclass(frozen=True, slots=True)
class Anchored:
    """`count` zero = never anchored."""

    count: int
    time: int


@dataclass(frozen=True, slots=True)
class Council:
    """Votes sign `epoch`. `paused_until` is the first second in which the ledger is not paused."""

    members: tuple[str, ...]
    threshold: int
    epoch: int
    paused_until: int


@dataclass(frozen=True, slots=True)
class Record:
    """All that the ledger knows for one Query."""

    batch: Batch
    confirmation: Confirmation
    disowned: bool
    standing: Standing
    predecessor: bytes
    claim: Claim
    organisation: Organisation
    key: Key
    accreditation: Accreditation


@dataclass(frozen=True, slots=True)
class Lookup:
    """Records in the order of the queries, all as of one block."""

    block: int
    time: int
    age_seconds: float
    records: tuple[Record, ...]


def address(word: bytes) -> str:
    """The address in the low 20 bytes of an ABI word."""
    return "0x" + word[12:].hex()


def read_record(data: bytes, at: int) -> Record:
    """One `Record` from its RECORD_WORDS words of ABI encoding, starting at byte `at`."""
    words = [data[at + 32 * i : at + 32 * i + 32] for i in range(RECORD_WORDS)]
    n = [int.from_bytes(word, "big") for word in words]
    return Record(
        Batch(address(words[0]), n[1], n[2], n[3]),
        Confirmation(address(words[4]), n[5]),
        bool(n[6]),
        Standing(n[7], n[8], n[9], n[10], n[11]),
        words[12],
        Claim(n[13], n[14], n[15], n[16], words[17]),
        Organisation(words[18][:8], n[19], n[20], n[21]),
        Key(n[22], n[23], n[24], bool(n[25]), bool(n[26])),
        Accreditation(n[27], n[28], n[29], n[30], n[31]),
    )


def read_head(block: Any) -> Head:
    """A block header as the node gives it. Raises NodeUnavailable when it is none."""
    if not isinstance(block, dict):
        raise NodeUnavailable("NODE_UNAVAILABLE", "the node has no such block")
    try:
        when = int(block["timestamp"], 16)
        return Head(
            int(block["number"], 16),
            block["hash"].lower(),
            block["parentHash"].lower(),
            when,
            max(0.0, time.time() - when),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as bad:
        raise NodeUnavailable("NODE_UNAVAILABLE", f"the node's block makes no sense: {bad!r:.200}") from bad


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the node says of a transaction in a block. `logs`: how many events it left."""

    number: int
    block_hash: str
    ok: bool
    gas_used: int
    logs: int


def read_receipt(answer: Any, tx_hash: str) -> Receipt | None:
    """A receipt as the node gives it; None when it has none. Raises NodeUnavailable for anything else than
    the receipt of the transaction `tx_hash`.
    """
    if answer is None:
        return None
    try:
        if answer["transactionHash"].lower() != tx_hash:
            raise ValueError("another transaction's")
        return Receipt(
            int(answer["blockNumber"], 16),
            answer["blockHash"].lower(),
            int(answer["status"], 16) == 1,
            int(answer["gasUsed"], 16),
            len(answer["logs"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as bad:
        raise NodeUnavailable("NODE_UNAVAILABLE", f"the node's receipt makes no sense: {bad!r:.200}") from bad
