"""The messages of every act (docs/protocol.md, section 6), one frozen dataclass each, found by name in
`ACTS`.

Fields stand in the order of the type string. Byte fields are `bytes`, addresses lower-case `0x…` strings,
the rest integers.
`.digest(domain)` is what a key signs; `recover` and `sign` work on digests.
"""

from dataclasses import dataclass

from ledger_app.proof.eip712 import ACTS, STATEMENTS, Act, Domain, ItemUnits, act, message_type
from ledger_app.proof.signatures import address_of, recover, sign
from ledger_app.proof.statements import Checkpoint, TrustSnapshot

__all__ = [
    "ACTS",
    "STATEMENTS",
    "Act",
    "Checkpoint",
    "Domain",
    "ItemUnits",
    "TrustSnapshot",
    "address_of",
    "message_type",
    "recover",
    "sign",
]

_REGISTRY, _CONSORTIUM, _CARGO = "CertificateRegistry", "Consortium", "CargoLog"


@act(_REGISTRY, "bytes32 issuer,bytes32 scheme,bytes32 root,uint32 count,uint64 deadline")
@dataclass(frozen=True)
class Issue(Act):
    issuer: bytes
    scheme: bytes
    root: bytes
    count: int
    deadline: int


@act(_REGISTRY, "bytes32 leaf,uint16 reason,uint32 epoch,uint64 deadline")
@dataclass(frozen=True)
class Suspend(Act):
    leaf: bytes
    reason: int
    epoch: int
    deadline: int


@act(_REGISTRY, "bytes32 leaf,uint32 epoch,uint64 deadline")
@dataclass(frozen=True)
class Reinstate(Act):
    leaf: bytes
    epoch: int
    deadline: int


@act(_REGISTRY, "bytes32 leaf,uint16 reason,uint64 deadline")
@dataclass(frozen=True)
class Revoke(Act):
    leaf: bytes
    reason: int
    deadline: int


@act(
    _REGISTRY,
    "bytes32 leaf,bytes32 scheme,bytes32 root,uint32 count,bytes32[] successors,uint16 reason,"
    "uint64 deadline",
)
@dataclass(frozen=True)
class Supersede(Act):
    leaf: bytes
    scheme: bytes
    root: bytes
    count: int
    successors: tuple[bytes, ...]
    reason: int
    deadline: int


@act(_REGISTRY, "bytes32 leaf,bytes32 customs,bytes32 claim,uint64 units,ItemUnits[] items,uint64 deadline")
@dataclass(frozen=True)
class Acquit(Act):
    leaf: bytes
    customs: bytes
    claim: bytes
    units: int
    items: tuple[ItemUnits, ...]
    deadline: int


@act(_REGISTRY, "bytes32 leaf,bytes32 customs,bytes32 claim,uint16 reason,uint64 deadline")
@dataclass(frozen=True)
class Withdraw(Act):
    leaf: bytes
    customs: bytes
    claim: bytes
    reason: int
    deadline: int


@act(_REGISTRY, "bytes32 leaf,bytes32 customs,bytes32 claim,uint16 reason,uint64 deadline")
@dataclass(frozen=True)
class Refuse(Act):
    leaf: bytes
    customs: bytes
    claim: bytes
    reason: int
    deadline: int


@act(
    _REGISTRY,
    "bytes32 leaf,bytes32 issuer,uint64 units,ItemUnits[] items,bytes32 root,uint32 count,"
    "bytes32[] successors,uint64 deadline",
)
@dataclass(frozen=True)
class Consume(Act):
    leaf: bytes
    issuer: bytes
    units: int
    items: tuple[ItemUnits, ...]
    root: bytes
    count: int
    successors: tuple[bytes, ...]
    deadline: int


@act(
    _REGISTRY,
    "bytes32 from,bytes32 to,bytes32 leaf,bytes32 subject,uint16 code,uint64 replyBy,uint64 deadline",
)
@dataclass(frozen=True)
class Enquire(Act):
    sender: bytes
    to: bytes
    leaf: bytes
    subject: bytes
    code: int
    reply_by: int
    deadline: int


@act(_REGISTRY, "bytes32 enquiry,uint16 code,bytes32 reply,uint64 deadline")
@dataclass(frozen=True)
class Answer(Act):
    enquiry: bytes
    code: int
    reply: bytes
    deadline: int


@act(_REGISTRY, "bytes32 batch,uint64 deadline")
@dataclass(frozen=True)
class Confirm(Act):
    batch: bytes
    deadline: int


@act(_CONSORTIUM, "bytes call,bytes32 salt,uint64 epoch,uint64 expires")
@dataclass(frozen=True)
class Vote(Act):
    call: bytes
    salt: bytes
    epoch: int
    expires: int


@act(_CONSORTIUM, "address member,uint64 deadline")
@dataclass(frozen=True)
class AcceptSeat(Act):
    member: str
    deadline: int


@act(_CONSORTIUM, "address member,uint64 until,uint64 epoch,uint64 deadline")
@dataclass(frozen=True)
class MemberPause(Act):
    member: str
    until: int
    epoch: int
    deadline: int


@act(_CONSORTIUM, "bytes32 organisation,address key,uint64 deadline")
@dataclass(frozen=True)
class AcceptKey(Act):
    organisation: bytes
    key: str
    deadline: int


@act(_CONSORTIUM, "bytes32 sponsor,bytes32 organisation,address key,uint64 deadline")
@dataclass(frozen=True)
class AddKey(Act):
    sponsor: bytes
    organisation: bytes
    key: str
    deadline: int


@act(_CONSORTIUM, "bytes32 organisation,address key,uint64 deadline")
@dataclass(frozen=True)
class RetireKey(Act):
    organisation: bytes
    key: str
    deadline: int


@act(_CONSORTIUM, "bytes32 authority,bytes32 organisation,uint16 roles,uint32 epoch,uint64 deadline")
@dataclass(frozen=True)
class Enrol(Act):
    authority: bytes
    organisation: bytes
    roles: int
    epoch: int
    deadline: int


@act(
    _CONSORTIUM,
    "bytes32 authority,bytes32 organisation,bytes32 scheme,uint8 kind,uint32 fromDay,uint32 untilDay,"
    "uint32 epoch,uint64 deadline",
)
@dataclass(frozen=True)
class Accredit(Act):
    authority: bytes
    organisation: bytes
    scheme: bytes
    kind: int
    from_day: int
    until_day: int
    epoch: int
    deadline: int


@act(_CARGO, "bytes32 reporter,bytes32 stream,bytes32 previous,bytes32 head,uint64 count,uint64 deadline")
@dataclass(frozen=True)
class Anchor(Act):
    reporter: bytes
    stream: bytes
    previous: bytes
    head: bytes
    count: int
    deadline: int
