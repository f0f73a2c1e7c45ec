"""A council seat signs only what it comes to from its own node, whatever the service proposes."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger_app.chain import abi
from ledger_app.client import Client
from ledger_app.errors import LedgerError, NotPermitted, Unavailable
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.ledger_state import FOLLOWED
from ledger_app.services import checkpoints, lifecycle, signing
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from ledger_app.signer import keystore, requests, rules
from ledger_app.signer.journal import Journal
from ledger_app.signer.loop import Signer
from ledger_app.signer.own_node import EVENTS, TOPICS, OwnNode
from ledger_app.signer.settings import Pins, SignerSettings, default_limits
from tests.support.world import World

ARTIFACTS = Path(abi.__file__).parent / "artifacts"


@pytest.fixture
def pins(world: World) -> Pins:
    pin = world.ctx.pin
    return Pins(pin.chain_id, pin.consortium.lower(), pin.registry.lower(), pin.cargo_log.lower())


@pytest.fixture
def node(world: World, pins: Pins) -> Iterator[OwnNode]:
    found = OwnNode(world.ctx.gateway.rpc.url, pins)
    yield found
    found.close()


@pytest.fixture
def desk(world: World, pins: Pins, node: OwnNode, tmp_path: Path) -> Iterator[rules.Desk]:
    seat = world.council[0]
    settings = SignerSettings(tmp_path, "http://127.0.0.1:1", None, pins, default_limits(True))
    with Journal(tmp_path / "signed.jsonl") as journal:
        yield rules.Desk(settings, seat.address, journal, int(time.time()), node)


def asked(world: World, kind: str = "Checkpoint") -> dict[str, Any]:
    """A request of the service, as a seat gets it."""
    world.catch_up()
    ask = checkpoints.propose_checkpoint if kind == "Checkpoint" else checkpoints.propose_snapshot
    act = ask(world.ctx, 30, ALWAYS)["act"]
    return signing.request(world.ctx, world.principal("council-1"), act["id"])


def decide(request: dict[str, Any], desk: rules.Desk, **message: Any) -> str:
    """The words under which it may be signed; or the reason why not."""
    raw = {**request, "message": {**request["message"], **message}}
    try:
        return rules.decide(requests.parse(raw), desk).words
    except LedgerError as refused:
        return refused.reason


def test_the_events_that_a_seat_reads_are_those_of_the_contracts() -> None:
    described = {
        event["name"]: tuple((part["name"], part["type"], part["indexed"]) for part in event["inputs"])
        for contract in ("Consortium", "CertificateRegistry")
        for event in json.loads((ARTIFACTS / f"{contract}.json").read_text("utf-8"))["abi"]
        if event["type"] == "event"
    }
    assert set(EVENTS) == FOLLOWED == set(TOPICS.values())
    assert {name: described[name] for name in EVENTS} == EVENTS


@pytest.mark.parametrize("kind", ["Checkpoint", "TrustSnapshot"])
def test_an_honest_proposal_is_signed_with_words_that_say_what_it_states(
    world: World, desk: rules.Desk, kind: str
) -> None:
    (certificate,) = world.issue()
    who = world.principal("chamber-cn")
    world.done(lifecycle.revoke(world.ctx, who, Reference(id=certificate["id"]), 1, ALWAYS))
    request = asked(world, kind)
    words = decide(request, desk)
    assert words.startswith("State "), words
    assert f"block {request['message']['block']}" in words
    # Asked again for the next one, it only reads what is new.
    world.issue()
    assert decide(asked(world, kind), desk).startswith("State ")


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        *(("Checkpoint", name) for name in ("batches", "batchesRoot", "standings", "standingsRoot")),
        *(("TrustSnapshot", name) for name in ("content",)),
        *(("Checkpoint", name) for name in ("genesis", "blockHash", "time", "epoch")),
    ],
)
def test_whatever_its_own_node_does_not_tell_is_refused(
    world: World, desk: rules.Desk, kind: str, member: str
) -> None:
    request = asked(world, kind)
    value = request["message"][member]
    other = value + 1 if isinstance(value, int) else "0x" + "5a" * 32
    assert decide(request, desk, **{member: other}) == "SIGNER_NODE_DIFFERS"


def test_what_has_happened_is_not_left_out(world: World, desk: rules.Desk) -> None:
    before = asked(world)
    world.issue()
    after = asked(world)
    old = {name: before["message"][name] for name in ("batches", "batchesRoot")}
    assert decide(after, desk, **old) == "SIGNER_NODE_DIFFERS"


def test_another_registry_a_missing_node_and_a_long_life_are_refused(world: World, desk: rules.Desk) -> None:
    request = asked(world)
    assert decide(request, desk, registry="0x" + "11" * 20) == "SIGNER_OTHER_LEDGER"
    assert decide(request, replace(desk, node=None)) == "SIGNER_NO_NODE"
    assert decide(request, desk, expires=desk.now + 101 * 86_400) == "SIGNER_DEADLINE"
    assert decide(request, desk, expires=desk.now - 3600) == "SIGNER_DEADLINE"
    stranger = replace(desk, address=world.actors["carrier"].address)
    assert decide(request, stranger) == "SIGNER_NODE_DIFFERS"


def test_a_seat_does_not_contradict_what_it_stated_even_if_its_node_does(
    world: World, desk: rules.Desk
) -> None:
    world.issue()
    request = asked(world)
    entry = rules.decide(requests.parse(request), desk)
    desk.journal.append(entry)
    assert decide(request, desk).startswith("State ")
    stated = entry.stated or {}
    assert stated["statement"] == request["message"]
    # By its journal it stated another block of this number, signed when its node said so.
    lied = {**stated, "statement": {**request["message"], "blockHash": "0x" + "88" * 32}}
    desk.journal.append(replace(entry, digest="0x" + "77" * 32, stated=lied))
    for kind in ("Checkpoint", "TrustSnapshot"):
        assert decide(asked(world, kind), desk) == "SIGNER_SPLIT_VIEW"


def test_a_node_that_is_away_leaves_the_request_for_later(world: World, pins: Pins, desk: rules.Desk) -> None:
    request = asked(world)
    away = OwnNode("http://127.0.0.1:1", pins)
    with pytest.raises(Unavailable, match="NODE_UNAVAILABLE"):
        rules.decide(requests.parse(request), replace(desk, node=away))
    said: list[str] = []
    signer = Signer(
        desk.settings,
        keystore.key_from_private(world.council[0].key),
        desk.journal,
        Client("http://127.0.0.1:1"),
        said.append,
        lambda _: True,
        node=away,
    )
    # Nothing is refused, and nothing is posted: the service's address does not even answer.
    assert signer._answer(request) is False
    assert signer._answer(request) is False
    assert len(said) == 1
    assert said[0].startswith("waits: NODE_UNAVAILABLE")


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b"{}",
        b"nonsense",
        b'[{"id": 1, "result": "0x"}]',
        b'[{"id": 1, "result": null}]',
        b'[{"id": 1}]',
    ],
)
def test_a_node_that_answers_nonsense_is_waited_for(
    world: World, pins: Pins, desk: rules.Desk, answer: bytes
) -> None:
    class Odd(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            return

    request = asked(world)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    odd = OwnNode(f"http://127.0.0.1:{server.server_port}", pins)
    try:
        with pytest.raises(Unavailable, match="NODE_UNAVAILABLE"):
            rules.decide(requests.parse(request), replace(desk, node=odd))
    finally:
        odd.close()
        server.shutdown()
        server.server_close()


def test_a_seat_of_another_chain_refuses(world: World, desk: rules.Desk, pins: Pins) -> None:
    request = asked(world)
    other = replace(pins, chain_id=pins.chain_id + 1)
    elsewhere = OwnNode(world.ctx.gateway.rpc.url, other)
    with pytest.raises(NotPermitted, match="SIGNER_OTHER_LEDGER"):
        rules.decide(requests.parse(request), replace(desk, node=elsewhere))
    elsewhere.close()


def test_statements_wait_for_a_person_unless_the_settings_say_otherwise() -> None:
    assert {"Checkpoint", "TrustSnapshot"} <= default_limits(True).with_person
    assert not {"Checkpoint", "TrustSnapshot"} & default_limits(False).acts


def test_two_seats_come_to_the_same_bytes_as_the_service(world: World, node: OwnNode, pins: Pins) -> None:
    world.issue()
    request = asked(world)
    block = node.block(request["message"]["block"])
    other = OwnNode(world.ctx.gateway.rpc.url, pins)
    states = [node.state(block), other.state(other.block(block.number))]
    service, _ = world.ctx.books.at(world.ctx.store, block.number, to_hex(block.hash))
    assert len({state.log.root() for state in states} | {service.log.root(len(states[0].log))}) == 1
    assert states[0].members() == states[1].members()
    other.close()
