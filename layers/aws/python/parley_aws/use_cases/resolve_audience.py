"""Resolve a send's audience: find who matches, freeze them page by page, queue each page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from parley.campaign import MAX_PAGE_KEYS, AudiencePage, Send, SendStatus, ranges_of
from parley.errors import NotFoundError, TransientError
from parley.segment import Segment, compile_segment, everyone_of
from parley_aws.ports import Clock, ContactStore, MetricsStore, Queue, SendStore
from parley_aws.use_cases import ranges
from parley_aws.use_cases.complete_send import complete_send

_SCAN_LIMIT = 250
_SCANS_A_PAGE = 40
_ENOUGH_TIME = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One of `segments` parallel scans of a send, from page number `page` on."""

    send_id: str
    segment: int
    segments: int
    page: int


class ResolveAudience:
    """Resolves pieces of audiences.

    A page is named by its scan and number, and kept even where nobody matched: whoever comes to it
    again takes the stored one and goes on from where it ended, so that no two pages overlap (G4).
    """

    def __init__(
        self,
        *,
        sends: SendStore,
        contacts: ContactStore,
        metrics: MetricsStore,
        sends_queue: Queue,
        launches: Queue,
        clock: Clock,
    ) -> None:
        self._sends = sends
        self._contacts = contacts
        self._metrics = metrics
        self._sends_queue = sends_queue
        self._launches = launches
        self._clock = clock

    def __call__(self, piece: Piece, *, remaining: Callable[[], timedelta]) -> None:
        """Resolve a piece to its end, or queue the rest of it when time runs out.

        `remaining` tells how long this invocation may go on. Raises NotFoundError for an unknown
        send, TransientError where a later try may help.
        """
        send = self._sends.get(piece.send_id)
        if send is None:
            raise NotFoundError("no such send")
        segment = _segment_of(send)
        number, start_key = piece.page, self._start_of(piece)
        while True:
            page_id = _page_id(piece, number)
            page = self._sends.page(send.id, page_id)
            if page is None:
                if self._is_canceled(send.id):
                    return
                page = self._freeze(piece, page_id, start_key, segment)
            bodies = [ranges.body_of(range_) for range_ in ranges_of(page)]
            self._sends_queue.send(bodies, group=send.id)
            if page.next_key is None:
                self._close(piece)
                return
            number, start_key = number + 1, page.next_key
            if remaining() < _ENOUGH_TIME:
                self._launches.send([_body_of(piece, number)], group=send.id)
                return

    def _start_of(self, piece: Piece) -> str | None:
        """Where a piece begins. The page before knows, so that no queue carries a number (G9)."""
        if piece.page == 0:
            return None
        before = self._sends.page(piece.send_id, _page_id(piece, piece.page - 1))
        if before is None:
            raise TransientError("the page before is not there")
        return before.next_key

    def _is_canceled(self, send_id: str) -> bool:
        send = self._sends.get(send_id)
        return send is None or send.status is SendStatus.CANCELED

    def _freeze(
        self, piece: Piece, page_id: str, start_key: str | None, segment: Segment
    ) -> AudiencePage:
        phones, next_key = (
            self._scanned(piece, start_key, segment)
            if segment.phones is None
            else self._listed(segment.phones, int(start_key or 0), segment)
        )
        return self._sends.add_page(
            AudiencePage(send_id=piece.send_id, id=page_id, phones=phones, next_key=next_key)
        )

    def _scanned(
        self, piece: Piece, start_key: str | None, segment: Segment
    ) -> tuple[tuple[str, ...], str | None]:
        now = self._clock.now()
        phones: list[str] = []
        for _ in range(_SCANS_A_PAGE):
            found = self._contacts.scan(
                segment=piece.segment,
                segments=piece.segments,
                start_key=start_key,
                limit=_SCAN_LIMIT,
                fields=segment.reads,
            )
            phones += [c.phone for c in found.contacts if segment.matches(c, now)]
            start_key = found.next_key
            if start_key is None or len(phones) + _SCAN_LIMIT > MAX_PAGE_KEYS:
                break
        return tuple(phones), start_key

    def _listed(
        self, listed: tuple[str, ...], start: int, segment: Segment
    ) -> tuple[tuple[str, ...], str | None]:
        now = self._clock.now()
        end = start + MAX_PAGE_KEYS
        contacts = self._contacts.get_many(listed[start:end])
        phones = tuple(
            phone
            for phone in listed[start:end]
            if (contact := contacts.get(phone)) is not None and segment.matches(contact, now)
        )
        return phones, str(end) if end < len(listed) else None

    def _close(self, piece: Piece) -> None:
        now = self._clock.now()
        if self._sends.close_segment(piece.send_id, piece.segment, piece.segments, now):
            self._sends.move(
                piece.send_id,
                to=SendStatus.SENDING,
                only_from=frozenset({SendStatus.RESOLVING}),
                at=now,
            )
            complete_send(self._sends, self._metrics, self._clock, piece.send_id)


def _segment_of(send: Send) -> Segment:
    if send.campaign.segment is None:
        return everyone_of(send.campaign.program_id)
    return compile_segment(send.campaign.segment)


def _page_id(piece: Piece, number: int) -> str:
    return f"{piece.segment}-{number}"


def _body_of(piece: Piece, number: int) -> dict[str, str | int]:
    return {
        "kind": "resolve",
        "send_id": piece.send_id,
        "segment": piece.segment,
        "segments": piece.segments,
        "page": number,
    }
