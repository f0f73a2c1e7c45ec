"""Settings read from the environment, and checked before anything starts.

Outside demo mode nothing secret has a default: the master key and the key that pays for transactions must be
given. Demo mode refuses every setting that belongs to production, so that a demo can never run against a real
network, database or key.
"""

import os
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from ledger_app.config.settings import LISTS, SECRETS, Settings
from ledger_app.errors import ConfigError
from ledger_app.secret_files import secret

NOT_FOR_DEMO: Final = (
    "node_url",
    "master_key",
    "old_master_keys",
    "sender_key",
    "database_password",
    "operator_token",
    "chain_id",
    "genesis",
    "consortium",
    "registry",
    "cargo_log",
)
"""What demo mode refuses whatever its value; of a database and a host it takes those of this machine."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def load_settings(**overrides: Any) -> Settings:
    """Read the environment, apply `overrides`, check.

    Raises ConfigError `SETTING_INVALID`, `SETTING_UNSAFE` or `SETTING_NOT_FOR_DEMO`; the detail names each
    variable and never shows its value.
    """
    for name in LISTS:
        if (listed := os.environ.get(variable((name,)))) is not None:
            overrides.setdefault(name, listed)
    for name in SECRETS:
        if (kept := secret(variable((name,)))) is not None:
            overrides.setdefault(name, kept)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        faults = [
            f"{variable(f['loc'])}: {f['msg']}" for f in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigError("SETTING_INVALID", "; ".join(faults), settings=faults) from None
    (_check_demo if settings.demo else _check_production)(settings)
    return settings


def _check_demo(settings: Settings) -> None:
    given = [variable((name,)) for name in NOT_FOR_DEMO if getattr(settings, name)]
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


def variable(location: tuple[int | str, ...]) -> str:
    """The variable of a setting, or of a fault in one."""
    return "ORIGIN_" + str(location[0] if location else "?").upper()
