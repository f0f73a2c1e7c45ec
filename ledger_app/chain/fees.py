"""What is bid for a transaction, and the higher bid for one that does not get into a block for its fee.

A bid rests on the base fee that one node tells. Told too low, the transaction would wait for ever, and what
comes after it too. So no bid is below a floor; and one that stands in the way is outbid: the same transaction
at the same nonce, signed for a higher fee. Either of the two may be mined, and one of them only.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from ledger_app.store.outbox import Transaction

GWEI = 10**9
#: A bid below the base fee is raised after so many seconds (a head may be the last one before a change) …
_SHORT_SECONDS = 4.0
#: … and one that is above it, and next in line, when that long and so many blocks went by.
_SLOW_SECONDS = 60.0
_SLOW_BLOCKS = 3
#: The most gas of one transaction here, to tell an account without money.
_MOST_GAS = 16_000_000


@dataclass(frozen=True, slots=True)
class Fees:
    """Bounds of a bid, in wei for each unit of gas.

    least: the tip that is offered at least, 0 where the chain takes no fees. most: no bid is higher.
    """

    least: int = GWEI
    most: int = 1_000 * GWEI

    def bid(self, base_fee: int, balance: int) -> tuple[int, int]:
        """`maxFeePerGas` and `maxPriorityFeePerGas`, by what the node tells."""
        # A chain without fees has senders without money.
        free = base_fee == 0 and balance < _MOST_GAS * self.least
        tip = 0 if free else max(self.least, GWEI if base_fee else 0)
        fee = min(100 * base_fee + tip, self.most)
        return fee, min(tip, fee)

    def higher(self, fee: int, tip: int, base_fee: int, balance: int) -> tuple[int, int] | None:
        """What outbids `fee` and `tip`; None when that would be above the bounds. Nodes take a replacement
        that raises both by an eighth at least.
        """
        wanted, wanted_tip = self.bid(base_fee, balance)
        raised = min(max(wanted, _raised(fee)), self.most)
        raised_tip = min(max(wanted_tip, _raised(tip)), raised)
        if raised <= fee or 8 * raised < 9 * fee or 8 * raised_tip < 9 * tip:
            return None
        return raised, raised_tip


def _raised(value: int) -> int:
    """By a quarter, rounded up."""
    return -(-value * 5 // 4)


def read(raw: bytes) -> dict[str, Any]:
    """The fields of one of our signed transactions, as they were given to sign."""
    fields = dict(TypedTransaction.from_bytes(HexBytes(raw)).as_dict())
    for name in ("v", "r", "s"):
        del fields[name]
    if not fields["to"]:
        del fields["to"]
    return fields


class Bidder:
    """Notices transactions that are stuck, in the memory of one process: a new one begins to wait anew."""

    def __init__(self, fees: Fees) -> None:
        self.fees = fees
        self._since: dict[int, tuple[float, int]] = {}

    def stuck(
        self, flying: Sequence[Transaction], *, number: int, next_nonce: int, base_fee: int, balance: int
    ) -> list[tuple[Transaction, dict[str, Any]]]:
        """Of the transactions in flight (in the order of their bids) the highest bids that are to be outbid,
        each with the fields to sign.

        number, base_fee: of the head. next_nonce, balance: the sender's, as of the head.
        """
        now = time.monotonic()
        best = {tx.nonce: tx for tx in flying}
        self._since = {nonce: self._since.get(nonce, (now, number)) for nonce in best}
        found = []
        for nonce, tx in best.items():
            waited, blocks = now - self._since[nonce][0], number - self._since[nonce][1]
            slow = nonce == next_nonce and waited >= _SLOW_SECONDS and blocks >= _SLOW_BLOCKS
            if waited < _SHORT_SECONDS and not slow:
                continue
            fields = read(tx.raw)
            fee, tip = fields["maxFeePerGas"], fields["maxPriorityFeePerGas"]
            if fee >= base_fee and not slow:
                continue
            bid = self.fees.higher(fee, tip, base_fee, balance)
            if bid is not None:
                self._since[nonce] = (now, number)
                fields["maxFeePerGas"], fields["maxPriorityFeePerGas"] = bid
                found.append((tx, fields))
        return found
