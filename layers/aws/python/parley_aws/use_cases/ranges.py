"""Ranges of audience pages as they travel on queues: ids and positions, no phone numbers (G9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from parley.campaign import RANGE_KEYS, PageRange


def body_of(
    range_: PageRange, *, not_before: datetime | None = None, parked: bool = False
) -> dict[str, Any]:
    """The command to send to a range, where its pace is reserved not before a moment; `parked`
    where it stays parked as paused until it is sent to."""
    body: dict[str, Any] = {
        "send_id": range_.send_id,
        "page_id": range_.page_id,
        "start": range_.start,
        "end": range_.end,
    }
    if not_before is not None:
        body["not_before"] = not_before.timestamp()
    if parked:
        body["parked"] = True
    return body


def range_of(body: Mapping[str, Any]) -> PageRange:
    """The range that a command names."""
    return PageRange(
        send_id=body["send_id"], page_id=body["page_id"], start=body["start"], end=body["end"]
    )


def reserved_from(body: Mapping[str, Any]) -> datetime | None:
    """The moment from which a command's pace is reserved, if it is."""
    not_before = body.get("not_before")
    return None if not_before is None else datetime.fromtimestamp(not_before, UTC)


def is_parked(body: Mapping[str, Any]) -> bool:
    """Whether a command's range stays parked as paused until it is sent to."""
    return bool(body.get("parked"))


def runs(page: PageRange, positions: Iterable[int]) -> list[PageRange]:
    """Positions of a range's page as the fewest ranges."""
    numbered = enumerate(sorted(positions))
    found = []
    for _, group in groupby(numbered, key=lambda pair: pair[1] - pair[0]):
        run = [position for _, position in group]
        found.append(
            PageRange(send_id=page.send_id, page_id=page.page_id, start=run[0], end=run[-1] + 1)
        )
    return found


def merged(ranges: Iterable[PageRange]) -> list[PageRange]:
    """The same positions of a send as few ranges of the usual size."""
    by_page: dict[str, set[int]] = {}
    send_id = ""
    for range_ in ranges:
        send_id = range_.send_id
        by_page.setdefault(range_.page_id, set()).update(range(range_.start, range_.end))
    return [
        PageRange(send_id=send_id, page_id=page_id, start=start, end=min(start + RANGE_KEYS, end))
        for page_id, positions in by_page.items()
        for run in runs(PageRange(send_id=send_id, page_id=page_id, start=0, end=0), positions)
        for end in [run.end]
        for start in range(run.start, end, RANGE_KEYS)
    ]
