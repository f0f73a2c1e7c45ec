"""Content rules of the schemes: what an agreement says about a document, at the door and at the border.

At the door (`agreement_findings`) a breach of a rule that we are certain of is an error, and the certificate
is not issued. At the border (`content_findings`, step 9 of a verification) nothing makes a genuine
certificate false: the same breach is a discrepancy. A rule that we are not certain of is always told as
not checked. They read the plain JSON, so that they also work on a document with errors, and on the fields
that a partial disclosure shows. Rules of dates are in `content_dates`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import takewhile
from typing import Any, Final

from ledger_app.domain.agreements import agreement_for
from ledger_app.domain.agreements.model import Agreement, Permission, Required
from ledger_app.domain.codelists import contains_territory
from ledger_app.domain.content_dates import date_findings, day_at, last_day, unstated_validity
from ledger_app.domain.criteria import criterion_findings, read_criterion
from ledger_app.domain.findings import (
    MAX_FINDINGS,
    OWN_RULES,
    Finding,
    Severity,
    breach,
    discrepancy,
    error,
    join_pointer,
    unknown,
)

__all__ = ["agreement_findings", "content_findings", "latest_day"]

_FLAGS: Final = {
    "third-party-invoice": "third_party_invoice",
    "back-to-back": "back_to_back",
    "exhibition": "exhibition",
    "certified-true-copy": "true_copy",
}

# Fields that most schemes ask for, and what to add: told as those of the form are, also where no rules are
# kept for the scheme.
_MISSING: Final = {"/consignee": "Add an object with at least a name."}


def agreement_findings(document: Mapping[str, Any], agreement: Agreement | None = None) -> list[Finding]:
    """What the scheme's rules say about a whole `document` that is to be issued.

    `agreement`: the rules; None looks them up by the document's scheme. Never raises for a JSON object.
    """
    rules = agreement or _rules(document)
    if rules is None:
        asked = (_missing(pointer) for pointer in _MISSING if pointer[1:] not in document)
        return [*_not_checked(document), *asked]
    found = [*_findings(document, rules, None), *_required(document, rules)]
    return [*found, *unstated_validity(document, rules)][:MAX_FINDINGS]


def content_findings(
    document: Mapping[str, Any], agreement: Agreement | None = None, at: date | None = None
) -> list[Finding]:
    """What the scheme's rules say about `document`, presented on day `at` (None: presentation is not judged).

    No finding is an error. Fields absent or not disclosed are passed over, apart from an item's missing
    origin criterion. Otherwise as `agreement_findings`.
    """
    rules = agreement or _rules(document)
    if rules is None:
        return _not_checked(document)
    return [
        replace(found, severity=Severity.DISCREPANCY) if found.is_error else found
        for found in _findings(document, rules, at)
    ][:MAX_FINDINGS]


def latest_day(document: Mapping[str, Any], agreement: Agreement | None) -> date | None:
    """The last day to present it, as stated or by the agreement, the earlier one; None when unknown."""
    days = [day_at(document, "validUntil")]
    if agreement and agreement.validity and agreement.validity.certain:
        days.append(last_day(document, agreement))
    return min((day for day in days if day), default=None)


def _rules(document: Mapping[str, Any]) -> Agreement | None:
    scheme = document.get("scheme")
    return agreement_for(scheme) if isinstance(scheme, str) else None


def _not_checked(document: Mapping[str, Any]) -> list[Finding]:
    return [
        unknown(
            "/scheme",
            "SCHEME_NOT_CHECKED",
            "No rules are kept for this scheme: its content is not checked.",
            "Check it against the agreement's text; `origin agreement list` shows the schemes with rules.",
            value=document.get("scheme"),
        )
    ]


def _findings(document: Mapping[str, Any], rules: Agreement, at: date | None) -> list[Finding]:
    return [
        *_issuance(document, rules),
        *_parties(document, rules),
        *criterion_findings(_items(document), rules),
        *_item_limit(document, rules),
        *_flags(document, rules),
        *_draw_down(document, rules),
        *date_findings(document, rules, at),
    ]


def _issuance(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    basis, rule = document.get("issuanceBasis"), rules.issuance
    if basis is None or basis in rule.bases:
        return
    if basis in rule.conditional:
        yield unknown(
            "/issuanceBasis",
            "ISSUANCE_CONDITIONAL",
            f"Under {rules.code} this basis holds for some parties or consignments only.",
            "Check whether it holds for this one.",
            source=rule.source,
            value=basis,
        )
        return
    yield breach(
        rule,
        "/issuanceBasis",
        "ISSUANCE_BASIS",
        f"Under {rules.code} certificates are not issued on this basis.",
        f"Use one of: {', '.join(rule.bases)}.",
        value=basis,
    )


def _parties(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    if rules.parties is None:
        if rules.preferential and ("exportCountry" in document or "importCountry" in document):
            yield unknown(
                "/importCountry",
                "PARTIES_NOT_CHECKED",
                f"Between which countries {rules.code} holds is not kept: they are not checked.",
                "Check export, import and origin against its text.",
                value=document.get("importCountry"),
            )
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
            yield breach(
                rules.parties,
                pointer,
                "NOT_A_PARTY",
                f"This is no party to {rules.code}.",
                f"Correct the country, or the scheme. Parties: {', '.join(rules.parties.members)}.",
                value=code,
            )
    there, here = document.get("importCountry"), document.get("exportCountry")
    if isinstance(there, str) and there == here:
        yield discrepancy(
            "/importCountry",
            "SAME_COUNTRY",
            f"{rules.code} is about trade from one party to another; this names one country for both.",
            "Correct the country of export or of import.",
            source=rules.parties.source,
            value=there,
        )


def _item_limit(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    items = document.get("items")
    if rules.items and isinstance(items, list) and len(items) > rules.items.most:
        yield breach(
            rules.items,
            "/items",
            "TOO_MANY_ITEMS",
            f"A certificate under {rules.code} has at most {rules.items.most} items.",
            "Split it into several certificates.",
            value=len(items),
        )


def _flags(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    flags = document.get("flags")
    listed = [
        (join_pointer("flags", place), flag)
        for place, flag in enumerate(flags if isinstance(flags, list) else ())
        if isinstance(flag, str)
    ]
    if not any(flag == "third-party-invoice" for _, flag in listed):
        listed += [(pointer, "third-party-invoice") for pointer in _third_parties(document)]
    for pointer, flag in listed:
        if flag not in _FLAGS:
            continue
        rule: Permission | None = getattr(rules, _FLAGS[flag])
        if rule is None and rules.preferential:
            yield unknown(
                pointer,
                "FLAG_NOT_CHECKED",
                f"No rule about this is kept for {rules.code}: {flag}.",
                "Check whether the agreement allows it.",
                value=flag,
            )
        elif rule and not rule.allowed:
            yield breach(
                rule,
                pointer,
                "NOT_ALLOWED",
                f"{rules.code} does not allow this: {flag}.",
                "Issue it without, or under another scheme.",
                value=flag,
            )


def _third_parties(document: Mapping[str, Any]) -> Iterator[str]:
    exporter, invoices = document.get("exporter"), document.get("invoices")
    ours = exporter.get("name") if isinstance(exporter, dict) else None
    for place, invoice in enumerate(invoices if isinstance(invoices, list) else ()):
        by = invoice.get("issuedBy") if isinstance(invoice, dict) else None
        if ours is not None and isinstance(by, dict) and by.get("name", ours) != ours:
            yield join_pointer("invoices", place, "issuedBy")


def _draw_down(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    if rules.draw_down is None or rules.draw_down.allowed:
        return
    stated = document.get("allowance")
    units = stated.get("units") if isinstance(stated, dict) else None
    if (isinstance(units, int) and units > 1) or any("allowance" in item for _, item in _items(document)):
        yield breach(
            rules.draw_down,
            "/allowance",
            "DRAW_DOWN",
            f"A certificate under {rules.code} is used up by one import, not in parts.",
            "Leave the allowance out.",
            value=units,
        )


def _required(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    for rule in rules.required:
        if rule.bases and document.get("issuanceBasis") not in rule.bases:
            continue
        for pointer in _absent(document, rule.field.split("/")[1:]):
            places = [part for part in pointer.split("/") if part.isdecimal()]
            if rule.criteria and not _rests_on(document, places, rule, rules):
                continue
            if any(_stands(document, other, places) for other in rule.instead):
                continue
            if pointer in _MISSING and rule.certain:
                yield _missing(pointer, rule.source)
                continue
            yield breach(
                rule, pointer, "FIELD_REQUIRED", f"{rules.code} needs this field.", "Add it to the document."
            )


def _missing(pointer: str, source: str = OWN_RULES) -> Finding:
    return error(pointer, "FIELD_MISSING", "This field is missing.", _MISSING[pointer], source=source)


def _rests_on(document: Mapping[str, Any], places: list[str], rule: Required, rules: Agreement) -> bool:
    """Whether the criterion of the item at the first of `places` is one that the rule is about."""
    item = document["items"][int(places[0])] if places else None
    said = item.get("originCriterion") if isinstance(item, Mapping) else None
    if rules.criteria is None or not isinstance(said, str):
        return False
    return bool(set(read_criterion(said, rules.criteria).codes) & set(rule.criteria))


def _stands(document: Mapping[str, Any], field: str, places: list[str]) -> bool:
    """Whether something stands at `field`, each `*` being the next of `places`, or else every member."""
    at = iter(places)
    path = [next(at, part) if part == "*" else part for part in field.split("/")[1:]]
    return not any(_absent(document, path))


def _absent(node: Any, path: list[str], pointer: str = "") -> Iterator[str]:
    """The places that `path` leads to and where nothing stands; `*` goes through a list."""
    if not path:
        return
    name, *rest = path
    if name.isdecimal() and isinstance(node, list) and int(name) < len(node):
        yield from _absent(node[int(name)], rest, f"{pointer}/{name}")
    elif name == "*":
        for place, member in enumerate(node if isinstance(node, list) else ()):
            yield from _absent(member, rest, f"{pointer}/{place}")
    elif not isinstance(node, Mapping) or node.get(name) is None:
        yield pointer + join_pointer(*takewhile(lambda part: part != "*", path))
    else:
        yield from _absent(node[name], rest, pointer + join_pointer(name))


def _items(document: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    items = document.get("items")
    for place, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield place, item
