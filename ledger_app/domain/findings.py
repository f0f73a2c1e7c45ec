"""What is wrong, odd or unchecked in a document: one shape for every rule, at the door and at the border."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

MAX_FINDINGS: Final = 500
OWN_RULES: Final = "docs/certificate.md"
"""The source of our own rules of form."""
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
    `source`: where the rule stands written. `value`: what was found, cut. `place`: where the value stands in
    a file of another format, as the path of its columns is written; "" where the field says it.
    """

    pointer: str
    severity: Severity
    rule: str
    words: str
    fix: str
    source: str = OWN_RULES
    value: str | None = None
    place: str = ""

    @property
    def is_error(self) -> bool:
        """The document is refused because of it."""
        return self.severity is Severity.ERROR

    def to_json(self) -> dict[str, str]:
        """A flat JSON object; `value` is left out where there is none."""
        shown = {
            "pointer": self.pointer,
            "severity": self.severity.value,
            "rule": self.rule,
            "words": self.words,
            "fix": self.fix,
            "source": self.source or OWN_RULES,
        }
        if self.value is not None:
            shown["value"] = self.value
        return shown


def error(
    pointer: str, rule: str, words: str, fix: str, *, source: str = OWN_RULES, value: Any = None
) -> Finding:
    """A finding that refuses the document."""
    return Finding(pointer, Severity.ERROR, rule, words, fix, source, preview(value))


def discrepancy(
    pointer: str, rule: str, words: str, fix: str, *, source: str = OWN_RULES, value: Any = None
) -> Finding:
    """A finding that is shown, and invalidates nothing."""
    return Finding(pointer, Severity.DISCREPANCY, rule, words, fix, source, preview(value))


def unknown(
    pointer: str, rule: str, words: str, fix: str, *, source: str = OWN_RULES, value: Any = None
) -> Finding:
    """A finding that says what could not be checked."""
    return Finding(pointer, Severity.UNKNOWN, rule, words, fix, source, preview(value))


class SourcedRule(Protocol):
    """A rule that stands written somewhere, and of which we are certain or not."""

    @property
    def source(self) -> str:
        """Where it stands written."""

    @property
    def certain(self) -> bool:
        """Whether we are certain that we read it right."""


def breach(rule: SourcedRule, pointer: str, name: str, words: str, fix: str, *, value: Any = None) -> Finding:
    """A breach of `rule`: an error, or told as not checked where we are not certain of the rule."""
    if rule.certain:
        return error(pointer, name, words, fix, source=rule.source, value=value)
    unsure = f"Not checked, for we are not certain of this rule: {words}"
    return unknown(pointer, name, unsure, f"Read the rule, then: {fix}", source=rule.source, value=value)


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
