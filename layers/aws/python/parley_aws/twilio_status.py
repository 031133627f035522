"""What Twilio's message statuses say about a message of ours.

Source: Twilio's Message resource, `status` (14 values); unknown ones come without notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from parley.outcome import MessageStatus, Outcome
from parley.receipt import Receipt

_UNDERWAY = {
    "accepted": MessageStatus.ACCEPTED,
    "scheduled": MessageStatus.ACCEPTED,
    "queued": MessageStatus.ACCEPTED,
    "sending": MessageStatus.ACCEPTED,
    "sent": MessageStatus.SENT,
    "partially_delivered": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
}
_LOST = {
    "failed": MessageStatus.FAILED,
    "canceled": MessageStatus.FAILED,
    "undelivered": MessageStatus.UNDELIVERED,
}


def outcome_of(status: str, error_code: str | None) -> Outcome | None:
    """The outcome that a status and its error code report.

    None for a status that says nothing of a text we sent: an inbound's, or one unknown to us. The
    reason of a lost message is the provider's code, or its status where it gave no code.
    """
    if status in _UNDERWAY:
        return Outcome(status=_UNDERWAY[status])
    if status in _LOST:
        return Outcome(status=_LOST[status], reason=error_code or status)
    return None


def receipt_in(command: Mapping[str, Any]) -> Receipt | None:
    """The receipt that a command to record one is about (`twilio_webhooks.receipt_of`); None where
    it says nothing of a text we sent."""
    outcome = outcome_of(command["status"], command["error_code"])
    if outcome is None:
        return None
    return Receipt(
        message_id=command["message_id"],
        outcome=outcome,
        provider_sid=command["sid"],
        error_code=command["error_code"],
        received_at=datetime.fromisoformat(command["received_at"]),
        from_toll_free=command.get("from_toll_free", False),
    )
