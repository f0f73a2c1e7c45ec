"""Agreements at the door and at the border, on a real chain: refused, issued, verified, acquitted."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ledger_app.errors import Unprocessable
from ledger_app.services import certificates, clearing, importing, issuing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from ledger_app.services.search.filters import Filters
from ledger_app.services.search.finding import find
from tests.domain.test_papers import FULL
from tests.support.world import World


def step_9(report: dict[str, Any]) -> dict[str, Any]:
    [found] = [check for check in report["checks"] if check["number"] == 9]
    return dict(found)


def use_up(world: World, certificate: dict[str, str], declaration: str) -> None:
    customs, reference = world.principal("customs-au"), Reference(id=certificate["id"])
    world.done(clearing.acquit(world.ctx, customs, reference, declaration, None, None, ALWAYS))


def test_a_certificate_with_every_field_is_issued_and_genuine(world: World) -> None:
    made = world.document(**copy.deepcopy(FULL))
    (issued,) = world.issue(made | {"issuanceBasis": "authority"})
    whole = certificates.bundle(world.ctx, world.principal("chamber-cn"), issued["id"])
    report = world.verify(file=whole, at="2026-12-01")
    assert (report["verdict"], report["standing"]) == ("GENUINE", "good")


def test_the_importer_finds_what_names_it(world: World) -> None:
    made = world.document(importer={"name": "Harbour Imports Pty Ltd"})
    (issued,) = world.issue(made)
    listed = find(world.ctx, world.principal("chamber-cn"), Filters(party="harbour imports pty ltd")).rows
    assert issued["id"] in [row["id"] for row in listed]


def test_hidden_fields_that_the_scheme_asks_for_are_told_and_the_verdict_stays(world: World) -> None:
    (issued,) = world.issue()
    part = certificates.bundle(
        world.ctx, world.principal("chamber-cn"), issued["id"], ["/number", "/items/0"]
    )
    report = world.verify(file=part, at="2026-12-01")
    assert report["verdict"] == "GENUINE"
    assert step_9(report)["outcome"] == "warning"
    hidden = {one["pointer"] for one in report["content"] if one["rule"] == "UNDISCLOSED"}
    assert {"/items", "/exportCountry", "/originCountry"} <= hidden
    assert "/number" not in hidden


def test_what_an_agreement_refuses_is_not_issued_and_nothing_is_recorded(world: World) -> None:
    chamber = world.principal("chamber-cn")
    good, bad = world.document(), world.document(importCountry="US", destination="US")
    with pytest.raises(Unprocessable) as refused:
        issuing.issue(world.ctx, chamber, [good, bad], ALWAYS)
    assert (refused.value.reason, refused.value.context["index"]) == ("DOCUMENT_INVALID", 1)
    [found] = [one for one in refused.value.context["findings"] if one["severity"] == "error"]
    assert (found["pointer"], found["rule"], found["source"]) == (
        "/importCountry",
        "NOT_A_PARTY",
        "RCEP, preamble",
    )
    assert find(world.ctx, chamber, Filters(number=good["number"])).rows == []


@pytest.mark.conformance
@pytest.mark.parametrize("kind", ["json", "csv"])
def test_outside_samples_completed_are_issued_verified_and_acquitted(
    world: World, outside_data: Path, kind: str
) -> None:
    name = f"src_test_fixtures_data-file_sample-data-file-coo.{kind}"
    raw = (outside_data / "coo" / name).read_bytes()
    chamber = world.principal("chamber-cn")
    lacking = importing.read_file(world.ctx, chamber, raw, name)["documents"]
    assert not any(one["ready"] for one in lacking)
    own: dict[str, Any] = {"scheme": "NON-PREFERENTIAL", "issuanceBasis": "authority"}
    if kind == "json":
        completed = json.dumps({**json.loads(raw), **own}).encode()
    else:
        own |= {
            "exporter.name": "Maker", "consignee.name": "Buyer", "exportCountry": "CN",
            "importCountry": "AU", "originCountry": "CN", "items.0.description": "Flasks",
            "items.0.hsCode": "961700",
        }  # fmt: skip
        header, *rows = raw.decode().splitlines()
        extra = ",".join(own.values())
        completed = "\n".join([",".join([header, *own]), *(f"{row},{extra}" for row in rows)]).encode()
    documents = importing.read_file(world.ctx, chamber, completed, name)["documents"]
    assert [one["ready"] for one in documents] == [True] * len(lacking)
    issued = world.issue(*({**one["document"], "number": f"{kind}-{n}"} for n, one in enumerate(documents)))
    for certificate in issued:
        whole = certificates.bundle(world.ctx, chamber, certificate["id"])
        assert world.verify(file=whole)["verdict"] == "GENUINE"
        use_up(world, certificate, f"AU-{certificate['number']}")
        assert world.verify(file=whole)["standing"] == "used-up"
