"""What successors say of themselves: of each act its own flag, and of each original the right one."""

from typing import Any

import pytest

from ledger_app.domain.samples import sample_document
from ledger_app.domain.successors import require_back_to_back, require_replacements
from ledger_app.errors import LedgerError

DIGEST = "0x" + "ab" * 32
COPY, BACK, REPLACED = "certified-true-copy", "back-to-back", "replacement"
RESTS_ON = {"number": "FAR-1", "issueDate": "2026-10-01"}


def original(*flags: str) -> dict[str, Any]:
    return sample_document("O-1", flags=list(flags) or None, original=RESTS_ON if flags else None)


def answer(
    document: Any, *, act: str = "supersede", true_copy: bool = False, of: dict[str, Any] | None = None
) -> tuple[str, str]:
    """Reason and words of the refusal; empty where there is none."""
    known = original() if of is None else of
    try:
        if act == "consume":
            require_back_to_back([document], known, DIGEST)
        else:
            require_replacements([document], known, DIGEST, true_copy=true_copy)
    except LedgerError as refused:
        return refused.reason, refused.detail
    return "", ""


@pytest.mark.parametrize(
    ("act", "true_copy", "flags", "reason"),
    [
        ("consume", False, [BACK], ""),
        ("consume", False, [BACK, "cumulation"], ""),
        ("consume", False, [], "FLAGS_DIFFER"),
        ("consume", False, ["cumulation"], "FLAGS_DIFFER"),
        ("consume", False, [BACK, COPY], "FLAGS_DIFFER"),
        ("consume", False, [BACK, REPLACED], "FLAGS_DIFFER"),
        ("supersede", False, [], ""),
        ("supersede", False, [REPLACED, "exhibition"], ""),
        ("supersede", False, [BACK], "FLAGS_DIFFER"),
        ("supersede", False, [COPY], "TRUE_COPY_DIFFERS"),
        ("supersede", True, [COPY], ""),
        ("supersede", True, [], "TRUE_COPY_DIFFERS"),
        ("supersede", True, [COPY, REPLACED], "FLAGS_DIFFER"),
        ("supersede", True, [COPY, BACK], "FLAGS_DIFFER"),
    ],
)
def test_each_act_issues_what_carries_its_own_flag_and_no_other_acts(
    act: str, true_copy: bool, flags: list[str], reason: str
) -> None:
    document = {**original(), "number": "N-1", "flags": flags}
    assert answer(document, act=act, true_copy=true_copy)[0] == reason


def test_a_refusal_names_the_flag_and_what_to_do_with_it() -> None:
    assert "add back-to-back to /flags" in answer(sample_document("N-1"), act="consume")[1]
    stray = answer(sample_document("N-1", flags=[BACK]))[1]
    assert ("back-to-back" in stray, "take it out of /flags" in stray) == (True, True)


@pytest.mark.parametrize("flag", [BACK, REPLACED])
def test_a_correction_or_a_copy_keeps_what_its_original_was(flag: str) -> None:
    assert answer(sample_document("N-1", flags=[flag]), of=original(flag)) == ("", "")
    copy = {**original(flag), "number": "N-1", "flags": [flag, COPY]}
    assert answer(copy, true_copy=True, of=original(flag))[0] == ("ORIGINAL_DIFFERS" if flag != BACK else "")
    copy["original"] = {"number": "O-1"}
    assert answer(copy, true_copy=True, of=original(flag)) == ("", "")


def copied(**changes: Any) -> dict[str, Any]:
    made = {**original(), "number": "C-1", "flags": [COPY], "original": {"number": "O-1"}, **changes}
    return {name: value for name, value in made.items() if value is not None}


def test_a_true_copy_says_what_its_original_says_but_for_what_is_its_own() -> None:
    own = {"issueDate": "2026-11-27", "validFrom": "2026-11-20", "remarks": "copy", "declarations": None}
    assert answer(copied(**own), true_copy=True) == ("", "")
    drawing = [{**item, "originalItem": item["number"]} for item in original()["items"]]
    assert answer(copied(items=drawing), true_copy=True) == ("", "")


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"consignee": {"name": "Somebody Else"}}, "/consignee"),
        ({"items": [{**original()["items"][0], "hsCode": "010121"}]}, "/items"),
        ({"items": original()["items"][:1]}, "/items"),
        ({"items": "none"}, "/items"),
        ({"originCountry": "VN"}, "/originCountry"),
        ({"destination": None}, "/destination"),
        ({"validUntil": "2027-11-01"}, "/validUntil"),
        ({"issueDate": "2026-11-19"}, "/validFrom"),
        ({"validFrom": "2026-11-21"}, "/validFrom"),
        ({"extensions": {"more": 1}}, "/extensions"),
    ],
)
def test_a_true_copy_that_says_something_else_is_refused_and_told_where(
    changes: dict[str, Any], member: str
) -> None:
    reason, words = answer(copied(**changes), true_copy=True)
    assert (reason, member in words) == ("TRUE_COPY_DIFFERS", True)


@pytest.mark.parametrize("act", ["supersede", "consume"])
@pytest.mark.parametrize(
    ("named", "reason"),
    [
        (None, ""),
        ({"number": "O-1"}, ""),
        ({"number": "O-1", "digest": DIGEST}, ""),
        ({"number": "O-2"}, "ORIGINAL_DIFFERS"),
        ({"number": "o-1"}, "ORIGINAL_DIFFERS"),
        ({"number": "O-1", "digest": "0x" + "ac" * 32}, "ORIGINAL_DIFFERS"),
    ],
)
def test_an_original_that_is_named_is_the_one_that_the_act_is_about(
    act: str, named: dict[str, str] | None, reason: str
) -> None:
    document = sample_document("N-1", original=named, flags=[BACK] if act == "consume" else None)
    assert answer(document, act=act)[0] == reason


def test_what_corrects_a_back_to_back_certificate_may_name_what_that_one_rests_on() -> None:
    def corrected(*flags: str, **named: str) -> Any:
        return sample_document("N-1", flags=list(flags) or None, original=named or RESTS_ON)

    assert answer(corrected(BACK), of=original(BACK)) == ("", "")
    assert answer(corrected(BACK, number="O-1"), of=original(BACK)) == ("", "")
    assert answer(corrected(BACK, number="FAR-2"), of=original(BACK))[0] == "ORIGINAL_DIFFERS"
    assert answer(corrected(), of=original(BACK))[0] == "ORIGINAL_DIFFERS"
    assert answer(corrected(REPLACED), of=original(REPLACED))[0] == "ORIGINAL_DIFFERS"


def test_of_an_original_shown_in_part_only_the_digest_is_compared() -> None:
    named = sample_document("N-1", flags=[BACK], original={"number": "ANY"})
    assert answer(named, act="consume", of={})[0] == ""
    named["original"]["digest"] = "0x" + "ac" * 32
    assert answer(named, act="consume", of={})[0] == "ORIGINAL_DIFFERS"


def test_what_is_hidden_of_an_original_is_held_against_nothing() -> None:
    document = sample_document("N-1", flags=[BACK], original=RESTS_ON)
    part = {"number": "O-1"}
    require_replacements([document], part, DIGEST, true_copy=False, whole=False)
    with pytest.raises(LedgerError, match="ORIGINAL_DIFFERS"):
        require_replacements([document], {**part, "original": {}}, DIGEST, true_copy=False, whole=False)
    with pytest.raises(LedgerError, match="FLAGS_DIFFER"):
        require_replacements([document], {**part, "flags": []}, DIGEST, true_copy=False, whole=False)
    marked = sample_document("N-1", flags=[COPY])
    with pytest.raises(LedgerError, match="TRUE_COPY_DIFFERS"):
        require_replacements([marked], part, DIGEST, true_copy=False, whole=False)


@pytest.mark.parametrize("junk", [None, 1, [], "x", {"flags": 3, "original": 4}, {"flags": [[], {}]}])
def test_a_document_wrong_in_form_is_left_to_the_check_of_its_form(junk: Any) -> None:
    assert answer(junk) == ("", "")
    assert answer(junk, act="consume")[0] == "FLAGS_DIFFER"
