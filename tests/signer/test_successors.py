"""What the signer of an issuing body holds of successors by item, which the ledger does not: whatever the
service says, no part takes more of an item than the original, or than was used of it."""

from pathlib import Path
from typing import Any

import pytest

from ledger_app.domain.course import TRUE_COPY
from ledger_app.domain.samples import DEMO_ISSUER, sample_document
from ledger_app.domain.terms import scheme_id
from ledger_app.proof import typed_data as td
from ledger_app.proof.bundle import Bundle, Registered
from ledger_app.proof.commitments import disclose
from ledger_app.proof.leaf import leaf_for
from tests.signer.desk import OWN, SECRET, Desk, deadline, issue, leaf_of, paper, request, signer, tree_of

COPY = "certified-true-copy"
Parts = list[list[tuple[int, int | None]]]
"""Of each successor: units and `originalItem` of its items."""


def original(**changes: Any) -> dict[str, Any]:
    """5 units of each of two items."""
    return sample_document("O-1", per_item_allowance=5, **changes)


def successors(parts: Parts, **changes: Any) -> list[dict[str, Any]]:
    made = []
    for place, items in enumerate(parts):
        document = sample_document(f"S-{place}", items=len(items), per_item_allowance=1)
        document["allowance"]["units"] = sum(units for units, _ in items)
        document["original"] = {"number": "O-1"}
        document.update(changes)
        for item, (units, drawn) in zip(document["items"], items, strict=True):
            item["allowance"] = units
            if drawn is not None:
                item["originalItem"] = drawn
        made.append(paper(document))
    return made


def supersede(
    parts: Parts, subject: dict[str, Any] | None = None, of: dict[str, Any] | None = None
) -> dict[str, Any]:
    return replacing(successors(parts), subject, of)


def replacing(
    fresh: list[dict[str, Any]],
    subject: dict[str, Any] | None = None,
    of: dict[str, Any] | None = None,
    reason: int = 2,
) -> dict[str, Any]:
    replaced = of or original()
    shown = subject or paper(replaced)
    leaves = tuple(leaf_of(p) for p in fresh)
    leaf = leaf_for(replaced, SECRET).hash()
    root = tree_of(fresh).root
    message = td.Supersede(leaf, scheme_id("RCEP"), root, len(fresh), leaves, reason, deadline())
    return request(message, subject=shown, documents=fresh)


def consume(parts: Parts, used: dict[int, int], *flags: str) -> dict[str, Any]:
    theirs = paper(original(issuer="urn:other:chamber"))
    fresh = successors(parts, flags=list(flags or ("back-to-back",)))
    leaves = tuple(leaf_of(p) for p in fresh)
    items = tuple(td.ItemUnits(item, units) for item, units in used.items())
    root, units = tree_of(fresh).root, sum(used.values())
    message = td.Consume(leaf_of(theirs), OWN, units, items, root, len(fresh), leaves, deadline())
    return request(message, subject=theirs, documents=fresh)


def answer(desk: Desk, folder: Path, asked: dict[str, Any]) -> str:
    """The reason of the refusal, "" where it was signed."""
    desk.pending = [asked]
    with signer(desk, folder, DEMO_ISSUER) as working:
        working.step()
    assert len(desk.signatures) + len(desk.refusals) == 1
    return desk.refusals.get("a1", "")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([[(5, None), (5, None)]], ""),
        ([[(5, None)], [(5, 2)]], ""),
        ([[(3, None), (2, 1)], [(5, 2)]], ""),
        ([[(6, None)]], "SIGNER_ALLOWANCE"),
        ([[(5, None)], [(5, None)]], "SIGNER_ALLOWANCE"),
        ([[(3, None), (3, 1)]], "SIGNER_ALLOWANCE"),
        ([[(1, 3)]], "SIGNER_ALLOWANCE"),
    ],
)
def test_a_split_that_takes_more_of_an_item_than_the_original_allows_is_refused(
    parts: Parts, reason: str, desk: Desk, tmp_path: Path
) -> None:
    assert answer(desk, tmp_path, supersede(parts)) == reason


@pytest.mark.parametrize(
    ("parts", "used", "reason"),
    [
        ([[(3, None)]], {1: 3}, ""),
        ([[(3, 2)]], {2: 3}, ""),
        ([[(3, None)]], {2: 3}, "SIGNER_ALLOWANCE"),
        ([[(2, None)], [(2, None)]], {1: 3, 2: 1}, "SIGNER_ALLOWANCE"),
    ],
)
def test_a_back_to_back_certificate_takes_of_each_item_what_is_used_of_it(
    parts: Parts, used: dict[int, int], reason: str, desk: Desk, tmp_path: Path
) -> None:
    assert answer(desk, tmp_path, consume(parts, used)) == reason


def in_part(document: dict[str, Any]) -> dict[str, Any]:
    shown = disclose(document, SECRET, ["/number", "/issuer", "/scheme"])
    leaf = leaf_for(document, SECRET)
    return Bundle(leaf, (), Registered(1337, b"\x01" * 32, "0x" + "ce" * 20), disclosure=shown).to_json()


def test_an_original_with_items_is_not_replaced_where_they_are_hidden(desk: Desk, tmp_path: Path) -> None:
    asked = supersede([[(1, None)]], in_part(original()))
    assert answer(desk, tmp_path, asked) == "SIGNER_ORIGINAL_IN_PART"


@pytest.mark.parametrize(("units", "reason"), [(10, ""), (11, "SIGNER_ALLOWANCE")])
def test_of_an_original_in_part_without_items_the_sum_is_held(
    units: int, reason: str, desk: Desk, tmp_path: Path
) -> None:
    whole = sample_document("O-1", allowance=10)
    assert answer(desk, tmp_path, supersede([[(units, None)]], in_part(whole), whole)) == reason


def test_an_original_with_items_has_no_successor_without_them(desk: Desk, tmp_path: Path) -> None:
    fresh = [paper(sample_document("S-0", allowance=5, original={"number": "O-1"}))]
    assert answer(desk, tmp_path, replacing(fresh)) == "SIGNER_ITEMS_MISSING"


def fresh(**changes: Any) -> list[dict[str, Any]]:
    """A document that says what the original of 10 units says, but for its number and `changes`."""
    made = {**sample_document("O-1", allowance=10), "number": "S-1", **changes}
    return [paper({name: value for name, value in made.items() if value is not None})]


@pytest.mark.parametrize(
    ("reason", "changes", "refusal"),
    [
        (2, {}, ""),
        (2, {"flags": ["replacement"], "original": {"number": "O-1"}}, ""),
        (2, {"flags": ["back-to-back"]}, "SIGNER_SUCCESSOR_DIFFERS"),
        (2, {"flags": [COPY]}, "SIGNER_SUCCESSOR_DIFFERS"),
        (2, {"original": {"number": "O-2"}}, "SIGNER_SUCCESSOR_DIFFERS"),
        (TRUE_COPY, {"flags": [COPY], "original": {"number": "O-1"}}, ""),
        (TRUE_COPY, {}, "SIGNER_SUCCESSOR_DIFFERS"),
        (TRUE_COPY, {"flags": [COPY], "consignee": {"name": "Else"}}, "SIGNER_SUCCESSOR_DIFFERS"),
        (TRUE_COPY, {"flags": [COPY], "destination": None}, "SIGNER_SUCCESSOR_DIFFERS"),
    ],
)
def test_a_successor_that_does_not_fit_its_act_or_original_is_refused(
    reason: int, changes: dict[str, Any], refusal: str, desk: Desk, tmp_path: Path
) -> None:
    of = sample_document("O-1", allowance=10)
    assert answer(desk, tmp_path, replacing(fresh(**changes), of=of, reason=reason)) == refusal


def test_a_true_copy_of_an_original_in_part_is_refused(desk: Desk, tmp_path: Path) -> None:
    of = sample_document("O-1", allowance=10)
    asked = replacing(fresh(flags=[COPY]), in_part(of), of, TRUE_COPY)
    assert answer(desk, tmp_path, asked) == "SIGNER_ORIGINAL_IN_PART"


def test_a_flag_that_an_original_in_part_may_have_is_signed(desk: Desk, tmp_path: Path) -> None:
    of = sample_document("O-1", allowance=10)
    assert answer(desk, tmp_path, replacing(fresh(flags=["back-to-back"]), in_part(of), of)) == ""


def test_what_rests_on_anothers_certificate_without_saying_so_is_refused(desk: Desk, tmp_path: Path) -> None:
    assert answer(desk, tmp_path, consume([[(3, None)]], {1: 3}, "cumulation")) == "SIGNER_SUCCESSOR_DIFFERS"


@pytest.mark.parametrize(
    ("original", "refusal"),
    [
        ({"number": "O-1"}, "SIGNER_ORIGINAL_OURS"),
        ({"number": "O-1", "issuer": DEMO_ISSUER}, "SIGNER_ORIGINAL_OURS"),
        ({"number": "O-1", "issuer": "urn:other:chamber"}, ""),
        ({"number": "PAPER-7"}, ""),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_copy_of_our_own_certificate_is_not_issued_by_itself(
    together: bool, original: dict[str, str], refusal: str, desk: Desk, tmp_path: Path
) -> None:
    first = sample_document("O-1", allowance=10)
    copy = sample_document("C-1", flags=[COPY], original=original)
    if together:
        assert answer(desk, tmp_path, issue(copy, first)) == refusal
    else:
        desk.pending = [issue(first, identifier="a0")]
        with signer(desk, tmp_path, DEMO_ISSUER) as working:
            working.step()
            desk.pending = [issue(copy, identifier="a1")]
            working.step()
        assert ("a0" in desk.signatures, desk.refusals.get("a1", "")) == (True, refusal)


@pytest.mark.parametrize("wrong", ["2", 0, [], {}])
def test_an_item_that_names_no_item_of_an_original_is_refused(wrong: Any, desk: Desk, tmp_path: Path) -> None:
    assert answer(desk, tmp_path, supersede([[(5, wrong)]])) == "TERMS_INVALID"
