"""Certificates from other systems: nothing is lost, what is clear is mapped, what lacks is told."""

import contextlib
import csv
import io
import json
import uuid
from collections import Counter
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_app.domain.certificate import check_document, parse_certificate
from ledger_app.domain.imports import complete, import_csv, import_file, import_json
from ledger_app.domain.imports.reader import plain
from ledger_app.domain.imports.tables import MAX_ROWS
from ledger_app.domain.imports.values import written_date, written_number, written_quantity
from ledger_app.domain.samples import sample_document
from ledger_app.errors import BadInput, TooLarge, Unprocessable
from ledger_app.proof.canonical import parse_json

UNCEFACT: dict[str, Any] = {
    "iD": "chamber.example.org:coo:AB-77",
    "issueDateTime": "2026-03-04T10:00:00Z",
    "freeTradeAgreement": "RCEP",
    "supplyChainConsignment": {
        "iD": "carrier.example.com:hawb:123",
        "exportCountry": {"code": "AU"},
        "importCountry": {"code": "Singapore"},
        "exporter": {
            "iD": "id:1",
            "name": "Exporter ",
            "postalAddress": {"line1": "1 Street", "countryCode": "AU"},
        },
        "importer": {"name": "Importer"},
        "includedConsignmentItems": [
            {
                "crossBorderRegulatoryProcedure": {"originCriteriaText": "WO"},
                "manufacturer": {"name": "Maker one"},
                "tradeLineItems": [
                    {
                        "sequenceNumber": 1,
                        "invoiceReference": {"iD": "INV-1", "formattedIssueDateTime": "2 March 2026"},
                        "tradeProduct": {
                            "description": "Wine",
                            "harmonisedTariffCode": {"classCode": "2204.21"},
                            "originCountry": {"code": "AU"},
                        },
                        "transportPackages": [{"iD": "A", "grossWeight": "0.5 t"}, {"grossWeight": "0.25 t"}],
                    }
                ],
            },
            {
                "manufacturer": {"name": "Maker two"},
                "tradeLineItems": [
                    {
                        "sequenceNumber": 7,
                        "tradeProduct": {
                            "description": "Corks",
                            "harmonisedTariffCode": {"classCode": "450310"},
                            "originCountry": {"code": "NZ"},
                        },
                        "transportPackages": [{"grossWeight": "3 ton"}],
                    }
                ],
            },
        ],
        "loadingBaseportLocation": {"iD": "unece.un.org:locode:AUMEL", "name": "Melbourne"},
        "mainCarriageTransportMovement": {
            "iD": "iata.org:CX104",
            "departureEvent": {"departureDateTime": "soon"},
        },
        "grossVolume": 1.5,
    },
}

SIMPLE: dict[str, Any] = {
    "issuers": [{"name": "Chamber", "documentStore": "0x12"}],
    "documentName": "Form for Free Trade Agreement",
    "issueDateAndTime": "21 September 2021, 3:05pm",
    "cooId": "SG0001",
    "exporterDetails": {
        "exportCountry": "AU",
        "exporterName": "Exporter",
        "exporterAddress": {"line1": "1 Street", "postalCode": "3000 "},
    },
    "importerDetails": {"importCountry": "SG", "importerName": "Importer"},
    "descriptionOfGoods": {
        "importerNameMarksAndNumber": "SSCC: 5",
        "numberAndKindOfPackage": "Wine",
        "hsCode": "2204.21",
        "invoiceNumber": "1122345",
        "dateOfInvoice": "5 July 2021",
        "loadingBaseportLocationName": "AUMEL",
        "mainCarriageTransportMovementId": "IMO 9367815",
    },
    "firstSignatoryAuthentication": {"actualDate": "", "statement": "So it is."},
}

DEFAULTS: dict[str, Any] = {
    "scheme": "NON-PREFERENTIAL",
    "issuanceBasis": "authority",
    "issuer": {"identifier": "urn:origin:demo:chamber", "name": "Demo Chamber", "territory": "AU"},
    "originCountry": "AU",
}


def leaves(value: Any) -> Counter[str]:
    """Every scalar and every empty container, as JSON text, counted once."""
    found: set[str] = set()
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict | list) and node:
            pending.extend(node.values() if isinstance(node, dict) else node)
        else:
            found.add(json.dumps(node))
    return Counter(found)


def test_uncefact_json_is_mapped_field_by_field() -> None:
    [found] = import_json({"data": UNCEFACT})
    made = found.document
    assert found.origin == "uncefact"
    assert made["number"] == "AB-77"
    assert made["scheme"] == "RCEP"
    assert made["issueDate"] == "2026-03-04"
    assert made["exportCountry"] == "AU"
    assert made["importCountry"] == "SG"
    assert made["originCountry"] == "AU"
    assert made["exporter"] == {
        "name": "Exporter",
        "identifier": "id:1",
        "address": {"lines": ["1 Street"], "country": "AU"},
    }
    assert made["consignee"] == {"name": "Importer"}
    assert made["consignment"] == "carrier.example.com:hawb:123"
    assert made["transport"] == {
        "mode": "air",
        "journey": "CX104",
        "loadingPlace": {"code": "AUMEL", "name": "Melbourne"},
    }
    assert made["invoices"] == [{"number": "INV-1", "date": "2026-03-02"}]
    assert made["items"] == [
        {
            "number": 1,
            "marks": "A",
            "packages": {"count": 2, "kind": "PK"},
            "description": "Wine",
            "hsCode": "220421",
            "originCriterion": "WO",
            "producer": {"name": "Maker one"},
            "grossMass": {"value": "0.75", "unit": "TNE"},
            "invoices": ["INV-1"],
        },
        {
            "number": 2,
            "packages": {"count": 1, "kind": "PK"},
            "description": "Corks",
            "hsCode": "450310",
            "producer": {"name": "Maker two"},
            "originCountry": "NZ",
        },
    ]


def test_what_is_unclear_is_kept_and_told_at_the_field_it_was_for() -> None:
    [found] = import_json(UNCEFACT)
    told = {one.pointer: one.value for one in found.read if one.rule == "NOT_UNDERSTOOD"}
    assert told == {"/transport/departureDate": "soon", "/items/1/grossMass": "3 ton"}
    kept = found.document["extensions"]["uncefact"]["supplyChainConsignment"]
    assert kept["grossVolume"] == "1.5"
    assert kept["mainCarriageTransportMovement"]["departureEvent"] == {"departureDateTime": "soon"}
    assert kept["includedConsignmentItems"][1]["tradeLineItems"][0]["sequenceNumber"] == 7


def test_a_mass_is_only_added_up_when_every_package_is_clear() -> None:
    path = (
        "supplyChainConsignment",
        "includedConsignmentItems",
        0,
        "tradeLineItems",
        0,
        "transportPackages",
        1,
    )
    [found] = import_json(replaced(UNCEFACT, (*path, "grossWeight"), "about 3"))
    assert "grossMass" not in found.document["items"][0]
    [found] = import_json(replaced(UNCEFACT, (*path, "grossWeight"), "250 kg"))
    assert "grossMass" not in found.document["items"][0]


def test_the_issuing_body_named_by_the_wrapper_is_mapped() -> None:
    [found] = import_json(UNCEFACT | {"issuers": [{"name": "Chamber", "documentStore": "0x1"}]})
    assert found.document["issuer"] == {"name": "Chamber"}
    assert found.document["extensions"]["uncefact"]["issuers"] == [{"documentStore": "0x1"}]


def test_importer_and_consignee_are_told_apart_where_both_are_named() -> None:
    consignment = UNCEFACT["supplyChainConsignment"] | {"consignee": {"name": "Bank"}}
    [both] = import_json(UNCEFACT | {"supplyChainConsignment": consignment})
    assert (both.document["consignee"], both.document["importer"]) == ({"name": "Bank"}, {"name": "Importer"})
    [one] = import_json(UNCEFACT)
    assert one.document["consignee"] == {"name": "Importer"}
    assert "importer" not in one.document


def test_what_went_into_a_field_unchanged_is_not_kept_twice() -> None:
    [found] = import_json(UNCEFACT)
    kept = found.document["extensions"]["uncefact"]
    assert "freeTradeAgreement" not in kept
    assert "importer" not in kept["supplyChainConsignment"]


def test_it_is_told_field_by_field_what_lacks_before_it_can_be_issued() -> None:
    [found] = import_json(UNCEFACT)
    lacking = {one.pointer: one.rule for one in found.findings if one.is_error}
    assert lacking == {
        "/issuanceBasis": "FIELD_MISSING",
        "/issuer": "FIELD_MISSING",
        "/items/1/originCriterion": "CRITERION_MISSING",
    }
    assert not found.ready
    completed = found.completed(DEFAULTS | {"items": {"originCriterion": "CTC"}})
    assert completed.ready
    assert completed.document["scheme"] == "RCEP"
    parse_certificate(completed.document)


def test_simple_coo_is_mapped_and_completed() -> None:
    [found] = import_json(SIMPLE)
    made = found.document
    assert found.origin == "tradetrust"
    assert (made["number"], made["issueDate"]) == ("SG0001", "2021-09-21")
    assert made["issuer"] == {"name": "Chamber"}
    assert made["exporter"]["address"] == {"lines": ["1 Street"], "postcode": "3000"}
    assert made["items"] == [
        {"number": 1, "marks": "SSCC: 5", "description": "Wine", "hsCode": "220421", "invoices": ["1122345"]}
    ]
    assert made["invoices"] == [{"number": "1122345", "date": "2021-07-05"}]
    assert made["transport"] == {
        "mode": "sea",
        "meansIdentifier": "IMO 9367815",
        "loadingPlace": {"code": "AUMEL"},
    }
    lacking = {one.pointer for one in found.findings if one.is_error}
    assert lacking == {
        "/scheme",
        "/issuanceBasis",
        "/issuer/identifier",
        "/issuer/territory",
        "/originCountry",
    }
    completed = found.completed(DEFAULTS)
    assert completed.ready
    assert completed.document["issuer"]["name"] == "Chamber"


def test_a_credential_is_read_by_its_subject_and_kept_whole_around_it() -> None:
    [found] = import_json(
        {"type": ["VerifiableCredential"], "credentialSubject": {"type": ["Coo"], **UNCEFACT}}
    )
    assert found.origin == "credential"
    assert found.document["number"] == "AB-77"
    assert found.document["extensions"]["credential"]["type"] == ["VerifiableCredential"]


def test_our_own_format_passes_through_untouched() -> None:
    made = sample_document()
    [found] = import_json([made])
    assert found.document is made
    assert (found.origin, found.findings, found.ready) == ("origin-ledger", [], True)


KEYS = ["iD", "name", "code", "line1", "data", "type", "signature", "information", "hsCode", "x"]
WRITTEN = ["450 Kg", " 3000 ", "5 July 2021", "2204.21", "AU", "unece.un.org:locode:AUMEL", "a:b", "x\ny"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(WRITTEN),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=10,
)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(below for name, member in members for below in paths(member, (*path, name)))]


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    name, *rest = path
    if isinstance(value, dict):
        return value | {name: replaced(value[name], tuple(rest), new)}
    return [
        replaced(member, tuple(rest), new) if place == name else member for place, member in enumerate(value)
    ]


@settings(max_examples=400)
@given(st.sampled_from([UNCEFACT, SIMPLE]), st.data())
def test_every_value_of_a_foreign_object_is_found_again(base: dict[str, Any], data: st.DataObject) -> None:
    entry = base
    for _ in range(2):
        path = data.draw(st.sampled_from(paths(entry)[1:]))
        entry = replaced(entry, path, data.draw(JSON))
    [found] = import_json(entry)
    lost = leaves(plain(entry)) - leaves(found.document)
    assert not lost
    check_document(found.document)


@given(st.dictionaries(st.text(max_size=5), JSON, min_size=1, max_size=4))
def test_objects_of_no_known_format_are_kept_whole_and_told(entry: dict[str, Any]) -> None:
    [found] = import_json(entry)
    assert not leaves(plain(entry)) - leaves(found.document)
    assert not found.ready


@pytest.mark.parametrize("value", [None, 3, "x", [], {"data": []}, True])
def test_what_is_no_certificate_at_all_is_refused(value: Any) -> None:
    with pytest.raises(Unprocessable) as refused:
        import_json(value)
    assert refused.value.reason == "IMPORT_UNREADABLE"


@pytest.mark.parametrize("value", [None, 3, "x", [], True])
def test_an_entry_that_is_no_object_is_told_and_the_others_are_read(value: Any) -> None:
    made = sample_document()
    first, second = import_json([value, made])
    assert [(one.pointer, one.rule, one.is_error) for one in first.findings] == [
        ("", "JSON_NOT_OBJECT", True)
    ]
    assert (first.row, second.row, second.document, second.ready) == (1, 2, made, True)


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ('{"number": NaN}', "JSON_NOT_A_NUMBER"),
        ('{"number": 1, "number": 2}', "JSON_DUPLICATE_KEY"),
        ('{"number": "\\ud800"}', "JSON_SURROGATE"),
        ('{"number": 1e999}', "JSON_NUMBER_RANGE"),
        ("null", "JSON_NOT_OBJECT"),
    ],
)
@pytest.mark.parametrize("form", ["[{bad},{good}]", '{{"data": [{bad}, {good}]}}', "{bad}\n{good}\n"])
def test_an_entry_that_cannot_be_read_is_told_and_the_others_are_read(bad: str, rule: str, form: str) -> None:
    made = sample_document()
    file = form.format(bad=bad, good=json.dumps(made)).encode()
    first, second = import_file(file, "x.json", partial(parse_json, floats="text"))
    assert [(one.pointer, one.rule, one.is_error) for one in first.findings] == [("", rule, True)]
    assert (second.row, second.document, second.ready) == (2, made, True)


def test_what_cannot_be_told_apart_is_refused_for_the_whole_files_reason() -> None:
    for file in (b'[{"a": 1}, {"b"', b"{", b"[]", b'{"a": 1} x', b'{"a":' * 40 + b"1" + b"}" * 40):
        with pytest.raises(BadInput):
            import_file(file, "x.json", partial(parse_json, floats="text"))


def test_nesting_without_end_is_refused() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = {"supplyChainConsignment": deep}
    with pytest.raises(Unprocessable):
        import_json(deep)


def salted(value: Any, kind: str = "") -> Any:
    """A value as OpenAttestation v2 wraps it."""
    if isinstance(value, dict):
        return {name: salted(member) for name, member in value.items()}
    if isinstance(value, list):
        return [salted(member) for member in value]
    kinds: dict[type, str] = {str: "string", bool: "boolean", type(None): "null"}
    text = str(value).lower() if isinstance(value, bool | None) else value
    return f"{uuid.uuid4()}:{kind or kinds.get(type(value), 'number')}:{text}"


def wrapped(data: Any) -> dict[str, Any]:
    proof = {"type": "SHA3MerkleProof", "targetHash": "ab", "proof": [], "merkleRoot": "ab"}
    version = "https://schema.openattestation.com/2.0/schema.json"
    return {"version": version, "data": data, "signature": proof}


def test_a_wrapped_document_is_read_by_its_values_without_their_salts() -> None:
    plainly = {**UNCEFACT, "note": {"a": [1, True, None, "x:y\nz"], "b": {}}}
    [bare] = import_json({"data": plainly})
    [found] = import_json(wrapped(salted(plainly)))
    kept = found.document.pop("extensions")["uncefact"]
    assert kept["data"] == bare.document.pop("extensions")["uncefact"]["data"]
    assert kept["signature"]["merkleRoot"] == "ab"
    assert (found.document, found.read) == (bare.document, bare.read)
    gone = wrapped({**salted(UNCEFACT), "gone": salted("", "undefined"), "size": salted("1.50", "number")})
    data = import_json(gone)[0].document["extensions"]["uncefact"]["data"]
    assert (data["size"], "gone" in data) == ("1.50", False)


def test_values_without_a_salt_are_told_once_and_read_as_they_stand() -> None:
    uuid1 = "c29031a1-901c-18bf-bf63-8c65edbbf48d"
    odd = {"scheme": "RCEP", "a": f"{uuid1}:string:x", "b": salted("x", "number"), "c": salted("x", "date")}
    [found] = import_json(wrapped({**salted(UNCEFACT), **odd}))
    assert found.document["scheme"] == "RCEP"
    assert found.document["extensions"]["uncefact"]["data"]["a"] == odd["a"]
    [told] = [one for one in found.read if one.rule == "SALT_UNREADABLE"]
    assert "4 of" in told.words
    assert "data.scheme" in told.words


def test_texts_that_look_salted_stay_as_they_are_where_nothing_is_wrapped() -> None:
    text = salted("x")
    [found] = import_json({"data": {**UNCEFACT, "note": text}})
    assert found.document["extensions"]["uncefact"]["data"]["note"] == text


def credential(**subject: Any) -> dict[str, Any]:
    return {"type": ["VerifiableCredential"], "credentialSubject": {**UNCEFACT, **subject}}


def test_a_credential_may_name_its_one_subject_in_a_list() -> None:
    [alone] = import_json(credential(scheme="RCEP"))
    listed = {**credential(), "credentialSubject": [{**UNCEFACT, "scheme": "RCEP"}]}
    [found] = import_json(listed)
    for one in (alone, found):
        del one.document["extensions"]
    assert found.document == alone.document
    for subjects in ([], [UNCEFACT, UNCEFACT]):
        [found] = import_json({**credential(), "credentialSubject": subjects})
        assert [(one.pointer, one.rule, one.is_error) for one in found.findings] == [
            ("/credentialSubject", "SUBJECTS_SEVERAL", True)
        ]


def test_a_presentation_gives_a_certificate_for_each_of_its_credentials() -> None:
    def shown(*credentials: Any) -> dict[str, Any]:
        return {"type": ["VerifiablePresentation"], "verifiableCredential": list(credentials)}

    first, second = credential(iD="A-1"), credential(iD="A-2")
    numbers = [one.document.get("number") for one in import_json(shown(first, "e.y.J", second))]
    assert numbers == ["A-1", None, "A-2"]
    alone = {"type": "VerifiablePresentation", "verifiableCredential": first}
    assert import_json(alone)[0].document["number"] == "A-1"
    within = import_json([shown(first), alone, shown(first, second)])
    assert [one.document.get("number") for one in within] == ["A-1", "A-1", None]
    assert [one.rule for one in within[2].findings] == ["PRESENTATION_OF_SEVERAL"]


# --- CSV --------------------------------------------------------------------------------------------------


def table(*rows: list[str], separator: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode()


HEADERS = [
    "iD",
    "issueDateTime",
    "supplyChainConsignment.exporter.name",
    "supplyChainConsignment.includedConsignmentItems",
]


def test_csv_with_dotted_headers_and_json_cells_is_read_row_by_row() -> None:
    items = json.dumps(UNCEFACT["supplyChainConsignment"]["includedConsignmentItems"])
    rows = import_csv(
        table(HEADERS, ["A-1", "2026-01-02", "Ex", items], ["", "", "", ""], ["A-2", "", "Ex", ""])
    )
    assert [(one.row, one.document.get("number")) for one in rows] == [(2, "A-1"), (4, "A-2")]
    assert len(rows[0].document["items"]) == 2
    assert "/issueDate" in {one.pointer for one in rows[1].findings if one.is_error}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_our_own_fields_as_columns_make_a_whole_certificate(separator: str) -> None:
    row = {
        "number": "N-1",
        "scheme": "NON-PREFERENTIAL",
        "issuanceBasis": "authority",
        "issuer.identifier": "urn:x:1",
        "issuer.name": "Chamber",
        "issuer.territory": "CN",
        "exporter.name": "Ex",
        "exporter.address.lines": "1 Street; Suite 2",
        "consignee.name": "Im",
        "exportCountry": "CN",
        "importCountry": "AU",
        "originCountry": "CN",
        "issueDate": "2026-11-20",
        "containers": "MSKU1234565;CSQU3054383",
        "allowance.units": "5",
        "items.0.description": "Chairs",
        "items.0.hsCode": "940161",
        "items.0.packages.count": "12",
        "items.0.packages.kind": "CT",
        "items.1.description": "",
        "items.1.hsCode": "",
    }
    headers, cells = list(row), list(row.values())
    [found] = import_csv(table(headers, cells, separator=separator))
    assert found.findings == []
    certificate = parse_certificate(found.document)
    assert certificate.allowance is not None
    assert certificate.allowance.units == 5
    assert found.document["containers"] == ["MSKU1234565", "CSQU3054383"]
    assert found.document["exporter"]["address"]["lines"] == ["1 Street", "Suite 2"]
    assert len(certificate.items) == 1


def test_a_byte_order_mark_and_line_breaks_in_cells_do_no_harm() -> None:
    data = b"\xef\xbb\xbf" + table(["iD", "issueDateTime", "note"], ["A-1", "2026-01-02", "a\u2028b\x0bc\nd"])
    [found] = import_csv(data)
    assert found.document["number"] == "A-1"
    assert found.document["extensions"]["uncefact"]["note"] == "a\u2028b\x0bc\nd"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"iD,issueDateTime\n",
        "iD,issueDateTime\nä,1\n".encode("latin-1"),
        "iD\nA\n".encode("utf-16"),
        b"iD,issueDateTime\nA\0B,1\n",
        b"iD,iD\n1,2\n",
        b"a,,b\n1,2,3\n",
        b"a,a.b\n1,2\n",
        b"a.b,a.0\n1,2\n",
        b"a..b\n1\n",
        b"0.a\n1\n",
        b"a.99999999999\n1\n",
        b'a\n"unfinished\n',
        b"a\n" + b"x" * 200_000 + b"\n",
        b".".join([b"a"] * 40) + b"\n1\n",
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        import_csv(data)
    assert refused.value.reason == "IMPORT_UNREADABLE"


def test_tables_beyond_the_bounds_are_refused() -> None:
    rows = b"a\n" + b"1\n" * (MAX_ROWS + 1)
    columns = b",".join(b"c%d" % n for n in range(501)) + b"\n1\n"
    for data in (rows, columns, b"x" * (33 << 20)):
        with pytest.raises(TooLarge) as refused:
            import_csv(data)
        assert refused.value.reason == "IMPORT_TOO_LARGE"


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3"])
def test_cells_that_a_spreadsheet_would_run_are_kept_as_text_and_told(cell: str) -> None:
    [found] = import_csv(table(["iD", "issueDateTime", "note"], ["A", "2026-01-02", cell]))
    assert found.document["extensions"]["uncefact"]["note"] == cell
    assert "FORMULA_LIKE" in {one.rule for one in found.read}


@pytest.mark.parametrize(
    "cell",
    [
        "[1,", '{"a":1,"a":2}', "[NaN]", "[" * 50_000, "[" + "9" * 5000 + "]", "[" * 400 + "]" * 400,
        '{"a":' * 950 + "1" + "}" * 950, "[" * 31 + "]" * 31,
        '{"name":"A\\ud800B"}', '{"\\ud800":1}', '["\\u0000"]',
        '["' + '\\"' * 400_000,
    ],
)  # fmt: skip
def test_cells_that_look_like_json_and_are_none_stay_text(cell: str) -> None:
    [found] = import_csv(table(["iD", "issueDateTime", "note"], ["A", "2026-01-02", cell]))
    assert found.document["extensions"]["uncefact"]["note"] == cell
    assert "CELL_NOT_JSON" in {one.rule for one in found.read}


def test_more_cells_than_columns_are_kept_and_told() -> None:
    [found] = import_csv(b"iD,issueDateTime\nA,2026-01-02,more\n")
    assert found.document["extensions"]["uncefact"]["columnsWithoutName"] == ["more"]
    assert [one.rule for one in found.read] == ["MORE_CELLS_THAN_COLUMNS"]


@settings(max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Unprocessable):
        assert all(one.findings for one in import_csv(data))


def test_a_file_is_read_by_its_name_or_by_its_first_character() -> None:
    made = sample_document()
    text = json.dumps(made).encode()
    assert import_file(text, "a.json", json.loads)[0].document == made
    assert import_file(b"\xef\xbb\xbf  " + text, "upload", json.loads)[0].document == made
    assert import_file(b"iD,issueDateTime\nA,2026-01-02\n", "A.CSV", json.loads)[0].document["number"] == "A"
    assert import_file(b"iD,issueDateTime\nA,2026-01-02\n", "upload", json.loads)[0].document["number"] == "A"


# --- values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-04", "2026-03-04"),
        ("2020-06-03T00:46:34Z", "2020-06-03"),
        ("2015-01-01T00:00:00.000", "2015-01-01"),
        ("2020-06-02T23:30:00+08:00", "2020-06-02"),
        ("21 September 2021, 3:05pm", "2021-09-21"),
        ("5 July 2021", "2021-07-05"),
        ("1st Sept. 2021", "2021-09-01"),
        ("July 5, 2021", "2021-07-05"),
        ("20210705", "2021-07-05"),
        ("2021/7/5", "2021-07-05"),
        ("25/07/2021", "2021-07-25"),
        ("07/25/2021", "2021-07-25"),
        ("05/05/2021", "2021-05-05"),
        ("05/07/2021", None),
        ("5.7.2021", None),
        ("5 Smarch 2021", None),
        ("30 February 2021", None),
        ("5 July 21", None),
        ("2026-11-20T00:00:00+08", "2026-11-20"),
        ("2026-11-20T00:00:00.123456789012Z", "2026-11-20"),
        ("2026-11-20T23:59:60Z", "2026-11-20"),
        ("2026-11-20T99:99", None),
        ("2026-11-20T24:00:00Z", None),
        ("2026-11-20T00:60:00", None),
        ("2026-11-20T00:00:00+99", None),
        ("soon", None),
        ("", None),
    ],
)
def test_dates_are_read_where_they_mean_one_day(written: str, day: str | None) -> None:
    assert written_date(written) == day


@pytest.mark.parametrize(
    ("written", "unsure"),
    [
        ("2026-11-19T16:00:00Z", True),
        ("2026-11-19 00:46 utc", True),
        ("2026-11-19T00:00:00.001Z", True),
        ("2026-11-20T00:00:00Z", False),
        ("2026-11-20T00:00:00.000Z", False),
        ("2026-11-20T00:00:00+08:00", False),
        ("2026-11-20T16:00:00", False),
        ("2026-11-20", False),
    ],
)
def test_the_day_of_a_moment_in_utc_is_told_to_be_unsure(written: str, unsure: bool) -> None:
    [found] = import_json({**UNCEFACT, "issueDateTime": written})
    told = [
        (one.severity, one.value)
        for one in found.read
        if one.rule == "DAY_IN_UTC" and one.pointer == "/issueDate"
    ]
    assert told == ([("unknown", written)] if unsure else [])
    assert found.document["issueDate"] == written[:10]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("450", "450"),
        ("0450.50", "450.50"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1 234", "1234"),
        ("1'234.50", "1234.50"),
        ("1.234", "1.234"),
        ("1,234", None),
        ("1,23", None),
        ("12,34,567", None),
        ("1e3", None),
        ("-5", None),
        ("1.2.3", None),
    ],
)
def test_numbers_are_read_where_the_decimal_point_is_clear(written: str, number: str | None) -> None:
    assert written_number(written) == number


@pytest.mark.parametrize(
    ("written", "quantity"),
    [
        ("450 Kg", ("450", "KGM")),
        ("450kg", ("450", "KGM")),
        ("0.55 m3", ("0.55", "MTQ")),
        ("1,234.50 kgs.", ("1234.50", "KGM")),
        ("12 pairs", ("12", "PR")),
        ("3 ton", None),
        ("0 kg", None),
        ("kg", None),
        ("450", None),
    ],
)
def test_quantities_are_read_where_both_are_clear(written: str, quantity: tuple[str, str] | None) -> None:
    found = written_quantity(written)
    assert (found and (found["value"], found["unit"])) == quantity


@given(st.text(max_size=40))
def test_reading_values_never_fails(text: str) -> None:
    for read in (written_date, written_number, written_quantity):
        read(text)


# --- our own fields beside foreign ones --------------------------------------------------------------------


@pytest.mark.parametrize("wrapped", ["bare", "inside data", "beside data"])
def test_our_own_fields_complete_a_foreign_object(wrapped: str) -> None:
    foreign = {name: value for name, value in UNCEFACT.items() if name != "freeTradeAgreement"}
    own = {
        "scheme": "CHAFTA",
        "issuanceBasis": "authority",
        "number": "not this",
        "consignee": {"identifier": "id:9"},
    }
    value: dict[str, Any] = {
        "bare": {**foreign, **own},
        "inside data": {"data": {**foreign, **own}},
        "beside data": {"data": foreign, **own},
    }[wrapped]
    [found] = import_json(value)
    made = found.document
    assert (made["scheme"], made["issuanceBasis"]) == ("CHAFTA", "authority")
    assert made["number"] == "AB-77"
    assert made["consignee"] == {"name": "Importer", "identifier": "id:9"}
    kept = json.dumps(made["extensions"])
    assert "not this" in kept
    assert "CHAFTA" not in kept


def test_our_own_columns_complete_a_foreign_table() -> None:
    lines = (
        "iD,issueDateTime,scheme,consignee.name,items.0.description,items.0.hsCode,items.0.packages.count",
        "A-1,2026-01-01T00:00:00Z,RCEP,Buyer,Wine,220421,12",
    )
    [found] = import_csv("\n".join(lines).encode())
    assert found.document["scheme"] == "RCEP"
    assert found.document["consignee"] == {"name": "Buyer"}
    assert found.document["items"] == [
        {"number": 1, "description": "Wine", "hsCode": "220421", "packages": {"count": 12}}
    ]


def test_what_is_no_certificate_is_told_once() -> None:
    [found] = import_json({"some": "thing"})
    assert [one.rule for one in found.findings] == ["FORMAT_UNKNOWN"]
    assert not found.ready
    with pytest.raises(Unprocessable, match="IMPORT_UNREADABLE"):
        import_csv(b"a,b\n1,2\n3,4\n")


def test_missing_choices_are_named() -> None:
    [found] = import_json(UNCEFACT)
    [basis] = [one for one in found.findings if one.pointer == "/issuanceBasis"]
    assert "self-certified" in basis.fix


# --- completing -------------------------------------------------------------------------------------------


def test_completing_changes_nothing_that_is_there() -> None:
    document = {
        "number": "A",
        "issuer": {"name": "Chamber"},
        "items": [{"number": 1, "hsCode": "1"}, {"number": 2}],
    }
    made = complete(
        document,
        {
            "number": "B",
            "scheme": "RCEP",
            "issuer": {"name": "other", "territory": "CN"},
            "items": {"hsCode": "2", "originCriterion": "WO"},
        },
    )
    assert made == {
        "number": "A",
        "scheme": "RCEP",
        "issuer": {"name": "Chamber", "territory": "CN"},
        "items": [
            {"number": 1, "hsCode": "1", "originCriterion": "WO"},
            {"number": 2, "hsCode": "2", "originCriterion": "WO"},
        ],
    }
    assert document["issuer"] == {"name": "Chamber"}
    assert "items" not in complete({}, {"items": {"hsCode": "2"}})
