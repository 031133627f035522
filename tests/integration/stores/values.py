"""Values for tests of stores: plain ones, with what matters named."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from parley.campaign import Campaign, Send, SendStatus
from parley.contact import Contact
from parley.lead import Lead, LeadStatus
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.program import Program, Sender
from parley.sending import Claim

T = TypeVar("T")

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
SEND = "snd_" + "0" * 20


def contact(number: int = 0, **changes: Any) -> Contact:
    """A contact that nothing is known of but the number."""
    return Contact(**{"phone": f"+1312555{number:04d}", "region": "US", **changes})


def claim(number: int = 0, **changes: Any) -> Claim:
    """A claim of a send, open at NOW."""
    values: dict[str, Any] = {
        "send_id": f"snd_{number:020d}",
        "program_id": "pizza",
        "nonce": f"nonce-{number}",
        "post_by": NOW + timedelta(seconds=5),
    }
    return Claim(**{**values, **changes})


def program(**changes: Any) -> Program:
    """A program that nothing is set in but what it needs."""
    values: dict[str, Any] = {
        "id": "pizza",
        "brand": "Acme Pizza",
        "sender": Sender(messaging_service_sid="MG" + "0" * 32),
    }
    return Program(**{**values, **changes})


def campaign(number: int = 0, **changes: Any) -> Campaign:
    """A campaign to everyone, made so many seconds after NOW."""
    values: dict[str, Any] = {
        "id": f"cmp_{number}",
        "version": 1,
        "name": "Friday",
        "program_id": "pizza",
        "body": "2 for 1 tonight",
        "segment": None,
        "holdout_percent": 0,
        "attribution_hours": 72,
        "auto_reply": None,
        "lead_keywords": (),
        "created_at": NOW + timedelta(seconds=number),
        "updated_at": NOW + timedelta(seconds=number),
    }
    return Campaign(**{**values, **changes})


def send(number: int = 0, **changes: Any) -> Send:
    """A send that begins at once, made so many seconds after NOW."""
    values: dict[str, Any] = {
        "id": f"snd_{number:020d}",
        "campaign": campaign(),
        "status": SendStatus.SCHEDULED,
        "created_at": NOW + timedelta(seconds=number),
        "starts_at": NOW,
        "expires_at": NOW + timedelta(hours=24),
        "request_hash": "hash",
    }
    return Send(**{**values, **changes})


def message(number: int = 0, **changes: Any) -> Message:
    """A message that the provider took."""
    values: dict[str, Any] = {
        "id": f"{SEND}-{number:020x}"[:-20] + f"{number % 16:x}{number:019x}",
        "send_id": SEND,
        "phone": f"+1312555{number:04d}",
        "status": MessageStatus.ACCEPTED,
        "provider_sid": f"SM{number:032x}",
        "parts": 1,
        "body": "2 for 1 tonight",
        "handed_over_at": NOW,
        "updated_at": NOW,
        "consent_id": "c0",
        "contact_version": 3,
    }
    return Message(**{**values, **changes})


def lead(number: int = 0, **changes: Any) -> Lead:
    """An open lead."""
    values: dict[str, Any] = {
        "id": f"lead_{number}",
        "phone": f"+1312555{number:04d}",
        "first_name": "Ann",
        "program_id": "pizza",
        "campaign_id": "cmp_0",
        "send_id": SEND,
        "score": 80,
        "reasons": ("answered with a lead keyword",),
        "reply_body": "YES",
        "reply_received_at": NOW,
        "replies": 1,
        "status": LeadStatus.OPEN,
        "owner": None,
        "due_at": NOW + timedelta(minutes=15),
        "created_at": NOW,
    }
    return Lead(**{**values, **changes})


def race(*works: Callable[[], T]) -> list[T]:
    """What each of some works answers, all let off at the same moment."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def count(values: Iterable[bool]) -> int:
    """How many are true."""
    return sum(1 for value in values if value)
