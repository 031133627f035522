"""The engine's HTTP server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
import uvloop


def serve_by_uvicorn(hypercorn_asyncio: Any, first: Callable[[], Awaitable[None]]) -> None:
    """Serve with parser and event loop in C; as shipped they take half of each request's time.

    `first` is awaited before the server starts.
    """

    async def serve(app: Any, config: Any) -> None:
        await first()
        host, _, port = config.bind[0].rpartition(":")
        settings = uvicorn.Config(
            app,
            host=host,
            port=int(port),
            http="httptools",
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
