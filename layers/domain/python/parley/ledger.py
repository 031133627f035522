"""The ledger: one entry for each message of a send, and what came back because of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from parley.outcome import NOT_HANDED_OVER, MessageStatus, Outcome, rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One SMS to one contact in one send: what became of it, and why.

    `consent_id` is the journal event of the consent that it was claimed under, `contact_version`
    the version of the contact (`parley.sending.Sending`) that was decided on.
    """

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
    consent_id: str | None = None
    contact_version: int | None = None


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
        consent_id=winner.consent_id or other.consent_id,
        contact_version=(
            other.contact_version if winner.contact_version is None else winner.contact_version
        ),
    )


class ResponseKind(StrEnum):
    """What people did because of a send, counted beside its messages.

    `replied` is noted once for each person who replied at all; `answer` when sales texted somebody
    back for the first time; `price` is no response, but what the provider charged for some texts,
    and `text` a text that is no send's (`parley.other_texts`). Conversions are counted by
    `parley.conversion`.
    """

    REPLY = "reply"
    REPLIED = "replied"
    LEAD = "lead"
    ANSWER = "answer"
    OPT_OUT = "opt_out"
    CONVERSION = "conversion"
    PRICE = "price"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Something that came of a send, noted once by its kind and id beside the send's messages."""

    send_id: str
    kind: ResponseKind
    id: str
    details: Mapping[str, str]


HOURLY_FOR = timedelta(days=7)
"""What happens so long after its text is counted by the hour, later things by the day."""

_ARRIVED = frozenset({MessageStatus.DELIVERED, MessageStatus.UNDELIVERED, MessageStatus.FAILED})


def bucket_of(moment: datetime, *, after: timedelta = timedelta(0)) -> str:
    """Where a timeline counts a moment: its hour in UTC, such as `2026-11-27T18`, or its day where
    it came long `after` the text that it is about."""
    stamp = moment.astimezone(UTC).isoformat()
    return stamp[:13] if after <= HOURLY_FOR else stamp[:10]


def message_metrics(entry: Mapping[str, Any] | None) -> dict[str, int]:
    """What one ledger entry of a message adds to its send's metrics.

    `entry` holds `status`, `reason`, `error_code` and `parts`, and, where the timeline is to count
    it, `handed_over_at` and `updated_at` as ISO texts in UTC; None adds nothing. A text that proved
    not to be handed over counts no parts, whatever was written down before that. The metrics of a
    send are the sum over its entries, so a change of an entry is the difference of two of these.
    """
    if entry is None:
        return {}
    status = MessageStatus(entry["status"])
    metrics = {f"status:{status.value}": 1}
    if status is MessageStatus.SKIPPED:
        metrics[f"skipped:{entry['reason']}"] = 1
    elif status is MessageStatus.FAILED and entry.get("reason"):
        metrics[f"failed:{entry['reason']}"] = 1
    if error_code := entry.get("error_code"):
        metrics[f"error:{error_code}"] = 1
    was_handed_over = entry.get("reason") != NOT_HANDED_OVER
    if was_handed_over and (parts := int(entry.get("parts") or 0)):
        metrics["parts"] = parts
    if was_handed_over and (handed_over_at := entry.get("handed_over_at")):
        metrics[f"handed_over@{handed_over_at[:13]}"] = 1
    if status in _ARRIVED and (updated_at := entry.get("updated_at")):
        metrics[f"{status.value}@{updated_at[:13]}"] = 1
    return metrics


def response_metrics(entry: Mapping[str, Any] | None) -> dict[str, int]:
    """What one response adds to its send's metrics.

    `entry` holds its `kind`, for a reply its `intent`, for an answer its `seconds` after the reply,
    and, where the timeline is to count it, its `bucket` (`bucket_of`). A price holds the `amount`
    in millionths of a `currency` and the `parts` that it is of.
    """
    if entry is None:
        return {}
    kind = ResponseKind(entry["kind"])
    if kind is ResponseKind.PRICE:
        currency = entry["currency"]
        return {
            f"price:{currency}": int(entry["amount"]),
            f"priced_parts:{currency}": int(entry["parts"]),
        }
    metrics = {f"response:{kind.value}": 1}
    if kind is ResponseKind.REPLY:
        metrics[f"reply:{entry['intent']}"] = 1
    elif kind is ResponseKind.ANSWER:
        metrics["answer_seconds"] = int(entry["seconds"])
    if bucket := entry.get("bucket"):
        metrics[f"{kind.value}@{bucket}"] = 1
    return metrics


def change(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What has to be added to metrics for an entry that changed; zeroes left out."""
    names = before.keys() | after.keys()
    differences = ((name, after.get(name, 0) - before.get(name, 0)) for name in names)
    return {name: n for name, n in differences if n}
