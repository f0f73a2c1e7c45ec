"""What is sealed opens only for its own record, under its own key; and names are found without being
stored.
"""

import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_app.errors import Broken
from ledger_app.store.secrets import Vault

KEY, OTHER = secrets.token_bytes(32), secrets.token_bytes(32)


@given(plain=st.binary(max_size=2000), context=st.text(max_size=60))
@settings(max_examples=50, deadline=None)
def test_sealed_bytes_open_again(plain: bytes, context: str) -> None:
    vault = Vault([KEY])
    sealed = vault.seal(plain, context)
    assert vault.open(sealed, context) == plain
    assert plain not in sealed or len(plain) < 4


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_any_changed_bit_is_noticed(place: int, bit: int) -> None:
    vault = Vault([KEY])
    sealed = bytearray(vault.seal(b"the document", "certificates/1"))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(Broken, match="SEALED_UNREADABLE"):
        vault.open(bytes(sealed), "certificates/1")


def test_a_value_moved_to_another_record_does_not_open() -> None:
    vault = Vault([KEY])
    with pytest.raises(Broken, match="SEALED_UNREADABLE"):
        vault.open(vault.seal(b"x", "certificates/1"), "certificates/2")


def test_another_master_key_does_not_open() -> None:
    with pytest.raises(Broken, match="SEALED_UNREADABLE"):
        Vault([OTHER]).open(Vault([KEY]).seal(b"x", "a"), "a")


def test_keys_are_rotated_without_touching_the_content() -> None:
    old, both, new = Vault([KEY]), Vault([OTHER, KEY]), Vault([OTHER])
    sealed = old.seal(b"content", "a")
    moved = both.rewrap(sealed, "a")
    assert new.open(moved, "a") == b"content"
    assert moved[69:] == sealed[69:]
    with pytest.raises(Broken):
        old.open(moved, "a")
    with pytest.raises(Broken):
        both.rewrap(sealed, "b")


def test_equal_values_are_sealed_differently() -> None:
    vault = Vault([KEY])
    assert vault.seal(b"x", "a") != vault.seal(b"x", "a")


@pytest.mark.parametrize("cut", [0, 1, 68, 69, 96])
def test_cut_off_values_are_refused(cut: int) -> None:
    vault = Vault([KEY])
    with pytest.raises(Broken, match="SEALED_UNREADABLE"):
        vault.open(vault.seal(b"", "a")[:cut], "a")


def test_names_are_found_by_keyed_index_whatever_their_case_and_spacing() -> None:
    vault = Vault([KEY])
    assert vault.blind("name", " ACME  Ltd ") == vault.blind("name", "acme ltd")
    assert vault.blind("name", "acme ltd") != vault.blind("name", "acme ltd.")
    assert vault.blind("name", "x") != vault.blind("number", "x")
    assert Vault([OTHER]).blind("name", "x") != vault.blind("name", "x")
    assert vault.blind("name", "x") in Vault([OTHER, KEY]).blinds("name", "x")


@pytest.mark.parametrize("keys", [[], [b"short"]])
def test_a_vault_needs_proper_keys(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(keys)
