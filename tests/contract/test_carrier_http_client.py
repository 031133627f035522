"""The simulator's HTTP client against answers of every framing, and against nonsense."""

from __future__ import annotations

import asyncio

import pytest

from infra.local.carrier.http_client import ConnectError, HttpClient, ReadError, Response

pytestmark = pytest.mark.enable_socket


def post_twice(answer: bytes, *, hang_up: bool) -> tuple[list[Response], int]:
    """Post twice to a server that gives ``answer``; return the answers and its connections."""
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while head := await reader.read(65_536):
            assert head.startswith(b"POST /a%20b?x=%2B HTTP/1.1\r\nHost: 127.0.0.1:")
            writer.write(answer)
            if hang_up:
                break
        writer.close()

    async def exchange() -> list[Response]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = HttpClient(timeout=0.5)
        try:
            url = f"http://127.0.0.1:{port}/a%20b?x=%2B"
            return [await client.post(url, b"body", {"A": "b"}) for _ in range(2)]
        finally:
            client.close()
            server.close()
            await asyncio.sleep(0.02)  # lets both ends of each connection close

    return asyncio.run(exchange()), connections


@pytest.mark.parametrize(
    ("answer", "status", "body", "connections"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi", 1),
        (b"HTTP/1.1 200\r\nCONTENT-LENGTH:2\r\nConnection: close\r\n\r\nhi", 200, b"hi", 2),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 500, b"", 1),
        (
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"2;x=y\r\nhi\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n"
            ),
            200,
            b"hi0123456789",
            1,
        ),
    ],
)
def test_framings(answer: bytes, status: int, body: bytes, connections: int) -> None:
    answers, opened = post_twice(answer, hang_up=False)
    assert [(each.status, each.body) for each in answers] == [(status, body)] * 2
    assert opened == connections


def test_a_body_may_end_with_the_connection() -> None:
    answers, opened = post_twice(b"HTTP/1.0 200 OK\r\n\r\nhi", hang_up=True)
    assert [each.body for each in answers] == [b"hi", b"hi"]
    assert opened == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\nhi",
        b"HTTP/1.1 OK\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000,
    ],
)
@pytest.mark.parametrize("hang_up", [True, False])
def test_broken_answers(answer: bytes, *, hang_up: bool) -> None:
    with pytest.raises(ReadError):
        post_twice(answer, hang_up=hang_up)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://127.0.0.1:99999/", "127.0.0.1/"])
def test_nobody_there(url: str) -> None:
    with pytest.raises(ConnectError):
        asyncio.run(HttpClient(timeout=5).post(url, b"", {}))
