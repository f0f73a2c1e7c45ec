"""The contracts' interfaces: a reason for every refusal, a call for every act, records as in the ABI."""

import secrets
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from hexbytes import HexBytes

from ledger_app.chain import abi, calls, effects
from ledger_app.chain.facts import RECORD_WORDS, read_record
from ledger_app.errors import BadInput, Broken
from ledger_app.proof.hashes import keccak
from ledger_app.proof.typed_data import ACTS
from ledger_app.reasons import REASONS
from tests.chain.kit import a_leaf, hexed, single

ZERO32 = "0x" + "00" * 32
PAIR = {"key": "0x" + "11" * 20, "signature": "0x" + "22" * 64}


def test_every_custom_error_of_the_contracts_has_a_published_reason() -> None:
    assert len(abi.refusals()) > 50
    assert [r.reason for r in abi.refusals().values() if r.reason not in REASONS] == []


def test_reason_codes_are_the_errors_names_in_upper_snake() -> None:
    assert abi.reason_code("KeyNotValid") == "KEY_NOT_VALID"
    assert abi.reason_code("Paused") == "PAUSED"


def test_refusals_carry_their_arguments_by_name() -> None:
    refusal = next(r for r in abi.refusals().values() if r.name == "KeyNotValid")
    data = refusal.selector + encode(refusal.types, [b"\1" * 32, "0x" + "ab" * 20])
    assert abi.explain(data) == (
        "KEY_NOT_VALID",
        {"organisation": "0x" + "01" * 32, "key": "0x" + "ab" * 20},
    )


@pytest.mark.parametrize("data", [None, b"", b"\1\2", b"\1\2\3\4", bytes.fromhex("08c379a0") + b"\xff" * 40])
def test_unreadable_revert_data_is_a_bare_refusal(data: bytes | None) -> None:
    assert abi.explain(data)[0] == "REVERTED"


def test_a_truncated_custom_error_is_a_bare_refusal() -> None:
    refusal = next(r for r in abi.refusals().values() if r.types)
    assert abi.explain(refusal.selector + b"\0" * 5)[0] == "REVERTED"


def test_records_read_from_words_are_what_the_abi_says() -> None:
    function = abi.interface("CertificateRegistry").functions["lookup"]
    (kind,) = [t for t in function.outputs if t.endswith("[]")]
    words = [int.from_bytes(secrets.token_bytes(1), "big") % 2 for _ in range(RECORD_WORDS)]
    for place in range(RECORD_WORDS):
        data = b"".join(
            (secrets.token_bytes(2) if i == place and i not in (6, 7, 13, 25, 26) else bytes([0, w])).rjust(
                32, b"\0"
            )
            if i not in (12, 17, 18)
            else secrets.token_bytes(8).ljust(32, b"\0")
            for i, w in enumerate(words)
        )
        data = data[: 32 * 3] + bytes(31) + b"\1" + data[32 * 4 :]  # kind is a uint8
        data = data[: 32 * 27] + bytes(31) + b"\2" + data[32 * 28 :]
        packed = (32).to_bytes(32, "big") + (1).to_bytes(32, "big") + data
        (((batch, confirmation, disowned, standing, before, claim, org, key, accreditation),),) = decode(
            [kind], packed
        )
        record = read_record(packed, 64)
        assert (record.batch.key, record.batch.time, record.batch.count, record.batch.kind) == batch
        assert (record.confirmation.key, record.confirmation.time) == confirmation
        assert record.disowned == disowned
        s = record.standing
        assert (s.status, s.reason, s.epoch, s.used, s.time) == standing
        assert record.predecessor == before
        c = record.claim
        assert (c.state, c.reason, c.units, c.time, c.items_hash) == claim
        o = record.organisation
        assert (o.territory, o.roles, o.epoch, o.since) == org
        k = record.key
        assert (k.since, k.until, k.disowned_since, k.disowned, k.vouched) == key
        a = record.accreditation
        assert (a.kind, a.from_day, a.until_day, a.epoch, a.since) == accreditation


def _log(topics: list[bytes], data: bytes) -> Any:
    """A log as web3 gives it."""
    place = dict.fromkeys(("address", "blockHash", "blockNumber", "logIndex", "transactionHash"), 0)
    return {
        **place,
        "transactionIndex": 0,
        "topics": [HexBytes(t) for t in topics],
        "data": HexBytes(data),
    }


KEY = "0x" + "ab" * 20
KEY_ADDED = keccak(b"KeyAdded(bytes32,address,bytes32,bool,address)")


def test_events_are_read_with_bytes_as_bytes_and_addresses_in_lower_case() -> None:
    topics = [KEY_ADDED, b"\1" * 32, encode(["address"], [KEY]), b"\2" * 32]
    event = abi.interface("Consortium").event(_log(topics, encode(["bool", "address"], [True, KEY])))
    assert event is not None
    assert event.name == "KeyAdded"
    who = {"organisation": b"\1" * 32, "key": KEY, "sponsor": b"\2" * 32}
    assert event.args == {**who, "vouched": True, "signer": KEY}
    assert type(event.args["organisation"]) is bytes


def test_a_log_that_the_artifact_does_not_know_is_passed_over() -> None:
    assert abi.interface("Consortium").event(_log([b"\7" * 32], b"")) is None
    assert abi.interface("Consortium").event(_log([], b"")) is None


@pytest.mark.parametrize(
    ("topics", "data"), [([KEY_ADDED], bytes(64)), ([KEY_ADDED, bytes(32), bytes(32), bytes(32)], bytes(5))]
)
def test_a_log_that_is_not_its_events_is_a_broken_answer(topics: list[bytes], data: bytes) -> None:
    with pytest.raises(Broken) as refused:
        abi.interface("Consortium").event(_log(topics, data))
    assert refused.value.reason == "NODE_ANSWER"


@pytest.mark.parametrize(
    "values",
    [
        (b"\1" * 32, "ledger.eth"),
        (b"\1" * 31, KEY),
        (b"\1" * 33, KEY),
        (b"\1" * 32, KEY[:-2]),
        (b"\1" * 32,),
        (b"\1" * 32, KEY, 1),
    ],
)
def test_a_call_takes_only_values_of_its_types(values: tuple[Any, ...]) -> None:
    assert len(abi.interface("Consortium").call("keyOf", b"\1" * 32, KEY)) == 4 + 64
    with pytest.raises(BadInput) as refused:
        abi.interface("Consortium").call("keyOf", *values)
    assert refused.value.reason == "ACT_ENCODING"


def test_a_long_question_is_encoded_as_a_short_one() -> None:
    registry = abi.interface("CertificateRegistry")
    rows = [tuple(bytes([i, j]) * 16 for j in range(5)) for i in range(3)]
    assert registry.call_many("lookup", rows) == registry.call("lookup", rows)


def test_every_act_can_be_sent_or_travels_inside_another() -> None:
    assert set(ACTS) - set(calls.SENDABLE) == {"AcceptSeat", "AcceptKey"}


def test_every_act_that_is_sent_can_be_recognised_as_done() -> None:
    assert set(effects.KINDS) == set(calls.SENDABLE)


@pytest.mark.parametrize("kind", calls.SENDABLE)
def test_an_act_without_its_fields_is_refused_with_a_reason(kind: str) -> None:
    with pytest.raises(BadInput) as refused:
        calls.encode_act(kind, {}, {}, [PAIR])
    assert refused.value.reason == "ACT_ENCODING"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BadInput, match="AcceptKey"):
        calls.encode_act("AcceptKey", {}, {}, [PAIR])


@pytest.mark.parametrize("broken", ["0x12", "12", 7, None, "0x" + "zz" * 64])
def test_a_signature_of_another_shape_is_refused(broken: object) -> None:
    leaf = a_leaf()
    message = {"leaf": hexed(leaf.hash()), "reason": 1, "deadline": 5}
    with pytest.raises(BadInput):
        calls.encode_act("Revoke", message, single(leaf), [{"key": PAIR["key"], "signature": broken}])


def test_votes_are_given_in_the_order_of_the_members_addresses() -> None:
    message = {"call": "0x", "salt": ZERO32, "epoch": 1, "expires": 9}
    low = {"key": "0x" + "01" * 20, "signature": "0x" + "aa" * 64}
    high = {"key": "0x" + "FF" * 20, "signature": "0x" + "bb" * 64}
    _, one = calls.encode_act("Vote", message, {}, [low, high])
    _, other = calls.encode_act("Vote", message, {}, [high, low])
    assert one == other
    assert one.index(b"\xaa" * 64) < one.index(b"\xbb" * 64)
