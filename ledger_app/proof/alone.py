"""What a bundle says by itself, on a day of presentation: steps 1 to 3 and step 9 of a verification.

None of it asks the ledger or a store, so any process can do it; it is where most of the time goes.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from ledger_app.domain.agreements import agreement_for
from ledger_app.domain.content import content_findings
from ledger_app.domain.findings import Finding, Severity, discrepancy
from ledger_app.errors import BadInput
from ledger_app.proof import check, steps
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.check import Examined
from ledger_app.proof.facts import StepOutcome


@dataclass(frozen=True)
class Alone:
    """A bundle with what it says by itself. `document`: what it shows, None where its disclosure does not
    hold; `content`: step 9, with the `findings` behind it as JSON."""

    bundle: Bundle
    document: dict[str, Any] | None
    content: StepOutcome | None
    findings: list[dict[str, str]]

    @cached_property
    def examined(self) -> Examined:
        """Steps 1 to 3; worked out once."""
        return check.examine(self.bundle)


def alone(bundle: Bundle, at: date, *, readable: bool = True) -> Alone:
    """What `bundle` says by itself on the day `at`. `readable`: whether the caller may read it."""
    document = _document_of(bundle)
    content, findings = _judge_content(document, at, _undisclosed(bundle), readable=readable)
    return Alone(bundle, document, content, findings)


def worked_out(bundle: Bundle, at: date) -> Alone:
    """The same with everything in it worked out, for another process to send."""
    with suppress(BadInput):
        bundle.entry  # noqa: B018 - kept with the bundle
    found = alone(bundle, at)
    found.examined  # noqa: B018 - kept with it
    return found


def _document_of(bundle: Bundle) -> dict[str, Any] | None:
    """What a bundle shows of its document; None where its disclosure does not hold."""
    if bundle.document is not None:
        return bundle.document
    if bundle.disclosure is None:
        return None
    try:
        return dict(bundle.disclosure.verify().document)
    except BadInput:
        return None


def _undisclosed(bundle: Bundle) -> list[Finding]:
    """A discrepancy for each field that the scheme asks to be shown, and that the bundle hides."""
    if bundle.disclosure is None:
        return []
    try:
        shown = bundle.disclosure.verify()
    except BadInput:
        return []
    scheme = shown.fields.get("/scheme")
    rules = agreement_for(scheme) if isinstance(scheme, str) else None
    return [
        discrepancy(
            pointer,
            "UNDISCLOSED",
            "This field is hidden, and whoever checks origin under this scheme needs it.",
            "Ask the holder for a bundle that shows it.",
            source="docs/agreements.md",
        )
        for pointer in (rules.undisclosed(shown.shows) if rules else ())
    ]


def _judge_content(
    document: dict[str, Any] | None, at: date, hidden: Sequence[Finding], *, readable: bool
) -> tuple[StepOutcome | None, list[dict[str, str]]]:
    """Step 9 and the findings behind it. A finding's words may repeat what the document says: without
    `readable` they are left out of the outcome."""
    if document is None:
        return None, []
    findings = [*content_findings(document, at=at), *hidden]
    odd = [finding for finding in findings if finding.severity is not Severity.UNKNOWN]
    listed = [finding.to_json() for finding in findings]
    if odd:
        words = odd[0].words if readable else ""
        return steps.outcome_of(9, "warning", "CONTENT_DISCREPANCY", words), listed
    if findings:
        return steps.outcome_of(9, "not-checked", detail=findings[0].words if readable else ""), listed
    return steps.outcome_of(9, "passed"), []
