"""The restore drill: a store is lost, a backup of it is restored on another kind of database, and the service
goes on with the ledger as it is by now."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import update

from ledger_app.app import Installation
from ledger_app.services import acts, certificates, clearing, issuing, lifecycle
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from ledger_app.store import backup, index, meta
from ledger_app.store.engine import open_store
from ledger_app.store.tables import leases
from tests.support import databases
from tests.support.world import World


class Drill:
    """A world before the loss, a backup taken in the middle of its work, and what came after the backup."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.file = folder / "backup.jsonl.gz"
        self.first, self.second, self.third = (world.issue(world.document(allowance=9))[0] for _ in range(3))
        self.asked = [self._acquit(self.first, "AU-1"), self._revoke(self.second)]
        self._hold_the_submitter()
        self.queued = [self._acquit(self.first, "AU-2"), self._acquit(self.third, "AU-3"), self._issue()]
        for answer in self.queued:
            world.sign_only(answer)
        assert {self.state(answer) for answer in self.queued} == {"queued"}
        self.forgotten = [self._suspend(self.third)]
        backup.write(world.ctx.store, world.ctx.vault, self.file, asdict(world.ctx.pin))
        self._let_go()
        afterwards = self._issue()
        for answer in [*self.asked, afterwards]:
            world.sign_only(answer)
        for answer in [*self.asked, *self.queued, afterwards]:
            world.done(answer)
        (self.later,) = afterwards["certificates"]
        self.later_bundle = certificates.bundle(world.ctx, world.principal("chamber-cn"), self.later["id"])

    def state(self, answer: dict[str, Any], world: World | None = None) -> str:
        there = world or self.world
        return str(acts.show(there.ctx, there.principal("operator"), answer["act"]["id"])["state"])

    def _acquit(self, certificate: dict[str, Any], claim: str) -> dict[str, Any]:
        customs = self.world.principal("customs-au")
        bundle = certificates.bundle(self.world.ctx, self.world.principal("chamber-cn"), certificate["id"])
        return clearing.acquit(
            self.world.ctx, customs, Reference(bundle=json.loads(bundle)), claim, 2, None, ALWAYS
        )

    def _revoke(self, certificate: dict[str, Any]) -> dict[str, Any]:
        return lifecycle.revoke(
            self.world.ctx, self.world.principal("chamber-cn"), Reference(id=certificate["id"]), 1, ALWAYS
        )

    def _suspend(self, certificate: dict[str, Any]) -> dict[str, Any]:
        return lifecycle.suspend(
            self.world.ctx, self.world.principal("chamber-cn"), Reference(id=certificate["id"]), 1, ALWAYS
        )

    def _issue(self) -> dict[str, Any]:
        return issuing.issue(
            self.world.ctx, self.world.principal("chamber-cn"), [self.world.document()], ALWAYS
        )

    def _hold_the_submitter(self) -> None:
        """It takes no new step; the one that it is in writes nothing any more, because its lease is gone."""
        assert self.world.ctx.submitter is not None
        self.held = patch.object(self.world.ctx.submitter, "lead", lambda: False)
        self.held.start()
        with self.world.ctx.store.begin() as conn:
            conn.execute(update(leases).values(holder="elsewhere/1/a", expires_at=0))

    def _let_go(self) -> None:
        self.held.stop()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (databases.SQLITE, databases.POSTGRESQL),
        pytest.param(databases.POSTGRESQL, databases.SQLITE, marks=pytest.mark.long),
    ],
)
def test_a_lost_store_comes_back_from_its_backup_and_nothing_is_done_twice(
    tmp_path: Path, before: str, after: str
) -> None:
    data = tmp_path / "data"
    with World.start(data, before) as world:
        drill = Drill(world, tmp_path)
        world.catch_up()
        lost = world.ctx.follower.index_digest()  # type: ignore[union-attr]
        sent = nonce(world)
    (tmp_path / "new").mkdir()
    url = databases.new_url(tmp_path / "new", after)
    store = open_store(url)
    backup.restore(store, world.ctx.vault, drill.file, demo=True)
    store.close()
    settings = world.installation.settings.model_copy(update={"database_url": url})
    with Installation(settings) as installation:
        again = World(installation, world.council)
        again.actors = world.actors
        done = [drill.state(answer, again) for answer in [*drill.asked, *drill.queued]]
        assert done == ["final"] * 5
        assert drill.state(drill.forgotten[0], again) == "needs-signature"
        assert nonce(again) == sent, "something was sent a second time"
        same_index(again, lost)
        judged(again, drill)
        # Life goes on: what was left is done once, and new things work.
        again.done(drill.forgotten[0])
        again.issue()
        assert nonce(again) == sent + 2
    with Installation(settings) as installation, installation.services.store.read() as conn:
        assert meta.get(conn, backup.RESTORED) is None


def nonce(world: World) -> int:
    submitter = world.ctx.submitter
    assert submitter is not None
    submitter.settle()
    return submitter.look().nonce


def same_index(world: World, lost: str) -> None:
    """What happened after the backup is found again, and a rebuild comes out the same."""
    world.catch_up()
    follower = world.ctx.follower
    assert follower is not None
    before, after = follower.rebuild()
    assert before == after
    with world.ctx.store.read() as conn:
        head = index.cursor(conn)
    assert head is not None
    # The chain may have mined empty blocks since; they leave no trace in the index.
    assert after == lost


def judged(world: World, drill: Drill) -> None:
    chamber = world.principal("chamber-cn")
    bundles = {
        name: certificates.bundle(world.ctx, chamber, each["id"])
        for name, each in (("first", drill.first), ("second", drill.second), ("third", drill.third))
    }
    reports = {name: world.verify(file=bundle) for name, bundle in bundles.items()}
    assert {report["verdict"] for report in reports.values()} == {"GENUINE"}
    assert [report["standing"] for report in reports.values()] == ["good", "revoked", "good"]
    assert [reports[name]["allowance"]["used"] for name in ("first", "third")] == [4, 2]
    # Issued after the backup: its holder's file is as good as ever, the service has never heard of it.
    assert world.verify(file=drill.later_bundle)["verdict"] == "GENUINE"
    report = world.verify("chamber-cn", number=drill.later["number"])
    assert (report["verdict"], report["reason"]) == ("CANNOT_TELL", "NOT_FOUND")
