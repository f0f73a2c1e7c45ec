"""What the ledger says of an issuer is held against a document before anybody is asked to sign it."""

from typing import Any

import pytest

from ledger_app.errors import LedgerError, NodeUnavailable, Unprocessable
from ledger_app.services import importing, issuing, members, offices
from ledger_app.services.context import ALWAYS
from ledger_app.store import standings
from tests.bulk.desk import Desk
from tests.bulk.tables import record, table
from tests.support.world import World


def issue(world: World, *documents: dict[str, Any]) -> Any:
    return issuing.issue(world.ctx, world.principal("chamber-cn"), list(documents), ALWAYS)


def abroad(world: World) -> dict[str, Any]:
    document = world.document()
    return {**document, "issuer": {**document["issuer"], "territory": "AU"}}


WRONG = [
    ("/issuer/territory", "ISSUER_TERRITORY_DIFFERS", {"issuer__territory": "AU"}),
    ("/issuanceBasis", "BASIS_DIFFERS", {"issuanceBasis": "self-certified"}),
    ("/scheme", "NOT_ACCREDITED", {"scheme": "AANZFTA"}),
]


@pytest.mark.parametrize(("pointer", "rule", "changes"), WRONG)
def test_what_no_verifier_would_call_genuine_or_the_ledger_refuses_is_not_signed(
    world: World, pointer: str, rule: str, changes: dict[str, str]
) -> None:
    wrong = abroad(world) if "issuer__territory" in changes else world.document(**changes)
    with pytest.raises(LedgerError) as refused:
        issue(world, wrong)
    (found,) = refused.value.context["findings"]
    assert (found["pointer"], found["rule"], refused.value.context["index"]) == (pointer, rule, 0)
    assert all(found[name] for name in ("words", "fix", "source"))
    assert refused.value.reason == (rule if rule == "NOT_ACCREDITED" else "DOCUMENT_INVALID")


@pytest.mark.parametrize(("pointer", "rule", "changes"), WRONG)
def test_an_import_tells_the_row_before_anybody_signs(
    world: World, pointer: str, rule: str, changes: dict[str, str]
) -> None:
    chamber = world.actors["chamber-cn"]
    named = {"issuer__identifier": chamber.identifier, "issuer__name": "x", "issuer__territory": "CN"}
    data = [record("N-1", **{**named, **changes})]
    preview = importing.read_file(world.ctx, world.principal("chamber-cn"), table(data), "x.csv")
    (shown,) = preview["documents"]
    assert (shown["ready"], shown["findings"][0]["rule"]) == (False, rule)
    with Desk.of(world) as desk:
        number, wrong = desk.number(), desk.number()
        done = desk.imported(table([record(number), {**data[0], "number": wrong}]))
        assert (done["refused"], done["issued"]) == (1, 1)
        (found,) = [each for each in done["findings"] if each["severity"] == "error"]
        assert (found["pointer"], found["rule"], found["row"]) == (pointer, rule, 3)
        assert desk.verdict(number) == "GENUINE/good"


@pytest.fixture
def forgetful(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose index has not seen its members yet."""
    monkeypatch.setattr(standings, "office", lambda *_: (None, {}))
    return world


def test_what_cannot_be_read_in_the_index_is_left_to_the_ledger(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    junk = {"0x" + "ff" * 32: 1, "0x" + b"RCEP".hex().ljust(64, "0"): 77}
    monkeypatch.setattr(standings, "office", lambda *_: ("0x" + "ff" * 8, junk))
    world.done(issue(world, world.document()))


def test_an_index_that_is_behind_refuses_nothing(forgetful: World) -> None:
    world = forgetful
    world.done(issue(world, world.document()))
    with pytest.raises(Unprocessable, match="territory"):
        issue(world, abroad(world))
    with Desk.of(world) as desk:
        assert desk.imported(table([record(desk.number())]))["issued"] == 1


def test_nothing_is_refused_while_the_ledger_cannot_be_asked(
    forgetful: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = forgetful

    def down(*_: Any) -> Any:
        raise NodeUnavailable("NODE_UNAVAILABLE")

    monkeypatch.setattr(world.ctx.gateway, "organisation", down)
    assert issue(world, abroad(world))["certificates"]


def test_an_accreditation_that_is_over_is_none(world: World) -> None:
    chamber, scheme = world.actors["chamber-au"], "CHAFTA"
    by = world.principal("authority-au")
    ends = members.accredit(world.ctx, by, chamber.identifier, scheme, 1, "2020-01-01", "2020-12-31", ALWAYS)
    world.done(ends)
    document = world.document(scheme=scheme)
    document["issuer"] = {"identifier": chamber.identifier, "name": "x", "territory": "AU"}
    world.catch_up()
    (found,) = offices.findings(world.ctx, chamber.id, [document])
    world.done(world.accreditation("chamber-au", scheme))
    assert [each.rule for each in found] == ["NOT_ACCREDITED"]
    assert offices.findings(world.ctx, chamber.id, [document]) == [[]]
