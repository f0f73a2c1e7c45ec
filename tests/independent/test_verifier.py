"""Two verifiers that share no code say the same of every vector, and neither takes a mutant."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.independent import documents, verifier
from tests.independent.primitives import RefusedError, jcs, keccak, octets, signer, struct_hash, typed_digest
from tests.proof import offline_files
from tests.vectors import generate

FOLDER = Path(generate.__file__).parent
HERE = Path(__file__).parent


def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def cases(name: str, label: str = "name") -> Any:
    return [pytest.param(case, id=str(case[label])) for case in vectors(name)["cases"]]


def judged(bundle: bytes, snapshot: bytes | None, case: dict[str, Any]) -> offline_files.Judged:
    return verifier.judge(
        bundle,
        snapshot,
        now=case["now"],
        at=case["at"],
        max_age=case["maxAge"],
        fingerprint=case["council"],
    )


@pytest.mark.parametrize("name", ["primitives", "documents", "verifier"])
def test_it_shares_nothing_with_the_package_or_the_reference(name: str) -> None:
    allowed = {
        "coincurve",
        "dataclasses",
        "datetime",
        "functools",
        "hashlib",
        "itertools",
        "json",
        "re",
        "tests.independent",
        "typing",
    }
    imported = set()
    for node in ast.walk(ast.parse((HERE / f"{name}.py").read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module))
    assert {each if each in allowed else each.rpartition(".")[0] for each in imported} <= allowed


@pytest.mark.parametrize("case", cases("offline"))
def test_offline_cases_get_the_same_verdict_standing_and_reason(case: dict[str, Any]) -> None:
    bundle, snapshot = offline_files.files(case)
    assert judged(bundle, snapshot, case) == (case["verdict"], case["standing"], case["reason"])


@pytest.mark.parametrize("case", cases("bundles"))
def test_bundles_get_the_same_verdict_step_and_reason(case: dict[str, Any]) -> None:
    found = verifier.judge_online(json.dumps(case["bundle"]).encode(), vectors("bundles")["ledger"])
    assert found == (case["verdict"], case["step"], case["reason"])


@pytest.mark.parametrize("case", cases("documents"))
def test_documents_have_the_same_bytes_digest_and_leaf(case: dict[str, Any]) -> None:
    assert "0x" + jcs(case["document"]).hex() == case["canonical"]
    leaf = {name: case[name] for name in (*documents.LEAF_SIZES, *documents.LEAF_NUMBERS)}
    bundle = {
        "format": "origin-ledger/bundle/v1",
        "document": case["document"],
        "secret": case["secret"],
        "leaf": leaf,
        "proof": [],
        "registered": {"chainId": 1, "genesis": "0x" + "00" * 32, "registry": "0x" + "00" * 20},
    }
    read = documents.read_bundle(json.dumps(bundle).encode())
    verifier.check_file(read)
    assert "0x" + documents.leaf_hash(read.leaf).hex() == case["leaf"]


@pytest.mark.parametrize("case", cases("disclosures"))
def test_disclosures_are_refused_for_the_same_reason(case: dict[str, Any]) -> None:
    good = next(each["bundle"] for each in vectors("bundles")["cases"] if each["name"] == "some fields")
    parts = {name: case[name] for name in ("disclosed", "commitments")}
    try:
        read = documents.read_bundle(json.dumps(good | parts).encode())
        reason = "" if documents.digest(read) == octets(case["digest"]) else "DIGEST_DIFFERS"
    except RefusedError as refused:
        reason = refused.reason
    assert reason == case["reason"]


@pytest.mark.parametrize("case", cases("acts"))
def test_acts_have_the_same_digest_and_signer(case: dict[str, Any]) -> None:
    message = {name: _typed(value) for name, value in case["message"].items()}
    assert "0x" + struct_hash(case["typeString"], message).hex() == case["structHash"]
    contract = octets(case["verifyingContract"])
    digest = typed_digest(case["chainId"], contract, case["typeString"], message)
    assert "0x" + digest.hex() == case["digest"]
    assert "0x" + signer(digest, octets(case["signature"])).hex() == case["signer"]


@pytest.mark.parametrize("case", cases("signatures"))
def test_signatures_are_taken_and_refused_alike(case: dict[str, Any]) -> None:
    try:
        found = "0x" + signer(octets(case["digest"]), octets(case["signature"])).hex()
    except RefusedError:
        found = "0x" + "00" * 20
    assert found == case["recovered"]


@pytest.mark.parametrize("case", cases("proofs"))
def test_proofs_lead_to_the_batch_in_the_same_cases(case: dict[str, Any]) -> None:
    leaf = {name: octets(case[name]) for name in documents.LEAF_SIZES}
    leaf |= {name: case[name] for name in documents.LEAF_NUMBERS}
    proof = [octets(node) for node in case["proof"]]
    bundle = documents.Bundle(leaf, proof, (1, b"", b""), {}, b"", {}, [], None)
    accepted = len(proof) <= 32 and documents.batch_of(bundle)[1] == octets(case["batch"])
    assert accepted is case["accepted"]


def test_its_keccak_is_keccak() -> None:
    assert keccak(b"").hex().startswith("c5d2460186f7233c927e7db2dcc703c0")
    assert keccak(b"\xff" * 1000) == __import__("sha3").keccak_256(b"\xff" * 1000).digest()


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(each) if isinstance(each, str) else each for each in value]
    return octets(value) if isinstance(value, str) else value
