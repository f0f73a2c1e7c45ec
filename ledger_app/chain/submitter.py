"""Bringing the outbox onto the chain: one submitter for each sender, whatever crashes when.

The order is everything. A transaction's bytes and hash are committed before they are first broadcast; after
a crash the same bytes are sent again, in nonce order. What a node says in words decides nothing: a
transaction is included when its receipt says so, and a refused act is judged by the contracts' state. An act
that is refused before it was sent costs no nonce. An act whose transaction reverted is sent again under a
new nonce while its signatures are good and the contract would take it; else it is `reverted`, or
`needs-signature` when its time is over.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby
from threading import Event

from ledger_app.chain import effects, pin
from ledger_app.chain.facts import Receipt
from ledger_app.chain.fees import Bidder, Fees
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.receipts import believed
from ledger_app.chain.rpc import chunks
from ledger_app.chain.sender import Draft, Sender, View, gas_limit
from ledger_app.errors import (
    ActRefused,
    LedgerError,
    Unavailable,
    WrongLedger,
    as_ledger_error,
)
from ledger_app.store import bids, outbox
from ledger_app.store.engine import Connection, Store

#: A transaction that the node was given is given again after this many seconds without a receipt.
_RESEND_SECONDS = 4.0
_MAX_ATTEMPTS = 5
_SEND_BATCH = 50
#: Between two looks at most while there is nothing to do: what another process enqueues wakes nobody here.
_LONGEST_PAUSE = 0.8


def no_crash(_point: str) -> None:
    """What runs at the named points of a step: nothing. Tests end the process there."""


class Submitter(Sender):
    """Moves outbox items and their acts along. Run one thread of `run`, or call `step` (tests, deployment).

    depth: blocks on top of a transaction's own before it is final; 0 = at inclusion (embedded chain, QBFT).
    window: transactions in flight at most. fees: bounds of what is bid for one.
    """

    def __init__(
        self,
        store: Store,
        gateway: Gateway,
        sender_key: bytes,
        *,
        depth: int = 0,
        window: int = 256,
        fees: Fees | None = None,
        crash: Callable[[str], None] = no_crash,
    ) -> None:
        super().__init__(store, gateway, sender_key, fees or Fees())
        self._bidder = Bidder(self.fees)
        self._depth = depth
        self._window = window
        self.crash = crash
        self._sent: dict[int, float] = {}
        self._doubted: tuple[int, str] | None = None
        self._wake = Event()

    def run(self, stop: Event, *, on_error: Callable[[LedgerError], None] | None = None) -> None:
        """Step until `stop` is set. Errors are given to `on_error` and waited out."""
        pause = 0.05
        while not stop.is_set():
            try:
                moved = self.step()
                pause = 0.01 if moved else 0.03 if self._sent else min(2 * pause, _LONGEST_PAUSE)
            except Exception as failed:  # noqa: BLE001 - acts that wait must not wait for ever, whatever it was
                if on_error is not None:
                    on_error(as_ledger_error(failed))
                pause = min(max(pause, 0.25) * 2, 5.0)
            self._wake.wait(pause)
            self._wake.clear()
        with suppress(Unavailable):  # a lease that cannot be given up runs out
            self.release()

    def wake(self) -> None:
        """Something was enqueued: do not wait for the next look."""
        self._wake.set()

    def step(self) -> int:
        """One round: watch, send again, send new. Gives the number of transactions that moved.

        Raises NodeUnavailable, WrongLedger or NodeBehind; Unavailable `CLOCK_BEHIND` instead of sending
        anything new while this machine's clock is behind the chain; Unavailable `LEASE_LOST` when another
        process took over.
        """
        if not self.lead():
            return 0
        view = self._look()
        if view is None:
            return 0
        moved = self._watch(view) + self._look_again(view)
        flying = self._send_again(view)
        if len(flying) < self._window:
            moved += self._send_new(view, flying)
        return moved

    def settle(self, timeout: float = 60.0) -> None:
        """Step until nothing is queued or in flight. Raises Unavailable `NODE_UNAVAILABLE` after `timeout`
        seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            self.step()
            with self.store.read() as conn:
                if not outbox.unfinished(conn, self.sender):
                    return
            if time.monotonic() > deadline:
                raise Unavailable("NODE_UNAVAILABLE", "transactions are still in flight")
            time.sleep(0.02)

    # --- looking --------------------------------------------------------------------------------------------

    def _look(self) -> View | None:
        """The pinned (or planned) chain as it is now; None before there is one."""
        with self.store.read() as conn:
            known = pin.known_chain(conn)
        if self.gateway.pinned:
            known = (self.gateway.pin.chain_id, self.gateway.pin.genesis)
        if known is None:
            return None
        view = self.look()
        if (view.chain_id, view.genesis) != known:
            raise WrongLedger("WRONG_LEDGER")
        if self.gateway.pinned:
            try:
                self.gateway.identify()
            except WrongLedger:
                if not self._lost_deployment(view):
                    raise
        return view

    def _lost_deployment(self, view: View) -> bool:
        """Whether the chain forgot even the contracts, and they are ours to send again."""
        with self.store.read() as conn:
            return any(tx.creates for tx in outbox.transactions_from(conn, self.sender, view.nonce))

    # --- watching -------------------------------------------------------------------------------------------

    def _watch(self, view: View) -> int:
        """Bring transactions up to what the chain says about them."""
        with self.store.read() as conn:
            open_ = outbox.open_transactions(conn, self.sender)
            # The chain holds fewer than we saw included: it lost its last blocks (a power cut, a
            # reorganisation).
            lost = [
                tx for tx in outbox.transactions_from(conn, self.sender, view.nonce)
                if tx.state in ("included", "final")
            ]  # fmt: skip
        mined = [tx for tx in open_ if tx.nonce < view.nonce]
        if not mined and not lost:
            return 0
        found = believed(self.gateway, self.store, mined, depth=self._depth)
        moved = 0
        with self.writing() as conn:
            for tx in lost:
                outbox.mark_orphaned(conn, tx)
                self._sent.pop(tx.id, None)
                moved += 1
            for _, bidding in groupby(zip(mined, found, strict=True), key=lambda pair: pair[0].nonce):
                moved += self._judge(conn, view, list(bidding))
            self.crash("before-receipts-commit")
        return moved

    def _judge(
        self, conn: Connection, view: View, bidding: Sequence[tuple[outbox.Transaction, Receipt | None]]
    ) -> int:
        """All bids for one nonce; one of them is mined, if any."""
        won = next(((tx, receipt) for tx, receipt in bidding if receipt is not None), None)
        lost = [tx for tx, _ in bidding if won is None or tx is not won[0]]
        for tx in lost:
            if tx.state == "included":
                outbox.mark_orphaned(conn, tx)
        if won is None:
            # The nonce is used, and not by these bytes. Seen in two rounds, it is no node catching up.
            if any(self._sent.get(tx.id) != -1.0 for tx in lost):
                self._sent.update((tx.id, -1.0) for tx in lost)
                return 0
            for tx in lost:
                outbox.mark_replaced(conn, tx)
                self._sent.pop(tx.id, None)
            return 1
        tx, receipt = won
        final = view.number - receipt.number >= self._depth
        if tx.state == "included" and tx.block_hash == receipt.block_hash and not final:
            return 0
        outbox.mark_included(
            conn,
            tx,
            block_number=receipt.number,
            block_hash=receipt.block_hash,
            gas_used=receipt.gas_used,
            ok=receipt.ok,
            final=final,
        )
        for one in (tx, *lost):
            self._sent.pop(one.id, None)
        if final and lost:
            bids.close(conn, tx)
        if not receipt.ok and final and tx.outbox_id is not None:
            self._after_revert(conn, tx.outbox_id)
        return 1

    def _after_revert(self, conn: Connection, item_id: int) -> None:
        """The item's transaction is on the chain and failed, as the node says. In the same commit the item
        goes back to the queue: once nothing before it is unfinished it is tried on the contract's state, then
        sent again, found done, or refused for good.
        """
        item = outbox.items(conn, [item_id])[item_id]
        if item.contract:
            outbox.requeue(conn, item_id)
        else:
            outbox.refuse(conn, item_id, "REVERTED", {"attempts": item.attempts})

    def _conclude(self, item: outbox.Item, refusal: ActRefused, *, again: bool) -> bool:
        """A refused act: done already, out of time, or refused for good. That ends it, so two looks in a row
        have to say so, lest one untrue answer ends an act. False unless this is `again`.
        """
        done = None
        if item.act_kind is not None:
            act = (item.act_kind, item.act_message, item.act_call)
            done = effects.find(self.gateway, self._depth, *act)
        late = refusal.reason == "DEADLINE_PASSED" and item.act_id is not None
        if done is None and not late and not again:
            return False
        with self.writing() as conn:
            if done is not None:
                outbox.found_done(conn, item.id, block=done.block, block_hash=done.hash, final=done.final)
            elif late:
                outbox.lapse(conn, item.id, refusal.reason)
            else:
                outbox.refuse(conn, item.id, refusal.reason, refusal.context)
        return True

    def _look_again(self, view: View) -> int:
        """What was found done, and not deep enough: is the block still there that it was found at?"""
        with self.store.read() as conn:
            found = [(item, item.context or {}) for item in outbox.found(conn)]
        seen = {at.get("block", view.number + 1) for _, at in found}
        hashes = {number: self.gateway.header(number).hash for number in seen if number <= view.number}
        gone = [item for item, at in found if hashes.get(at.get("block"), "gone") != at.get("hash")]
        deep = [
            item for item, at in found
            if item not in gone and view.number - at["block"] >= self._depth
        ]  # fmt: skip
        if gone or deep:
            with self.writing() as conn:
                for item in gone:
                    outbox.lose(conn, item.id)
                for item in deep:
                    outbox.settle(conn, item.id)
        return len(gone) + len(deep)

    # --- sending --------------------------------------------------------------------------------------------

    def _send_again(self, view: View) -> list[outbox.Transaction]:
        """Give the node, in nonce order, what it does not hold; what is in flight."""
        flying = self._flying(view)
        if self._outbid(view, flying):
            flying = self._flying(view)
        now = time.monotonic()
        due = [tx for tx in flying if now - self._sent.get(tx.id, 0.0) > _RESEND_SECONDS]
        if due:
            # A node that lost one has lost those behind it as well, or holds them back: all, in order.
            self._broadcast([tx.raw for tx in flying])
            self._sent.update((tx.id, now) for tx in flying)
        return flying

    def _flying(self, view: View) -> list[outbox.Transaction]:
        with self.store.read() as conn:
            open_ = outbox.open_transactions(conn, self.sender)
        return [tx for tx in open_ if tx.nonce >= view.nonce]

    def _outbid(self, view: View, flying: Sequence[outbox.Transaction]) -> bool:
        """Record a higher bid for what is stuck for its fee; it is sent with all the others."""
        stuck = self._bidder.stuck(
            flying,
            number=view.number,
            next_nonce=view.nonce,
            base_fee=view.base_fee,
            balance=view.balance,
        )
        if not stuck:
            return False
        higher = [(tx, *self.signed(fields)) for tx, fields in stuck]
        self.crash("before-commit")
        with self.writing() as conn:
            for tx, raw, tx_hash in higher:
                bids.record(conn, tx, raw=raw, tx_hash=tx_hash)
        self.crash("after-commit")
        return True

    def _broadcast(self, raws: Sequence[bytes]) -> None:
        """Hand bytes to the node. Its answers are not looked at: receipts and nonces tell."""
        for part in chunks(raws, _SEND_BATCH):
            self.gateway.rpc.batch([("eth_sendRawTransaction", ["0x" + raw.hex()]) for raw in part])
            self.crash("after-send")

    def _send_new(self, view: View, flying: Sequence[outbox.Transaction]) -> int:
        with self.store.read() as conn:
            waiting = outbox.queued(conn, self._window - len(flying))
            nonce = max(outbox.next_nonce(conn, self.sender), view.nonce)
        if not waiting:
            return 0
        if view.time > time.time() + 1:
            raise Unavailable("CLOCK_BEHIND", f"by {view.time - time.time():.0f} s")
        ready = self._choose(waiting, flying)
        if not ready:
            return int(self._doubted is not None)  # looked at again at once
        drafts: list[Draft] = []
        if nonce == 0:
            # Ganache executes nonce-0 bytes again each time it is given them: burn that nonce on nothing.
            drafts.append(self.sign(view, None, 0, self.sender, b"", 21_000))
        for item in ready:
            to = self.gateway.target(item.contract)
            drafts.append(
                self.sign(view, item, nonce + len(drafts), to, item.calldata, gas_limit(item.calldata))
            )
        self.crash("before-commit")
        with self.writing() as conn:
            for draft in drafts:
                self.record(conn, draft, view)
        self.crash("after-commit")
        now = time.monotonic()
        self._broadcast([draft.raw for draft in drafts])
        with self.store.read() as conn:
            fresh = outbox.transactions_from(conn, self.sender, nonce)
        self._sent.update((tx.id, now) for tx in fresh)
        return len(drafts)

    def _choose(
        self, waiting: Sequence[outbox.Item], flying: Sequence[outbox.Transaction]
    ) -> list[outbox.Item]:
        """The items to send now, in order; refusals that are certain are concluded.

        An act may build on the one queued before it, so only an item with nothing unfinished before it can
        be tried on the head's state. The others are sent behind in nonce order, untried; if one of them
        reverts, it waits until everything before it is done, and is tried then.
        """
        ready: list[outbox.Item] = []
        doubted, self._doubted = self._doubted, None
        oldest = min((tx.outbox_id for tx in flying if tx.outbox_id is not None), default=None)
        for item in waiting:
            if oldest is None or item.id < oldest:
                (refusal,) = self.gateway.simulate_many([(item.contract, item.calldata)])
                if refusal is None and item.attempts >= _MAX_ATTEMPTS:
                    refusal = ActRefused("REVERTED", attempts=item.attempts)
                if refusal is not None:
                    seen = (item.id, refusal.reason)
                    if self._conclude(item, refusal, again=seen == doubted):
                        continue
                    self._doubted = seen
                    break  # what stands behind it waits for the second look
                ready.append(item)
            elif item.attempts == 0:
                ready.append(item)
            oldest = item.id if oldest is None else min(oldest, item.id)
        return ready
