"""The timeline of the cargo that a certificate is linked to: a fragment for its page."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from ledger_app.access.policy import allowed
from ledger_app.access.principals import Principal
from ledger_app.domain.cargo.places import place_words
from ledger_app.reasons import REASONS
from ledger_app.services import tracking
from ledger_app.services.context import Services

_PAGES = Environment(
    loader=PackageLoader("ledger_app.web"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def timeline(
    ctx: Services,
    who: Principal,
    certificate_id: str,
    number: str,
    names: Mapping[str, str] = MappingProxyType({}),
    *,
    entitled: bool,
) -> Markup:
    """What happened to the goods of a certificate of this installation, for those who may read cargo and are
    `entitled` to read the certificate: a leaf is public, and leads nobody else to its goods. A hint for
    others. `names`: of places, by UN/LOCODE. Never raises for damaged events: they are shown as not
    proven."""
    if not entitled or not allowed(who, "cargo.read"):
        return _page(entries=None, more=False)
    told = tracking.certificate_history(ctx, certificate_id, number)
    return fragment(told, names)


def fragment(told: dict[str, Any], names: Mapping[str, str] = MappingProxyType({})) -> Markup:
    """A history (`services.tracking`) as a list in words."""
    return _page(entries=[_entry(one, names) for one in told["events"]], more=told["more"])


def _page(**values: Any) -> Markup:
    return Markup(_PAGES.get_template("timeline.html").render(**values))  # noqa: S704  # nosec B704 - autoescaped


def _entry(told: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    reporter = told["reporter"]
    step = str(told["bizStep"] or told["action"] or told["type"])
    place = told["readPoint"] or told["bizLocation"]
    return {
        "id": told["id"],
        "time": told["eventTime"],
        "when": told["eventTime"][:16].replace("T", " ") + " UTC",
        "what": _words(step),
        "state": _words(told["disposition"]) if told["disposition"] else None,
        "place": place,
        "place_words": None if place is None else place_words(place, names),
        "reporter": reporter["name"] or reporter["identifier"] or reporter["organisation"],
        "declared_wrong": told["errorDeclared"],
        "proof": told["proof"]["state"],
        "proof_words": _proof(told["proof"]),
    }


def _words(term: str) -> str:
    """`https://ref.gs1.org/cbv/BizStep-void_shipping` → `Void shipping`."""
    last = term.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].rpartition("-")[2]
    return last.replace("_", " ").capitalize()


def _proof(proof: dict[str, Any]) -> str:
    if proof["state"] == "anchored":
        if proof["block"] is None:
            return "On the ledger."
        day = datetime.fromtimestamp(proof["time"], UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"On the ledger since {day} (block {proof['block']})."
    known = REASONS.get(proof["reason"] or "")
    reason = known.meaning if known is not None else ""
    if proof["state"] == "pending":
        return "Reported; not on the ledger yet."
    if proof["state"] == "cannot-tell":
        return f"The ledger could not be asked. {reason}"
    return f"Not proven: {reason}"
