"""Rules between fields that hold under every scheme. Rules of an agreement are in `agreements`."""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal

from ledger_app.domain import codelists
from ledger_app.domain.findings import Finding, discrepancy, error, join_pointer, unknown
from ledger_app.domain.model import Certificate, Item, Quantity
from ledger_app.domain.rules_papers import PAPER_RULES


def cross_findings(certificate: Certificate) -> list[Finding]:
    """What fields say together, of a certificate whose fields are each well formed."""
    return [found for rule in _judged(certificate) for found in rule]


def partial_findings(certificate: Certificate) -> list[Finding]:
    """The same of one without the fields that are wrong (`partial.readable`): a rule ends where it asks for
    one of them."""
    found: list[Finding] = []
    for rule in _judged(certificate):
        with suppress(AttributeError):
            for one in rule:
                found.append(one)  # noqa: PERF402 - what was found before the rule ended counts
    return found


def _judged(certificate: Certificate) -> list[Iterator[Finding]]:
    rules = (_dates, _destination, _issuer, _seat, _item_numbers, _allowances, _invoices, *PAPER_RULES)
    return [
        *(rule(certificate) for rule in rules),
        *(_goods(place, item) for place, item in enumerate(getattr(certificate, "items", ()))),
    ]


def _dates(certificate: Certificate) -> Iterator[Finding]:
    starts = certificate.valid_from or certificate.issue_date
    if certificate.valid_until and certificate.valid_until < starts:
        yield error(
            "/validUntil",
            "VALIDITY_ORDER",
            "It ends before it starts.",
            f"Give {starts.isoformat()} or a later day.",
            value=certificate.valid_until.isoformat(),
        )
    declared = certificate.declarations and certificate.declarations.exporter
    if declared and declared.date and declared.date > certificate.issue_date:
        yield discrepancy(
            "/declarations/exporter/date",
            "DECLARED_AFTER_ISSUE",
            "The exporter declared after the certificate was issued.",
            "Check both dates.",
            value=declared.date.isoformat(),
        )


def _destination(certificate: Certificate) -> Iterator[Finding]:
    destination, imports = certificate.destination, certificate.import_country
    if destination and not (
        codelists.contains_territory(destination, imports)
        or codelists.contains_territory(imports, destination)
    ):
        yield error(
            "/destination",
            "DESTINATION_ELSEWHERE",
            "The customs territory that may use it up does not contain the country of import.",
            f"Name {imports} or a union that contains it, or leave it out for any.",
            value=destination,
        )


def _issuer(certificate: Certificate) -> Iterator[Finding]:
    exports = certificate.export_country
    if not codelists.contains_territory(certificate.issuer.territory, exports) and not (
        codelists.contains_territory(exports, certificate.issuer.territory)
    ):
        yield discrepancy(
            "/issuer/territory",
            "ISSUER_ELSEWHERE",
            "The issuer is not of the territory that the goods are exported from.",
            "Check issuer and country of export; back-to-back certificates say so in flags.",
            value=certificate.issuer.territory,
        )


def _seat(certificate: Certificate) -> Iterator[Finding]:
    exports = certificate.export_country
    seat = certificate.exporter.address.country if certificate.exporter.address else None
    if seat and not codelists.contains_territory(exports, seat):
        yield discrepancy(
            "/exporter/address/country",
            "EXPORTER_ELSEWHERE",
            "The exporter does not sit in the country of export.",
            "Check both countries.",
            value=seat,
        )


def _item_numbers(certificate: Certificate) -> Iterator[Finding]:
    for place, item in enumerate(certificate.items):
        if item.number != place + 1:
            yield error(
                join_pointer("items", place, "number"),
                "ITEM_NUMBERS",
                "Items are numbered from 1 in order, without gaps.",
                f"Give {place + 1}.",
                value=item.number,
            )


def _allowances(certificate: Certificate) -> Iterator[Finding]:
    stated = [item.allowance for item in certificate.items if item.allowance is not None]
    if not stated:
        return
    if len(stated) < len(certificate.items):
        for place, item in enumerate(certificate.items):
            if item.allowance is None:
                yield error(
                    join_pointer("items", place, "allowance"),
                    "ALLOWANCE_PER_ITEM",
                    "Other items state an allowance, this one does not.",
                    "State it for every item or for none.",
                )
        return
    total = sum(stated)
    if certificate.allowance is None:
        yield error(
            "/allowance",
            "ALLOWANCE_SUM",
            "Items state allowances, the certificate does not.",
            f"Add the allowance with {total} units and their unit.",
        )
    elif certificate.allowance.units != total:
        yield error(
            "/allowance/units",
            "ALLOWANCE_SUM",
            "The allowance is not the sum over the items.",
            f"Give {total}, or correct the items.",
            value=certificate.allowance.units,
        )


def _invoices(certificate: Certificate) -> Iterator[Finding]:
    numbers = [invoice.number for invoice in certificate.invoices or ()]
    for place, invoice in enumerate(certificate.invoices or ()):
        if invoice.date and invoice.date > certificate.issue_date:
            yield discrepancy(
                join_pointer("invoices", place, "date"),
                "INVOICED_AFTER_ISSUE",
                "The invoice is dated after the certificate was issued.",
                "Check both dates.",
                value=invoice.date.isoformat(),
            )
        third = invoice.issued_by is not None and invoice.issued_by.name != certificate.exporter.name
        if third and "third-party-invoice" not in (certificate.flags or ()):
            yield discrepancy(
                join_pointer("invoices", place, "issuedBy"),
                "THIRD_PARTY_INVOICE",
                "Another than the exporter invoices, and flags do not say so.",
                "Add third-party-invoice to flags.",
            )
    for place, item in enumerate(certificate.items):
        for position, number in enumerate(item.invoices or ()):
            if number not in numbers:
                yield discrepancy(
                    join_pointer("items", place, "invoices", position),
                    "INVOICE_NOT_LISTED",
                    "The item names an invoice that is not among the certificate's invoices.",
                    "Add it to invoices, or correct the number.",
                    value=number,
                )


def _goods(place: int, item: Item) -> Iterator[Finding]:
    gross, net = _grams(item.gross_mass), _grams(item.net_mass)
    if gross is not None and net is not None and gross < net:
        yield error(
            join_pointer("items", place, "grossMass"),
            "GROSS_BELOW_NET",
            "The gross mass is below the net mass.",
            "Correct one of them.",
            value=item.gross_mass and item.gross_mass.value,
        )
    if len(item.hs_code) == 7:
        yield discrepancy(
            join_pointer("items", place, "hsCode"),
            "HS_ZERO_LOST",
            "It has 7 digits: a leading zero is probably lost, as spreadsheets drop it.",
            f"Give 0{item.hs_code} if that is the code.",
            value=item.hs_code,
        )
    if codelists.is_national_hs_chapter(item.hs_code):
        yield unknown(
            join_pointer("items", place, "hsCode"),
            "HS_NATIONAL_CHAPTER",
            "Chapters 98 and 99 are national: what the code means is not checked.",
            "Nothing, if the country of import uses it.",
            value=item.hs_code,
        )
    kind = item.packages.kind if item.packages else ""
    if codelists.is_package_shape(kind) and kind not in codelists.PACKAGES:
        yield unknown(
            join_pointer("items", place, "packages", "kind"),
            "PACKAGE_NOT_CHECKED",
            "It has the shape of a package code; whether the code exists is not checked.",
            "Check it against UN/ECE Recommendation 21, or say it in words.",
            value=kind,
        )
    for name in ("quantity", "gross_mass", "net_mass"):
        amount: Quantity | None = getattr(item, name)
        member = {"gross_mass": "grossMass", "net_mass": "netMass"}.get(name, name)
        if amount is None:
            continue
        unheard = amount.unit not in codelists.UNITS
        if name != "quantity" and unheard:
            yield unknown(
                join_pointer("items", place, member, "unit"),
                "MASS_UNIT",
                "We do not know this unit, nor whether it is one of mass: gross and net are not compared.",
                f"Check it against UN/ECE Recommendation 20, or use {', '.join(codelists.MASS_UNITS)}.",
                value=amount.unit,
            )
        elif name != "quantity" and amount.unit not in codelists.MASS_UNITS:
            yield discrepancy(
                join_pointer("items", place, member, "unit"),
                "MASS_UNIT",
                "This is no unit of mass: gross and net are not compared.",
                f"Use {', '.join(codelists.MASS_UNITS)}.",
                value=amount.unit,
            )
        elif unheard:
            yield unknown(
                join_pointer("items", place, member, "unit"),
                "UNIT_NOT_CHECKED",
                "The unit has the right shape; whether the code exists is not checked.",
                "Check it against UN/ECE Recommendation 20.",
                value=amount.unit,
            )


def _grams(mass: Quantity | None) -> Decimal | None:
    factor = codelists.MASS_UNITS.get(mass.unit) if mass else None
    return Decimal(mass.value) * factor if mass and factor else None
