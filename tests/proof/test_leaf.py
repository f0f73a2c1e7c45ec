"""Terms, leaves and item trees."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain import terms
from ledger_app.errors import BadInput
from ledger_app.proof.hashes import keccak
from ledger_app.proof.leaf import Leaf, item_leaf, item_tree, leaf_for
from ledger_app.proof.merkle import MerkleTree, process_proof
from tests.proof import naive
from tests.proof.strategies import HASHES
from tests.vectors.cases import certificate

SECRET = bytes(range(32))
LEAVES = st.builds(
    Leaf,
    HASHES,
    HASHES,
    HASHES,
    st.binary(min_size=8, max_size=8),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**53 - 1),
    HASHES,
)


@given(LEAVES)
def test_a_leaf_hashes_as_the_reference_and_survives_json(leaf: Leaf) -> None:
    members = {
        name: bytes.fromhex(value[2:]) if isinstance(value, str) else value
        for name, value in leaf.to_json().items()
    }
    assert leaf.hash() == naive.leaf_hash(members)
    assert leaf.encoded() == naive.leaf_preimage(members)
    assert Leaf.from_json(leaf.to_json()) == leaf


def test_no_leaf_preimage_has_the_length_of_two_nodes() -> None:
    leaf = leaf_for(certificate(), SECRET)
    assert len(leaf.encoded()) == 288
    assert leaf.hash() == keccak(keccak(leaf.encoded()))


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("digest", "0x00", "HEX_INVALID"),
        ("digest", "00" * 32, "HEX_INVALID"),
        ("digest", "0x" + "0" * 63 + "A", "HEX_INVALID"),
        ("digest", "0x" + "0" * 64 + "\n", "HEX_INVALID"),
        ("destination", "0x" + "00" * 32, "HEX_INVALID"),
        ("digest", None, "HEX_INVALID"),
        ("digest", 7, "HEX_INVALID"),
        ("validFrom", 2**32, "LEAF_INVALID"),
        ("validFrom", -1, "LEAF_INVALID"),
        ("validFrom", True, "LEAF_INVALID"),
        ("validFrom", "1", "LEAF_INVALID"),
        ("allowance", 2**53, "LEAF_INVALID"),
        ("allowance", None, "LEAF_INVALID"),
        ("extra", 1, "LEAF_INVALID"),
    ],
)
def test_a_malformed_leaf_is_refused(member: str, value: Any, reason: str) -> None:
    members = leaf_for(certificate(), SECRET).to_json()
    with pytest.raises(BadInput) as caught:
        Leaf.from_json({**members, member: value})
    assert caught.value.reason == reason


@pytest.mark.parametrize("value", [None, [], "leaf", {}])
def test_what_is_no_leaf_is_refused(value: Any) -> None:
    with pytest.raises(BadInput, match="LEAF_INVALID"):
        Leaf.from_json(value)


@given(st.dictionaries(st.integers(1, 2**32 - 1), st.integers(1, 10**9), min_size=1, max_size=20))
def test_each_items_allowance_is_proven_in_the_items_root_of_the_leaf(allowances: dict[int, int]) -> None:
    items = [{"number": number, "allowance": units} for number, units in allowances.items()]
    document = certificate(items=[*items, {"number": 5}])
    leaf = leaf_for(document, SECRET)
    tree = item_tree(document)
    assert tree is not None
    assert leaf.items_root == tree.root
    assert leaf.allowance == sum(allowances.values())
    for number, units in allowances.items():
        hashed = item_leaf(number, units)
        assert process_proof(hashed, tree.proof(hashed)) == leaf.items_root
        assert item_leaf(number, units + 1) not in tree.leaves


def test_an_allowance_for_the_whole_has_no_items_root() -> None:
    assert item_tree(certificate()) is None
    assert leaf_for(certificate(), SECRET).items_root == bytes(32)


@given(LEAVES, st.lists(HASHES, min_size=1, max_size=9, unique=True))
def test_the_batch_is_bound_to_issuer_and_scheme(leaf: Leaf, others: list[bytes]) -> None:
    tree = MerkleTree({leaf.hash(), *others})
    root = process_proof(leaf.hash(), tree.proof(leaf.hash()))
    assert leaf.batch_id(root) == naive.key_of(leaf.issuer, leaf.scheme, tree.root)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issuer": None}, "issuer"),
        ({"issuer": "urn:x"}, "issuer"),
        ({"issuer": {"name": "x"}}, "issuer.identifier"),
        ({"scheme": None}, "scheme"),
        ({"scheme": 7}, "scheme"),
        ({"issueDate": None}, "issueDate"),
        ({"issueDate": 20261122}, "issueDate"),
        ({"validUntil": True}, "validUntil"),
        ({"destination": 5}, "destination"),
        ({"items": {}}, "items"),
        ({"items": [{"number": 1, "allowance": 0}]}, "items[0].allowance"),
        ({"items": [{"number": 1, "allowance": True}]}, "items[0].allowance"),
        ({"items": [{"number": 1, "allowance": "5"}]}, "items[0].allowance"),
        ({"items": [{"allowance": 5}]}, "items[0].number"),
        ({"items": [{"number": 1, "allowance": 5}, {"number": 1, "allowance": 5}]}, "items[1].number"),
        ({"items": [{"number": 2**32, "allowance": 5}]}, "items[0].number"),
        ({"allowance": {"units": 0}}, "allowance.units"),
        ({"allowance": {"units": 2**53}}, "allowance.units"),
        ({"allowance": []}, "allowance"),
        ({"allowance": {"units": 4}, "items": [{"number": 1, "allowance": 5}]}, "allowance.units"),
        ({"items": [{"number": n, "allowance": 2**53 - 1} for n in (1, 2)]}, "allowance.units"),
    ],
)
def test_a_document_whose_terms_are_unclear_has_no_leaf(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        terms.leaf_terms(certificate(**changes))
    assert caught.value.reason == "TERMS_INVALID"
    assert caught.value.context["field"] == field


@pytest.mark.parametrize("text", ["", "rcep", "RCEP ", "A" * 32, "RC_EP", "É", "RCEP\n", "RCEP\0"])
def test_scheme_codes_are_capitals_digits_and_hyphens(text: str) -> None:
    with pytest.raises(BadInput, match="SCHEME_INVALID"):
        terms.scheme_id(text)


@pytest.mark.parametrize("text", ["", "C", "cn", "ABCDEFGHI", "C-", "CN\n", "ÇN"])
def test_territory_codes_are_two_to_eight_capitals_or_digits(text: str) -> None:
    with pytest.raises(BadInput, match="TERRITORY_INVALID"):
        terms.territory_id(text)


@pytest.mark.parametrize(
    "value", [b"", bytes(32), b"cn".ljust(8, b"\0"), b"C\0N".ljust(8, b"\0"), b"\xff" * 8, b"CN"]
)
def test_bytes_that_are_no_territory_are_refused(value: bytes) -> None:
    with pytest.raises(BadInput, match="TERRITORY_INVALID"):
        terms.territory_code(value)


@pytest.mark.parametrize("value", [bytes(32), b"RC\0EP".ljust(32, b"\0"), b"RCEP", b"\xff" * 32, b"A" * 32])
def test_bytes_that_are_no_scheme_are_refused(value: bytes) -> None:
    with pytest.raises(BadInput, match="SCHEME_INVALID"):
        terms.scheme_code(value)


def test_the_zero_territory_and_day_are_any_and_not_stated() -> None:
    assert terms.territory_code(bytes(8)) is None
    assert terms.day_date(0) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20261122",
        "2026-W47-7",
        "2026-11-31",
        "2026-1-1",
        "1970-01-01",
        "1969-12-31",
        "0000-01-01",
        "２０２６-11-22",
    ],
)
def test_days_are_calendar_days_after_1970_01_01(text: str) -> None:
    with pytest.raises(BadInput, match="DAY_INVALID"):
        terms.day_number(text)


def test_a_day_is_a_date_or_its_text() -> None:
    no_days: list[Any] = [None, 20261122, b"2026-11-22"]
    for value in no_days:
        with pytest.raises(BadInput, match="DAY_INVALID"):
            terms.day_number(value)


def test_a_leaf_made_of_other_sizes_is_refused() -> None:
    with pytest.raises(BadInput, match="LEAF_INVALID"):
        Leaf(b"short", bytes(32), bytes(32), bytes(8), 0, 0, 1)


@pytest.mark.parametrize("number", [-1, 10**9])
def test_numbers_beyond_the_calendar_are_no_days(number: int) -> None:
    with pytest.raises(BadInput, match="DAY_INVALID"):
        terms.day_date(number)


@given(st.dates(date(1970, 1, 2)))
def test_days_and_their_numbers_are_one_to_one(day: date) -> None:
    assert terms.day_date(terms.day_number(day)) == day
    assert terms.day_number(day.isoformat()) == terms.day_number(day)


@pytest.mark.parametrize("text", ["", "x" * 257, " urn:x", "urn:x\n", "urn:\x00", "\ud800", 7])
def test_identifiers_are_printable_text_of_bounded_length(text: Any) -> None:
    with pytest.raises(BadInput, match="IDENTIFIER_INVALID"):
        terms.organisation_id(text)
