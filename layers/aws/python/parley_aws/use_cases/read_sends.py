"""What became of a send so far: its counts, its messages, its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from parley import ids
from parley.campaign import AudiencePage, Send, SendStatus
from parley.counts import nothing_waits
from parley.errors import NotFoundError
from parley.ledger import Message
from parley.other_texts import OtherTexts, accounts_of, other_texts_on
from parley.outcome import MessageStatus
from parley_aws.ports import Clock, Ledger, MetricsStore, Page, SendStore
from parley_aws.use_cases.trigger_send import MAX_AHEAD

_READS = 20
_CHUNK = 100
_ENTRIES = "e"
_PENDING = "p"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendState:
    """A send and its metrics, read so that the counts add up (G4)."""

    send: Send
    metrics: Mapping[str, int]
    as_of: datetime


def read_send(sends: SendStore, metrics: MetricsStore, clock: Clock, send_id: str) -> SendState:
    """A send's state. Raises NotFoundError.

    Metrics come first: whoever has an outcome was in the audience before, so the later read of the
    audience can only be ahead, never behind. A completed send's audience stands, so its metrics
    are read once more where the first read was too early to have them all.
    """
    as_of = clock.now()
    found = metrics.of_send(send_id)
    send = sends.get(send_id)
    if send is None:
        raise NotFoundError("no such send")
    if send.status is SendStatus.COMPLETED and not nothing_waits(send.audience, found):
        as_of = clock.now()
        found = metrics.of_send(send_id)
    return SendState(send=send, metrics=found, as_of=as_of)


def read_campaign(
    sends: SendStore, metrics: MetricsStore, clock: Clock, campaign_id: str
) -> list[SendState]:
    """The states of all sends of a campaign, newest first."""
    found = [send.id for send in _newest(sends, campaign_id)]
    return _read_many(sends, metrics, clock, found)


def read_program(
    sends: SendStore,
    metrics: MetricsStore,
    clock: Clock,
    program_id: str,
    *,
    since: datetime,
    before: datetime,
) -> list[SendState]:
    """The states of a program's sends that started from `since` on and before `before`, the one
    triggered last first."""
    found = []
    for send in _newest(sends, None):
        if send.created_at < since - MAX_AHEAD:
            break
        if send.campaign.program_id == program_id and since <= send.starts_at < before:
            found.append(send.id)
    return _read_many(sends, metrics, clock, found)


def read_other_texts(metrics: MetricsStore, program_id: str, first: date, last: date) -> OtherTexts:
    """A program's texts that are no send's, on the dates from one to another, both included."""
    found = metrics.of_sends(accounts_of(program_id, first, last))
    return other_texts_on(found.values(), first, last)


def _newest(sends: SendStore, campaign_id: str | None) -> Iterator[Send]:
    start_key: str | None = None
    while True:
        page = sends.newest(campaign_id=campaign_id, limit=_CHUNK, start_key=start_key)
        yield from page.items
        start_key = page.next_key
        if start_key is None:
            return


def _read_many(
    sends: SendStore, metrics: MetricsStore, clock: Clock, send_ids: list[str]
) -> list[SendState]:
    """The states of sends, each read as `read_send` does, with all metrics in one go."""
    as_of = clock.now()
    found = metrics.of_sends(send_ids) if send_ids else {}
    states = []
    for send_id in send_ids:
        send = sends.get(send_id)
        if send is None:
            continue
        if send.status is SendStatus.COMPLETED and not nothing_waits(send.audience, found[send_id]):
            states.append(read_send(sends, metrics, clock, send_id))
        else:
            states.append(SendState(send=send, metrics=found[send_id], as_of=as_of))
    return states


class ListMessages:
    """Lists messages of a send: those with an entry in the ledger, then those still pending.

    Who is pending has no entry: they are found as the people of the frozen pages without one. One
    whose entry cannot be read is pending as well, as in the counts. A list that is read while the
    send runs may miss who moves from pending to an outcome meanwhile.
    """

    def __init__(self, *, sends: SendStore, ledger: Ledger, id_key: bytes) -> None:
        self._sends = sends
        self._ledger = ledger
        self._id_key = id_key

    def __call__(
        self,
        send_id: str,
        *,
        status: MessageStatus | None,
        reason: str | None,
        limit: int,
        start_key: str | None,
    ) -> Page[Message]:
        """A page of messages, filtered. Raises NotFoundError for an unknown send."""
        send = self._sends.get(send_id)
        if send is None:
            raise NotFoundError("no such send")
        with_entries = status is not MessageStatus.PENDING
        with_pending = reason is None and status in (None, MessageStatus.PENDING)
        phase, _, key = (start_key or (_ENTRIES if with_entries else _PENDING)).partition(":")
        found: list[Message] = []
        if phase == _ENTRIES:
            entries = self._entries(send_id, status, reason, limit=limit, start_key=key or None)
            found += entries.items
            if entries.next_key is not None or not with_pending:
                return Page(items=tuple(found), next_key=_joined(_ENTRIES, entries.next_key))
            key = ""
        if not with_pending:
            return Page(items=(), next_key=None)
        if len(found) == limit:
            return Page(items=tuple(found), next_key=f"{_PENDING}:")
        pending = self._pending(send, limit=limit - len(found), start=int(key or 0))
        found += pending.items
        return Page(items=tuple(found), next_key=_joined(_PENDING, pending.next_key))

    def _entries(
        self,
        send_id: str,
        status: MessageStatus | None,
        reason: str | None,
        *,
        limit: int,
        start_key: str | None,
    ) -> Page[Message]:
        """A page of entries that is short only at the end, or where filters leave very little."""
        found: list[Message] = []
        for _ in range(_READS):
            page = self._ledger.entries(
                send_id,
                status=status,
                reason=reason,
                limit=limit - len(found),
                start_key=start_key,
            )
            found += page.items
            start_key = page.next_key
            if start_key is None or len(found) == limit:
                break
        return Page(items=tuple(found), next_key=start_key)

    def _pending(self, send: Send, *, limit: int, start: int) -> Page[Message]:
        if send.status is SendStatus.COMPLETED:
            return Page(items=(), next_key=None)
        found: list[Message] = []
        for position, phones in _chunks(self._sends.pages(send.id), start):
            by_id = {
                ids.message_id(self._id_key, send=send.id, phone=phone): (place, phone)
                for place, phone in enumerate(phones, position)
            }
            settled = self._ledger.readable(list(by_id))
            for id_, (place, phone) in by_id.items():
                if id_ in settled:
                    continue
                if len(found) == limit:
                    return Page(items=tuple(found), next_key=str(place))
                found.append(
                    Message(
                        id=id_,
                        send_id=send.id,
                        phone=phone,
                        status=MessageStatus.PENDING,
                        updated_at=send.created_at,
                    )
                )
        return Page(items=tuple(found), next_key=None)


def _joined(phase: str, key: str | None) -> str | None:
    return None if key is None else f"{phase}:{key}"


def _chunks(pages: list[AudiencePage], start: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Up to 100 numbers at a time from a position in the audience on."""
    position = 0
    for page in pages:
        for first in range(0, len(page.phones), _CHUNK):
            phones = page.phones[first : first + _CHUNK]
            end = position + len(phones)
            if end > start:
                skipped = max(start - position, 0)
                yield position + skipped, phones[skipped:]
            position = end
