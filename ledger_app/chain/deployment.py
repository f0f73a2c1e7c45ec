"""Deploying the ledger's contracts, through the outbox, so that a crash at any point loses nothing and
repeats nothing.

One database transaction plans it all: the four transactions (nonce 0 burnt, then Consortium,
CertificateRegistry, CargoLog) are signed with their nonces, so the contracts' addresses are known before
anything is sent. The pin is written once all are final and the code at the addresses is ours.
"""

import time
from collections.abc import Sequence
from typing import Any

from eth_typing import HexAddress, HexStr
from web3.types import Nonce
from web3.utils import get_create_address

from ledger_app.chain import pin as pins
from ledger_app.chain.abi import CONTRACTS, explain, interface
from ledger_app.chain.facts import ZERO_ADDRESS
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.rpc import RpcError
from ledger_app.chain.sender import gas_limit
from ledger_app.chain.submitter import Submitter
from ledger_app.config import LedgerPin
from ledger_app.errors import ActRefused, NodeUnavailable
from ledger_app.store import outbox
from ledger_app.store.engine import Store


def creation_address(sender: str, nonce: int) -> str:
    """Where CREATE puts the contract that `sender` deploys with `nonce`."""
    return get_create_address(HexAddress(HexStr(sender)), Nonce(nonce)).lower()


def ensure_ledger(
    store: Store,
    gateway: Gateway,
    submitter: Submitter,
    *,
    council: Sequence[str],
    threshold: int,
    timeout: float = 120.0,
) -> LedgerPin:
    """The pin of this installation's ledger; deploys it first when there is none. Goes on where a crash left
    off.

    council: the founding members' addresses; used only by the first call. Raises ActRefused when the
    contract does not take the council (`COUNCIL_SIZE_INVALID`, …), NodeUnavailable when it is not done after
    `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        with store.read() as conn:
            pin = pins.saved_pin(conn)
            plan = pins.saved_plan(conn)
        if pin is not None:
            gateway.use(pin)
            return pin
        # Of several services that start together one deploys; the others wait for its pin.
        if submitter.lead():
            if plan is None:
                _plan(submitter, council, threshold)
                continue
            submitter.step()
            _finish(submitter, plan)
        if time.monotonic() > deadline:
            raise NodeUnavailable("NODE_UNAVAILABLE", "the deployment is still under way")
        time.sleep(0.02)


def _plan(submitter: Submitter, council: Sequence[str], threshold: int) -> None:
    """Sign and commit the whole deployment. Nothing is sent before that."""
    view = submitter.look()
    members = [member.lower() for member in council]
    founding = interface("Consortium").creation(members, threshold)
    _try_creation(submitter, founding)
    submitter.crash("before-commit")
    with submitter.writing() as conn:
        first = max(outbox.next_nonce(conn, submitter.sender), view.nonce)
        if first == 0:
            submitter.record(conn, submitter.sign(view, None, 0, submitter.sender, b"", 21_000), view)
            first = 1
        addresses = {name: creation_address(submitter.sender, first + i) for i, name in enumerate(CONTRACTS)}
        codes = {
            "Consortium": founding,
            "CertificateRegistry": interface("CertificateRegistry").creation(
                addresses["Consortium"], ZERO_ADDRESS
            ),
            "CargoLog": interface("CargoLog").creation(addresses["Consortium"], ZERO_ADDRESS),
        }
        items: dict[str, int] = {}
        for i, name in enumerate(CONTRACTS):
            items[name] = outbox.enqueue(conn, act_id=None, contract="", calldata=codes[name])
            item = outbox.items(conn, [items[name]])[items[name]]
            draft = submitter.sign(view, item, first + i, None, codes[name], gas_limit(codes[name]))
            submitter.record(conn, draft, view, creates=addresses[name])
        plan: dict[str, Any] = {
            "chain_id": view.chain_id,
            "genesis": view.genesis,
            "first_block": view.number,
            "addresses": addresses,
            "items": items,
        }
        pins.save_plan(conn, plan)
    submitter.crash("after-commit")


def _try_creation(submitter: Submitter, code: bytes) -> None:
    request = {"from": submitter.sender, "data": "0x" + code.hex(), "gas": hex(gas_limit(code))}
    (answer,) = submitter.gateway.rpc.batch([("eth_call", [request, "latest"])])
    if isinstance(answer, RpcError):
        if answer.data is None:
            raise NodeUnavailable("NODE_UNAVAILABLE", f"the node cannot try the deployment: {answer.message}")
        reason, arguments = explain(answer.data)
        raise ActRefused(reason, contract="Consortium", arguments=arguments)


def _finish(submitter: Submitter, plan: dict[str, Any]) -> None:
    """Write the pin when all contracts stand; drop the plan when one of them never will."""
    with submitter.store.read() as conn:
        states = {item.state for item in outbox.items(conn, list(plan["items"].values())).values()}
    if states & {"queued", "reverted"}:
        # A nonce was used by somebody else, so the addresses are not what the plan says: plan again.
        with submitter.writing() as conn:
            for item_id in plan["items"].values():
                outbox.refuse(conn, item_id, "REVERTED", {"plan": "abandoned"})
            pins.save_plan(conn, None)
        return
    if states != {"final"}:
        return
    addresses = plan["addresses"]
    pin = LedgerPin(
        plan["chain_id"],
        plan["genesis"],
        addresses["Consortium"],
        addresses["CertificateRegistry"],
        addresses["CargoLog"],
        plan["first_block"],
    )
    check = Gateway(submitter.gateway.rpc.url, pin, max_age=submitter.gateway.max_age)
    check.head()
    with submitter.writing() as conn:
        pins.save_pin(conn, pin)
        pins.save_plan(conn, None)
