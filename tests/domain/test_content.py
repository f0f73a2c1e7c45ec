"""What agreements say of a certificate: errors at the door, discrepancies at the border, or not checked."""

import copy
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.agreements import agreement, agreement_for, agreements, read_agreement
from ledger_app.domain.certificate import admit, check_for_issue, document, parse_certificate
from ledger_app.domain.codelists import contains_territory
from ledger_app.domain.content import agreement_findings, content_findings, latest_day
from ledger_app.domain.content_dates import deadlines, registered_too_late
from ledger_app.domain.findings import Severity
from ledger_app.domain.samples import sample_document
from ledger_app.errors import Unprocessable


def rules(made: dict[str, Any], at: date | None = None) -> dict[str, str]:
    return {found.rule: found.pointer for found in content_findings(made, at=at)}


@pytest.mark.parametrize("scheme", ["RCEP", "CHAFTA", "NON-PREFERENTIAL"])
def test_the_sample_meets_the_rules_of_its_scheme(scheme: str) -> None:
    assert content_findings(sample_document(scheme=scheme), at=date(2026, 12, 1)) == []


def test_a_country_that_is_no_party_is_shown() -> None:
    assert rules(sample_document(importCountry="US"))["NOT_A_PARTY"] == "/importCountry"
    made = sample_document()
    made["items"][1]["originCountry"] = "IN"
    assert rules(made) == {"NOT_A_PARTY": "/items/1/originCountry"}


@pytest.mark.parametrize(
    ("criterion", "rule"),
    [
        ("WO", None),
        ("CTC", None),
        ("RVC 45%", None),
        ("PE; ACU", None),
        ("PSR", "CRITERION_UNKNOWN"),
        ("ACU", "CRITERION_UNKNOWN"),
        ("wonderful", "CRITERION_UNKNOWN"),
        (None, "CRITERION_MISSING"),
    ],
)
def test_each_item_has_a_criterion_of_the_agreement(criterion: str | None, rule: str | None) -> None:
    made = sample_document(scheme="RCEP", items=1)
    if criterion is None:
        del made["items"][0]["originCriterion"]
    else:
        made["items"][0]["originCriterion"] = criterion
    assert rules(made) == ({rule: "/items/0/originCriterion"} if rule else {})


def test_a_criterion_of_an_agreement_whose_list_is_incomplete_is_not_judged() -> None:
    made = sample_document(scheme="ATIGA", exportCountry="VN", importCountry="TH", originCountry="VN")
    found = [one for one in content_findings(made) if one.rule == "CRITERION_MISSING"]
    assert len(found) == 2
    for item in made["items"]:
        item["originCriterion"] = "XYZ"
    assert {one.severity for one in content_findings(made)} == {Severity.UNKNOWN}


def test_more_items_than_the_form_has_are_shown() -> None:
    assert rules(sample_document(scheme="CHAFTA", items=20)) == {}
    assert rules(sample_document(scheme="CHAFTA", items=21)) == {"TOO_MANY_ITEMS": "/items"}


def test_a_validity_beyond_the_agreement_is_shown_and_does_not_count() -> None:
    made = sample_document(issue_date=date(2026, 3, 1), validUntil="2027-03-02")
    assert rules(made) == {"VALID_TOO_LONG": "/validUntil"}
    assert rules(made | {"validUntil": "2027-03-01"}) == {}
    assert latest_day(made, agreement("RCEP")) == date(2027, 3, 1)
    assert rules(made, date(2027, 3, 2)).keys() == {"VALID_TOO_LONG", "PRESENTED_TOO_LATE"}


def test_without_a_stated_end_the_agreement_sets_it() -> None:
    made = sample_document(issue_date=date(2024, 2, 29), validUntil=None)
    assert latest_day(made, agreement("RCEP")) == date(2025, 2, 28)
    assert rules(made, date(2025, 2, 28)) == {}
    assert rules(made, date(2025, 3, 1)) == {"PRESENTED_TOO_LATE": "/issueDate"}
    assert latest_day(made, agreement("NON-PREFERENTIAL")) is None


def test_the_basis_of_issue_is_that_of_the_agreement() -> None:
    assert rules(sample_document(issuanceBasis="registered-exporter")) == {"ISSUANCE_BASIS": "/issuanceBasis"}
    [found] = content_findings(sample_document(issuanceBasis="self-certified"))
    assert (found.rule, found.severity) == ("ISSUANCE_CONDITIONAL", Severity.UNKNOWN)


def test_issuing_long_after_shipment_is_shown() -> None:
    made = sample_document(scheme="KCFTA", exportCountry="CN", importCountry="KR", destination="KR")
    for item in made["items"]:
        item["originCriterion"] = "PSR"
    assert rules(made) == {}
    made["transport"]["departureDate"] = "2025-11-19"
    assert rules(made) == {"ISSUED_TOO_LATE": "/issueDate"}


def test_a_scheme_without_rules_is_told_as_not_checked() -> None:
    [found] = content_findings(sample_document(scheme="ATLANTIS"))
    assert (found.rule, found.severity) == ("SCHEME_NOT_CHECKED", Severity.UNKNOWN)


def test_fields_that_are_not_disclosed_are_passed_over() -> None:
    assert content_findings({"scheme": "RCEP"}, at=date(2030, 1, 1)) == []
    assert [one.rule for one in content_findings({})] == ["SCHEME_NOT_CHECKED"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(agreements())), st.sampled_from(sorted(sample_document())), JSON)
def test_content_rules_refuse_nothing_and_never_fail(scheme: str, name: str, value: Any) -> None:
    made = copy.deepcopy(sample_document(scheme=scheme)) | {name: value}
    found = content_findings(made, at=date(2027, 1, 1))
    assert not any(one.is_error for one in found)


def changed(**changes: Any) -> dict[str, Any]:
    return sample_document(**changes)


BREACHES: list[tuple[str, dict[str, Any], str, str]] = [
    ("a stranger", {"importCountry": "US", "destination": "US"}, "/importCountry", "NOT_A_PARTY"),
    ("a right that is none", {"issuanceBasis": "registered-exporter"}, "/issuanceBasis", "ISSUANCE_BASIS"),
    ("a day too long", {"validUntil": "2027-11-21"}, "/validUntil", "VALID_TOO_LONG"),
    ("shipped long ago", {"transport": {"departureDate": "2025-11-19"}}, "/issueDate", "ISSUED_TOO_LATE"),
]


@pytest.mark.parametrize(("_name", "changes", "pointer", "rule"), BREACHES, ids=[row[0] for row in BREACHES])
def test_a_breach_of_a_certain_rule_is_refused_at_the_door_and_only_shown_at_the_border(
    _name: str, changes: dict[str, Any], pointer: str, rule: str
) -> None:
    made = changed(**changes)
    assert (pointer, rule) in [(one.pointer, one.rule) for one in check_for_issue(made) if one.is_error]
    with pytest.raises(Unprocessable) as refused:
        admit(made)
    assert {"pointer", "severity", "rule", "words", "fix", "source"} <= refused.value.context["findings"][
        0
    ].keys()
    parse_certificate(made)
    [shown] = [one for one in content_findings(made) if one.rule == rule]
    assert (shown.severity, shown.pointer) == (Severity.DISCREPANCY, pointer)
    assert shown.source.startswith("RCEP")


def test_a_breach_of_a_rule_that_is_not_certain_is_told_as_not_checked_and_refuses_nothing() -> None:
    made = changed(allowance=10)
    [told] = check_for_issue(made)
    assert (told.pointer, told.rule, told.severity) == ("/allowance", "DRAW_DOWN", Severity.UNKNOWN)
    assert told.words.startswith("Not checked")
    admit(made)
    assert [one.severity for one in content_findings(made)] == [Severity.UNKNOWN]


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ('[parties]\nmembers = ["CN", "NZ"]', {}),
        ("[items]\nmost = 1", {}),
        ('[validity]\ndays = 10\ncounted_from = "issue"', {}),
        ('[validity]\ndays = 10\ncounted_from = "shipment"', {}),
        ("[retrospective]\ndays = 3", {"transport": {"departureDate": "2026-11-16"}}),
        (
            "[retrospective]\nmonths = 3\nmarked_after_days = 3",
            {"transport": {"departureDate": "2026-11-16"}},
        ),
        ("[draw_down]\nallowed = false", {"allowance": 2}),
        ("[back_to_back]\nallowed = false", {"flags": ["back-to-back"]}),
        ("[exhibition]\nallowed = false", {"flags": ["exhibition"]}),
        ("[true_copy]\nallowed = false", {"flags": ["certified-true-copy"]}),
        ("[third_party_invoice]\nallowed = false", {"flags": ["third-party-invoice"]}),
        (
            "[third_party_invoice]\nallowed = false",
            {"invoices": [{"number": "1", "issuedBy": {"name": "Somebody else"}}]},
        ),
        ("[blanket]\ndays = 30", {"blanketPeriod": {"starts": "2026-01-01", "ends": "2026-02-01"}}),
        ('[criteria]\n[criteria.codes]\nZZ = "none of the sample\'s"', {}),
        ('[[required]]\nfield = "/importer"', {}),
        ('[[required]]\nfield = "/importer"\ninstead = ["/remarks"]', {}),
        ('[[required]]\nfield = "/importer"\nbases = ["authority"]', {}),
    ],
)
def test_every_kind_of_rule_refuses_when_certain_and_never_otherwise(
    rule: str, changes: dict[str, Any], certain: bool
) -> None:
    said = f'certain = {str(certain).lower()}\nsource = "Text 7"\n'
    head, _, rest = rule.partition("\n[criteria.codes]")
    text = (
        'code = "X"\ntitle = "T"\npreferential = true\ndisclose = ["/number"]\n'
        '[issuance]\nbases = ["authority"]\nsource = "Text 1"\n'
        f"{head}\n{said}" + (f"[criteria.codes]{rest}\n" if rest else "")
    )
    known = read_agreement(text, "x.toml")
    made = changed(scheme="X", **changes)
    found = [one for one in agreement_findings(made, known) if one.rule != "PARTIES_NOT_CHECKED"]
    assert found
    assert {one.source for one in found} == {"Text 7"}
    harm = [one for one in found if one.rule != "RETROSPECTIVE_NOT_MARKED"]
    assert all(one.is_error == certain for one in harm)
    assert certain or {one.severity for one in found} == {Severity.UNKNOWN}
    assert not any(one.is_error for one in content_findings(made, known))


def test_a_field_is_required_only_on_the_basis_that_the_rule_names() -> None:
    registered = changed(
        scheme="EU-REX", issuanceBasis="registered-exporter", importCountry="DE", destination="EU"
    )
    for item in registered["items"]:
        item["originCriterion"] = "P"
    missing = {one.pointer: one.rule for one in check_for_issue(registered) if one.is_error}
    assert missing == {"/certifierAuthorisation": "FIELD_REQUIRED"}
    registered["certifierAuthorisation"] = {"number": "CNREX0123456789"}
    admit(registered)
    small = registered | {"issuanceBasis": "exporter"}
    del small["certifierAuthorisation"]
    assert [one.rule for one in check_for_issue(small)] == ["ISSUANCE_CONDITIONAL", "PARTIES_NOT_CHECKED"]


def usmca(**changes: Any) -> dict[str, str]:
    made = changed(
        **{"issuanceBasis": "exporter"} | changes,
        scheme="USMCA", exportCountry="US", originCountry="US", importCountry="MX", destination="MX",
    )  # fmt: skip
    for item in made["items"]:
        item["originCriterion"] = "B"
    found = agreement_findings(made)
    return {one.pointer: one.severity.value for one in found if one.rule == "FIELD_REQUIRED"}


def test_what_the_annex_of_usmca_asks_for_is_asked_for() -> None:
    assert usmca() == {}
    bare = {"producer": None, "declarations": None, "exporter": {"name": "E"}}
    assert usmca(**bare) == {
        "/declarations/issuer/statement": "error",
        "/declarations/issuer/signatory": "unknown",
        "/declarations/issuer/date": "unknown",
        "/issuer/address": "unknown",
        "/producer": "unknown",
    }
    said = {"statement": "I certify …", "signatory": "Ms E", "date": "2026-11-20"}
    assert usmca(declarations={"issuer": said}, producer=None, producerStatus="unknown") == {}
    assert usmca(producer=None, issuanceBasis="producer") == {}


@pytest.mark.parametrize(
    ("scheme", "asked"),
    [
        ("ATIGA", True), ("EU-REX", True), ("GSP-FORM-A", True), ("KCFTA", True), ("NON-PREFERENTIAL", True),
        ("RCEP", True), ("ATLANTIS", True), ("CHAFTA", False), ("EUR1", False), ("USMCA", False),
    ],
)  # fmt: skip
def test_a_consignee_is_asked_for_where_the_scheme_does(scheme: str, asked: bool) -> None:
    made = changed(scheme=scheme, consignee=None)
    parse_certificate(made)
    found = [one for one in check_for_issue(made) if one.pointer == "/consignee"]
    assert [(one.rule, one.is_error) for one in found] == ([("FIELD_MISSING", True)] if asked else [])
    for one in found:
        assert one.fix == "Add an object with at least a name."
        assert "/consignee" not in [each.pointer for each in check_for_issue(changed(scheme=scheme))]


def test_an_importer_serves_instead_of_a_consignee_under_rcep() -> None:
    made = changed(consignee=None, importer={"name": "Harbour Imports Pty Ltd"})
    assert check_for_issue(made) == []
    assert document(admit(made)) == made


def test_the_producers_of_all_items_serve_instead_of_one_producer() -> None:
    made = changed(scheme="USMCA", issuanceBasis="exporter", producer=None)
    for item in made["items"]:
        item["producer"] = {"name": "Maker"}
    assert "/producer" not in [one.pointer for one in agreement_findings(made)]
    del made["items"][1]["producer"]
    assert "/producer" in [one.pointer for one in agreement_findings(made)]


def test_an_item_under_rcep_states_its_value_where_that_is_its_criterion_and_how_much_it_is() -> None:
    made = changed()
    for item in made["items"]:
        for member in ("value", "quantity", "grossMass"):
            del item[member]
    assert agreement_findings(made) == []  # there is the net mass, and the criterion is another
    del made["items"][1]["netMass"]
    made["items"][1]["originCriterion"] = "CTC + RVC 40%"
    told = {one.pointer: one.severity.value for one in agreement_findings(made)}
    assert told == {"/items/1/fobValue": "error", "/items/1/quantity": "unknown"}
    made["items"][1]["value"] = {"amount": "7.00", "currency": "USD"}
    assert [one.pointer for one in agreement_findings(made)] == ["/items/1/quantity"]


def test_self_certification_under_usmca_says_by_whom_and_an_authority_is_refused() -> None:
    made = changed(
        scheme="USMCA",
        issuanceBasis="importer",
        issuer="urn:us:importer",
        exporter={"name": "Maker"},
        exportCountry="MX",
        importCountry="US",
        originCountry="MX",
        destination="US",
        blanketPeriod={"starts": "2026-11-20", "ends": "2027-11-20"},
    )
    for item in made["items"]:
        item["originCriterion"] = "B"
    admit(made)
    assert not any(one.is_error for one in check_for_issue(made))
    assert "ISSUANCE_BASIS" in rules(made | {"issuanceBasis": "authority"})
    longer = made | {"blanketPeriod": {"starts": "2026-11-20", "ends": "2027-11-21"}}
    assert {one.rule for one in check_for_issue(longer) if one.is_error} == {"BLANKET_TOO_LONG"}


def test_a_mark_of_late_issue_is_asked_for_from_the_first_day_after_the_grace() -> None:
    made = changed(
        scheme="ATIGA", exportCountry="VN", importCountry="TH", destination="TH", originCountry="VN"
    )
    for item in made["items"]:
        item["originCriterion"] = "CTH"
    made["transport"]["departureDate"] = "2026-11-17"
    assert "RETROSPECTIVE_NOT_MARKED" not in rules(made)
    made["transport"]["departureDate"] = "2026-11-16"
    assert rules(made)["RETROSPECTIVE_NOT_MARKED"] == "/flags"
    assert "RETROSPECTIVE_NOT_MARKED" not in rules(made | {"flags": ["issued-retrospectively"]})


@pytest.mark.parametrize(("scheme", "severity"), [("RCEP", "discrepancy"), ("CHAFTA", "unknown")])
def test_what_is_issued_after_shipment_must_say_so(scheme: str, severity: str) -> None:
    made = sample_document(scheme=scheme)
    made["transport"]["departureDate"] = made["issueDate"]
    assert "RETROSPECTIVE_NOT_MARKED" not in rules(made)
    made["transport"]["departureDate"] = "2026-11-19"
    [found] = [one for one in content_findings(made) if one.rule == "RETROSPECTIVE_NOT_MARKED"]
    assert (found.pointer, found.severity.value) == ("/flags", severity)
    assert "RETROSPECTIVE_NOT_MARKED" not in rules(made | {"flags": ["issued-retrospectively"]})


def test_whoever_issues_is_told_that_it_states_no_last_day_and_whoever_verifies_is_not() -> None:
    made = sample_document(scheme="RCEP")
    del made["validUntil"]
    [found] = check_for_issue(made)
    assert (found.pointer, found.rule, found.severity) == (
        "/validUntil", "VALIDITY_NOT_STATED", Severity.DISCREPANCY,
    )  # fmt: skip
    assert "2027-11-20" in found.fix
    admit(made)
    assert content_findings(made) == []
    free = sample_document(scheme="NON-PREFERENTIAL")
    free.pop("validUntil", None)
    assert check_for_issue(free) == []


def test_one_country_on_both_ends_is_shown_where_parties_trade_with_each_other() -> None:
    made = sample_document(scheme="RCEP", importCountry="CN", destination="CN")
    assert rules(made) == {"SAME_COUNTRY": "/importCountry"}
    assert not any(one.is_error for one in check_for_issue(made))
    assert rules(made | {"scheme": "NON-PREFERENTIAL"}) == {}


def test_what_is_registered_after_the_last_day_to_issue_is_late_whatever_day_it_states() -> None:
    made = changed(issueDate="2025-11-01", validUntil="2026-11-01")
    made["transport"]["departureDate"] = "2025-11-03"
    known = agreement("RCEP")
    assert not registered_too_late(made, known, date(2026, 11, 3))
    assert registered_too_late(made, known, date(2026, 11, 4))
    assert not registered_too_late(made | {"transport": {}}, known, date(2026, 11, 4))
    assert not registered_too_late(made, agreement("CHAFTA"), date(2026, 11, 4))  # its rule is not certain
    copied = made | {"flags": ["certified-true-copy"], "original": {"number": "OLD-1"}}
    assert not registered_too_late(copied, known, date(2026, 11, 4))


def test_a_true_copy_made_late_is_not_a_late_issue() -> None:
    made = changed(
        flags=["certified-true-copy"],
        original={"number": "OLD-1", "issueDate": "2026-01-05"},
        transport={"departureDate": "2025-01-06"},
    )
    assert "ISSUED_TOO_LATE" not in rules(made)
    for flag in ("certified-true-copy", "replacement"):
        nameless = {**made, "flags": [flag]}
        del nameless["original"]
        assert rules(nameless)["ISSUED_TOO_LATE"] == "/issueDate"
    assert "ISSUED_TOO_LATE" in rules(changed(transport={"departureDate": "2025-01-06"}))


def test_a_copy_or_replacement_is_late_where_its_original_was_and_not_checked_where_no_day_is_stated() -> (
    None
):
    for flag in ("certified-true-copy", "replacement"):
        made = changed(flags=[flag], transport={"departureDate": "2025-01-06"}, validUntil=None)
        late = made | {"original": {"number": "OLD-1", "issueDate": "2026-01-07"}}
        assert rules(late)["ISSUED_TOO_LATE"] == "/original/issueDate"
        undated = made | {"original": {"number": "OLD-1"}}
        [told] = [one for one in agreement_findings(undated) if one.rule == "ISSUED_TOO_LATE"]
        assert (told.pointer, told.severity) == ("/original", Severity.UNKNOWN)


def test_a_true_copy_is_valid_no_longer_than_its_original_whose_day_alone_is_stated() -> None:
    made = changed(
        flags=["certified-true-copy"],
        original={"number": "OLD-1", "issueDate": "2026-05-01"},
        validUntil=None,
    )
    assert latest_day(made, agreement("RCEP")) == date(2027, 5, 1)
    longer = made | {"validUntil": "2027-05-02"}
    assert [one.rule for one in agreement_findings(longer) if one.is_error] == ["VALID_TOO_LONG"]
    assert not any(one.is_error for one in agreement_findings(made | {"validUntil": "2027-05-01"}))


@pytest.mark.parametrize(("scheme", "severity"), [("RCEP", Severity.ERROR), ("ATIGA", Severity.UNKNOWN)])
def test_a_back_to_back_certificate_ends_with_its_original(scheme: str, severity: Severity) -> None:
    made = changed(
        scheme=scheme, flags=["back-to-back"], original={"number": "OLD-1", "validUntil": "2027-03-01"}
    )
    [found] = [one for one in agreement_findings(made) if one.rule == "OUTLIVES_ORIGINAL"]
    assert (found.pointer, found.severity) == ("/validUntil", severity)
    assert "OUTLIVES_ORIGINAL" not in rules(made | {"validUntil": "2027-03-01"})
    assert "OUTLIVES_ORIGINAL" not in rules(made | {"flags": ["cumulation"]})


@pytest.mark.parametrize(
    ("departed", "severity"),
    [
        ("2026-11-13", None),
        ("2026-11-12", Severity.UNKNOWN),
        ("2026-10-30", Severity.UNKNOWN),
        ("2026-10-29", Severity.DISCREPANCY),
    ],
)
def test_working_days_are_told_as_passed_only_where_they_must_have(
    departed: str, severity: Severity | None
) -> None:
    made = changed(
        scheme="KCFTA", importCountry="KR", destination="KR", transport={"departureDate": departed}
    )
    found = [one.severity for one in agreement_findings(made) if one.rule == "RETROSPECTIVE_NOT_MARKED"]
    assert found == ([severity] if severity else [])
    assert "RETROSPECTIVE_NOT_MARKED" not in rules(made | {"flags": ["issued-retrospectively"]})


def test_a_flag_that_no_rule_is_kept_about_is_told_as_not_checked() -> None:
    made = changed(scheme="CHAFTA", flags=["back-to-back", "exhibition", "third-party-invoice"])
    told = {one.pointer: one.severity for one in content_findings(made) if one.rule == "FLAG_NOT_CHECKED"}
    assert told == {"/flags/0": Severity.UNKNOWN, "/flags/1": Severity.UNKNOWN}
    assert "FLAG_NOT_CHECKED" not in rules(made | {"scheme": "NON-PREFERENTIAL"})


def test_a_preferential_scheme_without_parties_says_that_they_are_not_checked() -> None:
    made = changed(scheme="EU-REX", exportCountry="US", importCountry="CN", destination="CN")
    [told] = [one for one in content_findings(made) if one.rule == "PARTIES_NOT_CHECKED"]
    assert (told.pointer, told.severity) == ("/importCountry", Severity.UNKNOWN)
    assert "PARTIES_NOT_CHECKED" not in rules({"scheme": "EU-REX"})
    assert "PARTIES_NOT_CHECKED" not in rules(changed(scheme="NON-PREFERENTIAL"))


def test_what_lies_in_the_customs_territory_of_a_party_is_of_the_party() -> None:
    made = changed(
        scheme="USMCA", issuanceBasis="exporter", exportCountry="PR", originCountry="US", importCountry="MX",
        destination="MX",
    )  # fmt: skip
    made["issuer"]["territory"] = "US"
    found = {one.rule for one in check_for_issue(made)}
    assert not {"NOT_A_PARTY", "ISSUER_ELSEWHERE"} & found
    assert contains_territory("EU", "MC")
    assert contains_territory("EU", "DE")


def test_a_declaration_of_the_importer_under_rcep_holds_for_some_parties() -> None:
    [found] = content_findings(changed(issuanceBasis="importer"))
    assert (found.rule, found.severity) == ("ISSUANCE_CONDITIONAL", Severity.UNKNOWN)


def test_a_scheme_that_is_missing_or_of_the_wrong_type_is_told_once() -> None:
    for scheme in (None, 7, ["RCEP"]):
        made = sample_document()
        made["scheme"] = scheme
        assert [one.pointer for one in check_for_issue(made)] == ["/scheme"]


def test_where_the_form_is_wrong_the_agreement_is_silent_about_the_same_field() -> None:
    found = check_for_issue(changed(importCountry="ZZ", destination=None))
    assert [(one.pointer, one.rule) for one in found] == [("/importCountry", "TERRITORY_UNKNOWN")]


@given(st.sampled_from(sorted(agreements())), st.sampled_from(sorted([*sample_document(), "flags"])), JSON)
def test_checking_for_issue_never_fails_and_agrees_with_what_is_admitted(
    scheme: str, name: str, value: Any
) -> None:
    made = copy.deepcopy(sample_document(scheme=scheme)) | {name: value}
    refused = any(one.is_error for one in check_for_issue(made))
    try:
        admit(made)
    except Unprocessable:
        assert refused
    else:
        assert not refused


HEAD = (
    'code = "X"\ntitle = "T"\npreferential = false\ndisclose = ["/number"]\n'
    '[issuance]\nbases = ["authority"]\nsource = "Text 1"\n'
)


def test_validity_counted_from_shipment_starts_on_the_day_of_departure() -> None:
    known = read_agreement(
        HEAD + '[validity]\ndays = 90\ncounted_from = "shipment"\nsource = "Text 2"\n', "x.toml"
    )
    made = changed(scheme="X", validUntil=None, transport={"departureDate": "2026-12-01"})
    assert latest_day(made, known) == date(2027, 3, 1)
    late = [one.rule for one in content_findings(made, known, at=date(2027, 3, 2))]
    assert late == ["PRESENTED_TOO_LATE"]
    assert content_findings(made, known, at=date(2027, 3, 1)) == []
    del made["transport"]
    assert latest_day(made, known) is None
    [told] = agreement_findings(made, known)
    assert (told.pointer, told.rule) == ("/transport/departureDate", "VALIDITY_NOT_CHECKED")
    assert told.severity is Severity.UNKNOWN


@pytest.mark.parametrize(("departed", "rule"), [("2025-11-20", None), ("2025-11-19", "ISSUED_TOO_LATE")])
def test_the_last_day_to_issue_after_shipment_counts(departed: str, rule: str | None) -> None:
    made = changed(flags=["issued-retrospectively"], transport={"departureDate": departed})
    assert [one.rule for one in check_for_issue(made)] == ([rule] if rule else [])


def test_drawing_down_by_item_is_drawing_down() -> None:
    single = changed(items=1, per_item_allowance=1)
    assert single["allowance"]["units"] == 1
    assert [one.rule for one in check_for_issue(single)] == ["DRAW_DOWN"]
    assert check_for_issue(changed(allowance=1)) == []


def test_a_validity_that_is_not_certain_ends_nothing() -> None:
    made = changed(scheme="EUR1", validUntil=None)
    assert latest_day(made, agreement("EUR1")) is None
    assert latest_day(made | {"validUntil": "2028-01-01"}, agreement("EUR1")) == date(2028, 1, 1)
    late = content_findings(made, at=date(2027, 3, 21))
    assert {one.rule for one in late} == {"PARTIES_NOT_CHECKED", "PRESENTED_TOO_LATE"}
    assert {one.severity for one in late} == {Severity.UNKNOWN}


def test_the_days_that_an_agreement_sets_are_told_with_source_and_certainty() -> None:
    made = changed(scheme="KCFTA", issue_date=date(2028, 2, 29), validUntil=None)
    due = {one.what: (one.day, one.certain) for one in deadlines(made, agreement("KCFTA"))}
    assert due == {
        "issue-by": (date(2029, 3, 2), True),
        "present-by": (date(2029, 2, 28), True),
        "keep-records-until": (date(2031, 2, 28), False),
    }
    [kept] = [one for one in deadlines(changed(), agreement("EU-REX")) if one.what == "keep-records-until"]
    assert kept.day == date(2029, 12, 31)
    assert deadlines({"scheme": "KCFTA"}, agreement("KCFTA")) == []
    assert [one.what for one in deadlines(made, agreement("EUR1"))] == ["present-by", "keep-records-until"]


@pytest.mark.parametrize(
    ("scheme", "stated", "day", "source"),
    [
        ("RCEP", "2027-11-19", date(2027, 11, 19), "its own validUntil"),
        ("RCEP", "2027-11-21", date(2027, 11, 20), "RCEP Article 3.16(6)"),
        ("RCEP", "2027-11-20", date(2027, 11, 20), "RCEP Article 3.16(6)"),
        ("RCEP", None, date(2027, 11, 20), "RCEP Article 3.16(6)"),
        ("NON-PREFERENTIAL", "2028-02-29", date(2028, 2, 29), "its own validUntil"),
        ("NON-PREFERENTIAL", None, None, None),
        ("UNHEARD-OF", "2028-02-29", date(2028, 2, 29), "its own validUntil"),
    ],
)
def test_it_is_presented_by_the_earlier_of_its_own_last_day_and_that_of_the_agreement(
    scheme: str, stated: str | None, day: date | None, source: str | None
) -> None:
    made = changed(scheme=scheme, issue_date=date(2026, 11, 20), validUntil=stated)
    due = [
        (one.day, one.source) for one in deadlines(made, agreement_for(scheme)) if one.what == "present-by"
    ]
    assert due == ([] if day is None else [(day, source)])
