"""Work that may go on while other work is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Start(Protocol):
    """Starts work, at the latest when its result is asked for."""

    def __call__(self, work: Callable[[], T], /) -> Callable[[], T]:
        """What answers the result once it is there, or raises what the work raised."""


def in_turn(work: Callable[[], T], /) -> Callable[[], T]:
    """Do work here and now, before anything else."""
    result = work()
    return lambda: result
