"""A send's counts, from its audience and its metrics: always adding up (G4)."""

from __future__ import annotations

from collections.abc import Mapping

from parley.outcome import MessageStatus, SkipReason

_STATUS = "status:"


def counts_of(audience: int, metrics: Mapping[str, int]) -> dict[str, int]:
    """`audience` and the number of messages in each status; without an outcome yet is pending."""
    settled = {
        status.value: metrics.get(_STATUS + status, 0)
        for status in MessageStatus
        if status is not MessageStatus.PENDING
    }
    return {"audience": audience, "pending": audience - sum(settled.values()), **settled}


def skipped_of(metrics: Mapping[str, int]) -> dict[str, int]:
    """Reasons of the skipped with their numbers, only those that occur."""
    named = ((reason.value, metrics.get(f"skipped:{reason}", 0)) for reason in SkipReason)
    return {reason: number for reason, number in named if number}


def named_of(metrics: Mapping[str, int], prefix: str) -> dict[str, int]:
    """The metrics under a prefix such as `error`, without it, only those that occur."""
    head = f"{prefix}:"
    return {
        name.removeprefix(head): n
        for name, n in sorted(metrics.items())
        if name.startswith(head) and n
    }


def nothing_waits(audience: int, metrics: Mapping[str, int]) -> bool:
    """Whether a resolved send is complete: nobody pending or deferred, no unknown to look up."""
    counts = counts_of(audience, metrics)
    return not (counts["pending"] or counts["deferred"] or counts["unknown"])
