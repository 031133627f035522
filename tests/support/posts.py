"""A provider that notes when each post reached it, and answers as slowly or crossly as it is told.

It speaks as much of Twilio's REST API as a create needs, and runs in the process of the test.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

_WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One create: `at` is the time.time() at which it came in, `taken` whether it was accepted."""

    message_id: str
    to: str
    at: float
    taken: bool


@dataclass(slots=True, kw_only=True)
class PostRecorder:
    """What was posted so far.

    Attributes:
        slowest: seconds that an answer takes at most; each number has its own share of them.
        throttled: the share of numbers whose first `throttles` posts are answered with 429.
    """

    slowest: float = 0.0
    throttled: float = 0.0
    throttles: int = 3
    url: str = ""
    posts: list[Post] = field(default_factory=list)
    _seen: Counter[str] = field(default_factory=Counter)

    def reset(self, *, slowest: float = 0.0, throttled: float = 0.0) -> None:
        """Forget every post, and behave like this from now on."""
        self.slowest, self.throttled = slowest, throttled
        self.posts = []
        self._seen.clear()

    def texts(self) -> Counter[str]:
        """How many texts each number was handed."""
        return Counter(post.to for post in self.posts if post.taken)

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Take or throttle one text."""
        at = time.time()
        form = await request.post()
        to = str(form["To"])
        query = parse_qs(urlsplit(str(form["StatusCallback"])).query)
        self._seen[to] += 1
        taken = _share("429", to) >= self.throttled or self._seen[to] > self.throttles
        self.posts.append(Post(message_id=query["message_id"][0], to=to, at=at, taken=taken))
        if not taken:
            refusal = {"code": 20429, "message": "Too Many Requests", "status": 429}
            return web.json_response(refusal, status=429)
        await asyncio.sleep(self.slowest * _share("slow", to))
        sid = f"SM{len(self.posts):032x}"
        return web.json_response({"sid": sid, "status": "accepted"}, status=201)


@contextmanager
def recording_posts() -> Iterator[PostRecorder]:
    """Run a recorder in a thread, on a free port, until the block ends."""
    recorder = PostRecorder()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{path:.*}", recorder.create)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        recorder.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(_WAIT_SECONDS)
    try:
        yield recorder
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(_WAIT_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_WAIT_SECONDS)
        loop.close()


def _share(what: str, number: str) -> float:
    digest = hashlib.blake2b(f"{what}|{number}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48
