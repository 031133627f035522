"""What Twilio's message statuses say about a message of ours.

Source: Twilio's Message resource, `status` (14 values); unknown ones come without notice.
"""

from __future__ import annotations

from parley.outcome import MessageStatus, Outcome

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
