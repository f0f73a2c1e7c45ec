"""What stands in the place of a certificate's name: a number, a hash, what a scanner read from a QR code."""

import pytest

from ledger_app.domain.scanned import Scanned, read_scanned
from ledger_app.errors import BadInput

HASH = "0x" + "ab" * 32


@pytest.mark.parametrize(
    "text",
    [
        HASH,
        f"  {HASH.upper().replace('X', 'x')}\n",
        f"https://ledger.example/c/{HASH}",
        f"http://127.0.0.1:8000/c/{HASH}/",
        f"https://ledger.example:8443/some/base/c/{HASH}",
    ],
)
def test_a_hash_is_found_alone_or_in_the_address_of_a_page(text: str) -> None:
    assert read_scanned(text) == Scanned(hash=HASH)


@pytest.mark.parametrize(
    "text",
    [
        "CN-2026-000017",
        "号码 ４２",
        f"https://ledger.example/x/{HASH}",
        f"https://ledger.example/c/{HASH}?a",
        f"x{HASH}",
        HASH[:-1],
    ],
)
def test_anything_else_that_can_be_printed_is_a_number(text: str) -> None:
    assert read_scanned(f" {text} ") == Scanned(number=text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "NAME_EMPTY"),
        (" \t\n", "NAME_EMPTY"),
        ("x" * 129, "NUMBER_INVALID"),
        ("a\0b", "NUMBER_INVALID"),
        ("a\nb", "NUMBER_INVALID"),
        ("a\ud800", "NUMBER_INVALID"),
        ("a\u2028b", "NUMBER_INVALID"),
    ],
)
def test_what_can_be_no_number_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_scanned(text)
    assert caught.value.reason == reason
