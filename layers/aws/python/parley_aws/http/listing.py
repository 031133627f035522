"""Pages of lists that are short enough to be read whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from parley_aws.ports import Page

T = TypeVar("T")


def page_of(
    items: Sequence[T], *, key: Callable[[T], str], limit: int, start_key: str | None
) -> Page[T]:
    """Up to `limit` items after the one whose key is `start_key`, or from the start."""
    after = next((i + 1 for i, item in enumerate(items) if key(item) == start_key), 0)
    found = tuple(items[after : after + limit])
    more = after + limit < len(items)
    return Page(items=found, next_key=key(found[-1]) if more else None)
