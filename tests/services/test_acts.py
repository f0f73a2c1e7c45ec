"""Every act on a certificate, on a real chain, through the services."""

import hmac

import pytest

from ledger_app.errors import BadInput, Conflict, NotFound, NotPermitted, Unprocessable
from ledger_app.proof.canonical import parse_object
from ledger_app.services import certificates, clearing, enquiries, issuing, lifecycle, signing
from ledger_app.services.acts import must_get
from ledger_app.services.claims import claim_hex, claim_secret
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.support.world import World


def named(certificate: dict[str, str]) -> Reference:
    return Reference(id=certificate["id"])


def bundle_of(world: World, certificate: dict[str, str], by: str = "chamber-cn") -> bytes:
    return certificates.bundle(world.ctx, world.principal(by), certificate["id"])


def standing(world: World, certificate: dict[str, str], by: str = "chamber-cn") -> str:
    found: str = world.verify(file=bundle_of(world, certificate, by))["standing"]
    return found


def test_a_batch_of_many_is_one_act_and_each_certificate_verifies(world: World) -> None:
    issued = world.issue(*(world.document() for _ in range(7)))
    assert len({certificate["leaf"] for certificate in issued}) == 7
    reports = [world.verify(file=bundle_of(world, certificate)) for certificate in issued]
    assert {(report["verdict"], report["standing"]) for report in reports} == {("GENUINE", "good")}
    assert len({report["certificate"]["batch"] for report in reports}) == 1


def test_suspension_is_lifted_and_set_again(world: World) -> None:
    (certificate,) = world.issue()
    chamber = world.principal("chamber-cn")
    for _ in range(2):
        world.done(lifecycle.suspend(world.ctx, chamber, named(certificate), "UNDER_INVESTIGATION", ALWAYS))
        assert standing(world, certificate) == "suspended"
        world.done(lifecycle.reinstate(world.ctx, chamber, named(certificate), ALWAYS))
        assert standing(world, certificate) == "good"


def test_a_revoked_certificate_takes_no_further_act(world: World) -> None:
    (certificate,) = world.issue()
    chamber = world.principal("chamber-cn")
    world.done(lifecycle.revoke(world.ctx, chamber, named(certificate), 1, ALWAYS))
    for act in (lifecycle.suspend, lifecycle.revoke):
        with pytest.raises(Conflict, match="LIFE_FORBIDS"):
            act(world.ctx, chamber, named(certificate), 1, ALWAYS)
    with pytest.raises(Conflict, match="LIFE_FORBIDS"):
        lifecycle.reinstate(world.ctx, chamber, named(certificate), ALWAYS)


def test_successors_replace_the_original(world: World) -> None:
    (original,) = world.issue(world.document(allowance=10))
    parts = [world.document(allowance=4), world.document(allowance=6)]
    chamber = world.principal("chamber-cn")
    answer = issuing.supersede(world.ctx, chamber, named(original), parts, "SPLIT", ALWAYS)
    world.done(answer)
    assert standing(world, original) == "superseded"
    for part in answer["certificates"]:
        report = world.verify(file=bundle_of(world, part))
        assert (report["verdict"], report["standing"]) == ("GENUINE", "good")
        assert report["certificate"]["predecessor"] == original["leaf"]


def test_successors_that_allow_more_than_is_left_are_refused(world: World) -> None:
    (original,) = world.issue(world.document(allowance=2))
    chamber = world.principal("chamber-cn")
    parts = [world.document(allowance=1), world.document(allowance=2)]
    with pytest.raises(Conflict, match="SUCCESSORS_EXCEED"):
        issuing.supersede(world.ctx, chamber, named(original), parts, "SPLIT", ALWAYS)
    assert standing(world, original) == "good"


def test_what_happens_between_the_asking_and_the_signature_is_refused_by_the_contract(world: World) -> None:
    (original,) = world.issue(world.document(allowance=2))
    chamber, customs = world.principal("chamber-cn"), world.principal("customs-au")
    answer = issuing.supersede(
        world.ctx, chamber, named(original), [world.document(allowance=2)], "SPLIT", ALWAYS
    )
    world.done(clearing.acquit(world.ctx, customs, named(original), "B-1", 1, None, ALWAYS))
    act = world.settle(answer)
    assert (act["state"], act["reason"]) == ("reverted", "SUCCESSORS_EXCEED")
    assert standing(world, original) == "good"


def test_units_are_used_up_step_by_step_and_given_back_once(world: World) -> None:
    (certificate,) = world.issue(world.document(allowance=10))
    customs = world.principal("customs-au")
    world.done(clearing.acquit(world.ctx, customs, named(certificate), "D-1", 4, None, ALWAYS))
    report = world.verify(file=bundle_of(world, certificate))
    assert (report["standing"], report["allowance"]) == ("good", {"total": 10, "used": 4, "left": 6})
    world.done(clearing.acquit(world.ctx, customs, named(certificate), "D-2", None, None, ALWAYS))
    assert standing(world, certificate) == "used-up"
    world.done(clearing.withdraw(world.ctx, customs, named(certificate), "D-1", "ENTERED_IN_ERROR", ALWAYS))
    report = world.verify(file=bundle_of(world, certificate))
    assert report["allowance"] == {"total": 10, "used": 6, "left": 4}
    with pytest.raises(Conflict, match="LIFE_FORBIDS"):
        clearing.withdraw(world.ctx, customs, named(certificate), "D-1", "ENTERED_IN_ERROR", ALWAYS)
    with pytest.raises(Conflict, match="stays spent"):
        clearing.acquit(world.ctx, customs, named(certificate), "D-1", 1, None, ALWAYS)
    with pytest.raises(Conflict, match="ALLOWANCE_EXCEEDED"):
        clearing.acquit(world.ctx, customs, named(certificate), "D-3", 5, None, ALWAYS)


def test_items_are_used_within_their_own_allowance(world: World) -> None:
    (certificate,) = world.issue(world.document(per_item_allowance=5))
    customs = world.principal("customs-au")
    use = [{"item": 1, "units": 5}]
    world.done(clearing.acquit(world.ctx, customs, named(certificate), "I-1", None, use, ALWAYS))
    with pytest.raises(Conflict, match="ITEM_ALLOWANCE_EXCEEDED"):
        clearing.acquit(
            world.ctx, customs, named(certificate), "I-2", None, [{"item": 1, "units": 1}], ALWAYS
        )
    world.done(clearing.withdraw(world.ctx, customs, named(certificate), "I-1", "CLAIM_WITHDRAWN", ALWAYS))
    assert world.verify(file=bundle_of(world, certificate))["allowance"]["used"] == 0
    with pytest.raises(BadInput, match="ITEMS_INVALID"):
        clearing.acquit(
            world.ctx, customs, named(certificate), "I-3", None, [{"item": 9, "units": 1}], ALWAYS
        )
    with pytest.raises(BadInput, match="UNITS_INVALID"):
        clearing.acquit(
            world.ctx, customs, named(certificate), "I-3", None, [{"item": 1, "units": 6}], ALWAYS
        )


def test_a_refused_claim_changes_no_standing_and_may_be_acquitted_after_all(world: World) -> None:
    (certificate,) = world.issue()
    customs = world.principal("customs-au")
    world.done(clearing.refuse(world.ctx, customs, named(certificate), "R-1", "GOODS_DIFFER", ALWAYS))
    report = world.verify("customs-au", file=bundle_of(world, certificate), claim="R-1")
    assert report["standing"] == "good"
    assert next(c for c in report["checks"] if c["name"] == "allowance")["reason"] == "CLAIM_REFUSED"
    world.done(clearing.acquit(world.ctx, customs, named(certificate), "R-1", None, None, ALWAYS))
    assert standing(world, certificate) == "used-up"


def test_customs_of_another_territory_cannot_acquit(world: World) -> None:
    (certificate,) = world.issue()
    other = world.principal("customs-cn")
    with pytest.raises(NotPermitted, match="Australia"):
        clearing.acquit(world.ctx, other, named(certificate), "X", None, None, ALWAYS)


def test_customs_acts_on_a_certificate_known_only_from_a_bundle(world: World) -> None:
    (certificate,) = world.issue()
    bundle = parse_object(bundle_of(world, certificate))
    customs = world.principal("customs-au")
    answer = clearing.acquit(world.ctx, customs, Reference(bundle=bundle), "B-1", None, None, ALWAYS)
    request = signing.request(world.ctx, customs, answer["act"]["id"])
    assert request["evidence"]["subject"]["document"] == bundle["document"]
    world.done(answer)
    assert standing(world, certificate) == "used-up"


def test_a_bundle_whose_document_was_changed_is_not_acted_upon(world: World) -> None:
    (certificate,) = world.issue()
    bundle = parse_object(bundle_of(world, certificate))
    document = bundle["document"]
    assert isinstance(document, dict)
    document["number"] = "ANOTHER"
    with pytest.raises(Unprocessable, match="BUNDLE_DIFFERS"):
        clearing.acquit(
            world.ctx, world.principal("customs-au"), Reference(bundle=bundle), "B", None, None, ALWAYS
        )


def test_an_intermediate_issuer_consumes_and_issues_its_own(world: World) -> None:
    (original,) = world.issue(world.document(allowance=10))
    chamber = world.actors["chamber-au"]
    told = {"flags": ["back-to-back"], "original": {"number": original["number"]}}
    successor = world.document(allowance=6, destination="NZ", importCountry="NZ", **told)
    successor["issuer"] = {"identifier": chamber.identifier, "name": "chamber-au", "territory": "AU"}
    bundle = parse_object(bundle_of(world, original))
    answer = issuing.consume(
        world.ctx,
        world.principal("chamber-au"),
        Reference(bundle=bundle),
        [successor],
        6,
        None,
        ALWAYS,
    )
    world.done(answer)
    report = world.verify(file=bundle_of(world, answer["certificates"][0], "chamber-au"))
    assert report["certificate"]["predecessor"] == original["leaf"]
    assert world.verify(file=bundle_of(world, original))["allowance"]["left"] == 4


def test_an_enquiry_is_asked_answered_and_read_by_the_two_only(world: World) -> None:
    (certificate,) = world.issue()
    customs, chamber = world.principal("customs-au"), world.principal("chamber-cn")
    asked = enquiries.enquire(
        world.ctx,
        customs,
        world.actors["chamber-cn"].identifier,
        named(certificate),
        "AUTHENTICITY",
        world.ctx.now() + 86_400,
        "Is the stamp yours?",
        ALWAYS,
    )
    world.done(asked)
    world.catch_up()
    seen = enquiries.show(world.ctx, chamber, asked["enquiry"])
    assert (seen["text"], seen["registered"], seen["answer"]) == ("Is the stamp yours?", True, None)
    answered = enquiries.answer(world.ctx, chamber, asked["enquiry"], "CONFIRMED", "It is.", ALWAYS)
    with pytest.raises(Conflict, match="ENQUIRY_ANSWERED_HERE"):
        enquiries.answer(world.ctx, chamber, asked["enquiry"], "CONFIRMED", "Again.", ALWAYS)
    world.done(answered)
    world.catch_up()
    answer = enquiries.show(world.ctx, customs, asked["enquiry"])["answer"]
    assert (answer["code"], answer["text"], answer["late"]) == (1, "It is.", False)
    with pytest.raises(NotFound):
        enquiries.show(world.ctx, world.principal("customs-cn"), asked["enquiry"])


def test_a_suspected_forgery_is_asked_about_without_a_leaf(world: World) -> None:
    asked = enquiries.enquire(
        world.ctx,
        world.principal("customs-au"),
        world.actors["chamber-cn"].id,
        None,
        "AUTHENTICITY",
        world.ctx.now() + 86_400,
        "A paper numbered Z-1.",
        ALWAYS,
    )
    world.done(asked)
    assert asked["enquiry"].startswith("0x")


def test_only_the_issuer_limits_its_certificate(world: World) -> None:
    (certificate,) = world.issue()
    with pytest.raises(NotPermitted, match="OTHER_ISSUER"):
        lifecycle.revoke(world.ctx, world.principal("customs-au"), named(certificate), 1, ALWAYS)
    with pytest.raises(NotFound, match="CERTIFICATE_UNKNOWN"):
        lifecycle.revoke(world.ctx, world.principal("chamber-au"), named(certificate), 1, ALWAYS)


def test_a_number_stays_taken_while_its_certificate_lives(world: World) -> None:
    document = world.document()
    chamber = world.principal("chamber-cn")
    first = issuing.issue(world.ctx, chamber, [document], ALWAYS)
    with pytest.raises(Conflict, match="NUMBER_TAKEN"):
        issuing.issue(world.ctx, chamber, [document], ALWAYS)
    signing.refuse(world.ctx, chamber, first["act"]["id"], "SIGNER_PERSON_REFUSED", "a typo")
    second = issuing.issue(world.ctx, chamber, [document], ALWAYS)
    world.done(second)
    report = world.verify("trader", number=document["number"])
    assert report["certificate"]["leaf"] == second["certificates"][0]["leaf"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda d: d.pop("exporter"), "DOCUMENT_INVALID"),
        (lambda d: d.update(surprise=1), "DOCUMENT_INVALID"),
        (lambda d: d["issuer"].update(identifier="urn:test:somebody-else"), "ISSUER_DIFFERS"),
    ],
)
def test_a_document_that_cannot_be_issued_is_told_why(world: World, spoil: object, reason: str) -> None:
    document = world.document()
    spoil(document)  # type: ignore[operator]
    with pytest.raises(Unprocessable) as refused:
        issuing.issue(world.ctx, world.principal("chamber-cn"), [world.document(), document], ALWAYS)
    assert (refused.value.reason, refused.value.context["index"]) == (reason, 1)


def test_the_claim_id_is_the_keyed_hash_of_the_declaration(world: World) -> None:
    customs = world.actors["customs-au"].id
    secret = claim_secret(world.ctx, customs)
    expected = hmac.new(secret, b"AU-2026-9", "sha256").hexdigest()
    assert claim_hex(world.ctx, customs, " AU-2026-9 ") == "0x" + expected
    assert claim_secret(world.ctx, world.actors["customs-cn"].id) != secret


def test_an_erased_document_can_no_longer_be_shown_or_found_by_name(world: World) -> None:
    document = world.document()
    (certificate,) = world.issue(document)
    bundle = bundle_of(world, certificate)
    chamber = world.principal("chamber-cn")
    lifecycle.erase(world.ctx, chamber, certificate["id"])
    with pytest.raises(Conflict, match="DOCUMENT_ERASED"):
        bundle_of(world, certificate)
    shown = certificates.show(world.ctx, chamber, certificate["id"])
    assert (shown["document"], shown["erased"]) == (None, True)
    report = world.verify(digest=certificate["digest"])
    assert (report["verdict"], report["reason"]) == ("CANNOT_TELL", "DOCUMENT_ERASED")
    assert world.verify(file=bundle)["verdict"] == "GENUINE"  # what others hold is theirs


def test_refusal_that_comes_while_a_signature_is_taken_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (certificate,) = world.issue()
    chamber = world.principal("chamber-cn")
    asked = lifecycle.suspend(world.ctx, chamber, named(certificate), 1, ALWAYS)
    with world.ctx.store.read() as conn:
        before = must_get(conn, asked["act"]["id"])
    world.done(asked)
    monkeypatch.setattr(signing, "_own", lambda *_: before)
    answer = signing.refuse(world.ctx, chamber, asked["act"]["id"], "SIGNER_PERSON_REFUSED")
    assert answer["state"] in ("included", "final")
