"""The committed vectors, which the naive reference made, against the package."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger_app.domain import terms
from ledger_app.domain.standing import AccreditationKind, Role
from ledger_app.errors import BadInput, LedgerError
from ledger_app.proof import leaf as leaves
from ledger_app.proof import log_tree, merkle, typed_data
from ledger_app.proof.bundle import bundle_from_json
from ledger_app.proof.canonical import canonical_bytes, parse_object
from ledger_app.proof.check import judge, lookup_of, read
from ledger_app.proof.commitments import commit
from ledger_app.proof.facts import AccreditationFact, BatchFact, Facts, OrganisationFact, Pin, Question
from ledger_app.proof.hashes import keccak
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import Leaf
from tests.vectors import generate

FOLDER = Path(generate.__file__).parent
LEAF_MEMBERS = (
    "digest",
    "issuer",
    "scheme",
    "destination",
    "validFrom",
    "validUntil",
    "allowance",
    "itemsRoot",
)


def _file(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return content


def _cases(name: str, label: str = "name") -> Any:
    return [pytest.param(case, id=str(case[label])) for case in _file(name)["cases"]]


def _leaf(case: dict[str, Any]) -> Leaf:
    return Leaf.from_json({name: case[name] for name in LEAF_MEMBERS})


@pytest.mark.parametrize("name", generate.FILES)
def test_the_vectors_are_what_the_naive_reference_makes_today(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text("utf-8") == generate.text_of(name)


@pytest.mark.parametrize("case", _cases("identifiers", "text"))
def test_identifiers_have_the_bytes_of_the_protocol_and_back(case: dict[str, Any]) -> None:
    text, value = case["text"], from_hex(case["value"])
    if case["kind"] == "organisation":
        assert terms.organisation_id(text) == value
    elif case["kind"] == "scheme":
        assert terms.scheme_id(text) == value
        assert terms.scheme_code(value) == text
    elif case["kind"] == "territory":
        assert terms.territory_id(text) == value
        assert terms.territory_code(value) == text
    else:
        number = int.from_bytes(value, "big")
        assert terms.day_number(text) == terms.day_number(date.fromisoformat(text)) == number
        assert terms.day_date(number) == date.fromisoformat(text)


@pytest.mark.parametrize("case", _cases("documents"))
def test_documents_have_the_canonical_bytes_digest_and_leaf_of_the_reference(case: dict[str, Any]) -> None:
    document, secret = parse_object(json.dumps(case["document"])), from_hex(case["secret"])
    assert to_hex(canonical_bytes(document)) == case["canonical"]
    committed = commit(document, secret)
    assert len(committed) == case["entries"]
    assert to_hex(committed.digest) == case["digest"]
    leaf = leaves.leaf_for(document, secret)
    assert leaf == _leaf(case)
    assert to_hex(leaf.hash()) == case["leaf"]


@pytest.mark.parametrize("case", _cases("keys"))
def test_map_keys_are_those_of_the_reference(case: dict[str, Any]) -> None:
    functions: dict[str, Any] = {
        "batchId": leaves.batch_id,
        "claimKey": leaves.claim_key,
        "enquiryId": leaves.enquiry_id,
        "streamKey": leaves.stream_key,
        "anchorKey": leaves.anchor_key,
    }
    words = [from_hex(case[name]) for name in "abc" if case[name] != "0x"]
    assert to_hex(functions[case["name"]](*words)) == case["key"]


@pytest.mark.parametrize("case", _cases("items", "item"))
def test_item_leaves_are_those_of_the_reference(case: dict[str, Any]) -> None:
    assert to_hex(leaves.item_leaf(case["item"], case["allowance"])) == case["leaf"]


@pytest.mark.parametrize("case", _cases("proofs"))
def test_a_proof_leads_to_the_batch_exactly_where_the_reference_says(case: dict[str, Any]) -> None:
    leaf, proof = _leaf(case), [from_hex(node) for node in case["proof"]]
    if len(proof) > merkle.MAX_PROOF:
        with pytest.raises(BadInput, match="PROOF_INVALID"):
            merkle.process_proof(leaf.hash(), proof)
        assert not case["accepted"]
        return
    located = leaf.batch_id(merkle.process_proof(leaf.hash(), proof))
    assert (to_hex(located) == case["batch"]) is case["accepted"]


@pytest.mark.parametrize("case", _cases("preimages"))
def test_only_an_encoded_leaf_is_the_preimage_of_a_leaf(case: dict[str, Any]) -> None:
    hashed = keccak(keccak(from_hex(case["preimage"])))
    assert to_hex(hashed) == case["leaf"]
    root = merkle.process_proof(hashed, [from_hex(node) for node in case["proof"]])
    assert (to_hex(root) == case["root"]) is case["accepted"]


@pytest.mark.parametrize("case", _cases("cargo", "index"))
def test_cargo_leaves_heads_and_proofs_are_those_of_the_reference(case: dict[str, Any]) -> None:
    index, size = case["index"], case["size"]
    salt = log_tree.cargo_salt(from_hex(case["streamSecret"]), index)
    assert to_hex(salt) == case["salt"]
    data = log_tree.cargo_leaf(salt, index, from_hex(case["eventHash"]), from_hex(case["event"]))
    assert to_hex(data) == case["leafData"]
    stream = [from_hex(each["leafData"]) for each in _file("cargo")["cases"]]
    tree = log_tree.LogTree(stream[:size])
    assert to_hex(tree.root()) == case["head"]
    assert [to_hex(node) for node in tree.inclusion_proof(case["includedIndex"])] == case["inclusion"]
    assert [to_hex(node) for node in tree.consistency_proof(case["consistentSize"])] == case["consistency"]


@pytest.mark.parametrize("case", _cases("acts"))
def test_acts_have_the_digest_of_the_reference_and_its_signer_is_recovered(case: dict[str, Any]) -> None:
    act = typed_data.ACTS[case["act"]].from_json(case["message"])
    domain = typed_data.Domain(case["chainId"], case["verifyingContract"])
    assert case["contract"] == act.CONTRACT
    assert act.type_string() == case["typeString"]
    assert to_hex(domain.separator()) == case["domainSeparator"]
    assert to_hex(act.struct_hash()) == case["structHash"]
    assert to_hex(act.digest(domain)) == case["digest"]
    assert act.to_json() == case["message"]
    assert typed_data.recover(act.digest(domain), from_hex(case["signature"])) == case["signer"]


def test_every_act_of_the_protocol_has_a_class_and_no_class_is_beside_it() -> None:
    assert {case["act"] for case in _file("acts")["cases"]} == set(typed_data.ACTS)


def _recovered(digest: bytes, signature: bytes) -> str:
    try:
        return typed_data.recover(digest, signature)
    except BadInput as error:
        return to_hex(bytes(20)) if error.reason == "SIGNATURE_INVALID" else error.reason


@pytest.mark.parametrize("case", _cases("signatures"))
def test_a_signature_recovers_to_its_signer_exactly_where_the_reference_says(case: dict[str, Any]) -> None:
    digest, signature = from_hex(case["digest"]), from_hex(case["signature"])
    recovered = _recovered(digest, signature)
    assert recovered == case["recovered"]
    assert (recovered == case["signer"]) is case["accepted"]


@pytest.mark.parametrize("case", _cases("disclosures"))
def test_a_disclosure_is_refused_for_the_reason_of_its_mutation(case: dict[str, Any]) -> None:
    good = next(each["bundle"] for each in _file("bundles")["cases"] if each["name"] == "some fields")
    parts = {name: case[name] for name in ("disclosed", "commitments")}
    disclosure = bundle_from_json(parse_object(json.dumps(good | parts))).disclosure
    assert disclosure is not None
    try:
        shown = disclosure.verify()
        reason = "" if to_hex(shown.digest) == case["digest"] else "DIGEST_DIFFERS"
    except LedgerError as error:
        reason = error.reason
    assert reason == case["reason"]


@pytest.mark.parametrize("case", _cases("bundles"))
def test_a_bundle_gets_the_verdict_step_and_reason_of_its_mutation(case: dict[str, Any]) -> None:
    ledger = _file("bundles")["ledger"]
    data = json.dumps(case["bundle"])
    pin = Pin(ledger["chainId"], from_hex(ledger["genesis"]), ledger["registry"])
    facts = None
    try:
        asked = lookup_of(read(data))
        known = to_hex(asked.batch_id) == ledger["batch"]
        facts = Facts(
            asked.leaf,
            asked.batch_id,
            block=9,
            time=1_795_000_000,
            age_seconds=2,
            batch=BatchFact("0x" + "11" * 20, 1_795_000_000, 3, AccreditationKind.AUTHORITY_ISSUED)
            if known
            else None,
            organisation=OrganisationFact(terms.territory_id("CN"), Role.ISSUER, 1),
            accreditation=AccreditationFact(AccreditationKind.AUTHORITY_ISSUED, 1),
        )
    except LedgerError:
        assert case["step"] == 1
    judgement = judge(data, pin, facts, Question(date(2026, 12, 1)))
    failed = [
        outcome.number for outcome in judgement.outcomes if outcome.outcome in ("failed", "cannot-tell")
    ]
    assert (judgement.verdict.value, judgement.reason) == (case["verdict"], case["reason"])
    assert failed == ([case["step"]] if case["step"] else [])
    assert [outcome.number for outcome in judgement.outcomes] == list(range(1, 12))
