"""The main job end to end, on a real chain: issue, verify, acquit, revoke, verify again."""

from ledger_app.services import certificates, clearing, lifecycle
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.support.world import World


def test_a_certificate_is_issued_verified_acquitted_and_revoked(world: World) -> None:
    (issued,) = world.issue()
    bundle = certificates.bundle(world.ctx, world.principal("chamber-cn"), issued["id"])

    before = world.verify(file=bundle)
    assert (before["verdict"], before["standing"], before["exit_code"]) == ("GENUINE", "good", 0)
    assert before["ledger"]["block"] > 0

    acquitted = world.done(
        clearing.acquit(
            world.ctx,
            world.principal("customs-au"),
            Reference(id=issued["id"]),
            "AU-1",
            None,
            None,
            ALWAYS,
        )
    )
    assert acquitted["gasUsed"] < 110_000
    used = world.verify(file=bundle)
    assert (used["verdict"], used["standing"], used["exit_code"]) == ("GENUINE", "used-up", 12)
    mine = world.verify("customs-au", file=bundle, claim="AU-1")
    assert (mine["verdict"], mine["standing"], mine["exit_code"]) == ("GENUINE", "good", 0)

    revoked = world.done(
        lifecycle.revoke(
            world.ctx, world.principal("chamber-cn"), Reference(id=issued["id"]), "ISSUED_IN_ERROR", ALWAYS
        )
    )
    assert revoked["gasUsed"] < 80_000
    after = world.verify(file=bundle)
    assert (after["verdict"], after["standing"], after["exit_code"]) == ("GENUINE", "revoked", 12)
