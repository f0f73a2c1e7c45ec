"""A running demo: the service in this process, the embedded chain and every signer as children of it."""

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvicorn

from ledger_app import errors
from ledger_app.access.principals import Kind, create_token
from ledger_app.api.listening import listen, noted
from ledger_app.app import Installation, create_app
from ledger_app.config import Settings, load_settings
from ledger_app.demo.bootstrap import Desk, Progress, bring_up
from ledger_app.demo.members import COUNCIL, MEMBERS, THRESHOLD
from ledger_app.demo.signers import Signers, write_secret
from ledger_app.domain.terms import organisation_id
from ledger_app.proof.hexes import to_hex
from ledger_app.store.engine import Store

_READY_SECONDS = 180


class Demo:
    """The demo in the data folder `data`, served on 127.0.0.1:`port` (0: any free port).

    `start()` returns when the members are on the ledger and the first certificate is issued; `stop()` ends
    everything.
    Children end by themselves when this process is killed.
    """

    def __init__(self, data: Path, port: int, progress: Progress) -> None:
        self.data = data.absolute()
        self._progress = progress
        self._socket = listen("127.0.0.1", port)
        self.port = int(self._socket.getsockname()[1])
        self._noted = ExitStack()
        self.signers = Signers(self.data / "signers")
        self.installation: Installation | None = None
        self.tokens: dict[str, str] = {}
        self.desks: dict[str, Desk] = {}
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._first = not (self.data / "demo" / "ready").exists()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Demo":
        """Raises ConfigError for settings that a demo refuses, Unavailable for what does not come up."""
        started = time.monotonic()
        load_settings(
            demo=True, data=self.data, port=self.port
        )  # refuse what a demo must not have, before all else
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._progress("making the council's keys" if self._first else "starting")
        self.signers.make((name, None) for name in COUNCIL)
        council = self.signers.addresses(COUNCIL)
        settings = load_settings(
            demo=True,
            data=self.data,
            port=self.port,
            council=tuple(council),
            council_threshold=THRESHOLD,
        )
        members = threading.Thread(
            target=self._attempt, args=(lambda: self.signers.make((m.slug, m.identifier) for m in MEMBERS),)
        )
        members.start()
        self._progress("starting the chain")
        self.installation = Installation(settings)
        self.installation.start()
        self._noted.enter_context(noted(self.data, self._socket))
        self._serve(settings)
        members.join()
        self._make_tokens(self.installation.services.store, council)
        everybody = [*COUNCIL, *(member.slug for member in MEMBERS)]
        self.signers.pin(everybody, self.desks[COUNCIL[0]].client.get("/v1/ledger"))
        if self._first:
            self.signers.accept(member.slug for member in MEMBERS)
        node = self.installation.services.gateway.rpc.url
        self.signers.start(everybody, self.url, node)
        bring_up(self.desks, self.signers, self._progress)
        (self.data / "demo" / "ready").touch(mode=0o600)
        self._progress(f"ready after {time.monotonic() - started:.1f} s")
        return self

    def stop(self) -> None:
        """End the signers, the server, the workers, the chain: in this order, so that nothing is asked in
        vain."""
        self.signers.stop()
        # Requests of signers that wait for work are cut off, which the server would report at length.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        if self._server is not None:
            self._server.should_exit = True
            self._server.force_exit = True
        if self._thread is not None:
            self._thread.join(10)
        if self.installation is not None:
            self.installation.stop()
        self._noted.close()
        self._socket.close()

    def stop_node(self) -> None:
        """Stop the chain only: the service then answers that it cannot tell."""
        if self.installation is not None:
            self.installation.stop_node()

    def __enter__(self) -> "Demo":
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def desk(self, name: str) -> Desk:
        """The service as the holder of this token sees it."""
        return self.desks[name]

    def _attempt(self, work: Callable[[], None]) -> None:
        # What fails here is asked for again, and then reported, by whoever needs it.
        try:
            work()
        except errors.LedgerError as failed:
            self._progress(f"{failed.reason}: {failed.detail}")

    def _serve(self, settings: Settings) -> None:
        app = create_app(settings, self.installation)
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="http", daemon=True
        )
        self._thread.start()
        until = time.monotonic() + _READY_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > until:
                raise errors.Unavailable("SERVICE_UNREACHABLE", "the service did not start")
            time.sleep(0.01)

    def _make_tokens(self, store: Store, council: list[str]) -> None:
        file = self.data / "demo" / "tokens.json"
        file.parent.mkdir(exist_ok=True, mode=0o700)
        kept: dict[str, Any] = json.loads(file.read_bytes()) if file.exists() else {"tokens": {}}
        tokens: dict[str, str] = kept["tokens"]
        for name, address in zip(COUNCIL, council, strict=True):
            if name not in tokens:
                tokens[name] = create_token(store, Kind.COUNCIL, member=address, label=name)
        for member in MEMBERS:
            if member.slug not in tokens:
                organisation = to_hex(organisation_id(member.identifier))
                tokens[member.slug] = create_token(
                    store, Kind.ORGANISATION, organisation=organisation, label=member.name
                )
        if "trader" not in tokens:
            tokens["trader"] = create_token(store, Kind.TRADER, label="Demo trader")
        if "operator" not in tokens:
            tokens["operator"] = create_token(store, Kind.OPERATOR, label="Demo operator")
        write_secret(file, json.dumps({"url": self.url, "tokens": tokens}, indent=1))
        for name in (*COUNCIL, *(member.slug for member in MEMBERS)):
            self.signers.give_token(name, tokens[name])
        self.tokens = tokens
        self.desks = {name: Desk(self.url, token) for name, token in tokens.items()}
