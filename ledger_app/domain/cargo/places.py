"""Where an event says that it happened, in words, and in which country.

Only an identifier that names its place by UN/LOCODE (UN/ECE Recommendation 16) says a country: the UN/CEFACT
vocabulary's (`https://vocabulary.uncefact.org/unlocode#CNNGB`) or another URI that says `unlocode` or
`locode` before the code. A GS1 location number does not: its prefix tells who issued it, not where it lies.
"""

import re
from collections.abc import Mapping

from ledger_app.domain.codelists import is_locode, territory_name

_LOCODE = re.compile(r"(?:un)?locode[:/#=]+([A-Za-z]{2})[ -]?([A-Za-z2-9]{3})/?", re.ASCII | re.IGNORECASE)


def locode_of(place: str | None) -> str | None:
    """The UN/LOCODE that a place's URI ends in, such as `CNNGB`, or None."""
    found = None if place is None else _LOCODE.search(place)
    if found is None or found.end() != len(place or ""):
        return None
    code = (found[1] + found[2]).upper()
    return code if is_locode(code) else None


def country_of(place: str | None) -> str | None:
    """The ISO 3166-1 code of the country that a place's URI states, or None where it states none."""
    code = locode_of(place)
    return None if code is None else code[:2]


def place_words(place: str, names: Mapping[str, str]) -> str | None:
    """A place for people, `Ningbo, China (CNNGB)`; `names` by UN/LOCODE, where they are known. None for a
    place that only its identifier tells."""
    code = locode_of(place)
    if code is None:
        return None
    country = territory_name(code[:2])
    return f"{names[code]}, {country} ({code})" if code in names else f"{country} ({code})"
