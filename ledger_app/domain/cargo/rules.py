"""What makes an EPCIS 2.0 event acceptable: its members, their forms, and what must stand together.

The forms follow the JSON schema that GS1 publishes with EPCIS 2.0; tests compare the two. On purpose we
differ here:

- laxer: vocabulary words also as URN or web URI (the schema knows the short form only); numbers also as
  decimal text, which is how they are kept; a `type` in a sensor element;
- stricter: an aggregation names its parent unless it only observes (EPCIS 2.0, section 7.4.3; the schema
  forgets it); a member without a prefix is one that the standard names; a time is a real moment, in capitals
  `T` and `Z`; events of a partner's own type are refused, since nobody could check them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ledger_app.domain.cargo.forms import (
    HEX,
    MAX_FINDINGS,
    OFFSET,
    UNIT,
    Check,
    Report,
    anything,
    boolean,
    check_members,
    list_of,
    matches,
    number,
    object_of,
    one_or_list,
    string,
    time,
    uri,
    word,
    wrong,
)
from ledger_app.domain.cargo.vocabulary import FIELDS
from ledger_app.domain.findings import Finding


def check_event(event: Any) -> list[Finding]:
    """Everything wrong with one event (at most `MAX_FINDINGS`); pointers start at the event. Empty:
    acceptable.
    """
    report: Report = []
    if not isinstance(event, dict):
        return [wrong("", "CARGO_FIELD_TYPE", "An event is an object.", event)]
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in _EVENTS:
        return [wrong("/type", "CARGO_EVENT_TYPE", f"The type is not one of {', '.join(_EVENTS)}.", kind)]
    members, together = _EVENTS[kind]
    check_members(event, "", report, members, required=_REQUIRED[kind])
    if not report:
        together(event, report)
    return report[:MAX_FINDINGS]


# --- members of events --------------------------------------------------------------------------------------

_PLACE = object_of({"id": uri}, required=("id",))
_EPCS = list_of(uri, unique=True)
_QUANTITIES = list_of(
    object_of(
        {
            "epcClass": uri,
            "quantity": number,
            "uom": matches(UNIT, "A unit is two or three capitals or digits."),
        },
        required=("epcClass",),
        extensible=False,
    )
)


def _typed(holder: str, name: str, *required: str) -> Check:
    members = {"type": word(FIELDS[holder, "type"]), name: uri}
    return list_of(object_of(members, required=required, extensible=False))


_SENSOR_METADATA = object_of(
    {
        **dict.fromkeys(("time", "startTime", "endTime"), time),
        **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), uri),
    }
)
_SENSOR_REPORT = object_of(
    {
        "type": word(FIELDS["sensorReport", "type"]),
        "exception": word(FIELDS["sensorReport", "exception"]),
        "component": word(FIELDS["sensorReport", "component"]),
        "time": time,
        "stringValue": string,
        "booleanValue": boolean,
        "hexBinaryValue": matches(HEX, "These are not hexadecimal digits."),
        "uom": string,
        **dict.fromkeys(
            (
                "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "microorganism",
                "chemicalSubstance", "coordinateReferenceSystem", "uriValue",
            ),
            uri,
        ),
        **dict.fromkeys(
            ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), number
        ),
    },
    required=("type",),
)  # fmt: skip
_COMMON: Mapping[str, Check] = {
    "@context": anything,
    "type": string,
    "eventTime": time,
    "recordTime": time,
    "eventTimeZoneOffset": matches(OFFSET, "An offset is written like +08:00.", "CARGO_TIME"),
    "eventID": uri,
    "id": uri,
    "certificationInfo": one_or_list(uri),
    "errorDeclaration": object_of(
        {
            "declarationTime": time,
            "reason": word(FIELDS["errorDeclaration", "reason"]),
            "correctiveEventIDs": list_of(uri),
        },
        required=("declarationTime",),
    ),
    "bizStep": word(FIELDS["", "bizStep"]),
    "disposition": word(FIELDS["", "disposition"]),
    "persistentDisposition": object_of(
        dict.fromkeys(("set", "unset"), list_of(word(FIELDS["", "disposition"]), least=1, unique=True)),
        extensible=False,
        any_of=True,
    ),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _typed("bizTransactionList", "bizTransaction", "bizTransaction"),
    "sourceList": _typed("sourceList", "source", "type", "source"),
    "destinationList": _typed("destinationList", "destination", "type", "destination"),
    "sensorElementList": list_of(
        object_of(
            {
                "type": string,
                "sensorMetadata": _SENSOR_METADATA,
                "sensorReport": list_of(_SENSOR_REPORT, least=1),
            },
            required=("sensorReport",),
        )
    ),
}
_ACTION: Mapping[str, Check] = {
    "action": matches(re.compile("ADD|OBSERVE|DELETE"), "The action is not ADD, OBSERVE or DELETE.")
}


def _master_data(value: Any, pointer: str, report: Report) -> None:
    if not isinstance(value, dict):
        report.append(wrong(pointer, "CARGO_FIELD_TYPE", "This is not an object.", value))
    else:
        check_members(value, pointer, report, {})


_ILMD: Mapping[str, Check] = {"ilmd": _master_data}
_PARENT: Mapping[str, Check] = {"parentID": uri, "childEPCs": list_of(uri), "childQuantityList": _QUANTITIES}
_OBJECTS: Mapping[str, Check] = {"epcList": _EPCS, "quantityList": _QUANTITIES}


# --- what must stand together -------------------------------------------------------------------------------


def _nothing(report: Report) -> None:
    report.append(wrong("", "CARGO_NOTHING_REPORTED", "The event names nothing that it is about."))


def _object_event(event: Mapping[str, Any], report: Report) -> None:
    sensed = event.get("sensorElementList") and "readPoint" in event
    if "epcList" not in event and not event.get("quantityList") and not sensed:
        _nothing(report)
    if "ilmd" in event and event["action"] != "ADD":
        report.append(wrong("/ilmd", "CARGO_ILMD", "Instance master data goes with action ADD only."))


def _children(event: Mapping[str, Any], report: Report) -> None:
    if event["action"] != "DELETE" and not event.get("childEPCs") and not event.get("childQuantityList"):
        _nothing(report)


def _aggregation(event: Mapping[str, Any], report: Report) -> None:
    if event["action"] != "OBSERVE" and "parentID" not in event:
        report.append(wrong("/parentID", "CARGO_FIELD_MISSING", "parentID is missing."))
    _children(event, report)


def _transaction(event: Mapping[str, Any], report: Report) -> None:
    if not event["bizTransactionList"]:
        report.append(wrong("/bizTransactionList", "CARGO_FIELD_MISSING", "The list is empty."))
    if event["action"] != "DELETE" and "epcList" not in event and not event.get("quantityList"):
        _nothing(report)


def _transformation(event: Mapping[str, Any], report: Report) -> None:
    inputs = event.get("inputEPCList") or event.get("inputQuantityList")
    outputs = event.get("outputEPCList") or event.get("outputQuantityList")
    if not (inputs or outputs) or ("transformationID" not in event and not (inputs and outputs)):
        _nothing(report)


_EVENTS: Mapping[str, tuple[Mapping[str, Check], Callable[[Mapping[str, Any], Report], None]]] = {
    "ObjectEvent": ({**_COMMON, **_ACTION, **_OBJECTS, **_ILMD}, _object_event),
    "AggregationEvent": ({**_COMMON, **_ACTION, **_PARENT}, _aggregation),
    "AssociationEvent": ({**_COMMON, **_ACTION, **_PARENT}, _children),
    "TransactionEvent": ({**_COMMON, **_ACTION, **_OBJECTS, "parentID": uri}, _transaction),
    "TransformationEvent": (
        {
            **_COMMON,
            **_ILMD,
            "inputEPCList": _EPCS,
            "outputEPCList": _EPCS,
            "inputQuantityList": _QUANTITIES,
            "outputQuantityList": _QUANTITIES,
            "transformationID": uri,
        },
        _transformation,
    ),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "ObjectEvent": ("eventTime", "eventTimeZoneOffset", "action"),
    "AggregationEvent": ("eventTime", "eventTimeZoneOffset", "action"),
    "AssociationEvent": ("eventTime", "eventTimeZoneOffset", "action", "parentID"),
    "TransactionEvent": ("eventTime", "eventTimeZoneOffset", "action", "bizTransactionList"),
    "TransformationEvent": ("eventTime", "eventTimeZoneOffset"),
}
