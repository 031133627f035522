"""The engine's HTTP server."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Message = dict[str, Any]
App = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Any
]



class _OnePacket:
    """A transport that keeps what it is given until the loop turns: head and body of an answer go
    out as one packet, with one wake of the other end."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._kept: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._transport, name)
        setattr(self, name, value)
        return value

    def write(self, data: bytes) -> None:
        """Keep some data; where some was kept already, send it all."""
        self._kept.append(data)
        if len(self._kept) == 1:
            self._loop.call_soon(self._flush)
        else:
            self._flush()

    def close(self) -> None:
        """Send what is kept and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._kept:
            whole = b"".join(self._kept)
            self._kept.clear()
            self._transport.write(whole)


class _Protocol(HttpToolsProtocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(_OnePacket(transport, self.loop))  # type: ignore[arg-type]


def serve_by_uvicorn(hypercorn_asyncio: Any, wrap: Callable[[App], App]) -> None:
    """Serve with parser and event loop in C; as shipped they take half of each request's time."""

    async def serve(app: App, config: Any) -> None:
        host, _, port = config.bind[0].rpartition(":")
        settings = uvicorn.Config(
            wrap(app),
            host=host,
            port=int(port),
            http=_Protocol,
            ws="none",
            log_level=config.loglevel.lower(),
            access_log=False,
            date_header=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=config.keep_alive_timeout,
        )
        await uvicorn.Server(settings).serve()

    hypercorn_asyncio.serve = serve
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def answer_directly(app: App, services: Mapping[bytes, Any], *, router: Any, responses: Any) -> App:
    """The app, with requests to services that their target names answered before it looks for what
    else they might be; `services` are modules by the first part of the target.

    As shipped a third of each request's time goes into telling it from a hundred other services,
    into its trail and into headers for browsers. It checks roles there too: not for where these are
    enforced.
    """

    async def direct(scope: Message, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        service = services.get(headers.get(b"x-amz-target", b"").partition(b".")[0])
        if service is None:
            await app(scope, receive, send)
            return
        told = {name.decode(): value.decode() for name, value in headers.items()}
        responses.set_request_account_id(router.extract_access_key_id(told))
        responses.set_request_region(router.extract_region(told))
        content = b""
        more = True
        while more:
            message = await receive()
            content += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            status, named, answer = await service.handle_request("POST", "/", told, content, {})
        except Exception as error:  # noqa: BLE001 - a server answers
            status, named = 500, {}
            answer = json.dumps({"__type": "InternalServerError", "message": repr(error)}).encode()
        body = answer.encode() if isinstance(answer, str) else answer
        listed = [(name.encode(), str(value).encode()) for name, value in named.items()]
        listed.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": listed})
        await send({"type": "http.response.body", "body": body})

    return direct
