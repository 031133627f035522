"""The in-memory ports, with every effect of theirs a place where others may run or a fault strike.

What AWS does not do in one piece is done in pieces here too: writes of many items one by one, the
closing of a scan segment in two updates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from parley.campaign import AudiencePage, PageRange, Send, SendStatus
from parley.contact import Contact
from parley.journal import JournalEvent
from parley.ledger import Message, Response
from parley_aws.memory import (
    MemoryContacts,
    MemoryJournal,
    MemoryLedger,
    MemoryMetrics,
    MemorySends,
)
from parley_aws.ports import LedgerChange, SendingWrite, WriteResult
from tests.simulation.engine import Engine
from tests.simulation.guarantees import Guarantees
from tests.simulation.transport import SimStream

_READS = frozenset(
    {
        "get", "get_many", "context", "page", "pages", "parked", "mark", "of_send", "of", "reply",
        "by_sender", "settings", "all", "scan", "active", "newest", "tally", "tallies",
    }
)  # fmt: skip


class SimClock:
    """The running process's own clock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._nonces = 0

    def now(self) -> datetime:
        """The present moment, as this process has it."""
        return self._engine.local_now()

    def nonce(self) -> str:
        """A text that nobody else is given."""
        self._nonces += 1
        return f"nonce-{self._nonces}"

    def pause(self, duration: timedelta) -> None:
        """Sleep, while the others go on."""
        self._engine.counts["waits"] += 1
        self._engine.sleep(int(duration / timedelta(milliseconds=1)) + 1)


class SimPort:
    """Any port: each call of it is one effect."""

    def __init__(self, engine: Engine, name: str, store: Any) -> None:
        self._engine = engine
        self._name = name
        self._store = store

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self._store, method)
        what, writes, effect = f"{self._name}.{method}", method not in _READS, self._engine.effect

        def effective(*args: Any, **kwargs: Any) -> Any:
            return effect(what, lambda: call(*args, **kwargs), writes=writes)

        setattr(self, method, effective)
        return effective


class SimContacts(SimPort):
    """Contacts; a batch of claims may be written in part, and an answer may get lost."""

    _store: MemoryContacts

    def __init__(self, engine: Engine, store: MemoryContacts) -> None:
        super().__init__(engine, "contacts", store)
        self.on_claim: Callable[[str], None] = lambda _: None

    def write_sending(self, writes: Sequence[SendingWrite]) -> list[WriteResult]:
        """Each write on its own: written, in conflict, or nobody knows."""
        results: dict[int, WriteResult] = {}
        order = list(range(len(writes)))
        self._engine.chance.shuffle(order)
        for position in order:
            results[position] = self._write_one(writes[position])
        return [results[position] for position in range(len(writes))]

    def save_many(self, saves: Sequence[tuple[Contact, int | None]]) -> list[bool]:
        """Each save on its own."""
        return [self.save(contact, expected_version=version) for contact, version in saves]

    def _write_one(self, write: SendingWrite) -> WriteResult:
        engine = self._engine
        what = f"claim on {write.phone} at version {write.expected_version}"
        is_lost = engine.chaotic(engine.chaos.ambiguous)
        if is_lost:
            engine.faulted("ambiguous claims", what)
            if engine.chance.random() < 0.5:
                engine.point(what)
                return WriteResult.AMBIGUOUS
        result = engine.effect(what, lambda: self._store.write_sending([write])[0])
        if result is WriteResult.CONFLICT:
            engine.counts["conflicts"] += 1
            engine.note(f"conflict on {write.phone}")
        else:
            self.on_claim(write.phone)
        return WriteResult.AMBIGUOUS if is_lost else result


class SimJournal(SimPort):
    """The journal; of many events some may be kept and some not."""

    _store: MemoryJournal

    def __init__(self, engine: Engine, store: MemoryJournal) -> None:
        super().__init__(engine, "journal", store)

    def append(self, events: Sequence[JournalEvent]) -> None:
        """Each event on its own."""
        for event in events:
            self._engine.effect(f"journal {event.id}", partial(self._store.append, [event]))


class SimLedger(SimPort):
    """The ledger, watched, with its stream."""

    _store: MemoryLedger

    def __init__(
        self,
        engine: Engine,
        store: MemoryLedger,
        guarantees: Guarantees,
        stream: SimStream[LedgerChange],
    ) -> None:
        super().__init__(engine, "ledger", store)
        self._guarantees = guarantees
        self._stream = stream
        self._told = 0

    def record(self, messages: Sequence[Message]) -> None:
        """Each message on its own."""
        for message in messages:
            self._engine.effect(
                f"record {message.id} {message.status} {message.reason}",
                partial(self._record, message),
            )

    def report(self, message_id: str, *args: Any, **kwargs: Any) -> bool:
        """Apply a receipt."""

        def act() -> bool:
            changed = self._store.report(message_id, *args, **kwargs)
            self._tell()
            return changed

        return self._engine.effect(f"report {message_id} {args}", act)

    def respond(self, responses: Sequence[Response]) -> None:
        """Each response on its own."""

        def act(response: Response) -> None:
            self._store.respond([response])
            self._tell()

        for response in responses:
            self._engine.effect(f"respond {response.kind}", partial(act, response))

    def forget(self, message_ids: Sequence[str]) -> None:
        """Each message on its own."""

        def act(message_id: str) -> None:
            self._store.forget([message_id])
            self._tell()

        for message_id in message_ids:
            self._engine.effect(f"forget {message_id}", partial(act, message_id))

    def forget_replies(self, send_id: str, sids: Sequence[str]) -> None:
        """Each reply on its own."""

        def act(sid: str) -> None:
            self._store.forget_replies(send_id, [sid])
            self._tell()

        for sid in sids:
            self._engine.effect(f"forget reply {sid}", partial(act, sid))

    def _record(self, message: Message) -> None:
        self._guarantees.in_audience(message)
        self._store.record([message])
        self._tell()

    def _tell(self) -> None:
        changes = self._store.changes
        while self._told < len(changes):
            change = changes[self._told]
            self._told += 1
            self._guarantees.ledger_changed(change)
            self._stream.tell(change.partition, change)


class SimMetrics(SimPort):
    """Metrics, watched."""

    _store: MemoryMetrics

    def __init__(self, engine: Engine, store: MemoryMetrics, guarantees: Guarantees) -> None:
        super().__init__(engine, "metrics", store)
        self._guarantees = guarantees

    def add(self, row: str, changes: Mapping[str, int], **marks: Any) -> bool:
        """Add changes to a row."""

        def act() -> bool:
            added = self._store.add(row, changes, **marks)
            send_id = row.rpartition("#")[0]
            self._guarantees.counted(send_id, self._store.of_send(send_id))
            return added

        return self._engine.effect(f"count {dict(changes)} in {row}", act)


class PiecewiseSends(MemorySends):
    """Sends in memory whose last segment is closed in two steps."""

    def note_closed(self, send_id: str, segment: int, segments: int) -> bool:
        """Note that a segment is through; whether all are."""
        closed = self._closed.setdefault(send_id, set())
        closed.add(segment)
        return len(closed) >= segments

    def set_resolved(self, send_id: str, at: datetime) -> None:
        """Note that the audience is whole."""
        send = self._sends[send_id]
        self._sends[send_id] = replace(send, resolved_at=send.resolved_at or at)


class SimSends(SimPort):
    """Sends, watched, with the stream of their changes."""

    _store: PiecewiseSends

    def __init__(
        self,
        engine: Engine,
        store: PiecewiseSends,
        guarantees: Guarantees,
        stream: SimStream[tuple[Send | None, Send]],
    ) -> None:
        super().__init__(engine, "sends", store)
        self._guarantees = guarantees
        self._stream = stream

    def create(self, send: Send) -> Send:
        """Store a send once."""

        def act() -> Send:
            before = self._store.get(send.id)
            standing = self._store.create(send)
            if before is None:
                self._stream.tell(send.id, (None, standing))
                self._guarantees.send_created(standing)
            return standing

        return self._engine.effect(f"create {send.id}", act)

    def move(self, send_id: str, *, to: SendStatus, **kwargs: Any) -> bool:
        """Change a send's status."""

        def act() -> bool:
            before = self._store.get(send_id)
            moved = self._store.move(send_id, to=to, **kwargs)
            after = self._store.get(send_id)
            if moved and before is not None and after is not None:
                self._engine.note(f"{send_id} is {to}")
                self._guarantees.send_moved(before, after)
                self._stream.tell(send_id, (before, after))
            return moved

        return self._engine.effect(f"move {send_id} to {to}", act)

    def add_page(self, page: AudiencePage) -> AudiencePage:
        """Freeze a page."""

        def act() -> AudiencePage:
            frozen = self._store.add_page(page)
            self._guarantees.page_frozen(frozen)
            return frozen

        return self._engine.effect(f"freeze {page.id} of {page.send_id}", act)

    def close_segment(self, send_id: str, segment: int, segments: int, at: datetime) -> bool:
        """Close a segment; once it is the last, a second update sets `resolved_at`."""

        if not self._engine.effect(
            f"close segment {segment} of {send_id}",
            lambda: self._store.note_closed(send_id, segment, segments),
        ):
            return False
        self._engine.effect(
            f"set resolved_at of {send_id}", lambda: self._store.set_resolved(send_id, at)
        )
        return True

    def park(self, release: str, ranges: Sequence[PageRange]) -> None:
        """Each range on its own."""
        for range_ in ranges:
            self._engine.effect(
                f"park {range_} for {release}", partial(self._store.park, release, [range_])
            )

    def unpark(self, release: str, ranges: Sequence[PageRange]) -> None:
        """Each range on its own."""
        for range_ in ranges:
            self._engine.effect(
                f"unpark {range_} for {release}",
                partial(self._store.unpark, release, [range_]),
            )
