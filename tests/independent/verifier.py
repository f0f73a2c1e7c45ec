"""A second, independent verifier: `judge` by files alone, `judge_online` by what is registered.

Written from docs/protocol.md and docs/verification.md; see `primitives`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.independent import documents
from tests.independent.documents import Bundle, code
from tests.independent.primitives import (
    MOST_INTEGER,
    RefusedError,
    exactly,
    jcs,
    listed,
    number,
    octets,
    read_json,
    sha256,
    signer,
    typed_digest,
)

CHECKPOINT = (
    "Checkpoint(bytes32 genesis,address registry,uint64 block,bytes32 blockHash,uint64 time,uint64 batches,"
    "bytes32 batchesRoot,uint64 standings,bytes32 standingsRoot,uint64 epoch,uint64 expires)"
)
SNAPSHOT = (
    "TrustSnapshot(bytes32 genesis,address registry,uint64 block,bytes32 blockHash,uint64 time,"
    "bytes32 content,uint64 epoch,uint64 expires)"
)
FORMATS = {"origin-ledger/checkpoint/v1": CHECKPOINT, "origin-ledger/trust-snapshot/v1": SNAPSHOT}
FORGERY = {
    "DIGEST_DIFFERS",
    "DISCLOSURE_ANCESTOR",
    "DISCLOSURE_CONTAINER",
    "DISCLOSURE_ORDER",
    "DISCLOSURE_POINTER_TWICE",
    "DISCLOSURE_SIZE",
    "ISSUANCE_BASIS_DIFFERS",
    "ISSUER_TERRITORY_DIFFERS",
    "LEAF_DIFFERS",
}
BASES = {
    1: ("authority",),
    2: ("approved-exporter",),
    3: ("registered-exporter",),
    4: ("self-certified", "exporter", "producer", "importer"),
}
EMPTY = sha256(b"")
Judged = tuple[str, str, str]


@dataclass
class Statement:
    """The file of a checkpoint or snapshot. `message` holds bytes and integers."""

    checkpoint: bool
    chain_id: int
    contract: bytes
    message: dict[str, Any]
    signatures: list[bytes]
    content: Any

    @property
    def ledger(self) -> tuple[int, bytes, bytes, bytes]:
        return self.chain_id, self.contract, self.message["genesis"], self.message["registry"]


def judge(
    bundle: bytes,
    snapshot: bytes | None,
    *,
    now: int,
    at: str,
    max_age: int,
    fingerprint: str = "",
) -> Judged:
    """(verdict, standing, reason) of a bundle by a trust snapshot."""
    try:
        read = documents.read_bundle(bundle)
        check_file(read)
        if snapshot is None:
            raise RefusedError("TRUST_SNAPSHOT_MISSING")
        trust = read_snapshot(snapshot, now, fingerprint)
        if read.registered != (trust.chain_id, trust.message["genesis"], trust.message["registry"]):
            raise RefusedError("OTHER_LEDGER")
        return "GENUINE", _by_evidence(read, trust, now, date.fromisoformat(at), max_age), ""
    except RefusedError as refused:
        return "NOT_GENUINE" if refused.reason in FORGERY else "CANNOT_TELL", "unknown", refused.reason


def judge_online(bundle: bytes, ledger: dict[str, Any]) -> tuple[str, int, str]:
    """(verdict, failed step or 0, reason) by what is registered: `{chainId, genesis, registry, batch}`."""
    step = 1
    try:
        read = documents.read_bundle(bundle)
        step = 2
        if documents.digest(read) != read.leaf["digest"]:
            raise RefusedError("DIGEST_DIFFERS")
        step = 3
        documents.check_terms(read)
        step = 4
        if read.registered != (ledger["chainId"], octets(ledger["genesis"]), octets(ledger["registry"])):
            raise RefusedError("OTHER_LEDGER")
        if documents.batch_of(read)[1] != octets(ledger["batch"]):
            raise RefusedError("NOT_FOUND")
    except RefusedError as refused:
        return "NOT_GENUINE" if refused.reason in FORGERY else "CANNOT_TELL", step, refused.reason
    return "GENUINE", 0, ""


def check_file(read: Bundle) -> None:
    """Steps 2 and 3."""
    if documents.digest(read) != read.leaf["digest"]:
        raise RefusedError("DIGEST_DIFFERS")
    documents.check_terms(read)


# --- statements -------------------------------------------------------------------------------------


def statement_of(value: Any) -> Statement:
    """Reads what was parsed. Raises RefusedError STATEMENT_INVALID, HEX_INVALID, ACT_INVALID."""
    kind = FORMATS.get(value["format"]) if type(value) is dict and type(value.get("format")) is str else None
    if kind is None:
        raise RefusedError("STATEMENT_INVALID")
    names = ["format", "domain", "statement", "signatures"] + (["content"] if kind is SNAPSHOT else [])
    exactly(value, *names, reason="STATEMENT_INVALID")
    domain = exactly(value["domain"], "chainId", "verifyingContract", reason="STATEMENT_INVALID")
    if number(domain["chainId"], MOST_INTEGER, "STATEMENT_INVALID") == 0:
        raise RefusedError("STATEMENT_INVALID")
    signatures = listed(value["signatures"], 32, "STATEMENT_INVALID")
    if kind is SNAPSHOT and type(value["content"]) is not dict:
        raise RefusedError("STATEMENT_INVALID")
    fields = [part.split(" ") for part in kind[kind.index("(") + 1 : -1].split(",")]
    said = exactly(value["statement"], *(name for _, name in fields), reason="ACT_INVALID")
    message: dict[str, Any] = {}
    for solidity, name in fields:
        if solidity == "uint64":
            message[name] = number(said[name], MOST_INTEGER, "ACT_INVALID")
        else:
            message[name] = octets(said[name], 20 if solidity == "address" else 32)
    contract = octets(domain["verifyingContract"], 20)
    held = [octets(each, 64) for each in signatures]
    return Statement(kind is CHECKPOINT, domain["chainId"], contract, message, held, value.get("content"))


def check_signed(found: Statement, council: dict[str, Any]) -> None:
    """Raises RefusedError unless enough members of the council signed, each once."""
    if found.message["epoch"] != council["epoch"]:
        raise RefusedError("STATEMENT_OTHER_COUNCIL")
    kind = CHECKPOINT if found.checkpoint else SNAPSHOT
    digest = typed_digest(found.chain_id, found.contract, kind, found.message)
    signers = [signer(digest, signature) for signature in found.signatures]
    if not set(signers) <= set(council["members"]):
        raise RefusedError("STATEMENT_SIGNER_UNKNOWN")
    if signers != sorted(set(signers)):
        raise RefusedError("STATEMENT_SIGNER_TWICE")
    if len(signers) < council["threshold"]:
        raise RefusedError("STATEMENT_UNDER_THRESHOLD")


def read_snapshot(data: bytes, now: int, fingerprint: str) -> Statement:
    """A snapshot that may be trusted; `content` holds its rows by their names."""
    found = statement_of(read_json(data, 32 * 2**20, 32))
    bad, content = "TRUST_SNAPSHOT_INVALID", found.content
    if found.checkpoint:
        raise RefusedError(bad)
    if sha256(b"origin-ledger/trust-snapshot/v1\0", jcs(content)) != found.message["content"]:
        raise RefusedError(bad)
    exactly(content, "council", "organisations", "keys", "accreditations", reason=bad)
    seats = exactly(content["council"], "epoch", "threshold", "members", reason=bad)
    if type(seats["epoch"]) is not int or type(seats["threshold"]) is not int:
        raise RefusedError(bad)
    members = [octets(each, 20) for each in listed(seats["members"], MOST_INTEGER, bad)]
    if not 3 <= len(set(members)) == len(members) <= 32 or not 2 <= seats["threshold"] < len(members):
        raise RefusedError(bad)
    council: dict[str, Any] = {"epoch": seats["epoch"], "threshold": seats["threshold"], "members": members}
    check_signed(found, council)
    _in_time(found, now, "TRUST_SNAPSHOT_EXPIRED")
    rows = {
        "organisations": _rows(content["organisations"], {"id": 32}, {"territory": 8}, "roles", "since"),
        "keys": _rows(
            content["keys"], {"organisation": 32, "key": 20}, {}, "since", "until", maybe=("disowned",)
        ),
        "accreditations": _rows(
            content["accreditations"],
            {"organisation": 32, "scheme": 32},
            {},
            "kind",
            "fromDay",
            "untilDay",
        ),
    }
    if any(row["kind"] > 4 for row in rows["accreditations"].values()):
        raise RefusedError(bad)
    found.content = {**rows, "council": council}
    named = sha256(
        b"origin-ledger/council/v1\0",
        found.chain_id.to_bytes(8, "big"),
        found.message["genesis"],
        found.contract,
        found.message["registry"],
        council["epoch"].to_bytes(8, "big"),
        bytes([council["threshold"]]),
        *sorted(members),
    )
    if fingerprint and "0x" + named.hex() != fingerprint.lower():
        raise RefusedError("TRUST_COUNCIL_DIFFERS")
    return found


def _rows(
    value: Any, names: dict[str, int], sized: dict[str, int], *numbers: str, maybe: tuple[str, ...] = ()
) -> dict[tuple[bytes, ...], dict[str, Any]]:
    bad = "TRUST_SNAPSHOT_INVALID"
    found: dict[tuple[bytes, ...], dict[str, Any]] = {}
    last: tuple[bytes, ...] = ()
    for row in listed(value, MOST_INTEGER, bad):
        exactly(row, *names, *sized, *numbers, *maybe, reason=bad)
        made: dict[str, Any] = {name: octets(row[name], size) for name, size in {**names, **sized}.items()}
        made |= {name: number(row[name], MOST_INTEGER, bad) for name in numbers}
        for name in maybe:
            made[name] = None if row[name] is None else number(row[name], MOST_INTEGER, bad)
        key = tuple(made[name] for name in names)
        if key <= last:
            raise RefusedError(bad)
        found[key], last = made, key
    return found


def _in_time(found: Statement, now: int, expired: str) -> None:
    if now > found.message["expires"]:
        raise RefusedError(expired)
    if found.message["time"] > now + 300:
        raise RefusedError("STATEMENT_FROM_FUTURE")


def contradict(first: Statement, second: Statement) -> bool:
    """Whether two statements about one ledger cannot both be true."""
    old, new = sorted((first, second), key=lambda each: int(each.message["block"]))
    a, b = old.message, new.message
    if a["block"] == b["block"]:
        shared = (set(a) & set(b)) - {"expires"}
        if any(a[name] != b[name] for name in shared):
            return True
    if a["time"] > b["time"] or a["epoch"] > b["epoch"]:
        return True
    if not (old.checkpoint and new.checkpoint):
        return False
    if a["batches"] > b["batches"] or a["standings"] > b["standings"]:
        return True
    if a["batches"] == b["batches"] and a["batchesRoot"] != b["batchesRoot"]:
        return True
    return any(
        each[size] == 0 and each[root] != EMPTY
        for each in (a, b)
        for size, root in (("batches", "batchesRoot"), ("standings", "standingsRoot"))
    )


# --- evidence ------------------------------------------------------------------------------------------


def included(data: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Whether leaf data is at `index` of the RFC 6962 tree with this size and root: the tree's shape is
    walked from the root down, so that the path's sides are known, then hashed from the leaf up."""
    if not 0 <= index < size:
        return False
    sides, start, end = [], 0, size
    while end - start > 1:
        half = 1
        while half * 2 < end - start:
            half *= 2
        left = index < start + half
        sides.append(left)
        start, end = (start, start + half) if left else (start + half, end)
    if len(sides) != len(path):
        return False
    node = sha256(b"\0", data)
    for left, sibling in zip(reversed(sides), path, strict=True):
        node = sha256(b"\1", node, sibling) if left else sha256(b"\1", sibling, node)
    return node == root


def _path(value: Any) -> list[bytes]:
    return [octets(node, 32) for node in listed(value, 64, "EVIDENCE_INVALID")]


def value_under(key: bytes, shown: Any, message: dict[str, Any]) -> bytes | None:
    """The value that the map of standings has for `key`, or None where its absence is proven."""
    bad, size, root = "EVIDENCE_INVALID", message["standings"], message["standingsRoot"]
    prefix = b"origin-ledger/standing-entry/v1\0"
    if type(shown) is dict and set(shown) == {"index", "value", "proof"}:
        value = octets(shown["value"])
        index = number(shown["index"], MOST_INTEGER, bad)
        if len(value) > 256 or not included(
            prefix + key + sha256(value), index, size, _path(shown["proof"]), root
        ):
            raise RefusedError(bad)
        return value
    exactly(shown, "before", "after", reason=bad)
    places = {}
    for side in ("before", "after"):
        beside = shown[side]
        if beside is None:
            continue
        exactly(beside, "index", "key", "value", "proof", reason=bad)
        index, near = number(beside["index"], MOST_INTEGER, bad), octets(beside["key"], 32)
        data = prefix + near + octets(beside["value"], 32)
        if not included(data, index, size, _path(beside["proof"]), root):
            raise RefusedError(bad)
        if not (near < key if side == "before" else near > key):
            raise RefusedError(bad)
        places[side] = index
    if places.get("before", -1) + 1 != places.get("after", size) or (size == 0 and root != EMPTY):
        raise RefusedError(bad)
    return None


def _by_evidence(read: Bundle, trust: Statement, now: int, at: date, max_age: int) -> str:
    """The standing, by evidence that holds in every part. Raises RefusedError."""
    bad, shown = "EVIDENCE_INVALID", read.evidence
    if shown is None or shown.get("format") != "origin-ledger/evidence/v1":
        raise RefusedError("EVIDENCE_MISSING")
    exactly(shown, "format", "checkpoint", "batch", "standing", "disowned", "confirmation", reason=bad)
    head = _head(shown["checkpoint"], trust, now)
    leaf, batch = documents.batch_of(read)
    key, time, kind = _registered(shown["batch"], batch, head)
    issuer = read.leaf["issuer"]
    lost = _is_disowned(issuer, key, time, shown["disowned"], trust, head)
    if shown["confirmation"] is not None:
        both = exactly(shown["confirmation"], "standing", "disowned", reason=bad)
        held = value_under(standing_key(2, batch), both["standing"], head)
        if held is None or len(held) != 28:
            raise RefusedError(bad)
        again = _is_disowned(issuer, held[:20], _number(held[20:], 8), both["disowned"], trust, head)
        lost = lost and again
    status, used = _standing(value_under(standing_key(1, leaf), shown["standing"], head))
    if kind not in (0, *BASES):
        raise RefusedError(bad)
    _check_issuer(trust, issuer, key, time)
    if max_age < now - head["time"]:
        raise RefusedError("LEDGER_STALE")
    _check_basis(read, trust, kind)
    return _gravest(read.leaf, status, used, lost, documents.day(at.isoformat()))


def standing_key(what: int, name: bytes) -> bytes:
    """Where something lies in the map of standings."""
    return sha256(b"origin-ledger/standing-key/v1\0", bytes([what]), name)


def _head(shown: Any, trust: Statement, now: int) -> dict[str, Any]:
    """The message of a checkpoint that the trusted council signed."""
    checkpoint = statement_of(shown)
    if not checkpoint.checkpoint:
        raise RefusedError("EVIDENCE_INVALID")
    if checkpoint.ledger != trust.ledger:
        raise RefusedError("OTHER_LEDGER")
    check_signed(checkpoint, trust.content["council"])
    if contradict(checkpoint, trust):
        raise RefusedError("SPLIT_VIEW")
    _in_time(checkpoint, now, "CHECKPOINT_EXPIRED")
    return checkpoint.message


def _registered(shown: Any, batch: bytes, head: dict[str, Any]) -> tuple[bytes, int, int]:
    """(key, time, kind) of the batch, which is in the log."""
    bad = "EVIDENCE_INVALID"
    row = exactly(shown, "index", "key", "time", "count", "kind", "proof", reason=bad)
    time, count = number(row["time"], head["time"], bad), number(row["count"], 2**32 - 1, bad)
    kind, key = number(row["kind"], 255, bad), octets(row["key"], 20)
    entry = b"origin-ledger/batch-entry/v1\0" + batch + key + time.to_bytes(8, "big")
    entry += count.to_bytes(4, "big") + bytes([kind])
    place = number(row["index"], MOST_INTEGER, bad)
    if not included(entry, place, head["batches"], _path(row["proof"]), head["batchesRoot"]):
        raise RefusedError(bad)
    return key, time, kind


def _is_disowned(
    issuer: bytes, key: bytes, time: int, shown: Any, trust: Statement, head: dict[str, Any]
) -> bool:
    """Whether a key was disowned from before `time`, by the checkpoint's tree or by the snapshot."""
    proven = value_under(standing_key(3, issuer + key), shown, head)
    row = trust.content["keys"].get((issuer, key))
    since = [] if row is None or row["disowned"] is None else [row["disowned"]]
    since += [] if proven is None else [_number(proven, 8)]
    return any(each <= time for each in since)


def _number(value: bytes, size: int) -> int:
    if len(value) != size or int.from_bytes(value, "big") > MOST_INTEGER:
        raise RefusedError("EVIDENCE_INVALID")
    return int.from_bytes(value, "big")


def _standing(value: bytes | None) -> tuple[int, int]:
    if value is None:
        return 0, 0
    if len(value) != 55 or value[0] > 3:
        raise RefusedError("EVIDENCE_INVALID")
    _number(value[15:23], 8)
    return value[0], int.from_bytes(value[7:15], "big")


def _check_issuer(trust: Statement, issuer: bytes, key: bytes, time: int) -> None:
    row = trust.content["keys"].get((issuer, key))
    if (issuer,) not in trust.content["organisations"] or row is None:
        raise RefusedError("SNAPSHOT_LACKS_ISSUER")
    if time < row["since"] or 0 < row["until"] < time:
        raise RefusedError("LEDGER_INCONSISTENT")


def _check_basis(read: Bundle, trust: Statement, kind: int) -> None:
    """Step 5: what the document says of its issuer."""
    if kind == 0:
        raise RefusedError("LEDGER_INCONSISTENT")
    basis = read.see("issuanceBasis")
    if basis not in (documents.ABSENT, documents.HIDDEN, None) and basis not in BASES[kind]:
        raise RefusedError("ISSUANCE_BASIS_DIFFERS")
    home = trust.content["organisations"][(read.leaf["issuer"],)]["territory"]
    named = read.see("issuer", "territory")
    if named not in (documents.ABSENT, documents.HIDDEN, None):
        try:
            same = code(named, 8, "[A-Z0-9]{2,8}") == home
        except RefusedError:
            same = False
        if not same:
            raise RefusedError("ISSUER_TERRITORY_DIFFERS")


def _gravest(leaf: dict[str, Any], status: int, used: int, lost: bool, day: int) -> str:
    """Steps 6 to 8, the gravest of what holds."""
    if status in (2, 3):
        return {2: "revoked", 3: "superseded"}[status]
    if lost:
        return "issuer-key-disowned"
    if status == 1:
        return "suspended"
    if 0 < leaf["validUntil"] < day:
        return "expired"
    if day < leaf["validFrom"]:
        return "not-yet-valid"
    return "used-up" if used >= leaf["allowance"] else "good"
