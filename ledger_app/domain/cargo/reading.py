"""From an EPCIS 2.0 JSON-LD document to events that stand alone.

An event is kept with the `@context` it was sent under (and the `ignoreFields` of its document), so that its
hash can be computed from itself for ever. Good and bad events of one document are told apart: a bad one
refuses itself only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger_app.domain.cargo.context import declared_prefixes, merged, qualified_name
from ledger_app.domain.cargo.rules import check_event
from ledger_app.domain.cargo.times import milliseconds
from ledger_app.domain.findings import Finding, join_pointer
from ledger_app.errors import BadInput, TooLarge

MAX_EVENTS: Final = 10_000
"""Most events of one document."""
MAX_CONTEXT: Final = 64
"""Most parts of an `@context`."""

_IGNORE_FIELDS = "{https://repository-x.example.com/}ignoreFields"


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """One event of a document. `event` is its kept form when it is acceptable; else `findings` say why it is
    not.

    `time` is its event time in UTC milliseconds (0 for a refused one); `pointer` leads to it in the document.
    """

    index: int
    pointer: str
    event: dict[str, Any]
    time: int
    findings: tuple[Finding, ...] = ()


def read_document(document: Any) -> list[ReadEvent]:
    """All events of an EPCISDocument, an EPCISQueryDocument, or of a single event with its own `@context`.

    Raises BadInput CARGO_DOCUMENT (with `pointer`) when it is none of these, TooLarge CARGO_TOO_MANY_EVENTS.
    """
    if not isinstance(document, dict):
        raise _not_a_document("", "an EPCIS document is a JSON object")
    kind = document.get("type")
    _require(document, "", "@context", (str, dict, list))
    if kind not in ("EPCISDocument", "EPCISQueryDocument"):
        return [_read(0, "", document, [], {})]
    pointer, events, holder = _event_list(document, query=kind == "EPCISQueryDocument")
    if len(events) > MAX_EVENTS:
        raise TooLarge(
            "CARGO_TOO_MANY_EVENTS", f"{len(events)} events, at most {MAX_EVENTS} at a time", limit=MAX_EVENTS
        )
    context = merged(None, document["@context"])
    if len(context) > MAX_CONTEXT:
        raise _not_a_document("/@context", f"the @context has more than {MAX_CONTEXT} parts")
    ignored = _ignored(document, declared_prefixes(context)) | _ignored(holder, declared_prefixes(context))
    return [_read(place, f"{pointer}/{place}", event, context, ignored) for place, event in enumerate(events)]


def _event_list(document: dict[str, Any], *, query: bool) -> tuple[str, list[Any], dict[str, Any]]:
    body = _require(document, "", "epcisBody", dict)
    if query:
        results = _require(body, "/epcisBody", "queryResults", dict)
        found = _require(results, "/epcisBody/queryResults", "resultsBody", dict)
        pointer = "/epcisBody/queryResults/resultsBody"
        return f"{pointer}/eventList", _require(found, pointer, "eventList", list), results
    version = _require(document, "", "schemaVersion", str)
    if version.split(".")[0] != "2":
        raise _not_a_document("/schemaVersion", "only EPCIS 2 is read here")
    if milliseconds(_require(document, "", "creationDate", str)) is None:
        raise _not_a_document("/creationDate", "this is no date and time with an offset")
    if "event" in body and "eventList" not in body:
        return "/epcisBody/event", [body["event"]], document
    return "/epcisBody/eventList", _require(body, "/epcisBody", "eventList", list), document


def _read(index: int, pointer: str, event: Any, context: list[Any], ignored: Mapping[str, Any]) -> ReadEvent:
    findings = check_event(event)
    if findings:
        return ReadEvent(index, pointer, {}, 0, tuple(findings))
    kept = {**event, **{name: value for name, value in ignored.items() if name not in event}}
    kept["@context"] = merged(context, event.get("@context"))
    return ReadEvent(index, pointer, kept, milliseconds(event["eventTime"]) or 0)


def _ignored(holder: Mapping[str, Any], prefixes: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: value
        for name, value in holder.items()
        if qualified_name(name, prefixes) == _IGNORE_FIELDS and isinstance(value, list)
    }


def _require(holder: dict[str, Any], pointer: str, name: str, kind: type | tuple[type, ...]) -> Any:
    value = holder.get(name)
    if not isinstance(value, kind):
        raise _not_a_document(pointer + join_pointer(name), f"{name} is missing or of another type")
    return value


def _not_a_document(pointer: str, words: str) -> BadInput:
    return BadInput("CARGO_DOCUMENT", words, pointer=pointer)
