"""The routes: the EPCIS 2.0 binding, our own, and what hostile bodies get."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger_app.access.principals import Kind, create_token
from ledger_app.app import create_app
from ledger_app.proof.hexes import to_hex
from tests.cargo.conftest import STANDARD, Yard, document, event
from tests.chain.kit import CARRIER, CHAMBER

LD = {"Content-Type": "application/ld+json"}
PROCEED = {**LD, "GS1-Capture-Error-Behaviour": "proceed"}


class Api:
    """A client with the tokens of a carrier, a chamber and a trader."""

    def __init__(self, yard: Yard, client: TestClient) -> None:
        self.client = client
        store = yard.ctx.store
        self.carrier = self._as(create_token(store, Kind.ORGANISATION, organisation=to_hex(CARRIER.id)))
        self.chamber = self._as(create_token(store, Kind.ORGANISATION, organisation=to_hex(CHAMBER.id)))
        self.trader = self._as(create_token(store, Kind.TRADER))

    @staticmethod
    def _as(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def capture(self, raw: bytes, headers: dict[str, str] = LD, **query: str) -> Any:
        return self.client.post(
            "/v1/epcis/capture", content=raw, headers={**self.carrier, **headers}, params=query
        )


@pytest.fixture(scope="module")
def api(yard: Yard) -> Iterator[Api]:
    yard.follower.step()
    running: Any = SimpleNamespace(services=yard.ctx)
    with TestClient(create_app(yard.ctx.settings, running), raise_server_exceptions=False) as client:
        yield Api(yard, client)


def test_a_capture_keeps_all_or_nothing_as_the_binding_says(yard: Yard, api: Api) -> None:
    raw = document(event(300), event(301, action="MAYBE"))
    refused = api.capture(raw, stream=yard.new_stream())
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["reason"] == "CARGO_EVENTS_REFUSED"
    assert [one["pointer"] for one in refused.json()["refused"]] == ["/epcisBody/eventList/1/action"]
    taken = api.capture(raw, PROCEED, stream=yard.new_stream())
    assert taken.status_code == 202
    assert (len(taken.json()["accepted"]), len(taken.json()["refused"])) == (1, 1)
    assert taken.headers["GS1-EPCIS-Version"] == "2.0.0"
    job = api.client.get(taken.headers["Location"], headers=api.carrier).json()
    assert (job["captureID"], job["running"], job["success"]) == (taken.json()["capture"], False, False)
    again = api.client.get(taken.headers["Location"] + "/document", headers=api.carrier)
    assert again.content == raw


def test_a_single_event_is_captured_and_found_at_its_location(yard: Yard, api: Api) -> None:
    raw = json.dumps({**event(302), "@context": STANDARD}).encode()
    address = f"/v1/epcis/events?stream={yard.new_stream()}"
    made = api.client.post(address, content=raw, headers={**api.carrier, **LD})
    assert made.status_code == 201
    found = api.client.get(made.headers["Location"], headers=api.trader).json()
    assert found == {**event(302), "@context": [STANDARD]}
    again = api.client.post(address, content=raw, headers={**api.carrier, **LD})
    assert again.headers["Location"] == made.headers["Location"]


def test_own_events_are_listed_page_by_page_as_a_query_document(yard: Yard, api: Api) -> None:
    api.capture(document(*(event(n) for n in range(310, 315))), stream=yard.new_stream())
    seen: list[str] = []
    address = "/v1/epcis/events?perPage=3&eventType=ObjectEvent"
    while address:
        page = api.client.get(address, headers=api.carrier)
        body = page.json()
        assert body["type"] == "EPCISQueryDocument"
        seen += [
            json.dumps(one, sort_keys=True)
            for one in body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        ]
        address = page.headers.get("Link", "").partition(">")[0].lstrip("<")
    assert len(seen) == len(set(seen))
    assert sum(f"011111.{n}" in one for one in seen for n in range(310, 315)) == 5
    bounded = api.client.get(
        "/v1/epcis/events",
        params={"GE_eventTime": "2026-11-22T23:00:00+08:00", "LT_eventTime": "2026-11-23T00:00:00+08:00"},
        headers=api.carrier,
    ).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert bounded
    assert {one["eventTime"] for one in bounded} == {"2026-11-22T23:00:00+08:00"}


def test_a_history_a_verification_and_a_proof_are_open_to_whoever_is_signed_in(yard: Yard, api: Api) -> None:
    report = api.capture(document(event(320)), stream=yard.new_stream(), consignment="UCR-API").json()
    yard.sign(report["anchor"]["id"])
    made = report["accepted"][0]["event"]
    told = api.client.get("/v1/cargo/history", params={"subject": "UCR-API"}, headers=api.trader).json()
    assert [one["proof"]["state"] for one in told["events"]] == ["anchored"]
    for name in (made, report["stream"]["id"], report["stream"]["stream"]):
        assert (
            api.client.get("/v1/cargo/verify", params={"name": name}, headers=api.trader).json()["verdict"]
            == "GENUINE"
        )
    proof = api.client.get(f"/v1/cargo/events/{made}/proof", headers=api.trader).json()
    checked = api.client.post("/v1/cargo/proofs/verify", json=proof)
    assert checked.json()["verdict"] == "GENUINE"
    assert api.client.get(f"/v1/cargo/events/{made}", headers=api.trader).json()["id"] == made


def test_only_reporters_capture_and_strangers_see_nothing(yard: Yard, api: Api) -> None:
    raw = document(event(330))
    for who in (api.chamber, api.trader):
        refused = api.client.post("/v1/epcis/capture", content=raw, headers={**who, **LD})
        assert (refused.status_code, refused.json()["reason"]) == (403, "NOT_ENTITLED")
    assert api.client.get("/v1/cargo/history?subject=x").status_code == 401
    assert api.client.get("/v1/cargo/verify?name=x").status_code == 401
    assert api.client.post("/v1/epcis/capture", content=raw, headers=LD).status_code == 401


DEEP = b'{"a":' * 1000 + b"1" + b"}" * 1000


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff\xfe", b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":1e400}',
        b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', DEEP, b"{}", b'{"type":true}', b'{"@context":[],"type":1}',
        document(None), document(1), document([]), document({"type": "ObjectEvent"}),
        document({**event(1), "eventTime": 7}), document({**event(1), "epcList": {"a": 1}}),
        document({**event(1), "sensorElementList": [None]}),
        document({**event(1), "bizTransactionList": [[]]}),
        document(event(1), **{"@context": [{"ex": {"@id": 7}}, 3, None]}),
        document(event(1), **{"@context": {"ex": None}}),
        document({**event(1), "@context": 7}), document({**event(1), "@context": [[["x"]]]}),
        document({**event(1), "ilmd": {"ex:a": {"b": [1]}}, "action": "ADD"}),
    ],
)  # fmt: skip
def test_hostile_bodies_get_a_problem_or_are_taken_but_never_break_the_service(
    yard: Yard, api: Api, raw: bytes
) -> None:
    for headers in (LD, PROCEED):
        answer = api.capture(raw, headers, stream=yard.new_stream())
        assert answer.status_code in (202, 400, 413, 422), answer.text
        if answer.status_code != 202:
            assert answer.json()["reason"]
    assert api.client.post("/v1/cargo/proofs/verify", content=raw, headers=LD).status_code in (200, 400, 413)


@pytest.mark.parametrize(
    ("query", "headers", "status", "reason"),
    [
        ({"consignment": "a\u202eb"}, LD, 400, "CARGO_CONSIGNMENT"),
        ({"stream": " "}, LD, 400, "CARGO_STREAM_NAME"),
        ({}, {"Content-Type": "text/xml"}, 415, "MEDIA_TYPE_UNSUPPORTED"),
        ({}, {**LD, "GS1-Capture-Error-Behaviour": "maybe"}, 400, "CARGO_BEHAVIOUR"),
    ],
)
def test_odd_options_are_refused_with_a_reason(
    api: Api, query: dict[str, str], headers: dict[str, str], status: int, reason: str
) -> None:
    answer = api.capture(document(event(1)), headers, **query)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


@pytest.mark.parametrize(
    "address",
    [
        "/v1/epcis/events?GE_eventTime=yesterday", "/v1/epcis/events?nextPageToken=%21%21",
        "/v1/epcis/events/..%2f",
        "/v1/epcis/events/nothing", "/v1/epcis/capture/nothing", "/v1/cargo/events/nothing/proof",
        "/v1/cargo/verify?name=nothing", "/v1/cargo/streams/nothing/verify", "/v1/cargo/history",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_problem_with_a_reason(api: Api, address: str) -> None:
    answer = api.client.get(address, headers=api.carrier)
    assert 400 <= answer.status_code < 500
    assert answer.json()["reason"]
