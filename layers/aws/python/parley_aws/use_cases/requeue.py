"""Take a send up again after it was resumed or canceled."""

from __future__ import annotations

from parley.campaign import SendStatus, ranges_of
from parley_aws.ports import Clock, MetricsStore, Queue, Scheduler, SendStore
from parley_aws.use_cases import ranges, releases
from parley_aws.use_cases.complete_send import complete_send
from parley_aws.use_cases.launch_send import LaunchSend


class Requeue:
    """Queues what waited for a send to go on, or everything of one that is canceled.

    Only sending writes outcomes, so canceled people get theirs there too.
    """

    def __init__(
        self,
        *,
        sends: SendStore,
        metrics: MetricsStore,
        sends_queue: Queue,
        scheduler: Scheduler,
        launch: LaunchSend,
        clock: Clock,
    ) -> None:
        self._sends = sends
        self._metrics = metrics
        self._sends_queue = sends_queue
        self._scheduler = scheduler
        self._launch = launch
        self._clock = clock

    def __call__(self, send_id: str) -> None:
        """Take a send up as its status is now; nothing for one that is paused again or ended."""
        send = self._sends.get(send_id)
        if send is None:
            return
        if send.status is SendStatus.CANCELED:
            self._cancel(send_id)
        elif send.status in (SendStatus.RESOLVING, SendStatus.SENDING):
            self._go_on(send_id)
            if send.resolved_at is not None:
                self._sends.move(
                    send_id,
                    to=SendStatus.SENDING,
                    only_from=frozenset({SendStatus.RESOLVING}),
                    at=self._clock.now(),
                )
            else:
                # Whatever was resolved stays; a launch that ended halfway left segments out.
                self._launch.launch(send)
            complete_send(self._sends, self._metrics, self._clock, send_id)

    def _cancel(self, send_id: str) -> None:
        for page in self._sends.pages(send_id):
            bodies = [ranges.body_of(range_) for range_ in ranges_of(page)]
            self._sends_queue.send(bodies, group=send_id)
        self._scheduler.cancel(releases.schedule_name(send_id, releases.START))
        parked = self._sends.parked(send_id, releases.PAUSED)
        self._sends.unpark(releases.PAUSED, parked)

    def _go_on(self, send_id: str) -> None:
        """Queue what is parked. It stays parked until it is sent to: should the send be paused
        again before, a range must not be forgotten that was just parked anew (G4)."""
        parked = self._sends.parked(send_id, releases.PAUSED)
        if parked:
            bodies = [ranges.body_of(range_, parked=True) for range_ in parked]
            self._sends_queue.send(bodies, group=send_id)
