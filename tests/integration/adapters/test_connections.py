"""Connections against servers that answer in every way a server may, over plain sockets and TLS."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from parley_aws.connections import CONNECTION_ERRORS, Connections, _Answer
from tests.support.certificates import certificate_for

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"
CHUNKED = (
    b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n2\r\nne\r\n0\r\n\r\n"
)
LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine"
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi"


class Server:
    """Answers each request on a connection with the next of its bytes; closes after the last."""

    def __init__(self, *connections: list[bytes], tls: ssl.SSLContext | None = None) -> None:
        self._script = list(connections)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.closed = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for answers in self._script:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(10)
            try:
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                for answer in answers:
                    self.requests.append(connection.recv(65536))
                    for byte in answer:
                        connection.sendall(bytes([byte]))
            except OSError:
                continue
            finally:
                connection.close()
                self.closed.release()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
        self._thread.join(10)


@contextmanager
def serving(*connections: list[bytes], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(*connections, tls=tls)
    try:
        yield server
    finally:
        server.close()


def to(server: Server, *, scheme: str = "http", ca_bundle: str = "", kept: int = 4) -> Connections:
    return Connections(
        f"{scheme}://localhost:{server.port}/",
        ca_bundle=ca_bundle,
        connect_seconds=2,
        read_seconds=0.5,
        kept=kept,
    )


def test_a_request_goes_out_as_it_should() -> None:
    with serving([FINE]) as server:
        assert to(server).post({"X-One": "1", "X-Two": "zwei"}, b"{}") == (200, b"fine")
    assert server.requests == [
        f"POST / HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
        "X-One: 1\r\nX-Two: zwei\r\nContent-Length: 2\r\n\r\n{}".encode()
    ]


def test_a_connection_is_used_again() -> None:
    with serving([FINE, CHUNKED, FINE]) as server:
        connections = to(server)
        answers = [connections.post({}, b"{}") for _ in range(3)]
    assert answers == [(200, b"fine"), (201, b"fine"), (200, b"fine")]


@pytest.mark.parametrize("answer", [FINE, LAST])
def test_one_that_the_other_end_closed_is_replaced_before_anything_is_sent(answer: bytes) -> None:
    with serving([answer], [FINE]) as server:
        connections = to(server)
        assert connections.post({}, b"{}") == (200, b"fine")
        assert server.closed.acquire(timeout=5)
        assert connections.post({}, b"{}") == (200, b"fine")
    assert len(server.requests) == 2


@pytest.mark.parametrize("answer", [b"", CUT, b"SMTP hello\r\n\r\n"])
def test_an_answer_that_breaks_off_is_an_error_and_nothing_is_sent_again(answer: bytes) -> None:
    with serving([answer], [FINE]) as server:
        connections = to(server)
        with pytest.raises(CONNECTION_ERRORS):
            connections.post({}, b"{}")
        assert len(server.requests) == 1
        assert connections.post({}, b"{}") == (200, b"fine")


def test_no_answer_is_an_error_in_time_and_its_connection_is_not_used_again() -> None:
    with serving([FINE, b"", FINE], [FINE]) as server:
        connections = to(server)
        connections.post({}, b"{}")
        with pytest.raises(TimeoutError):
            connections.post({}, b"{}")
        assert connections.post({}, b"{}") == (200, b"fine")


def test_no_more_are_kept_than_may_be() -> None:
    with serving([FINE], [FINE]) as server:
        connections = to(server, kept=0)
        for _ in range(2):
            assert connections.post({}, b"{}") == (200, b"fine")


def test_threads_get_their_own_answers() -> None:
    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not on the console."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connections = Connections(
            f"http://127.0.0.1:{server.server_port}/",
            ca_bundle="",
            connect_seconds=5,
            read_seconds=10,
            kept=3,
        )
        said = [f"{number}".encode() * 50 for number in range(200)]
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(lambda body: connections.post({}, body), said)) == [
                (200, body) for body in said
            ]
        server.shutdown()


def test_an_answer_leaves_nothing_for_the_collector() -> None:
    with serving([FINE, FINE]) as server:
        connections = to(server)
        connections.post({}, b"{}")
        gc.collect()
        gc.disable()
        try:
            connections.post({}, b"{}")
            assert not any(isinstance(each, _Answer) for each in gc.get_objects())
        finally:
            gc.enable()


def test_tls_is_spoken_with_whom_the_bundle_vouches_for(tmp_path: Path) -> None:
    tls, bundle = _identity(tmp_path, "localhost")
    with serving([FINE, CHUNKED], tls=tls) as server:
        connections = to(server, scheme="https", ca_bundle=bundle)
        assert [connections.post({}, b"{}") for _ in range(2)] == [(200, b"fine"), (201, b"fine")]


def test_tls_is_refused_to_everyone_else(tmp_path: Path) -> None:
    theirs, _ = _identity(tmp_path, "localhost")
    _, bundle = _identity(tmp_path, "localhost")
    wrong_name, trusted = _identity(tmp_path, "elsewhere.example")
    for tls, ca_bundle in ((theirs, bundle), (wrong_name, trusted)):
        with serving([FINE], tls=tls) as server:
            with pytest.raises(ssl.SSLCertVerificationError):
                to(server, scheme="https", ca_bundle=ca_bundle).post({}, b"{}")
            assert server.requests == []


def _identity(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """A server's side of TLS under a name, and the file that vouches for it."""
    certificate, key = certificate_for(name, folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls, str(certificate)
