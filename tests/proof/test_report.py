"""What a report says of content: the scheme's rules, and the fields that it asks a holder to show."""

from datetime import date

from ledger_app.proof.report import document_of, judge_content, undisclosed
from tests.proof.registered import Ledger, one_registered, partial
from tests.vectors.cases import certificate

AT = date(2026, 12, 1)
MUST = (
    "/number",
    "/scheme",
    "/issuer",
    "/exportCountry",
    "/importCountry",
    "/originCountry",
    "/issueDate",
    "/items",
)


def test_a_whole_document_hides_nothing() -> None:
    _, bundle = one_registered()
    assert undisclosed(bundle) == []
    assert undisclosed(partial(bundle, "")) == []


def test_fields_that_the_scheme_asks_for_and_the_holder_hides_are_shown_one_by_one() -> None:
    _, bundle = one_registered()
    assert undisclosed(partial(bundle, *MUST)) == []
    part = partial(bundle, *(set(MUST) - {"/items", "/originCountry"}), "/items/0", "/issuer/name")
    hidden = undisclosed(part)
    assert {one.pointer: (one.rule, one.is_error) for one in hidden} == {
        "/items": ("UNDISCLOSED", False),
        "/originCountry": ("UNDISCLOSED", False),
    }
    step, listed = judge_content(document_of(part), AT, hidden=hidden)
    assert step is not None
    assert (step.outcome, step.reason) == ("warning", "CONTENT_DISCREPANCY")
    assert {"/items", "/originCountry"} <= {one["pointer"] for one in listed}


def test_a_scheme_without_rules_asks_for_nothing() -> None:
    ledger = Ledger()
    bundle = ledger.register(certificate(scheme="ATLANTIS"))[0]
    assert undisclosed(partial(bundle, "/number", "/scheme")) == []
