"""Commitments and digest, and what a disclosure may and may not show."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.errors import BadInput
from ledger_app.proof.canonical import canonical_bytes
from ledger_app.proof.commitments import commit, digest_document, disclose
from ledger_app.proof.disclosure import Disclosure, Entry
from tests.proof import naive
from tests.proof.strategies import DOCUMENTS, SECRETS
from tests.vectors.cases import certificate

SECRET = bytes(range(32))


@given(DOCUMENTS, SECRETS)
def test_every_document_has_the_entries_and_digest_of_the_reference(
    document: dict[str, Any], secret: bytes
) -> None:
    committed = commit(document, secret)
    expected = naive.flatten(document)
    assert dict(zip(committed.pointers, committed.entries, strict=True)) == expected
    assert list(committed.pointers) == sorted(expected, key=lambda pointer: pointer.encode())
    assert dict(zip(committed.pointers, committed.commitments, strict=True)) == naive.commitments(
        document, secret
    )
    assert committed.digest == digest_document(document, secret) == naive.digest(document, secret)


@given(DOCUMENTS, DOCUMENTS, SECRETS)
def test_two_documents_have_the_same_digest_only_when_they_are_the_same(
    one: dict[str, Any], other: dict[str, Any], secret: bytes
) -> None:
    same = canonical_bytes(one) == canonical_bytes(other)
    assert (digest_document(one, secret) == digest_document(other, secret)) is same


def test_arrays_objects_empty_ones_null_and_absence_all_differ() -> None:
    values: list[Any] = [
        ["A"],
        {"0": "A"},
        [],
        {},
        None,
        "",
        [[]],
        [{}],
        {"": ""},
        ["A", None],
        "A",
        0,
        False,
        "0",
    ]
    documents = [
        {},
        *({"flags": value} for value in values),
        {"flags": ["A"], "0": "A"},
        {"": {"flags": "A"}},
    ]
    assert len({digest_document(document, SECRET) for document in documents}) == len(documents)


def test_the_order_of_members_does_not_matter_and_that_of_elements_does() -> None:
    assert digest_document({"a": 1, "b": 2}, SECRET) == digest_document({"b": 2, "a": 1}, SECRET)
    assert digest_document({"a": [1, 2]}, SECRET) != digest_document({"a": [2, 1]}, SECRET)


def test_another_secret_gives_another_digest_and_no_common_commitment() -> None:
    one, other = commit(certificate(), SECRET), commit(certificate(), bytes(32))
    assert one.digest != other.digest
    assert not set(one.commitments) & set(other.commitments)


@given(DOCUMENTS, SECRETS, st.data())
def test_what_is_disclosed_is_shown_and_leads_to_the_same_digest(
    document: dict[str, Any], secret: bytes, data: st.DataObject
) -> None:
    committed = commit(document, secret)
    chosen = data.draw(st.lists(st.sampled_from(committed.pointers), max_size=4))
    disclosure = disclose(document, secret, chosen)
    shown = disclosure.verify()
    assert shown.digest == committed.digest
    assert shown.total == len(committed) == shown.shown + len(disclosure.hidden)
    assert shown.summary == f"{shown.shown} of {shown.total} fields shown"
    for entry in disclosure.entries:
        place = committed.pointers.index(entry.pointer)
        assert entry.commitment() == committed.commitments[place]
        below = [each for each in chosen if entry.pointer == each or entry.pointer.startswith(each + "/")]
        around = [each for each in chosen if each.startswith(entry.pointer + "/")]
        assert below or around or entry.pointer == ""


@given(DOCUMENTS, SECRETS)
def test_disclosing_everything_gives_the_document_back(document: dict[str, Any], secret: bytes) -> None:
    shown = disclose(document, secret, [""]).verify()
    assert shown.complete
    assert canonical_bytes(shown.document) == canonical_bytes(document)


def test_a_partial_document_keeps_places_and_leaves_out_what_is_hidden() -> None:
    shown = disclose(certificate(), SECRET, ["/items/1/description", "/issuer", "/number"]).verify()
    assert shown.document == {
        "number": "CCPIT-2026-000123",
        "issuer": certificate()["issuer"],
        "items": [None, {"description": "Tea pots"}],
    }
    assert shown.fields["/items/1/description"] == "Tea pots"
    assert shown.hidden_members["/issuer"] == 0
    assert shown.hidden_members["/items"] == 1


def test_absence_is_proven_by_a_container_that_is_shown_in_full() -> None:
    shown = disclose(certificate(), SECRET, ["/issuer", "/items/1"]).verify()
    assert shown.proves_absent("/issuer/address")
    assert shown.proves_absent("/issuer/name/x")
    assert shown.proves_absent("/items/1/allowance/units")
    assert not shown.proves_absent("/issuer/name")
    assert not shown.proves_absent("/items/0/allowance")
    assert not shown.proves_absent("/destination")
    assert not shown.proves_absent("/validFrom")
    assert disclose(certificate(), SECRET, [""]).verify().proves_absent("/validFrom")
    assert not disclose(certificate(), SECRET, ["/extensions"]).verify().proves_absent("/extensions/source")


def test_a_field_is_shown_whole_or_shown_to_be_absent_and_nothing_else_counts() -> None:
    shown = disclose(certificate(), SECRET, ["/items/1", "/issuer", "/number"]).verify()
    assert all(shown.shows(pointer) for pointer in ("/issuer", "/issuer/name", "/number", "/items/1"))
    assert shown.shows("/issuer/address")
    assert not any(shown.shows(pointer) for pointer in ("/items", "/items/0", "", "/scheme", "/destination"))
    part = disclose(certificate(), SECRET, ["/issuer/name"]).verify()
    assert part.shows("/issuer/name")
    assert not part.shows("/issuer")
    assert disclose(certificate(), SECRET, [""]).verify().shows("")


def test_a_hidden_value_cannot_be_found_by_guessing() -> None:
    document = certificate(destination="AU")
    hidden = set(disclose(document, SECRET, ["/number"]).hidden)
    for salt in (b"", bytes(16), SECRET[:16]):
        entry = Entry("/destination", salt, "value", value="AU")
        assert entry.commitment() not in hidden


@pytest.mark.parametrize(
    "pointer", ["/nothing", "number", "/items/2", "/items/01", "/extensions/source", "/", "/items/"]
)
def test_a_pointer_to_nothing_cannot_be_disclosed(pointer: str) -> None:
    with pytest.raises(BadInput) as caught:
        disclose(certificate(), SECRET, [pointer])
    assert caught.value.reason == "POINTER_UNKNOWN"


@pytest.mark.parametrize("pointer", ["number", "/~2", "/~", "x/", 7, None])
def test_a_disclosure_with_a_malformed_pointer_is_refused(pointer: Any) -> None:
    good = disclose(certificate(), SECRET, ["/number"])
    entries = (*good.entries, Entry(pointer, bytes(16), "value", value=1))
    with pytest.raises(BadInput) as caught:
        Disclosure(entries, good.hidden).verify()
    assert caught.value.reason == "POINTER_INVALID"


def test_a_container_said_to_be_huge_is_refused_without_being_built() -> None:
    entries = (
        Entry("", bytes(16), "object", size=1),
        Entry("/a", bytes(16), "array", size=2**52),
        Entry(f"/a/{2**52 - 1}", bytes(16), "value", value=1),
    )
    with pytest.raises(BadInput) as caught:
        Disclosure(entries, ()).verify()
    assert caught.value.reason == "DISCLOSURE_SIZE"


def test_malformed_parts_of_a_disclosure_are_refused() -> None:
    good = disclose(certificate(), SECRET, ["/number"])
    short_salt = (good.entries[0], replace(good.entries[1], salt=bytes(15)))
    for disclosure, reason in [
        (replace(good, entries=short_salt), "DISCLOSURE_SALT"),
        (
            replace(good, hidden=tuple(i.to_bytes(32, "big") for i in range(65536))),
            "DOCUMENT_TOO_MANY_VALUES",
        ),
        (replace(good, hidden=(b"short",)), "DISCLOSURE_ORDER"),
    ]:
        with pytest.raises(BadInput) as caught:
            disclosure.verify()
        assert caught.value.reason == reason


def test_a_document_is_an_object() -> None:
    no_objects: list[Any] = [[], "text", None, 7]
    for value in no_objects:
        with pytest.raises(BadInput, match="JSON_NOT_OBJECT"):
            commit(value, SECRET)


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33), bytearray(32), "x" * 32, None])
def test_a_secret_has_32_bytes(secret: Any) -> None:
    with pytest.raises(BadInput) as caught:
        commit(certificate(), secret)
    assert caught.value.reason == "SECRET_INVALID"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.5, "JSON_FLOAT"),
        ({"deep": [1.5]}, "JSON_FLOAT"),
        (2**53, "JSON_INTEGER_RANGE"),
        ("\0", "JSON_NUL"),
        ({"\0": 1}, "JSON_NUL"),
        ("\ud800", "JSON_SURROGATE"),
        ({"\ud800": 1}, "JSON_SURROGATE"),
        ({1: 1}, "JSON_TYPE"),
        ((1,), "JSON_TYPE"),
        (b"", "JSON_TYPE"),
    ],
)
@pytest.mark.parametrize("place", ["flags", "extensions"])
def test_what_has_no_canonical_bytes_is_not_committed(place: str, value: Any, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        commit({place: value}, SECRET)
    assert caught.value.reason == reason


def test_a_text_that_only_looks_like_an_escaped_nul_is_committed() -> None:
    assert digest_document({"a": "\\u0000"}, SECRET) == naive.digest({"a": "\\u0000"}, SECRET)


@pytest.mark.parametrize("place", ["flags", "extensions"])
def test_the_depth_of_a_document_is_bounded_wherever_it_lies(place: str) -> None:
    deep: Any = []
    for _ in range(30):
        deep = [deep]
    commit({place: deep}, SECRET)
    with pytest.raises(BadInput) as caught:
        commit({place: [deep]}, SECRET)
    assert caught.value.reason == "JSON_TOO_DEEP"


def test_a_document_may_have_65536_values_and_no_more() -> None:
    document = {"a": [0] * (65536 - 2)}
    assert len(commit(document, SECRET)) == 65536
    too_many: list[list[Any]] = [[0] * 65535, [[]] * 65535]
    for members in too_many:
        with pytest.raises(BadInput) as caught:
            commit({"a": members}, SECRET)
        assert caught.value.reason == "DOCUMENT_TOO_MANY_VALUES"


def test_committing_does_not_change_the_document() -> None:
    document = certificate()
    before = copy.deepcopy(document)
    disclose(document, SECRET, ["/items"])
    assert document == before
