"""A bare ledger on a real chain: deploys the committed artifacts, sends acts and says what each one cost."""

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from eth_account import Account

from ledger_app.chain.abi import explain, interface
from ledger_app.chain.calls import acceptance, council_call, encode_act
from ledger_app.chain.rpc import Rpc, RpcError
from ledger_app.domain.terms import organisation_id, scheme_id, territory_id
from ledger_app.proof import typed_data as td
from ledger_app.proof.leaf import Leaf

ZERO = "0x" + "00" * 20
RCEP = scheme_id("RCEP")
DEADLINE = 2**47
GAS = 8_000_000


class RefusedError(Exception):
    """The contract refused; the reason code as `chain.abi.explain` names it."""


def key_of(name: str) -> bytes:
    return name.encode().rjust(32, b"\1")


def org(name: str) -> bytes:
    return organisation_id(f"urn:test:{name}")


def a_leaf(issuer: str, seed: int, allowance: int = 10, items_root: bytes = bytes(32)) -> Leaf:
    digest = seed.to_bytes(32, "big")
    return Leaf(digest, org(issuer), RCEP, territory_id("AU"), 20_000, 20_365, allowance, items_root)


class Ledger:
    """Council of three (two decide); `sender` pays and has no say."""

    def __init__(self, url: str, sender: bytes, chain_id: int) -> None:
        self.rpc = Rpc(url)
        self.chain_id = chain_id
        self._sender = sender
        self._nonce = 0
        # Ganache would execute the same nonce-0 bytes again each time they are sent: burn it.
        self._transact({"to": Account.from_key(sender).address, "value": 1, "data": b""})
        self.council = sorted((key_of(f"council-{i}") for i in range(3)), key=td.address_of)
        members = [td.address_of(key) for key in self.council]
        self.addresses = {"Consortium": self._deploy("Consortium", members, 2)}
        for name in ("CertificateRegistry", "CargoLog"):
            self.addresses[name] = self._deploy(name, self.addresses["Consortium"], ZERO)

    def _transact(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        transaction = {
            "chainId": self.chain_id,
            "nonce": self._nonce,
            "gas": GAS,
            "gasPrice": 2 * 10**9,
            "value": 0,
            **fields,
        }
        raw = Account.sign_transaction(transaction, self._sender).raw_transaction
        try:
            tx = self.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        except RpcError as refused:
            self._nonce += 1
            raise RefusedError(explain(refused.data)[0]) from refused
        self._nonce += 1
        receipt = self._receipt(tx)
        if int(receipt["status"], 16) != 1:
            call = {"to": receipt["to"], "data": "0x" + bytes(fields["data"]).hex()}
            try:
                self.rpc.call("eth_call", call, "latest")
            except RpcError as refused:
                raise RefusedError(explain(refused.data)[0]) from refused
        return receipt

    def _receipt(self, tx: str) -> dict[str, Any]:
        for _ in range(2_000):
            receipt: dict[str, Any] | None = self.rpc.call("eth_getTransactionReceipt", tx)
            if receipt is not None:
                return receipt
            time.sleep(0.005)
        raise TimeoutError(f"{tx} was not mined")

    def _deploy(self, name: str, *values: Any) -> str:
        receipt = self._transact({"data": interface(name).creation(*values)})
        return str(receipt["contractAddress"]).lower()

    def send(self, contract: str, data: bytes) -> int:
        """Gas used. Raises RefusedError."""
        to = self.rpc_address(contract)
        return int(self._transact({"to": to, "data": data})["gasUsed"], 16)

    def rpc_address(self, contract: str) -> bytes:
        return bytes.fromhex(self.addresses[contract][2:])

    def signature(self, act: td.Act, key: bytes) -> bytes:
        return td.sign(act.digest(td.Domain(self.chain_id, self.addresses[act.CONTRACT])), key)

    def do(self, act: td.Act, keys: Sequence[bytes] | bytes, call: Mapping[str, Any] | None = None) -> int:
        """Sign an act, send it; the gas it used."""
        signers = [keys] if isinstance(keys, bytes) else keys
        signatures = [
            {"key": td.address_of(key), "signature": "0x" + self.signature(act, key).hex()} for key in signers
        ]
        return self.send(*encode_act(type(act).__name__, act.to_json(), dict(call or {}), signatures))

    def vote(self, name: str, *values: Any, epoch: int = 1) -> int:
        act = td.Vote(council_call(name, *values), secrets.token_bytes(32), epoch, DEADLINE)
        return self.do(act, self.council[:2])

    def accepted(self, name: str, key: bytes) -> tuple[int, bytes]:
        return DEADLINE, self.signature(td.AcceptKey(org(name), td.address_of(key), DEADLINE), key)

    def found(self, name: str, territory: str, roles: int) -> None:
        """By the council."""
        self.vote("admit", org(name), territory_id(territory), roles)
        self.vote(
            "grantKey", org(name), td.address_of(key_of(name)), acceptance(*self.accepted(name, key_of(name)))
        )

    def add_key(self, sponsor: str, name: str, key: bytes) -> int:
        until, signature = self.accepted(name, key)
        call = {"acceptance": {"deadline": until, "signature": "0x" + signature.hex()}}
        return self.do(
            td.AddKey(org(sponsor), org(name), td.address_of(key), DEADLINE), key_of(sponsor), call
        )

    def enlist(self, authority: str, name: str, roles: int, kind: int) -> None:
        """By an authority, accredited for RCEP."""
        self.do(td.Enrol(org(authority), org(name), roles, 0, DEADLINE), key_of(authority))
        self.add_key(authority, name, key_of(name))
        self.do(td.Accredit(org(authority), org(name), RCEP, kind, 0, 0, 0, DEADLINE), key_of(authority))

    def onboard(self) -> None:
        self.found("ministry", "CN", 1)
        self.found("ministry-au", "AU", 1)
        self.found("customs", "AU", 16)
        self.found("carrier", "SG", 32)
        self.enlist("ministry", "chamber", 2, 1)
        self.enlist("ministry-au", "chamber-au", 2, 1)

    def view(self, contract: str, name: str, *values: Any) -> tuple[Any, ...]:
        data = interface(contract).call(name, *values)
        call = {"to": self.addresses[contract], "data": "0x" + data.hex()}
        return interface(contract).result(name, bytes.fromhex(self.rpc.call("eth_call", call, "latest")[2:]))

    def issue(self, leaf: Leaf, issuer: str = "chamber") -> int:
        return self.do(td.Issue(org(issuer), RCEP, leaf.hash(), 1, DEADLINE), key_of(issuer))


def alone(leaf: Leaf, **more: Any) -> dict[str, Any]:
    """What the contract needs of a certificate that is alone in its batch."""
    return {"leaf": leaf.to_json(), "proof": [], **more}
