"""Agreements as data, and what their rules say about a certificate's content."""

import copy
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.agreements import Agreement, agreement, agreement_for, agreements, read_agreement
from ledger_app.domain.codelists import is_territory
from ledger_app.domain.content import content_findings, latest_day
from ledger_app.domain.deadlines import add_months
from ledger_app.domain.findings import Severity
from ledger_app.domain.samples import sample_document
from ledger_app.domain.terms import scheme_id
from ledger_app.errors import Broken, NotFound


def rules(made: dict[str, Any], at: date | None = None) -> dict[str, str]:
    return {found.rule: found.pointer for found in content_findings(made, at=at)}


def test_the_schemes_that_must_be_there_are_there() -> None:
    assert {"NON-PREFERENTIAL", "RCEP", "CHAFTA"} <= agreements().keys()


@pytest.mark.parametrize("known", agreements().values(), ids=str)
def test_every_agreement_names_its_sources_and_fits_the_ledger(known: Agreement) -> None:
    assert len(scheme_id(known.code)) == 32
    assert known.issuance_source
    for part in (
        known.parties,
        known.criteria,
        known.validity,
        known.items,
        known.retrospective,
        known.transit,
    ):
        assert part is None or part.source
    assert all(is_territory(code) for code in (known.parties.members if known.parties else ()))
    sample = sample_document()
    assert all(pointer[1:] in sample for pointer in known.disclose)
    json.dumps(known.model_dump(mode="json"))


def test_rcep_and_chafta_say_what_their_texts_say() -> None:
    rcep, chafta = agreement("rcep"), agreement("CHAFTA")
    assert rcep.parties is not None
    assert len(rcep.parties.members) == 15
    assert rcep.validity is not None
    assert (rcep.validity.months, rcep.validity.source) == (12, "RCEP Article 3.16(6)")
    assert chafta.items is not None
    assert chafta.items.most == 20
    assert chafta.criteria is not None
    assert list(chafta.criteria.codes) == ["WO", "WP", "PSR"]


def test_an_unknown_scheme_is_told_with_those_known() -> None:
    assert agreement_for("ATLANTIS") is None
    with pytest.raises(NotFound) as refused:
        agreement("ATLANTIS")
    assert refused.value.reason == "SCHEME_UNKNOWN"
    assert "RCEP" in refused.value.context["known"]


HEAD = 'code = "X"\ntitle = "T"\npreferential = true\nissuance_source = "s"\ndisclose = ["/a"]\n'


@pytest.mark.parametrize(
    "text",
    [
        "code = ",
        'code = "X"',
        HEAD + 'issuance = ["notary"]',
        HEAD + 'issuance = ["authority"]\n[parties]\nmembers = ["ZZ"]\nsource = "nowhere"',
        HEAD + 'issuance = ["authority"]\n[validity]\nmonths = 12\ncounted_from = "issue"',
        HEAD.replace("X", "Y") + 'issuance = ["authority"]',
    ],
    ids=["no TOML", "members missing", "unknown basis", "unknown party", "rule without source", "other name"],
)
def test_a_data_file_that_does_not_hold_is_refused(text: str) -> None:
    with pytest.raises(Broken) as refused:
        read_agreement(text, "x.toml")
    assert refused.value.reason == "AGREEMENT_DATA"


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


def test_what_a_disclosure_must_show_is_told() -> None:
    known = agreement("RCEP")
    assert known.undisclosed(set(known.disclose)) == []
    assert known.undisclosed({""}) == []
    assert known.undisclosed(set(known.disclose) - {"/issuer"}) == ["/issuer"]


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


@given(st.dates(), st.integers(0, 120))
def test_months_are_counted_in_calendar_days(day: date, months: int) -> None:
    later = add_months(day, months)
    if later != date.max:
        assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
        assert later.day == day.day or (
            later.day < day.day and add_months(later.replace(day=1), 1).toordinal() - 1 == later.toordinal()
        )
    assert add_months(day, 0) == day


def test_the_calendar_ends_without_an_error() -> None:
    assert add_months(date(9999, 12, 31), 1) == date.max
