"""The cases of the protocol's vectors, made by the naive reference alone. Deterministic: no clock, no
randomness."""

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from tests.proof import naive

Json = dict[str, Any]

CHAIN_ID = 1337
REGISTRY = "0x" + "a1" * 20
CONSORTIUM = "0x" + "b2" * 20
CARGO_LOG = "0x" + "c3" * 20
GENESIS = "0x" + "9e" * 32
CONTRACTS = {"CertificateRegistry": REGISTRY, "Consortium": CONSORTIUM, "CargoLog": CARGO_LOG}


def seeded(name: str, size: int = 32) -> bytes:
    """Bytes that look random and depend on `name` alone."""
    return hashlib.shake_256(b"vector/" + name.encode()).digest(size)


def hexed(value: Any) -> Any:
    """Bytes as hex, at any depth."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {key: hexed(each) for key, each in value.items()}
    return [hexed(each) for each in value] if isinstance(value, list | tuple) else value


def flip(value: bytes, bit: int) -> bytes:
    """`value` with one bit changed."""
    number = int.from_bytes(value, "big") ^ 1 << bit
    return number.to_bytes(len(value), "big")


# --- documents -----------------------------------------------------------------------------


def certificate(**changes: Any) -> Json:
    """A certificate of ordinary content; `changes` replace members, None removes one."""
    document: Json = {
        "type": "certificate-of-origin",
        "version": 1,
        "number": "CCPIT-2026-000123",
        "scheme": "RCEP",
        "issuanceBasis": "authority",
        "issuer": {"identifier": "urn:cn:uscc:911100001000012345", "name": "Chamber", "territory": "CN"},
        "exporter": {"name": "Ningbo Export Ltd", "address": {"lines": ["1 Harbour Road"], "country": "CN"}},
        "consignee": {"name": "Fremantle Import Pty"},
        "exportCountry": "CN",
        "importCountry": "AU",
        "originCountry": "CN",
        "destination": "AU",
        "issueDate": "2026-11-22",
        "validUntil": "2027-11-21",
        "items": [
            {
                "number": 1,
                "description": "Tea, green, in packings of 3 kg or less",
                "hsCode": "090210",
                "quantity": {"value": "1200.50", "unit": "KGM"},
            },
            {"number": 2, "description": "Tea pots", "hsCode": "691110", "invoices": ["I-1", "I-2"]},
        ],
        "extensions": {"source": {"weights": [1, 2, 3]}},
    }
    document.update(changes)
    return {key: value for key, value in document.items() if value is not None}


def documents() -> Iterator[tuple[str, Json]]:
    """Documents that a leaf can be made of, with what tends to go wrong in canonical forms."""
    yield "ordinary", certificate()
    yield "no destination, no end", certificate(destination=None, validUntil=None, extensions=None)
    yield "valid from later than issued", certificate(validFrom="2026-12-01")
    yield "allowance in kilograms", certificate(allowance={"units": 1_000_000, "unit": "KGM"})
    items = [{"number": n, "description": f"item {n}", "allowance": 10 * n} for n in range(1, 8)]
    yield "allowances of items", certificate(items=items)
    yield (
        "one item of two has an allowance",
        certificate(items=[{"number": 1}, {"number": 2, "allowance": 5}]),
    )
    yield "largest integers", certificate(allowance={"units": 2**53 - 1}, flags=[-(2**53 - 1), 0])
    yield (
        "escapes",
        certificate(
            extensions=None,
            flags=[
                'quote " backslash \\ slash /',
                "\b\f\n\r\t\x01\x1f\x7f",
                "\u2028\u2029",
                "é\U0001f6a2",
                "\\u0000",
            ],
            declarations={
                "~": "tilde",
                "/": "slash",
                "": "empty",
                "a/b~c": "both",
                "€": "euro",
                "\U0001f6a2": "ship",
            },
        ),
    )
    yield (
        "keys whose order depends on the encoding",
        certificate(extensions={"\ue000": 1, "\U00010000": 2, "a": 3, "é": {"\uffff": 4, "\U0010ffff": 5}}),
    )
    yield (
        "empty containers and null",
        certificate(flags=[], declarations={}, marks=None, extensions=[None, {}, []]),
    )
    yield "an object with numbers for keys", certificate(flags={"0": "A"})
    yield "an array with the same members", certificate(flags=["A"])
    yield "extensions is a scalar", certificate(extensions="opaque")


def document_cases() -> list[Json]:
    """Each document's canonical bytes, entries, digest and leaf."""
    cases = []
    for name, document in documents():
        secret = seeded(f"secret/{name}")
        leaf = naive.leaf_of(document, secret)
        cases.append(
            {
                "name": name,
                "document": document,
                "secret": secret,
                "canonical": naive.jcs(document),
                "entries": len(naive.flatten(document)),
                **leaf,
                "leaf": naive.leaf_hash(leaf),
            }
        )
    return cases


# --- identifiers, keys, items --------------------------------------------------------------


def identifier_cases() -> list[Json]:
    """Section 1: `kind` says which rule turns `text` into `value`."""
    rules = {
        "organisation": (
            naive.organisation,
            ["urn:cn:uscc:911100001000012345", "urn:origin:demo:chamber-cn", "é"],
        ),
        "territory": (naive.territory, ["CN", "EU", "ABCDEFGH"]),
        "scheme": (naive.scheme, ["RCEP", "NON-PREFERENTIAL", "A" * 31]),
    }
    return [
        {"kind": kind, "text": text, "value": rule(text)}
        for kind, (rule, texts) in rules.items()
        for text in texts
    ] + [
        {"kind": "day", "text": text, "value": naive.word(naive.day(text))}
        for text in ("1970-01-02", "2026-11-22", "2028-02-29", "9999-12-31")
    ]


def key_cases() -> list[Json]:
    """Section 4: the keys of the contracts' maps, each `K(abi.encode(a, b[, c]))`; `c` is empty where there
    is none."""
    cases = []
    for name, words in {"batchId": 3, "claimKey": 3, "enquiryId": 3, "streamKey": 2, "anchorKey": 2}.items():
        parts = [seeded(f"{name}/{i}") for i in range(words)]
        cases.append(
            {
                "name": name,
                "a": parts[0],
                "b": parts[1],
                "c": parts[2] if words == 3 else b"",
                "key": naive.key_of(*parts),
            }
        )
    return cases


def item_cases() -> list[Json]:
    """Section 4: leaves of items."""
    pairs = [(1, 1), (2, 10), (999, 2**53 - 1), (2**32 - 1, 0)]
    return [{"item": item, "allowance": units, "leaf": naive.item_leaf(item, units)} for item, units in pairs]


# --- trees, proofs and their mutants -------------------------------------------------------


def batch(size: int) -> list[Json]:
    """The leaves (preimages) of a batch."""
    leaf = naive.leaf_of(certificate(), seeded("batch"))
    return [{**leaf, "digest": seeded(f"batch/{i}"), "allowance": 1 + i} for i in range(size)]


def located(leaf: Json, proof: list[bytes]) -> bytes:
    """The batch that a leaf and a proof lead to."""
    return naive.key_of(leaf["issuer"], leaf["scheme"], naive.process(naive.leaf_hash(leaf), proof))


def proof_cases() -> list[Json]:
    """Leaf, proof and batch: `accepted` only where the leaf is in the batch; `reason` says what was done to
    it."""
    cases: list[Json] = []

    def add(name: str, reason: str, leaf: Json, proof: list[bytes], target: bytes) -> None:
        accepted = len(proof) <= 32 and located(leaf, proof) == target
        if accepted != (reason == ""):
            raise AssertionError(name)
        cases.append(
            {"name": name, "accepted": accepted, "reason": reason, **leaf, "proof": proof, "batch": target}
        )

    for size in (1, 2, 3, 5, 8, 13, 33):
        leaves = batch(size)
        hashes = [naive.leaf_hash(leaf) for leaf in leaves]
        target = naive.key_of(leaves[0]["issuer"], leaves[0]["scheme"], naive.tree(hashes)[-1][0])
        chosen = sorted({0, size // 2, size - 1})
        for place in chosen:
            add(f"leaf {place} of {size}", "", leaves[place], naive.proof(hashes, hashes[place]), target)
        leaf, proof = leaves[chosen[-1]], naive.proof(hashes, hashes[chosen[-1]])
        for name, reason, other_leaf, other_proof in _mutants(leaf, proof):
            add(f"{name}, batch of {size}", reason, other_leaf, other_proof, target)
        foreign = {**leaf, "digest": seeded("never registered")}
        add(f"another leaf, batch of {size}", "leaf not in batch", foreign, proof, target)
    return cases


def _mutants(leaf: Json, proof: list[bytes]) -> Iterator[tuple[str, str, Json, list[bytes]]]:
    if proof:
        yield "truncated at the top", "truncated", leaf, proof[:-1]
        yield "truncated at the bottom", "truncated", leaf, proof[1:]
        yield "no proof", "truncated", leaf, []
        yield "one bit of the first sibling", "flipped bit", leaf, [flip(proof[0], 0), *proof[1:]]
        yield "one bit of the last sibling", "flipped bit", leaf, [*proof[:-1], flip(proof[-1], 255)]
        yield "the leaf itself as first sibling", "extra sibling", leaf, [naive.leaf_hash(leaf), *proof]
    if len(proof) > 1:
        yield "two siblings swapped", "swapped", leaf, [proof[1], proof[0], *proof[2:]]
        yield "reversed", "swapped", leaf, proof[::-1]
    yield "an extra sibling", "extra sibling", leaf, [*proof, seeded("sibling")]
    yield "a zero sibling", "extra sibling", leaf, [*proof, bytes(32)]
    yield "33 siblings", "too long", leaf, (proof + [seeded(f"long/{i}") for i in range(33)])[:33]
    yield "another scheme", "other scheme", {**leaf, "scheme": naive.scheme("CHAFTA")}, proof
    yield "another issuer", "other issuer", {**leaf, "issuer": naive.organisation("urn:other")}, proof
    yield "another destination", "leaf field changed", {**leaf, "destination": naive.territory("NZ")}, proof
    yield "any destination", "leaf field changed", {**leaf, "destination": bytes(8)}, proof
    yield "valid earlier", "leaf field changed", {**leaf, "validFrom": leaf["validFrom"] - 1}, proof
    yield "valid longer", "leaf field changed", {**leaf, "validUntil": 0}, proof
    yield "more allowance", "leaf field changed", {**leaf, "allowance": leaf["allowance"] + 1}, proof
    yield "items invented", "leaf field changed", {**leaf, "itemsRoot": naive.item_leaf(1, 1)}, proof
    yield "one bit of the digest", "flipped bit", {**leaf, "digest": flip(leaf["digest"], 7)}, proof


def preimage_cases() -> list[Json]:
    """Raw preimages under the leaf rule K(K(preimage)): 64 bytes that are an inner node's must not pass for
    a leaf."""
    leaves = batch(4)
    hashes = [naive.leaf_hash(leaf) for leaf in leaves]
    levels = naive.tree(hashes)
    root = levels[-1][0]
    honest = naive.leaf_preimage(leaves[0])
    pseudo = levels[0][0] + levels[0][1]
    cases = [
        ("the encoded leaf", "", honest, naive.proof(hashes, hashes[0])),
        ("64-byte pseudo-leaf: two leaves", "64-byte pseudo-leaf", pseudo, [levels[1][1]]),
        ("64-byte pseudo-leaf: two inner nodes", "64-byte pseudo-leaf", levels[1][0] + levels[1][1], []),
        ("the encoded leaf, one byte longer", "other length", honest + b"\0", naive.proof(hashes, hashes[0])),
        ("the encoded leaf, one byte shorter", "other length", honest[:-1], naive.proof(hashes, hashes[0])),
    ]
    return [
        {
            "name": name,
            "accepted": naive.process(naive.double(preimage), proof) == root,
            "reason": reason,
            "preimage": preimage,
            "leaf": naive.double(preimage),
            "proof": proof,
            "root": root,
        }
        for name, reason, preimage, proof in cases
    ]


# --- cargo ---------------------------------------------------------------------------------


def log_cases() -> list[Json]:
    """Section 5: heads, inclusion and consistency of cargo streams; `entries` are leaf data."""
    secret = seeded("stream")
    leaves, cases = [], []
    for index in range(9):
        event_hash, event = seeded(f"event-hash/{index}"), json.dumps({"event": index}).encode()
        salt = naive.cargo_salt(secret, index)
        leaves.append(naive.cargo_leaf(salt, index, event_hash, event))
        cases.append(
            {
                "index": index,
                "streamSecret": secret,
                "salt": salt,
                "eventHash": event_hash,
                "event": event,
                "leafData": leaves[-1],
                "size": index + 1,
                "head": naive.mth(leaves),
                "inclusion": naive.path(index // 2, leaves),
                "includedIndex": index // 2,
                "consistency": naive.consistency(index // 2 + 1, leaves),
                "consistentSize": index // 2 + 1,
            }
        )
    return copy.deepcopy(cases)
