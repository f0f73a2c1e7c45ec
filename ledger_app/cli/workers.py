"""Several processes that answer on one socket.

Each is a whole service; through the lease in the store one of them at a time sends to the chain. A process
that dies is started again.
"""

import os
import signal
import socket
import threading
import time
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from ledger_app.config import Settings, load_settings
from ledger_app.errors import ConfigError
from ledger_app.telemetry.metrics import share

_FACTORY = "ledger_app.cli.workers:application"
_HEARTBEAT_SECONDS = 30


def run(settings: Settings, listening: socket.socket, count: int) -> None:
    """Serve with `count` processes until asked to end. Raises ConfigError `WORKERS_NEED_NODE` with the
    embedded chain, which belongs to one process; `WORKERS_FAILED` when they do not come up.
    """
    if settings.embedded_node:
        raise ConfigError("WORKERS_NEED_NODE")
    os.environ["ORIGIN_PORT"] = str(settings.port)
    share(settings.data / "metrics")
    config = uvicorn.Config(
        _FACTORY,
        factory=True,
        workers=count,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_worker_healthcheck=_HEARTBEAT_SECONDS,
    )
    asked: list[int] = []
    supervisor = Multiprocess(config, sockets=[listening])

    def end(number: int, _frame: object) -> None:
        asked.append(number)
        supervisor.should_exit.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    supervisor.run()
    if not asked:
        raise ConfigError("WORKERS_FAILED")


def application() -> Any:
    """The application in one of the processes, with the settings of the environment."""
    from ledger_app.app import create_app
    from ledger_app.telemetry import logs

    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    settings = load_settings()
    logs.setup(settings.log_level or "info", settings.log_format)
    return create_app(settings)


def _end_with_parent(parent: int) -> None:
    """However the supervisor ends, nothing of it goes on holding the port."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
