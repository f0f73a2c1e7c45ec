"""One guarded request, against real servers on loopback: to whom it connects, what it believes, how long it
waits.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path

import anyio
import pytest
import trustme

from ledger_app.services.recipients.guard import LOOPBACK, Rules, Target, read_url
from ledger_app.services.recipients.posting import Fault, Outcome, Poster, Resolver, resolve, trust
from tests.recipients.receiver import Receiver, receiving

OPEN = Rules(LOOPBACK, (), plain=True)
BODY = b'{"a":1}'


def post(
    url: str,
    *,
    rules: Rules = OPEN,
    resolver: Resolver = resolve,
    context: ssl.SSLContext | None = None,
    seconds: float = 20,
) -> Outcome:
    poster = Poster(rules, context or trust(None), seconds=seconds, resolver=resolver)
    return anyio.run(poster.post, target(url), {"webhook-id": "msg_1"}, BODY)


def target(url: str) -> Target:
    """As it was read when everything was allowed."""
    return read_url(url, replace(OPEN, networks=(ip_network("0.0.0.0/0"), ip_network("::/0"))))


def always(*addresses: str) -> Resolver:
    return lambda _host, _port: addresses


@contextmanager
def answering(raw: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does `raw` with every connection; gives its port."""
    server = socket.create_server(("127.0.0.1", 0))
    open_: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            open_.append(client)
            threading.Thread(target=quietly, args=(client,), daemon=True).start()

    def quietly(client: socket.socket) -> None:
        with suppress(OSError):
            raw(client)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
        for one in open_:
            one.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def speaking(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> ssl.SSLContext:
    file = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(file))
    return trust(file)


def test_it_arrives_as_it_was_sent(receiver: Receiver) -> None:
    assert post(receiver.url + "?a=b&c").status == 204
    (got,) = receiver.got
    assert (got.path, got.body, got.headers["webhook-id"]) == ("/hook?a=b&c", BODY, "msg_1")
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [200, 299, 300, 301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
def test_only_2xx_is_a_delivery_and_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    with receiving() as elsewhere:
        receiver.answer = lambda _: (status, {"location": elsewhere.url, "retry-after": "7"})
        outcome = post(receiver.url)
    assert outcome.status == status
    assert outcome.fault == (None if status < 300 else Fault.STATUS)
    assert outcome.retry_after == 7
    assert elsewhere.got == []


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        (format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True), 6_000, 7_201),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0, 0),
        ("Fri, 01 Jan 9999 00:00:00 GMT", 86_400, 86_400),
        ("999999", 86_400, 86_400),
        ("soon", None, None),
        ("-1", None, None),
        ("\xff", None, None),
    ],
)
def test_how_long_to_wait_is_said_in_seconds_or_as_a_date(
    receiver: Receiver, said: str, least: int | None, most: int | None
) -> None:
    receiver.answer = lambda _: (503, {"retry-after": said})
    found = post(receiver.url).retry_after
    assert found is least if least is None or most is None else found is not None and least <= found <= most


def test_over_tls_the_certificate_is_that_of_the_name_and_of_somebody_who_is_trusted(
    authority: trustme.CA, trusted: ssl.SSLContext
) -> None:
    here = always("127.0.0.1")
    with receiving(speaking(authority, "hooks.example.com")) as found:
        url = f"https://hooks.example.com:{found.port}/hook"
        assert post(url, resolver=here, context=trusted).status == 204
        assert found.got[0].headers["host"] == f"hooks.example.com:{found.port}"
        other = f"https://other.example.com:{found.port}/hook"
        assert post(other, resolver=here, context=trusted).fault == Fault.TLS
        assert post(url, resolver=here, context=trust(None)).fault == Fault.TLS
        assert post(f"https://127.0.0.1:{found.port}/", context=trusted).fault == Fault.TLS
        assert len(found.got) == 1


def test_a_name_that_leads_inside_is_not_called(receiver: Receiver) -> None:
    url = f"http://hooks.example.com:{receiver.port}/hook"
    strict = replace(OPEN, networks=())
    for addresses in (["127.0.0.1"], ["::1"], ["1.1.1.1", "127.0.0.1"], ["::ffff:127.0.0.1"], []):
        assert post(url, rules=strict, resolver=always(*addresses)).fault == Fault.ADDRESS
    assert post(url, rules=strict).fault == Fault.ADDRESS  # a name that does not exist is told the same way
    assert receiver.got == []


def test_an_address_that_was_allowed_once_is_not_called_when_it_no_longer_is(receiver: Receiver) -> None:
    assert post(receiver.url, rules=replace(OPEN, networks=())).fault == Fault.ADDRESS
    assert receiver.got == []


def test_a_name_that_changes_its_mind_gains_nothing(receiver: Receiver) -> None:
    """Public when it is checked, this machine a moment later: there is no later, it is resolved once."""
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["192.0.3.1"] if len(asked) % 2 else ["127.0.0.1"]

    strict = replace(OPEN, networks=())
    url = f"http://rebind.example.com:{receiver.port}/hook"
    first = post(url, rules=strict, resolver=rebinding, seconds=1)
    assert first.fault in (Fault.TIMEOUT, Fault.CONNECTION)  # it went to 192.0.3.1, and to nobody else
    assert asked == ["rebind.example.com"]
    second = post(url, rules=strict, resolver=rebinding, seconds=1)
    assert second.fault == Fault.ADDRESS
    assert len(asked) == 2
    assert receiver.got == []


def test_it_connects_to_the_address_that_was_checked_and_resolves_nothing_itself(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def only_numbers(host: object, *rest: object, **more: object) -> object:
        assert host in ("127.0.0.1", b"127.0.0.1"), host
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", only_numbers)
    url = f"http://no-such-name.invalid:{receiver.port}/hook"
    assert post(url, resolver=always("127.0.0.1")).status == 204


def test_the_next_address_is_tried_when_the_first_does_not_answer(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.2", 0)) as other:
        free = other.getsockname()[1]
    assert free
    url = f"http://two.example.com:{receiver.port}/hook"
    assert post(url, resolver=always("127.0.0.2", "127.0.0.1")).status == 204


def test_proxies_of_the_environment_are_not_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(receiver.url).status == 204
    assert (len(receiver.got), proxy.got) == (1, [])


def test_nobody_at_home_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/").fault == Fault.CONNECTION


def test_a_receiver_that_never_answers_is_left_in_time() -> None:
    with answering(lambda client: time.sleep(30)) as port:
        outcome = post(f"http://127.0.0.1:{port}/", seconds=1)
    assert (outcome.status, outcome.fault) == (None, Fault.TIMEOUT)


def test_a_receiver_that_drips_is_left_in_time() -> None:
    def drip(client: socket.socket) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
            client.sendall(bytes([byte]))
            time.sleep(0.1)

    with answering(drip) as port:
        assert post(f"http://127.0.0.1:{port}/", seconds=1).fault == Fault.TIMEOUT


def test_a_name_server_that_does_not_answer_is_left_in_time(receiver: Receiver) -> None:
    released = threading.Event()

    def slow(_host: str, _port: int) -> Sequence[str]:
        released.wait(20)
        return ["127.0.0.1"]

    poster = Poster(OPEN, trust(None), seconds=1, resolver=slow)
    asked = target(f"http://slow.example.com:{receiver.port}/")

    async def ask() -> Outcome:
        outcome = await poster.post(asked, {}, BODY)
        released.set()
        return outcome

    assert anyio.run(ask).fault == Fault.TIMEOUT


def test_an_endless_answer_is_read_no_further_and_still_counts() -> None:
    sent = []

    def flood(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        while True:
            sent.append(client.send(b"x" * 65536))

    with answering(flood) as port:
        assert post(f"http://127.0.0.1:{port}/").fault is None
    assert sum(sent) < 64 << 20


def test_endless_headers_are_refused() -> None:
    def flood(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            client.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")

    with answering(flood) as port:
        outcome = post(f"http://127.0.0.1:{port}/")
    assert (outcome.status, outcome.fault) == (None, Fault.ANSWER)


@pytest.mark.parametrize("raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 What\r\n\r\n", b"\x16\x03\x01"])
def test_what_is_no_answer_is_a_fault_and_no_error(raw: bytes) -> None:
    def say(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(raw)
        client.close()

    with answering(say) as port:
        outcome = post(f"http://127.0.0.1:{port}/")
    assert outcome.status is None
    assert outcome.fault in (Fault.ANSWER, Fault.CONNECTION)


def test_plain_text_where_tls_is_expected_is_a_fault_of_tls(receiver: Receiver) -> None:
    assert post(f"https://127.0.0.1:{receiver.port}/").fault in (Fault.TLS, Fault.CONNECTION)
    assert receiver.got == []
