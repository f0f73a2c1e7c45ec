"""One word for how a certificate stands, by itself as in lists."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ledger_app.services import certificates, clearing, issuing, lifecycle, signing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from ledger_app.services.search.filters import Filters
from ledger_app.services.search.finding import find
from tests.support.world import World


def stands(world: World, certificate: dict[str, Any], by: str = "chamber-cn") -> str:
    """What the certificate says of itself, which is what the list says of it."""
    world.catch_up()
    who = world.principal(by)
    shown = certificates.show(world.ctx, who, certificate["id"])["standing"]
    (listed,) = find(world.ctx, who, Filters(digest=certificate["digest"])).rows
    assert shown == listed["standing"]
    return str(shown)


def test_a_certificate_stands_by_itself_as_it_does_in_lists(
    world: World, at: Callable[[datetime], None]
) -> None:
    chamber, customs = world.principal("chamber-cn"), world.principal("customs-au")
    answer = issuing.issue(world.ctx, chamber, [world.document()], ALWAYS)
    (waiting,) = answer["certificates"]
    assert stands(world, waiting) == "pending"
    signing.refuse(world.ctx, chamber, answer["act"]["id"], "SIGNER_LIMIT", "no")
    assert stands(world, waiting) == "refused"

    (certificate,) = world.issue(world.document(allowance=2))
    named = Reference(id=certificate["id"])
    assert stands(world, certificate) == "good"
    for declaration, word in (("D-1", "partly-used"), ("D-2", "used-up")):
        world.done(clearing.acquit(world.ctx, customs, named, declaration, 1, None, ALWAYS))
        assert stands(world, certificate) == stands(world, certificate, "customs-au") == word
    at(datetime(2035, 1, 1, tzinfo=UTC))
    assert stands(world, certificate) == "expired"
    at(datetime.now(UTC))
    world.done(lifecycle.revoke(world.ctx, chamber, named, 1, ALWAYS))
    assert stands(world, certificate) == "revoked"
