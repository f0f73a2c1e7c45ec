"""From capture to anchor, on a real chain with a real signer."""

from typing import Any

import pytest

from ledger_app.errors import Conflict, NotFound, Unprocessable
from ledger_app.proof.hexes import to_hex
from ledger_app.services import anchoring, capturing, signing, tracking
from tests.cargo.conftest import Yard, document, event, outcomes

# --- capturing ----------------------------------------------------------------------------------------------


def test_good_events_are_kept_and_bad_ones_reported(yard: Yard) -> None:
    report = yard.capture(event(1), event(2, eventTime="soon"), "x", event(3), stream=yard.new_stream())
    assert [one["index"] for one in report["accepted"]] == [0, 3]
    assert [(one["index"], one["reason"], one["pointer"]) for one in report["refused"]] == [
        (1, "CARGO_TIME", "/epcisBody/eventList/1/eventTime"),
        (2, "CARGO_FIELD_TYPE", "/epcisBody/eventList/2"),
    ]
    assert all(one["fix"] and one["detail"] for one in report["refused"])


def test_all_or_nothing_keeps_nothing_when_one_is_refused(yard: Yard) -> None:
    stream = yard.new_stream()
    with pytest.raises(Unprocessable) as refused:
        yard.capture(event(1), event(2, action="MAYBE"), stream=stream, all_or_nothing=True)
    assert refused.value.reason == "CARGO_EVENTS_REFUSED"
    assert [one["index"] for one in refused.value.context["refused"]] == [1]
    assert stream not in [one["name"] for one in tracking.streams(yard.ctx, yard.carrier.organisation or "")]


def test_the_same_content_is_a_duplicate_and_other_content_is_not(yard: Yard) -> None:
    stream = yard.new_stream()
    seal = {"ex:seal": "S1"}
    first = yard.capture(event(1, **seal), stream=stream)["accepted"][0]
    again = dict(reversed(list(event(1, **seal).items())))
    # The same words under other spelling of the document, in another stream of the same reporter.
    elsewhere = yard.capture(again, {**again, "recordTime": "2026-11-23T00:00:00Z"}, stream=yard.new_stream())
    assert elsewhere["accepted"] == []
    assert [one["event"] for one in elsewhere["duplicate"]] == [first["event"]] * 2
    wrong = {"errorDeclaration": {"declarationTime": "2026-11-23T00:00:00Z", "reason": "did_not_occur"}}
    (declared,) = yard.capture(event(1, **seal, **wrong), stream=stream)["accepted"]
    assert declared["eventHash"] == first["eventHash"]
    assert declared["repeats"] == first["event"]
    (other,) = yard.capture(event(1, **{"ex:seal": "S2"}), stream=stream)["accepted"]
    assert other["eventHash"] != first["eventHash"]
    assert other["repeats"] is None


def test_a_capture_can_be_looked_up_and_its_document_is_as_it_was_sent(yard: Yard) -> None:
    raw = document(event(5)).replace(b'"bizStep"', b'"ex:n": 1.50, "bizStep"')
    report = capturing.capture(yard.ctx, yard.carrier, raw, stream=yard.new_stream())
    assert capturing.captured_document(yard.ctx, yard.carrier, report["capture"]) == raw
    found = capturing.capture_report(yard.ctx, yard.carrier, report["capture"])
    assert found["accepted"] == report["accepted"]
    with pytest.raises(NotFound):
        capturing.capture_report(yard.ctx, yard.other, report["capture"])


def test_an_overlong_event_is_refused_by_itself(yard: Yard) -> None:
    heavy = event(1, **{f"ex:part{n}": "x" * 16_000 for n in range(20)})
    report = yard.capture(heavy, event(77), stream=yard.new_stream())
    assert [(one["index"], one["reason"]) for one in report["refused"]] == [(0, "CARGO_EVENT_TOO_LARGE")]
    assert len(report["accepted"]) == 1


# --- anchoring ----------------------------------------------------------------------------------------------


def test_an_anchored_stream_is_whole_and_each_event_is_in_it(yard: Yard) -> None:
    stream = yard.new_stream()
    report = yard.anchored(*(event(n) for n in range(100, 105)), stream=stream)
    whole = yard.verify(stream)
    assert (whole["verdict"], whole["whole"]) == ("GENUINE", True)
    assert set(outcomes(whole).values()) == {"passed"}
    assert (whole["stream"]["events"], whole["stream"]["anchored"]) == (5, 5)
    for one in report["accepted"]:
        told = yard.verify(one["event"])
        assert (told["kind"], told["verdict"], outcomes(told)["inclusion"]) == ("event", "GENUINE", "passed")
    assert yard.verify(report["accepted"][0]["eventHash"])["event"]["id"] == report["accepted"][0]["event"]


def test_later_events_are_pending_until_the_next_anchor_which_continues_the_first(yard: Yard) -> None:
    stream = yard.new_stream()
    yard.anchored(event(110), event(111), stream=stream)
    report = yard.capture(event(112), stream=stream)
    late = report["accepted"][0]["event"]
    assert yard.verify(stream)["stream"]["pending"] == 1
    assert yard.verify(stream)["verdict"] == "GENUINE"
    assert (yard.verify(late)["verdict"], outcomes(yard.verify(late))["inclusion"]) == (
        "CANNOT_TELL",
        "cannot-tell",
    )
    message = report["anchor"]["message"]
    assert message["count"] == 3
    assert message["previous"] != to_hex(bytes(32))
    yard.sign(report["anchor"]["id"])
    assert yard.verify(late)["verdict"] == "GENUINE"
    assert outcomes(yard.verify(stream))["earlier heads"] == "passed"


def test_a_stream_that_was_never_anchored_cannot_be_told(yard: Yard) -> None:
    stream = yard.new_stream()
    yard.capture(event(115), stream=stream)
    told = yard.verify(stream)
    assert (told["verdict"], told["whole"]) == ("CANNOT_TELL", None)
    assert "CARGO_NOT_ANCHORED" in {check["reason"] for check in told["checks"]}


def test_there_is_one_anchor_on_its_way_and_the_next_takes_what_came_meanwhile(yard: Yard) -> None:
    stream = yard.new_stream()
    first = yard.capture(event(120), stream=stream)["anchor"]
    second = yard.capture(event(121), stream=stream)["anchor"]
    assert second["id"] == first["id"]
    yard.sign(first["id"])
    assert yard.verify(stream)["stream"]["pending"] == 1
    anchoring.Anchorer(yard.ctx).step()
    waiting = next(
        one for one in tracking.streams(yard.ctx, yard.carrier.organisation or "") if one["name"] == stream
    )
    yard.sign(waiting["act"])
    assert yard.verify(stream)["stream"]["pending"] == 0
    with pytest.raises(Conflict) as nothing:
        yard.anchor_again(stream)
    assert nothing.value.reason == "CARGO_NOTHING_TO_ANCHOR"


def test_an_anchor_the_signer_refused_is_asked_for_again_only_after_a_while(yard: Yard) -> None:
    stream = yard.new_stream()
    act = yard.capture(event(125), stream=stream)["anchor"]["id"]
    signing.refuse(yard.ctx, yard.carrier, act, "SIGNER_PERSON_REFUSED")
    anchoring.Anchorer(yard.ctx).step()
    assert _waiting(yard, stream) is None
    assert yard.anchor_again(stream)["state"] == "needs-signature"


def _waiting(yard: Yard, stream: str) -> Any:
    (one,) = (s for s in tracking.streams(yard.ctx, yard.carrier.organisation or "") if s["name"] == stream)
    return one["act"]


def test_only_its_reporter_anchors_a_stream(yard: Yard) -> None:
    stream = yard.new_stream()
    yard.capture(event(126), stream=stream)
    with pytest.raises(NotFound):
        anchoring.anchor(yard.ctx, yard.other, yard.row(stream).id)
