"""Pages of lists that are held in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from parley_aws.ports import Page

T = TypeVar("T")


def page_of(items: Sequence[T], *, limit: int, start_key: str | None) -> Page[T]:
    """Up to `limit` items from a position that an earlier page's `next_key` names."""
    start = int(start_key or 0)
    end = start + limit
    return Page(items=tuple(items[start:end]), next_key=str(end) if end < len(items) else None)
