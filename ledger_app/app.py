"""The composition root: settings in, a running service out. Importing this module does nothing."""

import gc
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRouter

from ledger_app.access.principals import keep_operator_token
from ledger_app.api import (
    acts,
    applications,
    cargo,
    certificates,
    evidence,
    imports,
    members,
    numbers,
    openapi,
    problems,
    recipients,
    search,
    service,
    statements,
    verification,
)
from ledger_app.api.limits import Limits, file_too_large
from ledger_app.api.observing import Observing
from ledger_app.api.waiting import Bell
from ledger_app.chain.deployment import ensure_ledger
from ledger_app.chain.fees import GWEI, Fees
from ledger_app.chain.follower import Follower
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.node import Ganache
from ledger_app.chain.pin import PIN_FILE, kept_pin, saved_pin
from ledger_app.chain.submitter import Submitter
from ledger_app.config import MIB, LedgerPin, Settings
from ledger_app.config.variables import unknown
from ledger_app.domain.agreements import use_folder
from ledger_app.errors import ConfigError, LedgerError, Unavailable, WrongLedger
from ledger_app.services import losses
from ledger_app.services.context import Services, Trouble
from ledger_app.services.housekeeping import Housekeeper
from ledger_app.services.readers import Readers
from ledger_app.services.recovering import recognise
from ledger_app.store.canary import keep_canary
from ledger_app.store.engine import Store, open_configured
from ledger_app.store.preparing import prepare
from ledger_app.store.secrets import Vault
from ledger_app.telemetry.logs import Log
from ledger_app.web import pages, searching

_LOG = Log("service")
_TELL_AGAIN_SECONDS = 60.0


class Installation:
    """Everything of one service that must be started and stopped: node, store, workers. Use as a context
    manager.

    `services` is what the use cases take.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._node: Ganache | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._told: dict[str, tuple[str, float]] = {}
        self._services: Services | None = None
        self._drill = False

    @property
    def services(self) -> Services:
        """The parts, once started. Raises ConfigError `NOT_STARTED` before."""
        if self._services is None:
            raise ConfigError("NOT_STARTED")
        return self._services

    def start(self) -> "Installation":
        """Start the node, open the store, pin or deploy the ledger, start the workers.

        Raises ConfigError for what is missing; Unavailable when the node of the pinned ledger does not answer
        in time.
        """
        settings = self.settings
        for name, meant in unknown().items():
            _LOG.warning("setting-unknown", reason="SETTING_UNKNOWN", setting=name, meant=meant)
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        use_folder(settings.agreements)
        vault = Vault(settings.master_keys())
        store = _open(settings)
        try:
            keep_canary(store, vault)
            if settings.operator_token is not None:
                keep_operator_token(store, settings.operator_token.get_secret_value())
            self._begin(settings, store, vault)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop workers, then the node. What was acknowledged is in the store."""
        self._stop.set()
        if self._services is not None and self._services.submitter is not None:
            self._services.submitter.wake()
        if self._services is not None and self._services.follower is not None:
            self._services.follower.stir()
        for thread in self._threads:
            thread.join(15)
        self._threads.clear()
        if self._node is not None:
            self._node.stop()
            self._node = None
        if self._services is not None:
            self._services.store.close()

    def stop_node(self) -> None:
        """Stop the embedded node only, for a drill: the service then answers that it cannot tell."""
        if self._node is not None:
            self._drill = True
            self._node.stop()
            self._node = None

    def __enter__(self) -> "Installation":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _begin(self, settings: Settings, store: Store, vault: Vault) -> None:
        url, sender = settings.node_url, settings.sender()
        if url is None:
            self._node = Ganache(settings.data, settings.node_port, fund=sender)
            self._node.start()
            url, sender = self._node.url, self._node.sender_key
        if sender is None:
            raise ConfigError("SETTING_UNSAFE", "ORIGIN_SENDER_KEY is not set.")
        pin = settings.pinned or _kept_pin(settings, store)
        depth = settings.finality_depth
        gateway = Gateway(url, pin, max_age=settings.max_data_age_seconds, depth=depth)
        least = 0 if settings.embedded_node else settings.min_fee_gwei
        fees = Fees(least * GWEI, settings.max_fee_gwei * GWEI)
        submitter = Submitter(store, gateway, sender, depth=depth, fees=fees)
        follower = Follower(store, gateway, on_back=self._went_back)
        store.on_commit(follower.stir)
        readers = Readers(settings.reading_processes, settings.agreements)
        self._services = Services(settings, store, vault, gateway, submitter, follower, readers=readers)
        if pin is None and settings.council:
            ensure_ledger(
                store, gateway, submitter, council=settings.council, threshold=settings.council_threshold
            )
            _kept_pin(settings, store)
        if (known := recognise(self._services)) is not None:
            _LOG.info("restored", acts=known)
        self._work("submitter", lambda: submitter.run(self._stop, on_error=self._troubled))
        self._work("follower", lambda: follower.run(self._stop, on_error=self._noted))
        for name, worker in Housekeeper.workers(self._services):
            self._work(name, lambda worker=worker: worker(self._stop))  # type: ignore[misc]

    def _work(self, name: str, run: Callable[[], Any]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _troubled(self, failed: LedgerError) -> None:
        ctx = self.services
        ctx.trouble = Trouble(failed.reason, failed.detail, ctx.now())
        self._tell("submitter", failed)

    def _noted(self, failed: LedgerError) -> None:
        self._tell("follower", failed)

    def _tell(self, worker: str, failed: LedgerError) -> None:
        if self._drill and isinstance(failed, Unavailable):
            return  # whoever stopped the node knows
        # A worker tries again every few seconds; one line a minute says as much.
        before, now = self._told.get(worker), time.monotonic()
        if before is None or before[0] != failed.reason or now - before[1] > _TELL_AGAIN_SECONDS:
            self._told[worker] = (failed.reason, now)
            _LOG.warning("failed", worker=worker, reason=failed.reason)

    def _went_back(self, blocks: int) -> None:
        self.services.metrics.reorganised()
        _LOG.warning("reorganised", blocks=blocks)


def settle() -> None:
    """Take what was made so far for lasting: the search for garbage leaves it alone from now on. Else each
    large request is searched for with everything that the start left behind, which took half of its time.
    """
    gc.collect()
    gc.freeze()


def create_app(settings: Settings, installation: Installation | None = None) -> FastAPI:
    """The application. Starts its own installation with the first request loop, or serves a running one."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        own = installation is None
        running = installation or Installation(settings)
        if own:
            try:
                await run_in_threadpool(running.start)
            except LedgerError as failed:
                app.state.failed = failed  # the server tells no more than that it did not start
                raise
            settle()
        app.state.services = running.services
        app.state.bell = Bell()
        running.services.store.on_commit(app.state.bell.ring)
        try:
            yield
        finally:
            if own:
                await run_in_threadpool(running.stop)

    app = FastAPI(
        title="Origin Ledger",
        version="1",
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # the usual pages load their scripts from elsewhere; no request leaves this host
        redoc_url=None,
    )
    problems.install(app)
    for router in _routers():
        app.include_router(router)
    app.add_middleware(
        Limits,
        default=settings.max_body_bytes,
        bounds=[
            ("/v1/certificates", settings.max_import_bytes),
            ("/v1/imports", settings.max_import_bytes),
            ("/v1/applications", settings.max_attachment_bytes + MIB),  # a file comes in a form
            ("/v1/epcis", settings.max_import_bytes),
            ("/v1/cargo", settings.max_import_bytes),
            ("/v1/verify/batch", settings.max_import_bytes),
            ("/v1/verify", settings.max_bundle_bytes),
            ("/verify", settings.max_bundle_bytes),
        ],
        refusals={"/v1/verify": file_too_large, "/verify": pages.too_large},
    )
    app.add_middleware(Observing)  # the last one is the outermost: it sees what the others refuse
    app.openapi = lambda: openapi.describe(app, _routers())  # type: ignore[method-assign]
    return app


def _routers() -> list[APIRouter]:
    return [
        service.router,
        search.router,
        certificates.router,
        recipients.router,
        imports.router,
        applications.router,
        evidence.router,
        numbers.router,
        cargo.router,
        acts.router,
        members.router,
        verification.router,
        statements.router,
        searching.router,
        pages.router,
    ]


def _open(settings: Settings) -> Store:
    store = open_configured(settings)
    try:
        # Before the tables are made: that there are none tells.
        prepare(store, demo=settings.demo, before=lambda: losses.refuse_to_cover_up(settings, store))
    except BaseException:
        store.close()
        raise
    return store


def _kept_pin(settings: Settings, store: Store) -> LedgerPin | None:
    """The pin of the ledger that this installation deployed; None before it has.

    It is kept in the data folder besides, so that whoever changes the database cannot put another ledger in
    its place. Raises WrongLedger when the two differ.
    """
    path = settings.data / PIN_FILE
    with store.read() as conn:
        found = saved_pin(conn)
    if (kept := kept_pin(settings.data)) is not None:
        if found not in (None, kept):
            raise WrongLedger("WRONG_LEDGER", f"the database names another ledger than {path}")
        if found is None:
            _LOG.warning("begun-anew", reason="STORE_ANEW")
        return kept
    if found is not None:
        _write(path, json.dumps(asdict(found), indent=1))
    return found


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")  # several processes may start together
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
