"""A signer that dies at each of its lines: what it signed is in its journal once, and every act is signed."""

import json
import random
from pathlib import Path

from ledger_app.signer.journal import Journal
from tests.faults.api import Running, set_up
from tests.faults.crash import SIGNER, Ended, Nursery, Point
from tests.faults.record import Tally
from tests.faults.service import Service


def kills(folder: Path, count: int, seed: int) -> Tally:
    """The chamber's signer killed before a line of its loop or its journal; the next one goes on."""
    tally, rng = Tally("kill the signer"), random.Random(seed)
    home = folder / "signer"
    home.mkdir(parents=True)
    with set_up(folder, seed) as (service, nursery), Nursery() as signers:
        running = Running(service, nursery, (), None)
        service.await_up(running.alive)
        _issue(service, running)
        points = _points(_sign(service, signers, home, None), rng)
        covered: set[tuple[str, int]] = set()
        misses = 0
        while tally.faults < count and misses < count + 20:
            _issue(service, running)
            point = points[(tally.faults + misses) % len(points)]
            ended = _sign(service, signers, home, point)
            misses += not ended.killed
            tally.faults += ended.killed
            if ended.killed:
                covered.add((point.file, point.line))
            service.judge(tally)
        _sign(service, signers, home, None)
        service.finish(tally)
        running.kill()
        digests = [json.loads(line)["digest"] for line in (home / "signed.jsonl").read_text().splitlines()]
        for digest in {each for each in digests if digests.count(each) > 1}:
            tally.wrong("doubled", f"the journal holds {digest} twice")
        if len(digests) != len(service.acked):
            tally.wrong("other", f"{len(digests)} signatures for {len(service.acked)} acts")
        Journal(home / "signed.jsonl").close()  # raises when a line was lost or changed
        tally.said = f"{len(covered)} lines"
    return tally


def _points(ended: Ended, rng: random.Random) -> list[Point]:
    points = [Point(file, line) for file, line in sorted(ended.passed)]
    rng.shuffle(points)
    return points


def _issue(service: Service, running: Running) -> None:
    document = service.document()
    what = f"issue:{document['number']}"
    answer = service.ask("chamber-cn", "/v1/certificates", {"documents": [document]}, what, running.alive)
    act_id = service.acknowledged(answer, what)
    service.note(act_id)


def _sign(service: Service, signers: Nursery, home: Path, point: Point | None) -> Ended:
    """Run a signer until it has answered all that is asked."""
    pin = service.pin
    return signers.run(
        "sign",
        SIGNER,
        point,
        url=service.url,
        token=service.tokens["chamber-cn"],
        identifier=service.actors["chamber-cn"].identifier,
        key=service.actors["chamber-cn"].key.hex(),
        folder=str(home),
        pins=[pin.chain_id, pin.consortium, pin.registry, pin.cargo_log],
    )
