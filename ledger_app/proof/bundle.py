"""The bundle: the file that a holder passes on, and that anybody verifies (format `origin-ledger/bundle/v1`).

```
{"format": "origin-ledger/bundle/v1",
 "document": {…}, "secret": "0x…",                                    the full form, or
 "disclosed": [{"pointer": "/number", "salt": "0x…", "value": …},     the disclosed form: entries by pointer,
               {"pointer": "", "salt": "0x…", "type": "object", "size": 12}, …],
 "commitments": ["0x…", …],                                           … and the commitments of the rest,
 ascending "leaf": {"digest", "issuer", "scheme", "destination", "validFrom", "validUntil", "allowance",
 "itemsRoot"}, "proof": ["0x…", …],
 "registered": {"chainId": 1, "genesis": "0x…", "registry": "0x…", "transaction": "0x…" (optional)},
 "evidence": {…} (optional, carried and not judged here)}
```

Reading is strict: unknown members, upper-case hex, anything beyond the bounds is refused. `registered` is a
hint for finding the ledger; a verifier compares it with its own pin and takes nothing from it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ledger_app.errors import BadInput
from ledger_app.proof.canonical import JsonObject, canonical_bytes, parse_object
from ledger_app.proof.commitments import SECRET_SIZE
from ledger_app.proof.disclosure import MAX_ENTRIES, SALT_SIZE, Disclosure, Entry
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import Leaf
from ledger_app.proof.merkle import MAX_PROOF, process_proof

FORMAT = "origin-ledger/bundle/v1"
MAX_BUNDLE_BYTES = 8 << 20
_MAX_DEPTH = 34  # a document of 32 levels inside the bundle's object; disclosed values lie less deep
_FORMAT_FAMILY = "origin-ledger/bundle/"
_MAX_CHAIN_ID = (1 << 53) - 1
_FULL = {"document", "secret"}
_DISCLOSED = {"disclosed", "commitments"}
_COMMON = {"format", "leaf", "proof", "registered"}


@dataclass(frozen=True, slots=True)
class Registered:
    """Where the holder says that the certificate is registered. `genesis` and `transaction` 32 bytes,
    `registry` `0x…`."""

    chain_id: int
    genesis: bytes
    registry: str
    transaction: bytes | None = None

    def to_json(self) -> JsonObject:
        """As in the bundle."""
        value: JsonObject = {
            "chainId": self.chain_id,
            "genesis": to_hex(self.genesis),
            "registry": self.registry,
        }
        if self.transaction is not None:
            value["transaction"] = to_hex(self.transaction)
        return value


@dataclass(frozen=True)
class Bundle:
    """A bundle in memory: either `document` and `secret`, or `disclosure`. Made by `full`, `partial` or
    `parse`."""

    leaf: Leaf
    proof: tuple[bytes, ...]
    registered: Registered
    document: JsonObject | None = None
    secret: bytes | None = None
    disclosure: Disclosure | None = None
    evidence: JsonObject | None = None

    @property
    def is_full(self) -> bool:
        """Whether the whole document is in it."""
        return self.disclosure is None

    @cached_property
    def entry(self) -> tuple[bytes, bytes]:
        """The leaf's hash, and the id of the batch that leaf and proof lead to; worked out once. Raises
        BadInput."""
        hashed = self.leaf.hash()
        return hashed, self.leaf.batch_id(process_proof(hashed, self.proof))

    def to_json(self) -> JsonObject:
        """The JSON object, ready for `canonical_bytes`."""
        value: JsonObject = {"format": FORMAT}
        if self.disclosure is None:
            value["document"] = self.document
            value["secret"] = to_hex(self.secret or b"")
        else:
            value["disclosed"] = [_entry_to_json(entry) for entry in self.disclosure.entries]
            value["commitments"] = [to_hex(commitment) for commitment in self.disclosure.hidden]
        value["leaf"] = self.leaf.to_json()
        value["proof"] = [to_hex(node) for node in self.proof]
        value["registered"] = self.registered.to_json()
        if self.evidence is not None:
            value["evidence"] = self.evidence
        return value

    def serialise(self) -> bytes:
        """The file: RFC 8785 bytes, so that the same bundle is the same file."""
        return canonical_bytes(self.to_json(), max_depth=_MAX_DEPTH)


def parse_bundle(data: bytes | str) -> Bundle:
    """Reads a bundle file. Raises BadInput: a JSON_… reason, BUNDLE_FORMAT, BUNDLE_VERSION, BUNDLE_INVALID,
    HEX_INVALID, LEAF_INVALID; TooLarge beyond 8 MiB."""
    return bundle_from_json(parse_object(data, max_bytes=MAX_BUNDLE_BYTES, max_depth=_MAX_DEPTH))


def bundle_from_json(value: JsonObject) -> Bundle:
    """Reads a bundle that was already parsed by `parse_json` (with at least its strictness). Raises as
    `parse_bundle`."""
    _check_format(value)
    names = value.keys() - {"evidence"}
    if names not in (_COMMON | _FULL, _COMMON | _DISCLOSED):
        raise BadInput(
            "BUNDLE_INVALID",
            "a bundle has format, leaf, proof, registered, perhaps evidence, and either document and secret "
            "or disclosed and commitments",
            members=sorted(value)[:20],
        )
    evidence = value.get("evidence")
    if "evidence" in value and not isinstance(evidence, dict):
        raise BadInput("BUNDLE_INVALID", "evidence is not an object", field="evidence")
    leaf = Leaf.from_json(value["leaf"])
    proof = tuple(from_hex(node, 32, field="proof") for node in _list(value, "proof", MAX_PROOF))
    registered = _registered(value["registered"])
    if "document" in value:
        document = value["document"]
        if not isinstance(document, dict):
            raise BadInput("BUNDLE_INVALID", "document is not an object", field="document")
        secret = from_hex(value["secret"], SECRET_SIZE, field="secret")
        return Bundle(leaf, proof, registered, document=document, secret=secret, evidence=evidence)  # type: ignore[arg-type]
    entries = tuple(_entry(each, place) for place, each in enumerate(_list(value, "disclosed", MAX_ENTRIES)))
    hidden = tuple(
        from_hex(each, 32, field="commitments") for each in _list(value, "commitments", MAX_ENTRIES)
    )
    disclosure = Disclosure(entries, hidden)
    return Bundle(leaf, proof, registered, disclosure=disclosure, evidence=evidence)  # type: ignore[arg-type]


def _check_format(value: JsonObject) -> None:
    name = value.get("format")
    if not isinstance(name, str) or not name.startswith(_FORMAT_FAMILY):
        raise BadInput(
            "BUNDLE_FORMAT", "the file does not say that it is a bundle of Origin Ledger", field="format"
        )
    if name != FORMAT:
        raise BadInput("BUNDLE_VERSION", f"this program reads {FORMAT}", field="format", found=name[:64])


def _registered(value: Any) -> Registered:
    if type(value) is not dict or value.keys() - {"transaction"} != {"chainId", "genesis", "registry"}:
        raise BadInput(
            "BUNDLE_INVALID",
            "registered has chainId, genesis, registry, perhaps transaction",
            field="registered",
        )
    chain_id = value["chainId"]
    if type(chain_id) is not int or not 1 <= chain_id <= _MAX_CHAIN_ID:
        raise BadInput("BUNDLE_INVALID", "chainId is not a positive integer", field="registered.chainId")
    transaction = value.get("transaction")
    return Registered(
        chain_id=chain_id,
        genesis=from_hex(value["genesis"], 32, field="registered.genesis"),
        registry=to_hex(from_hex(value["registry"], 20, field="registered.registry")),
        transaction=from_hex(transaction, 32, field="registered.transaction")
        if "transaction" in value
        else None,
    )


def _entry(value: Any, place: int) -> Entry:
    where = f"disclosed[{place}]"
    if type(value) is dict:
        pointer = value.get("pointer")
        if isinstance(pointer, str):
            if value.keys() == {"pointer", "salt", "value"}:
                return Entry(
                    pointer, from_hex(value["salt"], SALT_SIZE, field=where), "value", value=value["value"]
                )
            size = value.get("size")
            kind = value.get("type")
            if (
                value.keys() == {"pointer", "salt", "type", "size"}
                and (kind == "object" or kind == "array")
                and type(size) is int
                and 0 <= size <= MAX_ENTRIES
            ):
                return Entry(pointer, from_hex(value["salt"], SALT_SIZE, field=where), kind, size=size)
    raise BadInput(
        "BUNDLE_INVALID",
        f"{where} has pointer, salt and either value, or type (object, array) and size",
        field=where,
    )


def _entry_to_json(entry: Entry) -> JsonObject:
    value: JsonObject = {"pointer": entry.pointer, "salt": to_hex(entry.salt)}
    if entry.kind == "value":
        value["value"] = entry.value
    else:
        value |= {"type": entry.kind, "size": entry.size}
    return value


def _list(value: JsonObject, name: str, most: int) -> list[Any]:
    found = value[name]
    if not isinstance(found, list) or len(found) > most:
        raise BadInput("BUNDLE_INVALID", f"{name} is not a list of at most {most}", field=name)
    return found
