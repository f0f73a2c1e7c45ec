"""Certificates in the shape of UN/CEFACT's JSON, as TradeTrust's tools and generic templates use it.

Recognised by `supplyChainConsignment`. One trade line item becomes one item; the packages of a line are
counted and their masses added. The words first and second signatory follow the printed forms: exporter,
then issuing body.
"""

from typing import Any

from ledger_app.domain.findings import join_pointer
from ledger_app.domain.imports import parts
from ledger_app.domain.imports.parts import put
from ledger_app.domain.imports.reader import Reader
from ledger_app.domain.imports.values import identifier


def is_uncefact(value: Any) -> bool:
    """Whether it is an object of this shape."""
    return isinstance(value, dict) and ("supplyChainConsignment" in value or "issueDateTime" in value)


def read_uncefact(source: Reader) -> dict[str, Any]:
    """The certificate's fields that the object has."""
    consignment = source.at("supplyChainConsignment")
    document: dict[str, Any] = {}
    put(document, "number", parts.last_part_at(source.at("iD")))
    put(document, "scheme", parts.scheme_at(source.at("freeTradeAgreement")))
    put(document, "issueDate", parts.date_at(source.at("issueDateTime"), "/issueDate"))
    put(document, "issuer", parts.issuer_at(source))
    put(document, "consignment", consignment.at("iD").text())
    put(document, "remarks", consignment.at("information").text(lines=True))
    for name in ("exportCountry", "importCountry"):
        put(document, name, parts.territory_at(consignment.at(name, "code"), f"/{name}"))
    put(document, "exporter", _party(consignment.at("exporter"), "/exporter"))
    put(document, "consignee", _party(_consignee(consignment), "/consignee"))
    if consignment.has("consignee"):
        put(document, "importer", _party(consignment.at("importer"), "/importer"))
    put(document, "transport", _transport(consignment))
    put(document, "declarations", read_signatories(source, "actualDateTime"))
    _goods(document, consignment)
    return document


def read_signatories(source: Reader, dated: str) -> dict[str, Any]:
    """The declarations; `dated` names the member that holds the date."""
    declarations: dict[str, Any] = {}
    for ours, theirs in (
        ("exporter", "firstSignatoryAuthentication"),
        ("issuer", "secondSignatoryAuthentication"),
    ):
        signed = source.at(theirs)
        declaration: dict[str, Any] = {}
        put(declaration, "statement", signed.at("statement").text(lines=True))
        put(declaration, "date", parts.date_at(signed.at(dated), f"/declarations/{ours}/date"))
        put(declarations, ours, declaration)
    return declarations


def _consignee(consignment: Reader) -> Reader:
    return consignment.at("consignee" if consignment.has("consignee") else "importer")


def _party(place: Reader, pointer: str) -> dict[str, Any]:
    return parts.party_at(place, parts.address_at(place.at("postalAddress"), pointer + "/address"))


def _transport(consignment: Reader) -> dict[str, Any]:
    movement = consignment.at("mainCarriageTransportMovement")
    transport: dict[str, Any] = {}
    carrier = identifier(movement.at("iD").seen() or "")
    if carrier.authority == "iata.org":
        transport["mode"] = "air"
    put(transport, "journey", parts.last_part_at(movement.at("iD")))
    put(transport, "means", movement.at("usedTransportMeans", "name").text())
    put(transport, "meansIdentifier", movement.at("usedTransportMeans", "iD").text())
    put(transport, "route", movement.at("information").text(lines=True))
    departed = movement.at("departureEvent", "departureDateTime")
    put(transport, "departureDate", parts.date_at(departed, "/transport/departureDate"))
    for ours, theirs in (
        ("loadingPlace", "loadingBaseportLocation"),
        ("dischargePlace", "unloadingBaseportLocation"),
    ):
        port = consignment.at(theirs)
        put(transport, ours, parts.place_from(port.at("iD"), port.at("name"), f"/transport/{ours}"))
    return transport


def _goods(document: dict[str, Any], consignment: Reader) -> None:
    items: list[dict[str, Any]] = []
    invoices: dict[str, dict[str, Any]] = {}
    origins: list[str | None] = []
    makers: list[dict[str, Any]] = []
    for group in consignment.each("includedConsignmentItems"):
        lines = group.each("tradeLineItems") or [group]
        for line in lines:
            item = _item(line, group, len(items) + 1, invoices)
            origins.append(item.pop("originCountry", None))
            items.append(item)
            makers.append(_party(group.at("manufacturer"), f"/items/{len(items) - 1}/producer"))
    _origins(document, items, origins)
    _producers(document, items, makers)
    put(document, "items", items)
    put(document, "invoices", list(invoices.values()))


def _item(line: Reader, group: Reader, number: int, invoices: dict[str, dict[str, Any]]) -> dict[str, Any]:
    pointer = join_pointer("items", number - 1)
    product = line.at("tradeProduct")
    item: dict[str, Any] = {"number": number}
    if line.at("sequenceNumber").number() == number:
        line.at("sequenceNumber").take()
    packages = line.each("transportPackages")
    put(item, "marks", _marks([package.at("iD") for package in packages]))
    if packages:
        # UN/ECE Recommendation 21: PK is a package of a kind not stated.
        item["packages"] = {"count": len(packages), "kind": "PK"}
    put(
        item,
        "description",
        product.at("description").text(lines=True) or line.at("information").text(lines=True),
    )
    code = product.at("harmonisedTariffCode", "classCode")
    put(item, "hsCode", parts.hs_code_at(code, pointer + "/hsCode"))
    put(item, "originCriterion", group.at("crossBorderRegulatoryProcedure", "originCriteriaText").text())
    put(
        item,
        "originCountry",
        parts.territory_at(product.at("originCountry", "code"), pointer + "/originCountry"),
    )
    weights = [parts.mass_at(package.at("grossWeight"), pointer + "/grossMass") for package in packages]
    known = [weight for weight in weights if weight]
    if len(known) == len(weights):
        put(item, "grossMass", parts.sum_masses(known))
    put(item, "invoices", _invoice(line.at("invoiceReference"), invoices, pointer))
    return item


def _marks(identifiers: list[Reader]) -> str | None:
    """One identifier is moved into the field; of several the field holds a list, and the originals stay."""
    if len(identifiers) == 1:
        return identifiers[0].text(lines=True)
    return "\n".join(mark for place in identifiers if (mark := place.seen()))


def _invoice(reference: Reader, invoices: dict[str, dict[str, Any]], pointer: str) -> list[str]:
    number = parts.last_part_at(reference.at("iD"))
    if not number:
        return []
    invoice = invoices.setdefault(number, {"number": number})
    day = parts.date_at(reference.at("formattedIssueDateTime"), pointer + "/invoices/0")
    if day and invoice.setdefault("date", day) != day:
        reference.at("formattedIssueDateTime").not_understood(
            "/invoices", "the date of an invoice dated before"
        )
    return [number]


def _origins(document: dict[str, Any], items: list[dict[str, Any]], origins: list[str | None]) -> None:
    named = [origin for origin in origins if origin]
    if not named:
        return
    document["originCountry"] = named[0]
    for item, origin in zip(items, origins, strict=True):
        if origin and origin != named[0]:
            item["originCountry"] = origin


def _producers(document: dict[str, Any], items: list[dict[str, Any]], makers: list[dict[str, Any]]) -> None:
    """One producer of everything stands above; several stand with their items."""
    if makers and all(maker == makers[0] for maker in makers):
        put(document, "producer", makers[0])
        return
    for item, maker in zip(items, makers, strict=True):
        put(item, "producer", maker)
