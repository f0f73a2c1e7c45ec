"""An account that sends transactions: what it sees, what it signs, and who may record it.

One process at a time holds an account's lease; only it writes the account's transactions down, always before
they are broadcast.
"""

import time
from dataclasses import dataclass
from typing import Any

from eth_account import Account

from ledger_app.chain.facts import read_head
from ledger_app.chain.fees import Fees
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.rpc import RpcError
from ledger_app.errors import NodeUnavailable
from ledger_app.store import lease, outbox
from ledger_app.store.engine import Connection, Store

_LEASE_SECONDS = 10
#: Below the block gas limits in use, and below the cap on one transaction that some chains have (EIP-7825).
_MAX_GAS = 16_000_000


@dataclass(frozen=True, slots=True)
class View:
    """The chain as one step sees it: `nonce` counts the sender's transactions that it holds. Fees in wei."""

    chain_id: int
    genesis: str
    number: int
    time: int
    base_fee: int
    nonce: int
    balance: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A signed transaction that is not recorded yet; `item` None is one of our own."""

    item: outbox.Item | None
    nonce: int
    raw: bytes
    hash: str


class Sender:
    """One account on the gateway's node, and its rows in the store."""

    def __init__(self, store: Store, gateway: Gateway, sender_key: bytes, fees: Fees) -> None:
        self.fees = fees
        self.store = store
        self.gateway = gateway
        self.account = Account.from_key(sender_key)
        self.sender: str = self.account.address.lower()
        self._holder = lease.holder_name()
        self._lease = lease.submitter(self.sender)
        self._leased_until = 0.0

    def lead(self) -> bool:
        """Take or keep the lease of this sender; False while another process has it."""
        if time.monotonic() < self._leased_until:
            return True
        with self.store.begin() as conn:
            if not lease.acquire(conn, self._lease, self._holder, _LEASE_SECONDS):
                return False
        self._leased_until = time.monotonic() + _LEASE_SECONDS / 3
        return True

    @property
    def leads(self) -> bool:
        """Whether this process holds the sender's lease, as far as it knows."""
        return time.monotonic() < self._leased_until

    def look(self) -> View:
        """The chain as it is now, whichever it is."""
        answers = self.gateway.rpc.batch(
            [
                ("eth_chainId", []),
                ("eth_getBlockByNumber", ["0x0", False]),
                ("eth_getBlockByNumber", ["latest", False]),
                ("eth_getTransactionCount", [self.sender, "latest"]),
                ("eth_getBalance", [self.sender, "latest"]),
            ]
        )
        for answer in answers:
            if answer is None or isinstance(answer, RpcError):
                raise NodeUnavailable("NODE_UNAVAILABLE", "the node does not say where it is")
        head = read_head(answers[2])
        try:
            return View(
                int(answers[0], 16),
                answers[1]["hash"].lower(),
                head.number,
                head.time,
                int(answers[2].get("baseFeePerGas", "0x0"), 16),
                int(answers[3], 16),
                int(answers[4], 16),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as bad:
            raise NodeUnavailable("NODE_UNAVAILABLE", "the node does not say where it is") from bad

    def release(self) -> None:
        """Give the lease up."""
        with self.store.begin() as conn:
            lease.release(conn, self._lease, self._holder)
        self._leased_until = 0.0

    def sign(
        self, view: View, item: outbox.Item | None, nonce: int, to: str | None, data: bytes, gas: int
    ) -> Draft:
        """A signed transaction; `to` None creates a contract."""
        fee, tip = self.fees.bid(view.base_fee, view.balance)
        transaction: dict[str, Any] = {
            "type": 2,
            "chainId": view.chain_id,
            "nonce": nonce,
            "value": 0,
            "data": data,
            "gas": gas,
            "maxFeePerGas": fee,
            "maxPriorityFeePerGas": tip,
        }
        if to is not None:
            transaction["to"] = bytes.fromhex(to[2:])
        return Draft(item, nonce, *self.signed(transaction))

    def signed(self, transaction: dict[str, Any]) -> tuple[bytes, str]:
        """The raw bytes and the hash of a transaction with these fields."""
        signed = self.account.sign_transaction(transaction)
        return bytes(signed.raw_transaction), "0x" + signed.hash.hex().removeprefix("0x")

    def record(self, conn: Connection, draft: Draft, view: View, creates: str | None = None) -> None:
        """Commit a signed transaction, in the caller's write transaction, before it is broadcast."""
        outbox.record_signed(
            conn,
            sender=self.sender,
            nonce=draft.nonce,
            outbox_id=None if draft.item is None else draft.item.id,
            raw=draft.raw,
            tx_hash=draft.hash,
            chain_nonce=view.nonce,
            creates=creates,
        )

    def writing(self) -> "_Leased":
        """A write transaction that only the holder of the sender's lease can make."""
        return _Leased(self.store, self._lease, self._holder)


class _Leased:
    """A write transaction in which the lease was checked first."""

    def __init__(self, store: Store, name: str, holder: str) -> None:
        self._context = store.begin()
        self._name = name
        self._holder = holder

    def __enter__(self) -> Connection:
        conn = self._context.__enter__()
        try:
            lease.require(conn, self._name, self._holder)
        except BaseException as lost:
            self._context.__exit__(type(lost), lost, lost.__traceback__)
            raise
        return conn

    def __exit__(self, *error: Any) -> bool | None:
        return self._context.__exit__(*error)


def gas_limit(calldata: bytes) -> int:
    """A generous bound by size (unused gas costs nothing): creations store their bytes, acts storage by the
    word.
    """
    return min(_MAX_GAS, 500_000 + 420 * len(calldata))
