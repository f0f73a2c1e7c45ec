"""The settings of one installation: what there is, its defaults and bounds, and what each is for."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal
from urllib.parse import quote

from pydantic import Field, FilePath, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ledger_app.config.keys import kept_key, key_of
from ledger_app.config.pin import LedgerPin
from ledger_app.errors import ConfigError

MIB: Final = 1 << 20
LISTS: Final = ("old_master_keys", "council", "webhook_networks", "webhook_ports", "webhook_retry_seconds")
"""Taken as text with commas or line ends between the parts."""
SECRETS: Final = (
    "master_key",
    "old_master_keys",
    "sender_key",
    "database_url",
    "database_password",
    "operator_token",
    "metrics_token",
)
"""Taken from a file as well, which the variable with `_FILE` behind its name names."""


class Settings(BaseSettings):
    """All settings, frozen. Build with `load_settings()`, which raises `ConfigError` naming the offending
    variables. The words below each are those of docs/settings.md.
    """

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="ORIGIN_",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    demo: bool = False
    """Demo mode: throw-away keys in the data folder, and nothing of production. `origin serve --demo` sets
    it."""
    data: Path = Path(".origin")
    """The data folder: SQLite's file, the embedded chain, the ledger's pin. Made with mode 0700."""
    agreements: Path | None = None
    """A folder with agreements of your own, one TOML file each (agreements.md)."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(8000, ge=0, le=65535)
    """The port to listen on; 0: any free one. `PORT` and `--port` go before it."""
    public_url: str | None = None
    """Where people reach the service, for links and QR codes; by default made of host and port."""
    operator_token: SecretStr | None = None
    """The operator's access token: `olt_` and 43 characters of base64url. Another one in its place ends the
    one before."""

    database_url: str | None = None
    """`postgresql://USER@HOST:PORT/NAME` or `sqlite:///FILE`; by default `origin.db` in the data folder."""
    database_password: SecretStr | None = None
    """The password that belongs into that address."""
    database_connections: int = Field(20, ge=5, le=500)
    """Open at most, of each process; keep the sum below the server's `max_connections`."""
    database_connect_seconds: int = Field(5, ge=1, le=60)
    """Until the server answers."""
    database_wait_seconds: int = Field(30, ge=1, le=600)
    """For a free connection, and for the writer's turn."""
    database_statement_seconds: int = Field(60, ge=1, le=3600)
    """For one statement; and for a pause inside a transaction, so that a process that stands still blocks
    nobody for longer."""
    master_key: SecretStr | None = None
    """64 hexadecimal digits, needed outside demo mode. Without it no document can be opened again: keep a
    copy elsewhere (master-key.md)."""
    old_master_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Keys that may still open documents: one a line, or with commas between."""

    node_url: str | None = None
    """The JSON-RPC address of your node of the chain; by default the service runs an embedded chain, whose
    operator can rewrite it."""
    node_port: int = Field(0, ge=0, le=65535)
    """The loopback port of the embedded chain; 0: any free one."""
    sender_key: SecretStr | None = None
    """64 hexadecimal digits: the account that pays for transactions, of this service alone. It signs no act.
    Needed with `ORIGIN_NODE_URL`."""
    finality_depth: int = Field(0, ge=0, le=1024)
    """How many blocks must follow until an act is final: 0 on chains that never go back (QBFT)."""
    min_fee_gwei: int = Field(1, ge=0, le=1_000_000)
    """The tip that is offered at least; not used with the embedded chain. On a chain without fees an account
    without money offers nothing whatever this says; 0 says that the chain takes no fees, for an account
    that has money there."""
    max_fee_gwei: int = Field(1_000, ge=1, le=1_000_000)
    """The most that is ever offered for a unit of gas. Nodes take a transaction only from an account that
    could pay its whole offer."""

    chain_id: int | None = Field(None, ge=1)
    """Of the pinned ledger. The pin is this and the next four together, or none of them."""
    genesis: str | None = Field(None, pattern=r"^0x[0-9a-f]{64}$")
    """Of the pinned ledger: the hash of its block 0."""
    consortium: str | None = Field(None, pattern=r"^0x[0-9a-fA-F]{40}$")
    """Of the pinned ledger: the contract `Consortium`."""
    registry: str | None = Field(None, pattern=r"^0x[0-9a-fA-F]{40}$")
    """Of the pinned ledger: the contract `CertificateRegistry`."""
    cargo_log: str | None = Field(None, pattern=r"^0x[0-9a-fA-F]{40}$")
    """Of the pinned ledger: the contract `CargoLog`."""
    first_block: int = Field(0, ge=0)
    """Of the pinned ledger: the block in which its contracts were deployed. Reading begins there."""

    council: Annotated[tuple[str, ...], NoDecode] = ()
    """The founding members' addresses, three or more, with commas between. A service without a pin deploys a
    ledger of this council, once; afterwards the council changes by its own votes."""
    council_threshold: int = Field(2, ge=2, le=31)
    """How many of the founding members must agree; at most one fewer than there are."""

    log_level: Literal["debug", "info", "warning", "error"] | None = None
    """What is logged at least; by default `info`, in a demo `warning`."""
    log_format: Literal["auto", "json", "text"] = "auto"
    """`auto`: words where stderr is a terminal, else JSON (observability.md)."""
    metrics_token: SecretStr | None = Field(None, min_length=20)
    """Who sends it as a bearer token may read `/metrics`; without it only this machine may."""
    outbox_stuck_seconds: int = Field(120, ge=1)
    """After how long a signed act that does not move is an alarm."""
    signer_silent_seconds: int = Field(600, ge=60)
    """After how long the doctor tells of a signer that does not ask for work."""
    min_free_bytes: int = Field(512 * MIB, ge=0)
    """Less free space than this where the data folder is, is an alarm."""

    max_data_age_seconds: int = Field(300, ge=1)
    """The oldest head of the chain from which anything is told. Beyond it the answer is `CANNOT_TELL`."""
    act_deadline_seconds: int = Field(86_400, ge=60)
    """How long a prepared act waits for its signature and for the ledger."""
    vote_expiry_seconds: int = Field(7 * 86_400, ge=60)
    """How long the council's members have to sign an act or a statement of the council."""
    application_four_eyes: bool = False
    """Whether every application needs a second person (applications.md)."""
    import_approval_above: int = Field(10_000, ge=0)
    """Imports of more certificates than this wait for a second person (bulk.md)."""
    reading_processes: int = Field(2, ge=0, le=64)
    """How many processes read large imports and verifications; 0: none besides the service."""

    webhook_networks: Annotated[tuple[IPv4Network | IPv6Network, ...] | None, NoDecode] = None
    """Networks that may be called though they are not public, e.g. `10.20.0.0/16,fd00:1::/32`; by default
    none, in a demo this machine."""
    webhook_ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], NoDecode] = (443,)
    """The ports that may be called; in a demo any."""
    webhook_http: bool = False
    """Whether plain http is called as well; in a demo it is."""
    webhook_ca_file: FilePath | None = None
    """Certificates of authorities (PEM) that are trusted besides the machine's."""
    webhook_timeout_seconds: int = Field(15, ge=1, le=60)
    """For one attempt, name server included."""
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
    """Pauses between attempts."""
    webhook_log_days: int = Field(90, ge=1)
    """How long settled deliveries stay in the log."""

    max_body_bytes: int = Field(2 * MIB, ge=1024)
    """The largest request where nothing else is said."""
    max_bundle_bytes: int = Field(9 * MIB, ge=1024)
    """The largest file to verify: a bundle has at most 8 MiB, and comes in a form."""
    max_import_bytes: int = Field(32 * MIB, ge=1024)
    """The largest request with certificates, cargo events, a part of an import, or a list to verify."""
    max_attachment_bytes: int = Field(10 * MIB, ge=1024, le=100 * MIB)
    """The largest file of supporting evidence."""
    max_batch: int = Field(10_000, ge=1, le=100_000)
    """The most certificates that one act issues."""

    def __init__(self, **values: Any) -> None:
        for name in LISTS:
            if isinstance(values.get(name), str):
                values[name] = split(values[name])
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
    def pinned(self) -> LedgerPin | None:
        """The ledger named by the settings, or None when this installation deploys and remembers its own."""
        if self.chain_id is None or not (
            self.genesis and self.consortium and self.registry and self.cargo_log
        ):
            return None
        return LedgerPin(
            self.chain_id, self.genesis, self.consortium, self.registry, self.cargo_log, self.first_block
        )

    def master_keys(self) -> tuple[bytes, ...]:
        """The current master key, then the older ones that may still open documents; each 32 bytes."""
        if self.demo:
            return (kept_key(self.data / "demo-master.key"),)
        if self.master_key is None:
            raise ConfigError("SETTING_UNSAFE", "ORIGIN_MASTER_KEY is not set (64 hexadecimal digits).")
        return tuple(key_of("ORIGIN_MASTER_KEY", key) for key in (self.master_key, *self.old_master_keys))

    def sender(self) -> bytes | None:
        """The private key (32 bytes) of the account that pays for transactions, None = the embedded chain's
        own.

        It signs no act of an organisation.
        """
        return None if self.sender_key is None else key_of("ORIGIN_SENDER_KEY", self.sender_key)


def split(text: str) -> tuple[str, ...]:
    """The parts of a list as a variable holds it."""
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())
