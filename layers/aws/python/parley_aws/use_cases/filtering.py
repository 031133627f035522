"""Pause a send whose text the carriers take for spam."""

from __future__ import annotations

from parley.campaign import SendStatus
from parley.filtering import why_filtered
from parley_aws.ports import Clock, MetricsStore, SendStore
from parley_aws.use_cases.complete_send import GOING


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
        return reason is not None and self._sends.move(
            send_id, to=SendStatus.PAUSED, only_from=GOING, at=self._clock.now(), reason=reason
        )
