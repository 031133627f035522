"""The ledger: one entry for each message of a send, and what came back because of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from parley.outcome import MessageStatus, Outcome, rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One SMS to one contact in one send: what became of it, and why."""

    id: str
    send_id: str
    phone: str
    status: MessageStatus
    reason: str | None = None
    error_code: str | None = None
    provider_sid: str | None = None
    parts: int = 0
    body: str | None = None
    handed_over_at: datetime | None = None
    updated_at: datetime


def merged(stored: Message, recorded: Message) -> Message:
    """One message of two records of it: the higher rank's status stands, the stored one's of equal
    ranks, and what that record lacks the other fills in."""
    of_stored = Outcome(status=stored.status, reason=stored.reason)
    of_recorded = Outcome(status=recorded.status, reason=recorded.reason)
    stands = rank(of_recorded) <= rank(of_stored)
    winner, other = (stored, recorded) if stands else (recorded, stored)
    return replace(
        winner,
        phone=winner.phone or other.phone,
        provider_sid=winner.provider_sid or other.provider_sid,
        parts=winner.parts or other.parts,
        body=winner.body or other.body,
        handed_over_at=winner.handed_over_at or other.handed_over_at,
    )


class ResponseKind(StrEnum):
    """What people did because of a send, counted beside its messages."""

    REPLY = "reply"
    LEAD = "lead"
    OPT_OUT = "opt_out"
    CONVERSION = "conversion"


def message_metrics(entry: Mapping[str, Any] | None) -> Counter[str]:
    """What one ledger entry of a message adds to its send's metrics.

    `entry` holds `status`, `reason`, `error_code` and `parts`; None adds nothing. The metrics of a
    send are the sum over its entries, so a change of an entry is the difference of two of these.
    """
    if entry is None:
        return Counter()
    status = MessageStatus(entry["status"])
    metrics = Counter({f"status:{status}": 1})
    if status is MessageStatus.SKIPPED:
        metrics[f"skipped:{entry['reason']}"] = 1
    if error_code := entry.get("error_code"):
        metrics[f"error:{error_code}"] = 1
    if parts := int(entry.get("parts") or 0):
        metrics["parts"] = parts
    return metrics


def response_metrics(entry: Mapping[str, Any] | None) -> Counter[str]:
    """What one response (`kind`, and for a reply its `intent`) adds to its send's metrics."""
    if entry is None:
        return Counter()
    kind = ResponseKind(entry["kind"])
    metrics = Counter({f"response:{kind}": 1})
    if kind is ResponseKind.REPLY:
        metrics[f"reply:{entry['intent']}"] = 1
    return metrics


def change(before: Counter[str], after: Counter[str]) -> dict[str, int]:
    """What has to be added to metrics for an entry that changed; zeroes left out."""
    names = before.keys() | after.keys()
    return {n: after[n] - before[n] for n in names if after[n] != before[n]}
