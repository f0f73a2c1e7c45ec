"""Which items of its original a document draws on, as stated and by default."""

from typing import Any

import pytest

from ledger_app.domain.parts import beyond, drawn_items
from ledger_app.domain.samples import sample_document
from ledger_app.errors import BadInput


def drawing(*originals: Any) -> dict[str, Any]:
    """A document of items with 5 units each, which name these items of the original; None names none."""
    made = sample_document(items=len(originals), per_item_allowance=5)
    for item, original in zip(made["items"], originals, strict=True):
        if original is not None:
            item["originalItem"] = original
    return made


@pytest.mark.parametrize(
    ("originals", "drawn"),
    [
        ((None, None), {1: 5, 2: 5}),
        ((2, 1), {2: 5, 1: 5}),
        ((7, None), {7: 5, 2: 5}),
        ((2, None), {2: 10}),
        ((3, 3), {3: 10}),
    ],
)
def test_an_item_draws_on_the_one_that_it_names_else_on_the_one_of_its_number(
    originals: tuple[int | None, ...], drawn: dict[int, int]
) -> None:
    assert drawn_items(drawing(*originals)) == drawn


def test_a_whole_allowance_draws_on_no_item() -> None:
    made = sample_document(allowance=9)
    made["items"][0]["originalItem"] = 2
    assert drawn_items(made) == {}


@pytest.mark.parametrize("wrong", ["2", 0, -1, True, 1.0, None, [], {}, 1 << 32])
def test_what_is_no_number_of_an_item_is_refused_and_no_fault(wrong: Any) -> None:
    made = drawing(None, None)
    made["items"][0]["originalItem"] = wrong
    with pytest.raises(BadInput, match="originalItem"):
        drawn_items(made)


def test_parts_are_added_up_and_an_item_that_is_not_there_gives_nothing() -> None:
    assert beyond([{1: 3}, {1: 3, 2: 4}], {1: 6, 2: 4}) is None
    assert beyond([{1: 3}, {1: 4, 2: 4}], {1: 6, 2: 4}) == (1, 7)
    assert beyond([{3: 1}], {1: 6}) == (3, 1)
    assert beyond([{}], {1: 6}) is None
