"""A shop on the deployed stack: a program of its own with subscribers, and its sends."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from infra.local.client import Client, Connections

WITHIN_SECONDS = 120
CONSENT = {"source": "web form", "obtained_at": "2026-01-02T03:04:05Z", "wording": "Deals!"}

_exchanges = itertools.count(600)
"""Every shop has numbers of its own: what one test makes of them must not reach another."""


class Shop:
    """A program of its own with some subscribers."""

    def __init__(self, stack: Connections, people: int, **program: Any) -> None:
        self.marketer, self.name = stack.client("marketer"), f"shop-{uuid4().hex[:8]}"
        self.service = f"MG{uuid4().hex}"
        exchange = next(_exchanges)
        self.phones = [f"+1737{exchange}{number:04d}" for number in range(people)]
        self.program = {
            "brand": "Acme",
            "sender": {"messaging_service_sid": self.service},
            "quiet_hours": {"policy": "none"},
            "messages_per_second": 1000,
            **program,
        }
        stack.client("admin").put(f"/programs/{self.name}", self.program)
        saved = self.marketer.post(
            "/contacts",
            {
                "contacts": [
                    {"phone": phone, "consent": {"program": self.name, **CONSENT}}
                    for phone in self.phones
                ]
            },
        )
        assert saved["accepted"] == people, saved

    def campaign(self, body: str = "Acme: 2 for 1. STOP to end") -> str:
        """A new campaign to all subscribers."""
        made = {"name": "Deal", "program": self.name, "body": body}
        return str(self.marketer.post("/campaigns", made)["id"])

    def trigger(self, campaign_id: str | None = None, **send: Any) -> str:
        """Trigger a send of a campaign, or of a new one."""
        path = f"/campaigns/{campaign_id or self.campaign()}/sends"
        return str(self.marketer.post(path, send, idempotency_key=uuid4().hex)["id"])

    def send(self, send_id: str) -> dict[str, Any]:
        """A send, whose counts add up at every moment (G4)."""
        found: dict[str, Any] = self.marketer.get(f"/sends/{send_id}")
        counts = dict(found["counts"])
        assert counts.pop("audience") == sum(counts.values()), "G4"
        return found

    def until(self, send_id: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The send once it is as wanted."""
        deadline = time.monotonic() + WITHIN_SECONDS
        while not done(found := self.send(send_id)):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found

    def completed(self, send_id: str) -> dict[str, Any]:
        """The send once it has completed."""
        return self.until(send_id, lambda send: send["status"] == "completed")

    def messages(self, send_id: str) -> dict[str, dict[str, Any]]:
        """The send's messages by number."""
        found = self.marketer.pages(f"/sends/{send_id}/messages", "messages")
        return {message["phone"]: message for message in found}

    def texts(self, carrier: Client) -> Counter[str]:
        """How many texts of this shop's API calls the carrier took for each number."""
        return Counter(text["to"] for text in self.taken(carrier))

    def taken(self, carrier: Client) -> list[dict[str, Any]]:
        """This shop's texts as the carrier has them, but for its own answers to keywords."""
        sent = carrier.get(
            "/simulator/messages", **{"from": self.service, "direction": "outbound-api"}
        )
        return [text for text in sent["messages"] if text["origin"] == "api"]


def nonzero(send: dict[str, Any]) -> dict[str, int]:
    """A send's counts that are not zero."""
    return {name: n for name, n in send["counts"].items() if n}
