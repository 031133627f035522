"""Frequency caps: at most so many promotional hand-overs in any rolling window (G2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from parley.sending import CLOCK_SKEW, LONGEST_WINDOW, Claim

MAX_WINDOW_HOURS = LONGEST_WINDOW // timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequencyCap:
    """At most `max_messages` in any `window_hours` hours (1 to 744)."""

    max_messages: int
    window_hours: int

    @property
    def window(self) -> timedelta:
        """The length of the rolling window."""
        return timedelta(hours=self.window_hours)

    def allows_another(self, claims: Iterable[Claim], at: datetime) -> bool:
        """Whether one more hand-over at `at` or later keeps within the cap.

        A claim counts from its `post_by`: its POST started then or before, by a clock that may be
        `CLOCK_SKEW` off ours, so the window that ends at `at` can't hold more than what is counted
        here.
        """
        since = at - self.window - CLOCK_SKEW
        taken = sum(1 for claim in claims if claim.is_promotional and claim.post_by > since)
        return taken < self.max_messages


def all_allow(caps: Iterable[FrequencyCap], claims: Iterable[Claim], at: datetime) -> bool:
    """Whether every cap allows one more hand-over at `at`."""
    held = tuple(claims)
    return all(cap.allows_another(held, at) for cap in caps)
