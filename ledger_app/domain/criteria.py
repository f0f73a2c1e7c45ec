"""Reading the origin criterion of an item: the whole text, by the codes that an agreement lists.

A criterion is one code or several, joined by commas, slashes, `+`, `and` and the like, in quotes or not, each
followed by what the agreement lets follow it. What nothing accounts for is handed back: `not WO` is not `WO`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from ledger_app.domain.agreements.model import Agreement, Criteria
from ledger_app.domain.findings import Finding, breach, discrepancy, join_pointer, unknown

_MARKS: Final = r"""\s,;/+&"'“”„‘’«»()\[\].:–-"""
_JOINS: Final = re.compile(rf"(?:[{_MARKS}]|\b(?:and|or|criterion)\b)+", re.IGNORECASE)
_WORD: Final = re.compile(rf"[^{_MARKS}]+")
_GAP: Final = r"""[\s"'“”„‘’«»(\[.:=≥–-]*"""
_FOLLOWS: Final = {
    "percentage": re.compile(
        rf"{_GAP}(?:(?:of|at least|not less than)\s+)?(?P<percent>[0-9]{{1,3}}(?:[.,][0-9]{{1,3}})?)"
        r"(?:\s*(?:%|per\s?cent\b)|(?!\w))",
        re.IGNORECASE,
    ),
    # The chapters are those that exist, as in `codelists.is_hs_code`.
    "heading": re.compile(rf"{_GAP}(?!00|77)[0-9]{{2}}[. ]?[0-9]{{2}}(?:[. ]?[0-9]{{2}})?(?!\w)"),
    "name": re.compile(rf"{_GAP}[^\W\d_](?:[^\W\d_]|[ .'’-])*"),
}


@dataclass(frozen=True, slots=True)
class CriterionRead:
    """What a criterion says. `codes`: the codes of the agreement in it. `left_over`: words that no rule
    reads. `bare`: codes without what must follow them. `low`: codes with a percentage below their least.
    """

    codes: tuple[str, ...]
    left_over: tuple[str, ...]
    bare: tuple[str, ...]
    low: tuple[str, ...]


def read_criterion(text: str, criteria: Criteria) -> CriterionRead:
    """The criterion `text` by the codes of `criteria`, in any letter case."""
    if text in criteria.codes and text not in criteria.followed_by:
        return CriterionRead((text,), (), (), ())  # as nearly all are, and it is read for each item
    known = _codes(tuple(criteria.codes), tuple(criteria.additional))
    written = {_folded(code): code for code in (*criteria.codes, *criteria.additional)}
    codes, left_over, bare, low = [], [], [], []
    place = 0
    while place < len(text):
        found = known.match(text, place)
        code = written[_folded(found[0])] if found else ""
        what = criteria.followed_by.get(code) or criteria.may_be_followed_by.get(code)
        after = _FOLLOWS[what].match(text, found.end()) if found and what else None
        percent = _percent(after)
        if after is not None and (percent is None or percent <= 100):
            place = after.end()
            if percent is not None and percent < criteria.least.get(code, 0):
                low.append(code)
        elif found is not None and not text[found.end() : found.end() + 1].isalnum():
            place = found.end()
            if code in criteria.followed_by:
                bare.append(code)
        elif joins := _JOINS.match(text, place):
            place = joins.end()
            continue
        else:
            word = _WORD.match(text, place)
            place = word.end() if word else place + 1
            left_over.append(word[0] if word else text[place - 1])
            continue
        if code in criteria.codes:
            codes.append(code)
    return CriterionRead(tuple(codes), tuple(left_over), tuple(bare), tuple(low))


def criterion_findings(items: Iterable[tuple[int, Mapping[str, Any]]], rules: Agreement) -> Iterator[Finding]:
    """What the rules say about the criterion of each item, given with its place in the list."""
    if rules.criteria is None:
        return
    for place, item in items:
        pointer = join_pointer("items", place, "originCriterion")
        criterion = item.get("originCriterion")
        if criterion is None:
            yield breach(
                rules.criteria,
                pointer,
                "CRITERION_MISSING",
                "The item states no origin criterion.",
                f"State one of {', '.join(rules.criteria.codes)}.",
            )
        elif isinstance(criterion, str):
            read = read_criterion(criterion, rules.criteria)
            yield from _unread(pointer, criterion, read, rules, rules.criteria)
            yield from _followers(pointer, item, read, rules, rules.criteria)


def _unread(
    pointer: str, criterion: str, read: CriterionRead, rules: Agreement, rule: Criteria
) -> Iterator[Finding]:
    if read.codes and not read.left_over:
        return
    words = f"This is none of the criteria that we know of {rules.code}."
    if read.codes:
        words = f"No criterion that we know of {rules.code} has this in it: {' '.join(read.left_over)[:80]}."
    known = ", ".join(rule.codes)
    if rule.complete:
        fix = f"Use one of {known}" + (f"; add {', '.join(rule.additional)}." if rule.additional else ".")
        yield breach(rule, pointer, "CRITERION_UNKNOWN", words, fix, value=criterion)
    else:
        fix = f"Check it against the agreement. Known: {known}."
        yield unknown(pointer, "CRITERION_UNKNOWN", words, fix, source=rule.source, value=criterion)


def _followers(
    pointer: str, item: Mapping[str, Any], read: CriterionRead, rules: Agreement, rule: Criteria
) -> Iterator[Finding]:
    say = discrepancy if rule.certain else unknown
    for code in read.bare:
        what = rule.followed_by[code]
        if what == "percentage" and item.get("regionalValueContent") is not None:
            continue
        yield say(
            pointer,
            "CRITERION_INCOMPLETE",
            f"Under {rules.code} a {what} follows {code}.",
            f"Write the {what} after {code}.",
            source=rule.source,
            value=item.get("originCriterion"),
        )
    for code in read.low:
        yield breach(
            rule,
            pointer,
            "CRITERION_TOO_LOW",
            f"Under {rules.code} {code} is {rule.least[code]}% at least.",
            "Correct the percentage, or the criterion.",
            value=item.get("originCriterion"),
        )


@lru_cache(maxsize=256)
def _codes(codes: tuple[str, ...], additional: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the codes, the longest that fits: no letter stands right after it."""
    longest = sorted((*codes, *additional), key=len, reverse=True)
    shapes = (r"\s+".join(map(re.escape, code.split())) for code in longest)
    return re.compile(rf"(?:{'|'.join(shapes)})(?![^\W\d_])", re.IGNORECASE)


def _folded(code: str) -> str:
    return " ".join(code.split()).upper()


def _percent(after: re.Match[str] | None) -> Decimal | None:
    said = after.groupdict().get("percent") if after else None
    return Decimal(said.replace(",", ".")) if said else None
