"""GS1 identifiers in one spelling: EPC URNs and GS1 Digital Link URIs become the constrained canonical
Digital Link.

Sources: GS1 EPC Tag Data Standard 2.0 (URN forms), GS1 Digital Link URI Syntax 1.2, section 4.11 (canonical
form), and CBV 2.0, section 8.9 (only the finest level of identification stays: a serial drops the lot, no
query string, domain `id.gs1.org`). What is no GS1 identifier, or not a well-formed one, is given back as None
and stays as it was written.
"""

import re
from collections.abc import Callable, Mapping

_DOMAIN = "https://id.gs1.org/"
# EPC URN characters: letters, digits, some signs, and percent triplets (TDS 2.0, section 6).
_TEXT = r"(?:%[0-7][0-9A-Fa-f]|[!'()*+,.0-9:;=A-Za-z_-])"
_CPI_TEXT = r"(?:%[2-5][0-9A-Fa-f]|[0-9A-Z-])"
# Reserved in a Digital Link path, allowed in an EPC URN.
_ENCODE = str.maketrans({mark: f"%{ord(mark):02X}" for mark in "!()*+,:"})
# A value in a Digital Link path: unreserved characters as GS1 lists them, and percent triplets.
_LINK_TEXT = r"(?:%[0-9A-Fa-f]{2}|[\"'.0-9;<=>?A-Z_a-z-])"


def canonical_identifier(uri: str) -> str | None:
    """The constrained canonical Digital Link URI that names the same thing as `uri`, or None if it is no GS1
    identifier.
    """
    if uri.startswith("urn:epc:"):
        return _from_urn(uri)
    if uri.startswith(("https://", "http://")):
        return _from_link(uri)
    return None


def check_digit(digits: str) -> str:
    """The GS1 check digit to append to `digits` (GS1 General Specifications, section 7.9.1)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


# --- EPC URNs -----------------------------------------------------------------------------------------------


def _checked(digits: str) -> str:
    return digits + check_digit(digits)


def _gtin(company: str, item: str) -> str:
    return _checked(item[0] + company + item[1:])


def _location(company: str, reference: str, extension: str) -> str:
    link = f"414/{_checked(company + reference)}"
    return link if extension == "0" else f"{link}/254/{extension}"


_Build = Callable[..., str]

# scheme → (digits of company prefix and reference together, pattern of what follows, how to build the link).
_SCHEMES: Mapping[str, tuple[int, str, _Build]] = {
    "id:sgtin": (13, rf"\.({_TEXT}{{1,20}})", lambda c, r, s: f"01/{_gtin(c, r)}/21/{s}"),
    "id:sscc": (17, "", lambda c, r: f"00/{_gtin(c, r)}"),
    "id:sgln": (12, rf"\.({_TEXT}{{1,20}})", _location),
    "id:grai": (12, rf"\.({_TEXT}{{1,16}})", lambda c, r, s: f"8003/{_checked('0' + c + r)}{s}"),
    "id:gsrn": (17, "", lambda c, r: f"8018/{_checked(c + r)}"),
    "id:gsrnp": (17, "", lambda c, r: f"8017/{_checked(c + r)}"),
    "id:gdti": (12, rf"\.({_TEXT}{{1,20}})", lambda c, r, s: f"253/{_checked(c + r)}{s}"),
    "id:sgcn": (12, r"\.(\d{1,12})", lambda c, r, s: f"255/{_checked(c + r)}{s}"),
    "id:gsin": (16, "", lambda c, r: f"402/{_checked(c + r)}"),
    "id:itip": (
        13,
        rf"\.(\d\d)\.(\d\d)\.({_TEXT}{{1,20}})",
        lambda c, r, piece, total, s: f"8006/{_gtin(c, r)}{piece}{total}/21/{s}",
    ),
    "id:upui": (13, rf"\.({_TEXT}{{1,28}})", lambda c, r, s: f"01/{_gtin(c, r)}/235/{s}"),
    "id:pgln": (12, "", lambda c, r: f"417/{_checked(c + r)}"),
    "class:lgtin": (13, rf"\.({_TEXT}{{1,20}})", lambda c, r, lot: f"01/{_gtin(c, r)}/10/{lot}"),
    "idpat:sgtin": (13, r"\.\*", lambda c, r: f"01/{_gtin(c, r)}"),
    "idpat:grai": (12, r"\.\*", lambda c, r: f"8003/{_checked('0' + c + r)}"),
    "idpat:gdti": (12, r"\.\*", lambda c, r: f"253/{_checked(c + r)}"),
    "idpat:sgcn": (12, r"\.\*", lambda c, r: f"255/{_checked(c + r)}"),
    "idpat:itip": (13, r"\.(\d\d)\.(\d\d)\.\*", lambda c, r, p, t: f"8006/{_gtin(c, r)}{p}{t}"),
    "idpat:upui": (13, r"\.\*", lambda c, r: f"01/{_gtin(c, r)}"),
}
# Schemes whose reference is text of its own length rather than a fill of digits.
_FREE: Mapping[str, tuple[re.Pattern[str], _Build]] = {
    "id:giai": (re.compile(rf"(\d{{6,12}})\.({_TEXT}{{1,24}})", re.ASCII), lambda c, r: f"8004/{c}{r}"),
    "id:ginc": (re.compile(rf"(\d{{6,12}})\.({_TEXT}{{1,24}})", re.ASCII), lambda c, r: f"401/{c}{r}"),
    "id:cpi": (
        re.compile(rf"(\d{{6,12}})\.({_CPI_TEXT}{{1,24}})\.(\d{{1,12}})", re.ASCII),
        lambda c, r, s: f"8010/{c}{r}/8011/{s}",
    ),
    "idpat:cpi": (
        re.compile(rf"(\d{{6,12}})\.({_CPI_TEXT}{{1,24}})\.\*", re.ASCII),
        lambda c, r: f"8010/{c}{r}",
    ),
}
_TAILS = {
    name: re.compile(rf"(\d{{6,12}})\.(\d*){tail}", re.ASCII) for name, (_, tail, _) in _SCHEMES.items()
}
_NEED_REFERENCE = frozenset(name for name, (digits, _, _) in _SCHEMES.items() if digits > 12)


def _from_urn(urn: str) -> str | None:
    kind, _, rest = urn[len("urn:epc:") :].partition(":")
    scheme, _, value = rest.partition(":")
    name = f"{kind}:{scheme}"
    if name in _SCHEMES:
        digits, _, build = _SCHEMES[name]
        found = _TAILS[name].fullmatch(value)
        if (
            found is None
            or len(found[1]) + len(found[2]) != digits
            or (name in _NEED_REFERENCE and not found[2])
        ):
            return None
    elif name in _FREE:
        pattern, build = _FREE[name]
        found = pattern.fullmatch(value)
        # The company prefix and the reference share 30 characters (a triplet counts as one).
        if found is None or len(found[1]) + len(re.sub("%..", "x", found[2])) > 30:
            return None
    else:
        return None
    return _DOMAIN + build(*(part.translate(_ENCODE) for part in found.groups()))


# --- GS1 Digital Links --------------------------------------------------------------------------------------

_SHORT_NAMES = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017",
    "gsrn": "8018", "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003",
    "giai": "8004", "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
_KEYS: Mapping[str, re.Pattern[str]] = {
    ai: re.compile(pattern, re.ASCII)
    for ai, pattern in {
        "00": r"\d{18}",
        "01": r"\d{14}",
        "253": rf"\d{{13}}{_LINK_TEXT}{{0,17}}",
        "255": r"\d{13}\d{0,12}",
        "401": rf"\d{{4}}{_LINK_TEXT}{{1,26}}",
        "402": r"\d{17}",
        "414": r"\d{13}",
        "417": r"\d{13}",
        "8003": rf"\d{{14}}{_LINK_TEXT}{{0,16}}",
        "8004": rf"\d{{4}}{_LINK_TEXT}{{1,26}}",
        "8006": r"\d{18}",
        "8010": r"\d{4}(?:%(?:23|2[Ff])|[#0-9A-Z-]){1,26}",
        "8017": r"\d{18}",
        "8018": r"\d{18}",
    }.items()
}
# Qualifiers of each key, the finest first: only the first one present stays.
_QUALIFIERS: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "01": (
        ("21", re.compile(rf"{_LINK_TEXT}{{1,20}}")),
        ("235", re.compile(rf"{_LINK_TEXT}{{1,28}}")),
        ("10", re.compile(rf"{_LINK_TEXT}{{1,20}}")),
    ),
    "8006": (("21", re.compile(rf"{_LINK_TEXT}{{1,20}}")), ("10", re.compile(rf"{_LINK_TEXT}{{1,20}}"))),
    "414": (("254", re.compile(rf"{_LINK_TEXT}{{1,20}}")),),
    "8010": (("8011", re.compile(r"\d{1,12}", re.ASCII)),),
}
_IGNORED_QUALIFIERS = {"01": {"22"}, "8006": {"22"}}


def _from_link(uri: str) -> str | None:
    path = re.split(r"[?#]", uri, maxsplit=1)[0].split("/")[3:]
    if path and path[-1] == "":
        path.pop()
    segments = [_SHORT_NAMES.get(segment, segment) for segment in path]
    for place in range(len(segments) - 1):
        # The value itself is never a short name.
        if segments[place] in _KEYS and (
            link := _link(segments[place], [path[place + 1], *_pairs(path, segments, place)])
        ):
            return _DOMAIN + link
    return None


def _pairs(path: list[str], segments: list[str], place: int) -> list[str]:
    after = range(place + 2, len(path))
    return [segments[at] if (at - place) % 2 == 0 else path[at] for at in after]


def _link(key: str, rest: list[str]) -> str | None:
    value, *tail = rest
    if key == "01" and value.isdigit() and len(value) in (8, 12, 13):
        value = value.zfill(14)
    if not _KEYS[key].fullmatch(value) or len(tail) % 2:
        return None
    known = _QUALIFIERS.get(key, ())
    given = dict(zip(tail[::2], tail[1::2], strict=True))
    if len(given) * 2 != len(tail) or set(given) - {name for name, _ in known} - _IGNORED_QUALIFIERS.get(
        key, set()
    ):
        return None
    for name, pattern in known:
        if name in given:
            return f"{key}/{value}/{name}/{given[name]}" if pattern.fullmatch(given[name]) else None
    return f"{key}/{value}"
