"""The machine around the service: settings, files, disk, tools, port, and whether the service answers."""

import http.client
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from ledger_app.api.listening import listen, noted_url, port_asked_for, url_of
from ledger_app.chain.tools import find_node, ganache_folder, node_version, tools_folder
from ledger_app.config.variables import unknown
from ledger_app.doctor.finding import Finding, could_not_look, ok, problem, warning
from ledger_app.doctor.patient import Patient
from ledger_app.errors import ConfigError
from ledger_app.services import health

_SECRET_NAMES: Final = frozenset({"password", "token", "tokens.json", "signer.toml", "acceptance.json"})
_SECRET_ENDINGS: Final = (".key", ".db", ".db-wal", ".db-shm")
_PYTHON: Final = (3, 11)
_MOST_NAMED: Final = 5
_LEAST_FREE: Final = 512 << 20


def settings(patient: Patient) -> Finding:
    """The settings can be read and are safe."""
    found = patient.settings
    return ok("demo mode" if found.demo else "complete, nothing insecure")


def variables(_: Patient) -> Finding:
    """Every `ORIGIN_…` variable that is set is one that something reads."""
    strange = unknown()
    if strange:
        named = (f"{name}, perhaps {meant}" if meant else name for name, meant in strange.items())
        return warning("SETTING_UNKNOWN", "; ".join(named))
    return ok("all are known")


def files(patient: Patient) -> Finding:
    """Nobody else on this machine can read secrets, the database or the data folder."""
    data = patient.data
    if not data.is_dir():
        return could_not_look("NOTHING_HERE", str(data))
    shared = []
    looked = 0
    for path in _secrets(data):
        looked += 1
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            shared.append(f"{path.relative_to(data.parent)} {mode:04o}")
    if shared:
        more = f" and {len(shared) - _MOST_NAMED} more" if len(shared) > _MOST_NAMED else ""
        return problem("FILES_SHARED", ", ".join(shared[:_MOST_NAMED]) + more)
    return ok(f"{looked} files and folders are the owner's alone")


def _secrets(data: Path) -> Iterator[Path]:
    yield data
    for path in sorted(data.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        name = path.name
        if name in _SECRET_NAMES or name.endswith(_SECRET_ENDINGS) or path.parent.name == "keystore":
            yield path


def disk(patient: Patient) -> Finding:
    """There is room left."""
    try:
        least = patient.settings.min_free_bytes
    except ConfigError:
        least = _LEAST_FREE
    try:
        free = shutil.disk_usage(patient.data).free
    except OSError as failed:
        return could_not_look("DISK_UNREADABLE", failed.strerror or "")
    if free < least:
        return problem("DISK_NEARLY_FULL", f"{free >> 20} MiB free, {least >> 20} MiB wanted")
    return ok(f"{free >> 20} MiB free")


def tools(patient: Patient) -> Finding:
    """Python is new enough; where the service runs its own chain, Node.js and Ganache are there."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < _PYTHON:
        return problem("TOOL_MISSING", f"Python {python}, at least 3.11 is needed")
    if not patient.settings.embedded_node:
        return ok(f"Python {python}; the chain is elsewhere")
    node = node_version(find_node().node)
    if not node:
        return problem("TOOL_MISSING", "Node.js does not start")
    if not ganache_folder(tools_folder(patient.data)).is_dir():
        return warning("TOOL_MISSING", "Ganache is not installed yet; the first start installs it")
    return ok(f"Python {python}, Node.js {node}, Ganache as locked")


def port(patient: Patient) -> Finding:
    """The port is free, or the service itself has it."""
    if (url := noted_url(patient.data)) is not None:
        return ok(f"{url}, held by the service")
    host, number = _place(patient)
    if not number:
        return ok("any free port")
    if _ask(url_of(host, number), "/livez") is not None:
        return ok(f"{host}:{number}, held by the service")
    try:
        listen(host, number).close()
    except ConfigError as taken:
        return problem(taken.reason, taken.detail)
    return ok(f"{host}:{number} is free")


def service(patient: Patient) -> Finding:
    """The service runs and calls itself ready."""
    asked = os.environ.get("ORIGIN_URL") or noted_url(patient.data) or url_of(*_place(patient))
    answer = _ask(asked, "/readyz")
    if answer is None:
        return warning("SERVICE_UNREACHABLE", f"it does not run, or not at {_shown(asked)}")
    failing = [f"{row['name']} {row['reason']}" for row in answer.get("checks", []) if not row.get("ok")]
    if failing or answer.get("ready") is not True:
        return problem("SERVICE_NOT_READY", ", ".join(failing))
    return ok(f"ready at {_shown(asked)}, {len(health.CHECKS)} checks")


def _place(patient: Patient) -> tuple[str, int]:
    """Where a service that is started with this environment listens."""
    asked_for = port_asked_for()
    return patient.settings.host, patient.settings.port if asked_for is None else asked_for


def _ask(url: str, path: str) -> dict[str, Any] | None:
    """What our service answers at `path`; None when nothing answers, or something else does. Raises
    ConfigError `SERVICE_URL_INVALID`.
    """
    parts = _parts(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", parts.path.rstrip("/") + path)
        answer = json.loads(connection.getresponse().read(1 << 20))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) and ("checks" in answer or "status" in answer) else None


def _shown(url: str) -> str:
    """Without what may be secret in an address."""
    parts = _parts(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ConfigError("SERVICE_URL_INVALID") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("SERVICE_URL_INVALID")
    return parts
