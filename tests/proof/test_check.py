"""The eleven steps: verdict, standing, outcomes and exit code."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ledger_app.domain.standing import (
    ISSUANCE_BASES,
    AccreditationKind,
    ClaimState,
    ExitCode,
    Role,
    Standing,
    Status,
    Verdict,
    act_reason_words,
)
from ledger_app.domain.terms import territory_id
from ledger_app.errors import CheckFailed, NodeUnavailable
from ledger_app.proof.bundle import Bundle, Registered
from ledger_app.proof.check import NOT_GENUINE_REASONS, check, judge, read, verdict_of
from ledger_app.proof.commitments import commit, digest_document
from ledger_app.proof.facts import (
    AccreditationFact,
    ClaimFact,
    ConfirmationFact,
    OrganisationFact,
    Question,
    StandingFact,
    StepOutcome,
)
from ledger_app.proof.steps import NAMES
from ledger_app.reasons import REASONS
from tests.proof.registered import AT, KEY, PIN, Ledger, one_registered, partial
from tests.vectors.cases import certificate


def _outcome(outcomes: Any, number: int) -> StepOutcome:
    found: StepOutcome = next(each for each in outcomes if each.number == number)
    return found


def test_a_registered_certificate_is_genuine_and_in_good_standing() -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(bundle)
    assert (judgement.verdict, judgement.standing) == (Verdict.GENUINE, Standing.GOOD)
    assert (judgement.reason, judgement.exit_code) == ("", ExitCode.GOOD)
    outcomes = {each.name: each.outcome for each in judgement.outcomes}
    assert outcomes == dict.fromkeys(NAMES, "passed") | {"content": "not-checked", "cargo": "not-checked"}
    assert "registered on 2026-11-22, in a batch of 3" in _outcome(judgement.outcomes, 4).detail
    assert KEY in _outcome(judgement.outcomes, 5).detail


def test_check_returns_the_outcomes_in_order_and_raises_at_the_step_that_decides() -> None:
    ledger, bundle = one_registered()
    outcomes = check(bundle, PIN, ledger.facts(bundle), Question(AT))
    assert [each.number for each in outcomes] == list(range(1, 12))
    altered = replace(bundle, document=certificate(number="other"))
    with pytest.raises(CheckFailed) as caught:
        check(altered, PIN, ledger.facts(altered), Question(AT))
    assert (caught.value.step, caught.value.reason) == (2, "DIGEST_DIFFERS")


STANDINGS = [
    ({"standing": StandingFact(Status.SUSPENDED, reason=3)}, "suspended", "CERTIFICATE_SUSPENDED", 12),
    ({"standing": StandingFact(Status.REVOKED, reason=3)}, "revoked", "CERTIFICATE_REVOKED", 12),
    ({"standing": StandingFact(Status.SUPERSEDED, reason=1)}, "superseded", "CERTIFICATE_SUPERSEDED", 12),
    ({"disowned": True}, "issuer-key-disowned", "ISSUER_KEY_DISOWNED", 13),
    ({"standing": StandingFact(used=1)}, "used-up", "USED_UP", 12),
    ({"standing": StandingFact(used=1), "claim": ClaimFact(ClaimState.REFUSED)}, "used-up", "USED_UP", 12),
]


@pytest.mark.parametrize(("changes", "standing", "reason", "code"), STANDINGS)
def test_what_happened_since_is_the_standing_and_never_the_verdict(
    changes: dict[str, Any], standing: str, reason: str, code: int
) -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(bundle, **changes)
    assert judgement.verdict is Verdict.GENUINE
    assert (judgement.standing, judgement.exit_code) == (standing, code)
    failed = [each for each in judgement.outcomes if each.outcome == "failed"]
    assert [each.reason for each in failed] == [reason]
    assert failed[0].next


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.SUSPENDED, act_reason_words("suspend", 1)),
        (Status.REVOKED, act_reason_words("revoke", 1)),
        (Status.SUPERSEDED, act_reason_words("supersede", 1)),
    ],
)
def test_what_ended_a_certificate_is_said_in_the_words_of_that_act(status: Status, words: str) -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(bundle, standing=StandingFact(status, reason=1))
    (failed,) = [each for each in judgement.outcomes if each.outcome == "failed"]
    assert failed.detail.endswith(words)


def test_a_revoked_certificate_with_a_disowned_key_is_revoked_and_shows_both() -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(bundle, disowned=True, standing=StandingFact(Status.REVOKED, 1))
    assert judgement.standing is Standing.REVOKED
    assert {each.reason for each in judgement.outcomes if each.number == 6} == {
        "CERTIFICATE_REVOKED",
        "ISSUER_KEY_DISOWNED",
    }


def test_a_confirmed_batch_is_in_good_standing_and_says_so() -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(bundle, confirmation=ConfirmationFact(KEY, 5), predecessor=b"p" * 32)
    assert judgement.exit_code == 0
    detail = _outcome(judgement.outcomes, 6).detail
    assert "confirmed" in detail
    assert "0x7070" in detail


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        (date(2026, 11, 21), "not-yet-valid"),
        (date(2026, 11, 22), "good"),
        (date(2027, 11, 21), "good"),
        (date(2027, 11, 22), "expired"),
    ],
)
def test_validity_is_judged_by_the_day_of_presentation_both_ends_included(at: date, standing: str) -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(bundle, at)
    assert (judgement.verdict, judgement.standing) == (Verdict.GENUINE, standing)
    assert judgement.exit_code == (0 if standing == "good" else 12)


def test_a_certificate_without_an_end_does_not_expire() -> None:
    ledger, bundle = one_registered(validUntil=None)
    assert ledger.judge(bundle, date(2999, 1, 1)).standing is Standing.GOOD


@pytest.mark.parametrize(
    ("used", "claim", "outcome", "reason"),
    [
        (0, None, "passed", ""),
        (4, None, "passed", ""),
        (5, None, "failed", "USED_UP"),
        (5, ClaimFact(ClaimState.ACQUITTED, 2), "passed", "ACQUITTED_FOR_THIS_CLAIM"),
        (5, ClaimFact(ClaimState.WITHDRAWN, 2), "failed", "USED_UP"),
        (3, ClaimFact(ClaimState.WITHDRAWN, 2), "warning", "CLAIM_WITHDRAWN"),
        (3, ClaimFact(ClaimState.REFUSED), "warning", "CLAIM_REFUSED"),
        (3, ClaimFact(), "passed", ""),
    ],
)
def test_the_remaining_allowance_does_not_count_my_own_claim_against_me(
    used: int, claim: ClaimFact | None, outcome: str, reason: str
) -> None:
    ledger, bundle = one_registered(allowance={"units": 5})
    found = _outcome(ledger.judge(bundle, standing=StandingFact(used=used), claim=claim).outcomes, 8)
    assert (found.outcome, found.reason) == (outcome, reason)
    assert f"{5 - used} of 5 left" in found.detail


def test_nothing_registered_is_not_found_and_not_a_forgery() -> None:
    _, bundle = one_registered()
    judgement = Ledger().judge(bundle)
    assert (judgement.verdict, judgement.reason) == (Verdict.CANNOT_TELL, "NOT_FOUND")
    assert (judgement.standing, judgement.exit_code) == (Standing.UNKNOWN, ExitCode.NOT_FOUND)
    assert _outcome(judgement.outcomes, 4).outcome == "cannot-tell"
    assert _outcome(judgement.outcomes, 5).outcome == "not-checked"


@pytest.mark.parametrize(
    "registered",
    [
        Registered(PIN.chain_id + 1, PIN.genesis, PIN.registry),
        Registered(PIN.chain_id, bytes(32), PIN.registry),
        Registered(PIN.chain_id, PIN.genesis, "0x" + "00" * 20),
    ],
)
def test_a_bundle_of_another_ledger_tells_nothing_here(registered: Registered) -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(replace(bundle, registered=registered))
    assert (judgement.verdict, judgement.reason, judgement.exit_code) == (
        Verdict.CANNOT_TELL,
        "OTHER_LEDGER",
        20,
    )


def test_a_bundle_of_a_sealed_predecessor_is_of_this_ledger() -> None:
    ledger, bundle = one_registered()
    old = "0x" + "01" * 20
    bundle = replace(bundle, registered=Registered(PIN.chain_id, PIN.genesis, old))
    pin = replace(PIN, predecessors=(old,))
    assert judge(bundle, pin, ledger.facts(bundle), Question(AT)).verdict is Verdict.GENUINE


def test_old_data_tells_nothing_even_where_it_would_say_good_or_not_found() -> None:
    ledger, bundle = one_registered()
    for facts in (ledger.facts(bundle, age_seconds=61), Ledger().facts(bundle, age_seconds=61)):
        judgement = judge(bundle, PIN, facts, Question(AT, max_age_seconds=60))
        assert (judgement.verdict, judgement.reason, judgement.exit_code) == (
            Verdict.CANNOT_TELL,
            "LEDGER_STALE",
            20,
        )
        assert _outcome(judgement.outcomes, 11).outcome == "cannot-tell"
    assert judge(bundle, PIN, ledger.facts(bundle, age_seconds=60), Question(AT, 60)).exit_code == 0


def test_without_a_node_nothing_is_told_but_a_forgery_that_shows_in_the_file() -> None:
    _, bundle = one_registered()
    error = NodeUnavailable("NODE_UNAVAILABLE")
    judgement = judge(bundle, PIN, None, Question(AT), unavailable=error)
    assert (judgement.verdict, judgement.reason, judgement.exit_code) == (
        Verdict.CANNOT_TELL,
        "NODE_UNAVAILABLE",
        20,
    )
    assert judge(bundle, PIN, None, Question(AT)).reason == "LEDGER_NOT_ASKED"
    altered = replace(bundle, document=certificate(destination="NZ"))
    judgement = judge(altered, PIN, None, Question(AT), unavailable=error)
    assert (judgement.verdict, judgement.reason, judgement.exit_code) == (
        Verdict.NOT_GENUINE,
        "DIGEST_DIFFERS",
        11,
    )


def test_facts_about_another_certificate_are_never_used() -> None:
    ledger, bundle = one_registered()
    other = ledger.register(certificate(number="other"))[0]
    with pytest.raises(ValueError, match="another leaf"):
        check(bundle, PIN, ledger.facts(other), Question(AT))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("issuer", b"o" * 32),
        ("scheme", b"RCEQ".ljust(32, b"\0")),
        ("destination", bytes(8)),
        ("valid_from", 1),
        ("valid_until", 0),
        ("allowance", 2),
        ("items_root", b"r" * 32),
    ],
)
@pytest.mark.parametrize("form", ["full", "all shown"])
def test_a_registered_leaf_that_says_something_else_than_its_document_is_not_genuine(
    member: str, value: Any, form: str
) -> None:
    ledger, bundle = one_registered()
    changes: dict[str, Any] = {member: value}
    leaf = replace(bundle.leaf, **changes)
    lying = replace(bundle, leaf=leaf, proof=())
    ledger.batches[leaf.batch_id(leaf.hash())] = next(iter(ledger.batches.values()))
    judgement = ledger.judge(lying if form == "full" else partial(lying, ""))
    assert (judgement.verdict, judgement.reason, judgement.exit_code) == (
        Verdict.NOT_GENUINE,
        "LEAF_DIFFERS",
        11,
    )
    assert member in judgement.detail


# --- the issuer ----------------------------------------------------------------------------


@pytest.mark.parametrize(("basis", "kind"), ISSUANCE_BASES.items())
def test_the_kind_of_accreditation_is_shown_and_self_certified_as_just_that(
    basis: str, kind: AccreditationKind
) -> None:
    ledger = Ledger()
    bundle = ledger.register(certificate(issuanceBasis=basis), kind=kind)[0]
    judgement = ledger.judge(bundle, accreditation=AccreditationFact(kind, 1))
    found = _outcome(judgement.outcomes, 5)
    assert judgement.exit_code == 0
    assert kind.words in found.detail
    expected = ("warning", "SELF_CERTIFIED") if kind is AccreditationKind.SELF_CERTIFIED else ("passed", "")
    assert (found.outcome, found.reason) == expected


def test_a_self_certified_document_that_claims_an_authority_is_not_genuine() -> None:
    ledger = Ledger()
    bundle = ledger.register(certificate(), kind=AccreditationKind.SELF_CERTIFIED)[0]
    for form in (bundle, partial(bundle, "/issuer", "/scheme", "/issuanceBasis")):
        judgement = ledger.judge(form)
        assert (judgement.verdict, judgement.reason) == (Verdict.NOT_GENUINE, "ISSUANCE_BASIS_DIFFERS")
        assert judgement.exit_code == ExitCode.ISSUER_NOT_TRUSTED


@pytest.mark.parametrize("basis", ["exporter", "producer", "importer", "notary", ""])
def test_a_basis_that_is_not_of_the_ledgers_kind_is_not_genuine(basis: str) -> None:
    ledger = Ledger()
    bundle = ledger.register(certificate(issuanceBasis=basis), kind=AccreditationKind.AUTHORITY_ISSUED)[0]
    judgement = ledger.judge(bundle)
    assert (judgement.verdict, judgement.reason) == (Verdict.NOT_GENUINE, "ISSUANCE_BASIS_DIFFERS")


def test_an_issuer_in_another_territory_than_the_document_says_is_not_trusted() -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(bundle, organisation=OrganisationFact(territory_id("VN"), Role.ISSUER, 1))
    assert (judgement.verdict, judgement.reason) == (Verdict.NOT_GENUINE, "ISSUER_TERRITORY_DIFFERS")
    assert judgement.exit_code == ExitCode.ISSUER_NOT_TRUSTED


def test_an_issuer_whose_territory_is_no_code_is_shown_as_the_ledger_has_it() -> None:
    ledger, bundle = one_registered()
    part = partial(bundle, "/issuer/identifier", "/scheme")
    judgement = ledger.judge(part, organisation=OrganisationFact(b"\xff" * 8, Role.ISSUER, 1))
    assert "territory 0xffffffffffffffff" in _outcome(judgement.outcomes, 5).detail


@pytest.mark.parametrize(
    "accreditation",
    [
        None,
        AccreditationFact(AccreditationKind.NONE),
        AccreditationFact(AccreditationKind.AUTHORITY_ISSUED, 1, 20_000),
    ],
)
def test_an_accreditation_that_ended_since_is_a_warning(accreditation: AccreditationFact | None) -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(bundle, accreditation=accreditation)
    assert judgement.exit_code == 0
    assert _outcome(judgement.outcomes, 5).reason == "ACCREDITATION_ENDED"


def test_a_ledger_that_contradicts_itself_tells_nothing() -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(bundle, organisation=None)
    assert (judgement.verdict, judgement.reason) == (Verdict.CANNOT_TELL, "LEDGER_INCONSISTENT")


# --- partial bundles -----------------------------------------------------------------------

TERMS = ("/issuer/identifier", "/scheme")


def test_a_partial_bundle_says_how_much_is_shown_and_which_terms_are_hidden() -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(partial(bundle, *TERMS, "/destination"))
    assert judgement.verdict is Verdict.GENUINE
    assert _outcome(judgement.outcomes, 2).detail == "5 of 40 fields shown"
    found = _outcome(judgement.outcomes, 3)
    assert (found.outcome, found.reason) == ("warning", "TERMS_HIDDEN")
    assert found.detail.endswith("valid_from, valid_until, allowance, items_root")


@pytest.mark.parametrize("shown", [(), ("/scheme",), ("/issuer/identifier",), ("/items",)])
def test_a_partial_bundle_must_show_issuer_and_scheme(shown: tuple[str, ...]) -> None:
    ledger, bundle = one_registered()
    judgement = ledger.judge(partial(bundle, *shown))
    assert (judgement.verdict, judgement.reason) == (Verdict.CANNOT_TELL, "DISCLOSURE_TOO_LITTLE")


@pytest.mark.parametrize(
    ("document", "leaf", "shown"),
    [
        ({}, {"destination": bytes(8)}, ["/destination"]),
        ({}, {"valid_until": 0}, ["/validUntil"]),
        ({"validFrom": "2026-12-01"}, {"valid_from": 1}, ["/validFrom"]),
        ({"allowance": {"units": 5}}, {"allowance": 6}, ["/allowance"]),
        ({"items": [{"number": 1, "allowance": 5}, {"number": 2}]}, {"items_root": bytes(32)}, ["/items/0"]),
        ({"items": [{"number": 1, "allowance": 5}]}, {"items_root": b"r" * 32}, ["/items"]),
        ({"items": [{"number": 1}]}, {"items_root": b"r" * 32}, ["/items"]),
    ],
)
def test_what_a_partial_bundle_shows_must_agree_with_the_leaf(
    document: dict[str, Any], leaf: dict[str, Any], shown: list[str]
) -> None:
    ledger, bundle = one_registered(**document)
    shown_part = partial(bundle, *TERMS, *shown)
    assert ledger.judge(shown_part).verdict is Verdict.GENUINE
    lying = replace(shown_part, leaf=replace(bundle.leaf, **leaf))
    judgement = ledger.judge(lying)
    assert (judgement.verdict, judgement.reason) == (Verdict.NOT_GENUINE, "LEAF_DIFFERS")


@pytest.mark.parametrize(
    "leaf",
    [
        {"valid_from": 2**32 - 1},
        {"valid_until": 2**32 - 1},
        {"destination": b"\xff" * 8},
        {"destination": b"A" + bytes(7)},
    ],
)
def test_hidden_terms_that_no_document_could_have_are_not_genuine(leaf: dict[str, Any]) -> None:
    ledger, bundle = one_registered()
    part = replace(partial(bundle, *TERMS), leaf=replace(bundle.leaf, **leaf), proof=())
    ledger.batches[part.leaf.batch_id(part.leaf.hash())] = next(iter(ledger.batches.values()))
    assert ledger.judge(part).reason == "LEAF_DIFFERS"


def _all_but(bundle: Bundle, hidden: str) -> Bundle:
    """Everything shown except one deep value, so that what is absent is provably so."""
    assert bundle.document is not None
    shown = [p for p in commit(bundle.document, bytes(32)).pointers if not (hidden + "/").startswith(p + "/")]
    return partial(bundle, *shown)


@pytest.mark.parametrize(
    ("document", "leaf"),
    [
        ({"destination": None}, {"destination": b"AU".ljust(8, b"\0")}),
        ({"validUntil": None}, {"valid_until": 30_000}),
        ({}, {"valid_from": 1}),
        ({}, {"allowance": 2}),
        ({}, {"items_root": b"r" * 32}),
        ({"items": None}, {"items_root": b"r" * 32}),
        ({"allowance": {"unit": "KGM"}}, {"allowance": 2}),
        ({"items": [{"number": 1, "allowance": 5}, {"number": 2, "allowance": 6}]}, {"allowance": 10}),
        ({"items": [{"number": 1, "allowance": 5}], "allowance": {"units": 5}}, {"allowance": 6}),
    ],
)
def test_what_a_partial_bundle_proves_absent_must_agree_with_the_leaf(
    document: dict[str, Any], leaf: dict[str, Any]
) -> None:
    ledger, bundle = one_registered(**document)
    part = _all_but(bundle, "/exporter/address/lines/0")
    judgement = ledger.judge(part)
    assert judgement.verdict is Verdict.GENUINE
    assert _outcome(judgement.outcomes, 3).outcome == "passed"
    judgement = ledger.judge(replace(part, leaf=replace(bundle.leaf, **leaf)))
    assert (judgement.verdict, judgement.reason) == (Verdict.NOT_GENUINE, "LEAF_DIFFERS")


@pytest.mark.parametrize(
    "changes",
    [
        {"allowance": {"units": True}},
        {"items": "none"},
        {"validUntil": 20261231},
        {"validFrom": None, "issueDate": 7},
    ],
)
def test_a_registered_document_of_wrong_types_is_not_genuine_in_either_form(changes: dict[str, Any]) -> None:
    ledger, bundle = one_registered()
    document = certificate(**changes)
    leaf = replace(bundle.leaf, digest=digest_document(document, bundle.secret or b""))
    full = replace(bundle, document=document, leaf=leaf)
    for form in (full, _all_but(full, "/exporter/address/lines/0")):
        assert ledger.judge(form).reason == "LEAF_DIFFERS"


def test_terms_of_another_type_than_the_leaf_needs_differ() -> None:
    ledger, bundle = one_registered()
    for value in (7, ["AU"], {"x": 1}, "au"):
        document = certificate(destination=value)
        leaf = replace(bundle.leaf, digest=digest_document(document, bundle.secret or b""))
        for form in (
            replace(bundle, document=document, leaf=leaf),
            partial(replace(bundle, document=document, leaf=leaf), *TERMS, "/destination"),
        ):
            judgement = ledger.judge(form)
            assert judgement.verdict is not Verdict.GENUINE


# --- what others judge, and the tables -----------------------------------------------------


def test_content_and_cargo_are_shown_and_do_not_change_the_verdict() -> None:
    ledger, bundle = one_registered()
    content = StepOutcome(9, "content", "failed", "DOCUMENT_INVALID")
    cargo = StepOutcome(10, "cargo", "warning", "")
    judgement = judge(bundle, PIN, ledger.facts(bundle), Question(AT, content=content, cargo=cargo))
    assert (judgement.verdict, judgement.standing, judgement.exit_code) == (Verdict.GENUINE, Standing.GOOD, 0)
    assert _outcome(judgement.outcomes, 9) is content
    assert _outcome(judgement.outcomes, 10) is cargo


def test_a_file_that_cannot_be_read_tells_nothing() -> None:
    for data in (
        b"",
        b"\xff\xfe",
        b"%PDF-1.7",
        b"[]",
        b"{}",
        "\ud800",
        b'{"format":"origin-ledger/bundle/v9"}',
    ):
        judgement = judge(data, PIN, None, Question(AT))
        assert (judgement.verdict, judgement.exit_code) == (Verdict.CANNOT_TELL, 20)
        assert judgement.outcomes[0].outcome == "failed"
        with pytest.raises(CheckFailed) as caught:
            read(data)
        assert (caught.value.step, caught.value.reason) == (1, judgement.reason)


def test_every_reason_that_means_not_genuine_is_published() -> None:
    assert set(REASONS) >= NOT_GENUINE_REASONS
    assert {verdict_of(reason) for reason in NOT_GENUINE_REASONS} == {Verdict.NOT_GENUINE}
    assert verdict_of("NOT_FOUND") is Verdict.CANNOT_TELL
    assert verdict_of("") is Verdict.GENUINE


def test_an_outcome_is_json_for_the_report() -> None:
    outcome = StepOutcome(9, "content", "failed", "DOCUMENT_INVALID", "d", "n")
    assert outcome.to_json() == {
        "number": 9,
        "name": "content",
        "outcome": "failed",
        "reason": "DOCUMENT_INVALID",
        "detail": "d",
        "next": "n",
    }
