"""What is wrong, odd or unchecked in a document: one shape for every rule, at the door and at the border."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

MAX_FINDINGS: Final = 500
_MAX_PREVIEW: Final = 80


class Severity(StrEnum):
    """`error`: refused. `discrepancy`: shown, invalidates nothing. `unknown`: not checked, rule unsure."""

    ERROR = "error"
    DISCREPANCY = "discrepancy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    `pointer`: the field (RFC 6901). `rule`: stable name. `words`: what is wrong. `fix`: what to do.
    `source`: where the rule stands written, empty for our own rules of form. `value`: what was found, cut.
    """

    pointer: str
    severity: Severity
    rule: str
    words: str
    fix: str
    source: str = ""
    value: str | None = None

    @property
    def is_error(self) -> bool:
        """The document is refused because of it."""
        return self.severity is Severity.ERROR

    def to_json(self) -> dict[str, str]:
        """A flat JSON object; empty members are left out."""
        shown = {
            "pointer": self.pointer,
            "severity": self.severity.value,
            "rule": self.rule,
            "words": self.words,
            "fix": self.fix,
        }
        if self.source:
            shown["source"] = self.source
        if self.value is not None:
            shown["value"] = self.value
        return shown


def error(pointer: str, rule: str, words: str, fix: str, *, source: str = "", value: Any = None) -> Finding:
    """A finding that refuses the document."""
    return Finding(pointer, Severity.ERROR, rule, words, fix, source, preview(value))


def discrepancy(
    pointer: str, rule: str, words: str, fix: str, *, source: str = "", value: Any = None
) -> Finding:
    """A finding that is shown, and invalidates nothing."""
    return Finding(pointer, Severity.DISCREPANCY, rule, words, fix, source, preview(value))


def unknown(pointer: str, rule: str, words: str, fix: str, *, source: str = "", value: Any = None) -> Finding:
    """A finding that says what could not be checked."""
    return Finding(pointer, Severity.UNKNOWN, rule, words, fix, source, preview(value))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any of them refuses the document."""
    return any(finding.is_error for finding in findings)


def join_pointer(*parts: str | int) -> str:
    """A JSON Pointer (RFC 6901) from member names and indices."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def preview(value: Any) -> str | None:
    """A short, printable picture of a JSON value: never long, never nested, never raises."""
    if value is None:
        return None
    if isinstance(value, dict):
        return "(object)"
    if isinstance(value, list | tuple):
        return "(array)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 256:
        return "(a very large number)"
    text = str(value)
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:_MAX_PREVIEW])
    return shown + "…" if len(text) > _MAX_PREVIEW else shown
