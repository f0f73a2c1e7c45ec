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
    document = sample_document("N-1", flags=flags or None)
    assert answer(document, act=act, true_copy=true_copy)[0] == reason


def test_a_refusal_names_the_flag_and_what_to_do_with_it() -> None:
    assert "add back-to-back to /flags" in answer(sample_document("N-1"), act="consume")[1]
    stray = answer(sample_document("N-1", flags=[BACK]))[1]
    assert ("back-to-back" in stray, "take it out of /flags" in stray) == (True, True)


@pytest.mark.parametrize("flag", [BACK, REPLACED])
def test_a_correction_or_a_copy_keeps_what_its_original_was(flag: str) -> None:
    assert answer(sample_document("N-1", flags=[flag]), of=original(flag)) == ("", "")
    assert answer(sample_document("N-1", flags=[flag, COPY]), true_copy=True, of=original(flag)) == ("", "")


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


@pytest.mark.parametrize("junk", [None, 1, [], "x", {"flags": 3, "original": 4}, {"flags": [[], {}]}])
def test_a_document_wrong_in_form_is_left_to_the_check_of_its_form(junk: Any) -> None:
    assert answer(junk) == ("", "")
    assert answer(junk, act="consume")[0] == "FLAGS_DIFFER"
