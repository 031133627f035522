"""A clock that is moved by hand, and the queues and schedules that follow it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parley_aws.ports import Clock, Queue

_SOONEST_SCHEDULE = timedelta(seconds=60)


class ManualClock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._nonces = 0

    def now(self) -> datetime:
        return self._now

    def nonce(self) -> str:
        self._nonces += 1
        return f"nonce-{self._nonces}"

    def pause(self, duration: timedelta) -> None:
        self.advance(duration)

    def advance(self, duration: timedelta) -> None:
        """Move on; moving backwards is an error."""
        if duration < timedelta(0):
            raise ValueError("time does not go back")
        self._now += duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A body on a queue, visible from `ready_at` on."""

    body: dict[str, Any]
    ready_at: datetime
    group: str | None


class MemoryQueue:
    """A queue whose bodies are taken by hand, in the order of their time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.waiting: list[Queued] = []

    def send(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        delay: timedelta = timedelta(0),
        group: str | None = None,
    ) -> None:
        ready_at = self._clock.now() + delay
        for body in bodies:
            plain = json.loads(json.dumps(body))
            self.waiting.append(Queued(body=plain, ready_at=ready_at, group=group))

    def take(self) -> Queued | None:
        """The next visible body, which is gone from the queue then."""
        now = self._clock.now()
        visible = [queued for queued in self.waiting if queued.ready_at <= now]
        if not visible:
            return None
        first = min(visible, key=lambda queued: queued.ready_at)
        self.waiting.remove(first)
        return first

    def next_ready(self) -> datetime | None:
        """When the first body waiting becomes visible, or None where none waits."""
        return min((queued.ready_at for queued in self.waiting), default=None)


class MemoryScheduler:
    """One-shot schedules; what is due within a minute goes straight to the releases queue."""

    def __init__(self, clock: Clock, releases: Queue) -> None:
        self._clock = clock
        self._releases = releases
        self.pending: dict[str, tuple[datetime, Mapping[str, Any]]] = {}

    def at(self, name: str, when: datetime, body: Mapping[str, Any]) -> None:
        if len(name) > 64:
            raise ValueError(f"a schedule's name has at most 64 characters: {name}")
        ahead = when - self._clock.now()
        if ahead < _SOONEST_SCHEDULE:
            self._releases.send([body], delay=max(ahead, timedelta(0)))
        else:
            self.pending.setdefault(name, (when, body))

    def cancel(self, name: str) -> None:
        self.pending.pop(name, None)

    def fire(self) -> int:
        """Run the schedules that are due, each once; how many there were."""
        now = self._clock.now()
        due = [name for name, (when, _) in self.pending.items() if when <= now]
        for name in due:
            _, body = self.pending.pop(name)
            self._releases.send([body])
        return len(due)

    def next_due(self) -> datetime | None:
        """When the next schedule runs, or None where there is none."""
        return min((when for when, _ in self.pending.values()), default=None)
