"""Vectors of verifying offline: a small ledger with its council, bundles with evidence, and mutants, made by
the naive reference alone."""

import copy
import functools
import re
from typing import Any

from tests.proof import naive
from tests.vectors.bundle_cases import SHOWN, disclosed
from tests.vectors.cases import CHAIN_ID, CONSORTIUM, GENESIS, REGISTRY, Json, certificate, hexed, seeded
from tests.vectors.signed_cases import PROTOCOL

NOW = 1_797_000_000  # 2026-12-11
BLOCK_TIME = NOW - 3 * 86_400
ISSUED = 1_795_400_000
AT = "2026-12-11"
MAX_AGE = 30 * 86_400
COUNCIL = sorted((int.from_bytes(seeded(f"seat/{n}"), "big") >> 1 for n in range(4)), key=naive.address)
STRANGER = COUNCIL.pop()
THRESHOLD, EPOCH = 2, 5
KEYS = {name: seeded(f"key/{name}", 20) for name in ("good", "stolen", "new", "lost")}
ISSUER = naive.organisation("urn:cn:uscc:911100001000012345")
STATUS = {"good": 0, "suspended": 1, "revoked": 2, "superseded": 3}


@functools.cache
def statement_types() -> dict[str, str]:
    """Type strings of the two statements, read from the protocol's page itself."""
    text = PROTOCOL.read_text("utf-8").partition("## 10.")[2]
    block = text.partition("```")[2].partition("```")[0]
    found = [line.strip() for line in block.strip().splitlines()]
    return {re.match(r"\w+", kind)[0]: kind for kind in found}  # type: ignore[index]


# --- what the ledger holds ---------------------------------------------------------------------


def _documents() -> dict[str, list[tuple[str, Json]]]:
    """Batches by name, each with its certificates by name."""
    main = ("good", "revoked", "suspended", "superseded", "used up", "half used", "successor")
    batches = {
        "main": [(name, certificate(number=f"V-{name}", allowance={"units": 10})) for name in main],
        "stolen": [("disowned", certificate(number="V-disowned"))],
        "confirmed": [("confirmed", certificate(number="V-confirmed"))],
        "lost": [("lost", certificate(number="V-lost"))],
        "own": [("self-certified", certificate(number="V-own", issuanceBasis="self-certified"))],
    }
    batches["main"].append(("ended", certificate(number="V-ended", validUntil="2026-12-01")))
    return batches


BATCH_KEYS = {"main": "good", "stolen": "stolen", "confirmed": "stolen", "lost": "lost", "own": "good"}


def _secret(name: str) -> bytes:
    return seeded(f"offline/{name}")


@functools.cache
def ledger() -> Json:
    """Leaves, batches, the log's entries and the map of standings."""
    leaves: Json = {}
    batches: Json = {}
    entries: list[bytes] = []
    for batch, members in _documents().items():
        made = {name: naive.leaf_of(document, _secret(name)) for name, document in members}
        hashes = [naive.leaf_hash(leaf) for leaf in made.values()]
        first = next(iter(made.values()))
        identifier = naive.key_of(first["issuer"], first["scheme"], naive.tree(hashes)[-1][0])
        kind = 4 if batch == "own" else 1
        key = KEYS[BATCH_KEYS[batch]]
        entries += [_entry(seeded(f"filler/{batch}"), seeded(f"filler/{batch}", 20), ISSUED, 1, 1)]
        batches[batch] = {"id": identifier, "index": len(entries), "key": key, "kind": kind, "hashes": hashes}
        entries.append(_entry(identifier, key, ISSUED, len(hashes), kind))
        leaves |= {name: {"leaf": leaf, "batch": batch} for name, leaf in made.items()}
    standings = {standing_key(1, seeded(f"other/{n}")): standing("revoked") for n in range(9)}

    def leaf(name: str) -> bytes:
        return naive.leaf_hash(leaves[name]["leaf"])

    for name in ("revoked", "suspended", "superseded"):
        standings[standing_key(1, leaf(name))] = standing(name)
    standings[standing_key(1, leaf("used up"))] = standing("good", used=10)
    standings[standing_key(1, leaf("half used"))] = standing("good", used=5)
    standings[standing_key(1, leaf("successor"))] = standing("good", predecessor=leaf("superseded"), time=0)
    standings[standing_key(2, batches["confirmed"]["id"])] = KEYS["new"] + (BLOCK_TIME - 9).to_bytes(8, "big")
    standings[standing_key(3, ISSUER + KEYS["stolen"])] = (ISSUED - 1000).to_bytes(8, "big")
    return {"leaves": leaves, "batches": batches, "entries": entries, "standings": standings}


def _entry(batch: bytes, key: bytes, time: int, count: int, kind: int) -> bytes:
    numbers = time.to_bytes(8, "big") + count.to_bytes(4, "big") + bytes([kind])
    return b"origin-ledger/batch-entry/v1\0" + batch + key + numbers


def standing_key(kind: int, name: bytes) -> bytes:
    """Where something lies in the map of standings."""
    return naive.sha256(b"origin-ledger/standing-key/v1\0" + bytes([kind]) + name)


def standing(
    status: str, used: int = 0, time: int = BLOCK_TIME - 99, predecessor: bytes = bytes(32)
) -> bytes:
    return (
        bytes([STATUS[status]])
        + (1 if status != "good" else 0).to_bytes(2, "big")
        + (1 if status == "suspended" else 0).to_bytes(4, "big")
        + used.to_bytes(8, "big")
        + time.to_bytes(8, "big")
        + predecessor
    )


def pairs_of(standings: dict[bytes, bytes]) -> list[bytes]:
    """The leaf data of the map, in order."""
    return [
        b"origin-ledger/standing-entry/v1\0" + key + naive.sha256(standings[key]) for key in sorted(standings)
    ]


def look_up(standings: dict[bytes, bytes], key: bytes) -> Json:
    """Presence or absence of a key, as evidence shows it."""
    keys, data = sorted(standings), pairs_of(standings)
    if key in standings:
        place = keys.index(key)
        return {"index": place, "value": standings[key], "proof": naive.path(place, data)}

    def beside(place: int) -> Json | None:
        if not 0 <= place < len(keys):
            return None
        value = naive.sha256(standings[keys[place]])
        return {"index": place, "key": keys[place], "value": value, "proof": naive.path(place, data)}

    after = sum(each < key for each in keys)
    return {"before": beside(after - 1), "after": beside(after)}


# --- what the council states -------------------------------------------------------------------


@functools.cache
def _sign(digest: bytes, secret: int) -> bytes:
    return naive.sign(digest, secret, int.from_bytes(naive.sha256(digest + b"nonce"), "big") >> 1)


def signed(
    kind: str,
    statement: Json,
    by: tuple[int, ...] = tuple(COUNCIL[:2]),
    *,
    chain_id: int = CHAIN_ID,
    contract: str = CONSORTIUM,
    signed_as: str = "",
    **more: Any,
) -> Json:
    """The file of a statement; `signed_as` signs it under another type's or chain's name."""
    types = statement_types()
    form = "checkpoint" if kind == "Checkpoint" else "trust-snapshot"
    separator = naive.domain_separator(chain_id, bytes.fromhex(contract[2:]))
    digest = naive.typed_digest(separator, naive.struct_hash(signed_as or types[kind], statement))
    return {
        "format": f"origin-ledger/{form}/v1",
        "domain": {"chainId": chain_id, "verifyingContract": contract},
        "statement": hexed(statement),
        "signatures": hexed([_sign(digest, seat) for seat in by]),
        **more,
    }


def statement(**changes: Any) -> Json:
    """A checkpoint's message over `ledger()`."""
    held = ledger()
    return {
        "genesis": bytes.fromhex(GENESIS[2:]),
        "registry": bytes.fromhex(REGISTRY[2:]),
        "block": 700,
        "blockHash": seeded("block 700"),
        "time": BLOCK_TIME,
        "batches": len(held["entries"]),
        "batchesRoot": naive.mth(held["entries"]),
        "standings": len(held["standings"]),
        "standingsRoot": naive.mth(pairs_of(held["standings"])),
        "epoch": EPOCH,
        "expires": NOW + 86_400,
        **changes,
    }


def content(**changes: Any) -> Json:
    """A snapshot's content."""
    issuer = hexed(ISSUER)
    keys = [
        {"organisation": issuer, "key": hexed(key), "since": ISSUED - 9000, "until": 0, "disowned": None}
        for key in sorted(KEYS.values())
    ]
    for row in keys:
        if row["key"] == hexed(KEYS["stolen"]):
            row |= {"until": BLOCK_TIME - 50, "disowned": ISSUED - 1000}
        if row["key"] == hexed(KEYS["lost"]):
            # Disowned after the checkpoint: only the snapshot knows.
            row |= {"until": BLOCK_TIME + 500, "disowned": ISSUED - 1}
    scheme = hexed(naive.scheme("RCEP"))
    right = {"organisation": issuer, "scheme": scheme, "kind": 1, "fromDay": 1, "untilDay": 0}
    return {
        "council": {
            "epoch": EPOCH,
            "threshold": THRESHOLD,
            "members": [hexed(naive.address(seat)) for seat in COUNCIL],
        },
        "organisations": [{"id": issuer, "territory": hexed(naive.territory("CN")), "roles": 2, "since": 1}],
        "keys": keys,
        "accreditations": [right],
        **changes,
    }


def snapshot(held: Json | None = None, by: tuple[int, ...] = tuple(COUNCIL[:2]), **changes: Any) -> Json:
    """A trust snapshot's file; `changes` are of its message."""
    held = content() if held is None else held
    message = {
        "genesis": bytes.fromhex(GENESIS[2:]),
        "registry": bytes.fromhex(REGISTRY[2:]),
        "block": 800,
        "blockHash": seeded("block 800"),
        "time": BLOCK_TIME + 1000,
        "content": naive.sha256(b"origin-ledger/trust-snapshot/v1\0" + naive.jcs(held)),
        "epoch": EPOCH,
        "expires": NOW + 30 * 86_400,
        **changes,
    }
    return signed("TrustSnapshot", message, by, content=held)


def fingerprint() -> bytes:
    """Of the council."""
    return naive.sha256(
        b"origin-ledger/council/v1\0"
        + CHAIN_ID.to_bytes(8, "big")
        + bytes.fromhex(GENESIS[2:] + CONSORTIUM[2:] + REGISTRY[2:])
        + EPOCH.to_bytes(8, "big")
        + bytes([THRESHOLD])
        + b"".join(naive.address(seat) for seat in COUNCIL)
    )


# --- bundles ------------------------------------------------------------------------------------


def evidence(name: str, checkpoint: Json | None = None, standings: dict[bytes, bytes] | None = None) -> Json:
    """The evidence of a certificate of the ledger; `standings` instead of those of the ledger."""
    held = ledger()
    pairs = held["standings"] if standings is None else standings
    batch = held["batches"][held["leaves"][name]["batch"]]
    confirmed = standing_key(2, batch["id"])
    confirmation = None
    if confirmed in pairs:
        confirmation = {
            "standing": look_up(pairs, confirmed),
            "disowned": look_up(pairs, standing_key(3, ISSUER + pairs[confirmed][:20])),
        }
    leaf = naive.leaf_hash(held["leaves"][name]["leaf"])
    return {
        "format": "origin-ledger/evidence/v1",
        "checkpoint": checkpoint or signed("Checkpoint", statement()),
        "batch": {
            "index": batch["index"],
            "key": batch["key"],
            "time": ISSUED,
            "count": len(batch["hashes"]),
            "kind": batch["kind"],
            "proof": naive.path(batch["index"], held["entries"]),
        },
        "standing": look_up(pairs, standing_key(1, leaf)),
        "disowned": look_up(pairs, standing_key(3, ISSUER + batch["key"])),
        "confirmation": confirmation,
    }


def bundle(name: str, shown: list[str] | None = None, **changes: Any) -> Json:
    """The bundle of a certificate of the ledger, with its evidence; with `shown`, only those fields."""
    held = ledger()["leaves"][name]
    document = next(d for members in _documents().values() for n, d in members if n == name)
    secret = _secret(name)
    hashes = ledger()["batches"][held["batch"]]["hashes"]
    form = {"document": document, "secret": secret} if shown is None else disclosed(document, secret, shown)
    found: Json = hexed(
        {
            "format": "origin-ledger/bundle/v1",
            **form,
            "leaf": held["leaf"],
            "proof": naive.proof(hashes, naive.leaf_hash(held["leaf"])),
            "registered": {"chainId": CHAIN_ID, "genesis": GENESIS, "registry": REGISTRY},
            "evidence": evidence(name),
            **changes,
        }
    )
    return copy.deepcopy({key: value for key, value in found.items() if value is not None})


def partial(name: str) -> Json:
    """The same with some fields shown."""
    return bundle(name, [*SHOWN, "/destination"])
