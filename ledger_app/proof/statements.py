"""What the council states off chain, signed by M of its N members (docs/protocol.md, section 10).

A `Checkpoint` states what the ledger held at a block, as two tree heads; a `TrustSnapshot` who its members
were. Both are EIP-712 messages under the Consortium's domain, so that a signature for one ledger, council or
kind is none for another. A `Signed` is the file of either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ledger_app.errors import BadInput
from ledger_app.proof.canonical import JsonObject, canonical_bytes, parse_object
from ledger_app.proof.eip712 import STATEMENTS, Act, Domain, act
from ledger_app.proof.hashes import sha256
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.signatures import recover

CHECKPOINT_FORMAT = "origin-ledger/checkpoint/v1"
SNAPSHOT_FORMAT = "origin-ledger/trust-snapshot/v1"
MAX_SEATS = 32
MAX_FILE_BYTES = 32 << 20
CLOCK_SECONDS = 300
"""How far ahead of the reader's clock a statement may be from before it counts as from the future."""
_MAX_CHAIN_ID = (1 << 53) - 1


@act(
    "Consortium",
    "bytes32 genesis,address registry,uint64 block,bytes32 blockHash,uint64 time,uint64 batches,"
    "bytes32 batchesRoot,uint64 standings,bytes32 standingsRoot,uint64 epoch,uint64 expires",
    STATEMENTS,
)
@dataclass(frozen=True)
class Checkpoint(Act):
    """The ledger as of the end of `block`: the RFC 6962 head over its batches, and that of the sorted tree
    over its changed standings. `expires` (Unix seconds): nobody should judge by it later."""

    genesis: bytes
    registry: str
    block: int
    block_hash: bytes
    time: int
    batches: int
    batches_root: bytes
    standings: int
    standings_root: bytes
    epoch: int
    expires: int


@act(
    "Consortium",
    "bytes32 genesis,address registry,uint64 block,bytes32 blockHash,uint64 time,bytes32 content,"
    "uint64 epoch,uint64 expires",
    STATEMENTS,
)
@dataclass(frozen=True)
class TrustSnapshot(Act):
    """The members as of the end of `block`; `content` is the hash of what `proof.trust` lists."""

    genesis: bytes
    registry: str
    block: int
    block_hash: bytes
    time: int
    content: bytes
    epoch: int
    expires: int


Statement = Checkpoint | TrustSnapshot
_FORMATS: dict[str, type[Act]] = {CHECKPOINT_FORMAT: Checkpoint, SNAPSHOT_FORMAT: TrustSnapshot}
_MEMBERS = {"format", "domain", "statement", "signatures"}


@dataclass(frozen=True, slots=True)
class Council:
    """Who may state: any `threshold` of `members` (lower-case addresses). Raises BadInput
    TRUST_SNAPSHOT_INVALID for a council that no contract of ours would seat."""

    epoch: int
    threshold: int
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        seats = len(self.members)
        if len(set(self.members)) != seats or not 3 <= seats <= MAX_SEATS:
            raise BadInput("TRUST_SNAPSHOT_INVALID", f"a council has 3 to {MAX_SEATS} distinct members")
        if type(self.threshold) is not int or not 2 <= self.threshold < seats:
            raise BadInput("TRUST_SNAPSHOT_INVALID", "at least two, and not all, members must agree")

    def fingerprint(self, domain: Domain, genesis: bytes, registry: str) -> str:
        """32 bytes as hex: this council of this ledger, to be compared over another channel."""
        members = b"".join(sorted(from_hex(member, 20) for member in self.members))
        return to_hex(
            sha256(
                b"origin-ledger/council/v1\0"
                + domain.chain_id.to_bytes(8, "big")
                + genesis
                + from_hex(domain.contract, 20)
                + from_hex(registry, 20)
                + self.epoch.to_bytes(8, "big")
                + bytes([self.threshold])
                + members
            )
        )


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement with its signatures (64 bytes each, in the order of the signers' addresses). `content`: of
    a trust snapshot."""

    domain: Domain
    statement: Any  # Checkpoint or TrustSnapshot: their common fields are read through it
    signatures: tuple[bytes, ...]
    content: JsonObject = field(default_factory=dict)

    @property
    def digest(self) -> bytes:
        """The 32 bytes that the members signed."""
        signed: bytes = self.statement.digest(self.domain)
        return signed

    @property
    def is_checkpoint(self) -> bool:
        return isinstance(self.statement, Checkpoint)

    def to_json(self) -> JsonObject:
        """`{format, domain, statement, signatures}`, and `content` of a snapshot."""
        value: JsonObject = {
            "format": CHECKPOINT_FORMAT if self.is_checkpoint else SNAPSHOT_FORMAT,
            "domain": {"chainId": self.domain.chain_id, "verifyingContract": self.domain.contract},
            "statement": self.statement.to_json(),
            "signatures": [to_hex(signature) for signature in self.signatures],
        }
        if not self.is_checkpoint:
            value["content"] = self.content
        return value

    def serialise(self) -> bytes:
        """The file, as RFC 8785 bytes."""
        return canonical_bytes(self.to_json())

    def signers(self) -> list[str]:
        """The addresses that signed, in order. Raises BadInput SIGNATURE_INVALID."""
        digest = self.digest
        return [recover(digest, signature) for signature in self.signatures]

    def check(self, council: Council) -> None:
        """Raises BadInput unless at least `threshold` members of this very council signed, each once:
        STATEMENT_OTHER_COUNCIL, SIGNATURE_INVALID, STATEMENT_SIGNER_UNKNOWN, STATEMENT_SIGNER_TWICE,
        STATEMENT_UNDER_THRESHOLD."""
        if self.statement.epoch != council.epoch:
            raise BadInput(
                "STATEMENT_OTHER_COUNCIL",
                f"it was signed by the council of epoch {self.statement.epoch}; "
                f"the trusted one is of epoch {council.epoch}",
            )
        signers = self.signers()
        strangers = [signer for signer in signers if signer not in council.members]
        if strangers:
            raise BadInput("STATEMENT_SIGNER_UNKNOWN", f"{strangers[0]} has no seat in the council")
        if any(a >= b for a, b in pairwise(signers)):
            raise BadInput("STATEMENT_SIGNER_TWICE")
        if len(signers) < council.threshold:
            raise BadInput(
                "STATEMENT_UNDER_THRESHOLD", f"{len(signers)} signed; {council.threshold} must agree"
            )


def parse_signed(data: bytes | str) -> Signed:
    """Reads the file of a checkpoint or snapshot. Raises BadInput: a JSON_… reason, STATEMENT_INVALID,
    HEX_INVALID, ACT_INVALID."""
    return signed_from_json(parse_object(data, max_bytes=MAX_FILE_BYTES))


def signed_from_json(value: Any) -> Signed:
    """Reads what was parsed already. Raises as `parse_signed`."""
    kind = _FORMATS.get(str(value.get("format"))) if type(value) is dict else None
    if kind is None:
        raise BadInput("STATEMENT_INVALID", "the file is neither a checkpoint nor a trust snapshot")
    names = _MEMBERS | ({"content"} if kind is TrustSnapshot else set())
    if value.keys() != names:
        raise BadInput("STATEMENT_INVALID", f"it has exactly the members {', '.join(sorted(names))}")
    domain, signatures = value["domain"], value["signatures"]
    if type(domain) is not dict or domain.keys() != {"chainId", "verifyingContract"}:
        raise BadInput("STATEMENT_INVALID", "domain has chainId and verifyingContract")
    chain_id = domain["chainId"]
    if type(chain_id) is not int or not 1 <= chain_id <= _MAX_CHAIN_ID:
        raise BadInput("STATEMENT_INVALID", "chainId is not a positive integer")
    if type(signatures) is not list or len(signatures) > MAX_SEATS:
        raise BadInput("STATEMENT_INVALID", f"signatures is not a list of at most {MAX_SEATS}")
    content = value.get("content", {})
    if type(content) is not dict:
        raise BadInput("STATEMENT_INVALID", "content is not an object")
    statement = kind.from_json(value["statement"])
    if statement.to_json() != value["statement"]:
        raise BadInput("STATEMENT_INVALID", "an address is not in lower case")
    return Signed(
        Domain(chain_id, to_hex(from_hex(domain["verifyingContract"], 20, field="verifyingContract"))),
        statement,
        tuple(from_hex(each, 64, field="signatures") for each in signatures),
        content,
    )


def collected(
    domain: Domain, statement: Statement, signatures: Sequence[bytes], content: JsonObject | None = None
) -> Signed:
    """The file of a statement whose members' signatures came in any order."""
    digest = statement.digest(domain)
    ordered = sorted(signatures, key=lambda signature: recover(digest, signature))
    return Signed(domain, statement, tuple(ordered), content or {})


def check_time(statement: Statement, now: int, expired: str) -> None:
    """Raises BadInput with reason `expired`, or STATEMENT_FROM_FUTURE, by the reader's clock (Unix
    seconds)."""
    if now > statement.expires:
        raise BadInput(expired, f"it was good until {statement.expires} (Unix time); now is {now}")
    if statement.time > now + CLOCK_SECONDS:
        raise BadInput("STATEMENT_FROM_FUTURE", f"its block is from {statement.time}; this clock says {now}")
