"""Whatever a service serves, a signature leaves only for what the documents say and the signer's settings
allow."""

import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey
from eth_account import Account
from eth_account.messages import encode_typed_data

from ledger_app.domain.samples import DEMO_ISSUER, sample_document
from ledger_app.proof import typed_data as td
from ledger_app.proof.bundle import Bundle, Registered
from ledger_app.proof.commitments import disclose
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.leaf import leaf_for
from ledger_app.signer import settings
from ledger_app.signer.settings import WITH_PERSON, SignerSettings
from tests.signer.desk import (
    CARRIER,
    CLAIM_SECRET,
    CUSTOMS,
    KEY,
    PINS,
    Desk,
    altered,
    anchor,
    confirmation,
    event,
    honest,
    issue,
    leaf_of,
    paper,
    signer,
    stream_tree,
    tree_of,
)

HONEST = honest()
# Fields that nothing shown determines: they are the organisation's choice, shown in words and bounded by its
# limits.
_CHOICES = {"deadline", "epoch", "salt", "expires", "replyBy", "code", "reason"}
_CHOICES_OF = {
    ("Enrol", "roles"),
    ("Accredit", "scheme"),
    ("Accredit", "kind"),
    ("Accredit", "fromDay"),
    ("Accredit", "untilDay"),
    ("AddKey", "key"),
    ("RetireKey", "key"),
    ("Anchor", "stream"),
    ("MemberPause", "until"),
}


def _message_fields() -> list[tuple[str, str]]:
    return [
        (kind, name)
        for kind, (_, asked) in HONEST.items()
        for name in asked["message"]
        if name not in _CHOICES and (kind, name) not in _CHOICES_OF
    ]


def _another(value: Any) -> Any:
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return value[:-1] if value else ["0x" + "77" * 32]
    return value[:-1] + ("0" if value[-1] != "0" else "1")


@pytest.mark.parametrize("kind", HONEST)
def test_honest_request_of_every_kind_is_signed_so_that_an_independent_library_recovers_the_key(
    kind: str, desk: Desk, tmp_path: Path
) -> None:
    organisation, asked = HONEST[kind]
    desk.pending = [asked]
    with signer(desk, tmp_path, organisation) as working:
        assert working.step() == 1
    assert desk.refusals == {}
    answer = desk.signatures["a1"]
    raw = bytes.fromhex(answer["signature"][2:])
    vs = int.from_bytes(raw[32:], "big")
    v, s = 27 + (vs >> 255), vs & ((1 << 255) - 1)
    domain = td.Domain(asked["domain"]["chainId"], asked["domain"]["verifyingContract"])
    full = td.ACTS[kind].from_json(asked["message"]).typed_data(domain)
    recovered = Account.recover_message(
        encode_typed_data(full_message=full), vrs=(v, int.from_bytes(raw[:32], "big"), s)
    )
    assert recovered.lower() == KEY.address == answer["key"]


def test_every_kind_of_the_protocol_has_an_honest_case() -> None:
    assert set(HONEST) | {"Confirm"} >= set(td.ACTS)  # a confirmation needs a journal: see below


@pytest.mark.parametrize(("kind", "name"), _message_fields())
def test_message_with_one_field_changed_is_refused(kind: str, name: str, desk: Desk, tmp_path: Path) -> None:
    organisation, asked = HONEST[kind]
    value = asked["message"][name]
    # The first argument of a vote's call is the organisation it is about, which is shown by its identifier.
    other = value[:12] + _another(value[:13])[12:] + value[13:] if kind == "Vote" else _another(value)
    _refused(desk, tmp_path, organisation, altered(asked, ("message", name), other))


@pytest.mark.parametrize("kind", HONEST)
def test_other_chain_or_contract_is_refused(kind: str, desk: Desk, tmp_path: Path) -> None:
    organisation, asked = HONEST[kind]
    elsewhere = "0x" + "dd" * 20
    wrong = [
        altered(asked, ("domain", "chainId"), 1),
        altered(asked, ("domain", "verifyingContract"), elsewhere),
        altered(asked, ("contract",), "CargoLog" if asked["contract"] != "CargoLog" else "Consortium"),
    ]
    for case in wrong:
        assert _refused(desk, tmp_path, organisation, case) == "SIGNER_OTHER_LEDGER"


@pytest.mark.parametrize("seconds", [-3600, 30 * 86_400])
def test_deadline_in_the_past_or_far_ahead_is_refused(seconds: int, desk: Desk, tmp_path: Path) -> None:
    for kind, (organisation, asked) in HONEST.items():
        name = "expires" if kind == "Vote" else "deadline"
        case = altered(asked, ("message", name), asked["message"][name] + seconds - 3600)
        assert _refused(desk, tmp_path, organisation, case) == "SIGNER_DEADLINE", kind


def test_root_over_other_documents_is_refused(desk: Desk, tmp_path: Path) -> None:
    asked = issue(sample_document("N-1"))
    forged = tree_of([paper(sample_document("N-2"))]).root
    case = altered(asked, ("message", "root"), to_hex(forged))
    assert _refused(desk, tmp_path, DEMO_ISSUER, case) == "SIGNER_FIELD_DIFFERS"


def test_leaf_that_is_not_shown_is_refused_whatever_the_count_says(desk: Desk, tmp_path: Path) -> None:
    shown, hidden = sample_document("N-1"), sample_document("N-2")
    both = issue(shown, hidden)
    only_one = altered(both, ("evidence", "documents"), both["evidence"]["documents"][:1])
    for count in (1, 2):
        case = altered(only_one, ("message", "count"), count)
        assert _refused(desk, tmp_path, DEMO_ISSUER, case) == "SIGNER_FIELD_DIFFERS"


def test_any_change_of_a_document_or_its_secret_is_refused(desk: Desk, tmp_path: Path) -> None:
    asked = issue(sample_document("N-1"))
    changes: list[tuple[tuple[Any, ...], Any]] = [
        (("document", "consignee", "name"), "Somebody Else"),
        (("document", "items", 0, "quantity", "value"), "999999"),
        (("document", "number"), "N-9"),
        (("document", "issueDate"), "2026-11-21"),
        (("document", "extensions"), {"note": "added"}),
        (("secret",), "0x" + "12" * 32),
    ]
    for path, value in changes:
        case = altered(asked, ("evidence", "documents", 0, *path), value)
        assert _refused(desk, tmp_path, DEMO_ISSUER, case) == "SIGNER_FIELD_DIFFERS", path


def test_document_of_another_issuer_is_refused_even_with_its_own_root(desk: Desk, tmp_path: Path) -> None:
    case = issue(sample_document("N-1"), sample_document("N-2", issuer="urn:other:chamber"))
    assert _refused(desk, tmp_path, DEMO_ISSUER, case) == "SIGNER_OTHER_ISSUER"


def test_document_under_another_scheme_than_the_message_is_refused(desk: Desk, tmp_path: Path) -> None:
    case = issue(sample_document("N-1", "RCEP"), sample_document("N-2", "CHAFTA"))
    assert _refused(desk, tmp_path, DEMO_ISSUER, case) == "SIGNER_FIELD_DIFFERS"


@pytest.mark.parametrize("kind", ["Suspend", "Reinstate", "Revoke"])
def test_issuer_does_not_end_a_certificate_of_another(kind: str, desk: Desk, tmp_path: Path) -> None:
    theirs = paper(sample_document("T-1", issuer="urn:other:chamber"))
    asked = altered(HONEST[kind][1], ("evidence", "subject"), theirs)
    case = altered(asked, ("message", "leaf"), to_hex(leaf_of(theirs)))
    assert _refused(desk, tmp_path, DEMO_ISSUER, case) == "SIGNER_OTHER_ISSUER"


def test_customs_does_not_use_more_than_is_allowed_for_an_item(desk: Desk, tmp_path: Path) -> None:
    asked = HONEST["Acquit"][1]
    more = altered(asked, ("message", "items"), [{"item": 1, "units": 6}, {"item": 2, "units": 1}])
    assert _refused(desk, tmp_path, CUSTOMS, more) == "SIGNER_ALLOWANCE"
    beyond = altered(asked, ("message", "units"), 11)
    assert _refused(desk, tmp_path, CUSTOMS, beyond) == "SIGNER_ALLOWANCE"
    disorder = altered(asked, ("message", "items"), [{"item": 2, "units": 2}, {"item": 1, "units": 5}])
    assert _refused(desk, tmp_path, CUSTOMS, disorder) == "SIGNER_FIELD_DIFFERS"


def test_customs_signs_for_disclosed_fields_and_refuses_them_altered(desk: Desk, tmp_path: Path) -> None:
    document, secret = sample_document("D-1"), b"\x33" * 32
    leaf = leaf_for(document, secret)
    shown = disclose(document, secret, ["/number", "/exporter", "/issuer", "/scheme"])
    bundle = Bundle(leaf, (), Registered(1337, b"\x01" * 32, "0x" + "ce" * 20), disclosure=shown).to_json()
    base = HONEST["Acquit"][1]["message"]
    message = {**base, "leaf": to_hex(leaf.hash()), "units": 1, "items": []}
    evidence = {**HONEST["Acquit"][1]["evidence"], "subject": bundle}
    asked = {**HONEST["Acquit"][1], "message": message, "evidence": evidence}
    places = [i for i, e in enumerate(bundle["disclosed"]) if e["pointer"] == "/number"]  # type: ignore[index,arg-type,call-overload]
    lie = altered(asked, ("evidence", "subject", "disclosed", places[0], "value"), "D-2")
    assert _refused(desk, tmp_path, CUSTOMS, lie) == "SIGNER_FIELD_DIFFERS"
    other_leaf = altered(asked, ("evidence", "subject", "leaf", "allowance"), 9)
    assert _refused(desk, tmp_path, CUSTOMS, other_leaf) == "SIGNER_FIELD_DIFFERS"
    desk.pending = [asked]
    with signer(desk, tmp_path, CUSTOMS) as working:
        working.step()
    assert list(desk.signatures) == ["a1"]


_SHOWN = ["/number", "/exporter", "/issuer", "/scheme", "/allowance"]


@pytest.mark.parametrize("pointers", [_SHOWN, ["/number", "/allowance"], []])
def test_customs_uses_up_no_more_than_the_paper_shows_whatever_its_leaf_says(
    pointers: list[str], desk: Desk, tmp_path: Path
) -> None:
    document, secret = sample_document("D-1", allowance=1), b"\x33" * 32
    leaf = replace(leaf_for(document, secret), allowance=1000)  # what somebody registered
    bundle = Bundle(
        leaf,
        (),
        Registered(1337, b"\x01" * 32, "0x" + "ce" * 20),
        disclosure=disclose(document, secret, pointers),
    ).to_json()
    base = HONEST["Acquit"][1]
    message = {**base["message"], "leaf": to_hex(leaf.hash()), "units": 1000, "items": []}
    asked = {**base, "message": message, "evidence": {**base["evidence"], "subject": bundle}}
    assert _refused(desk, tmp_path, CUSTOMS, asked) == "SIGNER_FIELD_DIFFERS"


def test_an_event_that_makes_no_sense_ends_its_request_and_not_the_signer(desk: Desk, tmp_path: Path) -> None:
    organisation, anchor = HONEST["Anchor"]
    nonsense = altered(anchor, ("evidence", "events", 0, "event", "ignoreFields"), 5)
    desk.pending = [{**nonsense, "id": "a1"}, {**anchor, "id": "b1"}]
    with signer(desk, tmp_path, organisation) as working:
        working.step()
    assert ("a1" in desk.refusals, "b1" in desk.signatures) == (True, True)


def test_claim_that_is_not_the_declarations_is_refused(desk: Desk, tmp_path: Path) -> None:
    asked = altered(HONEST["Acquit"][1], ("evidence", "claimSecret"), "0x" + "44" * 32)
    claim = hmac.digest(b"\x44" * 32, b"AU-1", "sha256")
    honest_one = altered(asked, ("message", "claim"), to_hex(claim))
    for path, value in ((("evidence", "declaration"), "AU-2"), (("message", "claim"), "0x" + "55" * 32)):
        assert _refused(desk, tmp_path, CUSTOMS, altered(honest_one, path, value)) == "SIGNER_FIELD_DIFFERS"
    desk.pending = [honest_one]
    with signer(desk, tmp_path, CUSTOMS) as working:
        working.step()
    assert list(desk.signatures) == ["a1"]


def _claimed(secret: bytes, declaration: str, identifier: str) -> dict[str, Any]:
    asked = altered(HONEST["Acquit"][1], ("evidence", "claimSecret"), to_hex(secret))
    asked["evidence"]["declaration"] = declaration
    asked["message"]["claim"] = to_hex(hmac.digest(secret, declaration.encode(), "sha256"))
    return {**asked, "id": identifier}


@pytest.mark.parametrize("kind", ["Acquit", "Withdraw", "Refuse"])
def test_one_declaration_is_not_claimed_a_second_time_under_another_secret(
    kind: str, desk: Desk, tmp_path: Path
) -> None:
    desk.pending = [{**HONEST[kind][1], "id": "a0"}]
    with signer(desk, tmp_path, CUSTOMS) as working:
        working.step()
    other = b"\x44" * 32
    # A signer that starts again remembers it.
    assert _refused(desk, tmp_path, CUSTOMS, _claimed(other, "AU-1", "a1")) == "SIGNER_CLAIM_SECRET"
    desk.pending = [_claimed(CLAIM_SECRET, "AU-2", "a2")]
    with signer(desk, tmp_path, CUSTOMS) as working:
        working.step()
    assert list(desk.signatures) == ["a2"]
    kept = (tmp_path / "signed.jsonl").read_text()
    assert kept.count("claim_secret") == 1
    assert CLAIM_SECRET.hex() not in kept


def test_a_person_can_take_a_new_claim_secret_by_the_hash_that_the_refusal_names(
    desk: Desk, tmp_path: Path
) -> None:
    desk.pending = [_claimed(CLAIM_SECRET, "AU-1", "a0")]
    said: list[str] = []
    other = b"\x44" * 32
    with signer(desk, tmp_path, CUSTOMS) as working:
        working.say = said.append
        working.step()
        desk.pending = [_claimed(other, "AU-2", "a1")]
        working.step()
    assert desk.refusals == {"a1": "SIGNER_CLAIM_SECRET"}
    shown = said[-1].split("the hash ")[1].split(";")[0]
    made = SignerSettings(
        tmp_path, desk.url, CUSTOMS, PINS, settings.default_limits(False), KEY.address, claim_secret=shown
    )
    settings.write(made)
    assert settings.load(tmp_path).claim_secret == shown
    desk.pending = [_claimed(other, "AU-2", "a2"), _claimed(CLAIM_SECRET, "AU-3", "a3")]
    with signer(desk, tmp_path, CUSTOMS) as working:
        working.settings = settings.load(tmp_path)
        working.step()
    assert set(desk.signatures) == {"a0", "a2"}
    assert desk.refusals["a3"] == "SIGNER_CLAIM_SECRET"


@pytest.mark.parametrize("kind", ["Acquit", "Reinstate", "Consume"])
def test_a_new_signer_bounds_what_it_signs_unseen_in_a_day(kind: str, desk: Desk, tmp_path: Path) -> None:
    organisation, asked = HONEST[kind]
    limits = settings.default_limits(False)
    assert limits.per_day[kind] > 0
    desk.pending = [
        asked,
        {**altered(asked, ("message", "deadline"), asked["message"]["deadline"] + 1), "id": "a2"},
    ]
    with signer(desk, tmp_path, organisation, per_day={**limits.per_day, kind: 1}) as working:
        working.step()
    assert set(desk.signatures) == {"a1"}
    assert desk.refusals == {"a2": "SIGNER_DAILY_LIMIT"}


def test_successor_that_is_not_named_is_refused(desk: Desk, tmp_path: Path) -> None:
    asked = HONEST["Supersede"][1]
    extra = [*asked["evidence"]["documents"], paper(sample_document("N-7"))]
    case = altered(asked, ("evidence", "documents"), extra)
    case["message"].update(root=to_hex(tree_of(extra).root), count=2)
    assert _refused(desk, tmp_path, DEMO_ISSUER, case) == "SIGNER_FIELD_DIFFERS"


def test_successors_that_allow_more_than_the_original_are_refused(desk: Desk, tmp_path: Path) -> None:
    asked = HONEST["Supersede"][1]
    generous = [paper(sample_document("N-7", allowance=5))]
    case = altered(asked, ("evidence", "documents"), generous)
    case["message"].update(root=to_hex(tree_of(generous).root), successors=[to_hex(leaf_of(generous[0]))])
    assert _refused(desk, tmp_path, DEMO_ISSUER, case) == "SIGNER_ALLOWANCE"


def test_only_a_batch_of_our_own_journal_is_confirmed(desk: Desk, tmp_path: Path) -> None:
    asked = issue(sample_document("N-1"))
    root = bytes.fromhex(asked["message"]["root"][2:])
    assert _refused(desk, tmp_path, DEMO_ISSUER, confirmation(root)) == "SIGNER_BATCH_UNKNOWN"
    desk.pending = [asked]
    with signer(desk, tmp_path, DEMO_ISSUER) as working:
        working.step()
        desk.pending = [confirmation(root)]
        working.step()
    assert set(desk.signatures) == {"a1", "c1"}


@pytest.mark.parametrize("change", ["value", "order", "removed", "inserted"])
def test_stream_that_no_longer_begins_as_it_was_signed_is_refused(
    change: str, desk: Desk, tmp_path: Path
) -> None:
    desk.pending = [anchor(3)]
    with signer(desk, tmp_path, CARRIER) as working:
        working.step()
    assert set(desk.signatures) == {"a1"}
    events = [event(i) for i in range(4)]
    if change == "value":
        events[1]["bizStep"] = "unloading"
    elif change == "order":
        events[0], events[1] = events[1], events[0]
    elif change == "removed":
        del events[1]
    else:
        events.insert(1, event(9))
    tree = stream_tree(events)
    message = {**anchor(3)["message"], "count": len(events), "head": to_hex(tree.root())}
    case = {**anchor(3), "id": "b2", "message": message}
    case["evidence"] = {**case["evidence"], "events": [{"event": e} for e in events]}
    assert _refused(desk, tmp_path, CARRIER, case) == "SIGNER_STREAM_REWRITTEN"


def test_stream_grows_from_any_head_that_it_had(desk: Desk, tmp_path: Path) -> None:
    with signer(desk, tmp_path, CARRIER) as working:
        desk.pending = [anchor(2, identifier="a1")]
        working.step()
        desk.pending = [anchor(5, stream_tree([event(i) for i in range(2)]).root(), "a2")]
        working.step()
        desk.pending = [anchor(6, bytes(32), "a3")]
        working.step()
        desk.pending = [anchor(7, b"\x66" * 32, "a4")]
        working.step()
    assert set(desk.signatures) == {"a1", "a2", "a3"}
    assert desk.refusals == {"a4": "SIGNER_FIELD_DIFFERS"}


@pytest.mark.parametrize("call", ["0x", "0x12345678", "0x" + "00" * 200])
def test_vote_for_a_call_that_cannot_be_read_is_refused(call: str, desk: Desk, tmp_path: Path) -> None:
    case = altered(HONEST["Vote"][1], ("message", "call"), call)
    assert _refused(desk, tmp_path, None, case) == "SIGNER_CALL_UNREADABLE"


def test_vote_with_bytes_behind_the_call_is_refused(desk: Desk, tmp_path: Path) -> None:
    asked = HONEST["Vote"][1]
    for tail in ("00", "00" * 32):
        case = altered(asked, ("message", "call"), asked["message"]["call"] + tail)
        assert _refused(desk, tmp_path, None, case) == "SIGNER_CALL_UNREADABLE"


def test_member_does_not_vote_and_the_council_does_not_issue(desk: Desk, tmp_path: Path) -> None:
    assert _refused(desk, tmp_path / "a", DEMO_ISSUER, HONEST["Vote"][1]) == "SIGNER_ACT_NOT_ALLOWED"
    assert _refused(desk, tmp_path / "b", None, HONEST["Issue"][1]) == "SIGNER_ACT_NOT_ALLOWED"


def test_other_organisations_identity_is_never_signed_for(desk: Desk, tmp_path: Path) -> None:
    for kind, (organisation, asked) in HONEST.items():
        if organisation is not None:
            reason = _refused(desk, tmp_path, "urn:somebody:else", asked)
            assert reason in {"SIGNER_FIELD_DIFFERS", "SIGNER_OTHER_ISSUER"}, kind


_JUNK: list[Any] = [None, 0, -1, True, "", "0x", [], {}, "\x1b", (1 << 53) - 1, {"a": []}]


@pytest.mark.parametrize("kind", HONEST)
def test_junk_anywhere_in_a_request_gets_a_refusal_and_no_fault(
    kind: str, desk: Desk, tmp_path: Path
) -> None:
    organisation, asked = HONEST[kind]
    with signer(desk, tmp_path, organisation) as working:
        for number, path in enumerate(_paths(asked, 5)):
            junk = _JUNK[number % len(_JUNK)]
            desk.pending = [{**altered(asked, path, junk), "id": f"j{number}"}]
            working.step()
            assert (f"j{number}" in desk.refusals) != (f"j{number}" in desk.signatures), path
    digests = {row["digest"] for row in map(json.loads, (tmp_path / "signed.jsonl").read_text().splitlines())}
    assert len(digests) <= 1 + len(_CHOICES) + len(_CHOICES_OF)


def test_other_documents_never_leave_the_signer(desk: Desk, tmp_path: Path) -> None:
    desk.pending = [issue(sample_document("N-1"))]
    with signer(desk, tmp_path, DEMO_ISSUER) as working:
        working.step()
    assert len(desk.posted) == 1
    assert b"Ningbo" not in desk.posted[0]
    assert PrivateKey(KEY.private).to_hex().encode() not in desk.posted[0]


def _paths(value: Any, depth: int, at: tuple[Any, ...] = ()) -> Any:
    if at:
        yield at
    if depth and isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, depth - 1, (*at, key))
    elif depth and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, depth - 1, (*at, index))


def _refused(desk: Desk, folder: Path, organisation: str | None, case: dict[str, Any]) -> str:
    desk.signatures.clear()
    desk.refusals.clear()
    desk.pending = [case]
    with signer(desk, folder, organisation) as working:
        working.step()
    assert desk.signatures == {}
    return desk.refusals[case["id"]]


@pytest.mark.parametrize("kind", sorted(WITH_PERSON & set(HONEST)))
def test_act_that_hands_power_on_or_cannot_be_undone_waits_for_a_person(
    kind: str, desk: Desk, tmp_path: Path
) -> None:
    organisation, asked = HONEST[kind]
    limits = {"with_person": WITH_PERSON}
    desk.pending = [asked]
    with signer(desk, tmp_path, organisation, **limits) as alone:
        said: list[str] = []
        alone.say = said.append
        assert (alone.step(), alone.step()) == (0, 0)
    assert (desk.signatures, desk.refusals) == ({}, {})
    assert len(said) == 1
    with signer(desk, tmp_path, organisation, **limits) as attended:
        attended.ask = lambda _: True
        assert attended.step() == 1
    assert set(desk.signatures) == {"a1"}


@pytest.mark.parametrize("council", [False, True])
def test_new_signer_hands_no_power_on_by_itself(council: bool, tmp_path: Path) -> None:
    limits = settings.default_limits(council)
    assert limits.with_person == WITH_PERSON & limits.acts
    made = SignerSettings(
        tmp_path, "http://127.0.0.1:1", None if council else DEMO_ISSUER, PINS, limits, KEY.address
    )
    settings.write(made)
    assert settings.load(tmp_path).limits == limits
    path = tmp_path / settings.FILE
    older = [line for line in path.read_text().splitlines() if not line.startswith("with_person")]
    path.write_text("\n".join(older))
    assert settings.load(tmp_path).limits == limits


def test_identifier_stands_before_the_name_that_nothing_binds(desk: Desk, tmp_path: Path) -> None:
    organisation, enrol = HONEST["Enrol"]
    desk.pending = [altered(enrol, ("evidence", "name"), "urn:some:other")]
    said: list[str] = []
    with signer(desk, tmp_path, organisation) as working:
        working.say = said.append
        working.step()
    assert "Enrol urn:new:member (urn:some:other)" in said[0]
