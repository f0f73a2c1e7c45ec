"""A node that is asked only as long as it serves the pinned ledger.

Every question goes out as one JSON-RPC batch with the chain id, block 0 and the head, so that each answer is
known to come from the pinned ledger, and how old it is. What a node says is taken only then: else
WrongLedger, NodeBehind or NodeUnavailable.
"""

import threading
import time
from collections.abc import Sequence
from copy import copy
from typing import Any, Self, cast

from web3 import Web3

from ledger_app.chain.abi import CONTRACTS, interface
from ledger_app.chain.facts import Head, read_head
from ledger_app.chain.rpc import Call, Rpc, RpcError
from ledger_app.config import LedgerPin
from ledger_app.errors import NodeBehind, NodeUnavailable, Unavailable, WrongLedger

REGISTRY, CONSORTIUM, CARGO = "CertificateRegistry", "Consortium", "CargoLog"


class PinnedNode:
    """The pinned ledger behind a node. Safe to share between threads.

    rpc: the node as we ask it, in batches. w3: the same provider under web3, for what is asked by itself.
    max_age: oldest acceptable head in seconds; older, or as far ahead of the clock, is NodeBehind.
    depth: how many blocks the head may step back (the chain's finality depth) before that is NodeBehind.
    """

    def __init__(
        self, url: str, pin: LedgerPin | None, *, max_age: float, depth: int, timeout: float
    ) -> None:
        self.rpc = Rpc(url, timeout=timeout)
        # No middleware and no name service: what we ask is checked here, and names are none of our business.
        self.w3 = Web3(self.rpc, middleware=[], ens=cast(Any, None))
        self.max_age = max_age
        self.depth = depth
        self._pin = pin
        self._block = "latest"
        self._seen = 0
        self._verified = False
        self._guard = threading.Lock()

    @property
    def pin(self) -> LedgerPin:
        """Raises Unavailable `NO_LEDGER` while nothing is deployed."""
        if self._pin is None:
            raise Unavailable("NO_LEDGER")
        return self._pin

    @property
    def pinned(self) -> bool:
        return self._pin is not None

    def use(self, pin: LedgerPin) -> None:
        """Set the pin once it is known (after our own deployment)."""
        with self._guard:
            self._pin = pin
            self._seen = 0
            self._verified = False

    def head(self) -> Head:
        """The node's head, after checking that it serves the pinned ledger and is not behind."""
        return self._ask([])[0]

    def identify(self) -> Head:
        """The node's head, after checking that it serves the pinned ledger; however old it is."""
        return self._ask([], fresh=False)[0]

    def header(self, number: int) -> Head:
        """The header of a block of the node's chain."""
        (answer,) = self.rpc.batch([("eth_getBlockByNumber", [hex(number), False])])
        return read_head(None if isinstance(answer, RpcError) else answer)

    def at(self, number: int) -> Self:
        """The same node, its questions about single facts answered as of block `number`.

        A node that has forgotten the state of that time raises NodeUnavailable, or Broken `NODE_ANSWER`.
        """
        then = copy(self)
        then._block = hex(number)  # noqa: SLF001 - its own copy
        return then

    def target(self, contract: str) -> str:
        """A contract's address, from its name or from the address itself."""
        return contract.lower() if contract.startswith("0x") else self.pin.address(contract)

    # --- inside -------------------------------------------------------------------------------------------

    def _view(self, contract: str, name: str, *values: Any) -> tuple[Any, ...]:
        face = interface(contract)
        _, (answer,) = self._view_raw([(contract, face.call(name, *values))], self._block)
        return face.result(name, answer)

    def _view_raw(
        self, calls: Sequence[tuple[str, bytes]], block: str = "latest"
    ) -> tuple[Head, list[bytes]]:
        head, answers = self._ask([eth_call(self.pin.address(c), data, None, block) for c, data in calls])
        for answer in answers:
            if isinstance(answer, RpcError):
                raise NodeUnavailable("NODE_UNAVAILABLE", f"the node cannot answer: {answer.message}")
        try:
            return head, [_bytes(answer) for answer in answers]
        except (TypeError, ValueError) as bad:
            raise NodeUnavailable("NODE_UNAVAILABLE", "the node's answer to a call is no hex string") from bad

    def _ask(self, calls: Sequence[Call], *, fresh: bool = True) -> tuple[Head, list[Any]]:
        pin = self.pin
        if not self._verified:
            self._verify(pin)
        # What another thread sees while this question is on its way says nothing about this answer.
        seen = self._seen
        try:
            answers = self.rpc.batch([*_IDENTITY, *calls])
        except NodeUnavailable:
            self._verified = False  # what comes back at this address may be another node
            raise
        head = self._check_identity(pin, answers[:3])
        if fresh:
            self._check_age(pin, head, seen)
        return head, answers[3:]

    def _check_identity(self, pin: LedgerPin, answers: Sequence[Any]) -> Head:
        chain_id, genesis, latest = answers
        try:
            if isinstance(chain_id, RpcError) or isinstance(genesis, RpcError):
                raise NodeUnavailable("NODE_UNAVAILABLE", "the node does not say which chain it serves")
            if int(chain_id, 16) != pin.chain_id:
                raise WrongLedger("WRONG_LEDGER", f"chain id {int(chain_id, 16)}, pinned {pin.chain_id}")
            if genesis is None or genesis["hash"].lower() != pin.genesis.lower():
                raise WrongLedger("WRONG_LEDGER", "the node's block 0 is not the pinned one")
            head = read_head(latest)
        except (TypeError, KeyError, ValueError, AttributeError) as bad:
            raise NodeUnavailable("NODE_UNAVAILABLE", f"the node's answer makes no sense: {bad}") from bad
        return head

    def _check_age(self, pin: LedgerPin, head: Head, seen: int) -> None:
        if head.age_seconds > self.max_age:
            raise NodeBehind(
                "NODE_BEHIND",
                f"its last block is {head.age_seconds:.0f} s old",
                age_seconds=int(head.age_seconds),
            )
        # How old a head from the future is cannot be told: a chain that stands still could pass for fresh.
        if (ahead := head.time - time.time()) > self.max_age:
            raise NodeBehind("CLOCK_BEHIND", f"by {ahead:.0f} s")
        if head.number < max(seen - self.depth, pin.first_block):
            raise NodeBehind("NODE_BEHIND", f"it is at block {head.number}, we have seen block {seen}")
        self._seen = max(self._seen, head.number)

    def _verify(self, pin: LedgerPin) -> None:
        """The code at the pinned addresses is our contracts', and they belong together.

        Done when a connection is new: a chain with the pinned block 0 that has the contracts keeps them.
        """
        codes: list[Call] = [("eth_getCode", [pin.address(name), "latest"]) for name in CONTRACTS]
        links = [
            eth_call(pin.address(name), interface(name).call("consortium"), None)
            for name in (REGISTRY, CARGO)
        ]
        answers = self.rpc.batch([*_IDENTITY, *codes, *links])
        self._check_identity(pin, answers[:3])
        for name, code in zip(CONTRACTS, answers[3:6], strict=True):
            if not isinstance(code, str) or not interface(name).is_code(_bytes(code)):
                raise WrongLedger(
                    "WRONG_LEDGER", f"the code at the pinned address is not {name}'s", contract=name
                )
        for name, answer in zip((REGISTRY, CARGO), answers[6:], strict=True):
            if not isinstance(answer, str):
                raise NodeUnavailable("NODE_UNAVAILABLE", "the node cannot answer for the contracts")
            if "0x" + answer[-40:].lower() != pin.address(CONSORTIUM):
                raise WrongLedger("WRONG_LEDGER", f"{name} belongs to another consortium", contract=name)
        self._verified = True


_IDENTITY: tuple[Call, ...] = (
    ("eth_chainId", []),
    ("eth_getBlockByNumber", ["0x0", False]),
    ("eth_getBlockByNumber", ["latest", False]),
)


def _bytes(answer: Any) -> bytes:
    try:
        return bytes.fromhex(answer[2:])
    except (TypeError, ValueError) as bad:
        raise NodeUnavailable("NODE_UNAVAILABLE", "the node's answer makes no sense") from bad


def eth_call(to: str, data: bytes, sender: str | None, block: str = "latest") -> Call:
    """The call that tries `data` on the contract at `to`, as of `block`."""
    request = {"to": to, "data": "0x" + data.hex()}
    if sender is not None:
        request["from"] = sender
    return "eth_call", [request, block]
