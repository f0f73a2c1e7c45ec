"""The gateway answers for the pinned ledger only, fresh, or says why it cannot."""

import dataclasses
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from urllib.request import Request, urlopen

import pytest

from ledger_app.chain.calls import encode_act
from ledger_app.chain.facts import Head, read_head
from ledger_app.chain.gateway import Gateway, Query
from ledger_app.chain.node import Ganache
from ledger_app.errors import (
    ActRefused,
    ConfigError,
    NodeBehind,
    NodeUnavailable,
    Unavailable,
    WrongLedger,
)
from ledger_app.proof import typed_data as td
from tests.chain.kit import CARRIER, CHAMBER, COUNCIL, CUSTOMS_AU, RCEP, World, a_leaf, hexed, single


def test_an_answer_that_another_thread_overtook_is_no_step_back(world: World) -> None:
    """Two threads ask; the one that asked first is answered last, with the block that was the head then."""
    held, release = Event(), Event()
    holding = [False]

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = Request(world.gateway.rpc.url, body, {"content-type": "application/json"})
            with urlopen(asked, timeout=30) as answer:
                text = answer.read()
            if holding[0]:
                holding[0] = False
                held.set()
                release.wait(60)
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        gateway = Gateway(f"http://127.0.0.1:{server.server_port}", world.gateway.pin, mirrored=False)
        before = gateway.head()
        found: list[Head | Exception] = []

        def slow() -> None:
            try:
                found.append(gateway.head())
            except Unavailable as failed:
                found.append(failed)

        holding[0] = True
        late = Thread(target=slow)
        late.start()
        assert held.wait(30)
        world.issue([a_leaf()])
        world.submitter.settle()
        assert gateway.head().number > before.number
        release.set()
        late.join(30)
        (answer,) = found
        assert isinstance(answer, Head), answer
        assert answer.number == before.number
    finally:
        release.set()
        server.shutdown()
        server.server_close()


def test_facts_of_members_are_read_with_their_types(world: World) -> None:
    gateway = world.gateway
    assert gateway.organisation(CHAMBER.id).territory == b"CN" + bytes(6)
    assert gateway.organisation(CHAMBER.id).roles == 2
    assert gateway.organisation(b"\7" * 32).since == 0
    assert gateway.key(CHAMBER.id, td.address_of(CHAMBER.key)).since > 0
    assert gateway.holder(td.address_of(CHAMBER.key)) == CHAMBER.id
    assert gateway.accreditation(CHAMBER.id, RCEP).kind == 1
    council = gateway.council()
    assert set(council.members) == {td.address_of(key) for key in COUNCIL}
    assert (council.threshold, council.epoch, council.paused_until) == (2, 1, 0)
    assert not gateway.is_sealed("CargoLog")


def test_facts_of_certificates_and_streams_are_read_with_their_types(world: World) -> None:
    leaf, claim, stream = a_leaf(allowance=3), b"\4" * 32, b"\5" * 32
    world.issue([leaf])
    world.acquit(leaf, claim, 2)
    world.anchor(stream, bytes(32), b"\6" * 32, 9)
    world.submitter.settle()
    gateway = world.gateway
    assert gateway.standing(leaf.hash()).used == 2
    assert gateway.batch(leaf.batch_id(leaf.hash())).count == 1
    assert gateway.claim(leaf.hash(), CUSTOMS_AU.id, claim).units == 2
    assert gateway.latest_head(CARRIER.id, stream)[0] == b"\6" * 32
    assert gateway.anchor_of(CARRIER.id, stream, b"\6" * 32).count == 9
    assert gateway.latest_head(CARRIER.id, b"\1" * 32)[0] == bytes(32)
    assert gateway.predecessor(leaf.hash()) == bytes(32)
    assert gateway.item_used(leaf.hash(), 1) == 0
    assert gateway.enquiry(b"\1" * 32).asked == 0


def test_a_lookup_of_many_is_of_one_block(world: World) -> None:
    leaf = a_leaf()
    world.issue([leaf])
    world.submitter.settle()
    queries = [Query(leaf=bytes([i % 256]) * 32) for i in range(300)]
    queries[257] = Query(batch=leaf.batch_id(leaf.hash()), issuer=leaf.issuer, scheme=leaf.scheme)
    found = world.gateway.lookup_from_node(queries)
    assert len(found.records) == 300
    assert found.records[257].batch.count == 1
    assert found.records[257].organisation.since > 0
    assert found.records[256].batch.time == 0
    assert found.age_seconds < 60


def test_a_refused_act_carries_the_contracts_error_and_its_arguments(world: World) -> None:
    leaf = a_leaf()
    world.issue([leaf])
    world.submitter.settle()
    act = td.Revoke(leaf.hash(), 0, 2**40)
    domain = td.Domain(world.gateway.pin.chain_id, world.gateway.pin.registry)
    signature = hexed(td.sign(act.digest(domain), CHAMBER.key))
    contract, data = encode_act("Revoke", act.to_json(), single(leaf), [{"key": "", "signature": signature}])
    with pytest.raises(ActRefused) as refused:
        world.gateway.simulate(contract, data)
    assert refused.value.reason == "REASON_MISSING"
    assert refused.value.context["arguments"] == {"subject": hexed(leaf.hash())}


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 5},
        {"genesis": "0x" + "12" * 32},
        {"registry": "0x" + "12" * 20},
    ],
)
def test_another_chain_or_contract_is_the_wrong_ledger(world: World, change: dict[str, object]) -> None:
    pin = dataclasses.replace(world.gateway.pin, **change)  # type: ignore[arg-type]
    with pytest.raises(WrongLedger):
        Gateway(world.gateway.rpc.url, pin).head()


def test_one_of_our_contracts_in_the_place_of_another_is_the_wrong_ledger(world: World) -> None:
    pin = world.gateway.pin
    with pytest.raises(WrongLedger):
        Gateway(world.gateway.rpc.url, dataclasses.replace(pin, registry=pin.cargo_log)).lookup([Query()])


def test_a_registry_of_another_consortium_is_the_wrong_ledger(
    world: World, tmp_path: Path, ganache: Ganache
) -> None:
    second = World(tmp_path, ganache.url, ganache.sender_key)
    second.deploy()
    mixed = dataclasses.replace(world.gateway.pin, registry=second.gateway.pin.registry)
    assert mixed.registry != world.gateway.pin.registry
    with pytest.raises(WrongLedger, match="another consortium"):
        Gateway(ganache.url, mixed).head()


def test_a_node_that_is_down_is_unavailable_and_forgotten_when_back(world: World) -> None:
    with pytest.raises(NodeUnavailable):
        Gateway("http://127.0.0.1:9", world.gateway.pin).lookup([Query()])


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:8545", "http://"])
def test_an_address_that_is_none_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Gateway(url)
    assert refused.value.reason == "NODE_URL"


def test_without_a_ledger_there_is_no_answer(ganache: Ganache) -> None:
    with pytest.raises(Unavailable) as refused:
        Gateway(ganache.url).lookup([Query()])
    assert refused.value.reason == "NO_LEDGER"


def test_an_old_head_is_behind(world: World) -> None:
    impatient = Gateway(world.gateway.rpc.url, world.gateway.pin, max_age=2)
    world.gateway.rpc.call("evm_mine")
    assert impatient.head().age_seconds < 2
    time.sleep(3.2)
    with pytest.raises(NodeBehind):
        impatient.lookup([Query()])
    assert impatient.identify().number > 0


def test_a_head_from_the_future_is_not_taken_for_a_fresh_one(shaky: World) -> None:
    shaky.gateway.rpc.call("evm_increaseTime", hex(3600))
    shaky.gateway.rpc.call("evm_mine")
    with pytest.raises(NodeBehind) as refused:
        shaky.gateway.lookup([Query()])
    assert refused.value.reason == "CLOCK_BEHIND"
    patient = Gateway(shaky.gateway.rpc.url, shaky.gateway.pin, max_age=7200)
    assert patient.head().age_seconds == 0


def test_a_head_below_what_was_seen_is_behind(shaky: World) -> None:
    rpc = shaky.gateway.rpc
    snapshot = rpc.call("evm_snapshot")
    rpc.call("evm_mine")
    seen = shaky.gateway.head()
    rpc.call("evm_revert", snapshot)
    with pytest.raises(NodeBehind):
        shaky.gateway.lookup([Query()])
    rpc.call("evm_mine")
    assert shaky.gateway.head().number == seen.number


@pytest.mark.parametrize(
    "answer",
    [b"", b"{}", b"[]", b"<html>", b'[{"id":1,"result":null}]', b'[{"id":99,"result":1}]', b"[1,2]", b"null"],
)
def test_a_node_that_talks_nonsense_is_unavailable(world: World, answer: bytes) -> None:
    class Liar(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        gateway = Gateway(f"http://127.0.0.1:{server.server_port}", world.gateway.pin, timeout=2)
        with pytest.raises(NodeUnavailable):
            gateway.lookup([Query()])
        server.shutdown()


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "0x" + "f" * 400},
        {"timestamp": "soon"},
        {"timestamp": None},
        {"number": "0xzz"},
        {"hash": 5},
        {"parentHash": None},
    ],
)
def test_block_that_makes_no_sense_is_unavailable(change: dict[str, object]) -> None:
    block = {"timestamp": "0x1", "number": "0x1", "hash": "0x01", "parentHash": "0x00"}
    assert read_head(block).number == 1
    with pytest.raises(NodeUnavailable):
        read_head({**block, **change})
