"""What became of a message, and how that may change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MessageStatus(StrEnum):
    """Where a message of a send stands; the keys of a send's counts."""

    PENDING = "pending"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    HELD_OUT = "held_out"
    CANCELED = "canceled"


class SkipReason(StrEnum):
    """Why someone in the audience was not texted, in order: the first that holds counts."""

    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"
    NOT_SUBSCRIBED = "not_subscribed"
    INVALID_NUMBER = "invalid_number"
    MISSING_VALUE = "missing_value"
    TOO_LONG = "too_long"
    FREQUENCY_CAP = "frequency_cap"
    EXPIRED = "expired"
    BUDGET = "budget"


NOT_HANDED_OVER = "not_handed_over"
"""Reason of a failed message that the provider, looked up twice, does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A message's status and, where it was not texted or failed, the reason."""

    status: MessageStatus
    reason: str | None = None


_RANK = {
    MessageStatus.PENDING: 0,
    MessageStatus.DEFERRED: 1,
    MessageStatus.SKIPPED: 2,
    MessageStatus.HELD_OUT: 2,
    MessageStatus.CANCELED: 2,
    MessageStatus.UNKNOWN: 3,
    MessageStatus.ACCEPTED: 5,
    MessageStatus.SENT: 6,
    MessageStatus.FAILED: 7,
    MessageStatus.UNDELIVERED: 7,
    MessageStatus.DELIVERED: 8,
}
_RANK_OF_NOT_HANDED_OVER = 4


def rank(outcome: Outcome) -> int:
    """How much is known of a message; a later truth never ranks below an earlier one.

    A conclusion of ours (`not_handed_over`) yields to anything the provider says.
    """
    if outcome.status is MessageStatus.FAILED and outcome.reason == NOT_HANDED_OVER:
        return _RANK_OF_NOT_HANDED_OVER
    return _RANK[outcome.status]


def next_status(current: Outcome, reported: Outcome) -> Outcome:
    """The outcome after a report that may be late, repeated or out of order (G6).

    The current one stands unless the report ranks above it.
    """
    return reported if rank(reported) > rank(current) else current
