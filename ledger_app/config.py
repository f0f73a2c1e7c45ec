"""Settings of one installation, read from the environment (`ORIGIN_…`) and checked before anything starts.

Two modes. Outside demo mode nothing secret has a default: the master key and the key that pays for
transactions must be given. Demo mode makes its own throw-away keys in the data folder, and refuses every
setting that belongs to production, so that a demo can never run against a real network, database or key.
"""

import os
import secrets as randomness
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import Field, FilePath, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ledger_app.errors import ConfigError
from ledger_app.secret_files import secret

MIB = 1 << 20
_LISTS = ("old_master_keys", "council", "webhook_networks", "webhook_ports", "webhook_retry_seconds")
_SECRETS = (
    "master_key",
    "old_master_keys",
    "sender_key",
    "database_url",
    "database_password",
    "operator_token",
    "metrics_token",
)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Pinned(NamedTuple):
    """The ledger that the settings name, as `chain.pin.LedgerPin` takes it."""

    chain_id: int
    genesis: str
    consortium: str
    registry: str
    cargo_log: str
    first_block: int


class Settings(BaseSettings):
    """All settings, frozen. Build with `load_settings()`, which raises `ConfigError` naming the offending
    variables.
    """

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="ORIGIN_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    demo: bool = False
    data: Path = Path(".origin")
    agreements: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    public_url: str | None = None

    database_url: str | None = None
    database_password: SecretStr | None = None
    database_connections: int = Field(20, ge=5, le=500)
    database_connect_seconds: int = Field(5, ge=1, le=60)
    database_wait_seconds: int = Field(30, ge=1, le=600)
    database_statement_seconds: int = Field(60, ge=1, le=3600)
    master_key: SecretStr | None = None
    old_master_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()

    node_url: str | None = None
    node_port: int = Field(0, ge=0, le=65535)
    sender_key: SecretStr | None = None
    finality_depth: int = Field(0, ge=0, le=1024)
    min_fee_gwei: int = Field(1, ge=0, le=1_000_000)
    max_fee_gwei: int = Field(1_000, ge=1, le=1_000_000)
    operator_token: SecretStr | None = None

    chain_id: int | None = Field(None, ge=1)
    genesis: str | None = Field(None, pattern=r"^0x[0-9a-f]{64}$")
    consortium: str | None = Field(None, pattern=r"^0x[0-9a-fA-F]{40}$")
    registry: str | None = Field(None, pattern=r"^0x[0-9a-fA-F]{40}$")
    cargo_log: str | None = Field(None, pattern=r"^0x[0-9a-fA-F]{40}$")
    first_block: int = Field(0, ge=0)

    council: Annotated[tuple[str, ...], NoDecode] = ()
    council_threshold: int = Field(2, ge=2, le=31)

    log_level: Literal["debug", "info", "warning", "error"] | None = None
    log_format: Literal["auto", "json", "text"] = "auto"
    metrics_token: SecretStr | None = Field(None, min_length=20)
    outbox_stuck_seconds: int = Field(120, ge=1)
    signer_silent_seconds: int = Field(600, ge=60)
    min_free_bytes: int = Field(512 * MIB, ge=0)

    max_data_age_seconds: int = Field(300, ge=1)
    act_deadline_seconds: int = Field(86_400, ge=60)
    vote_expiry_seconds: int = Field(7 * 86_400, ge=60)
    application_four_eyes: bool = False
    import_approval_above: int = Field(10_000, ge=0)
    import_processes: int = Field(2, ge=0, le=64)

    webhook_networks: Annotated[tuple[IPv4Network | IPv6Network, ...] | None, NoDecode] = None
    webhook_ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], NoDecode] = (443,)
    webhook_http: bool = False
    webhook_ca_file: FilePath | None = None
    webhook_timeout_seconds: int = Field(15, ge=1, le=60)
    # As Standard Webhooks proposes: three days in ten attempts.
    webhook_retry_seconds: Annotated[tuple[Annotated[int, Field(ge=0, le=604_800)], ...], NoDecode] = (
        5,
        300,
        1_800,
        7_200,
        18_000,
        36_000,
        50_400,
        72_000,
        86_400,
    )
    webhook_log_days: int = Field(90, ge=1)

    max_body_bytes: int = Field(2 * MIB, ge=1024)
    max_bundle_bytes: int = Field(9 * MIB, ge=1024)  # a bundle has at most 8 MiB, and comes in a form
    max_import_bytes: int = Field(32 * MIB, ge=1024)
    max_attachment_bytes: int = Field(10 * MIB, ge=1024, le=100 * MIB)
    max_batch: int = Field(10_000, ge=1, le=100_000)

    def __init__(self, **values: Any) -> None:
        for name in _LISTS:
            if isinstance(values.get(name), str):
                values[name] = _split(values[name])
        super().__init__(**values)

    # --- derived -------------------------------------------------------------------------------------------

    @property
    def store_url(self) -> str:
        """The database URL: the given one with the password put in, else SQLite in the data folder."""
        if not self.database_url:
            return f"sqlite:///{(self.data / 'origin.db').absolute()}"
        if self.database_password is None:
            return self.database_url
        before, _, after = self.database_url.rpartition("@")
        return f"{before}:{quote(self.database_password.get_secret_value(), safe='')}@{after}"

    @property
    def embedded_node(self) -> bool:
        """True when the service supervises its own Ganache instead of talking to a remote node."""
        return self.node_url is None

    @property
    def base_url(self) -> str:
        """Where people reach this service; used in links and QR codes. No trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def pinned(self) -> Pinned | None:
        """The ledger named by the settings, or None when this installation deploys and remembers its own."""
        if self.chain_id is None or not (
            self.genesis and self.consortium and self.registry and self.cargo_log
        ):
            return None
        return Pinned(
            self.chain_id, self.genesis, self.consortium, self.registry, self.cargo_log, self.first_block
        )

    def master_keys(self) -> tuple[bytes, ...]:
        """The current master key, then the older ones that may still open documents; each 32 bytes."""
        if self.demo:
            return (_kept_key(self.data / "demo-master.key"),)
        if self.master_key is None:
            raise ConfigError("SETTING_UNSAFE", "ORIGIN_MASTER_KEY is not set (64 hexadecimal digits).")
        return tuple(_key("ORIGIN_MASTER_KEY", key) for key in (self.master_key, *self.old_master_keys))

    def sender(self) -> bytes | None:
        """The private key (32 bytes) of the account that pays for transactions, None = the embedded chain's
        own.

        It signs no act of an organisation.
        """
        return None if self.sender_key is None else _key("ORIGIN_SENDER_KEY", self.sender_key)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment, apply `overrides`, check.

    Raises ConfigError `SETTING_INVALID`, `SETTING_UNSAFE` or `SETTING_NOT_FOR_DEMO`; the detail names each
    variable and never shows its value.
    """
    for name in _LISTS:
        if (listed := os.environ.get(_variable((name,)))) is not None:
            overrides.setdefault(name, listed)
    for name in _SECRETS:
        if (kept := secret(_variable((name,)))) is not None:
            overrides.setdefault(name, kept)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        faults = [
            f"{_variable(f['loc'])}: {f['msg']}" for f in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigError("SETTING_INVALID", "; ".join(faults), settings=faults) from None
    (_check_demo if settings.demo else _check_production)(settings)
    return settings


def _check_demo(settings: Settings) -> None:
    foreign = {
        "ORIGIN_NODE_URL": settings.node_url,
        "ORIGIN_MASTER_KEY": settings.master_key,
        "ORIGIN_OLD_MASTER_KEYS": settings.old_master_keys,
        "ORIGIN_SENDER_KEY": settings.sender_key,
        "ORIGIN_DATABASE_PASSWORD": settings.database_password,
        "ORIGIN_OPERATOR_TOKEN": settings.operator_token,
        "ORIGIN_CHAIN_ID": settings.chain_id,
        "ORIGIN_GENESIS": settings.genesis,
        "ORIGIN_CONSORTIUM": settings.consortium,
        "ORIGIN_REGISTRY": settings.registry,
        "ORIGIN_CARGO_LOG": settings.cargo_log,
    }
    given = [name for name, value in foreign.items() if value]
    if settings.database_url is not None and not _is_local(settings.database_url):
        given.append("ORIGIN_DATABASE_URL")
    if settings.host not in _LOOPBACK:
        given.append("ORIGIN_HOST")
    if given:
        raise ConfigError(
            "SETTING_NOT_FOR_DEMO", f"Demo mode refuses these settings: {', '.join(given)}.", settings=given
        )


def _is_local(url: str) -> bool:
    """Whether a database URL names SQLite, or PostgreSQL on this machine: a socket or the loopback."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return True
    if parts.scheme.partition("+")[0] != "postgresql":
        return False
    hosts = [parts.hostname, *(value for name, value in parse_qsl(parts.query) if name == "host")]
    named = [host for host in hosts if host]
    only_host = all(name == "host" for name, _ in parse_qsl(parts.query))
    return only_host and bool(named) and all(host in _LOOPBACK or host.startswith("/") for host in named)


def _check_production(settings: Settings) -> None:
    settings.master_keys()
    _check_database(settings)
    if settings.sender_key is None and not settings.embedded_node:
        raise ConfigError(
            "SETTING_UNSAFE", "ORIGIN_SENDER_KEY is not set, and the node is not the embedded one."
        )
    if settings.sender_key is not None:
        settings.sender()
    pins = (settings.chain_id, settings.genesis, settings.consortium, settings.registry, settings.cargo_log)
    if any(pin is not None for pin in pins) and settings.pinned is None:
        raise ConfigError(
            "SETTING_INVALID",
            "A ledger is pinned by ORIGIN_CHAIN_ID, ORIGIN_GENESIS, ORIGIN_CONSORTIUM, ORIGIN_REGISTRY "
            "and ORIGIN_CARGO_LOG together, or by none of them.",
        )


def _check_database(settings: Settings) -> None:
    if settings.database_password is None:
        return
    parts = urlsplit(settings.database_url or "")
    if not parts.scheme.startswith("postgresql") or not parts.username:
        raise ConfigError(
            "SETTING_INVALID", "ORIGIN_DATABASE_PASSWORD needs ORIGIN_DATABASE_URL of PostgreSQL with a user."
        )
    if parts.password is not None:
        raise ConfigError("SETTING_TWICE", "ORIGIN_DATABASE_URL holds a password besides the separate one.")


def _key(variable: str, value: SecretStr) -> bytes:
    text = value.get_secret_value().strip().removeprefix("0x")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigError("SETTING_INVALID", f"{variable} must be 64 hexadecimal digits.")
    if len(set(key)) < 8:
        # A random key has about 30 distinct bytes; fewer than 8 happens by hand only (zeros, "0123…", a
        # repeated word).
        raise ConfigError("SETTING_UNSAFE", f"{variable} is not random.")
    return key


def _kept_key(path: Path) -> bytes:
    """A random key kept in a file that only its owner reads; made at the first call, and never
    half-written.
    """
    try:
        return bytes.fromhex(path.read_text())
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{randomness.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(randomness.token_bytes(32).hex())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike a rename, this keeps the key of whoever came first
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return bytes.fromhex(path.read_text())


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())


def _variable(location: tuple[int | str, ...]) -> str:
    return "ORIGIN_" + str(location[0] if location else "?").upper()
