"""Which events are taken, held against the official schema; where we differ, the difference is named."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from ledger_app.domain.cargo.reading import read_document
from ledger_app.domain.cargo.rules import check_event
from ledger_app.errors import BadInput
from ledger_app.proof.canonical import parse_json
from tests.cargo.conftest import STANDARD, event

# Examples that are wrong by the schema itself, or by JSON.
WRONG_EXAMPLES = {
    "examples/AssociationEvent/AssociationEvent-h.jsonld": "JSON_DUPLICATE_KEY",
    "examples-simple-context/AssociationEvent/AssociationEvent-h.jsonld": "JSON_DUPLICATE_KEY",
    "examples-simple-context/Example-TransactionEvents-2020_07_03y.jsonld": "CARGO_FIELD_TYPE",
    "examples-simple-context/WithFullCombinationOfFields/object_event_all_possible_fields.jsonld": (
        "CARGO_ILMD"
    ),
    "examples-simple-context/WithSensorData/SensorDataExample12.jsonld": "CARGO_DOCUMENT",
}


def examples(outside_data: Path) -> dict[str, Path]:
    root = outside_data / "epcis"
    return {str(file.relative_to(root)): file for file in sorted(root.glob("examples*/**/*.jsonld"))}


@pytest.mark.conformance
def test_every_valid_example_is_taken_whole(outside_data: Path) -> None:
    found = examples(outside_data)
    assert len(found) > 90
    taken = 0
    for name, file in found.items():
        if name in WRONG_EXAMPLES:
            assert WRONG_EXAMPLES[name] in _reasons(file.read_bytes()), name
            continue
        for one in read_document(parse_json(file.read_bytes(), floats="text")):
            assert not one.findings, (name, one.findings)
            taken += 1
    assert taken > 90


def _reasons(raw: bytes) -> set[str]:
    try:
        read = read_document(parse_json(raw, floats="text"))
    except BadInput as refused:
        return {refused.reason}
    return {finding.rule for one in read for finding in one.findings}


@pytest.fixture(scope="module")
def official(outside_data: Path) -> Callable[[Any], bool]:
    schema = json.loads((outside_data / "epcis" / "EPCIS-JSON-Schema.json").read_bytes())
    formats = jsonschema.FormatChecker(formats=())

    for name, pattern in FORMATS.items():
        formats.checks(name)(_fits(re.compile(pattern)))
    validator = jsonschema.Draft7Validator(schema, format_checker=formats)
    return lambda document: bool(validator.is_valid(document))


# The two formats that the schema names, which a validator leaves unchecked unless told how.
FORMATS = {
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S+",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
}


def _fits(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or bool(pattern.fullmatch(value))


def _kept(value: Any) -> Any:
    return parse_json(json.dumps(value).encode(), floats="text")


OTHERS: tuple[Any, ...] = (7, "", "x y", True, [], {})


def _mutants(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], str, Any]]:
    """Each member dropped, and each value replaced by one of another kind."""
    found: list[tuple[tuple[Any, ...], str, Any]] = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in items:
        found.append(((*path, key), "drop", None))
        found += [((*path, key), "put", other) for other in OTHERS if other != member]
        found += _mutants(member, (*path, key))
    return found


def _mutated(event: dict[str, Any], path: tuple[Any, ...], how: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    holder: Any = changed
    for part in path[:-1]:
        holder = holder[part]
    if how == "drop":
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed


def _ours_on_purpose(event: dict[str, Any], path: tuple[Any, ...], value: Any) -> bool:
    """The differences that `rules` names."""
    parent = event.get("type") == "AggregationEvent" and path == ("parentID",)
    own_type = path == ("type",)
    # Extensions and @context: the schema says nothing about what is in them, we bound them.
    extension = any(isinstance(part, str) and (":" in part or part == "@context") for part in path)
    text_for_number = isinstance(value, str) and value.isdigit()
    return parent or own_type or extension or text_for_number


@pytest.mark.conformance
def test_we_agree_with_the_official_schema_on_mutated_examples(
    outside_data: Path, official: Callable[[Any], bool]
) -> None:
    compared = 0
    differing: list[Any] = []
    for name in ("object", "aggregation", "association", "transaction", "transformation"):
        file = (
            outside_data
            / "epcis/examples/WithFullCombinationOfFields"
            / f"{name}_event_all_possible_fields.jsonld"
        )
        document = json.loads(file.read_bytes())
        base = document["epcisBody"]["eventList"][0]
        base["@context"] = document["@context"]
        for extension in [key for key in base if ":" in key]:
            del base[extension]
        base.get("ilmd", {}).clear()
        for element in base["sensorElementList"]:
            for extension in [key for key in element if ":" in key]:
                del element[extension]
        assert official(base) == (not check_event(_kept(base))), name
        for path, how, value in _mutants(base):
            mutant = _mutated(base, path, how, value)
            if _ours_on_purpose(base, path, value):
                continue
            compared += 1
            if official(mutant) != (not check_event(_kept(mutant))):
                differing.append((name, path, how, value, official(mutant)))
    assert not differing, differing[:20]
    assert compared > 1500


@pytest.mark.parametrize(
    ("change", "reason", "pointer"),
    [
        ({"type": "ex:OwnEvent"}, "CARGO_EVENT_TYPE", "/type"),
        ({"type": ["ObjectEvent"]}, "CARGO_EVENT_TYPE", "/type"),
        ({"eventTime": "2026-11-22"}, "CARGO_TIME", "/eventTime"),
        ({"eventTime": "2026-02-30T00:00:00Z"}, "CARGO_TIME", "/eventTime"),
        ({"eventTime": "2026-11-22T14:05:00"}, "CARGO_TIME", "/eventTime"),
        ({"eventTimeZoneOffset": "+15:00"}, "CARGO_TIME", "/eventTimeZoneOffset"),
        ({"action": "add"}, "CARGO_FIELD_TYPE", "/action"),
        ({"epcList": ["not a uri"]}, "CARGO_URI", "/epcList/0"),
        ({"epcList": ["urn:a:b", "urn:a:b"]}, "CARGO_DUPLICATE_ID", "/epcList/1"),
        ({"bizStep": "sailing"}, "CARGO_VOCABULARY", "/bizStep"),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:sailing"}, "CARGO_VOCABULARY", "/bizStep"),
        ({"bizStep": "https://ref.gs1.org/cbv/BizStep-sailing"}, "CARGO_VOCABULARY", "/bizStep"),
        ({"ilmd": {"ex:lot": "1"}}, "CARGO_ILMD", "/ilmd"),
        ({"ilmd": {"lot": "1"}, "action": "ADD"}, "CARGO_FIELD_UNKNOWN", "/ilmd/lot"),
        ({"colour": "red"}, "CARGO_FIELD_UNKNOWN", "/colour"),
        ({"a/b~c": "red"}, "CARGO_FIELD_UNKNOWN", "/a~1b~0c"),
        ({"quantityList": [{"epcClass": "urn:a:b", "quantity": "many"}]},
         "CARGO_FIELD_TYPE", "/quantityList/0/quantity"),
        ({"quantityList": [{"epcClass": "urn:a:b", "uom": "kilo"}]},
         "CARGO_FIELD_TYPE", "/quantityList/0/uom"),
        ({"sensorElementList": [{"sensorReport": []}]},
         "CARGO_FIELD_MISSING", "/sensorElementList/0/sensorReport"),
        ({"readPoint": {"ex:name": "gate"}}, "CARGO_FIELD_MISSING", "/readPoint/id"),
        ({"ex:text": "x" * 20_000}, "CARGO_BOUNDS", "/ex:text"),
        ({"epcList": [f"urn:a:{n}" for n in range(10_001)]}, "CARGO_BOUNDS", "/epcList"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place_and_remedy(
    change: dict[str, Any], reason: str, pointer: str
) -> None:
    (found, *_) = check_event({**event(1), "@context": [STANDARD], **change})
    assert (found.rule, found.pointer) == (reason, pointer)
    assert found.fix
    assert found.words


@pytest.mark.parametrize(
    "fitting",
    [
        {
            "bizStep": "urn:epcglobal:cbv:bizstep:shipping",
            "disposition": "https://ref.gs1.org/cbv/Disp-in_transit",
        },
        {"bizStep": "https://example.com/own/sealing"},
        {"quantityList": [{"epcClass": "urn:a:b", "quantity": "2.50", "uom": "KGM"}]},
        {"persistentDisposition": {"set": ["completeness_verified"]}},
        {"epcList": [], "quantityList": [{"epcClass": "urn:a:b"}]},
        {"ex:anything": {"deep": [1, None, {"x": True}]}},
        {"certificationInfo": ["urn:a:b", "urn:a:c"]},
    ],
)
def test_what_the_standard_allows_is_taken(fitting: dict[str, Any]) -> None:
    assert check_event({**event(1), **fitting}) == []


def test_an_aggregation_names_its_parent_unless_it_observes() -> None:
    base = {**event(1), "type": "AggregationEvent", "childEPCs": ["urn:a:b"]}
    del base["epcList"]
    assert check_event({**base, "action": "OBSERVE"}) == []
    assert [found.pointer for found in check_event({**base, "action": "ADD"})] == ["/parentID"]
    assert check_event({**base, "action": "ADD", "parentID": "urn:epc:id:bic:CSQU3054383"}) == []


def test_a_transformation_has_inputs_and_outputs_or_says_which_it_belongs_to() -> None:
    base = {
        "type": "TransformationEvent",
        "eventTime": "2026-11-22T00:00:00Z",
        "eventTimeZoneOffset": "+00:00",
    }
    both = {"inputEPCList": ["urn:a:b"], "outputEPCList": ["urn:a:c"]}
    assert check_event({**base, **both}) == []
    assert [f.rule for f in check_event({**base, "inputEPCList": ["urn:a:b"]})] == ["CARGO_NOTHING_REPORTED"]
    assert check_event({**base, "inputEPCList": ["urn:a:b"], "transformationID": "urn:a:t"}) == []
    assert [f.rule for f in check_event({**base, "transformationID": "urn:a:t"})] == [
        "CARGO_NOTHING_REPORTED"
    ]


def test_an_event_that_is_no_object_is_refused() -> None:
    values: tuple[Any, ...] = (None, 1, "x", [], True)
    for value in values:
        assert [found.rule for found in check_event(value)] == ["CARGO_FIELD_TYPE"]
