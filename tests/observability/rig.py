"""A service with production settings on an Anvil that a test can hurt, looked at from inside and outside."""

import io
import json
import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from ledger_app import doctor
from ledger_app.app import Installation, create_app
from ledger_app.chain.rpc import Rpc
from ledger_app.config import Settings, load_settings
from ledger_app.proof.typed_data import address_of
from ledger_app.services.context import Services
from ledger_app.telemetry import logs
from tests.support.anvil import Anvil

METRICS_TOKEN = "a-token-for-the-metrics-of-tests"


@dataclass
class Rig:
    """`environment` holds the settings as `origin doctor` and `origin serve` would read them."""

    anvil: Anvil
    settings: Settings
    environment: dict[str, str]
    installation: Installation
    client: TestClient

    @property
    def ctx(self) -> Services:
        return self.installation.services

    def rpc(self, method: str, *params: Any) -> Any:
        rpc = Rpc(self.anvil.url, timeout=10)
        try:
            return rpc.call(method, *params)
        finally:
            rpc.close()

    def checks(self) -> dict[str, str]:
        """The reason of each check of /readyz; empty where all is well."""
        answer = self.client.get("/readyz")
        found = {check["name"]: check["reason"] for check in answer.json()["checks"]}
        assert answer.status_code == (503 if any(found.values()) else 200)
        return found

    def until(self, name: str, reason: str) -> None:
        """Wait until a check of /readyz says `reason`."""
        wait(lambda: self.checks()[name] == reason, f"{name} {reason}: {self.checks()}")

    def well(self) -> None:
        """Wait until all is well."""
        wait(lambda: not any(self.checks().values()), f"well: {self.checks()}")

    def metric(self, line: str) -> float:
        """The value of the one sample whose name and labels are `line`."""
        return sample(self.metrics(), line)

    def metrics(self) -> str:
        answer = self.client.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
        assert answer.status_code == 200
        return str(answer.text)

    def doctor(self, **changed: str) -> dict[str, doctor.Finding]:
        """The findings by check, with settings changed."""
        return diagnose(self.settings.data, **{**self.environment, **changed})


def sample(text: str, line: str) -> float:
    (value,) = [row.removeprefix(line + " ") for row in text.splitlines() if row.startswith(line + " ")]
    return float(value)


def diagnose(data: Path, **environment: str) -> dict[str, doctor.Finding]:
    """What the doctor finds under these ORIGIN_… variables and no others."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("ORIGIN_")}
    try:
        os.environ.update(environment)
        return {finding.check: finding for finding in doctor.diagnose(data)}
    finally:
        for name in environment:
            os.environ.pop(name, None)
        os.environ.update(before)


def wait(done: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"never {what}"
        time.sleep(0.1)


@contextmanager
def rig(folder: Path, **more: str) -> Iterator[Rig]:
    """Deploys on a new chain. `more` are settings by their ORIGIN_… names."""
    with Anvil() as anvil:
        environment = {
            "ORIGIN_NODE_URL": anvil.url,
            "ORIGIN_MASTER_KEY": secrets.token_hex(32),
            "ORIGIN_SENDER_KEY": Anvil.key.hex(),
            "ORIGIN_COUNCIL": ",".join(address_of(secrets.token_bytes(32)) for _ in range(3)),
            "ORIGIN_METRICS_TOKEN": METRICS_TOKEN,
            "ORIGIN_PORT": "0",
            **more,
        }
        named = {name.removeprefix("ORIGIN_").lower(): value for name, value in environment.items()}
        settings = load_settings(data=folder / "data", **named)
        with (
            Installation(settings) as installation,
            TestClient(create_app(settings, installation), raise_server_exceptions=False) as client,
        ):
            yield Rig(anvil, settings, environment, installation, client)


@contextmanager
def restored() -> Iterator[None]:
    """What `setup` changes for the whole process is as it was afterwards."""
    root = logging.getLogger()
    kept = (list(root.handlers), root.level, threading.excepthook, sys.excepthook)
    try:
        yield
    finally:
        root.handlers[:], level, threading.excepthook, sys.excepthook = kept
        root.setLevel(level)
        logging.captureWarnings(False)


@contextmanager
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What is logged meanwhile, as lines."""
    out = io.StringIO()
    with restored():
        logs.setup("info", "json", out)
        yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
