"""What became of transactions, as far as a node is believed about it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ledger_app.chain import effects
from ledger_app.chain.facts import Receipt, read_receipt
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.rpc import Call, RpcError, chunks
from ledger_app.errors import NodeUnavailable
from ledger_app.store import outbox
from ledger_app.store.engine import Store


def believed(
    gateway: Gateway, store: Store, txs: Sequence[outbox.Transaction], *, depth: int
) -> list[Receipt | None]:
    """The receipt of each transaction, None where it has none; checked against what else the node says, so
    that one untrue answer confirms nothing.

    Where blocks become final with `depth`, the block of each is the chain's, be it newer than the head seen
    last. An act leaves events, unless its effect was there before: success without any is believed when the
    contracts' state shows it. Raises NodeUnavailable.
    """
    receipts = _told(gateway, txs)
    if depth:
        numbers = sorted({receipt.number for receipt in receipts if receipt is not None})
        hashes = {number: gateway.header(number).hash for number in numbers}
        if any(r is not None and hashes[r.number] != r.block_hash for r in receipts):
            raise NodeUnavailable("NODE_UNAVAILABLE", "the node's receipts are of another chain")
    silent = {
        tx.outbox_id
        for tx, receipt in zip(txs, receipts, strict=True)
        if receipt is not None and receipt.ok and not receipt.logs
    }
    with store.read() as conn:
        items = outbox.items(conn, [item_id for item_id in silent if item_id is not None])
    false = {
        item.id
        for item in items.values()
        if item.act_kind is not None
        and not effects.is_done(gateway, item.act_kind, item.act_message, item.act_call)
    }
    return [
        replace(receipt, ok=False) if receipt is not None and tx.outbox_id in false else receipt
        for tx, receipt in zip(txs, receipts, strict=True)
    ]


def _told(gateway: Gateway, txs: Sequence[outbox.Transaction]) -> list[Receipt | None]:
    answers: list[Any] = []
    for part in chunks(txs, 100):
        calls: list[Call] = [("eth_getTransactionReceipt", [tx.hash]) for tx in part]
        answers.extend(gateway.rpc.batch(calls))
    for answer in answers:
        if isinstance(answer, RpcError):
            raise NodeUnavailable("NODE_UNAVAILABLE", "the node cannot tell about transactions")
    return [read_receipt(answer, tx.hash) for tx, answer in zip(txs, answers, strict=True)]
