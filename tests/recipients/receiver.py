"""A receiver of webhooks as anybody would write one: a real HTTP server on loopback that checks what it gets
with the stock library of Standard Webhooks.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

Answer = tuple[int, dict[str, str]]


@dataclass
class Got:
    """One request: its path, headers (names in lower case) and body."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def message(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, Any]:
        """The body, if the stock library accepts it."""
        found: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return found


@dataclass
class Receiver:
    """`answer` gives status and headers for each request; `got` holds them in order."""

    url: str
    port: int
    answer: Callable[[Got], Answer] = lambda _: (204, {})
    got: list[Got] = field(default_factory=list)

    def wait(self, count: int, seconds: float = 60) -> list[Got]:
        """The requests, once there are `count`."""
        until = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.got) >= count, [one.path for one in self.got]
        return list(self.got)

    def accepted(self) -> list[Got]:
        """Those that were answered with 2xx."""
        return [one for one in self.got if 200 <= one.status < 300]

    def of_type(self, type_: str) -> list[Got]:
        return [one for one in self.got if f'"type":"{type_}"'.encode() in one.body]

    def until(self, done: Callable[["Receiver"], Any], what: str, seconds: float = 60) -> None:
        """Wait for a condition."""
        end = time.monotonic() + seconds
        while not done(self):
            assert time.monotonic() < end, f"{what}: {[one.body[:80] for one in self.got]}"
            time.sleep(0.02)


@contextmanager
def receiving(
    tls: ssl.SSLContext | None = None, *, port: int = 0, host: str = "127.0.0.1"
) -> Iterator[Receiver]:
    """A receiver on a free port; `tls` to speak https as `localhost`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            if len(body := self.rfile.read(length)) < length:
                return  # whoever sent it was killed in the middle
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Got(self.path, headers, body, 0)
            got.status, extra = found.answer(got)
            found.got.append(got)
            if got.status == 0:  # hang up without a word
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(got.status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            pass

    server = Server((host, port), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    real = server.server_address[1]
    scheme, name = ("http", host) if tls is None else ("https", "localhost")
    found = Receiver(f"{scheme}://{name}:{real}/hook", real)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
