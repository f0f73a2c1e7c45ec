"""The signer at work: fetch what is asked, decide, write it down, sign, answer; through outages and
restarts."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ledger_app import errors
from ledger_app.client import Client
from ledger_app.proof import typed_data
from ledger_app.proof.canonical import JsonObject
from ledger_app.proof.hexes import to_hex
from ledger_app.signer import requests, rules
from ledger_app.signer.journal import Entry, Journal
from ledger_app.signer.keystore import Key
from ledger_app.signer.own_node import OwnNode
from ledger_app.signer.settings import SignerSettings

_BUSY_SECONDS = 10.0
_BUSY_POLL = 0.2
_MAX_BACKOFF = 30.0
_MOST_PAGES = 200

#: Answers about the one act, the contracts' own refusals among them; they say nothing about the service.
_NOT_TAKEN = (errors.Conflict, errors.NotFound, errors.NotPermitted, errors.BadInput)

Say = Callable[[str], None]
Ask = Callable[[str], bool]


@dataclass(slots=True)
class Signer:
    """One organisation's signer. `say` prints a line for people; `ask` (or None) has a person agree to each
    act; `wait_seconds` is how long the service may hold back an empty answer until something comes."""

    settings: SignerSettings
    key: Key
    journal: Journal
    client: Client
    say: Say
    ask: Ask | None = None
    wait_seconds: int = 0
    node: OwnNode | None = None
    _refused: dict[str, str] = field(default_factory=dict)
    _put_off_until: dict[str, tuple[float, int]] = field(default_factory=dict)
    _waiting: set[str] = field(default_factory=set)
    _busy_until: float = 0.0

    def run(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Work until `stopped`. A service that is down is waited for, longer each time, up to half a
        minute."""
        failures = 0
        self.settings.alive.unlink(missing_ok=True)
        while not stopped():
            try:
                begun = time.monotonic()
                worked = self.step()
                if failures:
                    self.say("the service answers again")
                failures = 0
                self.settings.alive.touch(mode=0o600)
                now = time.monotonic()
                if worked:
                    self._busy_until = now + _BUSY_SECONDS
                if worked or (self.wait_seconds and now - begun >= self.wait_seconds - 1):
                    continue  # the service itself waits for the next one
                pause = _BUSY_POLL if now < self._busy_until else self.settings.poll_seconds
            except errors.LedgerError as exc:
                failures += 1
                if failures == 1:
                    self.say(f"{exc.reason}: {exc.detail}; trying again")
                pause = _backoff(failures)
            _sleep(pause, stopped)

    def step(self) -> int:
        """Deal with everything that is asked now; gives how many requests were answered. Raises what the
        client raises."""
        worked = 0
        query: dict[str, Any] = {"wait": self.wait_seconds or None}
        # What waits for a person stays on the first pages; what may be signed now can be behind it.
        for _ in range(_MOST_PAGES):
            answer = self.client.request("GET", "/v1/signing/requests", query=query)
            page, following = requests.parse_page(answer.body)
            worked += sum(self._answer(raw) for raw in page)
            if following is None:
                break
            query = {"cursor": following}
        return worked

    def sign(self, request: requests.Request) -> tuple[Entry, bytes]:
        """Decide and sign: the journal holds the entry, on disk, before this returns the 64-byte signature.

        Raises a LedgerError with the reason where the request may not be signed.
        """
        entry = self._decide(request)
        if self.ask is not None and not self.journal.holds(entry.digest) and not self.ask(entry.words):
            raise rules.refused("SIGNER_PERSON_REFUSED", "the person at the signer said no")
        self.journal.append(entry)
        return entry, typed_data.sign(request.digest, self.key.private)

    def _answer(self, raw: JsonObject) -> bool:
        identifier = requests.request_id(raw)
        if identifier is None or identifier in self._refused:
            return False
        if time.monotonic() < self._put_off_until.get(identifier, (0.0, 0))[0]:
            return False
        try:
            request = requests.parse(raw)
            if self._waits_for_a_person(request):
                return False
            entry, signature = self.sign(request)
        except errors.Unavailable as exc:
            # The seat's own node is down or behind: nothing is wrong with what is asked.
            if identifier not in self._waiting:
                self._waiting.add(identifier)
                self.say(f"waits: {exc.reason}: {exc.detail}")
            return False
        except Exception as exc:  # noqa: BLE001 - whatever a request holds, it ends that request and no signer
            self._refuse(identifier, errors.as_ledger_error(exc))
            return True
        path = f"/v1/signing/requests/{identifier}/signature"
        try:
            self.client.post(path, {"key": self.key.address, "signature": to_hex(signature)})
        except _NOT_TAKEN as exc:
            self._put_off(identifier, f"not taken: {entry.words} ({exc.reason})")
            return False
        self._put_off_until.pop(identifier, None)
        self.say(f"signed: {entry.words}")
        return True

    def _put_off(self, identifier: str, words: str) -> None:
        """Come back to a request later each time: what the service does not take now (the registry is paused,
        the key not valid yet) it may still list for days. Told once, so that it hides nothing else."""
        _, times = self._put_off_until.get(identifier, (0.0, 0))
        if not times:
            self.say(f"{words}; trying again now and then")
        self._put_off_until[identifier] = (time.monotonic() + _backoff(times + 1), times + 1)

    def _decide(self, request: requests.Request) -> Entry:
        return rules.decide(
            request, rules.Desk(self.settings, self.key.address, self.journal, int(time.time()), self.node)
        )

    def _waits_for_a_person(self, request: requests.Request) -> bool:
        """Whether nobody is here to say yes to an act that needs it; it stays with the service, and is told
        once."""
        if self.ask is not None or request.kind not in self.settings.limits.with_person:
            return False
        entry = self._decide(request)
        if self.journal.holds(entry.digest):
            return False
        if request.id not in self._waiting:
            self._waiting.add(request.id)
            self.say(f"waits for a person (origin signer run --ask): {entry.words}")
        return True

    def _refuse(self, identifier: str, exc: errors.LedgerError) -> None:
        """Tell the service. What it could not take is judged anew the next time: `_refused` holds only what
        it knows or will never know."""
        self.say(f"refused: {exc.reason}: {exc.detail}")
        body = {"reason": exc.reason, "detail": exc.detail[:500]}
        with suppress(errors.Conflict, errors.NotFound, errors.BadInput):
            self.client.post(f"/v1/signing/requests/{identifier}/refusal", body)
        self._refused[identifier] = exc.reason


def _backoff(times: int) -> float:
    """Seconds to wait after so many failures one after another."""
    return min(_MAX_BACKOFF, 0.25 * 2.0 ** min(times, 8)) * random.uniform(0.7, 1.0)  # noqa: S311


def _sleep(seconds: float, stopped: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not stopped() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.2))
