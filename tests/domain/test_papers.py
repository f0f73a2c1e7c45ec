"""The document in full: every field is accepted, and the rules between its papers are told by their names."""

import copy
from typing import Any

import pytest

from ledger_app.domain import model_parts
from ledger_app.domain.certificate import admit, check_document, check_for_issue, document, parse_certificate
from ledger_app.domain.findings import Severity
from ledger_app.domain.imports import import_csv
from ledger_app.domain.model import Certificate, Item, Node
from ledger_app.domain.samples import sample_document
from ledger_app.domain.terms import leaf_terms

FULL: dict[str, Any] = {
    "issuanceBasis": "approved-exporter",
    "certifierAuthorisation": {"number": "CN/AE/2024/17", "authority": "Customs", "date": "2024-03-01"},
    "agent": {"name": "Forwarder Ltd", "mandate": {"reference": "POA 7", "validUntil": "2026-11-20"}},
    "importer": {"name": "Harbour Imports Pty Ltd", "address": {"country": "AU"}},
    "blanketPeriod": {"starts": "2026-11-20", "ends": "2027-11-19"},
    "original": {
        "number": "OLD-1", "issueDate": "2026-10-01", "validUntil": "2027-10-01", "digest": "0x" + "ab" * 32,
    },
    "validUntil": "2027-10-01",
    "flags": ["certified-true-copy", "third-party-invoice", "cumulation", "de-minimis"],
    "evidence": [
        {"digest": "0x" + "01" * 32, "name": "invoice.pdf", "mediaType": "application/pdf", "size": 52_011},
        {
            "digest": "0x" + "02" * 32, "name": "成本表.xlsx", "size": 1, "kind": "cost statement",
            "mediaType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        },
    ],
}  # fmt: skip


def full(**changes: Any) -> dict[str, Any]:
    made = sample_document(**copy.deepcopy(FULL | changes))
    for item in made["items"]:
        item["fobValue"] = {"amount": "28980.00", "currency": "USD"}
        item["regionalValueContent"] = {"percent": "45.5", "method": "build-down"}
    return made


def told(made: Any, severity: Severity = Severity.ERROR) -> dict[str, str]:
    return {one.pointer: one.rule for one in check_document(made) if one.severity is severity}


def test_a_document_with_every_field_is_accepted_and_comes_back_unchanged() -> None:
    made = full()
    made["items"][0]["originalItem"] = 2
    assert check_document(made) == []
    assert document(parse_certificate(made)) == made
    assert document(admit(made)) == made
    assert leaf_terms(made).allowance == 1
    named = made | {"producerStatus": "x"}
    members = {info.alias or name for name, info in Certificate.model_fields.items()}
    assert members - named.keys() == {"allowance", "remarks", "extensions", "validFrom"}
    items = {info.alias or name for name, info in Item.model_fields.items()}
    assert items - made["items"][0].keys() == {"originCountry", "producer", "allowance"}


@pytest.mark.parametrize(
    "basis", ["authority", "approved-exporter", "registered-exporter", "exporter", "producer", "importer"]
)
def test_each_basis_of_issue_can_be_stated(basis: str) -> None:
    assert told(full(issuanceBasis=basis)) == {}


@pytest.mark.parametrize("status", ["same-as-exporter", "unknown", "available-on-request"])
def test_what_is_known_of_the_producer_is_said_once(status: str) -> None:
    assert told(full(producer=None, producerStatus=status)) == {}
    assert told(full(producerStatus=status)) == {"/producerStatus": "PRODUCER_TWICE"}
    made = full(producer=None, producerStatus=status)
    made["items"][1]["producer"] = {"name": "Somebody"}
    assert told(made) == {"/producerStatus": "PRODUCER_TWICE"}


@pytest.mark.parametrize(
    ("changes", "pointer", "rule"),
    [
        ({"agent": {"name": "F", "mandate": {"reference": "P", "validUntil": "2026-11-19"}}},
         "/agent/mandate/validUntil", "MANDATE_ENDED"),
        ({"certifierAuthorisation": {"number": "1", "date": "2026-11-21"}},
         "/certifierAuthorisation/date", "AUTHORISATION_LATER"),
        ({"blanketPeriod": {"starts": "2026-11-20", "ends": "2026-11-19"}},
         "/blanketPeriod/ends", "PERIOD_ORDER"),
        ({"blanketPeriod": {"starts": "2026-11-20"}}, "/blanketPeriod/ends", "FIELD_MISSING"),
        ({"validUntil": "2027-10-02"}, "/validUntil", "TRUE_COPY_VALIDITY"),
        ({"validUntil": None}, "/validUntil", "TRUE_COPY_VALIDITY"),
        ({"original": {"number": "O", "issueDate": "2026-11-21"}}, "/original/issueDate", "ORIGINAL_LATER"),
        ({"original": {"number": "O", "digest": "ab" * 32}}, "/original/digest", "HASH_SHAPE"),
        ({"issuanceBasis": "chamber"}, "/issuanceBasis", "NOT_IN_LIST"),
        ({"importer": {}}, "/importer", "OBJECT_EMPTY"),
    ],
)  # fmt: skip
def test_papers_that_contradict_each_other_are_refused(
    changes: dict[str, Any], pointer: str, rule: str
) -> None:
    assert told(full(**changes))[pointer] == rule


@pytest.mark.parametrize(
    ("changes", "pointer", "rule"),
    [
        ({"agent": {"name": "F"}}, "/agent/mandate", "MANDATE_NOT_NAMED"),
        (
            {"agent": {"name": "F", "mandate": {"reference": "POA 7", "date": "2026-11-21"}}},
            "/agent/mandate/date",
            "MANDATE_LATER",
        ),
        ({"certifierAuthorisation": None}, "/certifierAuthorisation", "AUTHORISATION_NOT_NAMED"),
        ({"issuanceBasis": "authority"}, "/certifierAuthorisation", "AUTHORISATION_ODD"),
        ({"original": None}, "/original", "ORIGINAL_NOT_NAMED"),
        ({"original": {"number": "CCPIT-2026-000123"}}, "/original/number", "ORIGINAL_ITSELF"),
    ],
)
def test_papers_that_lack_something_minor_are_shown_and_kept(
    changes: dict[str, Any], pointer: str, rule: str
) -> None:
    made = full(**changes)
    assert told(made) == {}
    assert told(made, Severity.DISCREPANCY) == {pointer: rule}


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        (1, None),
        (999, None),
        (0, "TOO_SMALL"),
        (1000, "TOO_GREAT"),
        ("2", "WRONG_TYPE"),
        (True, "WRONG_TYPE"),
    ],
)
def test_the_item_of_the_original_is_named_by_its_number(item: Any, rule: str | None) -> None:
    made = full()
    made["items"][1]["originalItem"] = item
    assert told(made) == ({"/items/1/originalItem": rule} if rule else {})


def test_an_item_of_an_original_that_is_not_named_is_refused() -> None:
    made = full(original=None)
    made["items"][1]["originalItem"] = 2
    (found,) = [one for one in check_document(made) if one.is_error]
    assert (found.pointer, found.rule, found.value) == ("/items/1/originalItem", "ORIGINAL_ITEM_ALONE", "2")
    assert (found.source, "/original" in found.fix) == ("docs/certificate.md", True)


def test_limits_of_days_are_inclusive() -> None:
    assert told(full(agent={"name": "F", "mandate": {"reference": "P", "validUntil": "2026-11-20"}})) == {}
    assert told(full(certifierAuthorisation={"number": "1", "date": "2026-11-20"})) == {}
    assert told(full(blanketPeriod={"starts": "2026-11-20", "ends": "2026-11-20"})) == {}
    assert told(full(original={"number": "O", "issueDate": "2026-11-20"})) == {}


@pytest.mark.parametrize(
    ("change", "member", "rule"),
    [
        ({"digest": "0x" + "AB" * 32}, "digest", "HASH_SHAPE"),
        ({"digest": "0x" + "01" * 31}, "digest", "HASH_SHAPE"),
        ({"digest": "0x" + "01" * 32}, "digest", "EVIDENCE_TWICE"),
        ({"name": "invoice.pdf"}, "name", "EVIDENCE_TWICE"),
        ({"name": "../invoice.pdf"}, "name", "FILE_NAME"),
        ({"name": "a\\b"}, "name", "FILE_NAME"),
        ({"name": ".."}, "name", "FILE_NAME"),
        ({"mediaType": "pdf"}, "mediaType", "MEDIA_TYPE_SHAPE"),
        ({"mediaType": "Application/PDF"}, "mediaType", "MEDIA_TYPE_SHAPE"),
        ({"mediaType": "text/html; charset=utf-8"}, "mediaType", "MEDIA_TYPE_SHAPE"),
        ({"size": 0}, "size", "TOO_SMALL"),
        ({"size": "12"}, "size", "WRONG_TYPE"),
        ({"size": 2**41}, "size", "TOO_GREAT"),
    ],
)
def test_evidence_is_named_once_by_its_hash(change: dict[str, Any], member: str, rule: str) -> None:
    made = full()
    made["evidence"][1] |= change
    assert told(made) == {f"/evidence/1/{member}": rule}


@pytest.mark.parametrize(
    ("percent", "rule"),
    [
        ("0", None), ("100", None), ("100.000", None), ("40.5", None),
        ("100.01", "PERCENT_ABOVE_100"), ("1000", "PERCENT_ABOVE_100"),
        ("-1", "DECIMAL_SHAPE"), ("45%", "DECIMAL_SHAPE"), (45, "WRONG_TYPE"),
    ],
)  # fmt: skip
def test_regional_value_content_is_a_part_of_a_hundred(percent: Any, rule: str | None) -> None:
    made = full()
    made["items"][0]["regionalValueContent"] = {"percent": percent}
    assert told(made) == ({"/items/0/regionalValueContent/percent": rule} if rule else {})


def test_values_in_several_currencies_are_shown() -> None:
    made = full()
    made["items"][1]["fobValue"]["currency"] = "EUR"
    assert told(made, Severity.DISCREPANCY) == {"/items/1/fobValue/currency": "CURRENCIES_DIFFER"}


@pytest.mark.parametrize(
    ("kind", "pointer"),
    [("CT", None), ("cartons", None), ("in bulk", None), ("Q9", "/items/0/packages/kind")],
)
def test_a_package_code_outside_our_list_is_told_as_not_checked(kind: str, pointer: str | None) -> None:
    made = full()
    made["items"][0]["packages"]["kind"] = kind
    assert told(made, Severity.UNKNOWN) == ({pointer: "PACKAGE_NOT_CHECKED"} if pointer else {})


def test_gross_and_net_mass_compare_across_units() -> None:
    made = full()
    made["items"][0]["grossMass"] = {"value": "1000", "unit": "LBR"}
    made["items"][0]["netMass"] = {"value": "453.59237", "unit": "KGM"}
    assert told(made) == {}
    made["items"][0]["netMass"]["value"] = "453.59238"
    assert told(made) == {"/items/0/grossMass": "GROSS_BELOW_NET"}


def test_every_field_names_its_element_or_says_that_none_is_given() -> None:
    nodes = [Certificate, Item, *vars(model_parts).values()]
    for node in nodes:
        if isinstance(node, type) and issubclass(node, Node):
            for name, info in node.model_fields.items():
                described = info.description or ""
                assert described.rstrip(".").endswith("]"), f"{node.__name__}.{name}: {described}"


def test_the_new_fields_can_stand_in_a_table() -> None:
    header = (
        "number,scheme,issuanceBasis,certifierAuthorisation.number,importer.name,importer.address.lines,"
        "blanketPeriod.starts,blanketPeriod.ends,evidence.0.digest,evidence.0.name,evidence.0.mediaType,"
        "evidence.0.size,items.0.fobValue.amount,items.0.fobValue.currency,"
        "items.0.regionalValueContent.percent,items.0.originalItem,original.number"
    )
    row = (
        f"T-1,RCEP,approved-exporter,AE 1,Harbour,1 Street;2 Floor,2026-01-01,2026-06-30,0x{'07' * 32},a.pdf,"
        "application/pdf,12,10.50,USD,40,3,OLD-1"
    )
    [read] = import_csv(f"{header}\n{row}\n".encode())
    made = sample_document(items=1)
    made["items"][0] |= read.document["items"][0]
    made |= {name: value for name, value in read.document.items() if name != "items"}
    assert [one for one in check_for_issue(made) if one.is_error] == []
    assert made["evidence"][0]["size"] == 12
    assert made["items"][0]["originalItem"] == 3
    assert made["importer"]["address"]["lines"] == ["1 Street", "2 Floor"]
