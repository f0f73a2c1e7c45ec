"""The demo consignment's voyage, as its carrier reports it: an EPCIS 2.0 document."""

from datetime import datetime, timedelta
from typing import Any, Final

from ledger_app.domain.samples import DEMO_CONSIGNMENT

CONTAINER: Final = "MSKU1234565"
_STEPS: Final = (
    # hours after loading, business step, disposition, place
    (0, "loading", "in_progress", "urn:epc:id:sgln:0614141.00001.0"),
    (6, "departing", "in_transit", "urn:epc:id:sgln:0614141.00001.0"),
    (300, "arriving", "in_progress", "urn:epc:id:sgln:0614141.00002.0"),
    (318, "unloading", "in_progress", "urn:epc:id:sgln:0614141.00002.0"),
    (340, "inspecting", "in_progress", "urn:epc:id:sgln:0614141.00002.0"),
)


def voyage(loaded: datetime, consignment: str = DEMO_CONSIGNMENT) -> dict[str, Any]:
    """Five events of one container, from loading (`loaded`, in UTC) to inspection 14 days later."""
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": loaded.isoformat().replace("+00:00", "Z"),
        "epcisBody": {"eventList": [_event(loaded, consignment, *step) for step in _STEPS]},
    }


def _event(
    loaded: datetime, consignment: str, hours: int, step: str, state: str, place: str
) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": (loaded + timedelta(hours=hours)).isoformat().replace("+00:00", "Z"),
        "eventTimeZoneOffset": "+00:00",
        "epcList": [f"urn:epc:id:bic:{CONTAINER}", consignment],
        "bizStep": step,
        "disposition": state,
        "readPoint": {"id": place},
    }
