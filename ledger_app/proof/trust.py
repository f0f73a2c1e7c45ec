"""The trust snapshot: who the members of the ledger are, as of one block, signed by the council
(docs/protocol.md, section 10).

Whoever verifies offline believes this file and nothing else, so it is chosen by the reader, never taken from
a bundle. Its council may be compared with a fingerprint that came over another channel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ledger_app.domain.standing import AccreditationKind, Role
from ledger_app.errors import BadInput
from ledger_app.proof.canonical import JsonObject, canonical_bytes
from ledger_app.proof.eip712 import Domain
from ledger_app.proof.facts import AccreditationFact, KeyFact, OrganisationFact, Pin
from ledger_app.proof.hashes import sha256
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.statements import Council, Signed, TrustSnapshot, check_time, parse_signed

_CONTENT = b"origin-ledger/trust-snapshot/v1\0"
_MEMBERS = {
    "organisations": {"id": 32, "territory": 8, "roles": int, "since": int},
    "keys": {"organisation": 32, "key": 20, "since": int, "until": int, "disowned": None},
    "accreditations": {"organisation": 32, "scheme": 32, "kind": int, "fromDay": int, "untilDay": int},
}
_ORDER = {
    "organisations": ("id",),
    "keys": ("organisation", "key"),
    "accreditations": ("organisation", "scheme"),
}


def content_hash(content: Mapping[str, Any]) -> bytes:
    """What the snapshot's message commits: SHA-256 over the RFC 8785 bytes of its content."""
    return sha256(_CONTENT + canonical_bytes(dict(content)))


@dataclass(frozen=True, slots=True)
class Trust:
    """A snapshot that was checked: ids are `0x…` text."""

    signed: Signed
    council: Council
    organisations: dict[str, OrganisationFact]
    keys: dict[tuple[str, str], KeyFact]
    accreditations: dict[tuple[str, str], AccreditationFact]

    @property
    def statement(self) -> TrustSnapshot:
        found: TrustSnapshot = self.signed.statement
        return found

    @property
    def domain(self) -> Domain:
        return self.signed.domain

    @property
    def pin(self) -> Pin:
        """The ledger that the snapshot is of."""
        return Pin(self.domain.chain_id, self.statement.genesis, self.statement.registry)

    @property
    def fingerprint(self) -> str:
        """Of its council, to be compared over another channel."""
        return self.council.fingerprint(self.domain, self.statement.genesis, self.statement.registry)

    def disowned_since(self, organisation: bytes, key: str) -> int | None:
        """Since when the key is disowned, as of the snapshot; None: it is not."""
        found = self.keys.get((to_hex(organisation), key))
        return found.disowned_since if found is not None and found.disowned else None


def read_trust(
    source: bytes | str | Signed, *, now: int | None = None, fingerprint: str | None = None
) -> Trust:
    """Reads and checks a snapshot: its content against its message, the council's signatures, its time by
    `now` (Unix seconds; None: not looked at), its council against `fingerprint`.

    Raises BadInput: what `parse_signed` and `Signed.check` raise, TRUST_SNAPSHOT_INVALID,
    TRUST_SNAPSHOT_EXPIRED, STATEMENT_FROM_FUTURE, TRUST_COUNCIL_DIFFERS.
    """
    signed = source if isinstance(source, Signed) else parse_signed(source)
    if not isinstance(signed.statement, TrustSnapshot):
        raise _invalid("the file is a checkpoint, not a trust snapshot")
    content = signed.content
    if content_hash(content) != signed.statement.content:
        raise _invalid("its content is not what its message commits")
    council = _council(content)
    signed.check(council)
    if now is not None:
        check_time(signed.statement, now, "TRUST_SNAPSHOT_EXPIRED")
    rows = {name: _rows(content, name) for name in _MEMBERS}
    trust = Trust(
        signed,
        council,
        {row["id"]: _organisation(row) for row in rows["organisations"]},
        {(row["organisation"], row["key"]): _key(row) for row in rows["keys"]},
        {(row["organisation"], row["scheme"]): _accreditation(row) for row in rows["accreditations"]},
    )
    if fingerprint is not None and trust.fingerprint != fingerprint.lower():
        raise BadInput("TRUST_COUNCIL_DIFFERS", f"the snapshot's council is {trust.fingerprint}")
    return trust


def _council(content: JsonObject) -> Council:
    if content.keys() != {"council", *_MEMBERS}:
        raise _invalid("its content has council, organisations, keys and accreditations")
    found = content["council"]
    if type(found) is not dict or found.keys() != {"epoch", "threshold", "members"}:
        raise _invalid("council has epoch, threshold and members")
    members, epoch, threshold = found["members"], found["epoch"], found["threshold"]
    if type(members) is not list or type(epoch) is not int or type(threshold) is not int:
        raise _invalid("a member of council is of another type")
    addresses = tuple(to_hex(from_hex(member, 20, field="council.members")) for member in members)
    return Council(epoch, threshold, addresses)


def _rows(content: JsonObject, name: str) -> list[dict[str, Any]]:
    """The rows of one list: of exactly its members, in ascending order of their names."""
    listed, shape = content[name], _MEMBERS[name]
    if type(listed) is not list:
        raise _invalid(f"{name} is not a list")
    rows: list[dict[str, Any]] = []
    for row in listed:
        if type(row) is not dict or row.keys() != shape.keys():
            raise _invalid(f"each of {name} has exactly {', '.join(shape)}")
        for member, kind in shape.items():
            value = row[member]
            if type(kind) is int:
                from_hex(value, kind, field=f"{name}.{member}")
            elif (kind is int or value is not None) and (type(value) is not int or value < 0):
                raise _invalid(f"{name}.{member} is not a whole number")
        rows.append(row)
    names = [tuple(row[member] for member in _ORDER[name]) for row in rows]
    if any(a >= b for a, b in pairwise(names)):
        raise _invalid(f"{name} are not in ascending order, each once")
    return rows


def _organisation(row: dict[str, Any]) -> OrganisationFact:
    return OrganisationFact(from_hex(row["territory"], 8), Role(row["roles"]), row["since"])


def _key(row: dict[str, Any]) -> KeyFact:
    disowned = row["disowned"]
    return KeyFact(row["since"], row["until"], disowned is not None, disowned or 0)


def _accreditation(row: dict[str, Any]) -> AccreditationFact:
    try:
        kind = AccreditationKind(row["kind"])
    except ValueError:
        raise _invalid(f"there is no accreditation of kind {row['kind']}") from None
    return AccreditationFact(kind, row["fromDay"], row["untilDay"])


def _invalid(detail: str) -> BadInput:
    return BadInput("TRUST_SNAPSHOT_INVALID", detail)
