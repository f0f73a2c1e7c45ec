"""Parts of an original: which of its items each item of a successor draws on, and whether they stay within.

Works on plain dicts, so that a signer holds the rule without a model of the document.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ledger_app.domain.terms import MAX_ITEM, item_allowances
from ledger_app.errors import BadInput


def drawn_items(document: Mapping[str, Any]) -> dict[int, int]:
    """Units by the number of the original's item: `originalItem`, or where it is absent the same number.

    Empty for a whole allowance. Raises BadInput TERMS_INVALID.
    """
    found: Counter[int] = Counter()
    units = dict(item_allowances(document))
    for item in document["items"] if units else ():
        if isinstance(item, dict) and "allowance" in item:
            original = item.get("originalItem", item["number"])
            if type(original) is not int or not 1 <= original <= MAX_ITEM:
                raise BadInput("TERMS_INVALID", "originalItem is no number of an item", field="originalItem")
            found[original] += units[item["number"]]
    return dict(found)


def beyond(parts: Iterable[Mapping[int, int]], left: Mapping[int, int]) -> tuple[int, int] | None:
    """The first item of which `parts` together take more than is `left`, with what they take; None where
    there is none. An item that `left` does not name has nothing to give."""
    taken: Counter[int] = Counter()
    for part in parts:
        taken.update(part)
    return next(((item, taken[item]) for item in sorted(taken) if taken[item] > left.get(item, 0)), None)
