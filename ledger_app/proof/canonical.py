"""Strict JSON in, RFC 8785 bytes out (docs/protocol.md, section 2).

`parse_json` is the door for everything untrusted: request bodies, bundles, imported files. It takes only
what has exactly one reading, and its time and memory grow linearly with the input. `canonical_bytes` writes
the one byte string that gets hashed. The reference is the `rfc8785` library; orjson writes the same bytes
about 70 times faster when there is no float and every key is ASCII, and is used just then (a property test
compares the two).
"""

import json
import re
from typing import Any, Literal, TypeAlias, cast

import orjson
import rfc8785

from ledger_app.errors import BadInput, TooLarge

JsonValue: TypeAlias = bool | int | str | list["JsonValue"] | dict[str, "JsonValue"] | None
JsonObject: TypeAlias = dict[str, JsonValue]

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_SAFE_INTEGER = (1 << 53) - 1
_MAX_NUMBER_TEXT = 64

# The closing quote is optional, so that an unterminated string is consumed in one match: with a required
# one, every escaped quote in it would start another scan to the end of the input.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"\\'))
_NOT_BRACKET = re.compile(r"[^\[\]{}]++")
_NONZERO_MANTISSA = re.compile(r"-?[0.]*+[1-9]")
_FAST = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_FAST |= orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def parse_json(
    data: bytes | str,
    *,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    floats: Literal["refuse", "text"] = "refuse",
) -> JsonValue:
    """The JSON value in `data`, or an error with a reason code.

    Refused: more than `max_bytes` of UTF-8 (TooLarge), more than `max_depth` nested containers, a byte order
    mark, invalid UTF-8, duplicate keys, NaN and Infinity, lone surrogates, U+0000, anything after the value,
    and any number that is not an integer within ±(2^53−1) written plainly (so no fraction, no exponent, no
    `-0`).

    With `floats="text"` (foreign formats, EPCIS) a number that is not such an integer becomes a string that
    holds its text exactly as it was written, `"1.50"` stays `"1.50"`; refused are then only those of more
    than 64 characters or beyond the range of a double.
    """
    text = _decode(data, max_bytes)
    _refuse_deep(text, max_depth)
    number = _number_as_text if floats == "text" else _refuse_float
    integer = _integer_or_text if floats == "text" else _integer
    try:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=integer,
            parse_float=number,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        if error.msg.startswith("Extra data"):
            raise BadInput(
                "JSON_TRAILING", f"something follows the JSON value at character {error.pos}"
            ) from None
        raise BadInput("JSON_SYNTAX", f"{error.msg} at character {error.pos}") from None
    if (
        "\\u" in text
    ):  # decoded UTF-8 holds no surrogate, and a raw U+0000 is a syntax error: only escapes bring them
        _refuse_bad_strings(value)
    return value


def parse_object(data: bytes | str, **options: Any) -> JsonObject:
    """`parse_json` for inputs that must be a JSON object. Raises BadInput JSON_NOT_OBJECT besides."""
    value = parse_json(data, **options)
    if not isinstance(value, dict):
        raise BadInput("JSON_NOT_OBJECT", "the JSON value is not an object")
    return value


def canonical_bytes(value: JsonValue, *, max_depth: int = MAX_DEPTH) -> bytes:
    """RFC 8785 bytes of `value`: dicts with string keys, lists, strings, integers, booleans, None.

    Raises BadInput for what the protocol has no bytes for: floats, integers beyond ±(2^53−1), U+0000, lone
    surrogates, other types, more than `max_depth` levels.
    """
    if _refuse_unfit(value, max_depth):
        # OPT_SORT_KEYS sorts by code point, RFC 8785 by UTF-16 unit: the same order among ASCII keys.
        return orjson.dumps(value, option=_FAST)
    return rfc8785.dumps(cast(Any, value))


def _decode(data: bytes | str, max_bytes: int) -> str:
    if len(data) > max_bytes:
        raise TooLarge("JSON_TOO_LARGE", f"more than {max_bytes} bytes of JSON", limit=max_bytes)
    if isinstance(data, str):
        try:
            data = data.encode()
        except UnicodeEncodeError as error:
            raise BadInput("JSON_SURROGATE", f"a lone surrogate at character {error.start}") from None
        if len(data) > max_bytes:
            raise TooLarge("JSON_TOO_LARGE", f"more than {max_bytes} bytes of JSON", limit=max_bytes)
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("JSON_BOM", "the text starts with a byte order mark")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadInput("JSON_NOT_UTF8", f"invalid UTF-8 at byte {error.start}") from None


def _refuse_deep(text: str, limit: int) -> None:
    # Before the parser sees it: the standard library's parser recurses once a level.
    if text.count("[") + text.count("{") <= limit:
        return
    kept = text.encode().translate(None, _NOT_STRUCTURE)
    if b"\\" in kept:
        brackets = _NOT_BRACKET.sub("", _STRING.sub("", text)).encode()
    else:
        # Without an escape, every other piece between quotation marks lies outside the strings.
        brackets = b"".join(kept.split(b'"')[::2])
    depth = 0
    for bracket in brackets:
        if bracket in b"[{":
            depth += 1
            if depth > limit:
                raise BadInput("JSON_TOO_DEEP", f"more than {limit} levels of nesting", limit=limit)
        else:
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise BadInput("JSON_DUPLICATE_KEY", f"the key {_short(key)} occurs twice in one object")
            seen.add(key)
    return members


def _integer(text: str) -> int:
    if text == "-0":
        raise BadInput("JSON_FLOAT", "-0 is not an integer of the protocol")
    # The length first: converting digits is quadratic in their number.
    if len(text) > 17 or abs(value := int(text)) > MAX_SAFE_INTEGER:
        raise BadInput("JSON_INTEGER_RANGE", f"the integer {_short(text)} is beyond ±(2^53−1)")
    return value


def _integer_or_text(text: str) -> int | str:
    if text == "-0" or len(text) > 17 or abs(value := int(text)) > MAX_SAFE_INTEGER:
        return _number_as_text(text)
    return value


def _refuse_float(text: str) -> float:
    raise BadInput(
        "JSON_FLOAT", f"the number {_short(text)} has a fraction or exponent: write it as a decimal string"
    )


def _number_as_text(text: str) -> str:
    if len(text) > _MAX_NUMBER_TEXT:
        raise BadInput(
            "JSON_NUMBER_RANGE", f"the number {_short(text)} has more than {_MAX_NUMBER_TEXT} characters"
        )
    size = abs(float(text))
    if size == float("inf") or (size == 0 and _NONZERO_MANTISSA.match(text)):
        raise BadInput("JSON_NUMBER_RANGE", f"the number {_short(text)} is beyond the range of a double")
    return text


def _refuse_constant(text: str) -> float:
    raise BadInput("JSON_NOT_A_NUMBER", f"{text} is not a JSON value")


def _refuse_bad_strings(value: JsonValue) -> None:
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            check_string(node)
        elif isinstance(node, dict):
            stack.extend(node)
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def check_string(text: str) -> None:
    """Raises BadInput when `text` holds U+0000 or a lone surrogate."""
    if "\0" in text:
        raise BadInput("JSON_NUL", f"the string {_short(text)} contains U+0000")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput("JSON_SURROGATE", f"the string {_short(text)} contains a lone surrogate")


def _refuse_unfit(root: Any, max_depth: int) -> bool:
    """Checks every node; returns whether all keys are ASCII. A level at a time, so that depth costs no
    recursion."""
    ascii_keys = True
    level: list[Any] = [root]
    depth = 0
    while level:
        below: list[Any] = []
        for node in level:
            kind = type(node)
            if kind is str:
                check_string(node)
            elif kind is dict:
                for key in node:
                    if type(key) is not str:
                        raise BadInput("JSON_TYPE", f"a key is {type(key).__name__}, not a string")
                    check_string(key)
                    ascii_keys = ascii_keys and key.isascii()
                below.extend(node.values())
            elif kind is list:
                below.extend(node)
            elif kind is int:
                if not -MAX_SAFE_INTEGER <= node <= MAX_SAFE_INTEGER:
                    raise out_of_range(node)
            elif node is not None and kind is not bool:
                raise unfit(node)
            if depth >= max_depth and (kind is dict or kind is list):
                raise BadInput("JSON_TOO_DEEP", f"more than {max_depth} levels of nesting", limit=max_depth)
        level = below
        depth += 1
    return ascii_keys


def out_of_range(number: int) -> BadInput:
    """The error for an integer that not every JSON reader keeps exactly."""
    shown = str(number) if abs(number) < 10**30 else "with more than 30 digits"
    return BadInput("JSON_INTEGER_RANGE", f"the integer {shown} is beyond ±(2^53−1)")


def unfit(node: object) -> BadInput:
    """The error for a value of a type that the protocol has no bytes for."""
    if isinstance(node, float):
        return BadInput("JSON_FLOAT", f"{node!r} is a floating-point number: write it as a decimal string")
    return BadInput("JSON_TYPE", f"a value is {type(node).__name__}, which JSON does not have")


def _short(text: str) -> str:
    shown = text if len(text) <= 40 else text[:40] + "…"
    return ascii(shown)
