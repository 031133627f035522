"""Queues, streams and schedules as AWS runs them: at least once, in no order, again after a fault.

A queue delivers up to `MAX_RECEIVES` times, then puts a body aside until an operator redrives it.
A stream delivers its records in order, a batch at a time, and a batch until it is taken.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from parley.errors import TransientError
from tests.simulation.engine import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    CrashError,
    EndedError,
    Engine,
    ViolationError,
)

T = TypeVar("T")

MAX_RECEIVES = 5
VISIBILITY = 6 * MINUTE
_BATCH = 6
_REDRIVES = 3
_REPLAYS = (0, 0, 0, 50, 300, 2 * SECOND, 7 * SECOND, 10 * MINUTE, 30 * HOUR, 9 * DAY)


def check_failure(failure: BaseException | None) -> None:
    """Refuse an error that none of the product's own rules explains."""
    if failure is not None and not isinstance(failure, (TransientError, CrashError, EndedError)):
        raise ViolationError("bug", f"{type(failure).__name__}: {failure}") from failure


@dataclass(slots=True, kw_only=True)
class _Queued:
    body: dict[str, Any]
    group: str | None
    receives: int = 0
    redrives: int = 0


class SimQueue:
    """A queue with its consumer; FIFO by group where bodies have one."""

    def __init__(
        self,
        engine: Engine,
        name: str,
        consume: Callable[[dict[str, Any]], None],
        *,
        fifo: bool = False,
    ) -> None:
        self._engine = engine
        self._name = name
        self._consume = consume
        self._fifo = fifo
        self._groups: dict[str, list[_Queued]] = {}
        self.dead: list[_Queued] = []

    def send(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        delay: timedelta = timedelta(0),
        group: str | None = None,
    ) -> None:
        """Queue bodies, of which some may be taken and some not where it fails."""
        if delay > timedelta(minutes=15):
            raise ViolationError("bug", f"a delay of {delay} on {self._name}")
        wait = int(delay / timedelta(milliseconds=1))
        for body in bodies:
            plain = json.loads(json.dumps(body))
            self._engine.effect(
                f"queue {self._name} {plain} +{wait}ms", partial(self.put, plain, wait, group)
            )

    def put(self, body: dict[str, Any], wait: int, group: str | None = None) -> None:
        """Take a body, to be delivered after a wait."""
        queued = _Queued(body=body, group=group if self._fifo else None)
        if group is not None and self._fifo:
            line = self._groups.setdefault(group, [])
            line.append(queued)
            if len(line) > 1:
                return
        self._arrive(queued, wait)

    def redrive(self) -> int:
        """Put back what was put aside, each a few times at most; how much it was."""
        most = 2 * _REDRIVES if self._engine.calm else _REDRIVES
        back = [queued for queued in self.dead if queued.redrives < most]
        self.dead = [queued for queued in self.dead if queued.redrives >= most]
        for queued in back:
            queued.receives = 0
            queued.redrives += 1
            self._arrive(queued, 0)
        self._engine.counts["redriven"] += len(back)
        return len(back)

    def _arrive(self, queued: _Queued, wait: int) -> None:
        self._engine.after(wait, lambda: self._engine.offer(lambda: self._deliver(queued)))

    def _deliver(self, queued: _Queued) -> None:
        engine = self._engine
        queued.receives += 1
        if queued.receives > MAX_RECEIVES:
            self.dead.append(queued)
            engine.counts["dead letters"] += 1
            engine.after(engine.chance.choice((HOUR, DAY, 5 * DAY)), self.redrive)
            return
        if queued.group is None and engine.chaotic(engine.chaos.redelivery):
            engine.faulted("redeliveries", self._name)
            again = _Queued(body=queued.body, group=None)
            self._arrive(again, engine.chance.choice(_REPLAYS))
        engine.start(
            self._name,
            lambda: self._consume(queued.body),
            lambda failure: self._settle(queued, failure),
        )

    def _settle(self, queued: _Queued, failure: BaseException | None) -> None:
        check_failure(failure)
        if failure is None and queued.group is not None:
            line = self._groups[queued.group]
            line.pop(0)
            if line:
                self._arrive(line[0], 0)
        elif failure is not None:
            wait = self._engine.chance.choice((2 * SECOND, 30 * SECOND, VISIBILITY))
            self._arrive(queued, VISIBILITY if isinstance(failure, CrashError) else wait)


class SimStream(Generic[T]):
    """The shards of a stream with their consumer; records of one key stay in order."""

    def __init__(
        self, engine: Engine, name: str, consume: Callable[[list[T]], None], *, shards: int
    ) -> None:
        self._engine = engine
        self._name = name
        self._consume = consume
        self._shards: list[list[T]] = [[] for _ in range(shards)]
        self._busy = [False] * shards

    def tell(self, key: str, record: T) -> None:
        """Append a record."""
        shard = zlib.crc32(key.encode()) % len(self._shards)
        self._shards[shard].append(record)
        self._poll(shard)

    def _poll(self, shard: int) -> None:
        if self._busy[shard] or not self._shards[shard]:
            return
        self._busy[shard] = True
        wait = self._engine.chance.choice((5, 50, 400))
        self._engine.after(wait, lambda: self._deliver(shard))

    def _deliver(self, shard: int) -> None:
        size = self._engine.chance.randint(1, _BATCH)
        batch = self._shards[shard][:size]
        self._engine.start(
            self._name,
            lambda: self._consume(batch),
            lambda failure: self._settle(shard, len(batch), failure),
        )

    def _settle(self, shard: int, size: int, failure: BaseException | None) -> None:
        check_failure(failure)
        engine = self._engine
        self._busy[shard] = False
        if failure is None and engine.chaotic(engine.chaos.redelivery):
            engine.faulted("stream batches again", self._name)
        elif failure is None:
            del self._shards[shard][:size]
        self._poll(shard)


class SimScheduler:
    """One-shot schedules by name; a schedule may run late, and twice."""

    def __init__(self, engine: Engine, releases: SimQueue) -> None:
        self._engine = engine
        self._releases = releases
        self._pending: dict[str, dict[str, Any]] = {}

    def at(self, name: str, when: datetime, body: Mapping[str, Any]) -> None:
        """Have a body put on the releases queue at a time; once per name, or at once."""
        if len(name) > 64:
            raise ViolationError("bug", f"a schedule's name has at most 64 characters: {name}")
        ahead = int((when - self._engine.local_now()) / timedelta(milliseconds=1))
        if ahead < MINUTE:
            self._releases.send([body], delay=timedelta(milliseconds=max(ahead, 0)))
            return
        self._engine.effect(f"schedule {name}", lambda: self._put(name, when, body))

    def cancel(self, name: str) -> None:
        """Remove a schedule."""
        self._engine.effect(f"unschedule {name}", lambda: self._pending.pop(name, None))

    def _put(self, name: str, when: datetime, body: Mapping[str, Any]) -> None:
        if name in self._pending:
            return
        self._pending[name] = dict(body)
        wait = int((when - self._engine.moment()) / timedelta(milliseconds=1))
        late = self._engine.chance.choice((0, 0, 400, 40 * SECOND))
        self._engine.after(wait + late, lambda: self._fire(name))
        self._engine.counts["schedules"] += 1

    def _fire(self, name: str) -> None:
        body = self._pending.pop(name, None)
        if body is not None:
            self._releases.put(body, 0)
            if self._engine.chaotic(self._engine.chaos.redelivery):
                self._releases.put(body, self._engine.chance.choice(_REPLAYS[:6]))
