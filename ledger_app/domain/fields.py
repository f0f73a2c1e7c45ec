"""The building blocks of a certificate's fields: texts, codes, dates, decimals. Refused, never mended.

Text: NFC, 1 to n characters, no space at either end, no control characters (a line feed is allowed in
`Prose`), none that turn the reading direction, since those make a text read differently from what was signed.

Decimal: `0` or up to 15 digits without leading zeros, then at most 9 after the point; no sign, no exponent.
Trailing zeros stay as written: `450.00` states a precision, and the digest is over the text.

Date: a calendar day `YYYY-MM-DD` after 1970-01-01 (the ledger counts days from there).
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal as Exact
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ledger_app.domain import codelists

MAX_SAFE_INTEGER: Final = (1 << 53) - 1
MAX_DEPTH: Final = 32
_BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSEEN: Final = "\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff" + _BIDI
_FORBIDDEN: Final = re.compile(f"[\x00-\x1f{_UNSEEN}]")
_FORBIDDEN_IN_PROSE: Final = re.compile(f"[\x00-\x09\x0b-\x1f{_UNSEEN}]")
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def refuse(rule: str, words: str, fix: str) -> PydanticCustomError:
    """The error that becomes a finding with this rule, these words and this fix."""
    return PydanticCustomError(rule, "{words}", {"words": words, "fix": fix})


def _text_check(forbidden: re.Pattern[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if forbidden.search(text):
            raise refuse(
                "TEXT_CHARACTERS",
                "There is a control character or one that turns the reading direction.",
                "Remove it.",
            )
        if text != text.strip():
            raise refuse("TEXT_SPACES", "There is a space at the start or the end.", "Remove it.")
        if not text.isascii() and not unicodedata.is_normalized("NFC", text):
            raise refuse("TEXT_NOT_NFC", "The text is not in Unicode form NFC.", "Normalise it to NFC.")
        return text

    return check


_LINE: Final = AfterValidator(_text_check(_FORBIDDEN))
_PROSE: Final = AfterValidator(_text_check(_FORBIDDEN_IN_PROSE))


def is_line(text: str, most: int) -> bool:
    """Whether `text` would be accepted as one line of at most `most` characters."""
    return (
        1 <= len(text) <= most
        and text == text.strip()
        and not _FORBIDDEN.search(text)
        and unicodedata.is_normalized("NFC", text)
    )


def is_prose(text: str) -> bool:
    """Whether `text` would be accepted as prose, but for its length."""
    return all(is_line(line.strip(), len(line)) for line in text.split("\n") if line.strip())


def _code_check(accepts: Callable[[str], bool], rule: str, words: str, fix: str) -> AfterValidator:
    def check(code: str) -> str:
        if not accepts(code):
            raise refuse(rule, words, fix)
        return code

    return AfterValidator(check)


def _check_decimal(text: str) -> str:
    if not _DECIMAL.fullmatch(text):
        raise refuse(
            "DECIMAL_SHAPE",
            "This is no canonical decimal.",
            'Write it as text with a point, without sign, exponent or leading zeros: "450.00".',
        )
    return text


def _check_positive(text: str) -> str:
    if not _check_decimal(text).strip("0."):
        raise refuse("NOT_POSITIVE", "This amount is zero.", "State an amount above zero, or leave it out.")
    return text


def _check_percent(text: str) -> str:
    if Exact(_check_decimal(text)) > 100:
        raise refuse("PERCENT_ABOVE_100", "This is more than the whole.", "State 0 to 100 per cent.")
    return text


def _parse_date(value: Any) -> Any:
    if not isinstance(value, str):
        raise refuse("WRONG_TYPE", "A date is text.", 'Write it as "YYYY-MM-DD".')
    if not _DATE.fullmatch(value):
        raise refuse("DATE_SHAPE", "This is no calendar date.", "Write it YYYY-MM-DD, without time of day.")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise refuse("DATE_NOT_REAL", "There is no such day in the calendar.", "Correct the date.") from None
    if day <= date(1970, 1, 1):
        raise refuse("DATE_TOO_EARLY", "The ledger counts days after 1970-01-01.", "Correct the date.")
    return day


def json_fault(value: Any) -> str | None:
    """Why `value` cannot be part of a canonical document (docs/protocol.md §2), or None when it can.

    Floats, integers beyond 2^53−1, U+0000, lone surrogates and more than 32 levels are faults.
    """
    pending: list[tuple[Any, int]] = [(value, 2)]  # the document itself is the first level
    while pending:
        node, depth = pending.pop()
        if isinstance(node, dict | list):
            if depth > MAX_DEPTH:
                return f"It is nested more than {MAX_DEPTH} levels deep."
            if isinstance(node, dict):
                pending.extend((key, depth) for key in node)
                pending.extend((member, depth + 1) for member in node.values())
            else:
                pending.extend((member, depth + 1) for member in node)
        elif isinstance(node, str):
            if "\0" in node or not _encodable(node):
                return "A text holds U+0000 or half of a surrogate pair."
        elif isinstance(node, float):
            return "A number has a fraction or an exponent."
        elif isinstance(node, int) and abs(node) > MAX_SAFE_INTEGER:
            return "An integer is beyond 2^53−1."
        elif node is not None and not isinstance(node, int):
            return "There is a value that JSON does not have."
    return None


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_json(value: dict[str, Any]) -> dict[str, Any]:
    fault = json_fault(value)
    if fault:
        raise refuse("NOT_CANONICAL", fault, "Keep numbers as text, and nest less deeply.")
    return value


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) != len(values):
        raise refuse("REPEATED", "The list names something twice.", "Name each once.")
    return values


Unique = AfterValidator(_unique)
# Lists arrive as lists and are kept as tuples; strictness still holds for what is in them.
AsTuple = Field(strict=False)

Line70 = Annotated[str, Field(min_length=1, max_length=70), _LINE]
Line140 = Annotated[str, Field(min_length=1, max_length=140), _LINE]
Line256 = Annotated[str, Field(min_length=1, max_length=256), _LINE]
Prose = Annotated[str, Field(min_length=1, max_length=4000), _PROSE]

_NUMBER: Final = re.compile(r"(?=.{1,70}\Z)[A-Za-z0-9](?:[A-Za-z0-9 .:/_()-]*[A-Za-z0-9)])?", re.ASCII)
_SCHEME: Final = re.compile(r"[A-Z0-9-]{1,31}", re.ASCII)


def is_number(text: str) -> bool:
    """Whether `text` would be accepted as a certificate number."""
    return bool(_NUMBER.fullmatch(text))


Number = Annotated[
    str,
    _code_check(
        is_number,
        "NUMBER_SHAPE",
        "This is no certificate number.",
        "Use at most 70 of A–Z, a–z, 0–9, space and . : / _ ( ) -, from a letter or digit to another.",
    ),
]
IdentifierText = Annotated[
    Line256,
    _code_check(
        str.isprintable,
        "TEXT_CHARACTERS",
        "An identifier has only characters that show.",
        "Remove spaces other than the plain one, and characters without a picture.",
    ),
]
SchemeCode = Annotated[
    str,
    _code_check(
        lambda text: bool(_SCHEME.fullmatch(text)),
        "SCHEME_SHAPE",
        "This is no scheme code.",
        "Use at most 31 of A–Z, 0–9 and -, for example RCEP.",
    ),
]
AllowanceUnit = Annotated[
    str,
    _code_check(
        lambda text: text == "certificate" or codelists.is_unit_shape(text),
        "UNIT_SHAPE",
        "This is no unit of an allowance.",
        "Use certificate, or the UN/ECE Recommendation 20 code, for example KGM.",
    ),
]
_SHA256: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_MEDIA_TYPE: Final = re.compile(
    r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII
)
Sha256 = Annotated[
    str,
    _code_check(
        lambda text: bool(_SHA256.fullmatch(text)),
        "HASH_SHAPE",
        "This is no SHA-256 hash.",
        "Write 0x and 64 small hexadecimal digits.",
    ),
]
FileName = Annotated[
    Line256,
    _code_check(
        lambda name: "/" not in name and "\\" not in name and name.strip(".") != "",
        "FILE_NAME",
        "This is no name of a file.",
        "Give the name alone, without folders.",
    ),
]
MediaType = Annotated[
    str,
    _code_check(
        lambda text: bool(_MEDIA_TYPE.fullmatch(text)),
        "MEDIA_TYPE_SHAPE",
        "This is no media type.",
        "Use type/subtype in small letters, for example application/pdf.",
    ),
]
Day = Annotated[date, BeforeValidator(_parse_date)]
Decimal = Annotated[str, AfterValidator(_check_decimal)]
PositiveDecimal = Annotated[str, AfterValidator(_check_positive)]
Percent = Annotated[str, AfterValidator(_check_percent)]
Units = Annotated[int, Field(ge=1, le=MAX_SAFE_INTEGER)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_check_json)]

TerritoryCode = Annotated[
    str,
    _code_check(
        codelists.is_territory,
        "TERRITORY_UNKNOWN",
        "This is no country or customs territory.",
        "Use the ISO 3166-1 alpha-2 code in capitals, or a listed customs territory such as EU.",
    ),
]
HsCode = Annotated[
    str,
    _code_check(
        codelists.is_hs_code,
        "HS_CODE_SHAPE",
        "This is no HS code.",
        "Give 6 to 10 digits without dots, in a chapter from 01 to 99 (77 is reserved).",
    ),
]
Currency = Annotated[
    str,
    _code_check(
        codelists.is_currency,
        "CURRENCY_UNKNOWN",
        "This is no currency.",
        "Use the ISO 4217 code, for example USD.",
    ),
]
UnitCode = Annotated[
    str,
    _code_check(
        codelists.is_unit_shape,
        "UNIT_SHAPE",
        "This is no unit code.",
        "Use the UN/ECE Recommendation 20 code, for example KGM.",
    ),
]
Locode = Annotated[
    str,
    _code_check(
        codelists.is_locode,
        "LOCODE_SHAPE",
        "This is no UN/LOCODE.",
        "Give country and place without a space, for example CNSHA, or only a name.",
    ),
]
ContainerNumber = Annotated[
    str,
    _code_check(
        codelists.is_container,
        "CONTAINER_NUMBER",
        "This is no ISO 6346 container number, or its check digit is wrong.",
        "Correct it: four letters, six digits, check digit, without spaces.",
    ),
]
