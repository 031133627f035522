"""A lean HTTP/1.1 client that posts over kept-alive connections.

aiohttp's client takes 0.3 ms of processor time a post, which would be most of what the simulator
does (two callbacks a message); this one takes a third of that.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?]+)(?P<target>.*)")
_HEAD_END = b"\r\n\r\n"
_LONGEST_BODY = 1 << 20
_BODILESS = frozenset({204, 304})
# Shorter than what servers keep: a post on a connection that the server is closing would be lost.
_KEEP_ALIVE_SECONDS = 2.0
_MOST_IDLE = 128


class ConnectError(Exception):
    """No connection came about; nothing was sent."""


class ReadError(Exception):
    """No complete answer came; the request may have been received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Connection:
    """One connection to a server, for one request at a time."""

    __slots__ = ("_reader", "_writer", "idle_since")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.idle_since = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether another request may be sent on it."""
        return (
            not self._reader.at_eof()
            and not self._writer.is_closing()
            and monotonic() - self.idle_since < _KEEP_ALIVE_SECONDS
        )

    def close(self) -> None:
        self._writer.close()

    async def exchange(self, request: bytes) -> tuple[Response, bool]:
        """Send ``request``; return the answer, and whether the connection stays open."""
        self._writer.write(request)
        status, headers = await self._read_head()
        while status < 200:
            status, headers = await self._read_head()
        open_after = headers.get("connection", "").lower() != "close"
        if status in _BODILESS:
            body = b""
        elif "chunked" in headers.get("transfer-encoding", "").lower():
            body = await self._read_chunks()
        elif "content-length" in headers:
            body = await self._read_exactly(int(headers["content-length"]))
        else:
            body = await self._reader.read(_LONGEST_BODY)
            open_after = False
        return Response(status=status, headers=headers, body=body), open_after

    async def _read_head(self) -> tuple[int, dict[str, str]]:
        head = await self._reader.readuntil(_HEAD_END)
        first, *lines = head[: -len(_HEAD_END)].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(first.split(" ", 2)[1]), headers

    async def _read_chunks(self) -> bytes:
        body = b""
        while True:
            size = int((await self._reader.readline()).split(b";", 1)[0], 16)
            if size == 0:
                while (await self._reader.readline()).strip():
                    continue
                return body
            body += await self._read_exactly(size)
            await self._reader.readline()
            if len(body) > _LONGEST_BODY:
                raise ValueError("the answer is too long")

    async def _read_exactly(self, size: int) -> bytes:
        if not 0 <= size <= _LONGEST_BODY:
            raise ValueError("the answer is too long")
        return await self._reader.readexactly(size)


class HttpClient:
    """Keeps idle connections by server."""

    def __init__(self, *, timeout: float) -> None:
        """``timeout`` is for a whole request, in seconds."""
        self._timeout = timeout
        self._idle: dict[str, list[_Connection]] = {}

    def close(self) -> None:
        """Close the idle connections."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Post ``body`` to ``url``, whose path and query are sent as they stand.

        Raises :class:`ConnectError` or :class:`ReadError`.
        """
        found = _URL.fullmatch(url)
        if found is None:
            raise ConnectError(url)
        scheme, authority, target = found.groups()
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = (
            f"POST {target if target.startswith('/') else '/' + target} HTTP/1.1\r\n"
            f"Host: {authority}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        try:
            async with asyncio.timeout(self._timeout):
                connection = self._take(f"{scheme}://{authority}")
                if connection is None:
                    connection = await _connect(scheme, authority)
                return await self._exchange(connection, request, f"{scheme}://{authority}")
        except TimeoutError as error:
            raise ReadError(url) from error

    async def _exchange(self, connection: _Connection, request: bytes, server: str) -> Response:
        try:
            response, open_after = await connection.exchange(request)
        except (OSError, EOFError, ValueError, IndexError, asyncio.LimitOverrunError) as error:
            connection.close()
            raise ReadError(server) from error
        except BaseException:
            connection.close()
            raise
        idle = self._idle.setdefault(server, [])
        if open_after and len(idle) < _MOST_IDLE:
            connection.idle_since = monotonic()
            idle.append(connection)
        else:
            connection.close()
        return response

    def _take(self, server: str) -> _Connection | None:
        idle = self._idle.get(server, [])
        while idle:
            connection = idle.pop()
            if connection.is_fresh:
                return connection
            connection.close()
        return None


async def _connect(scheme: str, authority: str) -> _Connection:
    host, port = _address(scheme, authority)
    try:
        reader, writer = await asyncio.open_connection(host, port, ssl=scheme == "https" or None)
    except TimeoutError:
        raise
    except (OSError, ValueError, OverflowError) as error:
        raise ConnectError(authority) from error
    return _Connection(reader, writer)


def _address(scheme: str, authority: str) -> tuple[str, int]:
    host, separator, port = authority.rpartition(":")
    if not separator or not port.isdigit():
        return authority.strip("[]"), 443 if scheme == "https" else 80
    return host.strip("[]"), int(port)
