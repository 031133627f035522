"""Many processes, one at a time: whoever runs may hand on to another at every effect.

A process is a plain function in a greenlet of its own, and the seed decides who goes on next, so
that a schedule is the same every time it is run.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

from greenlet import getcurrent, greenlet

from parley.errors import TransientError

T = TypeVar("T")

EPOCH = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday; clocks in the US go forward on the Sunday after."""

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Times are whole milliseconds since `EPOCH`."""

MAX_EFFECTS = 40_000
"""A schedule that takes more will never end."""

_TRACED = 500
_SIDE_BY_SIDE = 5


class CrashError(BaseException):
    """The process ended here. Nothing in the product may catch it."""


class EndedError(BaseException):
    """The schedule is over; whoever still runs unwinds."""


class ViolationError(BaseException):
    """A guarantee does not hold; `guarantee` names it."""

    def __init__(self, guarantee: str, what: str) -> None:
        super().__init__(guarantee, what)
        self.guarantee = guarantee

    def __str__(self) -> str:
        return ": ".join(self.args)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """How often what goes wrong, as chances from 0 to 1, until `faults` have happened.

    `stays` is the chance that a process goes on at an effect while others could, `dawdles` that a
    post starts at the very end of its claim.
    """

    stays: float
    crash: float
    timeout: float
    ambiguous: float
    stall: float
    redelivery: float
    dawdles: float
    faults: int


class Process:
    """Something under way: its clock is `skew` ms off, and it sleeps until `wakes_at`."""

    __slots__ = ("ends", "failure", "greenlet", "name", "skew", "started_at", "wakes_at")

    def __init__(
        self,
        name: str,
        *,
        main: greenlet,
        run: Callable[[], None],
        ends: Callable[[BaseException | None], None],
        skew: int,
        started_at: int,
    ) -> None:
        self.name = name
        self.ends = ends
        self.skew = skew
        self.started_at = started_at
        self.wakes_at = started_at
        self.failure: BaseException | None = None
        self.greenlet = greenlet(lambda: self._live(run), parent=main)

    def _live(self, run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001  # however a process ends is its own matter
            self.failure = error


class Engine:
    """Time, chance, and the processes of one schedule."""

    def __init__(self, seed: int, chaos: Chaos, *, keeps_trace: bool = False) -> None:
        self.chance = random.Random(seed)
        self.chaos = chaos
        self.calm = False
        self.now = self.chance.randrange(7 * DAY)
        self.effects = 0
        self.faults = 0
        self.counts: Counter[str] = Counter()
        self.trace: deque[tuple[int, str, str]] = deque(maxlen=None if keeps_trace else _TRACED)
        self.current: Process | None = None
        self._ending = False
        self._main = getcurrent()
        self._processes: list[Process] = []
        self._backlog: list[Callable[[], None]] = []
        self._agenda: list[tuple[int, int, Callable[[], object]]] = []
        self._at_effect: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()

    def moment(self, at: int | None = None) -> datetime:
        """A time, or now, as the true clock shows it."""
        return EPOCH + timedelta(milliseconds=self.now if at is None else at)

    def local_now(self) -> datetime:
        """The time as the clock of the running process shows it."""
        return self.moment(self.now + (self.current.skew if self.current else 0))

    def at(self, when: int, do: Callable[[], object]) -> None:
        """Have something done at a time, between two steps."""
        heapq.heappush(self._agenda, (when, next(self._order), do))

    def after(self, delay: int, do: Callable[[], object]) -> None:
        """Have something done after a delay."""
        self.at(self.now + delay, do)

    def at_effect(self, number: int, do: Callable[[], None]) -> None:
        """Have something done right before an effect, counted from the start of the schedule."""
        heapq.heappush(self._at_effect, (number, next(self._order), do))

    def offer(self, start: Callable[[], None]) -> None:
        """Have a process started as soon as not too many are under way."""
        self._backlog.append(start)

    def start(
        self,
        name: str,
        run: Callable[[], None],
        ends: Callable[[BaseException | None], None] = lambda _: None,
    ) -> None:
        """Start a process; `ends` is told how it ended."""
        skew = self.chance.choice((-499, 500, self.chance.randint(-499, 500)))
        self._processes.append(
            Process(name, main=self._main, run=run, ends=ends, skew=skew, started_at=self.now)
        )

    def step(self) -> bool:
        """Let one process run to where it hands on, or time pass; False when nothing is left."""
        while self._agenda and self._agenda[0][0] <= self.now:
            heapq.heappop(self._agenda)[2]()
        while self._backlog and len(self._processes) < _SIDE_BY_SIDE:
            self._backlog.pop(self.chance.randrange(len(self._backlog)))()
        awake = [p for p in self._processes if p.wakes_at <= self.now]
        if awake:
            self._resume(awake[0] if len(awake) == 1 else self.chance.choice(awake))
            return True
        times = [p.wakes_at for p in self._processes]
        if self._agenda:
            times.append(self._agenda[0][0])
        elif not times and self._at_effect:
            heapq.heappop(self._at_effect)[2]()
            return True
        if not times:
            return False
        self.now = max(self.now, min(times))
        return True

    def end(self) -> None:
        """Unwind whoever still runs."""
        self._ending = True
        while self._processes:
            self._resume(self._processes[-1])

    def point(self, what: str) -> None:
        """The running process comes to an effect; others may go first, and it may fall asleep."""
        if self._ending:
            raise EndedError
        process = self.current
        if process is None:
            return
        self.effects += 1
        if self.effects > MAX_EFFECTS:
            raise ViolationError("G4", "the schedule does not come to rest")
        while self._at_effect and self._at_effect[0][0] <= self.effects:
            heapq.heappop(self._at_effect)[2]()
        chance = self.chance.random()
        self.now += 1 + int(chance * 24)
        if not self.calm and self.chance.random() < self.chaos.stall:
            self.counts["stalls"] += 1
            process.wakes_at = self.now + self.chance.choice((700, 2500, 4900, 6100, 20_000))
            self._hand_on()
        elif chance >= self.chaos.stays and (len(self._processes) > 1 or self._agenda):
            self._hand_on()
        self.trace.append((self.now, process.name, what))

    def sleep(self, duration: int) -> None:
        """The running process sleeps."""
        if self.current is not None:
            self.current.wakes_at = self.now + duration
            self._hand_on()

    def effect(self, what: str, act: Callable[[], T], *, writes: bool = True) -> T:
        """Do something to the world, or fail: before it, after it, or without an answer."""
        self.point(what)
        if self.current is None or self.calm or self.faults >= self.chaos.faults:
            return act()
        fate = self.chance.random() - self.chaos.crash
        if fate < 0:
            self.faulted("crashes", what)
            if writes and self.chance.random() < 0.5:
                act()
            raise CrashError
        if fate < self.chaos.timeout:
            self.faulted("timeouts", what)
            if writes and self.chance.random() < 0.5:
                act()
            raise TransientError(f"{what} timed out")
        return act()

    def faulted(self, kind: str, what: str) -> None:
        """Count a fault."""
        self.faults += 1
        self.counts[kind] += 1
        self.trace.append((self.now, self.current.name if self.current else "-", f"{kind}: {what}"))

    def note(self, what: str) -> None:
        """Keep something for whoever reads the trace."""
        self.trace.append((self.now, self.current.name if self.current else "-", what))

    def chaotic(self, chance: float) -> bool:
        """Whether something that goes wrong with this chance does so now."""
        return not self.calm and self.faults < self.chaos.faults and self.chance.random() < chance

    def _hand_on(self) -> None:
        self._main.switch()
        if self._ending:
            raise EndedError

    def _resume(self, process: Process) -> None:
        self.current = process
        process.greenlet.switch()
        self.current = None
        if not process.greenlet.dead:
            return
        self._processes.remove(process)
        failure = process.failure
        if isinstance(failure, ViolationError):
            raise failure
        if not self._ending:
            how = f"{type(failure).__name__}: {failure}" if failure else "well"
            self.trace.append((self.now, process.name, f"ends {how}"))
            process.ends(failure)
