"""What a report says of content: the scheme's rules, and the fields that it asks a holder to show."""

from datetime import date

import pytest

from ledger_app.proof.alone import alone
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.report import Shown, build
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


def undisclosed(bundle: Bundle) -> set[str]:
    return {one["pointer"] for one in alone(bundle, AT).findings if one["rule"] == "UNDISCLOSED"}


def test_a_whole_document_hides_nothing() -> None:
    _, bundle = one_registered()
    assert undisclosed(bundle) == set()
    assert undisclosed(partial(bundle, "")) == set()


def test_fields_that_the_scheme_asks_for_and_the_holder_hides_are_shown_one_by_one() -> None:
    _, bundle = one_registered()
    assert undisclosed(partial(bundle, *MUST)) == set()
    part = partial(bundle, *(set(MUST) - {"/items", "/originCountry"}), "/items/0", "/issuer/name")
    assert undisclosed(part) == {"/items", "/originCountry"}
    step, listed = alone(part, AT).content, alone(part, AT).findings
    assert {one["severity"] for one in listed if one["rule"] == "UNDISCLOSED"} == {"discrepancy"}
    assert step is not None
    assert (step.outcome, step.reason) == ("warning", "CONTENT_DISCREPANCY")


def test_a_scheme_without_rules_asks_for_nothing() -> None:
    ledger = Ledger()
    bundle = ledger.register(certificate(scheme="ATLANTIS"))[0]
    assert undisclosed(partial(bundle, "/number", "/scheme")) == set()


@pytest.mark.parametrize(
    ("departed", "notices"), [("2025-12-01", []), ("2025-11-01", ["REGISTERED_TOO_LATE"])]
)
def test_a_date_set_back_is_told_by_the_day_of_registration(departed: str, notices: list[str]) -> None:
    ledger, bundle = one_registered(issueDate="2025-11-01", transport={"departureDate": departed})
    judged, facts = ledger.judge(bundle), ledger.facts(bundle)
    told = build(judged, bundle, facts, AT, Shown(document=bundle.document))
    assert (told["verdict"], told["notices"]) == ("GENUINE", notices)
    hidden = build(judged, bundle, facts, AT, Shown(document=bundle.document, readable=False))
    assert hidden["notices"] == []
