"""Turning a signed act into the contract call that carries it.

`message` is the act's typed data (`proof.typed_data`, its `to_json` form); `call` holds what the contract
needs beyond it, under these names:

| act | `call` |
|---|---|
| Suspend, Reinstate, Revoke, Refuse | `leaf` (the leaf's fields), `proof` (list of hashes) |
| Acquit | the same, and `items`: `[{item, allowance, units, proof}]` (empty without items) |
| Supersede | `leaf`, `proof`, `successors`: `[{leaf, proof}]` |
| Consume | `leaf`, `proof`, `items`, `successors` |
| Withdraw | `items`: `[{item, units}]`, the acquitted ones again |
| Confirm | `issuer`, `scheme`, `root` |
| Answer | `from`, `to`, `subject` |
| AddKey | `acceptance`: `{deadline, signature}` |
| Issue, Enquire, Anchor, RetireKey, Enrol, Accredit, Vote, MemberPause | nothing |

Byte values are `0x…` strings, numbers integers. `signatures` is a list of `{key, signature}`, the signature
being 64 bytes `r || vs`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger_app.chain.abi import interface
from ledger_app.errors import BadInput

Json = Mapping[str, Any]
Encoded = tuple[str, bytes]

_CONSORTIUM, _REGISTRY, _CARGO = "Consortium", "CertificateRegistry", "CargoLog"


def encode_act(kind: str, message: Json, call: Json, signatures: Sequence[Json]) -> Encoded:
    """The name of the contract that takes the act, and the calldata.

    Raises BadInput `ACT_ENCODING` when a field is missing or does not fit, or the kind is none that is sent.
    """
    encoder = _ENCODERS.get(kind)
    if encoder is None:
        raise BadInput("ACT_ENCODING", f"{kind} is no act that a contract takes", kind=kind)
    try:
        return encoder(message, call, signatures)
    except (KeyError, IndexError, TypeError, ValueError) as bad:
        raise BadInput("ACT_ENCODING", f"{kind} cannot be encoded: {bad!r}", kind=kind) from bad


def council_call(name: str, *values: Any) -> bytes:
    """The `call` of a Vote: calldata of one of the consortium's council functions (`admit`, …)."""
    return interface(_CONSORTIUM).call(name, *values)


def acceptance(deadline: int, signature: bytes) -> tuple[int, tuple[bytes, bytes]]:
    """The `Acceptance` tuple of `grantKey`, `addKey` and `setCouncil`."""
    return deadline, (signature[:32], signature[32:])


def _b(value: Any) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError(f"{value!r} is no 0x… string")
    return bytes.fromhex(value[2:])


def _n(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no integer")
    return value


def _leaf(leaf: Json) -> tuple[Any, ...]:
    return (
        _b(leaf["digest"]),
        _b(leaf["issuer"]),
        _b(leaf["scheme"]),
        _b(leaf["destination"]),
        _n(leaf["validFrom"]),
        _n(leaf["validUntil"]),
        _n(leaf["allowance"]),
        _b(leaf["itemsRoot"]),
    )


def _proof(proof: Any) -> list[bytes]:
    return [_b(entry) for entry in proof]


def _certificate(call: Json) -> tuple[Any, ...]:
    return _leaf(call["leaf"]), _proof(call["proof"])


def _uses(call: Json) -> list[tuple[Any, ...]]:
    return [
        (_n(use["item"]), _n(use["allowance"]), _n(use["units"]), _proof(use["proof"]))
        for use in call.get("items") or ()
    ]


def _units(call: Json) -> list[tuple[int, int]]:
    return [(_n(use["item"]), _n(use["units"])) for use in call.get("items") or ()]


def _successors(call: Json) -> list[tuple[Any, ...]]:
    return [_certificate(entry) for entry in call["successors"]]


def _pair(signature: Any) -> tuple[bytes, bytes]:
    raw = _b(signature)
    if len(raw) != 64:
        raise ValueError("a signature has 64 bytes")
    return raw[:32], raw[32:]


def _one(signatures: Sequence[Json]) -> tuple[bytes, bytes]:
    if len(signatures) != 1:
        raise ValueError("this act has exactly one signature")
    return _pair(signatures[0]["signature"])


def _issue(m: Json, _c: Json, s: Sequence[Json]) -> Encoded:
    values = (_b(m["issuer"]), _b(m["scheme"]), _b(m["root"]), _n(m["count"]), _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("issue", *values)


def _suspend(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    values = (_certificate(c), _n(m["reason"]), _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("suspend", *values)


def _reinstate(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    return _REGISTRY, interface(_REGISTRY).call("reinstate", _certificate(c), _n(m["deadline"]), _one(s))


def _revoke(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    values = (_certificate(c), _n(m["reason"]), _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("revoke", *values)


def _supersede(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    batch = (_b(m["scheme"]), _b(m["root"]), _n(m["count"]))
    values = (_certificate(c), *batch, _successors(c), _n(m["reason"]), _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("supersede", *values)


def _acquit(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    claim = (_b(m["customs"]), _b(m["claim"]), _n(m["units"]))
    values = (_certificate(c), *claim, _uses(c), _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("acquit", *values)


def _withdraw(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    claim = (_b(m["leaf"]), _b(m["customs"]), _b(m["claim"]), _n(m["reason"]))
    return _REGISTRY, interface(_REGISTRY).call("withdraw", *claim, _units(c), _n(m["deadline"]), _one(s))


def _refuse(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    claim = (_b(m["customs"]), _b(m["claim"]), _n(m["reason"]))
    values = (_certificate(c), *claim, _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("refuse", *values)


def _consume(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    use = (_b(m["issuer"]), _n(m["units"]), _uses(c))
    batch = (_b(m["root"]), _n(m["count"]), _successors(c))
    values = (_certificate(c), *use, *batch, _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("consume", *values)


def _enquire(m: Json, _c: Json, s: Sequence[Json]) -> Encoded:
    names = (_b(m["from"]), _b(m["to"]), _b(m["leaf"]), _b(m["subject"]))
    values = (*names, _n(m["code"]), _n(m["replyBy"]), _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("enquire", *values)


def _answer(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    names = (_b(c["from"]), _b(c["to"]), _b(c["subject"]))
    values = (*names, _n(m["code"]), _b(m["reply"]), _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("answer", *values)


def _confirm(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    values = (_b(c["issuer"]), _b(c["scheme"]), _b(c["root"]), _n(m["deadline"]), _one(s))
    return _REGISTRY, interface(_REGISTRY).call("confirm", *values)


def _vote(m: Json, _c: Json, s: Sequence[Json]) -> Encoded:
    votes = [_pair(row["signature"]) for row in sorted(s, key=lambda row: int(str(row["key"]), 16))]
    values = (_b(m["call"]), _b(m["salt"]), _n(m["expires"]), votes)
    return _CONSORTIUM, interface(_CONSORTIUM).call("execute", *values)


def _member_pause(m: Json, _c: Json, s: Sequence[Json]) -> Encoded:
    values = (str(m["member"]), _n(m["until"]), _n(m["deadline"]), _one(s))
    return _CONSORTIUM, interface(_CONSORTIUM).call("pauseAsMember", *values)


def _add_key(m: Json, c: Json, s: Sequence[Json]) -> Encoded:
    accepted = (_n(c["acceptance"]["deadline"]), _pair(c["acceptance"]["signature"]))
    key = (_b(m["sponsor"]), _b(m["organisation"]), str(m["key"]))
    return _CONSORTIUM, interface(_CONSORTIUM).call("addKey", *key, _n(m["deadline"]), _one(s), accepted)


def _retire_key(m: Json, _c: Json, s: Sequence[Json]) -> Encoded:
    values = (_b(m["organisation"]), str(m["key"]), _n(m["deadline"]), _one(s))
    return _CONSORTIUM, interface(_CONSORTIUM).call("retireKey", *values)


def _enrol(m: Json, _c: Json, s: Sequence[Json]) -> Encoded:
    values = (_b(m["authority"]), _b(m["organisation"]), _n(m["roles"]), _n(m["deadline"]), _one(s))
    return _CONSORTIUM, interface(_CONSORTIUM).call("enrol", *values)


def _accredit(m: Json, _c: Json, s: Sequence[Json]) -> Encoded:
    names = (_b(m["authority"]), _b(m["organisation"]), _b(m["scheme"]))
    days = (_n(m["kind"]), _n(m["fromDay"]), _n(m["untilDay"]))
    return _CONSORTIUM, interface(_CONSORTIUM).call("accredit", *names, *days, _n(m["deadline"]), _one(s))


def _anchor(m: Json, _c: Json, s: Sequence[Json]) -> Encoded:
    names = (_b(m["reporter"]), _b(m["stream"]), _b(m["previous"]), _b(m["head"]))
    return _CARGO, interface(_CARGO).call("anchor", *names, _n(m["count"]), _n(m["deadline"]), _one(s))


_ENCODERS: dict[str, Callable[[Json, Json, Sequence[Json]], Encoded]] = {
    "Issue": _issue,
    "Suspend": _suspend,
    "Reinstate": _reinstate,
    "Revoke": _revoke,
    "Supersede": _supersede,
    "Acquit": _acquit,
    "Withdraw": _withdraw,
    "Refuse": _refuse,
    "Consume": _consume,
    "Enquire": _enquire,
    "Answer": _answer,
    "Confirm": _confirm,
    "Vote": _vote,
    "MemberPause": _member_pause,
    "AddKey": _add_key,
    "RetireKey": _retire_key,
    "Enrol": _enrol,
    "Accredit": _accredit,
    "Anchor": _anchor,
}
#: The acts that a contract takes by themselves (AcceptSeat and AcceptKey travel inside others).
SENDABLE = tuple(_ENCODERS)
