"""Content rules of the schemes: what a verifier says of a genuine certificate's content (step 9).

No finding makes a certificate not genuine: each is a discrepancy, or a rule that could not be checked.
They read the plain JSON, so that they also work on the fields that a partial disclosure shows.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from ledger_app.domain.agreements import Agreement, agreement_for
from ledger_app.domain.codelists import contains_territory
from ledger_app.domain.deadlines import add_months
from ledger_app.domain.findings import MAX_FINDINGS, Finding, discrepancy, join_pointer, unknown

_TOKENS: Final = re.compile(r"[^A-Z0-9]+")


def content_findings(
    document: Mapping[str, Any], agreement: Agreement | None = None, at: date | None = None
) -> list[Finding]:
    """What the scheme's rules say about `document`, presented on day `at` (None: presentation is not judged).

    `agreement`: the rules; None looks them up by the document's scheme. Fields absent or not disclosed are
    passed over, apart from an item's missing origin criterion. Never raises for a JSON object.
    """
    scheme = document.get("scheme")
    rules = agreement or (agreement_for(scheme) if isinstance(scheme, str) else None)
    if rules is None:
        return [
            unknown(
                "/scheme",
                "SCHEME_NOT_CHECKED",
                "No rules are kept for this scheme: its content is not checked.",
                "Check it against the agreement's text.",
                value=scheme,
            )
        ]
    found = [
        *_issuance(document, rules),
        *_parties(document, rules),
        *_criteria(document, rules),
        *_item_limit(document, rules),
        *_validity(document, rules, at),
        *_retrospective(document, rules),
    ]
    return found[:MAX_FINDINGS]


def latest_day(document: Mapping[str, Any], agreement: Agreement | None) -> date | None:
    """The last day to present it, as stated or by the agreement, the earlier one; None when unknown."""
    days = [_day(document, "validUntil"), _limit(document, agreement) if agreement else None]
    return min((day for day in days if day), default=None)


def _issuance(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    basis = document.get("issuanceBasis")
    if basis is None or basis in rules.issuance:
        return
    if basis in rules.issuance_conditional:
        yield unknown(
            "/issuanceBasis",
            "ISSUANCE_CONDITIONAL",
            f"Under {rules.code} this basis holds for some parties or consignments only.",
            "Check whether it holds for this one.",
            source=rules.issuance_source,
            value=basis,
        )
        return
    yield discrepancy(
        "/issuanceBasis",
        "ISSUANCE_BASIS",
        f"Under {rules.code} certificates are not issued on this basis.",
        f"Expected: {', '.join(rules.issuance)}.",
        source=rules.issuance_source,
        value=basis,
    )


def _parties(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    if rules.parties is None:
        return
    named = [(f"/{name}", document.get(name)) for name in ("exportCountry", "importCountry", "originCountry")]
    named += [
        (join_pointer("items", place, "originCountry"), item.get("originCountry"))
        for place, item in _items(document)
    ]
    for pointer, code in named:
        if isinstance(code, str) and not any(
            contains_territory(party, code) for party in rules.parties.members
        ):
            yield discrepancy(
                pointer,
                "NOT_A_PARTY",
                f"This is no party to {rules.code}.",
                "Check the country and the scheme.",
                source=rules.parties.source,
                value=code,
            )


def _criteria(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    if rules.criteria is None:
        return
    known = ", ".join(rules.criteria.codes)
    for place, item in _items(document):
        pointer = join_pointer("items", place, "originCriterion")
        criterion = item.get("originCriterion")
        if criterion is None:
            yield discrepancy(
                pointer,
                "CRITERION_MISSING",
                "The item states no origin criterion.",
                f"State one of {known}.",
                source=rules.criteria.source,
            )
        elif (
            isinstance(criterion, str)
            and not set(_TOKENS.split(criterion.upper())) & rules.criteria.codes.keys()
        ):
            say = discrepancy if rules.criteria.complete else unknown
            yield say(
                pointer,
                "CRITERION_UNKNOWN",
                f"This is none of the criteria that we know of {rules.code}.",
                f"Known: {known}.",
                source=rules.criteria.source,
                value=criterion,
            )


def _item_limit(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    items = document.get("items")
    if rules.items and isinstance(items, list) and len(items) > rules.items.most:
        yield discrepancy(
            "/items",
            "TOO_MANY_ITEMS",
            f"A certificate under {rules.code} has at most {rules.items.most} items.",
            "Split it.",
            source=rules.items.source,
            value=len(items),
        )


def _limit(document: Mapping[str, Any], rules: Agreement) -> date | None:
    if rules.validity is None:
        return None
    start = _day(document, "issueDate") if rules.validity.counted_from == "issue" else _shipped(document)
    return add_months(start, rules.validity.months) if start else None


def _validity(document: Mapping[str, Any], rules: Agreement, at: date | None) -> Iterator[Finding]:
    limit, stated = _limit(document, rules), _day(document, "validUntil")
    if limit is None or rules.validity is None:
        return
    if stated and stated > limit:
        yield discrepancy(
            "/validUntil",
            "VALID_TOO_LONG",
            f"Under {rules.code} it can be valid until {limit.isoformat()} at most.",
            "Do not accept it after that day.",
            source=rules.validity.source,
            value=stated.isoformat(),
        )
    if at and at > limit:
        yield discrepancy(
            "/issueDate",
            "PRESENTED_TOO_LATE",
            f"Under {rules.code} it had to be presented by {limit.isoformat()}.",
            "Ask for a new certificate, or for the reasons of the delay.",
            source=rules.validity.source,
            value=at.isoformat(),
        )


def _retrospective(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    issued, shipped = _day(document, "issueDate"), _shipped(document)
    if rules.retrospective is None or issued is None or shipped is None:
        return
    if issued > add_months(shipped, rules.retrospective.most_months):
        yield discrepancy(
            "/issueDate",
            "ISSUED_TOO_LATE",
            f"{rules.code} lets it be issued up to {rules.retrospective.most_months} months after shipment.",
            "Ask the issuing body.",
            source=rules.retrospective.source,
            value=issued.isoformat(),
        )


def _items(document: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    items = document.get("items")
    for place, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield place, item


def _shipped(document: Mapping[str, Any]) -> date | None:
    transport = document.get("transport")
    return _day(transport, "departureDate") if isinstance(transport, dict) else None


def _day(holder: Mapping[str, Any], name: str) -> date | None:
    value = holder.get(name)
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
