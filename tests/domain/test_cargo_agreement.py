"""When the goods' history agrees with a certificate, when it contradicts it, and when it says nothing."""

from typing import Any

import pytest

from ledger_app.domain.cargo.agreement import Told, judge_history, linked_subjects
from ledger_app.domain.cargo.places import country_of, locode_of, place_words
from ledger_app.domain.cargo.subjects import Subject, SubjectKind
from ledger_app.domain.cargo.times import milliseconds
from ledger_app.domain.samples import DEMO_CONSIGNMENT, sample_document

PLACE = "https://vocabulary.uncefact.org/unlocode#"
CONTAINER = "urn:epc:id:bic:MSKU1234565"
# The sample departs from Ningbo for Melbourne on 2026-11-22.
DEPARTS = "2026-11-22"


def told(step: str, code: str | None, day: str = DEPARTS, *, epcs: Any = None, **members: Any) -> Told:
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventTime": f"{day}T06:00:00Z",
        "epcList": [CONTAINER, DEMO_CONSIGNMENT] if epcs is None else epcs,
        "bizStep": step,
        **members,
    }
    if code is not None:
        event["readPoint"] = {"id": PLACE + code}
    moment = milliseconds(event["eventTime"])
    assert moment is not None
    return Told(event, f"hash of {step} {code} {day}", moment)


def opinion(*events: Told, **changes: Any) -> tuple[str, str]:
    found = judge_history(sample_document(**changes), events)
    return found.outcome, found.reason


def test_a_voyage_as_the_certificate_says_agrees_and_is_told_in_words() -> None:
    found = judge_history(
        sample_document(), [told("unloading", "AUMEL", "2026-12-09"), told("loading", "CNNGB")]
    )
    assert (found.outcome, found.reason) == ("passed", "")
    assert "loaded in China on 2026-11-22" in found.detail
    assert "arrived in Australia on 2026-12-09" in found.detail
    assert "MSKU1234565" in found.detail


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ("loading", "urn:x:unlocode:THBKK"),
        ("https://ref.gs1.org/cbv/BizStep-departing", PLACE + "THBKK"),
        ("urn:epcglobal:cbv:bizstep:shipping", "https://example.com/locode/TH-BKK"),
    ],
)
def test_loading_in_a_country_that_the_certificate_does_not_name_is_a_discrepancy(
    step: str, place: str
) -> None:
    event = told(step, None, readPoint={"id": place})
    found = judge_history(sample_document(), [event])
    assert (found.outcome, found.reason) == ("warning", "CARGO_LOADED_ELSEWHERE")
    assert "Thailand" in found.detail
    assert "China" in found.detail


def test_a_loading_abroad_is_no_discrepancy_where_the_certificate_says_so() -> None:
    transport = {
        **sample_document()["transport"],
        "loadingPlace": {"code": "THBKK", "name": "Bangkok"},
    }
    assert opinion(told("loading", "THBKK"), transport=transport) == ("passed", "")


@pytest.mark.parametrize("day", ["2026-11-24", "2026-10-01"])
def test_a_loading_on_another_day_is_not_the_departure_and_contradicts_nothing(day: str) -> None:
    """A relay port, or an earlier trip under the same name."""
    event = told("loading", "SGSIN", day, epcs=[DEMO_CONSIGNMENT])
    assert opinion(event) == ("not-checked", "CARGO_NOT_COMPARABLE")


def test_without_a_day_of_departure_no_loading_is_compared() -> None:
    transport = {"mode": "sea"}
    event = told("loading", "THBKK", epcs=[DEMO_CONSIGNMENT])
    assert opinion(event, transport=transport) == ("not-checked", "CARGO_NOT_COMPARABLE")


def test_a_container_by_itself_confirms_a_loading_and_contradicts_none() -> None:
    """It carries other goods on other days."""
    assert opinion(told("loading", "CNNGB", epcs=[CONTAINER])) == ("passed", "")
    assert opinion(told("loading", "DEHAM", epcs=[CONTAINER])) == ("not-checked", "CARGO_NOT_COMPARABLE")
    assert opinion(told("unpacking", "DEHAM", epcs=[CONTAINER])) == ("not-checked", "CARGO_NOT_COMPARABLE")


def test_goods_unpacked_in_a_third_country_are_a_discrepancy_until_they_travel_on() -> None:
    loaded, unpacked = told("loading", "CNNGB"), told("unpacking", "NLRTM", "2026-12-20")
    assert opinion(loaded, unpacked) == ("warning", "CARGO_ENDED_ELSEWHERE")
    assert opinion(loaded, unpacked, told("unloading", "AUMEL", "2027-01-20")) == ("passed", "")
    assert opinion(loaded, told("unpacking", "AUSYD", "2026-12-20")) == ("passed", "")


def test_a_union_contains_its_countries() -> None:
    changes = {"importCountry": "EU", "destination": "EU", "transport": {"departureDate": DEPARTS}}
    event = told("unloading", "NLRTM", "2026-12-20", epcs=[DEMO_CONSIGNMENT])
    assert opinion(event, **changes) == ("passed", "")
    away = told("unpacking", "GBFXT", "2026-12-20", epcs=[DEMO_CONSIGNMENT])
    assert opinion(away, **changes) == ("warning", "CARGO_ENDED_ELSEWHERE")


def test_loading_in_other_containers_than_the_certificate_names_is_a_discrepancy() -> None:
    other = told("loading", None, epcs=["urn:epc:id:bic:CSQU3054383", DEMO_CONSIGNMENT])
    assert opinion(other) == ("warning", "CARGO_CONTAINER_DIFFERS")
    assert opinion(other, containers=None) == ("not-checked", "CARGO_NOT_COMPARABLE")
    # Moved into it on the way, as another event says.
    assert opinion(other, told("unloading", None, "2026-12-09")) == ("passed", "")


def test_an_event_that_its_reporter_declared_wrong_counts_for_nothing() -> None:
    wrong = told("loading", "THBKK")
    declared = Told({**wrong.event, "errorDeclaration": {}}, wrong.event_hash, wrong.time + 1)
    assert opinion(wrong, declared) == ("not-checked", "CARGO_NOT_COMPARABLE")
    assert opinion(wrong, declared, told("loading", "CNNGB")) == ("passed", "")


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"transport": "sea", "containers": "MSKU1234565", "items": "none", "consignment": 7},
        {"transport": {"departureDate": "0001-01-01", "loadingPlace": {"code": 1}}, "items": [None]},
        {"transport": {"departureDate": "9999-12-31"}, "exportCountry": ["CN"], "containers": [None, "x"]},
        {"transport": {"departureDate": "yesterday"}, "consignment": "  "},
    ],
)
def test_odd_documents_are_not_compared_and_raise_nothing(odd: dict[str, Any]) -> None:
    found = judge_history(odd, [told("loading", "THBKK")])
    assert (found.outcome, found.reason) == ("not-checked", "CARGO_NOT_COMPARABLE")
    assert linked_subjects(odd) == []


def test_a_certificate_is_linked_by_its_consignment_in_every_spelling_and_by_its_containers() -> None:
    found = linked_subjects({"consignment": "urn:epc:id:ginc:0614141.xyz47", "containers": ["MSKU1234565"]})
    assert found == [
        Subject(SubjectKind.CONSIGNMENT, "urn:epc:id:ginc:0614141.xyz47"),
        Subject(SubjectKind.OBJECT, "https://id.gs1.org/401/0614141xyz47"),
        Subject(SubjectKind.CONTAINER, "MSKU1234565"),
    ]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (PLACE + "CNNGB", "CNNGB"),
        ("urn:un:locode:aumel", "AUMEL"),
        ("https://example.com/unlocode/DE-HAM/", "DEHAM"),
        ("urn:epc:id:sgln:0614141.00001.0", None),
        (PLACE + "ZZABC", None),
        (PLACE + "CNNGBX", None),
        ("geo:31.2,121.5", None),
        ("https://example.com/CNNGB", None),
        (None, None),
    ],
)
def test_only_a_un_locode_says_where_a_place_lies(place: str | None, code: str | None) -> None:
    assert locode_of(place) == code
    assert country_of(place) == (code[:2] if code else None)


def test_places_are_told_by_name_where_one_is_known() -> None:
    names = {"CNNGB": "Ningbo"}
    assert place_words(PLACE + "CNNGB", names) == "Ningbo, China (CNNGB)"
    assert place_words(PLACE + "AUMEL", names) == "Australia (AUMEL)"
    assert place_words("urn:epc:id:sgln:0614141.00001.0", names) is None
