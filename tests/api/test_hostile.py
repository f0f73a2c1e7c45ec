"""Hostile input at every route: a 4xx problem with a published reason code, never a 500, never silence."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger_app.reasons import REASONS
from tests.support.world import World

# One caller for each thing it takes to get past the policy, so that the bodies are really read.
CALLERS = ("chamber-cn", "customs-au", "carrier", "authority-cn", "council-1", "operator")

BODIES: dict[str, bytes] = {
    "duplicate keys": b'{"documents":[],"documents":[],"reason":"1","reason":"2"}',
    "NaN": b'{"reason":NaN,"documents":[NaN],"number":NaN}',
    "infinity": b'{"reason":-Infinity}',
    "1e400": b'{"seconds":1e400,"units":1e400,"documents":[{"x":1e400}]}',
    "lone surrogate": b'{"number":"\\ud800","declaration":"\\udfff","documents":[{"number":"\\ud800"}]}',
    "NUL": b'{"number":"a\\u0000b","declaration":"\\u0000","reason":"\\u0000"}',
    "raw NUL": b'{"number":"a\x00b"}',
    "deep nesting": b'{"documents":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "true for 1": b'{"units":true,"seconds":true,"kind":true,"reason":true,"code":true,"replyBy":true}',
    "wrong types": b'{"documents":"x","reason":{},"certificate":[],"key":1,"signature":[],"roles":3}',
    "an array": b"[]",
    "a number": b"17",
    "null": b"null",
    "empty": b"",
    "not JSON": b"<xml/>",
    "trailing": b"{} {}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "not UTF-8": b'{"number":"\xff\xfe"}',
    "unknown members": b'{"surprise":1}',
    "huge integer": b'{"units":' + b"9" * 5000 + b"}",
    "a huge string": b'{"reason":"' + b"x" * 100_000 + b'","documents":[]}',
}


@pytest.fixture(scope="module")
def paths(world: World) -> list[tuple[str, str]]:
    with world.client() as client:
        schema = client.get("/v1/openapi.json").json()
    return [
        (method.upper(), path)
        for path, operations in schema["paths"].items()
        for method in operations
        if method in ("get", "post", "put", "delete", "patch")
    ]


@pytest.fixture(scope="module", params=CALLERS)
def client(world: World, request: pytest.FixtureRequest) -> Iterator[TestClient]:
    with world.client(request.param) as client:
        yield client


@pytest.fixture(scope="module", params=("customs-au", "operator"))
def reader(world: World, request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """Two who may read most things."""
    with world.client(request.param) as client:
        yield client


def assert_refused(reply: Any, what: object) -> None:
    assert 400 <= reply.status_code < 500, (what, reply.status_code, reply.text[:300])
    assert reply.headers["content-type"] == "application/problem+json", what
    problem = reply.json()
    assert problem["reason"] in REASONS, what
    assert problem["status"] == reply.status_code, what
    assert problem["title"], what
    assert problem["next"], what


@pytest.mark.parametrize("kind", BODIES)
def test_hostile_bodies_are_refused_by_every_route_that_reads_one(
    client: TestClient, paths: list[tuple[str, str]], kind: str
) -> None:
    for method, path in paths:
        if method != "POST":
            continue
        url = re.sub(r"{[^}]*}", "0" * 32, path)
        reply = client.post(url, content=BODIES[kind], headers={"Content-Type": "application/json"})
        if path == "/v1/imports/judgement" and reply.status_code == 200:
            # What is wrong with a page of rows is what it tells, row by row.
            assert not any(row["ready"] for row in reply.json()["rows"]), kind
            continue
        assert_refused(reply, (url, kind))


@pytest.mark.parametrize(
    "media",
    ["text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=", "", "é/é"],
)
def test_wrong_content_types_are_refused(
    client: TestClient, paths: list[tuple[str, str]], media: str
) -> None:
    for method, path in paths:
        if method == "POST":
            url = re.sub(r"{[^}]*}", "0" * 32, path)
            reply = client.post(url, content=b"{}", headers={"Content-Type": media.encode("latin-1")})
            assert_refused(reply, (url, media))


@pytest.mark.parametrize("name", ["at", "claim", "file"])
@pytest.mark.parametrize("text", [b"\\ud800", b"\\x00"])
def test_form_in_a_character_set_that_spells_surrogates_is_refused(
    world: World, name: str, text: bytes
) -> None:
    given = b'filename="' + text + b'"' if name == "file" else b""
    body = (
        b'--B\r\nContent-Disposition: form-data; name="file"; '
        + (given or b'filename="x"')
        + b"\r\n\r\n{}\r\n"
        b'--B\r\nContent-Disposition: form-data; name="'
        + name.replace("file", "at").encode()
        + b'"\r\n\r\n'
        + (b"" if given else text)
        + b"\r\n--B--\r\n"
    )
    kind = "multipart/form-data; boundary=B; charset=unicode_escape"
    with world.client() as client:
        for path in ("/v1/verify", "/verify"):
            reply = client.post(path, content=body, headers={"Content-Type": kind})
            assert reply.status_code == 400, (path, reply.text[:300])


@pytest.mark.parametrize(
    "segment",
    ["%00", "a%00b", "%ff%fe", "%ed%a0%80", "x" * 5000, "%2e%2e%2f", "'--", "%0d%0aX:1", "😀", "0x"],
)
def test_hostile_paths_are_refused(client: TestClient, paths: list[tuple[str, str]], segment: str) -> None:
    for method, path in paths:
        if "{" in path:
            url = re.sub(r"{[^}]*}", segment, path)
            reply = client.request(method, url, content=b"{}", headers={"Content-Type": "application/json"})
            assert_refused(reply, url)


@pytest.mark.parametrize(
    "value", ["%00", "%ff", "x" * 9000, "-1", "1e400", "NaN", "9" * 5000, "%ed%a0%80", "v1.%00"]
)
def test_hostile_query_parameters_are_refused_or_find_nothing(
    reader: TestClient, paths: list[tuple[str, str]], value: str
) -> None:
    names = (
        "cursor",
        "limit",
        "wait",
        "number",
        "digest",
        "issuer",
        "party",
        "state",
        "subject",
        "disclose",
        "at",
    )
    for method, path in paths:
        if method == "GET":
            url = re.sub(r"{[^}]*}", "0" * 32, path)
            for name in names:
                reply = reader.get(f"{url}?{name}={value}")
                assert reply.status_code < 500, (url, name, reply.text[:300])
                if reply.status_code >= 400:
                    assert_refused(reply, (url, name))


def test_hostile_headers_are_refused(client: TestClient) -> None:
    for headers in (
        {"Idempotency-Key": ""},
        {"Idempotency-Key": "x" * 201},
        {"Idempotency-Key": "a b"},
        {"Idempotency-Key": b"\xff\xfe"},
        {"X-Long": "x" * 9000},
        {"Content-Length": "99999999999999999999"},
        {"Content-Length": "-1"},
    ):
        reply = client.post(
            "/v1/enquiries",
            content=b'{"act":"unpause"}',
            headers={"Content-Type": "application/json", **headers},
        )
        assert_refused(reply, headers)


def test_unknown_methods_and_addresses_are_problems(client: TestClient) -> None:
    for method, path, status in (
        ("PATCH", "/v1/ledger", 405),
        ("BREW", "/v1/ledger", 405),
        ("GET", "/v1/nothing", 404),
        ("POST", "/livez", 405),
    ):
        reply = client.request(method, path)
        assert reply.status_code == status
        assert_refused(reply, (method, path))


def test_a_body_beyond_its_bound_is_refused_before_it_is_read(world: World) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 200 << 20:
            sent += 1 << 20
            yield b" " * (1 << 20)

    with world.client("customs-au") as client:
        for path, reason in (
            ("/v1/verify", "FILE_TOO_LARGE"),
            ("/v1/council/acts", "TOO_LARGE"),
            ("/v1/enquiries", "TOO_LARGE"),
            ("/v1/certificates/0/acquit", "TOO_LARGE"),
        ):
            announced = client.post(path, content=b"", headers={"Content-Length": str(200 << 20)})
            assert (announced.status_code, announced.json()["reason"]) == (413, reason)
        assert (
            "Split"
            not in client.post("/v1/verify", content=b"", headers={"Content-Length": str(200 << 20)}).json()[
                "next"
            ]
        )
        chunked = client.post(
            "/v1/verify", content=endless(), headers={"Content-Type": "application/octet-stream"}
        )
        assert (chunked.status_code, chunked.json()["reason"]) == (413, "FILE_TOO_LARGE")


def test_hostile_documents_inside_a_good_envelope_are_refused(world: World) -> None:
    document = world.document()
    spoiled: list[dict[str, Any]] = [
        {**document, "number": "a" * 1000},
        {**document, "items": []},
        {**document, "items": [{}]},
        {**document, "version": True},
        {**document, "issueDate": "2026-02-30"},
        {**document, "allowance": {"units": 0, "unit": "x"}},
        {**document, "destination": "au"},
        {**document, "extensions": 1},
        {**document, "exporter": None},
        {**document, "surprise": {}},
        {},
    ]
    with world.client("chamber-cn") as client:
        for each in spoiled:
            reply = client.post("/v1/certificates", json={"documents": [each]})
            assert_refused(reply, each)
            assert reply.json()["index"] == 0


def test_hostile_files_are_findings_of_a_report_or_problems(world: World) -> None:
    files = [
        *BODIES.values(),
        b"\x00" * 1000,
        b"%PDF-1.7",
        json.dumps({"format": "origin-ledger/bundle/v9"}).encode(),
    ]
    with world.client("customs-au") as client:
        for content in files:
            for reply in (
                client.post("/v1/verify", files={"file": ("x.json", content)}),
                client.post(
                    "/v1/verify", content=content, headers={"Content-Type": "application/octet-stream"}
                ),
            ):
                if reply.status_code == 200:
                    report = reply.json()
                    assert report["verdict"] == "CANNOT_TELL"
                    assert report["reason"] in REASONS
                else:
                    assert_refused(reply, content[:50])
