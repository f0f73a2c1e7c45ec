"""The certificate at the door: the accepted comes back unchanged, the refused is named with rule and fix."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_app.domain.certificate import check_document, document, parse_certificate
from ledger_app.domain.codelists import TERRITORIES, hs_digits, is_container, is_hs_code, is_territory
from ledger_app.domain.findings import Finding, Severity, join_pointer
from ledger_app.domain.model import Certificate, Node
from ledger_app.domain.samples import sample_document
from ledger_app.domain.terms import leaf_terms
from ledger_app.errors import Unprocessable


def changed(pointer: str, value: Any) -> dict[str, Any]:
    """The sample with one value replaced or added."""
    made = copy.deepcopy(sample_document(items=3))
    node: Any = made
    *path, last = pointer.split("/")[1:]
    for part in path:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if isinstance(node, list):
        node[int(last)] = value
    else:
        node[last] = value
    return made


def rules(made: Any, severity: Severity = Severity.ERROR) -> dict[str, str]:
    return {found.pointer: found.rule for found in check_document(made) if found.severity is severity}


@pytest.mark.parametrize("scheme", ["RCEP", "CHAFTA", "NON-PREFERENTIAL"])
def test_the_sample_has_no_findings_and_comes_back_unchanged(scheme: str) -> None:
    made = sample_document("X-1", scheme, items=5, per_item_allowance=100)
    assert check_document(made) == []
    assert document(parse_certificate(made)) == made
    assert leaf_terms(made).allowance == 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_value_is_answered_with_findings(value: Any) -> None:
    found = check_document(value)
    assert found
    assert all(one.words and one.fix for one in found)
    json.dumps([one.to_json() for one in found], ensure_ascii=False).encode("utf-8")
    with pytest.raises(Unprocessable) as refused:
        parse_certificate(value)
    assert refused.value.reason == "DOCUMENT_INVALID"
    assert refused.value.context["findings"]


def _pointers(value: Any, pointer: str = "") -> list[str]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [
        below
        for name, member in members
        for below in [f"{pointer}/{name}", *_pointers(member, f"{pointer}/{name}")]
    ]


@settings(max_examples=400)
@given(st.sampled_from(_pointers(sample_document(items=3))), JSON)
def test_a_sample_with_any_value_anywhere_is_refused_or_comes_back_unchanged(
    pointer: str, value: Any
) -> None:
    made = changed(pointer, value)
    if rules(made):
        with pytest.raises(Unprocessable):
            parse_certificate(made)
    else:
        assert json.dumps(document(parse_certificate(made)), sort_keys=True) == json.dumps(
            made, sort_keys=True
        )
        leaf_terms(made)


@settings(max_examples=200)
@given(
    st.sampled_from(_pointers(sample_document(items=3))),
    st.sampled_from([None, True, 1.0, [], {}, "", " x", "\ud800"]),
)
def test_values_of_the_wrong_kind_are_refused_at_their_place(pointer: str, value: Any) -> None:
    found = [one for one in check_document(changed(pointer, value)) if one.is_error]
    assert any(one.pointer.startswith(pointer) for one in found)


OPTIONAL = {
    "producer", "consignee", "destination", "validUntil", "transport", "consignment", "containers",
    "invoices", "declarations",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(sample_document().keys() - OPTIONAL))
def test_what_every_certificate_has_is_missed_when_it_is_absent(name: str) -> None:
    made = sample_document()
    del made[name]
    assert rules(made) == {f"/{name}": "FIELD_MISSING"}


@pytest.mark.parametrize(
    ("pointer", "value", "rule"),
    [
        ("/version", True, "WRONG_TYPE"),
        ("/version", 2, "TOO_GREAT"),
        ("/number", "CN/2026 ", "NUMBER_SHAPE"),
        ("/number", "N" * 71, "NUMBER_SHAPE"),
        ("/scheme", "rcep", "SCHEME_SHAPE"),
        ("/issuanceBasis", "notary", "NOT_IN_LIST"),
        ("/exporter/name", "x" * 257, "TEXT_TOO_LONG"),
        ("/exporter/name", "Caf\u0065\u0301", "TEXT_NOT_NFC"),
        ("/exporter/name", "Acme\u202egnp.", "TEXT_CHARACTERS"),
        ("/exporter/name", "two\nlines", "TEXT_CHARACTERS"),
        ("/exporter/postcode", "1", "FIELD_UNKNOWN"),
        ("/issuer/identifier", "urn:x:\u00ad1", "TEXT_CHARACTERS"),
        ("/exporter/address/lines", ["x"] * 7, "LIST_TOO_LONG"),
        ("/exporter/address/postcode", "1" * 18, "TEXT_TOO_LONG"),
        ("/exporter/address/postcode", "", "TEXT_EMPTY"),
        ("/exportCountry", "ZZ", "TERRITORY_UNKNOWN"),
        ("/exportCountry", "cn", "TERRITORY_UNKNOWN"),
        ("/issueDate", "2026-02-29", "DATE_NOT_REAL"),
        ("/issueDate", "2026-11-20T00:00:00Z", "DATE_SHAPE"),
        ("/issueDate", "1969-12-31", "DATE_TOO_EARLY"),
        ("/issueDate", 20261120, "WRONG_TYPE"),
        ("/validUntil", "2026-11-19", "VALIDITY_ORDER"),
        ("/destination", "NZ", "DESTINATION_ELSEWHERE"),
        ("/containers/0", "MSKU1234566", "CONTAINER_NUMBER"),
        ("/containers/0", "msku1234565", "CONTAINER_NUMBER"),
        ("/containers", ["MSKU1234565", "MSKU1234565"], "REPEATED"),
        ("/flags", ["urgent"], "NOT_IN_LIST"),
        ("/items", [], "LIST_EMPTY"),
        ("/items/1/number", 1, "ITEM_NUMBERS"),
        ("/items/0/hsCode", "9617.00", "HS_CODE_SHAPE"),
        ("/items/0/hsCode", "770000", "HS_CODE_SHAPE"),
        ("/items/0/hsCode", "96170", "HS_CODE_SHAPE"),
        ("/items/0/quantity/value", "1e3", "DECIMAL_SHAPE"),
        ("/items/0/quantity/value", "007", "DECIMAL_SHAPE"),
        ("/items/0/quantity/value", "-1", "DECIMAL_SHAPE"),
        ("/items/0/quantity/value", ".5", "DECIMAL_SHAPE"),
        ("/items/0/quantity/value", "٣", "DECIMAL_SHAPE"),
        ("/items/0/quantity/value", "0.00", "NOT_POSITIVE"),
        ("/items/0/quantity/unit", "kg", "UNIT_SHAPE"),
        ("/items/0/grossMass/value", "4619.99", "GROSS_BELOW_NET"),
        ("/items/0/value/currency", "XYZ", "CURRENCY_UNKNOWN"),
        ("/items/0/allowance", 5, "ALLOWANCE_PER_ITEM"),
        ("/items/0/packages/count", 2**60, "TOO_GREAT"),
        ("/transport/mode", "rocket", "NOT_IN_LIST"),
        ("/transport/loadingPlace", {}, "OBJECT_EMPTY"),
        ("/transport/loadingPlace/code", "CN NGB", "LOCODE_SHAPE"),
        ("/allowance", {"units": 0}, "TOO_SMALL"),
        ("/allowance", {"units": 2**53}, "TOO_GREAT"),
        ("/allowance", {"units": 10**5000}, "TOO_GREAT"),
        ("/extensions", {"a": 0.5}, "NOT_CANONICAL"),
        ("/extensions", {"a": 2**53}, "NOT_CANONICAL"),
        ("/extensions", {"a\0": 1}, "NOT_CANONICAL"),
        ("/remarks", None, "IS_NULL"),
    ],
)  # fmt: skip
def test_each_rule_of_form_is_told_by_its_name(pointer: str, value: Any, rule: str) -> None:
    assert rule in {one.rule for one in check_document(changed(pointer, value)) if one.is_error}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/exporter/name", "广州市对外贸易有限公司"),
        ("/exporter/name", "Société Générale de l'Été"),
        ("/remarks", "first line\nsecond line"),
        ("/number", "京-1".replace("京", "B")),
        ("/items/0/quantity/value", "450.00"),
        ("/items/0/quantity/value", "999999999999999.999999999"),
        ("/items/0/value/amount", "0"),
        ("/items/0/hsCode", "9617000010"),
        ("/originCountry", "XK"),
        ("/extensions", {"null": None, "deep": [[[{"a": [True]}]]]}),
        ("/items/0/packages", {"count": 0, "kind": "in bulk"}),
    ],
)
def test_unusual_but_right_values_are_accepted(pointer: str, value: Any) -> None:
    made = changed(pointer, value)
    assert rules(made) == {}
    assert document(parse_certificate(made)) == made


@pytest.mark.parametrize(
    ("changes", "pointer", "rule"),
    [
        ({"exportCountry": "JP"}, "/issuer/territory", "ISSUER_ELSEWHERE"),
        ({"exportCountry": "JP"}, "/exporter/address/country", "EXPORTER_ELSEWHERE"),
        ({"invoices": [{"number": "other"}]}, "/items/0/invoices/0", "INVOICE_NOT_LISTED"),
        ({"flags": ["replacement"]}, "/original", "ORIGINAL_NOT_NAMED"),
    ],
)
def test_oddities_are_shown_and_refuse_nothing(changes: dict[str, Any], pointer: str, rule: str) -> None:
    made = sample_document(**changes)
    parse_certificate(made)
    assert rules(made, Severity.DISCREPANCY)[pointer] == rule


def test_a_unit_outside_our_list_is_told_as_not_checked() -> None:
    made = changed("/items/0/quantity/unit", "NPR")
    assert rules(made, Severity.UNKNOWN) == {"/items/0/quantity/unit": "UNIT_NOT_CHECKED"}


def test_a_unit_of_mass_that_we_do_not_know_is_not_checked_and_one_of_something_else_is_shown() -> None:
    unheard = changed("/items/0/grossMass/unit", "STN")
    assert rules(unheard, Severity.UNKNOWN) == {"/items/0/grossMass/unit": "MASS_UNIT"}
    assert rules(unheard, Severity.DISCREPANCY) == {}
    litres = changed("/items/0/grossMass/unit", "LTR")
    assert rules(litres, Severity.DISCREPANCY) == {"/items/0/grossMass/unit": "MASS_UNIT"}
    assert all("not compared" in one.words for made in (unheard, litres) for one in check_document(made))


def test_allowances_of_items_stand_for_all_and_add_up() -> None:
    made = sample_document(items=3, per_item_allowance=10)
    made["allowance"]["units"] = 29
    assert rules(made) == {"/allowance/units": "ALLOWANCE_SUM"}
    del made["allowance"]
    assert rules(made) == {"/allowance": "ALLOWANCE_SUM"}
    made["allowance"] = {"units": 20, "unit": "KGM"}
    del made["items"][1]["allowance"]
    assert rules(made) == {"/items/1/allowance": "ALLOWANCE_PER_ITEM"}


def test_limits_are_inclusive() -> None:
    made = sample_document(validUntil="2026-11-20")
    made["items"][0]["grossMass"] = made["items"][0]["netMass"]
    assert check_document(made) == []


def test_a_refused_member_does_not_make_its_list_empty() -> None:
    assert rules(changed("/containers/0", "X")) == {"/containers/0": "CONTAINER_NUMBER"}


def test_a_destination_may_be_a_union_that_contains_the_country_of_import() -> None:
    made = sample_document(importCountry="FR", destination="EU")
    assert rules(made) == {}
    assert rules(sample_document(importCountry="CH", destination="EU")) == {
        "/destination": "DESTINATION_ELSEWHERE"
    }


def test_extensions_may_be_as_deep_as_the_document_allows_and_no_deeper() -> None:
    def nested(levels: int) -> Any:
        value: Any = "x"
        for _ in range(levels):
            value = [value]
        return value

    # The document is level 1, `extensions` level 2, what it holds starts at level 3.
    assert rules(sample_document(extensions={"a": nested(30)})) == {}
    assert rules(sample_document(extensions={"a": nested(31)})) == {"/extensions": "NOT_CANONICAL"}
    assert rules(sample_document(extensions={"a": nested(3000)})) == {"/extensions": "NOT_CANONICAL"}


def test_errors_come_first_and_every_one_is_listed_at_once() -> None:
    made = sample_document(exportCountry="JP", destination="NZ", validUntil="2020-01-01")
    found = check_document(made)
    assert [one.is_error for one in found] == sorted((one.is_error for one in found), reverse=True)
    with pytest.raises(Unprocessable, match="2 things to correct") as refused:
        parse_certificate(made)
    assert len(refused.value.context["findings"]) == len(found)


def test_findings_are_bounded_for_a_document_wrong_everywhere() -> None:
    made = sample_document()
    made["items"] = [{"hsCode": 1, "description": 2}] * 999
    assert 100 <= len(check_document(made)) <= 500


def test_a_code_that_probably_lost_its_leading_zero_is_shown_and_refuses_nothing() -> None:
    made = changed("/items/0/hsCode", "1012100")
    assert rules(made) == {}
    assert rules(made, Severity.DISCREPANCY) == {"/items/0/hsCode": "HS_ZERO_LOST"}
    assert rules(changed("/items/0/hsCode", "01012100"), Severity.DISCREPANCY) == {}


def test_an_accepted_certificate_cannot_be_changed() -> None:
    certificate = parse_certificate(sample_document())
    with pytest.raises(ValueError, match="frozen"):
        certificate.number = "other"  # type: ignore[misc]


def test_every_field_says_what_it_is() -> None:
    pending: list[type[Node]] = [Certificate]
    for model in pending:
        for name, info in model.model_fields.items():
            assert info.description, f"{model.__name__}.{name}"
        pending += [cls for cls in Node.__subclasses__() if cls not in pending]


def test_pointers_escape_what_json_pointer_escapes() -> None:
    found = check_document(sample_document() | {"a/b~c": 1})
    assert found[0].pointer == join_pointer("a/b~c") == "/a~1b~0c"


def test_a_finding_names_field_rule_source_and_fix_and_is_shown_without_a_value_it_has_not() -> None:
    assert Finding("/a", Severity.ERROR, "R", "words", "fix").to_json() == {
        "pointer": "/a", "severity": "error", "rule": "R", "words": "words", "fix": "fix",
        "source": "docs/certificate.md",
    }  # fmt: skip


def test_customs_territories_have_their_source_and_are_no_iso_countries() -> None:
    for code, territory in TERRITORIES.items():
        assert territory.source
        assert is_territory(code)
        assert all(is_territory(member) for member in territory.members)
    assert len(TERRITORIES["EU"].members) == 27


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("2204.21", "220421"),
        ("22 04 21", "220421"),
        ("2204.21.00", "22042100"),
        ("2204210010", "2204210010"),
        ("2204", None),
        ("22.04.2", None),
        ("7701.00", None),
        ("abc", None),
    ],
)
def test_hs_codes_are_read_with_dots_or_spaces_only_where_they_are_whole(
    written: str, digits: str | None
) -> None:
    assert hs_digits(written) == digits


@given(st.text("0123456789", min_size=0, max_size=12))
def test_hs_codes_have_six_to_ten_digits_in_a_chapter_that_exists(code: str) -> None:
    assert is_hs_code(code) == (6 <= len(code) <= 10 and code[:2] not in ("00", "77"))


def test_one_wrong_digit_of_a_container_number_is_found() -> None:
    right = "CSQU3054383"
    assert is_container(right)
    for place in range(4, 11):
        for digit in "0123456789":
            other = right[:place] + digit + right[place + 1 :]
            assert is_container(other) == (other == right)
