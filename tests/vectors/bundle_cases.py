"""Vectors of disclosures and whole bundles with their mutants, made by the naive reference alone."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from tests.proof import naive
from tests.vectors.cases import CHAIN_ID, GENESIS, REGISTRY, Json, certificate, flip, hexed, seeded

SECRET = seeded("bundle")


def _node(document: Json, pointer: str) -> Any:
    node: Any = document
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


def disclosed(document: Json, secret: bytes, shown: list[str]) -> Json:
    """`disclosed` and `commitments` of a bundle that shows exactly these pointers (their ancestors must be
    among them)."""
    all_commitments = naive.commitments(document, secret)
    salts = naive.salts(secret, all_commitments)
    entries = []
    for pointer in sorted(shown):
        node = _node(document, pointer)
        entry: Json = {"pointer": pointer, "salt": hexed(salts[pointer])}
        if isinstance(node, dict | list) and pointer != "/extensions":
            entry |= {"type": "object" if isinstance(node, dict) else "array", "size": len(node)}
        else:
            entry["value"] = node
        entries.append(entry)
    rest = sorted(commitment for pointer, commitment in all_commitments.items() if pointer not in shown)
    return {"disclosed": entries, "commitments": hexed(rest)}


SHOWN = [
    "",
    "/number",
    "/scheme",
    "/issuer",
    "/issuer/identifier",
    "/issueDate",
    "/items",
    "/items/0",
    "/items/0/number",
    "/items/0/hsCode",
    "/items/1",
    "/items/1/invoices",
    "/items/1/invoices/1",
]


def disclosure_cases() -> list[Json]:
    """Disclosures and their mutants: `reason` is the reason code, "" where it leads to `digest`."""
    document = certificate()
    digest = naive.digest(document, SECRET)
    every = list(naive.flatten(document))
    cases = [
        {
            "name": name,
            "accepted": True,
            "reason": "",
            "digest": hexed(digest),
            **disclosed(document, SECRET, shown),
        }
        for name, shown in {"nothing but the size": [""], "some fields": SHOWN, "everything": every}.items()
    ]
    surplus = disclosed(document, SECRET, every) | {"commitments": [hexed(seeded("surplus"))]}
    cases.append(
        {
            "name": "everything shown, and a commitment besides",
            "accepted": False,
            "reason": "DISCLOSURE_SIZE",
            "digest": hexed(digest),
            **surplus,
        }
    )
    for name, reason, change in _disclosure_mutants():
        mutant = copy.deepcopy(disclosed(document, SECRET, SHOWN))
        change(mutant)
        cases.append({"name": name, "accepted": False, "reason": reason, "digest": hexed(digest), **mutant})
    return cases


Change = Callable[[Json], Any]


def _entry(mutant: Json, pointer: str) -> Json:
    found: Json = next(entry for entry in mutant["disclosed"] if entry["pointer"] == pointer)
    return found


def _disclosure_mutants() -> Iterator[tuple[str, str, Change]]:
    def on(pointer: str, /, **values: Any) -> Change:
        return lambda mutant: _entry(mutant, pointer).update(values)

    def drop(pointer: str) -> Change:
        return lambda mutant: mutant["disclosed"].remove(_entry(mutant, pointer))

    def add(pointer: str, /, **values: Any) -> Change:
        salt = hexed(seeded(pointer, 16))
        return lambda mutant: mutant["disclosed"].append({"pointer": pointer, "salt": salt, **values})

    def swap(mutant: Json) -> None:
        mutant["commitments"][0], mutant["commitments"][1] = (
            mutant["commitments"][1],
            mutant["commitments"][0],
        )

    yield "a value changed", "DIGEST_DIFFERS", on("/number", value="CCPIT-2026-000124")
    yield "a value of another type", "DIGEST_DIFFERS", on("/items/0/number", value="1")
    yield "true for 1", "DIGEST_DIFFERS", on("/items/0/number", value=True)
    yield "a salt changed", "DIGEST_DIFFERS", on("/number", salt=hexed(seeded("salt", 16)))
    yield "a pointer renamed", "DIGEST_DIFFERS", on("/number", pointer="/numbers")
    yield (
        "two values exchanged",
        "DIGEST_DIFFERS",
        lambda mutant: (
            _entry(mutant, "/number").update(pointer="/scheme2"),
            _entry(mutant, "/scheme").update(pointer="/number"),
            _entry(mutant, "/scheme2").update(pointer="/scheme"),
        ),
    )
    yield "a field added", "DIGEST_DIFFERS", add("/extra", value="x")
    yield "a field left out", "DIGEST_DIFFERS", drop("/number")
    yield "a commitment left out", "DIGEST_DIFFERS", lambda mutant: mutant["commitments"].pop()
    yield (
        "a bit of a commitment",
        "DIGEST_DIFFERS",
        lambda mutant: mutant["commitments"].__setitem__(
            0, hexed(flip(bytes.fromhex(mutant["commitments"][0][2:]), 0))
        ),
    )
    yield "commitments out of order", "DISCLOSURE_ORDER", swap
    yield "commitments descending", "DISCLOSURE_ORDER", lambda mutant: mutant["commitments"].reverse()
    yield (
        "a commitment twice",
        "DISCLOSURE_ORDER",
        lambda mutant: mutant["commitments"].insert(0, mutant["commitments"][0]),
    )
    shown = naive.commitments(certificate(), SECRET)["/number"]
    yield (
        "the commitment of a shown field among the hidden ones",
        "DISCLOSURE_ORDER",
        lambda mutant: mutant.update(commitments=sorted([*mutant["commitments"], hexed(shown)])),
    )
    yield (
        "a pointer twice, same value",
        "DISCLOSURE_POINTER_TWICE",
        lambda mutant: mutant["disclosed"].append(dict(_entry(mutant, "/number"))),
    )
    yield (
        "a pointer twice, other value",
        "DISCLOSURE_POINTER_TWICE",
        add("/number", value="CCPIT-2026-000999"),
    )
    yield "no entry for the document", "DISCLOSURE_ANCESTOR", drop("")
    yield "a parent left out", "DISCLOSURE_ANCESTOR", drop("/items/0")
    yield "nothing disclosed", "DISCLOSURE_ANCESTOR", lambda mutant: mutant["disclosed"].clear()
    yield "a member of a scalar", "DISCLOSURE_CONTAINER", add("/number/0", value="C")
    yield "a place beyond the array", "DISCLOSURE_CONTAINER", add("/items/2", value="x")
    yield "a name in an array", "DISCLOSURE_CONTAINER", add("/items/first", value="x")
    yield "a place with a leading zero", "DISCLOSURE_CONTAINER", add("/items/01", value="x")
    yield "the document said to be an array", "DISCLOSURE_CONTAINER", on("", type="array")
    yield (
        "a container as one value",
        "DISCLOSURE_CONTAINER",
        add("/exporter", value={"name": "Ningbo Export Ltd"}),
    )
    yield "extensions opened", "DISCLOSURE_CONTAINER", add("/extensions", type="object", size=1)
    yield "an object smaller than what it shows", "DISCLOSURE_SIZE", on("/issuer", size=0)
    yield "an array said to be an object", "DIGEST_DIFFERS", on("/items", type="object")
    yield "more hidden members than commitments", "DISCLOSURE_SIZE", on("/items/0", size=60000)
    yield "an array one longer", "DIGEST_DIFFERS", on("/items", size=3)


# --- bundles -------------------------------------------------------------------------------


def ledger() -> Json:
    """What is registered: three certificates of one issuer in one batch, as facts for the bundles below."""
    leaves = [naive.leaf_of(certificate(number=f"N-{i}"), seeded(f"other/{i}")) for i in range(2)]
    leaves.append(naive.leaf_of(certificate(), SECRET))
    hashes = [naive.leaf_hash(leaf) for leaf in leaves]
    root = naive.tree(hashes)[-1][0]
    return {
        "chainId": CHAIN_ID,
        "genesis": GENESIS,
        "registry": REGISTRY,
        "batch": hexed(naive.key_of(leaves[0]["issuer"], leaves[0]["scheme"], root)),
        "leaves": hexed(hashes),
    }


def _honest(document: Json, secret: bytes) -> Json:
    leaf = naive.leaf_of(document, secret)
    hashes = [
        naive.leaf_hash(naive.leaf_of(certificate(number=f"N-{i}"), seeded(f"other/{i}"))) for i in range(2)
    ]
    hashes.append(naive.leaf_hash(leaf))
    return {
        "format": "origin-ledger/bundle/v1",
        "document": document,
        "secret": hexed(secret),
        "leaf": hexed(leaf),
        "proof": hexed(naive.proof(hashes, hashes[2])),
        "registered": {"chainId": CHAIN_ID, "genesis": GENESIS, "registry": REGISTRY},
    }


def _partial(shown: list[str]) -> Json:
    bundle = _honest(certificate(), SECRET)
    del bundle["document"], bundle["secret"]
    return bundle | disclosed(certificate(), SECRET, shown)


def bundle_cases() -> list[Json]:
    """Bundles, each with the verdict and reason it must get on the ledger of `ledger()`."""
    cases = []
    for name, verdict, step, reason, bundle in _bundles():
        cases.append({"name": name, "verdict": verdict, "step": step, "reason": reason, "bundle": bundle})
    return cases


def _bundles() -> Iterator[tuple[str, str, int, str, Json]]:
    good = _honest(certificate(), SECRET)

    def changed(**members: Any) -> Json:
        mutant: Json = copy.deepcopy(good) | members
        return {key: value for key, value in mutant.items() if value is not None}

    def leaf(**members: Any) -> Json:
        return changed(leaf=hexed({**good["leaf"], **members}))

    def forged(**members: Any) -> Json:
        """A document of the forger's own, with digest and leaf that fit it."""
        return _honest(certificate(**members), SECRET) | {"proof": good["proof"]}

    yield "full", "GENUINE", 0, "", good
    yield (
        "full, with evidence and transaction",
        "GENUINE",
        0,
        "",
        changed(
            evidence={"invoice": ["x"]}, registered={**good["registered"], "transaction": "0x" + "77" * 32}
        ),
    )
    yield "some fields", "GENUINE", 0, "", _partial([*SHOWN, "/destination"])
    yield "every field", "GENUINE", 0, "", _partial(list(naive.flatten(certificate())))
    yield "the issuer hidden", "CANNOT_TELL", 3, "DISCLOSURE_TOO_LITTLE", _partial(["", "/number", "/scheme"])
    yield "a value changed", "NOT_GENUINE", 2, "DIGEST_DIFFERS", changed(document=certificate(number="X"))
    yield "another secret", "NOT_GENUINE", 2, "DIGEST_DIFFERS", changed(secret=hexed(seeded("wrong")))
    yield "another digest", "NOT_GENUINE", 2, "DIGEST_DIFFERS", leaf(digest=hexed(seeded("wrong")))
    for name, value in {
        "issuer": hexed(naive.organisation("urn:other")),
        "scheme": hexed(naive.scheme("CHAFTA")),
        "destination": hexed(bytes(8)),
        "validFrom": good["leaf"]["validFrom"] - 1,
        "validUntil": 0,
        "allowance": 2,
        "itemsRoot": hexed(naive.item_leaf(1, 1)),
    }.items():
        yield (
            f"leaf field differs from the document: {name}",
            "NOT_GENUINE",
            3,
            "LEAF_DIFFERS",
            leaf(**{name: value}),
        )
    partial = _partial([*SHOWN, "/destination", "/validUntil"])
    for name, value in {"destination": hexed(bytes(8)), "validUntil": 0}.items():
        yield (
            f"leaf field differs from what is shown: {name}",
            "NOT_GENUINE",
            3,
            "LEAF_DIFFERS",
            partial | {"leaf": hexed({**partial["leaf"], name: value})},
        )
    yield "a forger's own document", "CANNOT_TELL", 4, "NOT_FOUND", forged(number="X")
    yield "under another scheme", "CANNOT_TELL", 4, "NOT_FOUND", forged(scheme="CHAFTA")
    yield "under another issuer", "CANNOT_TELL", 4, "NOT_FOUND", forged(issuer={"identifier": "urn:other"})
    yield "proof truncated", "CANNOT_TELL", 4, "NOT_FOUND", changed(proof=good["proof"][:-1])
    yield (
        "proof with an extra sibling",
        "CANNOT_TELL",
        4,
        "NOT_FOUND",
        changed(proof=[*good["proof"], GENESIS]),
    )
    yield (
        "another chain",
        "CANNOT_TELL",
        4,
        "OTHER_LEDGER",
        changed(registered={**good["registered"], "chainId": 1}),
    )
    yield (
        "another registry",
        "CANNOT_TELL",
        4,
        "OTHER_LEDGER",
        changed(registered={**good["registered"], "registry": "0x" + "00" * 20}),
    )
    yield (
        "another genesis",
        "CANNOT_TELL",
        4,
        "OTHER_LEDGER",
        changed(registered={**good["registered"], "genesis": "0x" + "00" * 32}),
    )
    yield "no bundle", "CANNOT_TELL", 1, "BUNDLE_FORMAT", {"hello": "world"}
    yield "a later version", "CANNOT_TELL", 1, "BUNDLE_VERSION", changed(format="origin-ledger/bundle/v2")
    yield "an unknown member", "CANNOT_TELL", 1, "BUNDLE_INVALID", changed(note="x")
    yield "both forms", "CANNOT_TELL", 1, "BUNDLE_INVALID", changed(disclosed=[], commitments=[])
    yield "no secret", "CANNOT_TELL", 1, "BUNDLE_INVALID", changed(secret=None)
    yield "33 siblings", "CANNOT_TELL", 1, "BUNDLE_INVALID", changed(proof=[GENESIS] * 33)
    yield (
        "capital hex",
        "CANNOT_TELL",
        1,
        "HEX_INVALID",
        changed(secret=good["secret"].upper().replace("X", "x")),
    )
    yield "a short secret", "CANNOT_TELL", 1, "HEX_INVALID", changed(secret=good["secret"][:-2])
    yield "true for a leaf's number", "CANNOT_TELL", 1, "LEAF_INVALID", leaf(allowance=True)
    yield "text for a leaf's number", "CANNOT_TELL", 1, "LEAF_INVALID", leaf(allowance="1")
