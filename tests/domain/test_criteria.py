"""Origin criteria are read whole: codes of the scheme, what follows each, and what no rule reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.agreements import agreement, read_agreement
from ledger_app.domain.content import agreement_findings, content_findings
from ledger_app.domain.criteria import read_criterion
from ledger_app.domain.findings import Severity
from ledger_app.domain.samples import sample_document
from ledger_app.errors import Broken


def told(scheme: str, criterion: str) -> dict[str, str]:
    made = sample_document(scheme=scheme, items=1)
    made["items"][0]["originCriterion"] = criterion
    found = agreement_findings(made, agreement(scheme))
    return {one.rule: one.severity.value for one in found if one.rule.startswith("CRITERION")}


@pytest.mark.parametrize(
    ("scheme", "criterion"),
    [
        ("RCEP", "wo"), ("RCEP", '"PE"'), ("RCEP", "RVC 40%"), ("RCEP", "RVC40"), ("RCEP", "RVC40%"),
        ("RCEP", "RVC 45.5 %"), ("RCEP", "CTC + RVC 40"), ("RCEP", "CTC; ACU; DMI"), ("RCEP", "CTC or RVC"),
        ("RCEP", "RVC (40%)"), ("RCEP", "CTC/RVC, ACU and DMI"), ("RCEP", "“CR” & DMI"),
        ("EU-REX", "P"), ("EU-REX", "W9617"), ("EU-REX", "W 9617"), ("EU-REX", '"W" 9617'),
        ("EU-REX", "‘W’9617"), ("EU-REX", "W 96.17"), ("EU-REX", "EU cumulation"),
        ("EU-REX", "Norway cumulation"), ("EU-REX", "SWITZERLAND CUMULATION"),
        ("EU-REX", "Turkey cumulation"),
        ("EU-REX", "regional  cumulation"), ("EU-REX", "extended cumulation with country Viet Nam"),
        ("EU-REX", "Cumul UE"), ("EU-REX", "cumul étendu avec le pays Pérou"),
        ("EU-REX", "Acumulación regional"),
        ("USMCA", "A"), ("USMCA", "Criterion B"), ("USMCA", "4.2(c)"), ("USMCA", "A, B"),
        ("CHAFTA", "WP"), ("CHAFTA", "PSR"), ("CHAFTA", "PSR (RVC 45%)"), ("KCFTA", "OP"),
        ("ATIGA", "WO"), ("ATIGA", "CC/CTH/CTSH"), ("ATIGA", "RVC 40%"), ("ATIGA", "CTH + RVC 40"),
        ("ATIGA", "SP"), ("ATIGA", "PC 25%"), ("GSP-FORM-A", '"W" 96.18'), ("GSP-FORM-A", "Y 45%"),
        ("GSP-FORM-A", "F"), ("GSP-FORM-A", "Pk"),
    ],
)  # fmt: skip
def test_spellings_that_the_agreements_know_are_accepted(scheme: str, criterion: str) -> None:
    assert told(scheme, criterion) == {}


@pytest.mark.parametrize(
    ("scheme", "criterion", "rule", "severity"),
    [
        ("USMCA", "NOT A REAL CRITERION", "CRITERION_UNKNOWN", "error"),
        ("USMCA", "E", "CRITERION_UNKNOWN", "error"),
        ("USMCA", "A1", "CRITERION_UNKNOWN", "error"),
        ("RCEP", "not WO", "CRITERION_UNKNOWN", "error"),
        ("RCEP", "WO, BOGUS", "CRITERION_UNKNOWN", "error"),
        ("RCEP", "WO 40%", "CRITERION_UNKNOWN", "error"),
        ("RCEP", "RVC 140%", "CRITERION_UNKNOWN", "error"),
        ("RCEP", "ACU, DMI", "CRITERION_UNKNOWN", "error"),
        ("RCEP", "+", "CRITERION_UNKNOWN", "error"),
        ("RCEP", "RVC 1%", "CRITERION_TOO_LOW", "error"),
        ("EU-REX", "W 7701", "CRITERION_UNKNOWN", "error"),
        ("EU-REX", "some cumulation", "CRITERION_UNKNOWN", "error"),
        ("EU-REX", "W", "CRITERION_INCOMPLETE", "discrepancy"),
        ("EU-REX", "extended cumulation with", "CRITERION_INCOMPLETE", "discrepancy"),
        ("ATIGA", "RVC", "CRITERION_INCOMPLETE", "discrepancy"),
        ("ATIGA", "40% single country", "CRITERION_UNKNOWN", "unknown"),
        ("GSP-FORM-A", "P and more", "CRITERION_UNKNOWN", "unknown"),
    ],
)
def test_what_no_rule_reads_is_told(scheme: str, criterion: str, rule: str, severity: str) -> None:
    found = told(scheme, criterion)
    assert found[rule] == severity
    if rule != "CRITERION_UNKNOWN":
        assert found == {rule: severity}


def test_what_is_left_over_is_named_in_the_finding() -> None:
    made = sample_document(items=1)
    made["items"][0]["originCriterion"] = "WO, BOGUS"
    [found] = agreement_findings(made)
    assert found.words.endswith("BOGUS.")
    assert [one.severity for one in content_findings(made)] == [Severity.DISCREPANCY]


def test_a_percentage_in_its_own_field_is_not_asked_for_again() -> None:
    made = sample_document(scheme="ATIGA", items=1)
    made["items"][0] |= {"originCriterion": "RVC", "regionalValueContent": {"percent": "45"}}
    assert "CRITERION_INCOMPLETE" not in [one.rule for one in agreement_findings(made)]


@given(st.sampled_from(["RCEP", "EU-REX", "USMCA", "ATIGA"]), st.text(max_size=70))
def test_every_text_is_read_to_its_end(scheme: str, text: str) -> None:
    criteria = agreement(scheme).criteria
    assert criteria is not None
    read = read_criterion(text, criteria)
    assert set(read.codes) <= criteria.codes.keys()
    assert "NOT" in read_criterion(f"NOT {text}", criteria).left_over


def test_what_follows_a_code_that_is_not_listed_is_refused() -> None:
    text = """
        code = "X"
        title = "T"
        preferential = true
        disclose = ["/number"]
        [issuance]
        bases = ["authority"]
        source = "Text 1"
        [criteria]
        source = "Text 2"
        [criteria.codes]
        P = "wholly obtained"
        [criteria.followed_by]
        W = "heading"
    """
    with pytest.raises(Broken, match="not among codes and additional: w"):
        read_agreement(text, "x.toml")
