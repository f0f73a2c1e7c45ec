"""The demo consignment's voyage, as its carrier reports it: an EPCIS 2.0 document."""

from datetime import datetime, timedelta
from typing import Any, Final

from ledger_app.domain.samples import DEMO_CONSIGNMENT

CONTAINER: Final = "MSKU1234565"
_PLACE: Final = "https://vocabulary.uncefact.org/unlocode#"
_STEPS: Final = (
    # hours after loading, business step, disposition; None: where it was loaded
    (0, "loading", "in_progress", None),
    (6, "departing", "in_transit", None),
    (300, "arriving", "in_progress", "AUMEL"),
    (318, "unloading", "in_progress", "AUMEL"),
    (340, "inspecting", "in_progress", "AUMEL"),
)


def voyage(
    loaded: datetime,
    consignment: str = DEMO_CONSIGNMENT,
    port: str = "CNNGB",
    container: str = CONTAINER,
) -> dict[str, Any]:
    """Five events of one container, from loading at `port` (at `loaded`, in UTC) to inspection 14 days
    later."""
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": loaded.isoformat().replace("+00:00", "Z"),
        "epcisBody": {
            "eventList": [
                _event(
                    loaded,
                    [f"urn:epc:id:bic:{container}", consignment],
                    hours,
                    step,
                    state,
                    _PLACE + (place or port),
                )
                for hours, step, state, place in _STEPS
            ]
        },
    }


def _event(
    loaded: datetime, objects: list[str], hours: int, step: str, state: str, place: str
) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": (loaded + timedelta(hours=hours)).isoformat().replace("+00:00", "Z"),
        "eventTimeZoneOffset": "+00:00",
        "epcList": objects,
        "bizStep": step,
        "disposition": state,
        "readPoint": {"id": place},
    }
