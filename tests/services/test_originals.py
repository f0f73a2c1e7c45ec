"""What is issued by itself has no original that could be used beside it."""

from typing import Any

import pytest

from ledger_app.errors import Conflict
from ledger_app.services import issuing, lifecycle, signing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from tests.bulk.desk import Desk
from tests.bulk.tables import record, table
from tests.support.world import World

COPY, BACK, REPLACED = "certified-true-copy", "back-to-back", "replacement"


def issue(world: World, *documents: dict[str, Any], by: str = "chamber-cn") -> Any:
    return issuing.issue(world.ctx, world.principal(by), list(documents), ALWAYS)


def marked(world: World, flag: str, **original: Any) -> dict[str, Any]:
    return world.document(flags=[flag], original=original)


@pytest.mark.parametrize("flag", [COPY, REPLACED, BACK])
def test_what_names_a_certificate_of_this_ledger_is_not_issued_beside_it(world: World, flag: str) -> None:
    chamber = world.actors["chamber-cn"]
    (original,) = world.issue()
    number, digest = original["number"], original["digest"]
    for named in (
        {"number": number},
        {"number": number, "issuer": chamber.identifier},
        {"number": number, "issuer": "Demo Chamber of International Commerce"},
        {"number": "ANOTHER", "digest": digest},
    ):
        with pytest.raises(Conflict, match="ORIGINAL_HERE") as refused:
            issue(world, world.document(), marked(world, flag, **named))
        assert refused.value.context["index"] == 1
    # Also where it is only about to be issued, or was revoked: its successors take its place.
    waiting = issue(world, world.document())["certificates"][0]["number"]
    with pytest.raises(Conflict, match="ORIGINAL_HERE"):
        issue(world, marked(world, flag, number=waiting))
    named_id = Reference(id=original["id"])
    world.done(lifecycle.revoke(world.ctx, world.principal("chamber-cn"), named_id, 1, ALWAYS))
    with pytest.raises(Conflict, match="ORIGINAL_HERE"):
        issue(world, marked(world, flag, number=number))


def test_an_issuer_named_in_words_is_known_by_every_name_that_it_goes_by(world: World) -> None:
    (original,) = world.issue()
    said = world.document()["issuer"]
    office = {**said, "name": f"{said['name']} (Ningbo office)"}
    for words in (said["name"], said["name"].upper(), "chamber-cn"):
        copy = marked(world, COPY, number=original["number"], issuer=words)
        with pytest.raises(Conflict, match="ORIGINAL_HERE"):
            issue(world, {**copy, "issuer": office})


def test_a_copy_is_not_issued_together_with_its_original(world: World) -> None:
    original = world.document()
    with pytest.raises(Conflict, match="ORIGINAL_HERE"):
        issue(world, marked(world, COPY, number=original["number"]), original)


def test_an_original_elsewhere_or_that_came_to_nothing_may_be_named(world: World) -> None:
    never = issue(world, world.document())
    chamber = world.principal("chamber-cn")
    signing.refuse(world.ctx, chamber, never["act"]["id"], "SIGNER_PERSON_REFUSED", "")
    number = never["certificates"][0]["number"]
    (certificate,) = world.issue()
    world.issue(
        marked(world, COPY, number="PAPER-1"),
        marked(world, REPLACED, number=number),
        marked(world, BACK, number=certificate["number"], issuer="Chamber of elsewhere"),
        world.document(original={"number": certificate["number"]}),
    )


def test_an_import_tells_the_row_whose_original_is_here(world: World) -> None:
    (original,) = world.issue()
    with Desk.of(world) as desk:
        wrong, right = desk.number(), desk.number()
        rows = [
            record(wrong, flags=COPY, original__number=original["number"]),
            record(right, flags=COPY, original__number="PAPER-2"),
        ]
        done = desk.imported(table(rows))
        assert (done["refused"], done["issued"]) == (1, 1)
        (found,) = [one for one in done["findings"] if one["severity"] == "error"]
        assert (found["rule"], found["pointer"], found["row"]) == ("ORIGINAL_HERE", "/original", 2)
        assert (desk.issued(wrong), len(desk.issued(right))) == ([], 1)
