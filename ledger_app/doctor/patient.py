"""The installation under examination: each part is opened once, and fails alike for all that build on it."""

from pathlib import Path

from ledger_app.chain.embedded import kept_sender_key, running_url
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.pin import kept_pin, saved_pin
from ledger_app.chain.submitter import Submitter
from ledger_app.config import LedgerPin, Settings, load_settings
from ledger_app.doctor.finding import Unseen
from ledger_app.errors import ConfigError, LedgerError
from ledger_app.services import losses
from ledger_app.services.context import Services
from ledger_app.services.health import Look, Remembering
from ledger_app.store.engine import Store, open_configured
from ledger_app.store.secrets import Vault


class Patient(Remembering):
    """Use as a context manager. A part that cannot be had raises the same error each time it is asked for."""

    def __init__(self, data: Path) -> None:
        super().__init__()
        self.data = data

    def __enter__(self) -> "Patient":
        return self

    def __exit__(self, *_: object) -> None:
        store = self._known.get("store")
        if isinstance(store, Store):
            store.close()

    @property
    def is_demo(self) -> bool:
        """Whether the data folder is that of a demonstration."""
        return (self.data / "demo-master.key").exists()

    @property
    def settings(self) -> Settings:
        """The settings as the service would take them."""
        return self._once("settings", lambda: load_settings(data=self.data, demo=self.is_demo))

    @property
    def store(self) -> Store:
        """The database. It is not made when it is missing."""
        return self._once("store", self._store)

    @property
    def vault(self) -> Vault:
        """What opens sealed values."""
        return self._once("vault", lambda: Vault(self.settings.master_keys()))

    @property
    def pin(self) -> LedgerPin:
        """The ledger that the service trusts."""
        return self._once("pin", self._pin)

    @property
    def gateway(self) -> Gateway:
        """The way to the pinned ledger's node."""
        return self._once("gateway", self._gateway)

    @property
    def look(self) -> Look:
        """What the service's own checks look at. Of the chain only where there is a node to ask."""
        return self._once("look", self._look)

    @property
    def look_at_chain(self) -> Look:
        """The same, for checks that ask the node."""
        _ = self.gateway
        return self.look

    @property
    def sender_key(self) -> bytes:
        """The private key of the account that pays. Used to know its address only."""
        return self._once("sender-key", self._sender_key)

    def _store(self) -> Store:
        settings = self.settings
        if not settings.database_url and not (settings.data / "origin.db").exists():
            if losses.was_here(settings.data):
                raise ConfigError("STORE_LOST", f"no database in {settings.data}")
            raise Unseen("NOTHING_HERE", f"no database in {settings.data}")
        store = open_configured(settings)
        with store.read() as conn:  # a server that does not answer is found out here, and once
            losses.refuse_lost_store(conn, settings.data)
        return store

    def _pin(self) -> LedgerPin:
        settings = self.settings
        if settings.pinned is not None:
            return settings.pinned
        with self.store.read() as conn:
            found = kept_pin(settings.data) or saved_pin(conn)
        if found is None:
            raise ConfigError("NO_LEDGER")
        return found

    def _sender_key(self) -> bytes:
        given = self.settings.sender()
        if given is not None:
            return given
        try:
            kept = kept_sender_key(self.data)
        except ValueError:
            raise ConfigError("CHAIN_TOOLS", "the sender's key file is damaged") from None
        if kept is None:
            raise Unseen("NOTHING_HERE", "the embedded chain has never run")
        return kept

    def _gateway(self) -> Gateway:
        settings = self.settings
        # Told even where the database is lost as well.
        losses.refuse_lost_ledger(settings, None)
        pin = self.pin
        losses.refuse_lost_ledger(settings, self.store)
        url = settings.node_url or running_url(self.data, self.sender_key)
        if url is None:
            raise Unseen("CHAIN_NOT_RUNNING")
        return Gateway(
            url, pin, max_age=settings.max_data_age_seconds, depth=settings.finality_depth, mirrored=False
        )

    def _look(self) -> Look:
        ctx = Services(self.settings, self.store, self.vault)
        try:
            ctx.gateway_or_none = self.gateway
            ctx.submitter = Submitter(self.store, self.gateway, self.sender_key)
        except LedgerError:
            pass  # the checks that need it say so
        return Look(ctx)
