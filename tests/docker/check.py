"""What `scripts/docker-check` runs once there is an engine and a base image: build, start, story, kills.

    python -m tests.docker.check [--state FOLDER] [--json]

Prints its figures on stdout; exits 1 with the reason on stderr for the first thing that does not hold.
"""

import argparse
import json
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from docker.setup import Setup, say
from ledger_app.chain.node import free_port
from ledger_app.demo.story import tell_there
from tests.docker.engine import Engine
from tests.docker.life import Life

_CANNOT_TELL = 20
_SKIPPED = 77
_LAST_SECONDS = 150
"""What is left to do after the kills, on a slow machine."""
_STORY_SECONDS = 90


class TooSlow(Exception):
    """This machine does not get ready in the time that the check may take."""


def check(setup: Setup, figures: dict[str, Any], until: float) -> None:
    """Everything in order; fills `figures` on the way. Raises AssertionError for what does not hold, TooSlow
    when the containers are not up early enough for the rest to be done `until` then (time.time)."""
    engine = Engine(setup)
    setup.prepare()
    with timed(figures, "build_seconds"):
        build(setup, time.time() + (until - time.time()) * 0.6)
    figures["image_megabytes"] = engine.sizes()
    with timed(figures, "up_seconds"):
        setup.up()
    if time.time() > until - _STORY_SECONDS - _LAST_SECONDS:
        raise TooSlow("the containers are not up in time")
    found = engine.confinement()
    assert not found, found
    say("telling the story")
    installation = json.loads(setup.installation.read_text())
    with timed(figures, "story_seconds"):
        told = tell_there(installation, lambda words: None)
    failed = [each for each in (*told["steps"], *told["verdicts"]) if not each["ok"]]
    assert told["ok"], failed
    figures["story"] = {"steps": len(told["steps"]), "verdicts": len(told["verdicts"])}
    life = Life(installation)
    life.round("first")
    life.round("second")
    life.settled()
    life.acquit()  # always the oldest that is not used up, so one settled round must be ahead
    life.settled()
    figures["heal_seconds"] = {}
    for name in engine.names():
        if time.time() > until - _LAST_SECONDS:
            say(f"no time left to kill {name}")
            continue
        figures["heal_seconds"][name] = killed(engine, life, name)
    say("stopping the chain")
    assert without_chain(setup, life) == _CANNOT_TELL
    life.settled()
    say("asking the oracle")
    figures["oracle"] = life.oracle()
    assert not any(count for name, count in figures["oracle"].items() if name != "acknowledged"), figures
    blind = replace(
        life,
        acknowledged=life.acknowledged | {"an act that is not there": "0" * 32},
        streams=[*life.streams, "a stream that is not there"],
        acquitted=life.acquitted[1:],
    ).oracle()
    assert (blind["lost"], blind["falsely confirmed"]) == (2, 1), f"the oracle sees too little: {blind}"
    say("building the index again")
    setup.compose("stop", "service")
    rebuilt = setup.compose(
        "run", "--rm", "--no-deps", "-T", "service", "index", "rebuild", "--verify", "--json"
    )
    figures["index_the_same"] = json.loads(rebuilt)["same"]
    setup.compose("start", "service")
    setup.wait(["service"])
    assert life.verified(life.numbers[-1]) == ("GENUINE", "good", 0)
    second = Setup(setup.state, setup.project, setup.port)
    second.up()
    assert second.tokens == installation["tokens"], "a second start made other tokens"
    assert life.verified(life.numbers[0]) == ("GENUINE", "used-up", 12)


def build(setup: Setup, until: float) -> None:
    """Build the images; ends the program like any failure of compose, raises TooSlow after `until`."""
    done: list[BaseException] = []
    work = threading.Thread(target=lambda: caught(done, setup.build), daemon=True)
    work.start()
    work.join(until - time.time())
    if work.is_alive():
        raise TooSlow("the images are not built in time")
    if done:
        raise done[0]


def killed(engine: Engine, life: Life, name: str) -> float:
    """Kill a container while members work; gives the seconds until it was well again."""
    say(f"killing {name}")
    working = threading.Thread(target=lambda: caught(faults, lambda: life.round(name)))
    faults: list[BaseException] = []
    working.start()
    life_begun = time.monotonic()
    while working.is_alive() and time.monotonic() - life_begun < 0.3:
        time.sleep(0.02)
    seconds = engine.kill(name)
    life.acquit()
    working.join()
    if faults:
        raise AssertionError(f"while {name} was down: {faults[0]!r}") from faults[0]
    life.settled()
    say(f"{name} was well again after {seconds:.1f} s")
    return round(seconds, 1)


def caught(faults: list[BaseException], work: Any) -> None:
    """Run `work` in a thread; what it raises goes to `faults`."""
    try:
        work()
    except BaseException as failed:  # noqa: BLE001  (told by whoever started the thread)
        faults.append(failed)


def without_chain(setup: Setup, life: Life) -> int:
    """The exit code of a verification while the chain is stopped; it runs again afterwards."""
    setup.compose("stop", "chain")
    try:
        return life.verified(life.numbers[-1])[2]
    finally:
        setup.compose("start", "chain")
        setup.wait(["chain", "service"])


@contextmanager
def timed(figures: dict[str, Any], name: str) -> Iterator[None]:
    """Note how many seconds something took."""
    began = time.monotonic()
    yield
    figures[name] = round(time.monotonic() - began, 1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--state", type=Path, help="where the installation's files go; else a temporary folder"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--within", type=float, default=1800, help="seconds for everything")
    parser.add_argument("--since", type=float, default=0, help="when that time began (seconds since 1970)")
    chosen = parser.parse_args()
    port = free_port()
    state = chosen.state or Path(tempfile.mkdtemp(prefix="origin-docker-"))
    setup = Setup(state, f"origin-check-{secrets.token_hex(3)}", port)
    began = chosen.since or time.time()
    figures: dict[str, Any] = {"prepare_seconds": round(time.time() - began)}
    try:
        check(setup, figures, began + chosen.within)
    except TooSlow as slow:
        say(f"docker-check: SKIPPED: {slow}")
        raise SystemExit(_SKIPPED) from None
    except AssertionError as failed:
        sys.stderr.write(setup.compose("logs", "--tail=30"))
        say(f"does not hold: {failed}\nso far: {json.dumps(figures)}")
        raise SystemExit(1) from None
    finally:
        setup.compose("--profile", "signers", "down", "--volumes", "--timeout=20")
    if chosen.json:
        print(json.dumps(figures, indent=1))
    else:
        print("\n".join(f"{name}: {value}" for name, value in figures.items()))
    say("docker-check: all of it held")


if __name__ == "__main__":
    main()
