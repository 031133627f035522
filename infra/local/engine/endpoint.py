"""An endpoint of its own for the services that functions call most: tables, queues and the bus.

As shipped three quarters of such a request's time go into HTTP, into telling it from a hundred
other services, into its trail and into headers for browsers. Roles are checked there too, so this
is not for where they are enforced.
"""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from httptools import HttpParserError, HttpRequestParser

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Endpoint:
    """Answers what needs no waiting, which is everything but a long poll.

    `services` are the engine's modules by the first part of the targets that they answer to.
    """

    def __init__(self, services: Mapping[str, Any], *, router: Any, responses: Any) -> None:
        self._services = services
        self._router = router
        self._responses = responses

    async def listen(self) -> str:
        """Listen on a free port from here on; its address."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def answer(self, headers: dict[str, str], content: bytes) -> bytes:
        """The whole answer to a request."""
        self._responses.set_request_account_id(self._router.extract_access_key_id(headers))
        self._responses.set_request_region(self._router.extract_region(headers))
        try:
            service = self._services[headers["x-amz-target"].partition(".")[0]]
            status, named, said = _result(service.handle_request("POST", "/", headers, content, {}))
        except Exception as error:  # noqa: BLE001 - a server answers
            status, named = 500, {}
            said = json.dumps({"__type": "InternalServerError", "message": repr(error)})
        body = said.encode() if isinstance(said, str) else said
        lines = "".join([f"{name}: {value}\r\n" for name, value in named.items()])
        head = f"HTTP/1.1 {status} {_PHRASES[status]}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        return head.encode("latin-1") + body


class _Connection(asyncio.Protocol):
    """One client's connection: one request after another, each answered before the next."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._parser = HttpRequestParser(self)
        self._headers: dict[str, str] = {}
        self._body = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        self._headers, self._body = {}, b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        self._transport.write(self._endpoint.answer(self._headers, self._body))


def _result(work: Coroutine[Any, Any, Any]) -> Any:
    """What work comes to that never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("this endpoint does not wait")
