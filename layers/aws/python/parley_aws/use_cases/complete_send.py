"""Complete a send once nobody of its audience waits any more."""

from __future__ import annotations

from parley.campaign import SendStatus
from parley.counts import nothing_waits
from parley_aws.ports import Clock, MetricsStore, SendStore

GOING = frozenset({SendStatus.RESOLVING, SendStatus.SENDING})
"""Statuses of a send that hands over."""


def complete_send(sends: SendStore, metrics: MetricsStore, clock: Clock, send_id: str) -> bool:
    """Complete a send if its audience is whole and everyone in it is settled; whether it was.

    Whoever closes the audience and whoever writes the last metrics both call this after their
    write, and all reads are consistent, so that one of them sees the whole.
    """
    send = sends.get(send_id)
    if send is None or send.resolved_at is None or send.status not in GOING:
        return False
    if not nothing_waits(send.audience, metrics.of_send(send_id)):
        return False
    return sends.move(send_id, to=SendStatus.COMPLETED, only_from=GOING, at=clock.now())
