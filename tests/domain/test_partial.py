"""A document with errors is judged by the fields that are right, and by nothing that could not be read."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from ledger_app.domain.certificate import check_document, check_for_issue
from ledger_app.domain.findings import Finding
from ledger_app.domain.samples import sample_document


def at_odds() -> dict[str, Any]:
    """A document of good form in which nearly every rule between fields finds something."""
    made = sample_document(
        items=3,
        per_item_allowance=10,
        destination="NZ",
        validUntil="2026-11-01",
        exportCountry="JP",
        flags=["certified-true-copy"],
        original={"number": "O-1", "issueDate": "2026-12-01", "validUntil": "2026-12-31"},
        agent={"name": "Agent"},
        producerStatus="unknown",
        certifierAuthorisation={"number": "A-1", "date": "2027-01-01"},
        blanketPeriod={"starts": "2026-02-01", "ends": "2026-01-01"},
        invoices=[{"number": "I-9", "date": "2027-01-01", "issuedBy": {"name": "Other"}}],
    )
    made["allowance"]["units"] = 7
    for place, item in enumerate(made["items"]):
        item["grossMass"] = {"value": "1", "unit": "KGM"}
        item["netMass"] = {"value": "2", "unit": "KGM"}
        item["number"] = place + 2
        item["hsCode"] = "980000"
        item["fobValue"] = {"amount": "1", "currency": ("USD", "EUR", "CNY")[place]}
    return made


def places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a JSON value but the whole."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, member in members:
        yield (*path, name)
        yield from places(member, (*path, name))


def without(made: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy with another value at `path`, or without it where that is `...`."""
    changed = copy.deepcopy(made)
    node = changed
    for part in path[:-1]:
        node = node[part]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return changed


def between(found: list[Finding]) -> set[tuple[str, str, str]]:
    return {(one.pointer, one.rule, one.fix) for one in found}


@pytest.mark.parametrize("value", [1.5, {"no": "such"}, [None], "\0"], ids=repr)
def test_what_is_wrong_in_one_field_adds_nothing_about_the_others(value: Any) -> None:
    made = at_odds()
    whole = between(check_document(made))
    assert len(whole) > 20
    for path in places(made):
        changed = without(made, path, value)
        pointer = "".join(f"/{part}" for part in path)
        for one in check_document(changed):
            about_it = one.pointer.startswith(pointer)
            assert about_it or (one.pointer, one.rule, one.fix) in whole, (path, one)


@pytest.mark.parametrize("name", ["issuer", "number", "scheme", "originCountry", "issuanceBasis"])
def test_where_a_field_lacks_what_the_others_say_together_is_told_all_the_same(name: str) -> None:
    made = at_odds()
    told = between(check_document(without(made, (name,), ...)))
    assert (f"/{name}", "FIELD_MISSING") in {found[:2] for found in told}
    lost = {found[:2] for found in between(check_document(made)) - told}
    assert lost <= {
        "issuer": {("/issuer/territory", "ISSUER_ELSEWHERE")},
        "issuanceBasis": {
            ("/certifierAuthorisation", "AUTHORISATION_ODD"),
            ("/certifierAuthorisation/date", "AUTHORISATION_LATER"),
        },
    }.get(name, set())


def test_several_wrong_fields_in_nested_places_leave_the_rest_to_be_judged() -> None:
    made = at_odds()
    made["items"][0]["hsCode"] = made["items"][0]["description"] = 1
    made["items"][1]["grossMass"]["value"] = "-1"
    made["items"][2]["invoices"] = []
    made["consignee"] = {"address": {"lines": [1]}}
    made["surplus"] = True
    found = {(one.pointer, one.rule) for one in check_document(made)}
    assert {
        ("/items/0/grossMass", "GROSS_BELOW_NET"),
        ("/items/2/grossMass", "GROSS_BELOW_NET"),
        ("/validUntil", "VALIDITY_ORDER"),
        ("/items/0/hsCode", "WRONG_TYPE"),
        ("/surplus", "FIELD_UNKNOWN"),
    } <= found
    assert ("/items/1/grossMass", "GROSS_BELOW_NET") not in found


@pytest.mark.parametrize("raw", [None, [], "x", {}, {"items": {}}, {"items": [1, {}]}, {"items": [{}] * 999}])
def test_what_is_hardly_a_document_is_told_by_its_form_alone(raw: Any) -> None:
    rules = {one.rule for one in check_for_issue(raw)}
    assert rules <= {"FIELD_MISSING", "WRONG_TYPE", "OBJECT_EMPTY", "IS_NULL"}
