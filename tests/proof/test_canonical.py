"""Strict JSON at the door, and RFC 8785 bytes."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from ledger_app.errors import BadInput, TooLarge
from ledger_app.proof.canonical import canonical_bytes, parse_json, parse_object

SAFE = 2**53 - 1
ASCII_KEYS = st.text(st.characters(max_codepoint=127, exclude_characters="\0"), max_size=8)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | TEXT


def _json(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=25,
    )


@given(_json(ASCII_KEYS))
@example(
    {"\x7f": "\x7f", "\x1f": "\x00\x01"[1:], "a": "\u2028\u2029", "A": "\U0001f6a2", "": SAFE, '"\\/': -SAFE}
)
@example(["\b\t\n\f\r\x0b\x0e", '"\\/', "\x80\x9f", "\ud7ff\ue000\ufffd\uffff"])
def test_the_fast_writer_and_the_reference_write_the_same_bytes_for_ascii_keys(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(_json(TEXT))
@example({"\ue000": 1, "\U00010000": 2, "é": 3, "e": 4})
def test_keys_of_any_script_are_sorted_as_rfc_8785_says(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(_json(TEXT))
def test_what_is_written_is_read_back(value: Any) -> None:
    assert parse_json(canonical_bytes(value)) == value
    assert parse_json(json.dumps(value)) == value


@pytest.mark.conformance
@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_rfc_8785_vectors(name: str, outside_data: Path) -> None:
    source = (outside_data / "jcs" / "input" / f"{name}.json").read_bytes()
    expected = bytes.fromhex((outside_data / "jcs" / "outhex" / f"{name}.txt").read_text())
    value = json.loads(source)
    assert rfc8785.dumps(value) == expected
    if name in ("structures", "values"):
        # These hold numbers that the protocol has no bytes for: refused, as read and as given.
        for refuse in (lambda: parse_json(source), lambda: canonical_bytes(value)):
            with pytest.raises(BadInput) as caught:
                refuse()
            assert caught.value.reason == "JSON_FLOAT"
    else:
        assert canonical_bytes(parse_json(source)) == expected


HOSTILE: list[tuple[str, bytes, str]] = [
    ("duplicate key", b'{"a":1,"a":2}', "JSON_DUPLICATE_KEY"),
    ("duplicate key, written differently", b'{"a":1,"\\u0061":1}', "JSON_DUPLICATE_KEY"),
    ("duplicate key, deep", b'[{"x":{"":0,"":0}}]', "JSON_DUPLICATE_KEY"),
    ("NaN", b"NaN", "JSON_NOT_A_NUMBER"),
    ("Infinity", b'{"a":Infinity}', "JSON_NOT_A_NUMBER"),
    ("-Infinity", b"[-Infinity]", "JSON_NOT_A_NUMBER"),
    ("1e400", b"1e400", "JSON_FLOAT"),
    ("a fraction", b"1.5", "JSON_FLOAT"),
    ("an integer with a fraction of zero", b"1.0", "JSON_FLOAT"),
    ("an exponent", b"1E2", "JSON_FLOAT"),
    ("minus zero", b"-0", "JSON_FLOAT"),
    ("minus zero as a float", b"-0.0", "JSON_FLOAT"),
    ("2^53", b"9007199254740992", "JSON_INTEGER_RANGE"),
    ("-2^53", b"-9007199254740992", "JSON_INTEGER_RANGE"),
    ("5,000 digits", b"9" * 5000, "JSON_INTEGER_RANGE"),
    ("a million digits", b"[" + b"9" * 1_000_000 + b"]", "JSON_INTEGER_RANGE"),
    ("a lone high surrogate", b'"\\ud800"', "JSON_SURROGATE"),
    ("a lone low surrogate in a key", b'{"\\udc00":1}', "JSON_SURROGATE"),
    ("surrogates the wrong way round", b'"\\udc00\\ud800"', "JSON_SURROGATE"),
    ("a surrogate in UTF-8", b'"\xed\xa0\x80"', "JSON_NOT_UTF8"),
    ("U+0000, escaped", b'"a\\u0000"', "JSON_NUL"),
    ("U+0000 in a key", b'{"\\u0000":1}', "JSON_NUL"),
    ("U+0000, raw", b'"\0"', "JSON_SYNTAX"),
    ("a raw line break in a string", b'"\n"', "JSON_SYNTAX"),
    ("nested 33 deep", b"[" * 33 + b"]" * 33, "JSON_TOO_DEEP"),
    ("nested 1,000 deep", b"[" * 1000 + b"]" * 1000, "JSON_TOO_DEEP"),
    ("nested 500,000 deep, not closed", b'{"a":' * 200_000, "JSON_TOO_DEEP"),
    ("nested deep behind an escaped quote", b'["\\"]]]]",' + b"[" * 40 + b"]" * 41, "JSON_TOO_DEEP"),
    ("nested deep behind a string of brackets", b'["]]]]",' + b"[" * 40 + b"]" * 41, "JSON_TOO_DEEP"),
    ("trailing bytes", b"{} x", "JSON_TRAILING"),
    ("two values", b"1 2", "JSON_TRAILING"),
    ("a trailing NUL", b"{}\0", "JSON_TRAILING"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "JSON_BOM"),
    ("UTF-16", '{"a":1}'.encode("utf-16"), "JSON_BOM"),
    ("invalid UTF-8", b'"\xff"', "JSON_NOT_UTF8"),
    ("overlong UTF-8", b'"\xc0\xaf"', "JSON_NOT_UTF8"),
    ("nothing", b"", "JSON_SYNTAX"),
    ("white space only", b" \n", "JSON_SYNTAX"),
    ("other white space", b"\xc2\xa01", "JSON_SYNTAX"),
    ("a comment", b"{/**/}", "JSON_SYNTAX"),
    ("a trailing comma", b"[1,]", "JSON_SYNTAX"),
    ("single quotes", b"{'a':1}", "JSON_SYNTAX"),
    ("a leading zero", b"01", "JSON_TRAILING"),
    ("a plus sign", b"+1", "JSON_SYNTAX"),
    ("digits of another script", "١".encode(), "JSON_SYNTAX"),
    ("an unterminated string of escapes", b'"' + b'\\"' * 500_000, "JSON_SYNTAX"),
    ("an unterminated string", b'["' + b"a" * 1_000_000, "JSON_SYNTAX"),
    ("closing brackets only", b"]" * 1_000_000, "JSON_SYNTAX"),
    ("mixed brackets", b"[}" * 20, "JSON_SYNTAX"),
    ("more than 1 MiB", b'"' + b"a" * (1 << 20) + b'"', "JSON_TOO_LARGE"),
]


@pytest.mark.parametrize(("data", "reason"), [pytest.param(d, r, id=name) for name, d, r in HOSTILE])
def test_hostile_json_is_refused_at_once_with_its_reason(data: bytes, reason: str) -> None:
    started = time.perf_counter()
    with pytest.raises(BadInput) as caught:
        parse_json(data)
    assert caught.value.reason == reason
    assert caught.value.next_step
    assert len(str(caught.value)) < 300
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("text", ["[" * 50, "[" * 50 + '"', "\\" + "{" * 50])
def test_brackets_inside_strings_are_no_nesting(text: str) -> None:
    value = {"outer": [text, {text: 1}]}
    assert parse_json(json.dumps(value)) == value


def test_parsing_does_not_need_the_stack_that_deep_input_asks_for() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(_frames()) + 120)
    try:
        with pytest.raises(BadInput, match="JSON_TOO_DEEP"):
            parse_json(b"[" * 1000 + b"]" * 1000)
    finally:
        sys.setrecursionlimit(limit)


def _frames() -> list[Any]:
    frame: Any = sys._getframe()
    frames = []
    while frame:
        frames.append(frame)
        frame = frame.f_back
    return frames


@pytest.mark.parametrize("size", [250_000, 1_000_000])
@pytest.mark.parametrize("unit", [b"[],", b'{"a":0},', b'"\\u0041",', b'"\\\\",', b"1,", b'"[",'])
def test_reading_takes_time_in_proportion_to_the_input(unit: bytes, size: int) -> None:
    data = b"[" + unit * (size // len(unit)) + b"0]"
    started = time.perf_counter()
    value = parse_json(data)
    assert isinstance(value, list)
    assert len(value) == size // len(unit) + 1
    assert time.perf_counter() - started < 6 * size / 1_000_000


def test_32_levels_are_read_and_written_and_33_are_not() -> None:
    deep = parse_json(b"[" * 32 + b"]" * 32)
    assert canonical_bytes(deep) == b"[" * 32 + b"]" * 32
    for value in ([deep], {"a": deep}):
        with pytest.raises(BadInput, match="JSON_TOO_DEEP"):
            canonical_bytes(value)


def test_brackets_inside_strings_are_not_levels() -> None:
    assert parse_json(json.dumps(["[" * 100, '\\"[{' * 50])) == ["[" * 100, '\\"[{' * 50]


def test_lone_surrogates_and_sizes_are_judged_in_text_as_in_bytes() -> None:
    with pytest.raises(BadInput, match="JSON_SURROGATE"):
        parse_json('"\ud800"')
    with pytest.raises(TooLarge, match="JSON_TOO_LARGE"):
        parse_json('"' + "é" * 600 + '"', max_bytes=1000)
    assert parse_json('"é\U0001f6a2"') == "é\U0001f6a2"


def test_escaped_pairs_of_surrogates_are_characters_and_escaped_backslashes_are_no_escapes() -> None:
    assert parse_json(b'"\\ud83d\\udea2"') == "\U0001f6a2"
    assert parse_json(b'"\\\\u0000"') == "\\u0000"


def test_booleans_are_not_numbers() -> None:
    assert canonical_bytes([True, 1, False, 0]) == b"[true,1,false,0]"


def test_an_object_is_asked_for_where_one_belongs() -> None:
    with pytest.raises(BadInput, match="JSON_NOT_OBJECT"):
        parse_object(b"[]")
    assert parse_object(b'{"a":[]}') == {"a": []}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.50", "1.50"),
        ("-0", "-0"),
        ("-0.0", "-0.0"),
        ("1e2", "1e2"),
        ("1E-7", "1E-7"),
        ("12", 12),
        ("9007199254740991", SAFE),
        ("9007199254740992", "9007199254740992"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("0.0e999", "0.0e999"),
    ],
)
def test_numbers_of_foreign_formats_keep_their_text_on_request(text: str, value: Any) -> None:
    assert parse_json(f'{{"n":[{text}]}}', floats="text") == {"n": [value]}


@pytest.mark.parametrize("text", ["1e400", "-1e999999999", "1e-400", "0." + "0" * 80, "9" * 65, "9" * 5000])
def test_numbers_that_no_double_holds_are_refused_even_as_text(text: str) -> None:
    with pytest.raises(BadInput, match="JSON_NUMBER_RANGE"):
        parse_json(text, floats="text")


def test_only_numbers_are_lenient_as_text() -> None:
    for data, reason in [(b"NaN", "JSON_NOT_A_NUMBER"), (b'{"a":1.5,"a":1.5}', "JSON_DUPLICATE_KEY")]:
        with pytest.raises(BadInput, match=reason):
            parse_json(data, floats="text")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.5, "JSON_FLOAT"),
        ({"a": [1.0]}, "JSON_FLOAT"),
        (float("nan"), "JSON_FLOAT"),
        (SAFE + 1, "JSON_INTEGER_RANGE"),
        pytest.param(-(10**5000), "JSON_INTEGER_RANGE", id="minus 10^5000"),
        ("\0", "JSON_NUL"),
        ({"\0": 1}, "JSON_NUL"),
        ("\udfff", "JSON_SURROGATE"),
        ({"\ud800": 1}, "JSON_SURROGATE"),
        ({1: 2}, "JSON_TYPE"),
        ((1, 2), "JSON_TYPE"),
        (b"bytes", "JSON_TYPE"),
        ({1, 2}, "JSON_TYPE"),
        ([object()], "JSON_TYPE"),
    ],
)
def test_what_has_no_canonical_bytes_is_refused_with_its_reason(value: Any, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        canonical_bytes(value)
    assert caught.value.reason == reason


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    for floats in ("refuse", "text"):
        try:
            value = parse_json(data, floats=floats)
        except BadInput:
            continue
        canonical_bytes(value)
