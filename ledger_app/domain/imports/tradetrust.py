"""Certificates in the shapes of TradeTrust's generic templates: SimpleCoo (one item), and W3C credentials.

SimpleCoo is recognised by `cooId` or `exporterDetails`. Of a credential the subject is read; the credential
around it (issuer, proof, renderer) is kept, not believed: its proof is about another text than ours.
"""

import re
from typing import Any, Final

from ledger_app.domain.imports import parts
from ledger_app.domain.imports.parts import put
from ledger_app.domain.imports.reader import Reader
from ledger_app.domain.imports.uncefact import read_signatories, read_uncefact

_VESSEL: Final = re.compile(r"(?:IMO) ?[0-9]{7}", re.ASCII)


def is_simple_coo(value: Any) -> bool:
    """Whether it is an object of the SimpleCoo shape."""
    return isinstance(value, dict) and ("cooId" in value or "exporterDetails" in value)


def is_credential(value: Any) -> bool:
    """Whether it is a W3C credential about one subject."""
    subject = value.get("credentialSubject") if isinstance(value, dict) else None
    if isinstance(subject, list) and len(subject) == 1:
        subject = subject[0]
    return isinstance(subject, dict)


def has_subjects(value: Any) -> bool:
    """Whether it is a credential with a list of none or several subjects."""
    subjects = value.get("credentialSubject") if isinstance(value, dict) else None
    return isinstance(subjects, list) and len(subjects) != 1


def is_presentation(value: Any) -> bool:
    """Whether it is a W3C presentation, which holds credentials."""
    if not isinstance(value, dict) or "verifiableCredential" not in value:
        return False
    kinds = value.get("type")
    return "VerifiablePresentation" in (kinds if isinstance(kinds, list) else [kinds])


def subject_of(credential: Reader) -> Reader:
    """The subject of a credential, which may be a list of one."""
    subject = credential.at("credentialSubject")
    return subject.at(0) if isinstance(subject.value, list) else subject


def read_simple_coo(source: Reader) -> dict[str, Any]:
    """The certificate's fields that the object has."""
    document: dict[str, Any] = {}
    goods = source.at("descriptionOfGoods")
    put(document, "number", parts.last_part_at(source.at("cooId")))
    put(document, "scheme", parts.scheme_at(source.at("documentName")))
    put(document, "issueDate", parts.date_at(source.at("issueDateAndTime"), "/issueDate"))
    put(document, "issuer", parts.issuer_at(source))
    for ours, theirs in (("exporter", "exporter"), ("consignee", "importer")):
        details = source.at(theirs + "Details")
        country = ("export" if ours == "exporter" else "import") + "Country"
        put(document, country, parts.territory_at(details.at(country), "/" + country))
        party: dict[str, Any] = {}
        put(party, "name", details.at(theirs + "Name").text())
        put(party, "address", parts.address_at(details.at(theirs + "Address"), f"/{ours}/address"))
        put(document, ours, party)
    put(document, "transport", _transport(goods))
    item = _item(goods)
    number = goods.at("invoiceNumber").text()
    if number:
        invoice: dict[str, Any] = {"number": number}
        put(invoice, "date", parts.date_at(goods.at("dateOfInvoice"), "/invoices/0/date"))
        document["invoices"] = [invoice]
        item["invoices"] = [number]
    if item:
        document["items"] = [{"number": 1} | item]
    declarations = read_signatories(source, "actualDate")
    issued_in = source.at("issueIn").text()
    if issued_in:
        declarations.setdefault("issuer", {})["place"] = issued_in
    put(document, "declarations", declarations)
    return document


def _item(goods: Reader) -> dict[str, Any]:
    item: dict[str, Any] = {}
    put(item, "marks", goods.at("importerNameMarksAndNumber").text(lines=True))
    # The template prints number and kind of packages together with the description, in one box.
    put(item, "description", goods.at("numberAndKindOfPackage").text(lines=True))
    put(item, "hsCode", parts.hs_code_at(goods.at("hsCode"), "/items/0/hsCode"))
    put(item, "originCriterion", goods.at("originCriterion").text())
    return item


def _transport(goods: Reader) -> dict[str, Any]:
    transport: dict[str, Any] = {}
    movement = goods.at("mainCarriageTransportMovementId")
    carrier = movement.text()
    if carrier and _VESSEL.fullmatch(carrier):
        transport["mode"] = "sea"
        transport["meansIdentifier"] = carrier
    else:
        put(transport, "journey", carrier)
    departed = goods.at("departureDate")
    put(transport, "departureDate", parts.date_at(departed, "/transport/departureDate"))
    for ours, theirs in (("loadingPlace", "loading"), ("dischargePlace", "unloading")):
        name = goods.at(theirs + "BaseportLocationName")
        put(transport, ours, parts.place_from(name, name, f"/transport/{ours}"))
    return transport


def read_credential(source: Reader) -> dict[str, Any]:
    """The fields of a credential's subject, in whichever of the shapes it has."""
    subject = subject_of(source)
    if subject.has("cooId") or subject.has("exporterDetails"):
        return read_simple_coo(subject)
    document = read_uncefact(subject)
    put(document, "consignment", subject.at("supplyChainConsignmentId").text())
    return document
