"""A ledger of one's own on a fresh Ganache, at the contracts' own level: no service, no store.

Its members are an authority and an issuing body of CN, customs of AU and a carrier. `act` signs, sends and
waits.
"""

import secrets
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

from eth_account import Account
from eth_utils.address import to_checksum_address

from ledger_app.chain.abi import CONTRACTS, interface
from ledger_app.chain.calls import acceptance, council_call, encode_act
from ledger_app.chain.deployment import creation_address
from ledger_app.chain.facts import ZERO_ADDRESS
from ledger_app.chain.node import Ganache
from ledger_app.chain.rpc import Rpc
from ledger_app.config import LedgerPin
from ledger_app.domain.standing import AccreditationKind, Role
from ledger_app.domain.terms import organisation_id, scheme_id, territory_id
from ledger_app.proof import typed_data
from ledger_app.proof.leaf import Leaf
from ledger_app.proof.merkle import MerkleTree
from ledger_app.proof.typed_data import Act, Domain, address_of, sign

AUTHORITY, ISSUER = "urn:origin:bench:authority-cn", "urn:origin:demo:chamber-cn"
CUSTOMS, CARRIER = "urn:origin:bench:customs-au", "urn:origin:bench:carrier"
SCHEME = "RCEP"


class BenchLedger(AbstractContextManager["BenchLedger"]):
    """Started by `with`; everything is gone afterwards."""

    def __enter__(self) -> "BenchLedger":
        self._folder = tempfile.TemporaryDirectory(prefix="origin-bench-")
        self.node = Ganache(Path(self._folder.name))
        self.node.start()
        try:
            self._rpc = Rpc(self.node.url)
            self._sender = Account.from_key(self.node.sender_key)
            self._nonce = 0
            self._chain_id = int(self._rpc.call("eth_chainId"), 16)
            self._keys = {name: secrets.token_bytes(32) for name in (AUTHORITY, ISSUER, CUSTOMS, CARRIER)}
            self._council = sorted((secrets.token_bytes(32) for _ in range(3)), key=address_of)
            self._deploy()
            self._admit()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.node.stop()
        self._folder.cleanup()

    # --- acts ----------------------------------------------------------------------------------------

    def act(self, who: str, message: Act, **call: Any) -> int:
        """Signs `message` with the key of `who`, sends it, waits. Returns the gas used."""
        domain = Domain(self._chain_id, self.pin.address(message.CONTRACT))
        signature = sign(message.digest(domain), self._keys[who])
        return self.carry(
            message, call, [{"key": address_of(self._keys[who]), "signature": "0x" + signature.hex()}]
        )

    def carry(self, message: Act, call: dict[str, Any], signatures: list[dict[str, str]]) -> int:
        contract, calldata = encode_act(type(message).__name__, message.to_json(), call, signatures)
        return self._send(self.pin.address(contract), calldata)

    def issue(self, leaves: list[Leaf]) -> tuple[MerkleTree, int]:
        """Registers the leaves as one batch of the issuing body. Returns their tree and the gas used."""
        tree = MerkleTree(leaf.hash() for leaf in leaves)
        message = typed_data.Issue(
            organisation_id(ISSUER), scheme_id(SCHEME), tree.root, len(leaves), deadline()
        )
        return tree, self.act(ISSUER, message)

    def fund(self, address: str) -> None:
        """Gives an address of a peer's own the money that its transactions cost."""
        self._rpc.call("evm_setAccountBalance", address, hex(10**24))

    # --- making it -----------------------------------------------------------------------------------

    def _deploy(self) -> None:
        first = self._rpc.call("eth_getBlockByNumber", "0x0", False)
        self._send(self._sender.address.lower(), b"")  # nonce 0 is burnt: the node may run its bytes twice
        addresses = {
            name: creation_address(self._sender.address.lower(), 1 + place)
            for place, name in enumerate(CONTRACTS)
        }
        council = [address_of(key) for key in self._council]
        self._send(None, interface("Consortium").creation(council, 2))
        for name in ("CertificateRegistry", "CargoLog"):
            self._send(None, interface(name).creation(addresses["Consortium"], ZERO_ADDRESS))
        self.pin = LedgerPin(
            self._chain_id,
            first["hash"],
            addresses["Consortium"],
            addresses["CertificateRegistry"],
            addresses["CargoLog"],
            0,
        )

    def _admit(self) -> None:
        for name, territory, role in (
            (AUTHORITY, "CN", Role.AUTHORITY),
            (CUSTOMS, "AU", Role.CUSTOMS),
            (CARRIER, "SG", Role.REPORTER),
        ):
            org, key = organisation_id(name), address_of(self._keys[name])
            self._vote(council_call("admit", org, territory_id(territory), int(role)))
            self._vote(council_call("grantKey", org, key, self._accepted(name)))
        authority, issuer = organisation_id(AUTHORITY), organisation_id(ISSUER)
        self.act(AUTHORITY, typed_data.Enrol(authority, issuer, int(Role.ISSUER), 0, deadline()))
        until, signature = self._accepted(ISSUER)
        taken = {"deadline": until, "signature": "0x" + b"".join(signature).hex()}
        add = typed_data.AddKey(authority, issuer, address_of(self._keys[ISSUER]), deadline())
        self.act(AUTHORITY, add, acceptance=taken)
        kind = int(AccreditationKind.AUTHORITY_ISSUED)
        accredit = typed_data.Accredit(authority, issuer, scheme_id(SCHEME), kind, 1, 2**31, 0, deadline())
        self.act(AUTHORITY, accredit)

    def _accepted(self, name: str) -> tuple[int, tuple[bytes, bytes]]:
        domain = Domain(self._chain_id, self.pin.address("Consortium"))
        until, key = deadline(), self._keys[name]
        digest = typed_data.AcceptKey(organisation_id(name), address_of(key), until).digest(domain)
        return acceptance(until, sign(digest, key))

    def _vote(self, call: bytes) -> None:
        message = typed_data.Vote(call, secrets.token_bytes(32), self._epoch(), deadline())
        digest = message.digest(Domain(self._chain_id, self.pin.address("Consortium")))
        signatures = [
            {"key": address_of(key), "signature": "0x" + sign(digest, key).hex()} for key in self._council[:2]
        ]
        self.carry(message, {}, signatures)

    def _epoch(self) -> int:
        call = {
            "to": self.pin.address("Consortium"),
            "data": "0x" + interface("Consortium").call("council").hex(),
        }
        answer = bytes.fromhex(self._rpc.call("eth_call", call, "latest")[2:])
        return int(interface("Consortium").result("council", answer)[2])

    def _send(self, to: str | None, data: bytes) -> int:
        request = {
            "nonce": self._nonce,
            "gas": 15_000_000,
            "gasPrice": 10**10,
            "value": 0,
            "data": data,
            "chainId": self._chain_id,
        }
        if to is not None:
            request["to"] = to_checksum_address(to)
        raw = self._sender.sign_transaction(request).raw_transaction
        sent = self._rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        self._nonce += 1
        while (receipt := self._rpc.call("eth_getTransactionReceipt", sent)) is None:
            time.sleep(0.005)
        if receipt["status"] != "0x1":
            raise RuntimeError(f"a transaction of the benchmark's set-up was reverted: {receipt}")
        return int(receipt["gasUsed"], 16)


def deadline() -> int:
    """An hour from now."""
    return int(time.time()) + 3600
