"""Take up what waits for a release that is due."""

from __future__ import annotations

from parley_aws.ports import Queue, SendStore
from parley_aws.use_cases import ranges, releases


def release(
    sends: SendStore, sends_queue: Queue, launches: Queue, *, send_id: str, release: str
) -> None:
    """Queue the ranges parked for a release of a send, or start a scheduled send.

    Ranges are forgotten only after they are queued: at worst they are queued twice.
    """
    if release == releases.START:
        launches.send([{"kind": "launch", "send_id": send_id}])
        return
    parked = sends.parked(send_id, release)
    if parked:
        bodies = [ranges.body_of(range_) for range_ in ranges.merged(parked)]
        sends_queue.send(bodies, group=send_id)
        sends.unpark(release, parked)
