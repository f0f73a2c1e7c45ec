"""Every change is told once to everybody who has the certificate: through restarts, index rebuilds and
reorganisations of a real chain.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger_app.access.principals import Kind, create_token
from ledger_app.chain.follower import Follower
from ledger_app.config import load_settings
from ledger_app.domain.terms import day_date
from ledger_app.proof import typed_data as td
from ledger_app.proof.leaf import Leaf, enquiry_id
from ledger_app.services.context import Services
from ledger_app.services.recipients import changes
from ledger_app.services.recipients.telling import Teller
from ledger_app.store import index, notices, recipients
from ledger_app.store.notices import Notice
from ledger_app.store.recipients import Holding, Paper
from ledger_app.store.secrets import Vault
from tests.chain.kit import CHAMBER, CUSTOMS_AU, World, a_leaf, deadline, hexed
from tests.support import databases
from tests.support.anvil import Anvil

BANK, TRADER = "0x" + "b1" * 32, "0x" + "7d" * 32


@dataclass
class Post:
    """A ledger, an index that follows it, and who tells. Nothing moves unless a test says so."""

    world: World
    ctx: Services
    follower: Follower = field(init=False)

    def __post_init__(self) -> None:
        self.follower = Follower(self.world.store, self.world.gateway)

    def held(self, *who: str, allowance: int = 1) -> Leaf:
        """A registered certificate that these have; the index has read all there is."""
        leaf = a_leaf(allowance=allowance)
        self.world.issue([leaf])
        self.settle()
        self.note(leaf, *who)
        return leaf

    def note(self, leaf: Leaf, *who: str) -> None:
        batch = hexed(leaf.batch_id(leaf.hash()))
        paper = Paper(
            leaf=hexed(leaf.hash()),
            digest=hexed(leaf.digest),
            issuer=hexed(CHAMBER.id),
            batch=batch,
            number="N-1",
            allowance=leaf.allowance,
            valid_until=leaf.valid_until,
        )
        with self.world.store.begin() as conn:
            at = index.cursor(conn)
            known = -1 if at is None else at.number - self.ctx.settings.finality_depth
            for one in who:
                recipients.note(conn, Holding(paper, one, one, known, sent_at=1))

    def settle(self) -> None:
        """Everything that waits gets onto the chain, and into the index."""
        self.world.submitter.settle()
        self.follower.catch_up()

    def tell(self) -> None:
        """A new process tells all there is."""
        teller = Teller(self.ctx)
        while teller.step():
            pass

    def told(self, who: str, leaf: Leaf | None = None) -> list[Notice]:
        with self.world.store.read() as conn:
            wanted = None if leaf is None else hexed(leaf.hash())
            return notices.inbox(conn, who, after=0, leaf=wanted, limit=10_000)

    def types(self, who: str, leaf: Leaf | None = None) -> list[str]:
        return [one.type.partition(".")[2] for one in self.told(who, leaf)]

    def rpc(self, method: str, *params: Any) -> Any:
        return self.world.gateway.rpc.call(method, *params)

    def mine(self, blocks: int) -> None:
        for _ in range(blocks):
            self.rpc("evm_mine")
        self.follower.catch_up()


def post_on(folder: Path, anvil: Anvil, kind: str | None, depth: int = 0) -> Post:
    world = World(folder, anvil.url, Anvil.key, store_url=databases.new_url(folder, kind))
    world.deploy()
    world.onboard()
    settings = load_settings(demo=True, data=folder, finality_depth=depth)
    made = Post(world, Services(settings, world.store, Vault([b"\1" * 32]), world.gateway))
    made.follower.catch_up()
    made.tell()
    return made


@pytest.fixture(params=databases.both_when_long())
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    with Anvil() as anvil:
        yield post_on(tmp_path, anvil, request.param)


def test_every_change_is_told_once_to_everybody_who_has_it_and_to_nobody_else(post: Post) -> None:
    leaf, other = post.held(BANK, TRADER, allowance=5), post.held(TRADER)
    for act in (post.world.suspend, post.world.reinstate):
        act(leaf)
        post.settle()
        post.tell()
        post.tell()
    post.world.acquit(leaf, b"\1" * 32, 2)
    post.world.acquit(leaf, b"\2" * 32, 3)
    post.world.withdraw(leaf, b"\1" * 32)
    post.world.refuse(leaf, b"\3" * 32)
    post.world.revoke(other)
    post.settle()
    post.tell()
    post.world.revoke(leaf)
    post.settle()
    post.tell()
    story = ["suspended", "reinstated", "used", "used_up", "use_withdrawn", "claim_refused", "revoked"]
    assert post.types(BANK) == story
    assert post.types(TRADER, leaf) == story
    assert post.types(TRADER, other) == ["revoked"]
    standings = [one.body["data"]["standing"] for one in post.told(BANK)]
    assert standings == ["suspended", "good", "good", "used-up", "good", "good", "revoked"]
    used = [one.body["data"].get("used") for one in post.told(BANK)]
    assert used == [None, None, 2, 5, 3, None, None]
    for one in post.told(BANK):
        data = one.body["data"]
        assert (data["number"], data["digest"], data["final"]) == ("N-1", hexed(leaf.digest), True)
        assert "by" not in data  # which customs it was is for its issuer to know
        event = next(e for e in _history(post, leaf) if e.tx_hash == data["transaction"])
        assert (data["block"], data["logIndex"]) == (event.block_number, event.log_index)


def _history(post: Post, leaf: Leaf) -> list[index.EventRow]:
    with post.world.store.read() as conn:
        return index.history(conn, hexed(leaf.hash()))


def test_an_index_read_anew_is_no_news_and_hides_none(post: Post) -> None:
    before = a_leaf()
    post.world.issue([before])
    post.world.suspend(before)
    post.settle()
    post.tell()
    post.note(before, BANK)  # what was so when it was sent was said when it was sent
    leaf = post.held(BANK)
    post.world.suspend(leaf)
    post.settle()
    post.tell()
    with post.world.store.begin() as conn:
        index.drop_above(conn, -1)
        index.set_cursor(conn, None)
    post.tell()
    post.follower.step(3)
    post.tell()  # the index has come to block 3: nothing can be said
    post.world.reinstate(leaf)
    post.settle()
    post.tell()
    assert post.types(BANK, leaf) == ["suspended", "reinstated"]
    assert post.types(BANK, before) == []
    post.follower.rebuild()
    post.tell()
    post.world.reinstate(before)
    post.settle()
    post.tell()
    assert post.types(BANK, before) == ["reinstated"]


def test_a_change_that_the_chain_took_back_is_told_as_undone_and_anew_when_it_happens_again(
    post: Post,
) -> None:
    leaf = post.held(BANK, TRADER)
    kept = post.held(BANK)
    post.world.suspend(kept)
    post.settle()
    snapshot = post.rpc("evm_snapshot")
    post.world.revoke(leaf)
    post.settle()
    post.tell()
    assert post.types(BANK, leaf) == ["revoked"]
    post.rpc("evm_revert", snapshot)
    post.rpc("anvil_mine", "0x5")
    post.follower.catch_up()
    post.tell()
    post.tell()
    for who in (BANK, TRADER):
        first, undoing = post.told(who, leaf)
        assert undoing.type == "certificate.change_undone"
        data = undoing.body["data"]
        assert data["undoes"] == {"type": "certificate.revoked", "message": first.message, "notice": first.id}
        assert data["standing"] == "good"
        assert "final" not in data
        assert (first.undone, undoing.undone) == (True, False)
    assert post.types(BANK, kept) == ["suspended"]
    post.settle()  # the revocation is sent again
    post.tell()
    assert post.types(BANK, leaf) == ["revoked", "change_undone", "revoked"]
    assert len({one.message for one in post.told(BANK)}) == 4


@pytest.mark.long
def test_a_change_that_only_moved_to_another_block_is_no_news(post: Post) -> None:
    leaf = post.held(BANK)
    snapshot = post.rpc("evm_snapshot")
    post.world.revoke(leaf)
    post.settle()
    post.tell()
    (before,) = post.told(BANK)
    post.rpc("evm_revert", snapshot)
    post.rpc("anvil_mine", "0x3")
    post.settle()  # the follower sees the revocation in its new block at once
    post.tell()
    (after,) = post.told(BANK)
    assert after.message == before.message
    assert (after.block_number or 0) > (before.block_number or 0)
    assert not after.undone


@pytest.mark.long
def test_nothing_is_told_before_it_is_final(tmp_path: Path) -> None:
    with Anvil() as anvil:
        post = post_on(tmp_path, anvil, None, depth=4)
        leaf = post.held(BANK)
        post.mine(5)
        post.world.revoke(leaf)
        post.settle()
        at = _history(post, leaf)[0].block_number
        while (head := _cursor(post)) < at + 4:
            post.tell()
            assert post.types(BANK) == [], (head, at)
            post.mine(1)
        post.tell()
        assert post.types(BANK) == ["revoked"]


def _cursor(post: Post) -> int:
    with post.world.store.read() as conn:
        at = index.cursor(conn)
    assert at is not None
    return at.number


@pytest.mark.long
def test_a_disowned_key_and_its_confirmation_reach_who_has_a_certificate_of_its_batches(post: Post) -> None:
    leaf, unheld = post.held(BANK), post.held()
    key = td.address_of(CHAMBER.key)
    post.world.vote("disown", CHAMBER.id, key, 1)
    post.settle()
    post.tell()
    (told,) = post.told(BANK)
    assert told.type == "certificate.key_disowned"
    assert told.body["data"]["standing"] == "issuer-key-disowned"
    assert unheld
    spare = b"\x55" * 31 + b"\x01"
    accepted_until, (r, vs) = post.world.accept(CHAMBER, spare)
    grant = (CHAMBER.id, td.address_of(spare), (accepted_until, (r, vs)))
    post.world.vote("grantKey", *grant)
    batch = leaf.batch_id(leaf.hash())
    call = {"issuer": hexed(CHAMBER.id), "scheme": hexed(leaf.scheme), "root": hexed(leaf.hash())}
    post.world.enqueue(td.Confirm(batch, deadline()), [spare], call)
    post.settle()
    post.tell()
    assert post.types(BANK) == ["key_disowned", "confirmed"]
    assert post.told(BANK)[1].body["data"]["standing"] == "good"
    post.follower.rebuild()
    post.tell()
    assert post.types(BANK) == ["key_disowned", "confirmed"]


def test_silence_past_the_time_to_answer_is_told_to_both_by_the_ledgers_clock(post: Post) -> None:
    leaf = post.held(BANK)
    for member in (CHAMBER, CUSTOMS_AU):
        create_token(post.world.store, Kind.ORGANISATION, organisation=hexed(member.id))
    reply_by = int(time.time()) + 3_600
    for subject in (b"\1" * 32, b"\2" * 32):
        post.world.enqueue(
            td.Enquire(CUSTOMS_AU.id, CHAMBER.id, leaf.hash(), subject, 1, reply_by, deadline()),
            [CUSTOMS_AU.key],
        )
    post.settle()
    post.tell()
    assert post.types(hexed(CHAMBER.id)) == ["asked", "asked"]
    asked = enquiry_id(CUSTOMS_AU.id, CHAMBER.id, b"\1" * 32)
    call = {"from": hexed(CUSTOMS_AU.id), "to": hexed(CHAMBER.id), "subject": hexed(b"\1" * 32)}
    post.world.enqueue(td.Answer(asked, 1, b"\3" * 32, deadline()), [CHAMBER.key], call)
    post.settle()
    post.tell()
    assert post.types(hexed(CUSTOMS_AU.id)) == ["answered"]
    post.rpc("evm_increaseTime", 7_200)
    post.tell()
    assert post.types(hexed(CUSTOMS_AU.id)) == ["answered"]  # the ledger is not there yet
    post.mine(1)
    post.tell()
    post.tell()
    assert post.types(hexed(CUSTOMS_AU.id)) == ["answered", "overdue"]
    assert post.types(hexed(CHAMBER.id)) == ["asked", "asked", "overdue"]
    late = post.told(hexed(CHAMBER.id))[-1].body["data"]
    assert late["enquiry"] == hexed(enquiry_id(CUSTOMS_AU.id, CHAMBER.id, b"\2" * 32))
    assert late["code"]["code"] == "AUTHENTICITY"
    assert post.types(BANK) == []  # it is theirs alone


def wait_until(moment: int) -> None:
    while time.time() <= moment:
        time.sleep(0.1)


def test_silence_is_told_once_and_before_the_late_answer_though_nobody_looked_in_between(post: Post) -> None:
    leaf = post.held(BANK)
    for member in (CHAMBER, CUSTOMS_AU):
        create_token(post.world.store, Kind.ORGANISATION, organisation=hexed(member.id))

    def ask(subject: bytes) -> int:
        reply_by = int(time.time()) + 4
        asked = td.Enquire(CUSTOMS_AU.id, CHAMBER.id, leaf.hash(), subject, 1, reply_by, deadline())
        post.world.enqueue(asked, [CUSTOMS_AU.key])
        post.settle()
        post.tell()
        return reply_by

    def answer(subject: bytes) -> None:
        enquiry = enquiry_id(CUSTOMS_AU.id, CHAMBER.id, subject)
        call = {"from": hexed(CUSTOMS_AU.id), "to": hexed(CHAMBER.id), "subject": hexed(subject)}
        post.world.enqueue(td.Answer(enquiry, 1, b"\3" * 32, deadline()), [CHAMBER.key], call)
        post.settle()
        post.tell()

    wait_until(ask(b"\1" * 32) + 1)
    answer(b"\1" * 32)
    assert post.types(hexed(CUSTOMS_AU.id)) == ["overdue", "answered"]
    assert post.types(hexed(CHAMBER.id)) == ["asked", "overdue"]
    wait_until(ask(b"\2" * 32) + 1)
    post.mine(1)
    post.tell()
    assert post.types(hexed(CUSTOMS_AU.id)) == ["overdue", "answered", "overdue"]
    answer(b"\2" * 32)
    assert post.types(hexed(CUSTOMS_AU.id)) == ["overdue", "answered", "overdue", "answered"]
    assert post.types(hexed(CHAMBER.id)) == ["asked", "overdue", "asked", "overdue"]


def test_the_end_of_validity_is_told_once_it_is_over_everywhere_unless_it_was_revoked(post: Post) -> None:
    leaf, revoked = post.held(BANK, TRADER), post.held(BANK)
    post.world.revoke(revoked)
    post.settle()
    last = day_date(leaf.valid_until)
    assert last is not None
    # The day is over in Greenwich, and goes on for 12 hours elsewhere.
    noon = datetime(last.year, last.month, last.day, 11, 59, tzinfo=UTC) + timedelta(days=1)
    for moment, expected in ((noon, []), (noon + timedelta(minutes=1), ["expired"])):
        post.ctx.clock = partial(_just, moment)
        post.tell()
        post.tell()
        assert post.types(BANK, leaf) == post.types(TRADER, leaf) == expected
    assert post.types(BANK, revoked) == ["revoked"]
    assert post.told(BANK, leaf)[0].body["data"]["standing"] == "expired"


@pytest.mark.parametrize(
    ("seed", "steps"),
    [(1, 40), *(pytest.param(seed, 150, marks=pytest.mark.long) for seed in range(2, 6))],
)
def test_whatever_happens_what_stands_as_told_is_what_stands_on_the_chain(
    seed: int, steps: int, tmp_path: Path
) -> None:
    """Acts, reorganisations, rebuilds, restarts and rounds in any order; then every change since a recipient
    has its certificate stands as told exactly once, and nothing else does.
    """
    rng = random.Random(seed)
    depth = rng.choice((0, 2))
    with Anvil() as anvil:
        post = post_on(tmp_path, anvil, rng.choice((databases.SQLITE, None)), depth)
        leaves = [post.held(*rng.sample((BANK, TRADER), rng.randint(1, 2)), allowance=9) for _ in range(4)]
        post.mine(depth + 1)
        post.tell()
        snapshots: list[str] = []
        done = Counter[str]()
        for _ in range(steps):
            deed = rng.choices(
                ("act", "settle", "tell", "mine", "mark", "back", "rebuild", "away"), (6, 4, 5, 2, 2, 1, 1, 1)
            )[0]
            done[deed] += 1
            if deed == "act":
                _act(post, rng, rng.choice(leaves))
            elif deed == "settle":
                post.settle()
            elif deed == "tell":
                post.tell()
            elif deed == "mine":
                post.mine(rng.randint(1, 3))
            elif deed == "mark":
                snapshots.append(post.rpc("evm_snapshot"))
            elif deed == "back" and snapshots:
                # To an earlier state, and then beyond the height that was known.
                height = int(post.rpc("eth_blockNumber"), 16)
                back_to = rng.randrange(len(snapshots))
                post.rpc("evm_revert", snapshots[back_to])
                del snapshots[back_to:]
                now = int(post.rpc("eth_blockNumber"), 16)
                post.rpc("anvil_mine", hex(max(1, height - now + rng.randint(1, 3))))
                post.follower.catch_up()
            elif deed == "rebuild":
                post.follower.rebuild()
            elif deed == "away":
                with post.world.store.begin() as conn:
                    index.drop_above(conn, -1)
                    index.set_cursor(conn, None)
                post.tell()
        post.settle()
        post.mine(depth + 1)
        post.tell()
        assert min(done.values()) > 0
        with post.world.store.read() as conn:
            events = notices.events(conn, changes.NAMES, above=-1, until=10**9)
            held = recipients.of_leaves(conn, [hexed(leaf.hash()) for leaf in leaves])
        on_chain = Counter(
            (one.recipient, changes.of_event(event).key)
            for event in events
            for one in held.get(str(event.args.get("leaf")), [])
        )
        told = [
            one for who in (BANK, TRADER) for one in post.told(who) if one.type.startswith("certificate.")
        ]
        stands = Counter(
            (one.recipient, one.change)
            for one in told
            if not one.undone and not one.change.startswith("undo/")
        )
        assert stands == on_chain
        undone = [one for one in told if one.undone]
        undoings = Counter((one.recipient, one.change) for one in told if one.change.startswith("undo/"))
        assert undoings == Counter((one.recipient, f"undo/{one.change}") for one in undone)


def _just(moment: datetime) -> datetime:
    return moment


def _act(post: Post, rng: random.Random, leaf: Leaf) -> None:
    """An act that may or may not be possible now: those that are not revert."""
    epoch = post.world.gateway.standing(leaf.hash()).epoch
    match rng.randrange(4):
        case 0:
            post.world.suspend(leaf, epoch)
        case 1:
            post.world.reinstate(leaf, epoch)
        case 2:
            post.world.acquit(leaf, rng.randbytes(32), 1)
        case 3:
            post.world.refuse(leaf, rng.randbytes(32))
