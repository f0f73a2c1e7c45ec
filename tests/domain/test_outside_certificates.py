"""Certificates that nobody on this project wrote: they say what they lack, and pass once completed."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ledger_app.domain.certificate import document, parse_certificate
from ledger_app.domain.codelists import hs_digits, is_hs_code
from ledger_app.domain.content import content_findings
from ledger_app.domain.imports import ImportResult, import_csv, import_json
from ledger_app.domain.imports.reader import plain
from ledger_app.domain.terms import leaf_terms

DEFAULTS: dict[str, Any] = {
    "number": "DEMO-1",
    "scheme": "CHAFTA",
    "issuanceBasis": "authority",
    "issuer": {"identifier": "urn:origin:demo:chamber-au", "name": "Demo Chamber", "territory": "AU"},
    "exporter": {"name": "Demo Exporter"},
    "consignee": {"name": "Demo Importer"},
    "exportCountry": "AU",
    "importCountry": "CN",
    "originCountry": "AU",
    "issueDate": "2026-11-20",
}
GOODS = [{"number": 1, "description": "Wine", "hsCode": "220421", "originCriterion": "WO"}]


def errors(found: ImportResult) -> dict[str, str]:
    return {one.pointer: one.rule for one in found.findings if one.is_error}


def scalars(value: Any) -> set[str]:
    if isinstance(value, dict | list) and value:
        return set().union(*map(scalars, value.values() if isinstance(value, dict) else value))
    return {json.dumps(value)}


@pytest.mark.conformance
def test_the_uncefact_sample_lacks_scheme_basis_and_issuer_and_nothing_else(outside_data: Path) -> None:
    file = outside_data / "coo" / "src_test_fixtures_data-file_sample-data-file-coo.json"
    value = json.loads(file.read_text("utf-8"), parse_float=str)
    [found] = import_json(value)
    assert errors(found) == {
        "/scheme": "FIELD_MISSING",
        "/issuanceBasis": "FIELD_MISSING",
        "/issuer": "FIELD_MISSING",
    }
    assert [one for one in found.read if one.is_error] == []
    assert scalars(plain(value)) <= scalars(found.document)
    made = found.document
    assert [item["grossMass"] for item in made["items"]] == [
        {"value": "900", "unit": "KGM"},
        {"value": "900", "unit": "KGM"},
        {"value": "930", "unit": "KGM"},
    ]
    assert {item["hsCode"] for item in made["items"]} == {"220421"}
    assert made["transport"]["loadingPlace"]["code"] == "AUMEL"
    assert made["transport"]["dischargePlace"]["code"] == "CNPVG"


@pytest.mark.conformance
def test_the_uncefact_sample_passes_once_completed(outside_data: Path) -> None:
    file = outside_data / "coo" / "src_test_fixtures_data-file_sample-data-file-coo.json"
    [found] = import_json(json.loads(file.read_text("utf-8"), parse_float=str))
    completed = found.completed(DEFAULTS)
    assert completed.ready
    certificate = parse_certificate(completed.document)
    assert document(certificate) == completed.document
    assert leaf_terms(completed.document).allowance == 1
    assert content_findings(completed.document) == []


@pytest.mark.conformance
def test_the_csv_sample_says_what_lacks_in_each_row_and_passes_once_completed(outside_data: Path) -> None:
    data = (outside_data / "coo" / "src_test_fixtures_data-file_sample-data-file-coo.csv").read_bytes()
    rows = import_csv(data)
    assert [(one.row, one.document["number"], one.document["issueDate"]) for one in rows] == [
        (2, "SampleId-1", "2015-01-01"),
        (3, "SampleId-2", "2015-01-02"),
    ]
    for found in rows:
        assert errors(found).keys() == {
            "/scheme", "/issuanceBasis", "/issuer", "/exporter", "/consignee",
            "/exportCountry", "/importCountry", "/originCountry", "/items",
        }  # fmt: skip
        completed = found.completed(DEFAULTS | {"items": GOODS})
        assert completed.ready
        parse_certificate(completed.document)


def sample_objects(text: str) -> list[Any]:
    """The object literals of a TypeScript sample, as JSON values; imported names become text."""
    found = []
    for start in re.finditer(r"^export const \w+(?:: \w+)? = \{$", text, re.MULTILINE):
        body = text[start.end() - 1 : text.index("\n};", start.end()) + 2]
        body = re.sub(r"^(\s*)([\w$]+):", r'\1"\2":', body, flags=re.MULTILINE)
        body = re.sub(r"([{,] )(\w+): ", r'\1"\2": ', body)
        body = re.sub(r'": ([A-Za-z_][\w.]*)(?=,|\n)', r'": "\1"', body)
        body = re.sub(r",(\s*[}\]])", r"\1", body)
        found.append(json.loads(body))
    return found


@pytest.mark.conformance
def test_the_simple_coo_sample_is_mapped_where_a_field_exists(outside_data: Path) -> None:
    text = (outside_data / "coo" / "src_templates_SimpleCoo_sampleV2.ts").read_text("utf-8")
    [value] = sample_objects(text)
    [found] = import_json(value)
    assert errors(found).keys() == {
        "/scheme", "/issuanceBasis", "/issuer/identifier", "/issuer/territory", "/originCountry",
    }  # fmt: skip
    made = found.document
    assert (made["number"], made["issueDate"], made["exportCountry"]) == ("IMDA0001", "2021-09-21", "AU")
    assert made["declarations"]["exporter"]["date"] == "2021-09-21"
    assert scalars(plain(value)) <= scalars(made)
    assert errors(found.completed(DEFAULTS)) == {
        "/importCountry": "NOT_A_PARTY",
        "/items/0/originCriterion": "CRITERION_MISSING",
    }
    assert found.completed(DEFAULTS | {"scheme": "NON-PREFERENTIAL"}).ready


@pytest.mark.conformance
def test_credentials_keep_their_proof_and_give_their_consignment(outside_data: Path) -> None:
    text = (outside_data / "coo" / "src_templates_ChaftaCoo_sampleW3C.ts").read_text("utf-8")
    values = sample_objects(text)
    assert len(values) == 2
    for value in values:
        [found] = import_json(value)
        assert found.origin == "credential"
        assert found.document["consignment"] == "12345"
        assert found.document["extensions"]["credential"]["proof"] == value["proof"]
        assert scalars(plain(value)) <= scalars(found.document)
        assert found.completed(DEFAULTS | {"items": GOODS}).ready


@pytest.mark.conformance
def test_every_subheading_of_the_harmonized_system_is_an_hs_code(outside_data: Path) -> None:
    with (outside_data / "codelists" / "harmonized-system.csv").open(encoding="utf-8", newline="") as file:
        codes = [row["hscode"] for row in csv.DictReader(file) if row["level"] == "6"]
    assert len(codes) > 5000
    assert [code for code in codes if not is_hs_code(code)] == []
    assert [code for code in codes if hs_digits(f"{code[:4]}.{code[4:]}") != code] == []


@pytest.mark.conformance
def test_credentials_are_completed_by_our_members_beside_theirs_and_in_the_subject(
    outside_data: Path,
) -> None:
    text = (outside_data / "coo" / "src_templates_ChaftaCoo_sampleW3C.ts").read_text("utf-8")
    ours = {**DEFAULTS, "items": GOODS}
    issuer = {"issuer": ours.pop("issuer")}
    days = {"validFrom": "2026-11-20", "validUntil": "2027-11-19"}
    for value in sample_objects(text):
        subject = value["credentialSubject"]
        beside = {**value, **ours}
        within = {**value, "credentialSubject": {**subject, **ours, **days}}
        both = {**value, "scheme": "CHAFTA", "credentialSubject": {**subject, **ours, "scheme": "RCEP"}}
        for one in (beside, within, both, {"data": beside}, {"data": within}):
            [found] = import_json(one)
            assert found.origin == "credential"
            assert errors(found).keys() == {"/issuer"}
            made = found.completed(issuer)
            assert made.ready
            assert {name: made.document[name] for name in ours} == ours
            kept = made.document["extensions"]["credential"]
            kept = kept.get("data", kept)
            for name in ("type", "issuer", "id", "proof", "validFrom", "issuanceDate"):
                assert kept.get(name) == value.get(name)
            assert made.document.get("validFrom") == (
                days["validFrom"] if "validUntil" in made.document else None
            )
        [found] = import_json(within)
        assert {name: found.document[name] for name in days} == days
