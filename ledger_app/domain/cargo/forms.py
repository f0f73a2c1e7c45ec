"""The forms that values of an event may have, as small checks that report what is wrong.

A check takes a value, where it stands (a JSON Pointer from the event) and the report that it adds findings
to.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ledger_app.domain.cargo.times import milliseconds
from ledger_app.domain.cargo.vocabulary import Vocabulary
from ledger_app.domain.findings import Finding, error, join_pointer

MAX_ITEMS: Final = 10_000
"""Most elements of one list in an event."""
MAX_TEXT: Final = 16_384
"""Most characters of one text in an event."""
MAX_FINDINGS: Final = 20
"""Findings reported for one event; more help nobody."""

Report = list[Finding]
Check = Callable[[Any, str, Report], None]

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f<>\"{}|\\^`]+")
OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
HEX = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
UNIT = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)


def wrong(pointer: str, reason: str, words: str, value: Any = None) -> Finding:
    return error(pointer, reason, words, _FIXES[reason], source="EPCIS 2.0", value=value)


_FIXES: Final = {
    "CARGO_EVENT_TYPE": "Send one of the five event types of EPCIS 2.0.",
    "CARGO_FIELD_MISSING": "Add the member.",
    "CARGO_FIELD_TYPE": "Write the member as EPCIS 2.0 says.",
    "CARGO_FIELD_UNKNOWN": "Correct the name, or give your extension a prefix that the @context declares.",
    "CARGO_TIME": "Write it like 2026-11-22T14:05:00.000Z or with an offset like +08:00.",
    "CARGO_URI": "Write a URI, like urn:epc:id:sgtin:… or https://id.gs1.org/….",
    "CARGO_VOCABULARY": "Use a word of the Core Business Vocabulary 2.0, or a URI of your own.",
    "CARGO_DUPLICATE_ID": "Name each object once.",
    "CARGO_NOTHING_REPORTED": "Say which objects, quantities or readings the event is about.",
    "CARGO_ILMD": "Leave the master data out, or report the event with action ADD.",
    "CARGO_BOUNDS": "Split the event, or shorten the text.",
}


# --- forms of values ----------------------------------------------------------------------------------------


def _text(value: Any, pointer: str, report: Report) -> bool:
    if not isinstance(value, str):
        report.append(wrong(pointer, "CARGO_FIELD_TYPE", "This is not a text.", value))
    elif len(value) > MAX_TEXT:
        report.append(wrong(pointer, "CARGO_BOUNDS", f"The text has more than {MAX_TEXT} characters.", value))
    else:
        return True
    return False


def string(value: Any, pointer: str, report: Report) -> None:
    _text(value, pointer, report)


def uri(value: Any, pointer: str, report: Report) -> None:
    if _text(value, pointer, report) and not _URI.fullmatch(value):
        report.append(wrong(pointer, "CARGO_URI", "This is not a URI.", value))


def time(value: Any, pointer: str, report: Report) -> None:
    if _text(value, pointer, report) and milliseconds(value) is None:
        report.append(wrong(pointer, "CARGO_TIME", "This is no date and time with an offset.", value))


def matches(pattern: re.Pattern[str], words: str, reason: str = "CARGO_FIELD_TYPE") -> Check:
    def check(value: Any, pointer: str, report: Report) -> None:
        if _text(value, pointer, report) and not pattern.fullmatch(value):
            report.append(wrong(pointer, reason, words, value))

    return check


def number(value: Any, pointer: str, report: Report) -> None:
    if isinstance(value, bool) or not (
        isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value))
    ):
        report.append(wrong(pointer, "CARGO_FIELD_TYPE", "This is not a number.", value))


def boolean(value: Any, pointer: str, report: Report) -> None:
    if not isinstance(value, bool):
        report.append(wrong(pointer, "CARGO_FIELD_TYPE", "This is neither true nor false.", value))


def word(vocabulary: Vocabulary) -> Check:
    def check(value: Any, pointer: str, report: Report) -> None:
        if not _text(value, pointer, report):
            return
        fault = vocabulary.fault(value)
        if fault is None and value not in vocabulary.words and not _URI.fullmatch(value):
            fault = "not a URI"
        if fault is not None:
            report.append(
                wrong(pointer, "CARGO_VOCABULARY", f"{vocabulary.name.capitalize()}: {fault}.", value)
            )

    return check


def anything(value: Any, pointer: str, report: Report) -> None:
    """Extensions: any JSON within the bounds."""
    if isinstance(value, str):
        _text(value, pointer, report)
    elif isinstance(value, list):
        if _listed(value, pointer, report):
            for place, item in enumerate(value):
                anything(item, f"{pointer}/{place}", report)
    elif isinstance(value, dict):
        for key, item in value.items():
            anything(item, pointer + join_pointer(key), report)


def _listed(value: Any, pointer: str, report: Report, least: int = 0) -> bool:
    if not isinstance(value, list):
        report.append(wrong(pointer, "CARGO_FIELD_TYPE", "This is not a list.", value))
    elif len(value) > MAX_ITEMS:
        report.append(wrong(pointer, "CARGO_BOUNDS", f"The list has more than {MAX_ITEMS} elements."))
    elif len(value) < least:
        report.append(wrong(pointer, "CARGO_FIELD_MISSING", "The list is empty."))
    else:
        return True
    return False


def list_of(check: Check, *, least: int = 0, unique: bool = False) -> Check:
    def checked(value: Any, pointer: str, report: Report) -> None:
        if not _listed(value, pointer, report, least):
            return
        seen: set[str] = set()
        for place, item in enumerate(value):
            if len(report) >= MAX_FINDINGS:
                return
            check(item, f"{pointer}/{place}", report)
            if unique and isinstance(item, str):
                if item in seen:
                    report.append(
                        wrong(f"{pointer}/{place}", "CARGO_DUPLICATE_ID", "This is listed twice.", item)
                    )
                seen.add(item)

    return checked


def one_or_list(check: Check) -> Check:
    many = list_of(check)

    def checked(value: Any, pointer: str, report: Report) -> None:
        (many if isinstance(value, list) else check)(value, pointer, report)

    return checked


def check_members(
    value: Mapping[str, Any],
    pointer: str,
    report: Report,
    members: Mapping[str, Check],
    *,
    required: tuple[str, ...] = (),
    extensible: bool = True,
) -> None:
    for name in required:
        if name not in value:
            report.append(wrong(f"{pointer}/{name}", "CARGO_FIELD_MISSING", f"{name} is missing."))
    for name, member in value.items():
        if len(report) >= MAX_FINDINGS:
            return
        here = pointer + join_pointer(name)
        if name in members:
            members[name](member, here, report)
        elif extensible and ":" in name and len(name) <= MAX_TEXT:
            anything(member, here, report)
        else:
            report.append(wrong(here, "CARGO_FIELD_UNKNOWN", "EPCIS 2.0 has no member of this name here."))


def object_of(
    members: Mapping[str, Check],
    *,
    required: tuple[str, ...] = (),
    extensible: bool = True,
    any_of: bool = False,
) -> Check:
    def check(value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.append(wrong(pointer, "CARGO_FIELD_TYPE", "This is not an object.", value))
            return
        if any_of and not any(name in value for name in members):
            report.append(wrong(pointer, "CARGO_FIELD_MISSING", f"One of {', '.join(members)} is missing."))
        check_members(value, pointer, report, members, required=required, extensible=extensible)

    return check
