"""Several processes of one service: whichever answers says the same, and they count together."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ledger_app.chain.node import free_port
from tests.observability.rig import METRICS_TOKEN, rig, sample, wait


@pytest.mark.long
def test_the_processes_of_a_service_count_together_and_say_the_same(tmp_path: Path) -> None:
    with rig(tmp_path) as here:
        here.well()
        port = free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ORIGIN_")}
        environment |= {**here.environment, "ORIGIN_DATA": str(here.settings.data), "ORIGIN_PORT": str(port)}
        with (tmp_path / "log").open("w") as log:
            service = subprocess.Popen(
                [sys.executable, "-m", "ledger_app.cli", "serve", "--workers", "2"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stderr=log,
            )
        url = f"http://127.0.0.1:{port}"

        def ask(path: str, **headers: str) -> httpx.Response:
            return httpx.get(url + path, headers=headers, timeout=60)  # a new connection: any of them answers

        def up() -> bool:
            try:
                return ask("/readyz").status_code == 200
            except httpx.HTTPError:
                assert service.poll() is None, (tmp_path / "log").read_text()[-2000:]
                return False

        try:
            wait(up, "ready", 180)
            for _ in range(20):
                assert ask("/v1/reasons").status_code == 200
            line = 'origin_http_requests_total{method="GET",route="/v1/reasons",status="200"}'
            for _ in range(6):
                scraped = ask("/metrics", Authorization=f"Bearer {METRICS_TOKEN}")
                assert scraped.status_code == 200
                assert sample(scraped.text, line) == 20
                assert sample(scraped.text, "origin_submitter_leader") == 1
            answers = {str(ask("/readyz").json()["ready"]) for _ in range(6)}
            assert answers == {"True"}
            seen = here.doctor(ORIGIN_PORT=str(port))
            assert (seen["service"].outcome, seen["port"].outcome) == ("ok", "ok")
        finally:
            service.send_signal(signal.SIGTERM)
            try:
                service.wait(60)
            except subprocess.TimeoutExpired:
                service.kill()
                service.wait()
                pytest.fail("it does not end when it is asked to")
