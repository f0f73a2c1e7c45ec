"""From a verification report to what a page shows: words, tone, facts. Pure; templates escape what it
gives."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from ledger_app.domain.codelists import territory_name
from ledger_app.domain.standing import Standing
from ledger_app.domain.words import amount_words, counted
from ledger_app.reasons import REASONS, describe

CHECKS: Final = {
    "readable": "The file can be read",
    "integrity": "The content is what was committed to",
    "terms": "The ledger's entry agrees with the content",
    "inclusion": "It is registered on this ledger",
    "issuer": "The issuing body was accredited, and signed",
    "standing": "Nothing has ended or suspended it",
    "validity": "It is valid on the day of presentation",
    "allowance": "Something is left to use",
    "content": "It meets the rules of its scheme",
    "cargo": "The cargo's history agrees",
    "freshness": "The ledger's data is recent",
}
#: What a check asks, said of one that failed.
_FAILED: Final = {
    "readable": "The file cannot be read",
    "integrity": "The content is not what was committed to",
    "terms": "The ledger's entry contradicts the content",
    "inclusion": "It is not registered on this ledger",
    "issuer": "Its issuing body is not the one that the ledger knows",
    "standing": "It was ended or suspended",
    "validity": "It is not valid on the day of presentation",
    "allowance": "Nothing is left to use",
    "content": "It does not meet the rules of its scheme",
    "cargo": "The cargo's history contradicts it",
    "freshness": "The ledger's data is too old",
}
#: Said of one that holds no more than half.
_WARNED: Final = {
    "content": "Something in it does not fit the rules of its scheme",
    "cargo": "The cargo's history contradicts it",
}
_SIGNS: Final = {"passed": "✓", "failed": "✕", "warning": "!", "cannot-tell": "?", "not-checked": "·"}
_OUTCOMES: Final = {
    "passed": "holds",
    "failed": "does not hold",
    "warning": "something to look at",
    "cannot-tell": "cannot be told",
    "not-checked": "not checked",
}
_TITLES: Final = {"NOT_GENUINE": "Not genuine", "CANNOT_TELL": "Cannot tell"}
_BUT: Final = {
    "used-up": "used up",
    "not-yet-valid": "not yet valid",
    "expired": "expired",
    "suspended": "suspended",
    "issuer-key-disowned": "the issuer's key was disowned",
    "superseded": "replaced",
    "revoked": "revoked",
}
_BEFORE: Final = {"supersede": "Replaces", "consume": "Made out of"}
_AFTER: Final = {"supersede": "Replaced by", "consume": "Used for"}
_ADVICE: Final = {
    "good": "",
    "used-up": "Do not accept it again. If the use was your own, verify with your import declaration.",
    "not-yet-valid": "Present it on or after its first day.",
    "expired": "Ask the exporter for a new one.",
    "suspended": "Wait, or ask the issuing body why it is suspended.",
    "issuer-key-disowned": "Ask the issuing body to confirm it.",
    "superseded": "Ask the holder for the certificate that replaced it.",
    "revoked": "Do not accept it. Ask the issuing body if in doubt.",
}
_MEANINGS: Final = {
    "GENUINE": "An accredited issuing body registered exactly this content.",
    "NOT_GENUINE": "This is not what an issuing body registered.",
    "CANNOT_TELL": "It was not possible to find out. That says nothing against the certificate.",
}
_MAX_GOODS: Final = 200
_MAX_FINDINGS: Final = 50
_LINK: Final = re.compile(r"https://[^\s<>\"]+")


def report_view(report: dict[str, Any], *, looked_up: bool) -> dict[str, Any]:
    """What `report.html` shows. `looked_up`: by number or digest, so the paper in hand was not compared."""
    verdict, standing = report["verdict"], report["standing"]
    genuine = verdict == "GENUINE"
    good = genuine and standing == "good"
    used = _used_in_part(report) if good else ""
    but = (", partly used" if used else "") if good else f", but {_BUT.get(standing, standing)}"
    title = _TITLES.get(verdict) or f"Genuine{but}"
    meaning = _MEANINGS[verdict]
    if genuine and looked_up:
        title = f"Registered{but}"
        meaning = "An accredited issuing body registered it. Compare every field with the paper in hand."
    elif not genuine and report.get("detail"):
        meaning = f"{meaning} {_sentence(report['detail'])}"
    certificate = report.get("certificate") or {}
    return {
        "verdict": verdict,
        "standing": standing,
        "title": title,
        "tone": "good" if good else "wait" if verdict == "CANNOT_TELL" else "bad",
        "meaning": meaning,
        "standing_words": used or (Standing(standing).words if genuine else ""),
        "next": _ADVICE.get(standing, "") if genuine else report.get("next", ""),
        "notes": [f"{describe(each).meaning} {describe(each).next_step}" for each in _notices(report)],
        "facts": facts(report),
        "leaf": certificate.get("leaf"),
        "relatives": _relatives(report),
        "checks": [_check(check) for check in report["checks"]],
        "findings": [_finding(finding) for finding in (report.get("content") or [])[:_MAX_FINDINGS]],
        "matches": [m for m in map(_match, report.get("matches") or []) if m],
        "more_successors": bool(report.get("moreSuccessors")),
        "age": _age(report["ledger"]),
    }


def _notices(report: dict[str, Any]) -> list[str]:
    """All but the one that the heading's own words say."""
    return [notice for notice in report.get("notices", ()) if notice != "COMPARE_WITH_PAPER"]


def _used_in_part(report: dict[str, Any]) -> str:
    """How much of a good certificate is used, in words; empty where nothing is."""
    allowance = report.get("allowance") or {}
    if not allowance.get("used"):
        return ""
    return f"In good standing: {allowance['used']} of {allowance['total']} used, {allowance['left']} left."


def _relatives(report: dict[str, Any]) -> list[dict[str, str]]:
    """What it replaced or was made out of, and what came after it; by number as far as the reader may read
    it."""
    before = report.get("predecessor")
    found = [(_BEFORE.get(before["act"], "Follows"), before)] if before else []
    found += [(_AFTER.get(one["act"], "Followed by"), one) for one in report.get("successors") or []]
    return [
        {
            "words": words,
            "name": one["number"] or f"{one['leaf'][:10]}…{one['leaf'][-6:]}",
            "leaf": one["leaf"],
            "when": _when(one["time"]),
        }
        for words, one in found
    ]


def facts(report: dict[str, Any]) -> list[tuple[str, str]]:
    """What the ledger itself says of a registered certificate: nothing personal, nothing from the
    document."""
    certificate = report.get("certificate")
    if not certificate:
        return []
    issuer, allowance = certificate["issuer"], report.get("allowance") or {}
    found = [
        (
            "Issued by",
            " · ".join(
                filter(
                    None,
                    [issuer.get("name"), issuer.get("identifier") or issuer["id"], issuer.get("territory")],
                )
            ),
        ),
        ("Right to issue", _sentence(certificate.get("issuedAs"))),
        ("Scheme", certificate["scheme"]),
        ("Registered", _when(certificate.get("registeredAt"))),
        ("Valid", f"{certificate.get('validFrom') or '…'} – {certificate.get('validUntil') or 'open'}"),
        ("For", _territory(certificate.get("destination")) or "any destination"),
        ("Used", f"{allowance.get('used', 0)} of {allowance.get('total', 1)}"),
        ("Shown", report.get("disclosed")),
        ("Digest", certificate["digest"]),
    ]
    return [(name, str(value)) for name, value in found if value]


def fault_view(reason: str, detail: str, next_step: str) -> dict[str, Any]:
    """An error for people."""
    entry = REASONS.get(reason)
    return {
        "title": "That did not work",
        "detail": detail or (entry.meaning if entry else ""),
        "next": next_step,
        "reason": reason,
    }


def document_view(document: dict[str, Any], items: list[dict[str, int]] | None = None) -> dict[str, Any]:
    """A certificate's document as rows and a table of goods; unknown shapes are left out, never a fault.

    `items`: what is left of those with an allowance of their own, as `services.uses` gives it.
    """
    left = {one["item"]: f"{one['left']} of {one['allowance']}" for one in items or []}
    transport = _object(document.get("transport"))
    rows = [
        ("Number", document.get("number")),
        ("Issued on", document.get("issueDate")),
        ("Exporter", _party(document.get("exporter"))),
        ("Producer", _party(document.get("producer"))),
        ("Consignee", _party(document.get("consignee"))),
        ("Origin", _territory(document.get("originCountry"))),
        (
            "From – to",
            " – ".join(_territory(document.get(k)) or "…" for k in ("exportCountry", "importCountry")),
        ),
        (
            "Transport",
            " · ".join(str(transport[k]) for k in ("mode", "means", "journey") if transport.get(k)),
        ),
        ("Departure", transport.get("departureDate")),
        ("Consignment", document.get("consignment")),
        ("Containers", ", ".join(str(c) for c in document.get("containers") or [])),
    ]
    goods = [
        _good(item, left) for item in (document.get("items") or [])[:_MAX_GOODS] if isinstance(item, dict)
    ]
    return {
        "rows": [(name, str(value)) for name, value in rows if value],
        "goods": goods,
        "by_item": bool(left),
    }


def claims_view(claims: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Customs' own claims on a certificate, as `services.uses` gives them, in rows."""
    return [
        {
            "declaration": one["declaration"] or f"{one['claim'][:10]}…",
            "state": one["state"],
            "reason": one["reason"] or "",
            "units": str(one["units"]) if one["units"] else "",
            "items": ", ".join(f"item {each['item']}: {each['units']}" for each in one["items"] or []),
            "when": _when(one["time"]),
        }
        for one in claims
    ]


def _check(check: dict[str, Any]) -> dict[str, str]:
    labels = {"failed": _FAILED, "warning": {**CHECKS, **_WARNED}}.get(check["outcome"], CHECKS)
    label, detail = labels.get(check["name"], check["name"]), _sentence(check.get("detail"))
    return {
        "name": check["name"],
        "label": label,
        "outcome": check["outcome"],
        "outcome_words": _OUTCOMES.get(check["outcome"], check["outcome"]),
        "sign": _SIGNS.get(check["outcome"], "·"),
        "detail": "" if detail == label else detail,
        "reason": check.get("reason") or "",
        "next": check.get("next") or "",
    }


def _finding(finding: dict[str, str]) -> dict[str, Any]:
    source = finding.get("source") or ""
    link = _LINK.search(source)
    return {
        "words": _sentence(finding["words"]),
        "fix": _sentence(finding["fix"]),
        "field": finding["pointer"] or "the whole document",
        "source": source,
        "link": link[0].rstrip(".,;)") if link else "",
        "outcome": "not-checked" if finding["severity"] == "unknown" else "warning",
        "sign": _SIGNS["not-checked" if finding["severity"] == "unknown" else "warning"],
    }


def place_names(document: dict[str, Any]) -> dict[str, str]:
    """The names that a document gives to places, by UN/LOCODE."""
    transport = _object(document.get("transport"))
    places = [_object(transport.get(name)) for name in ("loadingPlace", "dischargePlace")]
    return {
        str(place["code"]): str(place["name"]) for place in places if place.get("code") and place.get("name")
    }


def _match(report: dict[str, Any]) -> dict[str, str] | None:
    certificate = report.get("certificate")
    if not certificate:
        return None
    issuer = certificate["issuer"]
    return {
        "number": certificate.get("number") or "",
        "issuer": issuer.get("name") or issuer["id"],
        "scheme": certificate["scheme"],
        "leaf": certificate["leaf"],
    }


def _good(item: dict[str, Any], left: dict[int, str]) -> dict[str, str]:
    quantity = _object(item.get("quantity"))
    amount = amount_words(str(quantity.get("value", "")), str(quantity.get("unit", "")))
    return {
        "number": str(item.get("number", "")),
        "description": str(item.get("description", "")),
        "hs": str(item.get("hsCode", "")),
        "criterion": str(item.get("originCriterion", "")),
        "quantity": amount if quantity else "",
        "left": left.get(item.get("number", 0), ""),
    }


def _party(value: Any) -> str:
    party = _object(value)
    address = _object(party.get("address"))
    return ", ".join(
        str(part) for part in (party.get("name"), address.get("city"), address.get("country")) if part
    )


def _territory(code: Any) -> str:
    """`China (CN)`."""
    if not isinstance(code, str):
        return ""
    name = territory_name(code)
    return code if name == code else f"{name} ({code})"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _sentence(text: Any) -> str:
    words = str(text or "").strip()
    return words[:1].upper() + words[1:] if words else ""


def _when(seconds: Any) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC") if seconds else ""


def _age(ledger: dict[str, Any]) -> str:
    if ledger.get("block") is None:
        return "The ledger was not asked."
    return f"As of block {ledger['block']}, {counted(int(ledger['age_seconds']), 'second')} old."
