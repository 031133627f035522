"""Posting to addresses that outsiders gave, over real sockets."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from parley.webhook import Destination
from parley_aws import outbound
from parley_aws.memory.webhooks import MemoryResolver
from parley_aws.outbound import HttpsCourier, SystemResolver
from parley_aws.ports import DeliveryError, UnresolvedError
from tests.support.certificates import certificate_for

HOST = "hooks.example.com"
OUTSIDE = "8.8.8.8"


class Server:
    """An outsider's server, which answers as it is told."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = lambda each: _status(each, 200)
        seen, server = self.seen, self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                seen.append((self.path, dict(self.headers.items()), body))
                server.answer(self)

            def log_message(self, *arguments: Any) -> None:
                """Keep the output of the tests quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]
        if context is not None:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_port
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def _status(handler: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def resolver() -> MemoryResolver:
    resolver = MemoryResolver()
    resolver.hosts = {"127.0.0.1": ["127.0.0.1"], HOST: [OUTSIDE]}
    return resolver


def local(server: Server, target: str = "/x?y=1") -> Destination:
    return Destination(host="127.0.0.1", port=server.port, target=target, secure=False)


def secure(port: int = 443) -> Destination:
    return Destination(host=HOST, port=port, target="/x", secure=True)


def test_a_post_arrives_as_it_is(server: Server, resolver: MemoryResolver) -> None:
    headers = {"Parley-Fact": "LeadCreated", "Content-Type": "application/json"}
    assert HttpsCourier(resolver).deliver(local(server), headers, b"{}") == 200
    ((path, seen, body),) = server.seen
    assert (path, body) == ("/x?y=1", b"{}")
    assert seen["Parley-Fact"] == "LeadCreated"
    assert seen["Host"] == f"127.0.0.1:{server.port}"


def test_a_redirect_is_answered_and_not_followed(server: Server, resolver: MemoryResolver) -> None:
    server.answer = lambda each: _status(each, 307, Location=f"http://127.0.0.1:{server.port}/y")
    assert HttpsCourier(resolver).deliver(local(server), {}, b"{}") == 307
    assert [path for path, _, _ in server.seen] == ["/x?y=1"]


def test_no_proxy_of_the_environment_is_used(
    server: Server, resolver: MemoryResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert HttpsCourier(resolver).deliver(local(server), {}, b"{}") == 200


def test_a_receiver_that_answers_by_drips_is_left(server: Server, resolver: MemoryResolver) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(100):
            handler.wfile.write(b"H")
            time.sleep(0.05)

    server.answer = drip
    started = time.monotonic()
    with pytest.raises(DeliveryError, match="did not answer in time"):
        HttpsCourier(resolver, total_seconds=0.4).deliver(local(server), {}, b"{}")
    assert time.monotonic() - started < 3


def test_headers_by_drips_after_a_good_status_are_no_answer(
    server: Server, resolver: MemoryResolver
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            handler.wfile.write(b"X-More: to come\r\n")
            time.sleep(0.05)

    server.answer = drip
    with pytest.raises(DeliveryError, match="did not answer in time"):
        HttpsCourier(resolver, total_seconds=0.4).deliver(local(server), {}, b"{}")


def test_who_answers_slowly_but_in_time_is_waited_for(
    server: Server, resolver: MemoryResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "CONNECT_SECONDS", 0.1)

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.4)
        handler.wfile.write(b"HTTP/1.1 202 OK\r\nContent-Length: 9\r\n\r\n")
        time.sleep(0.4)

    server.answer = slowly
    courier = HttpsCourier(resolver, total_seconds=2)
    assert courier.deliver(local(server), {}, b"{}") == 202, "its body is nobody's business"


def test_what_breaks_is_said_in_a_few_words(server: Server, resolver: MemoryResolver) -> None:
    def vanish(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    courier = HttpsCourier(resolver)
    server.answer = vanish
    with pytest.raises(DeliveryError, match="broke the connection"):
        courier.deliver(local(server), {}, b"{}")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        nobody = Destination(host="127.0.0.1", port=free.getsockname()[1], target="/", secure=False)
    with pytest.raises(DeliveryError, match="refused the connection"):
        courier.deliver(nobody, {}, b"{}")
    with pytest.raises(DeliveryError, match="host is not known"):
        courier.deliver(Destination(host="x", port=443, target="/", secure=True), {}, b"{}")


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["169.254.169.254"], [OUTSIDE, "10.0.0.1"], ["::ffff:127.0.0.1"]],
)
def test_a_name_that_leads_inside_is_never_connected_to(
    resolver: MemoryResolver, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    def connect(*_: object) -> socket.socket:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", connect)
    resolver.hosts[HOST] = addresses
    with pytest.raises(DeliveryError, match="leads to an address inside"):
        HttpsCourier(resolver).deliver(secure(), {}, b"{}")


class Rebinding:
    """A name that leads outside when it is asked first, and inside ever after."""

    def __init__(self) -> None:
        self.answers = [[OUTSIDE]]

    def addresses(self, host: str, port: int) -> list[str]:
        return self.answers.pop(0) if self.answers else ["127.0.0.1"]


def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[Any] = []

    def connect(address: Any, *_: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(DeliveryError):
        HttpsCourier(Rebinding()).deliver(secure(8443), {}, b"{}")
    assert connected == [(OUTSIDE, 8443)]


class TestTls:
    """Servers that say who they are; the internet is at 127.0.0.1 here."""

    @pytest.fixture
    def trusted(self, tmp_path: Path) -> Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]]:
        """The contexts of a server with a certificate for a name, and of who trusts it."""

        def make(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
            certificate, key = certificate_for(name, tmp_path)
            of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            of_server.load_cert_chain(certificate, key)
            return of_server, ssl.create_default_context(cafile=str(certificate))

        return make

    def post(
        self,
        monkeypatch: pytest.MonkeyPatch,
        resolver: MemoryResolver,
        of_server: ssl.SSLContext,
        ours: ssl.SSLContext | None,
    ) -> int:
        server = Server(of_server)
        real = socket.create_connection

        def connect(address: tuple[str, int], timeout: float) -> socket.socket:
            assert address == (OUTSIDE, 443)
            return real(("127.0.0.1", server.port), timeout)

        monkeypatch.setattr(socket, "create_connection", connect)
        try:
            status = HttpsCourier(resolver, context=ours).deliver(secure(), {}, b"{}")
            assert server.seen[0][1]["Host"] == HOST
            return status
        finally:
            server.stop()

    def test_one_that_is_trusted_for_its_name(
        self, trusted: Any, monkeypatch: pytest.MonkeyPatch, resolver: MemoryResolver
    ) -> None:
        of_server, ours = trusted(HOST)
        assert self.post(monkeypatch, resolver, of_server, ours) == 200

    def test_another_name(
        self, trusted: Any, monkeypatch: pytest.MonkeyPatch, resolver: MemoryResolver
    ) -> None:
        of_server, ours = trusted("other.example.com")
        with pytest.raises(DeliveryError, match="certificate is not trusted"):
            self.post(monkeypatch, resolver, of_server, ours)

    def test_one_that_nobody_vouches_for(
        self, trusted: Any, monkeypatch: pytest.MonkeyPatch, resolver: MemoryResolver
    ) -> None:
        of_server, _ = trusted(HOST)
        with pytest.raises(DeliveryError, match="certificate is not trusted"):
            self.post(monkeypatch, resolver, of_server, None)


def test_the_system_knows_this_machine_and_not_nonsense() -> None:
    resolver = SystemResolver()
    assert set(resolver.addresses("localhost", 443)) <= {"127.0.0.1", "::1"}
    assert resolver.addresses("8.8.8.8", 443) == ["8.8.8.8"]
    for host in ("a" * 70 + ".invalid", "nowhere.invalid"):
        with pytest.raises(UnresolvedError):
            resolver.addresses(host, 443)


def test_a_resolver_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: slow.wait(5))
    monkeypatch.setattr(outbound, "RESOLVE_SECONDS", 0.05)
    with pytest.raises(UnresolvedError):
        SystemResolver().addresses(HOST, 443)
    slow.set()
