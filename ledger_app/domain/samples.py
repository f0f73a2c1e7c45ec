"""A realistic certificate for demo, benchmarks and tests: made-up firms, real codes, valid."""

from datetime import date, timedelta
from typing import Any, Final

DEMO_ISSUER: Final = "urn:origin:demo:chamber-cn"
DEMO_EXPORTER: Final = "urn:origin:demo:exporter-cn"
DEMO_CONSIGNMENT: Final = "urn:origin:demo:consignment-1"

_GOODS: Final = (
    (
        "Stainless steel vacuum flasks, capacity 750 ml",
        "961700",
        "cartons",
        420,
        "5040.00",
        "4620.00",
        "28980.00",
    ),
    ("Wooden chairs with upholstered seats", "940161", "cartons", 180, "2340.00", "2160.00", "17820.00"),
    ("LED table lamps, 220-240 V", "940521", "cartons", 260, "1560.00", "1300.00", "15340.00"),
    ("Ceramic tableware, other than of porcelain", "691200", "cartons", 310, "4185.00", "3720.00", "9920.00"),
)
# Codes for goods wholly of the party, and for goods made from materials of elsewhere, by scheme.
_CRITERIA: Final = {"RCEP": "CTC", "CHAFTA": "PSR"}


def sample_document(
    number: str = "CCPIT-2026-000123",
    scheme: str = "RCEP",
    *,
    issuer: str = DEMO_ISSUER,
    items: int = 2,
    allowance: int | None = None,
    per_item_allowance: int | None = None,
    destination: str | None = "AU",
    issue_date: date = date(2026, 11, 20),
    valid_days: int = 364,
    consignment: str | None = DEMO_CONSIGNMENT,
    **changes: Any,
) -> dict[str, Any]:
    """A complete document with `items` lines, different for each `number`.

    `allowance`: units of the whole certificate (absent: one use). `per_item_allowance`: units for each item,
    the certificate's being their sum. `destination` None: any customs may use it up. `changes` replace
    top-level members; a change of None takes the member out.
    """
    invoice = f"INV-{number[-12:].strip(' .:/_()-')}"
    departure = issue_date + timedelta(days=2)
    made: dict[str, Any] = {
        "type": "certificate-of-origin",
        "version": 1,
        "number": number,
        "scheme": scheme,
        "issuanceBasis": "authority",
        "issuer": {"identifier": issuer, "name": "Demo Chamber of International Commerce", "territory": "CN"},
        "exporter": {
            "name": "Ningbo Harbour Housewares Co., Ltd.",
            "identifier": DEMO_EXPORTER,
            "address": {"lines": ["18 Beilun Road"], "city": "Ningbo", "postcode": "315800", "country": "CN"},
        },
        "producer": {
            "name": "Yongkang Metal Works Co., Ltd.",
            "address": {"lines": ["7 Industrial Street"], "city": "Yongkang", "country": "CN"},
        },
        "consignee": {
            "name": "Southern Cross Homewares Pty Ltd",
            "address": {
                "lines": ["22 Dock Street"],
                "city": "Melbourne",
                "postcode": "3000",
                "subdivision": "VIC",
                "country": "AU",
            },
        },
        "exportCountry": "CN",
        "importCountry": "AU",
        "originCountry": "CN",
        "issueDate": issue_date.isoformat(),
        "validUntil": (issue_date + timedelta(days=valid_days)).isoformat(),
        "transport": {
            "mode": "sea",
            "means": "DEMO PIONEER",
            "journey": "048S",
            "departureDate": departure.isoformat(),
            "loadingPlace": {"code": "CNNGB", "name": "Ningbo"},
            "dischargePlace": {"code": "AUMEL", "name": "Melbourne"},
        },
        "containers": ["MSKU1234565"],
        "items": [_item(place, scheme, invoice, per_item_allowance) for place in range(items)],
        "invoices": [{"number": invoice, "date": (issue_date - timedelta(days=4)).isoformat()}],
        "declarations": {
            "exporter": {
                "statement": "The undersigned declares that the details above are correct and that the goods "
                "meet the origin requirements of the scheme named.",
                "place": "Ningbo",
                "date": (issue_date - timedelta(days=1)).isoformat(),
                "signatory": "Demo Person",
            }
        },
    }
    if destination:
        made["destination"] = destination
    if consignment:
        made["consignment"] = consignment
    if per_item_allowance:
        made["allowance"] = {"units": per_item_allowance * items, "unit": "KGM"}
    elif allowance:
        made["allowance"] = {"units": allowance}
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def _item(place: int, scheme: str, invoice: str, allowance: int | None) -> dict[str, Any]:
    description, hs_code, kind, count, gross, net, value = _GOODS[place % len(_GOODS)]
    item: dict[str, Any] = {
        "number": place + 1,
        "marks": f"SCH MELBOURNE C/NO. {place + 1}-{count}",
        "packages": {"count": count, "kind": kind},
        "description": description,
        "hsCode": hs_code,
        "hsEdition": "2022",
        "quantity": {"value": str(count * 10), "unit": "H87"},
        "grossMass": {"value": gross, "unit": "KGM"},
        "netMass": {"value": net, "unit": "KGM"},
        "value": {"amount": value, "currency": "USD"},
        "invoices": [invoice],
    }
    if scheme in _CRITERIA:
        item["originCriterion"] = _CRITERIA[scheme]
    if allowance:
        item["allowance"] = allowance
    return item
