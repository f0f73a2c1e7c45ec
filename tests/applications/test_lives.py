"""The life of a certificate in sight: what may be done, what is refused before anybody signs, and when."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger_app.domain.agreements import use_folder
from ledger_app.errors import BadInput, Conflict, LedgerError, NotPermitted, Unprocessable
from ledger_app.services import certificates, clearing, enquiries, issuing, lifecycle, signing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.support.world import World

DAY = 86_400


def shown(world: World, certificate: dict[str, Any], by: str = "chamber-cn") -> dict[str, Any]:
    world.catch_up()
    return certificates.show(world.ctx, world.principal(by), certificate["id"])


def may(world: World, certificate: dict[str, Any], by: str = "chamber-cn") -> set[str]:
    return {one["act"] for one in shown(world, certificate, by)["may"] if one["possible"]}


def why_not(world: World, certificate: dict[str, Any], act: str, by: str = "chamber-cn") -> str:
    (found,) = [one for one in shown(world, certificate, by)["may"] if one["act"] == act]
    assert not found["possible"]
    return str(found["reason"])


def named(certificate: dict[str, Any]) -> Reference:
    return Reference(id=certificate["id"])


def acquit(world: World, certificate: dict[str, Any], by: str = "customs-au", **more: Any) -> Any:
    rest = {"declaration": "D-1", "units": None, "items": None, "once": ALWAYS, **more}
    return clearing.acquit(world.ctx, world.principal(by), named(certificate), **rest)


# --- in sight ---------------------------------------------------------------------------------------------


def test_each_caller_sees_what_they_may_do_now_and_why_not_the_rest(world: World) -> None:
    (certificate,) = world.issue()
    assert shown(world, certificate)["states"] == ["issued"]
    assert may(world, certificate) == {"suspend", "revoke", "supersede"}
    assert may(world, certificate, "customs-au") == {"acquit", "refuse", "enquire"}
    assert may(world, certificate, "customs-cn") == {"enquire"}
    assert "Australia" in why_not(world, certificate, "acquit", "customs-cn")
    assert why_not(world, certificate, "acquit") == "Only customs may do this."
    assert why_not(world, certificate, "withdraw", "customs-au") == "Nothing of it is acquitted by you."
    assert may(world, certificate, "authority-cn") == set()

    world.done(acquit(world, certificate))
    assert shown(world, certificate)["states"] == ["used-up"]
    assert may(world, certificate, "customs-au") == {"withdraw", "enquire", "refuse"}
    assert why_not(world, certificate, "supersede").startswith("Used up")

    chamber = world.principal("chamber-cn")
    world.done(lifecycle.revoke(world.ctx, chamber, named(certificate), "ISSUED_IN_ERROR", ALWAYS))
    assert shown(world, certificate)["states"] == ["revoked", "used-up"]
    assert may(world, certificate) == set()


def test_before_it_is_on_the_ledger_there_is_nothing_to_do_with_it(world: World) -> None:
    answer = issuing.issue(world.ctx, world.principal("chamber-cn"), [world.document()], ALWAYS)
    (certificate,) = answer["certificates"]
    seen = shown(world, certificate)
    assert (seen["states"], seen["may"]) == (["needs-signature"], [])


def test_while_the_ledger_cannot_be_asked_nothing_is_made_up_and_nothing_held_up(world: World) -> None:
    (certificate,) = world.issue()
    chamber = world.principal("chamber-cn")
    world.catch_up()
    gateway, world.ctx.gateway_or_none = world.ctx.gateway_or_none, None
    try:
        seen = certificates.show(world.ctx, chamber, certificate["id"])
        assert (seen["states"], seen["may"]) == (None, None)
        assert {one["what"] for one in seen["deadlines"]} >= {"present-by"}
        asked = lifecycle.revoke(world.ctx, chamber, named(certificate), 1, ALWAYS)
    finally:
        world.ctx.gateway_or_none = gateway
    world.done(asked)


def test_deadlines_come_from_the_agreement_and_pass_when_the_day_is_over_everywhere(
    world: World, at: Callable[[datetime], None]
) -> None:
    (certificate,) = world.issue(world.document(validUntil="2027-11-20"))
    days = {one["what"]: one for one in shown(world, certificate)["deadlines"]}
    assert days["present-by"]["day"] == "2027-11-20"
    assert days["present-by"]["source"] == "RCEP Article 3.16(6)"
    assert days["issue-by"]["day"] == "2027-11-22"
    assert days["keep-records-until"]["day"] == "2029-11-20"
    at(datetime(2027, 11, 21, 11, 59, tzinfo=UTC))
    days = {one["what"]: one for one in shown(world, certificate)["deadlines"]}
    assert (days["present-by"]["overdue"], days["present-by"]["daysLeft"]) == (False, 0)
    at(datetime(2027, 11, 21, 12, 0, tzinfo=UTC))
    days = {one["what"]: one for one in shown(world, certificate)["deadlines"]}
    assert (days["present-by"]["overdue"], days["present-by"]["daysLeft"]) == (True, -1)
    assert (days["issue-by"]["overdue"], days["issue-by"]["state"]) == (False, "met")
    assert "expired" in shown(world, certificate)["states"]


def test_an_enquiry_without_an_answer_is_overdue_and_then_a_reason_to_refuse(
    world: World, at: Callable[[datetime], None]
) -> None:
    (certificate,) = world.issue()
    customs, chamber = world.principal("customs-au"), world.principal("chamber-cn")

    def refuse() -> dict[str, Any]:
        return clearing.refuse(world.ctx, customs, named(certificate), "R-9", "NO_ANSWER", ALWAYS)

    asked = enquiries.enquire(
        world.ctx,
        customs,
        world.actors["chamber-cn"].identifier,
        named(certificate),
        1,
        world.ctx.now() + 30 * DAY,
        "Is it so?",
        ALWAYS,
    )
    world.done(asked)
    seen = shown(world, certificate)
    assert (seen["states"], seen["enquiries"][0]["state"]) == (["enquired"], "open")
    (reply,) = [one for one in seen["deadlines"] if one["what"] == "reply-by"]
    assert (reply["daysLeft"], reply["overdue"]) == (30, False)
    with pytest.raises(Conflict, match="overdue"):
        refuse()

    late = datetime.fromtimestamp(world.ctx.now() + 31 * DAY, UTC)
    at(late)
    seen = shown(world, certificate)
    assert (seen["states"], seen["enquiries"][0]["state"]) == (["overdue"], "overdue")
    (reply,) = [one for one in seen["deadlines"] if one["what"] == "reply-by"]
    assert (reply["daysLeft"], reply["overdue"], reply["state"]) == (-1, True, "overdue")
    assert refuse()["act"]["state"] == "needs-signature"

    at(datetime.now(UTC))
    world.done(enquiries.answer(world.ctx, chamber, asked["enquiry"], 1, "It is.", ALWAYS))
    at(late)
    seen = shown(world, certificate)
    assert (seen["states"], seen["enquiries"][0]["state"]) == (["answered"], "answered")
    (reply,) = [one for one in seen["deadlines"] if one["what"] == "reply-by"]
    assert (reply["overdue"], reply["state"]) == (False, "met")


def test_deadlines_say_what_became_of_them(world: World, at: Callable[[datetime], None]) -> None:
    def states(certificate: dict[str, Any]) -> dict[str, str]:
        return {one["what"]: one["state"] for one in shown(world, certificate)["deadlines"]}

    answer = issuing.issue(world.ctx, world.principal("chamber-cn"), [world.document()], ALWAYS)
    (waiting,) = answer["certificates"]
    open_ = {"issue-by": "open", "present-by": "open", "keep-records-until": "open"}
    assert states(waiting) == open_
    signing.refuse(world.ctx, world.principal("chamber-cn"), answer["act"]["id"], "SIGNER_LIMIT", "no")
    assert states(waiting) == open_ | {"issue-by": "over", "present-by": "over"}

    used, revoked, kept, late = world.issue(
        *(world.document() for _ in range(3)),
        world.document(
            flags=["replacement"],
            original={"number": "P-1", "issueDate": "2026-11-20"},
            issueDate="2027-12-01",
            validUntil="2028-11-30",
        ),
    )
    world.done(acquit(world, used))
    chamber = world.principal("chamber-cn")
    world.done(lifecycle.revoke(world.ctx, chamber, named(revoked), "ISSUED_IN_ERROR", ALWAYS))
    assert states(kept) == open_ | {"issue-by": "met"}
    at(datetime(2035, 1, 1, tzinfo=UTC))
    over = {"issue-by": "met", "keep-records-until": "over"}
    assert states(used) == over | {"present-by": "met"}
    assert states(revoked) == over | {"present-by": "over"}
    assert states(kept) == over | {"present-by": "overdue"}
    assert states(late)["issue-by"] == "over"


# --- validity on the day of presentation --------------------------------------------------------------------


def test_a_certificate_is_used_up_as_long_as_its_last_day_lasts_somewhere(
    world: World, at: Callable[[datetime], None]
) -> None:
    (certificate,) = world.issue(world.document(scheme="NON-PREFERENTIAL", validUntil="2028-02-29"))
    at(datetime(2028, 3, 1, 12, 0, tzinfo=UTC))
    with pytest.raises(Conflict, match="valid until 2028-02-29"):
        acquit(world, certificate)
    with pytest.raises(Conflict, match="EXPIRED"):
        acquit(world, certificate, presented="2028-03-01")
    assert acquit(world, certificate, presented="2028-02-29")["act"]["state"] == "needs-signature"
    at(datetime(2028, 3, 1, 11, 59, tzinfo=UTC))
    assert acquit(world, certificate, declaration="D-2")["act"]["state"] == "needs-signature"
    with pytest.raises(BadInput, match="DAY_INVALID"):
        acquit(world, certificate, presented="29/02/2028")
    for other in ("2028-W09-2", "20280229", "2028-02-30", ""):
        with pytest.raises(BadInput, match="DAY_INVALID"):
            acquit(world, certificate, presented=other)


def test_a_certificate_of_one_day_is_used_at_every_hour_of_that_day(
    world: World, at: Callable[[datetime], None]
) -> None:
    day = {"validFrom": "2028-03-01", "validUntil": "2028-03-01"}
    (certificate,) = world.issue(world.document(scheme="NON-PREFERENTIAL", allowance=9, **day))
    begun = datetime(2028, 2, 29, 10, 0, tzinfo=UTC)  # the first moment of that day on earth
    # It is three days at once from 10 to 12 o'clock.
    for hours in (0, 13, 14, 24.5, 25.9, 26, 37, 49.9):
        at(begun + timedelta(hours=hours))
        assert acquit(world, certificate, units=1, declaration=f"D-{hours}")["act"]["id"]
    for hours, reason in ((-0.1, "NOT_YET_VALID"), (50, "EXPIRED")):
        at(begun + timedelta(hours=hours))
        with pytest.raises(Conflict, match=reason):
            acquit(world, certificate, units=1, declaration=f"D-{hours}")


def test_a_certificate_is_not_used_before_its_first_day_has_begun_anywhere(
    world: World, at: Callable[[datetime], None]
) -> None:
    (certificate,) = world.issue(world.document(validFrom="2026-12-10"))
    at(datetime(2026, 12, 9, 9, 59, tzinfo=UTC))
    with pytest.raises(Conflict, match="NOT_YET_VALID"):
        acquit(world, certificate)
    assert "not-yet-valid" in shown(world, certificate)["states"]
    at(datetime(2026, 12, 9, 10, 0, tzinfo=UTC))
    assert acquit(world, certificate)["act"]["state"] == "needs-signature"


# --- one use, or in parts -----------------------------------------------------------------------------------


def test_a_certificate_is_for_one_use_unless_it_says_more(world: World) -> None:
    (certificate,) = world.issue()
    world.done(acquit(world, certificate))
    with pytest.raises(Conflict, match="Used up"):
        acquit(world, certificate, declaration="D-2", units=1)
    with pytest.raises(Conflict, match="NOTHING_LEFT"):
        acquit(world, certificate, declaration="D-2")


def test_where_the_scheme_forbids_use_in_parts_an_allowance_is_refused_at_issue(
    world: World, tmp_path: Path
) -> None:
    rules = Path("ledger_app/domain/agreements/rcep.toml").read_text("utf-8")
    strict = rules.replace("[draw_down]\nallowed = false\ncertain = false", "[draw_down]\nallowed = false")
    assert strict != rules
    (tmp_path / "rcep.toml").write_text(strict, "utf-8")
    use_folder(tmp_path)
    try:
        with pytest.raises(Unprocessable) as refused:
            issuing.issue(world.ctx, world.principal("chamber-cn"), [world.document(allowance=5)], ALWAYS)
        errors = [one for one in refused.value.context["findings"] if one["severity"] == "error"]
        assert [(one["pointer"], one["rule"]) for one in errors] == [("/allowance", "DRAW_DOWN")]
        assert "used up by one import" in errors[0]["words"]
        world.issue()
    finally:
        use_folder(None)


def test_two_customs_offices_that_want_the_last_unit_at_once_get_it_once(world: World) -> None:
    (certificate,) = world.issue(world.document(destination=None, importCountry="AU"))
    offices = ("customs-au", "customs-cn")
    with ThreadPoolExecutor(2) as pool:
        asked = list(pool.map(lambda by: acquit(world, certificate, by), offices))
        settled = list(pool.map(world.settle, asked))
    assert sorted(act["state"] in ("included", "final") for act in settled) == [False, True]
    (lost,) = [act for act in settled if act["state"] not in ("included", "final")]
    assert (lost["state"], lost["reason"]) == ("reverted", "ALLOWANCE_EXCEEDED")


# --- replacing and resting on another -----------------------------------------------------------------------


def copy_of(original: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A true copy of the document `original`."""
    return {
        **original,
        "number": f"{original['number']}-C",
        "flags": ["certified-true-copy"],
        "original": {"number": original["number"], "issueDate": "2026-11-20"},
        **changes,
    }


def supersede(
    world: World, original: dict[str, Any], documents: list[dict[str, Any]], reason: str
) -> dict[str, Any]:
    return issuing.supersede(
        world.ctx, world.principal("chamber-cn"), named(original), documents, reason, ALWAYS
    )


def test_a_true_copy_takes_the_place_of_an_unused_original_and_keeps_its_validity(world: World) -> None:
    document = world.document(allowance=4)
    (original,) = world.issue(document)
    until = document["validUntil"]
    shorter = (date.fromisoformat(until) - timedelta(days=1)).isoformat()
    other = {"name": "Somebody Else"}
    for changes in ({"allowance": {"units": 3}}, {"validUntil": shorter}, {"consignee": other}):
        wrong = copy_of(document, **changes)
        with pytest.raises(Conflict, match="TRUE_COPY_DIFFERS"):
            supersede(world, original, [wrong], "TRUE_COPY")
    with pytest.raises(Conflict, match="TRUE_COPY_DIFFERS"):
        supersede(world, original, [world.document(allowance=4)], "TRUE_COPY")
    with pytest.raises(Conflict, match="TRUE_COPY_DIFFERS"):
        supersede(world, original, [copy_of(document)], "CORRECTION")
    answer = supersede(world, original, [copy_of(document)], "TRUE_COPY")
    world.done(answer)
    assert shown(world, original)["states"] == ["superseded"]
    (copy,) = answer["certificates"]
    assert shown(world, copy)["validUntil"] == until
    with pytest.raises(Conflict, match="LIFE_FORBIDS"):
        acquit(world, original)


def test_of_a_used_original_there_is_no_true_copy(world: World) -> None:
    document = world.document(allowance=4)
    (original,) = world.issue(document)
    world.done(acquit(world, original, units=1))
    for units, reason in ((3, "TRUE_COPY_DIFFERS"), (4, "SUCCESSORS_EXCEED")):
        with pytest.raises(Conflict, match=reason):
            supersede(world, original, [copy_of(document, allowance={"units": units})], "TRUE_COPY")
    with pytest.raises(Conflict, match="SUCCESSORS_EXCEED"):
        supersede(world, original, [world.document(allowance=4)], "CORRECTION")
    world.done(supersede(world, original, [world.document(allowance=3)], "CORRECTION"))


def test_parts_and_corrections_get_numbers_from_the_range_too(world: World) -> None:
    from tests.applications.desk import add_range

    (original,) = world.issue(world.document(allowance=3))
    with world.client("chamber-cn") as client:
        prefix = add_range(world, client)
    parts = [
        {name: value for name, value in world.document(allowance=units).items() if name != "number"}
        for units in (1, 2)
    ]
    answer = supersede(world, original, parts, "SPLIT")
    assert [one["number"] for one in answer["certificates"]] == [prefix + "0001", prefix + "0002"]
    world.done(answer)


def test_back_to_back_rests_on_what_is_left_and_only_where_the_goods_went(world: World) -> None:
    (original,) = world.issue(world.document(allowance=10))
    abroad = world.principal("chamber-au")
    reference = Reference(bundle=_bundle(world, original))

    def part(units: int) -> dict[str, Any]:
        issuer = {
            "identifier": world.actors["chamber-au"].identifier,
            "name": "Chamber abroad",
            "territory": "AU",
        }
        made = world.document(allowance=units, destination="NZ", importCountry="NZ", flags=["back-to-back"])
        return {**made, "issuer": issuer}

    def consume(units: int, documents: list[dict[str, Any]]) -> dict[str, Any]:
        return issuing.consume(world.ctx, abroad, reference, documents, units, None, ALWAYS)

    with pytest.raises(Conflict, match="SUCCESSORS_EXCEED"):
        consume(4, [part(3), part(2)])
    world.done(consume(4, [part(3), part(1)]))
    assert shown(world, original)["states"] == ["partly-used"]
    with pytest.raises(Conflict, match="ALLOWANCE_EXCEEDED"):
        consume(7, [part(7)])
    with pytest.raises(BadInput, match="BATCH_EMPTY"):
        consume(1, [])
    (elsewhere,) = world.issue(world.document(destination="KR", importCountry="KR"))
    with pytest.raises(NotPermitted, match="Korea"):
        issuing.consume(
            world.ctx, abroad, Reference(bundle=_bundle(world, elsewhere)), [part(1)], 1, None, ALWAYS
        )
    with pytest.raises(LedgerError, match="OWN_CERTIFICATE"):
        issuing.consume(
            world.ctx, world.principal("chamber-cn"), named(original), [world.document()], 1, None, ALWAYS
        )


def test_who_is_no_longer_accredited_replaces_nothing(world: World) -> None:
    (original,) = world.issue()
    world.done(world.accreditation("chamber-cn", "RCEP", 0))
    try:
        with pytest.raises(NotPermitted, match="not accredited"):
            supersede(world, original, [world.document()], "CORRECTION")
    finally:
        world.done(world.accreditation("chamber-cn", "RCEP", 1))
        world.catch_up()
    world.done(supersede(world, original, [world.document()], "CORRECTION"))


def test_a_request_repeated_after_its_act_is_done_gets_its_first_answer(world: World) -> None:
    (certificate,) = world.issue()
    with world.client("chamber-cn") as client:
        url, key = f"/v1/certificates/{certificate['id']}/suspend", {"Idempotency-Key": certificate["id"]}
        first = client.post(url, json={"reason": 1}, headers=key).json()
        world.done(first)
        again = client.post(url, json={"reason": 1}, headers=key)
        assert (again.status_code, again.json()["act"]["id"]) == (202, first["act"]["id"])
        other = client.post(url, json={"reason": 1})
        assert (other.status_code, other.json()["reason"]) == (409, "LIFE_FORBIDS")


def _bundle(world: World, certificate: dict[str, Any]) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads(
        certificates.bundle(world.ctx, world.principal("chamber-cn"), certificate["id"])
    )
    return found
