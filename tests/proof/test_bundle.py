"""The bundle file: round trips, strictness, and what an altered byte does."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.standing import Verdict
from ledger_app.errors import BadInput, LedgerError
from ledger_app.proof.bundle import MAX_BUNDLE_BYTES, Bundle, Registered, bundle_from_json, parse_bundle
from ledger_app.proof.canonical import JsonObject, canonical_bytes, parse_object
from ledger_app.proof.check import judge
from ledger_app.proof.commitments import commit
from ledger_app.proof.facts import Question
from tests.proof.registered import AT, PIN, Ledger, one_registered, partial
from tests.proof.strategies import DOCUMENTS, HASHES
from tests.vectors.cases import certificate


@given(DOCUMENTS, st.lists(HASHES, max_size=5), st.none() | DOCUMENTS, st.none() | HASHES, st.data())
def test_a_bundle_survives_its_file_in_both_forms(
    document: JsonObject,
    proof: list[bytes],
    evidence: JsonObject | None,
    transaction: bytes | None,
    data: st.DataObject,
) -> None:
    _, bundle = one_registered()
    bundle = replace(
        bundle,
        document=document,
        proof=tuple(proof),
        evidence=evidence,
        registered=replace(bundle.registered, transaction=transaction),
    )
    pointers = commit(document, bundle.secret or b"").pointers
    for each in (bundle, partial(bundle, *data.draw(st.lists(st.sampled_from(pointers), max_size=3)))):
        assert parse_bundle(each.serialise()) == each
        assert parse_bundle(json.dumps(each.to_json())) == each
        assert parse_bundle(each.serialise()).serialise() == each.serialise()


def _altered(change: Callable[[Any], Any], form: str = "full") -> bytes:
    _, bundle = one_registered()
    value: Any = (bundle if form == "full" else partial(bundle, "/number", "/scheme", "/issuer")).to_json()
    change(value)
    return canonical_bytes(value, max_depth=40)


def _set(*path: Any) -> Callable[[Any], Any]:
    def change(value: Any) -> None:
        for key in path[:-2]:
            value = value[key]
        value[path[-2]] = path[-1]

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("extra", 1), "BUNDLE_INVALID"),
        (_set("format", None), "BUNDLE_FORMAT"),
        (_set("format", "origin-ledger/bundle/v1 "), "BUNDLE_VERSION"),
        (_set("format", "w3c/vc"), "BUNDLE_FORMAT"),
        (_set("document", []), "BUNDLE_INVALID"),
        (_set("document", None), "BUNDLE_INVALID"),
        (_set("secret", None), "HEX_INVALID"),
        (_set("secret", "0x"), "HEX_INVALID"),
        (_set("evidence", []), "BUNDLE_INVALID"),
        (_set("evidence", None), "BUNDLE_INVALID"),
        (_set("leaf", []), "LEAF_INVALID"),
        (_set("leaf", "extra", 1), "LEAF_INVALID"),
        (_set("leaf", "allowance", True), "LEAF_INVALID"),
        (_set("proof", {}), "BUNDLE_INVALID"),
        (_set("proof", ["0x" + "00" * 32] * 33), "BUNDLE_INVALID"),
        (_set("proof", ["0x" + "00" * 31]), "HEX_INVALID"),
        (_set("proof", [None]), "HEX_INVALID"),
        (_set("registered", []), "BUNDLE_INVALID"),
        (_set("registered", "extra", 1), "BUNDLE_INVALID"),
        (_set("registered", "chainId", 0), "BUNDLE_INVALID"),
        (_set("registered", "chainId", True), "BUNDLE_INVALID"),
        (_set("registered", "chainId", "1337"), "BUNDLE_INVALID"),
        (_set("registered", "genesis", "0x00"), "HEX_INVALID"),
        (_set("registered", "registry", "0x" + "AB" * 20), "HEX_INVALID"),
        (_set("registered", "transaction", None), "HEX_INVALID"),
        (_set("disclosed", []), "BUNDLE_INVALID"),
    ],
)
def test_a_full_bundle_is_read_strictly(change: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_bundle(_altered(change))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("document", {}), "BUNDLE_INVALID"),
        (_set("disclosed", {}), "BUNDLE_INVALID"),
        (_set("disclosed", 0, None), "BUNDLE_INVALID"),
        (_set("disclosed", 0, "pointer", 1), "BUNDLE_INVALID"),
        (_set("disclosed", 0, "extra", 1), "BUNDLE_INVALID"),
        (_set("disclosed", 0, "value", 1), "BUNDLE_INVALID"),
        (_set("disclosed", 0, "type", "value"), "BUNDLE_INVALID"),
        (_set("disclosed", 0, "type", ["object"]), "BUNDLE_INVALID"),
        (_set("disclosed", 0, "size", -1), "BUNDLE_INVALID"),
        (_set("disclosed", 0, "size", True), "BUNDLE_INVALID"),
        (_set("disclosed", 0, "size", 2**40), "BUNDLE_INVALID"),
        (_set("disclosed", 0, "salt", "0x" + "00" * 32), "HEX_INVALID"),
        (_set("commitments", {}), "BUNDLE_INVALID"),
        (_set("commitments", ["0x00"]), "HEX_INVALID"),
        (_set("commitments", [1]), "HEX_INVALID"),
    ],
)
def test_a_partial_bundle_is_read_strictly(change: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_bundle(_altered(change, "partial"))
    assert caught.value.reason == reason


def test_a_bundle_beyond_its_bound_is_refused_unread() -> None:
    with pytest.raises(BadInput) as caught:
        parse_bundle(b" " * (MAX_BUNDLE_BYTES + 1))
    assert caught.value.reason == "JSON_TOO_LARGE"


def test_the_deepest_document_fits_into_a_bundle_and_deeper_ones_do_not_verify() -> None:
    deep: Any = []
    for _ in range(30):
        deep = [deep]
    ledger = Ledger()
    bundle = ledger.register(certificate(flags=deep, extensions=deep))[0]
    for each in (bundle, partial(bundle, "")):
        assert judge(each.serialise(), PIN, ledger.facts(each), Question(AT)).verdict is Verdict.GENUINE
    bundle = replace(bundle, document=certificate(flags=[deep]))
    judgement = judge(bundle.serialise(), PIN, ledger.facts(bundle), Question(AT))
    assert (judgement.verdict, judgement.reason) == (Verdict.CANNOT_TELL, "JSON_TOO_DEEP")


def _content(bundle: Bundle) -> bytes:
    """What the bundle asserts about the certificate, in bytes: all that must be as registered to be called
    genuine."""
    value = bundle.to_json()
    return canonical_bytes(
        {k: value[k] for k in ("document", "disclosed", "commitments", "leaf") if k in value}, max_depth=40
    )


MASKS = (0x01, 0x02, 0x10, 0x20, 0x80, 0xFF)


@pytest.mark.parametrize("form", ["full", "partial"])
def test_no_flipped_byte_of_a_bundle_is_called_genuine_for_other_content(form: str) -> None:
    ledger, bundle = one_registered()
    if form == "partial":
        bundle = partial(bundle, "/number", "/issuer", "/scheme", "/items/0", "/destination", "/extensions")
    original, data = _content(bundle), bundle.serialise()
    accepted = 0
    for place in range(len(data)):
        for mask in MASKS:
            altered = data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]
            if _judge_file(ledger, altered) is Verdict.GENUINE:
                accepted += 1
                assert _content(parse_bundle(altered)) == original
    assert accepted == 0  # every byte of this file is content, proof, or names the ledger


@given(
    st.integers(0, 10**6), st.integers(0, 10**6), st.binary(max_size=6), st.sampled_from(["full", "partial"])
)
def test_no_spliced_bundle_is_called_genuine_for_other_content(
    start: int, length: int, put: bytes, form: str
) -> None:
    ledger, bundle = one_registered()
    if form == "partial":
        bundle = partial(bundle, "/number", "/issuer", "/scheme")
    data = bundle.serialise()
    start %= len(data)
    altered = data[:start] + put + data[start + length % 9 :]
    if _judge_file(ledger, altered) is Verdict.GENUINE:
        assert _content(parse_bundle(altered)) == _content(bundle)


def _judge_file(ledger: Ledger, data: bytes) -> Verdict:
    """As the service does it: read, look up, judge. Only our own errors may come out."""
    try:
        facts = ledger.facts(parse_bundle(data))
    except LedgerError:
        facts = None
    return judge(data, PIN, facts, Question(AT)).verdict


def test_evidence_is_carried_and_judged_by_nobody_here() -> None:
    ledger, bundle = one_registered()
    bundle = replace(bundle, evidence={"photo": "x"})
    assert parse_bundle(bundle.serialise()).evidence == {"photo": "x"}
    assert ledger.judge(bundle).verdict is Verdict.GENUINE


def test_where_it_is_registered_is_written_and_read_with_the_transaction() -> None:
    where = Registered(1, b"g" * 32, "0x" + "ab" * 20, b"t" * 32)
    _, bundle = one_registered()
    value = parse_object(replace(bundle, registered=where).serialise(), max_depth=40)
    assert bundle_from_json(value).registered == where
