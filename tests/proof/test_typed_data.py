"""Typed data of every act, against eth_account; signatures; the type strings in the contracts."""

import re
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_app.errors import BadInput
from ledger_app.proof.eip712 import Act, Domain, ItemUnits
from ledger_app.proof.hashes import keccak
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.typed_data import ACTS, Issue, MemberPause, Revoke, Vote, address_of, recover, sign
from tests.proof.strategies import HASHES
from tests.vectors.signed_cases import type_strings

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts" / "src"
DOMAIN = Domain(1337, "0x" + "a1" * 20)
ADDRESSES = st.binary(min_size=20, max_size=20).map(to_hex)
KEYS = st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big"))
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bytes32": HASHES,
    "bytes": st.binary(max_size=200),
    "address": ADDRESSES,
    "bytes32[]": st.lists(HASHES, max_size=4).map(tuple),
    "ItemUnits[]": st.lists(
        st.builds(ItemUnits, st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)), max_size=4
    ).map(tuple),
    **{f"uint{bits}": st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}


def _acts(kind: type[Act]) -> st.SearchStrategy[Act]:
    return st.tuples(*(_VALUES[solidity] for solidity in kind.SOLIDITY.values())).map(
        lambda values: kind(*values)
    )


@pytest.mark.parametrize("name", sorted(ACTS))
@settings(max_examples=25)
@given(data=st.data(), chain_id=st.integers(1, 2**53 - 1), contract=ADDRESSES)
def test_digests_are_those_of_eth_account(
    name: str, data: st.DataObject, chain_id: int, contract: str
) -> None:
    act, domain = data.draw(_acts(ACTS[name])), Domain(chain_id, contract)
    signable = encode_typed_data(full_message=act.typed_data(domain))
    assert domain.separator() == signable.header
    assert act.struct_hash() == signable.body
    assert act.digest(domain) == keccak(b"\x19" + signable.version + signable.header + signable.body)


@pytest.mark.parametrize("name", sorted(ACTS))
@settings(max_examples=10)
@given(data=st.data())
def test_messages_survive_json_and_every_member_counts(name: str, data: st.DataObject) -> None:
    act, other = data.draw(_acts(ACTS[name])), data.draw(_acts(ACTS[name]))
    assert ACTS[name].from_json(act.to_json()) == act
    assert (act.digest(DOMAIN) == other.digest(DOMAIN)) is (act == other)
    for member, value in other.to_json().items():
        mixed = ACTS[name].from_json({**act.to_json(), member: value})
        assert (mixed.digest(DOMAIN) == act.digest(DOMAIN)) is (act.to_json()[member] == value)


def test_the_contracts_hold_exactly_the_type_strings_of_the_protocol() -> None:
    text = "".join(path.read_text("utf-8") for path in sorted(CONTRACTS.rglob("*.sol")))
    found = set(re.findall(r'keccak256\(\s*"([A-Z]\w+\([^"]*)"\s*\)', text))
    acts = {kind for _, kind in type_strings()}
    assert {act.type_string() for act in ACTS.values()} == acts
    assert acts <= found
    assert {each.partition("(")[0] for each in found} - set(ACTS) == {"Leaf", "Item", "ItemUnits"}


@given(KEYS, HASHES)
def test_what_a_key_signs_is_recovered_to_its_address(key: bytes, digest: bytes) -> None:
    signature = sign(digest, key)
    assert len(signature) == 64
    assert recover(digest, signature) == address_of(key) == str(Account.from_key(key).address).lower()


def test_eth_account_makes_the_same_signature() -> None:
    key, act = b"\7" * 32, MemberPause("0x" + "0b" * 20, 5, 1, 9)
    theirs = Account.from_key(key).sign_typed_data(full_message=act.typed_data(DOMAIN))
    vs = theirs.s | (theirs.v - 27) << 255
    assert sign(act.digest(DOMAIN), key) == theirs.r.to_bytes(32, "big") + vs.to_bytes(32, "big")


def test_an_act_signed_for_one_contract_or_chain_is_not_signed_for_another() -> None:
    act, key = Revoke(b"l" * 32, 1, 9), b"\7" * 32
    signature = sign(act.digest(DOMAIN), key)
    for other in (Domain(1, DOMAIN.contract), Domain(DOMAIN.chain_id, "0x" + "a2" * 20)):
        assert recover(act.digest(other), signature) != address_of(key)


def test_a_capital_letter_in_an_address_changes_nothing() -> None:
    assert Domain(1, "0x" + "aB" * 20).separator() == Domain(1, "0x" + "ab" * 20).separator()
    message = {"member": "0x" + "aB" * 20, "deadline": 1}
    assert ACTS["AcceptSeat"].from_json(message).to_json()["member"] == "0x" + "ab" * 20


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), b"\xff" * 32, bytes(33)])
def test_what_is_no_private_key_does_not_sign(key: bytes) -> None:
    with pytest.raises(BadInput, match="KEY_INVALID"):
        sign(bytes(32), key)


@pytest.mark.parametrize("signature", [b"", bytes(64), b"\xff" * 64, bytes(65), "x" * 64, None])
def test_what_is_no_signature_recovers_to_nobody(signature: Any) -> None:
    with pytest.raises(BadInput, match="SIGNATURE_INVALID"):
        recover(bytes(32), signature)


_ISSUE = Issue(b"i" * 32, b"s" * 32, b"r" * 32, 1, 9).to_json()


@pytest.mark.parametrize(
    ("kind", "message", "reason"),
    [
        ("Issue", None, "ACT_INVALID"),
        ("Issue", [], "ACT_INVALID"),
        ("Issue", {}, "ACT_INVALID"),
        ("Issue", {**_ISSUE, "extra": 1}, "ACT_INVALID"),
        ("Issue", {**_ISSUE, "count": -1}, "ACT_INVALID"),
        ("Issue", {**_ISSUE, "count": 2**32}, "ACT_INVALID"),
        ("Issue", {**_ISSUE, "count": True}, "ACT_INVALID"),
        ("Issue", {**_ISSUE, "count": "1"}, "ACT_INVALID"),
        ("Issue", {**_ISSUE, "root": "0x00"}, "HEX_INVALID"),
        ("Issue", {**_ISSUE, "root": "0x" + "AB" * 32}, "HEX_INVALID"),
        ("Issue", {**_ISSUE, "root": 7}, "HEX_INVALID"),
        ("AcceptSeat", {"member": "0x", "deadline": 1}, "HEX_INVALID"),
        ("AcceptSeat", {"member": None, "deadline": 1}, "HEX_INVALID"),
        ("Vote", {"call": "0x0", "salt": "0x" + "00" * 32, "epoch": 1, "expires": 1}, "HEX_INVALID"),
    ],
)
def test_a_malformed_message_is_refused(kind: str, message: Any, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        ACTS[kind].from_json(message)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "items", [None, {}, [1], [{"item": 1}], [{"item": 1, "units": -1}], [{"item": 1, "units": 1, "x": 1}]]
)
def test_malformed_items_of_an_act_are_refused(items: Any) -> None:
    words = dict.fromkeys(("leaf", "customs", "claim"), "0x" + "00" * 32)
    with pytest.raises(BadInput, match="ACT_INVALID"):
        ACTS["Acquit"].from_json({**words, "units": 1, "items": items, "deadline": 1})


_KINDS: list[Any] = [(Revoke, (1, 9)), (Vote, (bytes(32), 1, 9))]


def test_a_field_of_another_kind_does_not_hash() -> None:
    acts: list[Any] = [
        Revoke(b"short", 1, 9),
        *(kind(value, *rest) for value in ("text", None, 7) for kind, rest in _KINDS),
    ]
    for act in acts:
        with pytest.raises(BadInput, match="ACT_INVALID"):
            act.struct_hash()
