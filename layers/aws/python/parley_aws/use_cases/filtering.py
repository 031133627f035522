"""Pause a send whose text the carriers take for spam."""

from __future__ import annotations

from parley.filtering import why_filtered
from parley_aws.ports import Clock, MetricsStore, SendStore
from parley_aws.use_cases.pausing import pause_for


class Filtering:
    """Watches how much of a send is filtered."""

    def __init__(self, *, sends: SendStore, metrics: MetricsStore, clock: Clock) -> None:
        self._sends = sends
        self._metrics = metrics
        self._clock = clock

    def look_at(self, send_id: str) -> bool:
        """Pause a send if too much of it is filtered; whether it was.

        The metrics may lag some seconds behind; the next filtered receipt looks again.
        """
        reason = why_filtered(self._metrics.of_send(send_id))
        return reason is not None and pause_for(self._sends, self._clock, send_id, reason)
