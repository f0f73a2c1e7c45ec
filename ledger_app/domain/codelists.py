"""Code lists and shapes that trade documents use, with where each comes from. Pure functions of text."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

import pycountry
from stdnum import iso6346

# --- territories --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Territory:
    """A customs territory that ISO 3166-1 does not list as a country. `members`: countries it contains."""

    code: str
    name: str
    source: str
    members: frozenset[str] = frozenset()


# fmt: off
_EU_MEMBERS: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on
TERRITORIES: Final[dict[str, Territory]] = {
    territory.code: territory
    for territory in (
        Territory("EU", "European Union", "ISO 3166-1 exceptional reservation EU", _EU_MEMBERS),
        Territory("XI", "United Kingdom (Northern Ireland)", "EU nomenclature of countries and territories"),
        Territory("XK", "Kosovo", "EU nomenclature of countries and territories"),
        Territory("XC", "Ceuta", "EU nomenclature of countries and territories"),
        Territory("XL", "Melilla", "EU nomenclature of countries and territories"),
    )
}
# A customs territory may span countries: Liechtenstein is in the Swiss one by treaty (1923), Monaco in the
# Union's by Article 4(2)(a) of Regulation (EU) No 952/2013, Puerto Rico in that of the United States by
# 19 CFR 101.1 and USMCA Article 1.5.
_CUSTOMS_UNIONS: Final[dict[str, frozenset[str]]] = {
    **{territory.code: territory.members for territory in TERRITORIES.values()},
    "EU": _EU_MEMBERS | {"MC"},
    "CH": frozenset({"LI"}),
    "US": frozenset({"PR"}),
}


@cache
def _countries() -> frozenset[str]:
    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def _countries_by_name() -> dict[str, str]:
    names: dict[str, str] = {}
    for country in pycountry.countries:
        for attribute in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            name = getattr(country, attribute, None)
            if name:
                names[name.casefold()] = country.alpha_2
    for territory in TERRITORIES.values():
        names[territory.name.casefold()] = names[territory.code.casefold()] = territory.code
    return names


def is_territory(code: str) -> bool:
    """An ISO 3166-1 alpha-2 code, or one of TERRITORIES."""
    return code in _countries() or code in TERRITORIES


def territory_named(text: str) -> str | None:
    """The code for an alpha-2 or alpha-3 code or an exact English name, any letter case; None for others."""
    return _countries_by_name().get(text.strip().casefold())


def territory_name(code: str) -> str:
    """The English name of a code, or the code itself."""
    if code in TERRITORIES:
        return TERRITORIES[code].name
    country = pycountry.countries.get(alpha_2=code)
    return getattr(country, "common_name", country.name) if country else code


def contains_territory(whole: str, part: str) -> bool:
    """Whether `part` is `whole` or lies within that customs union."""
    return whole == part or part in _CUSTOMS_UNIONS.get(whole, ())


# --- HS -----------------------------------------------------------------------------------------------------

HS_EDITIONS: Final = ("1988", "1992", "1996", "2002", "2007", "2012", "2017", "2022")
_HS: Final = re.compile(r"[0-9]{6,10}", re.ASCII)
_HS_WRITTEN: Final = re.compile(
    r"[0-9]{2}(?:[ .]?[0-9]{2}){2,4}|[0-9]{4}[ .]?[0-9]{2}(?:[ .]?[0-9]{2,4})?", re.ASCII
)


def is_hs_code(code: str) -> bool:
    """6 to 10 digits in a chapter that exists: 01–99 without 77, which the Harmonized System reserves."""
    return bool(_HS.fullmatch(code)) and code[:2] not in ("00", "77")


def is_national_hs_chapter(code: str) -> bool:
    """Chapters 98 and 99 are left to national use by the Harmonized System."""
    return code[:2] in ("98", "99")


def hs_digits(written: str) -> str | None:
    """The digits of an HS code written with dots or spaces (`2204.21`); None when it is no such thing."""
    text = written.strip()
    if not _HS_WRITTEN.fullmatch(text):
        return None
    digits = text.replace(".", "").replace(" ", "")
    return digits if is_hs_code(digits) else None


# --- money, units, places, containers -----------------------------------------------------------------------


@cache
def _currencies() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


def is_currency(code: str) -> bool:
    """An ISO 4217 alphabetic code."""
    return code in _currencies()


# In grams; the pound is defined as this (international yard and pound, 1959), the ounce as its sixteenth.
MASS_UNITS: Final = {
    "KGM": Decimal(1000),
    "TNE": Decimal(1_000_000),
    "GRM": Decimal(1),
    "DTN": Decimal(100_000),
    "LBR": Decimal("453.59237"),
    "ONZ": Decimal("28.349523125"),
}
# UN/ECE Recommendation 20 codes that certificates use most. Others of the right shape are kept, unchecked.
UNITS: Final[dict[str, str]] = {
    "KGM": "kilogram",
    "TNE": "tonne",
    "GRM": "gram",
    "DTN": "decitonne",
    "LBR": "pound",
    "ONZ": "ounce",
    "LTR": "litre",
    "MLT": "millilitre",
    "HLT": "hectolitre",
    "LPA": "litre of pure alcohol",
    "MTQ": "cubic metre",
    "MTK": "square metre",
    "MTR": "metre",
    "CMT": "centimetre",
    "MMT": "millimetre",
    "H87": "piece",
    "C62": "one",
    "PR": "pair",
    "SET": "set",
    "DZN": "dozen",
    "CTM": "metric carat",
    "INH": "inch",
    "FOT": "foot",
    "YRD": "yard",
    "FTK": "square foot",
    "GLL": "US gallon",
    "BLL": "US barrel",
    "KWH": "kilowatt hour",
}
_UNIT: Final = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)
# "ton" and "mt" are left out on purpose: a ton is 1,000, 907 or 1,016 kg according to who writes it.
# fmt: off
_UNIT_WORDS: Final = {word + end: code for code, word in UNITS.items() for end in ("", "s")} | {
    "kg": "KGM", "kgs": "KGM", "kilo": "KGM", "kilos": "KGM", "g": "GRM", "t": "TNE", "lb": "LBR",
    "lbs": "LBR", "l": "LTR", "ml": "MLT", "m": "MTR", "m2": "MTK", "m²": "MTK", "m3": "MTQ", "m³": "MTQ",
    "pc": "H87", "pcs": "H87", "prs": "PR",
}
# fmt: on


def is_unit_shape(code: str) -> bool:
    """The shape of a UN/ECE Recommendation 20 common code: two or three capitals or digits."""
    return bool(_UNIT.fullmatch(code))


def unit_named(text: str) -> str | None:
    """The Rec 20 code for a code or a usual word, any letter case; None when unknown or ambiguous (`ton`)."""
    word = text.strip()
    return word.upper() if word.upper() in UNITS else _UNIT_WORDS.get(word.casefold().rstrip("."))


# UN/ECE Recommendation 21 codes that certificates use most. Kinds may be said in words instead.
# fmt: off
PACKAGES: Final = frozenset({
    "BA", "BE", "BG", "BI", "BJ", "BL", "BN", "BO", "BX", "CA", "CG", "CK", "CR", "CS", "CT", "CX", "CY",
    "DR", "EN", "FR", "JR", "KG", "LG", "NE", "PA", "PC", "PK", "PL", "PX", "RL", "RO", "SA", "SH", "SM",
    "SW", "TB", "TN", "TR", "TU", "VG", "VL", "VO", "VP", "VQ", "VR", "VY", "WA", "ZZ",
})
# fmt: on
_PACKAGE: Final = re.compile(r"[A-Z0-9]{2}", re.ASCII)


def is_package_shape(kind: str) -> bool:
    """The shape of a UN/ECE Recommendation 21 code: two capitals or digits. Anything else is words."""
    return bool(_PACKAGE.fullmatch(kind))


# UN/ECE Recommendation 19 codes of the modes of transport.
TRANSPORT_MODES: Final[dict[str, str]] = {
    "1": "sea",
    "2": "rail",
    "3": "road",
    "4": "air",
    "5": "mail",
    "6": "multimodal",
    "7": "fixed-installation",
    "8": "inland-water",
}
_LOCODE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}", re.ASCII)


def is_locode(code: str) -> bool:
    """The shape of a UN/LOCODE (UN/ECE Recommendation 16): country and three of A–Z and 2–9."""
    return bool(_LOCODE.fullmatch(code)) and (code[:2] in _countries() or code[:2] in ("XK", "XZ"))


def is_container(number: str) -> bool:
    """An ISO 6346 container number with a right check digit, in canonical form (no spaces, capitals)."""
    return bool(iso6346.is_valid(number)) and iso6346.compact(number) == number
