"""Ports that fail at one chosen call, before or after its effect, as a crash would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class CrashError(Exception):
    """The process ended here."""


class CrashPoint:
    """Counts calls to the ports it guards and crashes at the one chosen.

    `after` says whether the effect of that call has taken place.
    """

    def __init__(self, at: int | None = None, *, after: bool = False) -> None:
        self.calls = 0
        self._at = at
        self._after = after

    def guard(self, port: Any) -> Any:
        """The port, every call of which may be the one that crashes."""
        return _Guarded(port, self)

    def run(self, call: Callable[[], Any]) -> Any:
        """Make a call, or crash in its place or right after it."""
        position = self.calls
        self.calls += 1
        if position != self._at:
            return call()
        if self._after:
            call()
        raise CrashError


class _Guarded:
    def __init__(self, port: Any, point: CrashPoint) -> None:
        self._port = port
        self._point = point

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not callable(method):
            return method
        return lambda *args, **kwargs: self._point.run(lambda: method(*args, **kwargs))
