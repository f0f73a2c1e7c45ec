"""Python and Solidity say the same of 100,000 random mutants of leaf and proof.

The contracts' own functions run in Anvil, through the harness contract, many certificates a call.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger_app.errors import BadInput
from ledger_app.proof.hashes import keccak
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.leaf import Leaf
from ledger_app.proof.merkle import MAX_PROOF, MerkleTree, process_proof
from tests.support.anvil import Anvil

HARNESS = Path(__file__).resolve().parents[1] / "contracts" / "ProtocolHarness.json"
ADDRESS = "0x" + "77" * 20
MUTANTS = 100_000
A_CALL = 4_000
SEED = 20261122

_BYTES = ("digest", "issuer", "scheme", "destination", "items_root")
_NUMBERS = {"valid_from": 32, "valid_until": 32, "allowance": 53}


@dataclass(frozen=True, slots=True)
class Mutant:
    leaf: Leaf
    proof: tuple[bytes, ...]
    batch: bytes  # where the unaltered leaf is registered
    altered: bool


def _batches(chance: random.Random) -> list[tuple[list[Leaf], MerkleTree]]:
    batches = []
    for size in [1, 2, 3, 4, 7, 64, *(chance.randrange(5, 400) for _ in range(30))]:
        issuer, scheme = chance.randbytes(32), chance.choice([b"RCEP", b"CHAFTA"]).ljust(32, b"\0")
        leaves = [
            Leaf(
                digest=chance.randbytes(32),
                issuer=issuer,
                scheme=scheme,
                destination=chance.choice([bytes(8), b"AU".ljust(8, b"\0")]),
                valid_from=chance.randrange(1 << 15),
                valid_until=chance.choice([0, chance.randrange(1 << 32)]),
                allowance=chance.choice([1, chance.randrange(1 << 53)]),
                items_root=chance.choice([bytes(32), chance.randbytes(32)]),
            )
            for _ in range(size)
        ]
        batches.append((leaves, MerkleTree(leaf.hash() for leaf in leaves)))
    return batches


def _flip(value: bytes, chance: random.Random) -> bytes:
    place, bit = chance.randrange(len(value)), chance.randrange(8)
    return value[:place] + bytes([value[place] ^ 1 << bit]) + value[place + 1 :]


def _alter_leaf(leaf: Leaf, chance: random.Random, other: Leaf) -> Leaf:
    name = chance.choice([*_BYTES, *_NUMBERS])
    value: Any = getattr(leaf, name)
    kind = chance.randrange(4)
    if kind == 0:
        value = getattr(other, name)
    elif name in _NUMBERS:
        bits = _NUMBERS[name]
        value = chance.choice([value ^ 1 << chance.randrange(bits), 0, (1 << bits) - 1])
    else:
        value = [_flip(value, chance), bytes(len(value)), chance.randbytes(len(value))][kind - 1]
    changes: dict[str, Any] = {name: value}
    return replace(leaf, **changes)


def _alter_proof(proof: tuple[bytes, ...], chance: random.Random, tree: MerkleTree) -> tuple[bytes, ...]:
    nodes = list(proof)
    kind = chance.randrange(8)
    if kind == 0:
        nodes.insert(chance.randrange(len(nodes) + 1), chance.randbytes(32))
    elif kind == 1:
        nodes.insert(
            chance.randrange(len(nodes) + 1), chance.choice([*nodes, tree.root, bytes(32), b"\xff" * 32])
        )
    elif kind == 2:
        nodes += [chance.randbytes(32) for _ in range(chance.randrange(1, 35))]
    elif nodes and kind == 3:
        del nodes[chance.randrange(len(nodes))]
    elif nodes and kind == 4:
        place = chance.randrange(len(nodes))
        nodes[place] = _flip(nodes[place], chance)
    elif nodes and kind == 5:
        chance.shuffle(nodes)
    elif nodes and kind == 6:
        nodes = nodes[: chance.randrange(len(nodes))]
    else:
        nodes = list(tree.proof(chance.choice(tree.leaves)))
    return tuple(nodes)


def _mutants(count: int) -> Iterator[Mutant]:
    chance = random.Random(SEED)
    batches = _batches(chance)
    for _ in range(count):
        leaves, tree = chance.choice(batches)
        leaf = chance.choice(leaves)
        proof = tree.proof(leaf.hash())
        mutant = Mutant(leaf, proof, leaf.batch_id(tree.root), False)
        for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
            if chance.random() < 0.5:
                mutant = replace(
                    mutant, leaf=_alter_leaf(mutant.leaf, chance, chance.choice(chance.choice(batches)[0]))
                )
            else:
                mutant = replace(mutant, proof=_alter_proof(mutant.proof, chance, tree))
        yield replace(mutant, altered=(mutant.leaf, mutant.proof) != (leaf, proof))


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _calldata(selector: bytes, mutants: list[Mutant]) -> bytes:
    """`locateMany(Certificate[])`, encoded here: the ABI of nested dynamic tuples is a page of offsets."""
    heads, tails, at = [], [], 32 * len(mutants)
    for mutant in mutants:
        leaf = mutant.leaf.encoded()[32:]
        tail = leaf + _word(len(leaf) + 32) + _word(len(mutant.proof)) + b"".join(mutant.proof)
        heads.append(_word(at))
        tails.append(tail)
        at += len(tail)
    return selector + _word(32) + _word(len(mutants)) + b"".join(heads) + b"".join(tails)


def _words(result: bytes, at: int) -> list[bytes]:
    count = int.from_bytes(result[at : at + 32], "big")
    return [result[at + 32 * (i + 1) : at + 32 * (i + 2)] for i in range(count)]


class Contract:
    """The harness in Anvil, asked by raw JSON-RPC."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=120)
        harness = json.loads(HARNESS.read_text("utf-8"))
        code = harness["deployedBytecode"]
        self._rpc("anvil_setCode", ADDRESS, code if code.startswith("0x") else "0x" + code)
        function = next(each for each in harness["abi"] if each.get("name") == "locateMany")
        assert [each["name"] for each in function["inputs"][0]["components"]] == ["leaf", "proof"]
        leaf = "(bytes32,bytes32,bytes32,bytes8,uint32,uint32,uint64,bytes32)"
        self._selector = keccak(f"locateMany(({leaf},bytes32[])[])".encode())[:4]

    def _rpc(self, method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._http.post("/", json=body).json()
        assert "error" not in answer, str(answer["error"])[:300]
        return answer["result"]

    def locate(self, mutants: list[Mutant]) -> list[tuple[bytes, bytes]]:
        """(leaf hash, batch id) of each; batch zero where the proof is too long."""
        call = {"to": ADDRESS, "data": to_hex(_calldata(self._selector, mutants)), "gas": hex(10**12)}
        result = bytes.fromhex(self._rpc("eth_call", call, "latest")[2:])
        leaves = _words(result, int.from_bytes(result[:32], "big"))
        batches = _words(result, int.from_bytes(result[32:64], "big"))
        return list(zip(leaves, batches, strict=True))


@pytest.fixture(scope="module")
def contract() -> Iterator[Contract]:
    with Anvil("--gas-limit", str(10**13), "--no-request-size-limit") as node:
        yield Contract(node.url)


def _located(mutant: Mutant) -> tuple[bytes, bytes]:
    leaf = mutant.leaf.hash()
    try:
        return leaf, mutant.leaf.batch_id(process_proof(leaf, mutant.proof))
    except BadInput:
        assert len(mutant.proof) > MAX_PROOF
        return leaf, bytes(32)


@pytest.mark.timeout(600)
def test_python_and_solidity_agree_on_100_000_mutants_of_leaf_and_proof(contract: Contract) -> None:
    accepted = refused = 0
    waiting: list[Mutant] = []
    for number, mutant in enumerate(_mutants(MUTANTS), 1):
        waiting.append(mutant)
        if len(waiting) < A_CALL and number < MUTANTS:
            continue
        for each, theirs in zip(waiting, contract.locate(waiting), strict=True):
            assert _located(each) == theirs
            if each.altered:
                assert theirs[1] != each.batch
                refused += 1
            else:
                assert theirs[1] == each.batch
                accepted += 1
        waiting = []
    assert accepted + refused == MUTANTS
    assert accepted > MUTANTS / 10
    assert refused > MUTANTS / 2
