"""Rules between a certificate's papers: mandate, authorisation, producer, original, periods, evidence."""

from collections.abc import Iterator
from typing import Final

from ledger_app.domain.findings import Finding, discrepancy, error, join_pointer
from ledger_app.domain.model import Certificate


def _people(certificate: Certificate) -> Iterator[Finding]:
    if certificate.producer_status and (
        certificate.producer or any(item.producer for item in certificate.items)
    ):
        yield error(
            "/producerStatus",
            "PRODUCER_TWICE",
            "A producer is named, and this says instead that none is.",
            "Keep the name or this, not both.",
            value=certificate.producer_status,
        )
    agent = certificate.agent
    if agent and agent.mandate is None:
        yield discrepancy(
            "/agent/mandate",
            "MANDATE_NOT_NAMED",
            "An agent acts for the exporter, and its mandate is not named.",
            "Add the mandate's reference.",
        )
    given = agent.mandate.date if agent and agent.mandate else None
    if given and given > certificate.issue_date:
        yield discrepancy(
            "/agent/mandate/date",
            "MANDATE_LATER",
            "The agent's mandate was given after the day of issue.",
            "Name the mandate that it acted upon, or correct the date.",
            value=given.isoformat(),
        )
    ends = agent.mandate.valid_until if agent and agent.mandate else None
    if ends and ends < certificate.issue_date:
        yield error(
            "/agent/mandate/validUntil",
            "MANDATE_ENDED",
            "The agent's mandate had ended on the day of issue.",
            "Name a mandate that holds, or leave the agent out.",
            value=ends.isoformat(),
        )


def _certifier(certificate: Certificate) -> Iterator[Finding]:
    granted = certificate.certifier_authorisation
    exporters = ("approved-exporter", "registered-exporter")
    if certificate.issuance_basis in exporters and granted is None:
        yield discrepancy(
            "/certifierAuthorisation",
            "AUTHORISATION_NOT_NAMED",
            "It is issued by an approved or registered exporter, and the authorisation is not named.",
            "Add the number of the authorisation or registration.",
        )
    if certificate.issuance_basis == "authority" and granted:
        yield discrepancy(
            "/certifierAuthorisation",
            "AUTHORISATION_ODD",
            "An authority issues it: no exporter's authorisation is used.",
            "Leave it out, or correct issuanceBasis.",
            value=granted.number,
        )
    if granted and granted.date and granted.date > certificate.issue_date:
        yield error(
            "/certifierAuthorisation/date",
            "AUTHORISATION_LATER",
            "The authorisation was granted after the day of issue.",
            "Correct the date.",
            value=granted.date.isoformat(),
        )


def _original(certificate: Certificate) -> Iterator[Finding]:
    flags = certificate.flags or ()
    rests_on = [flag for flag in ("certified-true-copy", "replacement", "back-to-back") if flag in flags]
    if rests_on and certificate.original is None:
        yield discrepancy(
            "/original",
            "ORIGINAL_NOT_NAMED",
            f"It is marked {rests_on[0]}, and the original is not named.",
            "Add number and date of the original.",
        )
    for place, item in enumerate(certificate.items):
        if item.original_item is not None and certificate.original is None:
            yield error(
                join_pointer("items", place, "originalItem"),
                "ORIGINAL_ITEM_ALONE",
                "It names an item of an original, and no original is named.",
                "Add number and date of the original under /original, or leave it out.",
                value=item.original_item,
            )
    dated = certificate.original.issue_date if certificate.original else None
    if dated and dated > certificate.issue_date:
        yield error(
            "/original/issueDate",
            "ORIGINAL_LATER",
            "The original is dated after this certificate.",
            "Correct the date.",
            value=dated.isoformat(),
        )
    if certificate.original and certificate.original.number == certificate.number:
        yield discrepancy(
            "/original/number",
            "ORIGINAL_ITSELF",
            "The original has the number of this certificate.",
            "Check both numbers: an issuer uses each number once.",
            value=certificate.number,
        )


def _true_copy(certificate: Certificate) -> Iterator[Finding]:
    original = certificate.original
    if original is None or "certified-true-copy" not in (certificate.flags or ()):
        return
    if original.valid_until and certificate.valid_until != original.valid_until:
        yield error(
            "/validUntil",
            "TRUE_COPY_VALIDITY",
            "A certified true copy keeps the validity of its original.",
            f"Give {original.valid_until.isoformat()}.",
            value=certificate.valid_until and certificate.valid_until.isoformat(),
        )


def _periods(certificate: Certificate) -> Iterator[Finding]:
    period = certificate.blanket_period
    if period and period.ends < period.starts:
        yield error(
            "/blanketPeriod/ends",
            "PERIOD_ORDER",
            "It ends before it starts.",
            f"Give {period.starts.isoformat()} or a later day.",
            value=period.ends.isoformat(),
        )


def _evidence(certificate: Certificate) -> Iterator[Finding]:
    for member in ("digest", "name"):
        seen: dict[str, int] = {}
        for place, paper in enumerate(certificate.evidence or ()):
            told = getattr(paper, member)
            if seen.setdefault(told, place) != place:
                yield error(
                    join_pointer("evidence", place, member),
                    "EVIDENCE_TWICE",
                    f"The evidence at place {seen[told]} has the same {member}.",
                    "List each file once, each under a name of its own.",
                    value=told,
                )


def _values(certificate: Certificate) -> Iterator[Finding]:
    currencies: dict[str, int] = {}
    for place, item in enumerate(certificate.items):
        stated = item.fob_value
        if stated:
            currencies.setdefault(stated.currency, place)
    for currency, place in list(currencies.items())[1:]:
        yield discrepancy(
            join_pointer("items", place, "fobValue", "currency"),
            "CURRENCIES_DIFFER",
            "Items state their values in different currencies.",
            "State all of them in one currency.",
            value=currency,
        )


PAPER_RULES: Final = (_people, _certifier, _original, _true_copy, _periods, _evidence, _values)
"""What these fields say together, under every scheme: each by itself."""
