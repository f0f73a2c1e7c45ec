"""What a page says of a report, without a browser."""

from typing import Any

import pytest

from ledger_app.domain.words import amount_words
from ledger_app.proof.steps import NAMES
from ledger_app.web import assets
from ledger_app.web.present import CHECKS, report_view


def _view(outcome: str, **more: Any) -> dict[str, Any]:
    checks = [{"name": name, "outcome": outcome, "reason": "", "detail": "", "next": ""} for name in NAMES]
    return report_view(
        {
            "verdict": "NOT_GENUINE",
            "standing": "unknown",
            "checks": checks,
            "ledger": {"block": 1, "time": 1_790_000_000, "age_seconds": 3},
            **more,
        },
        looked_up=False,
    )


def test_a_check_that_failed_is_never_labelled_with_the_words_of_one_that_holds() -> None:
    assert [check["label"] for check in _view("passed")["checks"]] == [CHECKS[name] for name in NAMES]
    failed = [check["label"] for check in _view("failed")["checks"]]
    assert len(failed) == len(set(failed)) == len(NAMES)
    assert not set(failed) & (set(CHECKS.values()) | set(NAMES))


def test_a_check_with_something_to_look_at_does_not_say_that_it_agrees() -> None:
    labels = {check["name"]: check["label"] for check in _view("warning")["checks"]}
    assert labels["cargo"] == "The cargo's history contradicts it"
    assert labels["content"] == "Something in it does not fit the rules of its scheme"
    assert labels["issuer"] == CHECKS["issuer"]


def test_a_finding_names_its_field_and_where_its_rule_stands() -> None:
    found = {"pointer": "/items/0", "severity": "discrepancy", "rule": "R", "words": "odd.", "fix": "mend."}
    written = {**found, "source": "Article 3.17, see https://example.org/rcep."}
    unsure = {**found, "severity": "unknown", "source": "Article 92"}
    first, second = _view("warning", content=[written, unsure])["findings"]
    assert (first["words"], first["fix"], first["field"]) == ("Odd.", "Mend.", "/items/0")
    assert first["link"] == "https://example.org/rcep"
    assert (second["source"], second["link"], second["outcome"]) == ("Article 92", "", "not-checked")
    page = assets.page("report.html", report=_view("warning", content=[written, unsure]), fault=None)
    text = bytes(page.body).decode()
    assert 'href="#rules"' in text
    assert '<a href="https://example.org/rcep" rel="noreferrer">' in text
    assert "<cite>Article 92</cite>" in text


def test_what_followed_a_certificate_leads_to_its_page_and_has_a_name_only_where_it_is_told() -> None:
    leaf = "0x" + "ab" * 32
    row = {"leaf": leaf, "act": "supersede", "time": 1_790_000_000, "certificate": None, "number": None}
    genuine = {"verdict": "GENUINE", "standing": "superseded", "certificate": None}
    view = _view(
        "passed",
        **genuine,
        predecessor=None,
        successors=[row, row | {"number": "N-2<b>"}],
        moreSuccessors=True,
    )
    view["facts"] = [("Scheme", "RCEP")]
    text = bytes(assets.page("report.html", report=view, fault=None).body).decode()
    assert f'<dt>Replaced by</dt><dd><a href="/c/{leaf}">0xabababab…ababab</a>, 2026-09-21' in text
    assert f'<a href="/c/{leaf}">N-2&lt;b&gt;</a>' in text
    assert "others after these" in text


def test_ages_are_told_with_the_right_plural() -> None:
    for seconds, words in ((0, "0 seconds"), (1, "1 second"), (2, "2 seconds")):
        view = _view("passed", ledger={"block": 7, "time": 1, "age_seconds": seconds})
        assert view["age"] == f"As of block 7, {words} old."


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ("4200", "H87", "4,200 pieces"),
        ("1", "H87", "1 piece"),
        ("12.50", "KGM", "12.50 kilograms"),
        ("1234567.8", "LPA", "1,234,567.8 litres of pure alcohol"),
        ("3", "C62", "3"),
        ("1", "C62", "1"),
        ("24", "DZN", "24 dozen"),
        ("2", "FOT", "2 feet"),
        ("5", "XYZ", "5 XYZ"),
        ("many", "KGM", "many kilograms"),
        ("", "", ""),
    ],
)
def test_amounts_are_told_in_words(value: str, unit: str, words: str) -> None:
    assert amount_words(value, unit) == words


@pytest.mark.parametrize(
    ("used", "left", "looked_up", "title", "words"),
    [
        (0, 5, True, "Registered", "In good standing."),
        (2, 3, True, "Registered, partly used", "In good standing: 2 of 5 used, 3 left."),
        (2, 3, False, "Genuine, partly used", "In good standing: 2 of 5 used, 3 left."),
    ],
)
def test_a_certificate_of_which_something_is_used_says_so(
    used: int, left: int, looked_up: bool, title: str, words: str
) -> None:
    report = {
        "verdict": "GENUINE",
        "standing": "good",
        "checks": [],
        "ledger": {"block": None},
        "allowance": {"total": 5, "used": used, "left": left},
    }
    view = report_view(report, looked_up=looked_up)
    assert (view["title"], view["standing_words"], view["tone"]) == (title, words, "good")
