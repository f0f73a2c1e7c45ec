"""The report on one verification, as the service and the offline verifier give it: one shape for both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from ledger_app.domain.agreements import agreement_for
from ledger_app.domain.content_dates import registered_too_late
from ledger_app.domain.standing import Verdict
from ledger_app.domain.terms import day_date, scheme_code, territory_code
from ledger_app.errors import BadInput
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.check import Judgement
from ledger_app.proof.facts import Facts
from ledger_app.proof.hexes import to_hex
from ledger_app.reasons import describe

Report = dict[str, Any]
_SECONDS_A_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Shown:
    """What a report may repeat. `document`: what can be read of it; `readable`: whether the caller may read
    that; `numbered`: whether the caller named it by its number; `names`: of organisations, by id;
    `relatives`: what it replaced and what replaced it, as far as somebody has looked."""

    document: dict[str, Any] | None = None
    readable: bool = True
    numbered: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    relatives: Mapping[str, Any] = field(default_factory=dict)
    notices: Sequence[str] = ()
    findings: Sequence[dict[str, str]] = ()


def build(judged: Judgement, bundle: Bundle | None, facts: Facts | None, at: date, shown: Shown) -> Report:
    """The report: see `services.verifying.verify`, which documents its members."""
    entry = describe(judged.reason) if judged.reason else None
    report: Report = {
        "verdict": judged.verdict.value,
        "standing": judged.standing.value,
        "exit_code": int(judged.exit_code),
        "reason": judged.reason,
        "detail": judged.detail or (entry.meaning if entry else ""),
        "next": entry.next_step if entry else "",
        "at": at.isoformat(),
        "checks": [outcome.to_json() for outcome in judged.outcomes],
        "ledger": {
            "block": facts.block if facts else None,
            "time": facts.time if facts else None,
            "age_seconds": facts.age_seconds if facts else None,
        },
        "certificate": None,
        "allowance": None,
        "disclosed": None,
        "notices": list(shown.notices),
        "matches": [],
    }
    # What a file that failed says about itself is not repeated as if it were known.
    if bundle is not None and judged.verdict is Verdict.GENUINE and facts is not None:
        report["certificate"] = _certificate(bundle, facts, shown)
        report["allowance"] = {
            "total": bundle.leaf.allowance,
            "used": facts.standing.used,
            "left": max(bundle.leaf.allowance - facts.standing.used, 0),
        }
        report |= _relatives(facts, shown)
        report["content"] = list(shown.findings) if shown.readable else []
        if shown.readable and _is_late(shown.document, facts):
            report["notices"].append("REGISTERED_TOO_LATE")
        if bundle.disclosure is not None:
            report["disclosed"] = bundle.disclosure.verify().summary
    return report


def _is_late(document: Mapping[str, Any] | None, facts: Facts) -> bool:
    scheme = document.get("scheme") if document else None
    rules = agreement_for(scheme) if isinstance(scheme, str) else None
    if document is None or rules is None or facts.batch is None:
        return False
    registered = day_date(facts.batch.time // _SECONDS_A_DAY)
    return registered is not None and registered_too_late(document, rules, registered)


def _relatives(facts: Facts, shown: Shown) -> dict[str, Any]:
    """What it replaced and what replaced it. Without an index, only which leaf it replaced is known."""
    found = {"predecessor": None, "successors": [], "moreSuccessors": False, **shown.relatives}
    if found["predecessor"] is None and facts.predecessor is not None:
        unknown = dict.fromkeys(("act", "time", "certificate", "number"))
        found["predecessor"] = {"leaf": to_hex(facts.predecessor), **unknown}
    return found


def _certificate(bundle: Bundle, facts: Facts, shown: Shown) -> dict[str, Any]:
    leaf, document = bundle.leaf, shown.document or {}
    issuer = to_hex(leaf.issuer)
    first, last = day_date(leaf.valid_from), day_date(leaf.valid_until)
    return {
        "number": document.get("number") if shown.readable or shown.numbered else None,
        "digest": to_hex(leaf.digest),
        "leaf": to_hex(leaf.hash()),
        "batch": to_hex(facts.batch_id),
        "issuer": {
            "id": issuer,
            "name": shown.names.get(issuer),
            "identifier": _identifier(document),
            "territory": _territory(facts),
        },
        "scheme": scheme_code(leaf.scheme),
        "destination": territory_code(leaf.destination),
        "validFrom": first.isoformat() if first else None,
        "validUntil": last.isoformat() if last else None,
        "registeredAt": facts.batch.time if facts.batch else None,
        "issuedAs": facts.batch.kind.words if facts.batch else None,
        "key": facts.batch.key if facts.batch else None,
        "standingReason": facts.standing.reason or None,
        "predecessor": None if facts.predecessor is None else to_hex(facts.predecessor),
        "document": document if shown.readable else None,
    }


def _territory(facts: Facts) -> str | None:
    """The code of the issuer's territory; hex where the council admitted it under something else."""
    if facts.organisation is None:
        return None
    try:
        return territory_code(facts.organisation.territory)
    except BadInput:
        return to_hex(facts.organisation.territory)


def _identifier(document: dict[str, Any]) -> Any:
    """The issuer's registered identifier: unlike its name it is what the leaf binds."""
    issuer = document.get("issuer")
    return issuer.get("identifier") if isinstance(issuer, dict) else None
