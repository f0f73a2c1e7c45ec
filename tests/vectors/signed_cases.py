"""Vectors of typed data and signatures, made by the naive reference alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.proof import naive
from tests.vectors.cases import CHAIN_ID, CONTRACTS, Json, seeded

PROTOCOL = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
SIGNER = 0x1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF


def type_strings() -> Iterator[tuple[str, str]]:
    """(contract, type string) of every act, read from the protocol's page itself."""
    text = PROTOCOL.read_text("utf-8")
    block = text.partition("## 6.")[2].partition("```")[2].partition("```")[0]
    contract = ""
    for line in block.strip().splitlines():
        if re.fullmatch(r"[A-Za-z]+", line.strip()):
            contract = line.strip()
        else:
            yield contract, line.strip()


def _value(kind: str, name: str, act: str) -> Any:
    if kind == "bytes32[]":
        return [seeded(f"{act}/{name}/{i}") for i in range(2)]
    if kind == "ItemUnits[]":
        return [{"item": 1, "units": 10}, {"item": 7, "units": 2**53 - 1}]
    if kind == "bytes":
        return seeded(f"{act}/{name}", 69)
    if kind == "bytes32":
        return seeded(f"{act}/{name}")
    if kind == "address":
        return seeded(f"{act}/{name}", 20)
    bits = int(kind.removeprefix("uint"))
    return 1_800_000_000 if name in ("deadline", "expires", "replyBy", "until") else 2 ** min(bits, 53) - 1


def act_cases() -> list[Json]:
    """Every act with full-range fields, and the arrays empty as well; signed with one key."""
    cases = []
    for contract, kind in type_strings():
        name = kind.partition("(")[0]
        fields = [field.split(" ") for field in kind.partition(")")[0].partition("(")[2].split(",")]
        message = {field: _value(solidity, field, name) for solidity, field in fields}
        variants = [(name, message)]
        empty = {field: [] if isinstance(value, list) else value for field, value in message.items()}
        if empty != message:
            variants.append((f"{name}, empty arrays", empty))
        for title, content in variants:
            separator = naive.domain_separator(CHAIN_ID, bytes.fromhex(CONTRACTS[contract][2:]))
            hashed = naive.struct_hash(kind, content)
            digest = naive.typed_digest(separator, hashed)
            cases.append(
                {
                    "name": title,
                    "act": name,
                    "contract": contract,
                    "chainId": CHAIN_ID,
                    "verifyingContract": CONTRACTS[contract],
                    "typeString": kind,
                    "typeHash": naive.keccak(kind.encode()),
                    "message": content,
                    "domainSeparator": separator,
                    "structHash": hashed,
                    "digest": digest,
                    "signature": naive.sign(digest, SIGNER, int.from_bytes(seeded(f"nonce/{title}"), "big")),
                    "signer": naive.address(SIGNER),
                }
            )
    return cases


def signature_cases() -> list[Json]:
    """Signatures over one digest: `accepted` only where they recover to `signer`; `reason` says what was
    done."""
    contract = bytes.fromhex(CONTRACTS["CertificateRegistry"][2:])
    kind = next(kind for _, kind in type_strings() if kind.startswith("Revoke("))
    message = {"leaf": seeded("leaf"), "reason": 1, "deadline": 1_800_000_000}
    digest = naive.typed_digest(naive.domain_separator(CHAIN_ID, contract), naive.struct_hash(kind, message))
    other_chain = naive.typed_digest(naive.domain_separator(1, contract), naive.struct_hash(kind, message))
    other_contract = naive.typed_digest(
        naive.domain_separator(CHAIN_ID, bytes.fromhex(CONTRACTS["CargoLog"][2:])),
        naive.struct_hash(kind, message),
    )
    other_act = naive.typed_digest(
        naive.domain_separator(CHAIN_ID, contract), naive.struct_hash(kind, {**message, "reason": 2})
    )
    nonce = int.from_bytes(seeded("nonce"), "big")
    good = naive.sign(digest, SIGNER, nonce)
    r, vs = good[:32], int.from_bytes(good[32:], "big")
    parity, s = vs >> 255, vs & ((1 << 255) - 1)
    high = (naive.ORDER - s).to_bytes(32, "big")
    rows = [
        ("good", "", digest, good),
        ("signed for another chain", "other domain", other_chain, good),
        ("signed for another contract", "other domain", other_contract, good),
        ("signed for another message", "other message", other_act, good),
        ("signed by another key", "other key", digest, naive.sign(digest, SIGNER + 1, nonce)),
        ("high-s twin, as vs", "high s", digest, r + high),
        (
            "high-s twin with the parity bit",
            "high s",
            digest,
            r + (int.from_bytes(high, "big") | 1 << 255).to_bytes(32, "big"),
        ),
        ("other parity", "flipped bit", digest, r + (s | (1 - parity) << 255).to_bytes(32, "big")),
        ("one bit of r", "flipped bit", digest, bytes([r[0] ^ 1]) + r[1:] + good[32:]),
        ("one bit of s", "flipped bit", digest, good[:-1] + bytes([good[-1] ^ 1])),
        ("s just above half the order", "high s", digest, r + (naive.ORDER // 2 + 1).to_bytes(32, "big")),
        ("s at half the order", "other key", digest, r + (naive.ORDER // 2).to_bytes(32, "big")),
        ("63 bytes", "wrong length", digest, good[:-1]),
        ("65 bytes: r, s, v", "wrong length", digest, r + s.to_bytes(32, "big") + bytes([27 + parity])),
        ("empty", "wrong length", digest, b""),
        ("r is zero", "out of range", digest, bytes(32) + good[32:]),
        ("s is zero", "out of range", digest, r + bytes(32)),
        ("r is the order", "out of range", digest, naive.ORDER.to_bytes(32, "big") + good[32:]),
        ("all ones", "out of range", digest, b"\xff" * 64),
    ]
    signer = naive.address(SIGNER)
    cases = []
    for name, reason, hashed, signature in rows:
        recovered = naive.recover(hashed, signature)
        if (recovered == signer) != (reason == ""):
            raise AssertionError(name)
        cases.append(
            {
                "name": name,
                "accepted": recovered == signer,
                "reason": reason,
                "digest": hashed,
                "signature": signature,
                "signer": signer,
                "recovered": recovered or bytes(20),
            }
        )
    return cases
