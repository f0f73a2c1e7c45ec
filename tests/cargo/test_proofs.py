"""Proofs to carry away, and histories."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger_app.errors import BadInput, Conflict, NotFound
from ledger_app.proof.cargo_proof import CargoProof
from ledger_app.proof.hexes import to_hex
from ledger_app.services import cargo_checks, tracking
from tests.cargo.conftest import TRADER, Yard, event, outcomes, rows

# --- proofs to carry away -----------------------------------------------------------------------------------


def test_a_proof_holds_by_itself_and_against_the_ledger(yard: Yard, anchored: str) -> None:
    row = rows(yard, anchored)[4]
    proof = json.loads(json.dumps(cargo_checks.event_proof(yard.ctx, row["id"])))
    CargoProof.from_json(proof).check()
    told = cargo_checks.verify_proof(yard.ctx, proof)
    assert (told["verdict"], outcomes(told)) == ("GENUINE", {"inclusion": "passed", "ledger": "passed"})


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("event", lambda value: {**value, "action": "ADD"}),
        ("event", lambda value: {**value, "eventID": "urn:uuid:1"}),
        ("salt", lambda value: to_hex(bytes(16))),
        ("index", lambda value: value - 1),
        ("path", lambda value: value[:-1]),
        ("path", lambda value: [*value, value[0]]),
        ("count", lambda value: value + 1),
        ("head", lambda value: to_hex(bytes(32))),
    ],
)
def test_a_proof_that_was_altered_does_not_hold(
    yard: Yard, anchored: str, member: str, change: Callable[[Any], Any]
) -> None:
    proof = cargo_checks.event_proof(yard.ctx, rows(yard, anchored)[3]["id"])
    altered = {**proof, member: change(proof[member])}
    assert cargo_checks.verify_proof(yard.ctx, altered)["verdict"] == "NOT_GENUINE"


@pytest.mark.parametrize("member", ["reporter", "stream"])
def test_a_proof_under_another_name_is_not_known_to_the_ledger(
    yard: Yard, anchored: str, member: str
) -> None:
    proof = cargo_checks.event_proof(yard.ctx, rows(yard, anchored)[3]["id"])
    told = cargo_checks.verify_proof(yard.ctx, {**proof, member: to_hex(b"\7" * 32)})
    assert told["verdict"] == "CANNOT_TELL"


@pytest.mark.parametrize(
    "value", [None, [], {}, {"format": "origin-ledger/cargo-proof/v1"}, {"format": 7, "event": {}}]
)
def test_what_is_no_proof_is_refused(yard: Yard, value: Any) -> None:
    with pytest.raises(BadInput):
        cargo_checks.verify_proof(yard.ctx, value)


def test_an_event_that_is_not_anchored_has_no_proof(yard: Yard) -> None:
    made = yard.capture(event(160), stream=yard.new_stream())["accepted"][0]["event"]
    with pytest.raises(Conflict) as refused:
        cargo_checks.event_proof(yard.ctx, made)
    assert refused.value.reason == "CARGO_NOT_ANCHORED"


# --- histories ----------------------------------------------------------------------------------------------


def test_the_history_of_a_consignment_is_in_order_with_reporter_and_proof(yard: Yard) -> None:
    stream = yard.new_stream()
    steps = [("arriving", 9), ("loading", 3), ("departing", 5)]
    events = [
        event(
            170,
            bizStep=step,
            eventTime=f"2026-11-22T{hour:02d}:00:00Z",
            readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"},
        )
        for step, hour in steps
    ]
    report = yard.capture(*events, stream=stream, consignment="UCR-26-1")
    yard.sign(report["anchor"]["id"])
    yard.capture(
        event(171, bizStep="unloading", eventTime="2026-11-22T10:00:00Z"),
        stream=stream,
        consignment="UCR-26-1",
    )
    told = tracking.history(yard.ctx, TRADER, " UCR-26-1 ")
    assert [one["bizStep"] for one in told["events"]] == ["loading", "departing", "arriving", "unloading"]
    assert [one["proof"]["state"] for one in told["events"]] == ["anchored"] * 3 + ["pending"]
    first = told["events"][0]
    assert first["reporter"]["identifier"] == "urn:test:carrier"
    assert first["proof"]["block"] > 0
    assert first["proof"]["transaction"].startswith("0x")
    assert first["subjects"] == [{"kind": "consignment", "name": "UCR-26-1", "source": "capture"}]
    assert told["more"] is False


def test_a_container_and_a_certificate_number_lead_to_their_events(yard: Yard) -> None:
    packed = {
        **{k: v for k, v in event(180).items() if k != "epcList"},
        "type": "AggregationEvent",
        "action": "ADD",
        "parentID": "urn:epc:id:bic:MSKU1234565",
        "childEPCs": ["urn:epc:id:sscc:4012345.3111111111"],
        "bizTransactionList": [{"type": "cert", "bizTransaction": "urn:example:coo:CN-26-77"}],
    }
    made = yard.capture(packed, stream=yard.new_stream())["accepted"][0]["event"]
    for name in ("MSKU1234565", "msku 123456-5", "CN-26-77", "urn:epc:id:sscc:4012345.3111111111"):
        assert [one["id"] for one in tracking.history(yard.ctx, TRADER, name)["events"]] == [made], name
    assert tracking.history(yard.ctx, TRADER, "nothing of the kind")["events"] == []


def test_an_event_declared_wrong_says_so(yard: Yard) -> None:
    wrong = {"declarationTime": "2026-11-23T00:00:00Z", "reason": "did_not_occur"}
    stream = yard.new_stream()
    yard.capture(event(190), event(190, errorDeclaration=wrong), stream=stream, consignment="UCR-26-2")
    told = tracking.history(yard.ctx, TRADER, "UCR-26-2")
    assert [one["errorDeclared"] for one in told["events"]] == [False, True]


def test_unknown_names_are_not_found(yard: Yard) -> None:
    with pytest.raises(NotFound) as unknown:
        yard.verify("no-such-thing")
    assert unknown.value.reason == "CARGO_EVENT_UNKNOWN"
    # A stream is found by its name on the ledger, by anybody; by its short name, while there is one of it.
    stream = yard.new_stream()
    yard.capture(event(195), stream=stream)
    for name in (stream, yard.row(stream).stream, yard.row(stream).id):
        assert cargo_checks.verify(yard.ctx, yard.other, name)["stream"]["name"] == stream
