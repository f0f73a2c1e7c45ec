"""Documents in, events that stand alone out; and what an event is about."""

import json
from typing import Any

import pytest

from ledger_app.domain.cargo.event_hash import event_hash
from ledger_app.domain.cargo.reading import MAX_EVENTS, read_document
from ledger_app.domain.cargo.subjects import (
    Subject,
    SubjectKind,
    consignment_name,
    container_number,
    search_names,
    subjects_of,
)
from ledger_app.domain.cargo.times import milliseconds, text_of, utc_text
from ledger_app.errors import BadInput, TooLarge
from ledger_app.proof.canonical import canonical_bytes, parse_json
from tests.cargo.conftest import STANDARD, document, event


def read(raw: bytes) -> Any:
    return read_document(parse_json(raw, floats="text"))


def test_good_and_bad_events_of_one_document_are_told_apart() -> None:
    good, bad, also = read(document(event(1), {**event(2), "action": "MAYBE"}, event(3)))
    assert not good.findings
    assert [(found.rule, bad.pointer + found.pointer) for found in bad.findings] == [
        ("CARGO_FIELD_TYPE", "/epcisBody/eventList/1/action")
    ]
    assert also.index == 2
    assert also.event["epcList"] == event(3)["epcList"]


def test_a_kept_event_has_its_context_and_the_hash_it_had_in_its_document() -> None:
    (one,) = read(document({**event(1), "ex:seal": "A1"}))
    again = json.loads(canonical_bytes(one.event))
    assert event_hash(again) == event_hash(one.event)
    assert "{https://ns.example.com/epcis/}seal=A1" in _pre_hash(one.event)


def _pre_hash(kept: dict[str, Any]) -> str:
    from ledger_app.domain.cargo.event_hash import pre_hash

    return pre_hash(kept)


def test_numbers_keep_the_digits_they_were_written_with() -> None:
    raw = document(event(1)).replace(b'"bizStep"', b'"ex:n": [1.50, 1e3, 12345678901234567890, 7], "bizStep"')
    (one,) = read(raw)
    assert one.event["ex:n"] == ["1.50", "1e3", "12345678901234567890", 7]


def test_a_query_document_and_a_single_event_are_read() -> None:
    body = {"queryResults": {"queryName": "q", "resultsBody": {"eventList": [event(1), event(2)]}}}
    assert len(read(document(type="EPCISQueryDocument", epcisBody=body))) == 2
    (one,) = read(json.dumps({**event(1), "@context": STANDARD}).encode())
    assert one.pointer == ""
    assert one.event["@context"] == [STANDARD]


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b"[]", ""),
        (b'"x"', ""),
        (b"{}", "/@context"),
        (document(epcisBody=[]), "/epcisBody"),
        (document(epcisBody={}), "/epcisBody/eventList"),
        (document(epcisBody={"eventList": {}}), "/epcisBody/eventList"),
        (document(schemaVersion="1.2"), "/schemaVersion"),
        (document(creationDate="today"), "/creationDate"),
        (document(type="EPCISQueryDocument"), "/epcisBody/queryResults"),
        (document(**{"@context": 7}), "/@context"),
        (document(**{"@context": [f"urn:{n}" for n in range(65)]}), "/@context"),
    ],
)
def test_what_is_no_epcis_document_is_refused_with_its_place(raw: bytes, pointer: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(raw)
    assert refused.value.reason == "CARGO_DOCUMENT"
    assert refused.value.context["pointer"] == pointer


def test_a_document_with_too_many_events_is_refused() -> None:
    with pytest.raises(TooLarge) as refused:
        read_document(json.loads(document(*[{}] * (MAX_EVENTS + 1))))
    assert refused.value.reason == "CARGO_TOO_MANY_EVENTS"


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-11-22T14:05:00Z", "2026-11-22T14:05:00.000Z"),
        ("2026-11-22T14:05:00.12345+08:00", "2026-11-22T06:05:00.123Z"),
        ("2026-12-31T23:59:59.9995-00:30", "2027-01-01T00:30:00.000Z"),
        ("2024-02-29T00:00:00-14:00", "2024-02-29T14:00:00.000Z"),
    ],
)
def test_times_are_told_in_utc_to_the_millisecond(written: str, utc: str) -> None:
    assert utc_text(written) == utc
    assert text_of(milliseconds(written) or 0) == utc


@pytest.mark.parametrize(
    "written",
    [
        "", "2026-11-22", "2026-11-22T14:05:00", "2026-11-22 14:05:00Z", "2026-13-01T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T14:05:60Z", "2026-11-22T14:05:00+15:00", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.9999Z", "٢٠٢٦-11-22T14:05:00Z",
    ],
)  # fmt: skip
def test_no_other_text_is_a_time(written: str) -> None:
    assert milliseconds(written) is None
    assert utc_text(written) is None


def test_an_event_is_about_what_it_names() -> None:
    found = subjects_of(
        {
            "parentID": "urn:epc:id:bic:CSQU3054383",
            "childEPCs": ["urn:epc:id:sscc:4012345.3111111111"],
            "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.Lot987"}],
            "bizTransactionList": [
                {"type": "cert", "bizTransaction": "urn:example:certificate:CCPIT-2026-000123"},
                {"type": "bol", "bizTransaction": "urn:epc:id:ginc:0614141.xyz47"},
            ],
        }
    )
    assert set(found) == {
        Subject(SubjectKind.OBJECT, "urn:epc:id:bic:CSQU3054383"),
        Subject(SubjectKind.CONTAINER, "CSQU3054383"),
        Subject(SubjectKind.OBJECT, "https://id.gs1.org/00/340123451111111111"),
        Subject(SubjectKind.OBJECT, "https://id.gs1.org/01/04012345123456/10/Lot987"),
        Subject(SubjectKind.OBJECT, "urn:example:certificate:CCPIT-2026-000123"),
        Subject(SubjectKind.CERTIFICATE, "CCPIT-2026-000123"),
        Subject(SubjectKind.OBJECT, "https://id.gs1.org/401/0614141xyz47"),
        Subject(SubjectKind.CONSIGNMENT, "0614141xyz47"),
    }


def test_a_container_is_found_however_its_number_is_written() -> None:
    assert container_number("csqu 305438-3") == "CSQU3054383"
    assert container_number("CSQX3054383") is None
    assert Subject(SubjectKind.CONTAINER, "CSQU3054383") in search_names("csqu3054383")


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb", "a\u202eb"])
def test_a_consignment_has_a_printable_name(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        consignment_name(name)
    assert refused.value.reason == "CARGO_CONSIGNMENT"
