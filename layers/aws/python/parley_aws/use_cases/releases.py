"""Releases: the quarter hours at which deferred ranges are taken up again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

PAUSED = "paused"
"""The release of what waits for a paused send to go on."""

START = "start"
"""The release that starts a scheduled send."""

_STEP = timedelta(minutes=15)
_FORMAT = "%Y-%m-%dT%H:%MZ"


def release_after(until: datetime) -> str:
    """The first release that is not before a moment, such as `2026-11-22T13:00Z`."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    steps = -((epoch - until) // _STEP)
    return (epoch + steps * _STEP).strftime(_FORMAT)


def moment_of(release: str) -> datetime:
    """When a release is due."""
    return datetime.strptime(release, _FORMAT).replace(tzinfo=UTC)


def schedule_name(send_id: str, release: str) -> str:
    """The one name of a send's schedule for a release, at most 64 characters."""
    return f"{send_id}-{release.replace(':', '')}"


def release_body(send_id: str, release: str) -> dict[str, str]:
    """What the schedule puts on the releases queue."""
    return {"send_id": send_id, "release": release}
