"""Filtering: whether the carriers take a send's text for spam (error 30007)."""

from __future__ import annotations

from collections.abc import Mapping

from parley.outcome import MessageStatus

FILTERED = "30007"
LEAST_FILTERED = 20
"""Fewer filtered texts are no pattern."""

TOLERATED_PERCENT = 10

_CONCLUDED = (MessageStatus.DELIVERED, MessageStatus.UNDELIVERED, MessageStatus.FAILED)


def why_filtered(metrics: Mapping[str, int]) -> str | None:
    """In words, why a send with these metrics should stop; None where its text gets through.

    It should where at least 20 of its texts were filtered, and more than one in ten of those whose
    end is known: going on would cost the sender its reputation.
    """
    filtered = metrics.get(f"error:{FILTERED}", 0)
    concluded = sum(metrics.get(f"status:{status}", 0) for status in _CONCLUDED)
    if filtered < LEAST_FILTERED or filtered * 100 <= concluded * TOLERATED_PERCENT:
        return None
    return f"{FILTERED}: the carriers filtered {filtered} of {concluded} texts"
