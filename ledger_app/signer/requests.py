"""A signing request as the service sends it, read strictly. Nothing in it is believed yet
(docs/signer.md)."""

from dataclasses import dataclass
from typing import Any

from ledger_app import errors
from ledger_app.proof import typed_data
from ledger_app.proof.canonical import JsonObject, JsonValue, parse_json
from ledger_app.proof.eip712 import message_type
from ledger_app.proof.hexes import from_hex, to_hex

MAX_ANSWER = 256 * 1024 * 1024
"""Bytes of the longest list of requests that is read: a batch of 10,000 documents is about 40 MB."""
_MAX_DEPTH = 40

CONTRACTS = ("Consortium", "CertificateRegistry", "CargoLog")


@dataclass(frozen=True, slots=True)
class Request:
    """One act to sign. `message` is the dataclass of its kind from `typed_data.ACTS`."""

    id: str
    kind: str
    contract: str
    domain: typed_data.Domain
    message: Any  # its fields differ by kind; `typed_data` has checked their types
    evidence: JsonObject

    @property
    def digest(self) -> bytes:
        """The 32 bytes that would be signed."""
        signed: bytes = self.message.digest(self.domain)
        return signed


def parse_page(body: bytes) -> tuple[list[JsonObject], str | None]:
    """The raw requests in an answer of `GET /v1/signing/requests`, and the cursor of the next page (None at
    the end). Raises BadInput for anything else."""
    answer = parse_json(body, max_bytes=MAX_ANSWER, max_depth=_MAX_DEPTH + 8)
    listed = answer.get("requests") if isinstance(answer, dict) else None
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise errors.BadInput("SIGNER_REQUEST_UNREADABLE", "the answer is not a list of requests")
    following = answer.get("next") if isinstance(answer, dict) else None
    if following is not None and not isinstance(following, str):
        raise unreadable("next")
    return [entry for entry in listed if isinstance(entry, dict)], following


def request_id(raw: JsonObject) -> str | None:
    """The id under which a request can be refused, or None when it has none."""
    found = raw.get("id")
    return (
        found
        if isinstance(found, str) and 0 < len(found) <= 128 and found.isascii() and found.isalnum()
        else None
    )


def parse(raw: JsonObject) -> Request:
    """Read one request. Raises BadInput SIGNER_REQUEST_UNREADABLE naming the member at fault."""
    identifier = request_id(raw)
    if identifier is None:
        raise unreadable("id")
    kind, contract = raw.get("kind"), raw.get("contract")
    known = message_type(kind) if isinstance(kind, str) else None
    if known is None or not isinstance(kind, str):
        raise unreadable("kind")
    if contract not in CONTRACTS or not isinstance(contract, str):
        raise unreadable("contract")
    domain, message = member(raw, "domain", dict), member(raw, "message", dict)
    chain_id = member(domain, "chainId", int)
    verifying = to_hex(
        from_hex(member(domain, "verifyingContract", str), 20, field="verifyingContract", any_case=True)
    )
    return Request(
        id=identifier,
        kind=kind,
        contract=contract,
        domain=typed_data.Domain(chain_id, verifying),
        message=known.from_json(message),
        evidence=member(raw, "evidence", dict) if "evidence" in raw else {},
    )


def member(holder: JsonObject, name: str, kind: type) -> Any:
    """`holder[name]`, which must be of exactly `kind`. Raises BadInput SIGNER_REQUEST_UNREADABLE."""
    value: JsonValue = holder.get(name)
    if type(value) is not kind:
        raise unreadable(name)
    return value


def unreadable(name: str) -> errors.BadInput:
    return errors.BadInput(
        "SIGNER_REQUEST_UNREADABLE", f"the request's {name} is missing or of another type", field=name
    )
