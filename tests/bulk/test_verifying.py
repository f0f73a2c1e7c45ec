"""A large verification is read beside the service, and says of each certificate what is said of it alone."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from ledger_app.api import verification
from ledger_app.errors import Broken
from ledger_app.proof.canonical import canonical_bytes, parse_object
from ledger_app.services.readers import Readers
from tests.support import databases
from tests.support.world import World

GOOD = 32


@pytest.fixture
def world(worlds: Any) -> Iterator[World]:
    found: World = worlds(databases.SQLITE)
    before, found.ctx.readers = found.ctx.readers, Readers(1)
    yield found
    found.ctx.readers.close()
    found.ctx.readers = before


def queries(world: World) -> list[dict[str, Any]]:
    """Good bundles, and everything else that may be among them."""
    made = world.issue(*(world.document() for _ in range(GOOD)))
    with world.client("chamber-cn") as client:
        files = [client.get(f"/v1/certificates/{each['id']}/bundle").content for each in made]
        part = client.post(f"/v1/certificates/{made[0]['id']}/bundle", json={"disclose": ["/number"]})
    bundles = [parse_object(file, max_bytes=1 << 20, max_depth=40) for file in files]
    forged = parse_object(files[0].replace(b'"scheme":"RCEP"', b'"scheme":"ATIGA"'))
    elsewhere = parse_object(files[1]) | {"registered": bundles[1]["registered"] | {"chainId": 5}}  # type: ignore[operator]
    broken = {"format": "origin-ledger/bundle/v1"}
    asked = [{"bundle": each} for each in (*bundles, forged, elsewhere, broken, {"format": 7})]
    asked += [{"bundle": bundles[2], "at": "2020-02-29"}, {"bundle": bundles[3], "claim": "0x" + "11" * 32}]
    asked += [{"number": made[4]["number"]}, {"digest": made[5]["digest"]}]
    return [*asked, {"document": bundles[6]["document"]}, {"bundle": parse_object(part.content)}]


def posted(world: World, raw: bytes) -> Any:
    with world.client("customs-au") as client:
        return client.post("/v1/verify/batch", content=raw, headers={"content-type": "application/json"})


def body_of(queries: list[dict[str, Any]]) -> bytes:
    return canonical_bytes({"queries": queries}, max_depth=48)  # type: ignore[dict-item]


def without_age(reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reports as they were made, but for how old the ledger's head was just then."""
    for report in reports:
        report["ledger"] = None
        for check in report["checks"]:
            if check["name"] == "freshness":
                check["detail"] = ""
        without_age(report["matches"])
    return reports


def wait_for_a_reader(world: World) -> None:
    until = time.monotonic() + 60
    while not world.ctx.readers._free:
        assert time.monotonic() < until, "no process was started"
        time.sleep(0.02)


def never(_raw: bytes) -> Any:
    raise Broken("INTERNAL", "it was read within the service")


def test_what_is_read_beside_the_service_is_told_as_what_is_read_within_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = queries(world)
    one_by_one = [posted(world, body_of([query])).json()["reports"][0] for query in asked]
    assert world.ctx.readers._count == 0  # each by itself is not worth the way
    first = posted(world, body_of(asked))
    wait_for_a_reader(world)

    monkeypatch.setattr(verification, "_read", never)
    second = posted(world, body_of(asked))
    told = without_age(second.json()["reports"])
    assert told == without_age(first.json()["reports"]) == without_age(one_by_one)
    verdicts = [report["verdict"] for report in told]
    assert verdicts[:GOOD] == ["GENUINE"] * GOOD
    assert [report["reason"] for report in told[GOOD : GOOD + 5]] == [
        "DIGEST_DIFFERS", "OTHER_LEDGER", "BUNDLE_INVALID", "BUNDLE_FORMAT", ""
    ]  # fmt: skip
    assert told[GOOD + 4]["standing"] == "not-yet-valid"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"queries":"all","brief":"%s"}', "BODY_INVALID"),
        (b'{"queries":[{"number":"%s"}]}', "BODY_INVALID"),
        (b'{"queries":[{"number":"%s"},', "JSON_SYNTAX"),
    ],
)
def test_a_large_body_that_is_wrong_is_refused_in_the_same_words(
    world: World, body: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = body % (b"x" * 120_000)
    first = posted(world, raw)
    wait_for_a_reader(world)
    monkeypatch.setattr(verification, "_read", never)
    second = posted(world, raw)
    assert (first.status_code, first.json()["reason"]) == (400, reason)
    assert first.json() == second.json()
