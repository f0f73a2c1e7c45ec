"""How requests behave: idempotency, pages, health, the published tables, imports."""

import json
import threading
import time
from typing import Any

import pytest

from ledger_app.reasons import REASONS
from tests.support.world import World


def test_a_repeated_key_gives_the_same_answer_and_one_effect(world: World) -> None:
    body = {"documents": [world.document()]}
    with world.client("chamber-cn") as client:
        first = client.post("/v1/certificates", json=body, headers={"Idempotency-Key": "k-1"})
        second = client.post("/v1/certificates", json=body, headers={"Idempotency-Key": "k-1"})
        assert (first.status_code, second.status_code) == (202, 202)
        assert first.json() == second.json()
        other = client.post(
            "/v1/certificates", json={"documents": [world.document()]}, headers={"Idempotency-Key": "k-1"}
        )
        assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    with world.client("chamber-au") as client:  # another organisation's keys are its own
        theirs = client.post("/v1/certificates", json=body, headers={"Idempotency-Key": "k-1"})
        assert theirs.json()["reason"] == "ISSUER_DIFFERS"
    world.done(first.json())


def test_equal_requests_at_once_have_one_effect(world: World) -> None:
    body = json.dumps({"documents": [world.document()]}).encode()
    answers: list[Any] = []
    headers = {"Idempotency-Key": "at-once", "Content-Type": "application/json"}
    with world.client("chamber-cn") as client:

        def ask() -> None:
            answers.append(client.post("/v1/certificates", content=body, headers=headers))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["act"]["id"] for answer in answers}) == 1


def test_a_failed_request_does_not_use_up_its_key(world: World) -> None:
    document = world.document()
    headers = {"Idempotency-Key": "k-2"}
    with world.client("chamber-cn") as client:
        taken = client.post("/v1/certificates", json={"documents": [document]})
        clash = client.post("/v1/certificates", json={"documents": [document]}, headers=headers)
        assert clash.json()["reason"] == "NUMBER_TAKEN"
        act = taken.json()["act"]["id"]
        client.post(f"/v1/signing/requests/{act}/refusal", json={"reason": "SIGNER_PERSON_REFUSED"})
        again = client.post("/v1/certificates", json={"documents": [document]}, headers=headers)
        assert again.status_code == 202


def test_lists_are_read_page_by_page_without_gaps_or_repeats(world: World) -> None:
    issued = {c["id"] for c in world.issue(*(world.document() for _ in range(5)))}
    with world.client("chamber-cn") as client:
        seen: list[str] = []
        cursor = None
        while True:
            query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
            page = client.get("/v1/certificates", params=query).json()
            seen += [row["id"] for row in page["certificates"]]
            cursor = page["next"]
            if cursor is None:
                break
    assert len(seen) == len(set(seen))
    assert issued <= set(seen)
    assert seen == sorted(seen, reverse=True)


def test_certificates_are_found_by_party_name_and_container_by_those_who_may(world: World) -> None:
    (certificate,) = world.issue(world.document(containers=["CSQU3054383"]))
    with world.client("chamber-cn") as client:
        document = client.get(f"/v1/certificates/{certificate['id']}").json()["document"]
        for query in ({"container": "CSQU3054383"}, {"party": document["exporter"]["name"].upper()}):
            rows = client.get("/v1/certificates", params={**query, "limit": 200}).json()["certificates"]
            assert certificate["id"] in [row["id"] for row in rows]
    for stranger in ("chamber-au", "carrier", "trader"):
        with world.client(stranger) as client:
            rows = client.get("/v1/certificates", params={"container": "CSQU3054383"}).json()
            assert rows["certificates"] == []
            assert client.get(f"/v1/certificates/{certificate['id']}").status_code == 404
            assert client.get(f"/v1/certificates/{certificate['id']}/bundle").status_code == 404


def test_a_foreign_file_is_read_completed_and_told_what_is_missing(world: World) -> None:
    with world.client("chamber-cn") as client:
        mine = client.post("/v1/imports", files={"file": ("x.json", json.dumps(world.document()).encode())})
        (document,) = mine.json()["documents"]
        assert document["ready"] is True
        table = b"exporter.name,importCountry\nACME,AU\n"
        (row,) = client.post("/v1/imports", files={"file": ("x.csv", table)}).json()["documents"]
        assert row["ready"] is False
        assert row["document"]["issuer"]["identifier"] == world.actors["chamber-cn"].identifier
        assert any(finding["rule"] == "FIELD_MISSING" for finding in row["findings"])


def test_an_act_can_be_waited_for(world: World) -> None:
    with world.client("chamber-cn") as client:
        asked = client.post("/v1/certificates", json={"documents": [world.document()]}).json()
        act = asked["act"]["id"]
        (request,) = [r for r in client.get("/v1/signing/requests").json()["requests"] if r["id"] == act]
        assert request["evidence"]["documents"][0]["document"]["type"] == "certificate-of-origin"
        world.sign(world.actors["chamber-cn"], request)
        shown = client.get(f"/v1/acts/{act}", params={"wait": 30}).json()
        assert shown["state"] in ("included", "final")
        assert shown["gasUsed"] <= 75_000


def test_a_signature_that_was_not_asked_for_or_is_malformed_is_refused(world: World) -> None:
    with world.client("chamber-cn") as client:
        asked = client.post("/v1/certificates", json={"documents": [world.document()]}).json()
        url = f"/v1/signing/requests/{asked['act']['id']}/signature"
        key = world.actors["chamber-cn"].address
        for signature, reason in (
            ("0x" + "00" * 64, "SIGNATURE_INVALID"),
            ("0x" + "ff" * 64, "SIGNATURE_INVALID"),
            ("0x" + "11" * 65, "BODY_INVALID"),
            ("zz", "HEX_INVALID"),
        ):
            reply = client.post(url, json={"key": key, "signature": signature})
            assert (reply.status_code, reply.json()["reason"]) == (400, reason)
    with world.client("customs-au") as client:
        assert client.post(url, json={"key": key, "signature": "0x" + "11" * 64}).status_code == 404
        assert client.get(f"/v1/acts/{asked['act']['id']}").status_code == 404


def test_the_service_says_that_it_is_ready_and_what_it_serves(world: World) -> None:
    with world.client() as client:
        assert client.get("/livez").json() == {"status": "alive"}
        world.catch_up()
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        ledger = client.get("/v1/ledger").json()
        assert ledger["registry"] == world.ctx.pin.address("CertificateRegistry")
        assert ledger["head"]["block"] >= 1


def test_the_published_reasons_are_the_whole_table(world: World) -> None:
    with world.client() as client:
        published = client.get("/v1/reasons").json()
    assert {entry["code"] for entry in published["reasons"]} == set(REASONS)
    assert [check["name"] for check in published["checks"]][:4] == [
        "readable",
        "integrity",
        "terms",
        "inclusion",
    ]
    assert {code["code"] for code in published["exitCodes"]} == {0, 2, 10, 11, 12, 13, 20}


def test_every_reference_of_the_openapi_document_resolves(world: World) -> None:
    with world.client() as client:
        document = client.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    names = set(document["components"]["schemas"])
    refs = set(_refs(document))
    assert refs
    assert {ref.removeprefix("#/components/schemas/") for ref in refs} <= names


def _refs(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in _refs(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in _refs(value)]
    return []


@pytest.mark.parametrize("path", ["/v1/verify", "/v1/verify?at=2026-12-01"])
def test_a_file_is_verified_however_it_is_sent(world: World, path: str) -> None:
    (certificate,) = world.issue()
    with world.client("chamber-cn") as client:
        bundle = client.get(f"/v1/certificates/{certificate['id']}/bundle").content
    with world.client() as client:
        replies = [
            client.post(path, files={"file": ("c.json", bundle)}, data={"claim": ""}),
            client.post(path, content=bundle, headers={"Content-Type": "application/octet-stream"}),
            client.post(path, json={"bundle": json.loads(bundle)}),
            client.post(path, json={"digest": certificate["digest"]}),
        ]
        batch = client.post("/v1/verify/batch", json={"queries": [{"bundle": json.loads(bundle)}] * 3})
    for reply in replies:
        assert (reply.status_code, reply.json()["verdict"]) == (200, "GENUINE")
    assert [report["verdict"] for report in batch.json()["reports"]] == ["GENUINE"] * 3


def test_waiting_callers_keep_nobody_else_from_being_served(world: World) -> None:
    answers: list[Any] = []
    with world.client("chamber-cn") as client:
        act = client.post("/v1/certificates", json={"documents": [world.document()]}).json()["act"]["id"]

        def wait() -> None:
            answers.append(client.get(f"/v1/acts/{act}", params={"wait": 4}).json()["state"])

        threads = [threading.Thread(target=wait) for _ in range(60)]  # more than there are worker threads
        for thread in threads:
            thread.start()
        started = time.monotonic()
        assert client.get("/v1/me").status_code == 200
        served = time.monotonic() - started
        for thread in threads:
            thread.join()
        client.post(f"/v1/signing/requests/{act}/refusal", json={"reason": "SIGNER_PERSON_REFUSED"})
    assert answers == ["needs-signature"] * 60
    assert served < 3


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        ("/v1/certificates?Scheme=RCEP&count=true", "Scheme"),
        ("/v1/certificates?scheme=RCEP&numberprefix=A", "numberprefix"),
        ("/v1/certificates/export?Scheme=RCEP", "Scheme"),
    ],
)
def test_a_parameter_that_does_not_exist_is_refused_and_those_that_do_are_named(
    world: World, path: str, unknown: str
) -> None:
    with world.client("chamber-cn") as client:
        refused = client.get(path)
        found = refused.json()
        assert (refused.status_code, found["reason"], found["parameter"]) == (
            400,
            "PARAMETER_UNKNOWN",
            unknown,
        )
        assert unknown not in found["known"]
        described = client.get("/v1/openapi.json").json()["paths"]
        told = described[path.partition("?")[0]]["get"]
        named = {one["name"] for one in told.get("parameters", []) if one["in"] == "query"}
        assert set(found["known"]) == named
        assert "400" in told["responses"]


@pytest.mark.parametrize("path", ["/v1/certificates", "/v1/certificates/export"])
def test_every_filter_that_is_described_is_taken(world: World, path: str) -> None:
    with world.client("chamber-cn") as client:
        described = client.get("/v1/openapi.json").json()["paths"][path]["get"]["parameters"]
        for one in described:
            if one["in"] == "query":
                answer = client.get(path, params={one["name"]: "1"})
                assert "PARAMETER_UNKNOWN" not in answer.text, one["name"]
