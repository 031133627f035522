"""Sends with their frozen audiences, and what they may take, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from parley.campaign import AudiencePage, PageRange, Send, SendStatus
from parley_aws.memory.paging import page_of
from parley_aws.ports import Page, ProgramStore, SendContext

_ENDED = frozenset({SendStatus.COMPLETED, SendStatus.CANCELED})


class MemorySends:
    """Sends, audience pages, and the ranges that wait."""

    def __init__(self, programs: ProgramStore) -> None:
        self._programs = programs
        self._sends: dict[str, Send] = {}
        self._pages: dict[tuple[str, str], AudiencePage] = {}
        self._closed: dict[str, set[int]] = {}
        self._parked: dict[str, dict[PageRange, None]] = {}

    def newest(self, *, campaign_id: str | None, limit: int, start_key: str | None) -> Page[Send]:
        found = [s for s in self._sends.values() if campaign_id in (None, s.campaign.id)]
        newest_first = sorted(found, key=lambda send: send.created_at, reverse=True)
        return page_of(newest_first, limit=limit, start_key=start_key)

    def create(self, send: Send) -> Send:
        return self._sends.setdefault(send.id, send)

    def get(self, send_id: str) -> Send | None:
        return self._sends.get(send_id)

    def context(self, send_id: str) -> SendContext | None:
        send = self._sends.get(send_id)
        program = self._programs.get(send.campaign.program_id) if send else None
        if send is None or program is None:
            return None
        return SendContext(send=send, program=program, settings=self._programs.settings())

    def move(
        self,
        send_id: str,
        *,
        to: SendStatus,
        only_from: frozenset[SendStatus],
        at: datetime,
        reason: str | None = None,
    ) -> bool:
        send = self._sends[send_id]
        if send.status not in only_from:
            return False
        completed_at = at if to in _ENDED else send.completed_at
        resumed_at = at if send.status is SendStatus.PAUSED else send.resumed_at
        self._sends[send_id] = replace(
            send,
            status=to,
            completed_at=completed_at,
            pause_reason=reason,
            resumed_at=resumed_at,
        )
        return True

    def add_page(self, page: AudiencePage) -> AudiencePage:
        key = (page.send_id, page.id)
        if key not in self._pages:
            self._pages[key] = page
            send = self._sends[page.send_id]
            self._sends[send.id] = replace(send, audience=send.audience + len(page.phones))
        return self._pages[key]

    def page(self, send_id: str, page_id: str) -> AudiencePage | None:
        return self._pages.get((send_id, page_id))

    def pages(self, send_id: str) -> list[AudiencePage]:
        return [page for (owner, _), page in sorted(self._pages.items()) if owner == send_id]

    def close_segment(self, send_id: str, segment: int, segments: int, at: datetime) -> bool:
        closed = self._closed.setdefault(send_id, set())
        closed.add(segment)
        if len(closed) < segments:
            return False
        send = self._sends[send_id]
        self._sends[send_id] = replace(send, resolved_at=send.resolved_at or at)
        return True

    def park(self, release: str, ranges: Sequence[PageRange]) -> None:
        self._parked.setdefault(release, {}).update(dict.fromkeys(ranges))

    def parked(self, send_id: str, release: str) -> list[PageRange]:
        return [r for r in self._parked.get(release, {}) if r.send_id == send_id]

    def unpark(self, release: str, ranges: Sequence[PageRange]) -> None:
        for range_ in ranges:
            self._parked.get(release, {}).pop(range_, None)


class MemoryAllowance:
    """Paces of programs and money of sends."""

    def __init__(self) -> None:
        self._free_from: dict[str, datetime] = {}
        self.spent: dict[str, Decimal] = {}

    def pace(
        self, program_id: str, *, count: int, per_second: int, now: datetime, until: datetime
    ) -> datetime | None:
        starts = max(now, self._free_from.get(program_id, now))
        if starts > until:
            return None
        self._free_from[program_id] = starts + timedelta(seconds=count / per_second)
        return starts

    def spend(self, send_id: str, amount: Decimal, *, limit: Decimal) -> bool:
        total = self.spent.get(send_id, Decimal(0)) + amount
        if total > limit:
            return False
        self.spent[send_id] = total
        return True

    def refund(self, send_id: str, amount: Decimal) -> None:
        self.spent[send_id] = self.spent.get(send_id, Decimal(0)) - amount
