"""A service in miniature for the signer's tests: honest requests of every kind, served over real HTTP, and
what came back.

It holds no key. Tests alter a request before it is served and look at whether a signature comes back.
"""

import copy
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ledger_app.client import Client
from ledger_app.domain.cargo.event_hash import event_digest
from ledger_app.domain.samples import DEMO_ISSUER, sample_document
from ledger_app.domain.terms import organisation_id, scheme_id
from ledger_app.proof import typed_data as td
from ledger_app.proof.canonical import canonical_bytes
from ledger_app.proof.hashes import words_hash
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.leaf import batch_id, enquiry_id, leaf_for
from ledger_app.proof.log_tree import LogTree, cargo_leaf, cargo_salt
from ledger_app.proof.merkle import MerkleTree
from ledger_app.signer import keystore
from ledger_app.signer.journal import Journal
from ledger_app.signer.loop import Signer
from ledger_app.signer.settings import COUNCIL_ACTS, MEMBER_ACTS, Limits, Pins, SignerSettings

PINS = Pins(1337, "0x" + "c0" * 20, "0x" + "ce" * 20, "0x" + "ca" * 20)
KEY = keystore.key_from_private(b"\x07" * 32)
OWN = organisation_id(DEMO_ISSUER)
CUSTOMS = "urn:origin:demo:customs-au"
CARRIER = "urn:origin:demo:carrier"
AUTHORITY = "urn:origin:demo:authority-cn"
SECRET = b"\x11" * 32
STREAM_SECRET = b"\x22" * 32
CLAIM_SECRET = b"\x33" * 32
SALT = b"\x44" * 32


def deadline() -> int:
    return int(time.time()) + 3600


def request(message: td.Act, identifier: str = "a1", **evidence: Any) -> dict[str, Any]:
    """An honest request, as docs/signer.md describes it."""
    return {
        "id": identifier,
        "kind": type(message).__name__,
        "contract": message.CONTRACT,
        "domain": {"chainId": PINS.chain_id, "verifyingContract": PINS.contract(message.CONTRACT)},
        "message": message.to_json(),
        "evidence": evidence,
    }


def paper(document: dict[str, Any], secret: bytes = SECRET) -> dict[str, Any]:
    return {"document": document, "secret": to_hex(secret)}


def tree_of(papers: list[dict[str, Any]]) -> MerkleTree:
    return MerkleTree(leaf_of(p) for p in papers)


def leaf_of(shown: dict[str, Any]) -> bytes:
    return leaf_for(shown["document"], bytes.fromhex(shown["secret"][2:])).hash()


def issue(*documents: dict[str, Any], identifier: str = "a1") -> dict[str, Any]:
    papers = [paper(d) for d in documents]
    tree = tree_of(papers)
    message = td.Issue(OWN, scheme_id(documents[0]["scheme"]), tree.root, len(papers), deadline())
    return request(message, identifier, documents=papers)


def event(index: int) -> dict[str, Any]:
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventTime": f"2026-11-22T10:{index:02d}:00Z",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"urn:epc:id:sgtin:0614141.107346.{2000 + index}"],
        "action": "OBSERVE",
        "bizStep": "loading",
    }


def stream_tree(events: list[dict[str, Any]]) -> LogTree:
    return LogTree(
        cargo_leaf(cargo_salt(STREAM_SECRET, i), i, event_digest(e), canonical_bytes(e))
        for i, e in enumerate(events)
    )


def anchor(count: int, previous: bytes = bytes(32), identifier: str = "a1") -> dict[str, Any]:
    events = [event(i) for i in range(count)]
    head = stream_tree(events).root()
    message = td.Anchor(organisation_id(CARRIER), b"\x05" * 32, previous, head, count, deadline())
    shown = [{"event": e, "eventHash": to_hex(event_digest(e))} for e in events]
    return request(message, identifier, stream="vessel 1", secret=to_hex(STREAM_SECRET), events=shown)


def honest() -> dict[str, tuple[str | None, dict[str, Any]]]:
    """One honest request of every kind, with the organisation whose signer must sign it (None: a council
    seat)."""
    mine = sample_document("N-1")
    subject, leaf = paper(mine), leaf_of(paper(mine))
    theirs = sample_document("T-1", issuer="urn:other:chamber")
    foreign = leaf_of(paper(theirs))
    itemised = sample_document("I-1", items=2, per_item_allowance=5)
    fresh = [paper(sample_document("N-2"))]
    tree = tree_of(fresh)
    successors = tuple(leaf_of(p) for p in fresh)
    resting = [paper(sample_document("N-2", flags=["back-to-back"]))]
    rests = tree_of(resting)
    rested = tuple(leaf_of(p) for p in resting)
    customs, member = organisation_id(CUSTOMS), organisation_id("urn:new:member")
    other_key = "0x" + "9a" * 20
    claim = hmac.digest(CLAIM_SECRET, b"AU-1", "sha256")
    claimed = {"declaration": "AU-1", "claimSecret": to_hex(CLAIM_SECRET)}
    vote = _admit(member)
    asked, replied = words_hash(SALT, "Is it yours?"), words_hash(SALT, "Confirmed.")
    until = deadline()
    return {
        "Issue": (DEMO_ISSUER, issue(mine, sample_document("N-3"))),
        "Suspend": (DEMO_ISSUER, request(td.Suspend(leaf, 1, 0, until), subject=subject)),
        "Reinstate": (DEMO_ISSUER, request(td.Reinstate(leaf, 1, until), subject=subject)),
        "Revoke": (DEMO_ISSUER, request(td.Revoke(leaf, 1, until), subject=subject)),
        "Supersede": (
            DEMO_ISSUER,
            request(
                td.Supersede(leaf, scheme_id("RCEP"), tree.root, 1, successors, 1, until),
                subject=subject,
                documents=fresh,
            ),
        ),
        "Consume": (
            DEMO_ISSUER,
            request(
                td.Consume(foreign, OWN, 1, (), rests.root, 1, rested, until),
                subject=paper(theirs),
                documents=resting,
            ),
        ),
        "Answer": (
            DEMO_ISSUER,
            request(
                td.Answer(enquiry_id(customs, OWN, asked), 1, replied, until),
                **{"from": CUSTOMS, "to": DEMO_ISSUER, "question": "Is it yours?", "text": "Confirmed."},
                questionSalt=to_hex(SALT),
                salt=to_hex(SALT),
            ),
        ),
        "Acquit": (
            CUSTOMS,
            request(
                td.Acquit(
                    leaf_of(paper(itemised)),
                    customs,
                    claim,
                    7,
                    (td.ItemUnits(1, 5), td.ItemUnits(2, 2)),
                    until,
                ),
                subject=paper(itemised),
                **claimed,
            ),
        ),
        "Withdraw": (
            CUSTOMS,
            request(td.Withdraw(leaf, customs, claim, 1, until), subject=subject, **claimed),
        ),
        "Refuse": (CUSTOMS, request(td.Refuse(leaf, customs, claim, 1, until), subject=subject, **claimed)),
        "Enquire": (
            CUSTOMS,
            request(
                td.Enquire(customs, OWN, leaf, asked, 1, until + 86_400, until),
                to=DEMO_ISSUER,
                subject=subject,
                text="Is it yours?",
                salt=to_hex(SALT),
            ),
        ),
        "Enrol": (
            AUTHORITY,
            request(
                td.Enrol(organisation_id(AUTHORITY), member, 6, 0, until),
                organisation="urn:new:member",
                name="New",
            ),
        ),
        "Accredit": (
            AUTHORITY,
            request(
                td.Accredit(
                    organisation_id(AUTHORITY), member, scheme_id("RCEP"), 1, 20_000, 30_000, 0, until
                ),
                organisation="urn:new:member",
            ),
        ),
        "AddKey": (
            AUTHORITY,
            request(
                td.AddKey(organisation_id(AUTHORITY), member, other_key, until), organisation="urn:new:member"
            ),
        ),
        "AcceptKey": (AUTHORITY, request(td.AcceptKey(organisation_id(AUTHORITY), KEY.address, until))),
        "RetireKey": (AUTHORITY, request(td.RetireKey(organisation_id(AUTHORITY), other_key, until))),
        "Anchor": (CARRIER, anchor(3)),
        "AcceptSeat": (None, request(td.AcceptSeat(KEY.address, until))),
        "MemberPause": (
            None,
            request(td.MemberPause(KEY.address, int(time.time()) + 48 * 3600, 1, until)),
        ),
        "Vote": (None, request(td.Vote(vote, b"\x01" * 32, 1, until), organisations=["urn:new:member"])),
    }


def confirmation(root: bytes) -> dict[str, Any]:
    message = td.Confirm(batch_id(OWN, scheme_id("RCEP"), root), deadline())
    return request(message, "c1", scheme="RCEP", root=to_hex(root))


def _admit(member: bytes) -> bytes:
    from eth_abi.abi import encode

    from ledger_app.proof.hashes import keccak

    return keccak(b"admit(bytes32,bytes8,uint16)")[:4] + encode(
        ["bytes32", "bytes8", "uint16"], [member, b"AU", 16]
    )


@dataclass
class Desk:
    """The service in miniature. Serve by setting `pending`, `page` at a time; `signatures` and `refusals` are
    what came back, by id. `broken`: it cannot be asked; `deaf`: it shows requests and takes no answer;
    `not_now`: status and reason with which it takes no signature for these ids."""

    url: str
    pending: list[dict[str, Any]] = field(default_factory=list)
    signatures: dict[str, dict[str, str]] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    deaf: bool = False
    not_now: dict[str, tuple[int, str]] = field(default_factory=dict)
    page: int = 50
    posted: list[bytes] = field(default_factory=list)


@contextmanager
def service() -> Iterator[Desk]:
    """A real HTTP server on a free port."""
    desk = Desk("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if desk.broken:
                self._send(503, b"<html>bad gateway</html>")
                return
            after = parse_qs(urlsplit(self.path).query).get("cursor", [""])[0]
            rest = [p for p in desk.pending if not after or str(p.get("id")) > after]
            page = rest[: desk.page]
            following = (page[-1]["id"] if page else after or "0") if len(rest) > len(page) else None
            self._send(200, json.dumps({"requests": page, "next": following}).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if desk.deaf:
                self._send(503, json.dumps({"reason": "STORE_UNAVAILABLE"}).encode())
                return
            desk.posted.append(body)
            _, _, _, _, identifier, what = self.path.split("/")
            given = json.loads(body)
            if identifier in desk.not_now:
                status, reason = desk.not_now[identifier]
                self._send(status, json.dumps({"reason": reason}).encode())
                return
            if what == "signature":
                desk.signatures[identifier] = given
            else:
                desk.refusals[identifier] = given["reason"]
            desk.pending = [p for p in desk.pending if p.get("id") != identifier]
            self._send(200, b"{}")

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    desk.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def signer(desk: Desk, folder: Path, organisation: str | None, **limits: Any) -> Iterator[Signer]:
    """The signer of `organisation` (None: a council seat) with its journal in `folder`."""
    acts = MEMBER_ACTS if organisation else COUNCIL_ACTS
    settings = SignerSettings(folder, desk.url, organisation, PINS, Limits(**{"acts": acts, **limits}))
    folder.mkdir(parents=True, exist_ok=True)
    with Journal(settings.journal) as journal:
        client = Client(desk.url, timeout=5)
        yield Signer(settings, KEY, journal, client, say=lambda _: None)
        client.close()


def altered(base: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy of `base` with the value at `path` replaced."""
    copied = copy.deepcopy(base)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return copied
