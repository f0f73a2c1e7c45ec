"""Reading the parts that foreign certificates share. Each fills a field, or says why not."""

from typing import Any

from ledger_app.domain import codelists
from ledger_app.domain.agreements import agreements
from ledger_app.domain.imports.reader import Reader
from ledger_app.domain.imports.values import identifier, in_universal_time, written_date, written_quantity


def put(document: dict[str, Any], name: str, value: Any) -> None:
    """Sets a member unless there is nothing to set."""
    if value not in (None, "", {}, []):
        document[name] = value


def date_at(place: Reader, pointer: str) -> str | None:
    """A calendar day."""
    written = place.seen()
    if written is None:
        return None
    day = written_date(written)
    if day is None:
        place.not_understood(pointer, "a date")
        return None
    if in_universal_time(written):
        place.unsure(
            pointer,
            "DAY_IN_UTC",
            "is a moment in UTC, taken for its day there; where it was written it may have been another.",
            "Compare the day with the paper.",
        )
    if day == written:
        return place.text()
    return day


def territory_at(place: Reader, pointer: str) -> str | None:
    """A country by code or by name."""
    written = place.seen()
    if written is None:
        return None
    code = codelists.territory_named(written)
    if code is None:
        place.not_understood(pointer, "a country or customs territory")
    elif code == written:
        return place.text()
    return code


def hs_code_at(place: Reader, pointer: str) -> str | None:
    """An HS code with or without dots."""
    written = place.seen()
    if written is None:
        return None
    digits = codelists.hs_digits(written)
    if digits is None:
        place.not_understood(pointer, "an HS code of 6 to 10 digits")
    elif digits == written:
        return place.text()
    return digits


def mass_at(place: Reader, pointer: str) -> dict[str, str] | None:
    """A mass with its unit, as `450 Kg`."""
    written = place.seen()
    if written is None:
        return None
    mass = written_quantity(written)
    if mass is None or mass["unit"] not in codelists.MASS_UNITS:
        place.not_understood(pointer, "a mass with its unit")
        return None
    return mass


def party_at(place: Reader, address: dict[str, Any]) -> dict[str, Any]:
    """Name and identifier of a party, with an address already read."""
    party: dict[str, Any] = {}
    put(party, "name", place.at("name").text())
    put(party, "identifier", place.at("iD").text())
    put(party, "address", address)
    return party


def issuer_at(source: Reader) -> dict[str, Any]:
    """The issuing body's name, as TradeTrust's documents carry it in `issuers`."""
    issuer: dict[str, Any] = {}
    put(issuer, "name", source.at("issuers", 0, "name").text())
    return issuer


def address_at(place: Reader, pointer: str) -> dict[str, Any]:
    """A postal address with `line1` to `line5`, `cityName`, `postcode` and so on."""
    address: dict[str, Any] = {}
    lines = [place.at(name).text() for name in ("line1", "line2", "line3", "line4", "line5")]
    put(address, "lines", [line for line in lines if line])
    put(address, "city", place.at("cityName").text())
    put(address, "postcode", place.at("postcode").text() or place.at("postalCode").text())
    put(address, "subdivision", place.at("countrySubDivisionName").text())
    put(address, "country", territory_at(place.at("countryCode"), pointer + "/country"))
    return address


def place_from(code: Reader, name: Reader, pointer: str) -> dict[str, Any]:
    """A port or place: the code from a UN/LOCODE in any spelling, and the name."""
    found: dict[str, Any] = {}
    written = code.seen()
    if written:
        locode = identifier(written).value.replace(" ", "").upper()
        if codelists.is_locode(locode):
            found["code"] = locode
            if locode == written:
                code.text()
        elif code is name:
            put(found, "name", name.text())
        else:
            code.not_understood(pointer + "/code", "a UN/LOCODE")
    if code is not name:
        put(found, "name", name.text())
    return found


def scheme_at(place: Reader) -> str | None:
    """A scheme by its code or by the agreement's full title; silent when it is another text."""
    written = place.seen()
    if written is None:
        return None
    folded = written.casefold()
    for code, agreement in agreements().items():
        if folded in (code.casefold(), code.replace("-", " ").casefold(), agreement.title.casefold()):
            if code == written:
                place.text()
            return code
    return None


def last_part_at(place: Reader) -> str | None:
    """The value of an identifier without its authority (`wfa.org.au:coo:WBC208897` → `WBC208897`)."""
    written = place.seen()
    if written is None:
        return None
    value = identifier(written).value
    return place.text() if value == written else value


def sum_masses(masses: list[dict[str, str]]) -> dict[str, str] | None:
    """Their sum, when all have one unit. Exact: decimals are added as integers."""
    if not masses or len({mass["unit"] for mass in masses}) > 1:
        return None
    places = max(len(mass["value"].partition(".")[2]) for mass in masses)
    total = sum(_scaled(mass["value"], places) for mass in masses)
    digits = str(total).rjust(places + 1, "0")
    value = digits if not places else f"{digits[:-places]}.{digits[-places:]}"
    return {"value": value, "unit": masses[0]["unit"]}


def _scaled(value: str, places: int) -> int:
    whole, _, fraction = value.partition(".")
    return int(whole + fraction.ljust(places, "0"))
