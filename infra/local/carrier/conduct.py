"""Chance that can be repeated: each decision is a hash of the seed and what it is about.

There is no shared random stream, so what runs at once does not change what happens to a number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from infra.local.carrier.behavior import Behavior, Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The ``count``-th attempt to text ``to`` since the behavior was set, and its luck."""

    seed: int
    to: str
    count: int

    def happens(self, decision: str, rate: float) -> bool:
        """Tell whether an event that has the share ``rate`` happens here."""
        return rate > 0 and self._draw(decision) < rate

    def pick(self, decision: str, options: Sequence[T]) -> T:
        """Return one of ``options``, evenly."""
        return options[int(self._draw(decision) * len(options))]

    def seconds(self, decision: str, span: Span) -> float:
        """Return a delay in seconds from ``span``."""
        if span.low == span.high:
            return span.low / 1000
        return (span.low + self._draw(decision) * (span.high - span.low)) / 1000

    def share(self, decision: str) -> float:
        """Return a number in [0, 1)."""
        return self._draw(decision)

    def _draw(self, decision: str) -> float:
        text = f"{self.seed}|{decision}|{self.to}|{self.count}"
        digest = hashlib.blake2b(text.encode(), digest_size=6).digest()
        return int.from_bytes(digest, "big") / 2**48


class Conduct:
    """The behavior in force, and the attempts made to each number under it."""

    def __init__(self, behavior: Behavior) -> None:
        self.behavior = behavior
        self._counts: dict[str, int] = {}

    def replace(self, behavior: Behavior) -> None:
        """Take over ``behavior`` and count attempts anew."""
        self.behavior = behavior
        self._counts = {}

    def forget(self) -> None:
        """Count attempts anew."""
        self._counts = {}

    def next_attempt(self, to: str) -> Attempt:
        """Return the next attempt to ``to``, counted from 0."""
        count = self._counts.get(to, 0)
        self._counts[to] = count + 1
        return Attempt(seed=self.behavior.seed, to=to, count=count)

    def attempt(self, to: str, count: int) -> Attempt:
        """Return an attempt that was made before."""
        return Attempt(seed=self.behavior.seed, to=to, count=count)
