"""The carrier simulator in tests: one that runs in this process, or a handle on one elsewhere."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from infra.local.carrier.server import CarrierConfig, CarrierServer

ACCOUNT_SID = "AC" + "a1" * 16
AUTH_TOKEN = "carrier-test-token"
_WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A handle on a running simulator."""

    url: str
    account_sid: str
    auth_token: str

    def messages(self, **filters: str) -> list[dict[str, Any]]:
        """Return messages, oldest first; filters are ``to``, ``from_`` and ``direction``."""
        query = {name.rstrip("_"): text for name, text in filters.items()}
        found: list[dict[str, Any]] = self.control(
            "GET", "/simulator/messages?" + urlencode(query, quote_via=quote)
        )["messages"]
        return found

    def inbound(self, *, from_: str, to: str, body: str) -> dict[str, Any]:
        """Have a handset text ``to``; returns when the webhook has answered."""
        return self.control("POST", "/simulator/inbound", {"from": from_, "to": to, "body": body})

    def behavior(self, **settings: object) -> dict[str, Any]:
        """Replace the whole behavior."""
        return self.control("PUT", "/simulator/behavior", settings)

    def inbound_url(self, url: str | None) -> None:
        """Set where inbound texts are posted."""
        self.control("PUT", "/simulator/webhooks", {"inbound_url": url})

    def forget(self) -> None:
        """Make it forget messages and opt-outs."""
        self.control("DELETE", "/simulator/messages")

    def client(self) -> Client:
        """Return Twilio's own SDK, pointed here."""
        client = Client(
            self.account_sid, self.auth_token, http_client=TwilioHttpClient(timeout=_WAIT_SECONDS)
        )
        client.api.base_url = self.url
        return client

    def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call a control route; raises AssertionError on an answer that is no 200."""
        status, answer = self.request(method, path, None if body is None else json.dumps(body))
        assert status == 200, (status, answer)
        parsed: dict[str, Any] = json.loads(answer)
        return parsed

    def request(
        self, method: str, path: str, body: str | bytes | None = None, **headers: str
    ) -> tuple[int, str]:
        """Send any request; return the status and the body of the answer."""
        address = urlsplit(self.url)
        assert address.hostname is not None
        connection = http.client.HTTPConnection(
            address.hostname, address.port, timeout=2 * _WAIT_SECONDS
        )
        try:
            sent = body.encode() if isinstance(body, str) else body
            connection.request(method, path, sent, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


@contextmanager
def running_carrier(
    *, inbound_url: str | None = None, state: Path | None = None, capacity: int = 10_000
) -> Iterator[Carrier]:
    """Run a simulator in a thread, on a free port, until the block ends."""
    config = CarrierConfig(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        inbound_url=inbound_url,
        state=state,
        capacity=capacity,
        callback_concurrency=8,
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        starting = asyncio.run_coroutine_threadsafe(CarrierServer.start(config), loop)
        server = starting.result(_WAIT_SECONDS)
        try:
            yield Carrier(url=server.url, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result(_WAIT_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_WAIT_SECONDS)
        loop.close()


def eventually(holds: Callable[[], bool], *, within: float = _WAIT_SECONDS) -> None:
    """Wait until ``holds``; raises AssertionError after ``within`` seconds."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.01)
