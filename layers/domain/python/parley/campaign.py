"""Campaigns and their sends: the definition, one triggered run of it, and its frozen audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from parley.errors import ConflictError
from parley.money import Money

MAX_PAGE_KEYS = 1000
RANGE_KEYS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What is texted to whom. `body` is Liquid; `version` counts the edits."""

    id: str
    version: int
    name: str
    program_id: str
    body: str
    segment: Mapping[str, Any] | None
    holdout_percent: int
    attribution_hours: int
    auto_reply: str | None
    lead_keywords: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


class SendStatus(StrEnum):
    """Where a send stands."""

    SCHEDULED = "scheduled"
    RESOLVING = "resolving"
    SENDING = "sending"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One triggered run of a campaign, with the campaign as it was when triggered.

    `audience` counts the people resolved so far; `resolved_at` is set when no more will come;
    `resumed_at` is when it last went on after a pause.
    """

    id: str
    campaign: Campaign
    status: SendStatus
    created_at: datetime
    starts_at: datetime
    expires_at: datetime
    request_hash: str
    max_spend: Money | None = None
    audience: int = 0
    resolved_at: datetime | None = None
    completed_at: datetime | None = None
    pause_reason: str | None = None
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePage:
    """A frozen piece of an audience: up to 1,000 numbers, and where its scan goes on."""

    send_id: str
    id: str
    phones: tuple[str, ...]
    next_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRange:
    """Positions `start` (included) to `end` (excluded) of an audience page."""

    send_id: str
    page_id: str
    start: int
    end: int


def ranges_of(page: AudiencePage) -> tuple[PageRange, ...]:
    """The page cut into the ranges that are handed to senders."""
    size = len(page.phones)
    return tuple(
        PageRange(
            send_id=page.send_id, page_id=page.id, start=start, end=min(start + RANGE_KEYS, size)
        )
        for start in range(0, size, RANGE_KEYS)
    )


_MAY_BECOME = {
    SendStatus.PAUSED: {SendStatus.SCHEDULED, SendStatus.RESOLVING, SendStatus.SENDING},
    SendStatus.SCHEDULED: {SendStatus.PAUSED},
    SendStatus.RESOLVING: {SendStatus.SCHEDULED, SendStatus.PAUSED},
    SendStatus.SENDING: {SendStatus.PAUSED, SendStatus.RESOLVING},
    SendStatus.CANCELED: {
        SendStatus.SCHEDULED,
        SendStatus.RESOLVING,
        SendStatus.SENDING,
        SendStatus.PAUSED,
    },
}


def check_transition(current: SendStatus, wanted: SendStatus) -> None:
    """Refuse with ConflictError what a send in this status cannot become."""
    if current not in _MAY_BECOME.get(wanted, set()):
        raise ConflictError(f"a send that is {current} cannot become {wanted}")


def resumed_status(send: Send, now: datetime) -> SendStatus:
    """What a paused send becomes when it goes on.

    One whose audience is not complete resolves (again): pages that are frozen already stay.
    """
    if send.starts_at > now:
        return SendStatus.SCHEDULED
    return SendStatus.RESOLVING if send.resolved_at is None else SendStatus.SENDING
