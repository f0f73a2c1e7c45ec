"""The account that pays for transactions, as the chain sees it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger_app.chain.rpc import Rpc, RpcError
from ledger_app.errors import NodeUnavailable


@dataclass(frozen=True, slots=True)
class Account:
    """`nonce` counts the transactions that the chain holds; `balance` and `gas_price` in wei."""

    address: str
    nonce: int
    balance: int
    gas_price: int


def account(rpc: Rpc, address: str) -> Account:
    """Ask the node. Raises NodeUnavailable."""
    answers = rpc.batch(
        [
            ("eth_getTransactionCount", [address, "latest"]),
            ("eth_getBalance", [address, "latest"]),
            ("eth_getBlockByNumber", ["latest", False]),
            ("eth_gasPrice", []),
        ]
    )
    nonce, balance, block, price = answers
    if isinstance(nonce, RpcError) or isinstance(balance, RpcError) or isinstance(block, RpcError):
        raise NodeUnavailable("NODE_UNAVAILABLE", "the node does not tell about the sender")
    # A node may name a price where blocks take none (Ganache does): what a block asks for is what counts.
    base = block.get("baseFeePerGas") if isinstance(block, dict) else None
    if base is None:
        base = "0x0" if isinstance(price, RpcError) else price
    return Account(address, int(nonce, 16), int(balance, 16), int(base, 16))


def missing_nonces(chain_nonce: int, open_nonces: Sequence[int]) -> list[int]:
    """The nonces that hold back what was signed: at or above the chain's next one, below one of ours, and not
    ours to send. At most 20 are given.

    open_nonces: read from the store *before* `chain_nonce` was asked for, or what was mined meanwhile would
    look like a gap.
    """
    flying = [nonce for nonce in open_nonces if nonce >= chain_nonce]
    if not flying:
        return []
    ours = set(flying)
    found = []
    for nonce in range(chain_nonce, max(flying)):
        if nonce not in ours:
            found.append(nonce)
            if len(found) == 20:
                break
    return found
