"""The certificate of origin at the door: what is accepted, what is refused and why.

`check_document` tells everything about the form of any JSON value, `check_for_issue` what its agreement
says as well; neither raises. `parse_certificate` accepts what has no error of form, `admit` what may be
issued. `document` gives back the JSON object that is committed, equal to the one accepted.
"""

from typing import Any, Final, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ledger_app.domain.content import agreement_findings
from ledger_app.domain.findings import MAX_FINDINGS, Finding, error, has_errors, join_pointer
from ledger_app.domain.model import DOCUMENT_TYPE, DOCUMENT_VERSION, Certificate, Item, Party
from ledger_app.domain.partial import readable
from ledger_app.domain.rules import cross_findings, partial_findings
from ledger_app.errors import Unprocessable

__all__ = [
    "DOCUMENT_TYPE",
    "DOCUMENT_VERSION",
    "Certificate",
    "Item",
    "Party",
    "admit",
    "check_document",
    "check_for_issue",
    "document",
    "parse_certificate",
]


def document(certificate: Certificate) -> dict[str, Any]:
    """The JSON object of a certificate; members that are absent are left out."""
    shown: dict[str, Any] = certificate.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return shown


def check_document(raw: Any) -> list[Finding]:
    """Everything to be said about the form of a document, errors first. Never raises for a JSON value."""
    return _read(raw)[1]


def check_for_issue(raw: Any) -> list[Finding]:
    """Everything to be said about a document that is to be issued: its form, then what its agreement says.

    Errors first. Never raises for a JSON value.
    """
    return _with_agreement(raw, _read(raw)[1])


def parse_certificate(raw: Any) -> Certificate:
    """The certificate in a JSON object, whatever its agreement says.

    Raises Unprocessable DOCUMENT_INVALID with `findings` (as JSON objects) when there is any error of form.
    Discrepancies do not stop it: ask `check_document` for them.
    """
    return _accepted(*_read(raw))


def admit(raw: Any) -> Certificate:
    """The certificate in a JSON object that may be issued: of right form, and within its agreement's rules.

    Raises as `parse_certificate`, for errors that `check_for_issue` finds.
    """
    certificate, findings = _read(raw)
    return _accepted(certificate, _with_agreement(raw, findings))


def _accepted(certificate: Certificate | None, findings: list[Finding]) -> Certificate:
    if certificate is None or has_errors(findings):
        errors = [finding for finding in findings if finding.is_error]
        first = errors[0]
        raise Unprocessable(
            "DOCUMENT_INVALID",
            f"{len(errors)} thing{'s' if len(errors) > 1 else ''} to correct, first at "
            f"{first.pointer or 'the document'}: {first.words}",
            findings=[finding.to_json() for finding in findings],
        )
    return certificate


def _with_agreement(raw: Any, findings: list[Finding]) -> list[Finding]:
    if not isinstance(raw, dict):
        return findings
    # Without a scheme it is told what most schemes ask for; that there is none is told already.
    wrong = {finding.pointer for finding in findings if finding.is_error}
    added = [found for found in agreement_findings(raw) if found.pointer not in wrong]
    return _in_order(findings + added)


def _read(raw: Any) -> tuple[Certificate | None, list[Finding]]:
    hollow = _hollow(raw)
    try:
        certificate = Certificate.model_validate(raw)
    except ValidationError as refused:
        wrong = [detail for detail in refused.errors(include_url=False) if not _is_echo(detail)]
        at_hollow = {finding.pointer for finding in hollow}
        found = [one for one in map(_finding, wrong) if one.pointer not in at_hollow]
        # Whoever mends it wants to know at once what the fields that are right say together.
        partly = readable(raw, [detail["loc"] for detail in wrong])
        return None, _in_order(hollow + found + (partial_findings(partly) if partly else []))
    return certificate, _in_order(hollow + cross_findings(certificate))


def _in_order(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: not finding.is_error)[:MAX_FINDINGS]


def _hollow(raw: Any) -> list[Finding]:
    """Nulls and empty objects: a member says something or is absent, or two documents would mean the same."""
    found: list[Finding] = []
    pending: list[tuple[str, Any]] = [("", raw)]
    while pending and len(found) < MAX_FINDINGS:
        pointer, node = pending.pop()
        if node is None:
            found.append(error(pointer, "IS_NULL", "The value is null.", "Fill it, or leave the field out."))
        elif type(node) is dict:
            if not node and pointer:
                found.append(
                    error(pointer, "OBJECT_EMPTY", "The object is empty.", "Fill it, or leave it out.")
                )
            pending.extend(
                (pointer + join_pointer(name), member)
                for name, member in node.items()
                if (member is None or type(member) in (dict, list)) and (pointer or name != "extensions")
            )
        elif type(node) is list:
            pending.extend(
                (f"{pointer}/{place}", member)
                for place, member in enumerate(node)
                if member is None or type(member) in (dict, list)
            )
    found.reverse()
    return found


def _is_echo(detail: ErrorDetails) -> bool:
    """A list counted as too short only because members of it were refused, each with its own finding."""
    return detail["type"] == "too_short" and bool(detail["input"])


# What pydantic calls it → (our rule, words, fix). Bounds are filled in from the error's context.
_FORM: Final[dict[str, tuple[str, str, str]]] = {
    "missing": ("FIELD_MISSING", "This field is missing.", "Add it."),
    "extra_forbidden": (
        "FIELD_UNKNOWN",
        "There is no such field in this version.",
        "Correct its name, or move it under /extensions.",
    ),
    "literal_error": ("NOT_IN_LIST", "The value is not one of the list.", "Use one of: {expected}."),
    "string_too_short": ("TEXT_EMPTY", "The text is empty.", "Fill it, or leave the field out."),
    "string_too_long": (
        "TEXT_TOO_LONG",
        "The text is longer than {max_length} characters.",
        "Shorten it to {max_length} characters.",
    ),
    "string_pattern_mismatch": ("TEXT_SHAPE", "The text does not have the right shape.", "Match {pattern}."),
    "string_unicode": ("TEXT_CHARACTERS", "The text holds half of a surrogate pair.", "Send valid Unicode."),
    "greater_than_equal": ("TOO_SMALL", "The number is below {ge}.", "Give {ge} or more."),
    "less_than_equal": ("TOO_GREAT", "The number is above {le}.", "Give {le} or less."),
    "too_short": ("LIST_EMPTY", "The list is empty.", "Fill it, or leave an optional one out."),
    "too_long": (
        "LIST_TOO_LONG",
        "The list has more than {max_length} members.",
        "Send {max_length} at most.",
    ),
}
# What to add where the name of a field does not say it. Others: `_FORM`.
_ADD: Final = {
    "/number": "Add it, or have it issued under the next number of the issuing body's range.",
    "/scheme": "Add the code of what it is issued under, such as RCEP, CHAFTA or NON-PREFERENTIAL.",
    "/issuanceBasis": "Add one of: "
    + ", ".join(get_args(Certificate.model_fields["issuance_basis"].annotation))
    + ".",
    "/exporter": "Add an object with at least a name.",
    "/exportCountry": "Add the two letters of ISO 3166, such as CN.",
    "/importCountry": "Add the two letters of ISO 3166, such as AU.",
    "/originCountry": "Add the two letters of ISO 3166, such as CN.",
    "/issueDate": "Add a day, YYYY-MM-DD.",
    "/items": "Add a list of items, each with number, description and hsCode.",
}
_TYPES: Final = {
    "string": "text",
    "int": "a whole number",
    "tuple": "an array",
    "model": "an object",
    "dict": "an object",
}


def _finding(detail: ErrorDetails) -> Finding:
    kind, context = detail["type"], detail.get("ctx") or {}
    pointer = join_pointer(*detail["loc"])
    value = None if kind == "missing" else detail["input"]
    if kind in ("too_short", "too_long") and isinstance(value, str):
        kind = f"string_{kind}"  # a bound set beside a text's own one is told as a list's
    if kind in _FORM:
        rule, words, fix = _FORM[kind]
        if kind == "missing":
            fix = _ADD.get(pointer, fix)
        return error(pointer, rule, words.format(**context), fix.format(**context), value=value)
    if "fix" in context:
        return error(pointer, kind, context["words"], context["fix"], value=value)
    wanted = next((words for name, words in _TYPES.items() if kind.startswith(name)), "another type")
    return error(
        pointer, "WRONG_TYPE", "The value has the wrong type.", f"Give {wanted} here, exactly.", value=value
    )
