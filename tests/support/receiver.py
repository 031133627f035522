"""A web server that records the webhooks it gets and answers as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request; ``target`` is its path and query as sent."""

    target: str
    headers: dict[str, str]
    params: dict[str, str]


@dataclass(slots=True, kw_only=True)
class Receiver:
    """What came in, and what is answered: ``statuses`` in turn, then ``status``."""

    url: str = ""
    status: int = 200
    statuses: list[int] = field(default_factory=list)
    content_type: str = "text/xml; charset=utf-8"
    body: str = EMPTY_TWIML
    delay: float = 0.0
    received: list[Received] = field(default_factory=list)

    def of(self, sid: str) -> list[Received]:
        """Return what came in for one message."""
        return [each for each in self.received if each.params.get("MessageSid") == sid]

    def statuses_of(self, sid: str) -> list[str]:
        """Return the statuses reported of one message, in the order of their arrival."""
        return [each.params["MessageStatus"] for each in self.of(sid)]


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Run a receiver in a thread, on a free port, until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            params = dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw)))
            headers = dict(self.headers.items())
            receiver.received.append(Received(target=self.path, headers=headers, params=params))
            time.sleep(receiver.delay)
            status = receiver.statuses.pop(0) if receiver.statuses else receiver.status
            body = b"" if status == 204 else receiver.body.encode()
            self.send_response(status)
            self.send_header("Content-Type", receiver.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Keep the output of the tests quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
