"""The engine's HTTP server."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
import uvloop

Message = dict[str, Any]
App = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Any
]

_TABLES = b"DynamoDB_20120810."


def serve_by_uvicorn(hypercorn_asyncio: Any, wrap: Callable[[App], App]) -> None:
    """Serve with parser and event loop in C; as shipped they take half of each request's time."""

    async def serve(app: App, config: Any) -> None:
        host, _, port = config.bind[0].rpartition(":")
        settings = uvicorn.Config(
            wrap(app),
            host=host,
            port=int(port),
            http="httptools",
            ws="none",
            log_level=config.loglevel.lower(),
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=config.keep_alive_timeout,
        )
        await uvicorn.Server(settings).serve()

    hypercorn_asyncio.serve = serve
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def tables_first(app: App, *, router: Any, responses: Any, dynamodb: Any) -> App:
    """The app, with requests to tables answered before it looks for what else they might be.

    As shipped a third of each request's time goes into telling it from a hundred other services,
    into its trail and into headers for browsers. It checks roles there too: not for where these are
    enforced.
    """

    async def direct(scope: Message, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        if not headers.get(b"x-amz-target", b"").startswith(_TABLES):
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
            status, named, answer = await dynamodb.handle_request("POST", "/", told, content, {})
        except Exception as error:  # noqa: BLE001 - a server answers
            status, named = 500, {}
            answer = json.dumps({"__type": "InternalServerError", "message": repr(error)}).encode()
        body = answer.encode() if isinstance(answer, str) else answer
        listed = [(name.encode(), str(value).encode()) for name, value in named.items()]
        listed.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": listed})
        await send({"type": "http.response.body", "body": body})

    return direct
