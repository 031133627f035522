"""What the provider holds of a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Twilio's message statuses, as far as a text goes through them here."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    RECEIVED = "received"


class Direction(StrEnum):
    """Twilio's directions."""

    INBOUND = "inbound"
    OUTBOUND_API = "outbound-api"
    OUTBOUND_REPLY = "outbound-reply"


class Origin(StrEnum):
    """Who wrote a message: an API call, the answer to a webhook, the provider, or a handset."""

    API = "api"
    TWIML = "twiml"
    PROVIDER = "provider"
    HANDSET = "handset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A number that texts, and the messaging service that it belongs to, if any."""

    number: str
    service_sid: str | None

    @property
    def scope(self) -> str:
        """What an opt-out holds for: the whole service, else the number."""
        return self.service_sid or self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will become of a message.

    ``final`` is the status it stops at, after ``delay`` seconds, with ``error_code``. ``callback``
    is where receipts go, None for nowhere. ``reordered``: the final receipt comes first.
    ``attempt`` is the attempt's count, for later decisions.
    """

    final: Status
    error_code: int | None
    delay: float
    callback: str | None
    reordered: bool
    attempt: int


@dataclass(slots=True, kw_only=True)
class Message:
    """One SMS, either way. Times are epoch seconds; ``serial`` grows with every message.

    ``plan`` is None when nothing is going to happen to the message any more.
    """

    serial: int
    sid: str
    handset: str
    sender: Sender
    body: str
    parts: int
    direction: Direction
    origin: Origin
    status: Status
    created_at: float
    updated_at: float
    sent_at: float | None = None
    error_code: int | None = None
    plan: Plan | None = None

    @property
    def to_number(self) -> str:
        """The number that receives."""
        return self.sender.number if self.direction is Direction.INBOUND else self.handset

    @property
    def from_number(self) -> str:
        """The number that sends."""
        return self.handset if self.direction is Direction.INBOUND else self.sender.number
