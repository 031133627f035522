"""Start sends, and follow what people do to them: the campaigns table's stream tells."""

from __future__ import annotations

from parley.campaign import Send, SendStatus
from parley.segment import compile_segment
from parley_aws.ports import Clock, Queue, Scheduler, SendStore
from parley_aws.use_cases import releases

SCAN_SEGMENTS = 4
"""How many parallel scans resolve an audience."""

_STARTABLE = frozenset({SendStatus.SCHEDULED, SendStatus.RESOLVING})
_GOES_ON = frozenset({SendStatus.RESOLVING, SendStatus.SENDING})


class LaunchSend:
    """Starts sends now or at their time. Doing so twice changes nothing."""

    def __init__(
        self, *, sends: SendStore, scheduler: Scheduler, launches: Queue, clock: Clock
    ) -> None:
        self._sends = sends
        self._scheduler = scheduler
        self._launches = launches
        self._clock = clock

    def follow(self, before: Send | None, after: Send) -> None:
        """Do what a change of a send asks for."""
        if before is None or (
            before.status is SendStatus.PAUSED and after.status is SendStatus.SCHEDULED
        ):
            self.launch(after)
        elif before.status is not after.status and (
            after.status is SendStatus.CANCELED
            or (before.status is SendStatus.PAUSED and after.status in _GOES_ON)
        ):
            self._launches.send([requeue_command(after.id)])

    def launch(self, send: Send) -> None:
        """Have a send's audience resolved, or have it launched again when its time comes."""
        if send.status not in _STARTABLE:
            return
        if send.starts_at > self._clock.now():
            self._scheduler.at(
                releases.schedule_name(send.id, releases.START),
                send.starts_at,
                releases.release_body(send.id, releases.START),
            )
            return
        self._sends.move(
            send.id,
            to=SendStatus.RESOLVING,
            only_from=frozenset({SendStatus.SCHEDULED}),
            at=self._clock.now(),
        )
        segments = _segments_of(send)
        self._launches.send(
            [
                {
                    "kind": "resolve",
                    "send_id": send.id,
                    "segment": segment,
                    "segments": segments,
                    "page": 0,
                }
                for segment in range(segments)
            ],
            group=send.id,
        )


def requeue_command(send_id: str) -> dict[str, str]:
    """The command to take a send up after its status changed."""
    return {"kind": "requeue", "send_id": send_id}


def _segments_of(send: Send) -> int:
    """One where the segment names its numbers: there is nothing to scan."""
    rule = send.campaign.segment
    names_phones = rule is not None and compile_segment(rule).phones is not None
    return 1 if names_phones else SCAN_SEGMENTS
