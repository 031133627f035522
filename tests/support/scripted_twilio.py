"""A tiny server in Twilio's place that answers each create as a test scripts it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
_WAIT_SECONDS = 10.0


@dataclass(slots=True)
class ScriptedTwilio:
    """What was asked, and how the next requests are answered: `answers` in turn, the last stays."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note a request and give the next answer."""
        authorization = request.headers.get("Authorization", "")
        self.requests.append((request.method, request.path_qs, authorization))
        self.forms.append({name: str(text) for name, text in (await request.post()).items()})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def says(status: int, body: object, *, after: float = 0.0) -> Answer:
    """An answer with a status and JSON, or with a text as it is, after so many seconds."""

    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(after)
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, content_type="application/json")

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Cut the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@contextmanager
def running_scripted_twilio(*answers: Answer) -> Iterator[ScriptedTwilio]:
    """Run it in a thread, on a free port, until the block ends."""
    script = ScriptedTwilio(answers=list(answers))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", script.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        script.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(_WAIT_SECONDS)
    try:
        yield script
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(_WAIT_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_WAIT_SECONDS)
        loop.close()
