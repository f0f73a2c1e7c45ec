"""The doctor finds the service where it answers, whatever port its own environment would choose."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger_app.api.listening import ADDRESS_FILE, listen, noted, noted_url, url_of
from tests.observability.rig import diagnose

KEY = "0123456789abcdef" * 4


class Ready(BaseHTTPRequestHandler):
    """Answers as a service does that is ready."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "alive", "ready": true, "checks": []}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[socket.socket]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ready)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.socket
    server.shutdown()
    server.server_close()


def outcomes(data: Path, **settings: str) -> tuple[str, str, str]:
    found = diagnose(data, ORIGIN_MASTER_KEY=KEY, **settings)
    return found["port"].outcome, found["service"].outcome, found["service"].explanation


def test_the_service_is_found_at_the_address_that_it_noted(tmp_path: Path, answering: socket.socket) -> None:
    with listen("127.0.0.1", 0) as other, noted(tmp_path, answering):
        port, service, words = outcomes(tmp_path, ORIGIN_PORT=str(other.getsockname()[1]))
    assert (port, service) == ("ok", "ok")
    assert f":{answering.getsockname()[1]}" in words


def test_a_note_that_nobody_holds_counts_for_nothing(tmp_path: Path, answering: socket.socket) -> None:
    with noted(tmp_path, answering):
        assert noted_url(tmp_path) == url_of(*answering.getsockname())
    assert (tmp_path / ADDRESS_FILE).exists()
    assert noted_url(tmp_path) is None
    with listen("127.0.0.1", 0) as other:
        number = str(other.getsockname()[1])
        found = diagnose(tmp_path, ORIGIN_MASTER_KEY=KEY, ORIGIN_PORT=number)
    assert (found["port"].reason, found["service"].reason) == ("PORT_TAKEN", "SERVICE_UNREACHABLE")
    assert "ORIGIN_PORT" in found["port"].fix


def test_the_note_of_a_killed_service_counts_for_nothing(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\n"
        "from ledger_app.api.listening import listen, noted\n"
        "with noted(pathlib.Path(sys.argv[1]), listen('127.0.0.1', 0)):\n"
        "    print('noted', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "noted\n"
        assert noted_url(tmp_path) is not None
        os.kill(child.pid, signal.SIGKILL)
        child.wait(30)
    assert noted_url(tmp_path) is None


def test_a_second_service_of_the_same_folder_leaves_the_note_of_the_first(
    tmp_path: Path, answering: socket.socket
) -> None:
    with noted(tmp_path, answering):
        with listen("127.0.0.1", 0) as other, noted(tmp_path, other):
            assert noted_url(tmp_path) == url_of(*answering.getsockname())
        assert noted_url(tmp_path) == url_of(*answering.getsockname())


def test_whoever_looks_does_not_keep_a_service_from_noting_itself(
    tmp_path: Path, answering: socket.socket
) -> None:
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            noted_url(tmp_path)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(20):
            with noted(tmp_path, answering):
                assert noted_url(tmp_path) is not None
    finally:
        ended.set()
        looking.join()


def test_an_address_in_origin_url_is_what_is_asked(tmp_path: Path, answering: socket.socket) -> None:
    url = url_of(*answering.getsockname())
    _, service, words = outcomes(tmp_path, ORIGIN_URL=url.replace("//", "//someone:secret@"))
    assert service == "ok"
    assert url in words
    assert "secret" not in words
    assert diagnose(tmp_path, ORIGIN_MASTER_KEY=KEY, ORIGIN_URL="nonsense")["service"].reason == (
        "SERVICE_URL_INVALID"
    )


def test_the_port_of_the_next_start_is_the_one_that_port_names(
    tmp_path: Path, answering: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listen("127.0.0.1", 0) as other:
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))
        assert outcomes(tmp_path)[0] == "problem"
    monkeypatch.setenv("PORT", str(answering.getsockname()[1]))
    assert outcomes(tmp_path)[:2] == ("ok", "ok")
    monkeypatch.setenv("PORT", "many")
    assert diagnose(tmp_path, ORIGIN_MASTER_KEY=KEY)["port"].reason == "SETTING_INVALID"


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000"), ("10.0.0.7", "http://10.0.0.7:8000")],
)
def test_a_service_that_listens_everywhere_is_asked_on_this_machine(host: str, url: str) -> None:
    assert url_of(host, 8000) == url
