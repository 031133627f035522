"""Contacts and the journal in memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from parley.consent import OptOut, awaits_answer, with_opt_out
from parley.contact import Contact
from parley.journal import JournalEvent, JournalKind
from parley.sending import Sending
from parley_aws.memory.paging import page_of
from parley_aws.ports import ContactPage, Page, SendingWrite, WriteResult


class MemoryContacts:
    """Contacts by number."""

    def __init__(self, contacts: Sequence[Contact] = ()) -> None:
        self._contacts = {contact.phone: contact for contact in contacts}

    def get(self, phone: str) -> Contact | None:
        return self._contacts.get(phone)

    def get_many(self, phones: Sequence[str]) -> dict[str, Contact]:
        return {phone: self._contacts[phone] for phone in phones if phone in self._contacts}

    def save(self, contact: Contact, *, expected_version: int | None) -> bool:
        stored = self._contacts.get(contact.phone)
        if (stored.sending.version if stored else None) != expected_version:
            return False
        self._contacts[contact.phone] = contact
        return True

    def save_many(self, saves: Sequence[tuple[Contact, int | None]]) -> list[bool]:
        return [self.save(contact, expected_version=version) for contact, version in saves]

    def write_sending(self, writes: Sequence[SendingWrite]) -> list[WriteResult]:
        return [self._write_sending(write) for write in writes]

    def opt_out(
        self, phone: str, opt_out: OptOut, *, otherwise: Callable[[], Contact] | None = None
    ) -> Contact:
        bare = Contact(phone=phone, sending=Sending.begun(opt_out.occurred_at))
        contact = self._contacts.get(phone) or (otherwise() if otherwise else bare)
        left = with_opt_out(contact, opt_out)
        self._contacts[phone] = left
        return left

    def delete(self, phone: str) -> None:
        self._contacts.pop(phone, None)

    def scan(
        self,
        *,
        segment: int,
        segments: int,
        start_key: str | None,
        limit: int,
        fields: frozenset[str] | None = None,
    ) -> ContactPage:
        mine = sorted(p for p in self._contacts if zlib.crc32(p.encode()) % segments == segment)
        waiting = [phone for phone in mine if start_key is None or phone > start_key]
        taken = waiting[:limit]
        return ContactPage(
            contacts=tuple(
                contact if fields is None else _with_only(contact, fields)
                for contact in map(self._contacts.__getitem__, taken)
                if contact.is_person
            ),
            next_key=taken[-1] if len(waiting) > limit else None,
        )

    def listed(self, list_name: str, *, limit: int, start_key: str | None) -> Page[Contact]:
        found = [c for _, c in sorted(self._contacts.items()) if list_name in c.lists]
        return page_of(found, limit=limit, start_key=start_key)

    def _write_sending(self, write: SendingWrite) -> WriteResult:
        stored = self._contacts.get(write.phone)
        if stored is None or stored.sending.version != write.expected_version:
            return WriteResult.CONFLICT
        self._contacts[write.phone] = replace(stored, sending=write.sending)
        return WriteResult.WRITTEN


def _with_only(contact: Contact, fields: frozenset[str]) -> Contact:
    return Contact(phone=contact.phone, **{name: getattr(contact, name) for name in fields})


class MemoryJournal:
    """The append-only journal."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, str], JournalEvent] = {}

    def append(self, events: Sequence[JournalEvent]) -> None:
        for event in events:
            self._events.setdefault((event.phone, event.id), event)

    def append_about(self, event: JournalEvent, about: JournalEvent) -> bool:
        is_there = (about.phone, about.id) in self._events
        if is_there:
            self.append([event])
        return is_there

    def of(self, phone: str) -> list[JournalEvent]:
        mine = (event for event in self._events.values() if event.phone == phone)
        return sorted(mine, key=lambda event: event.occurred_at)

    def recent(
        self, kind: JournalKind, *, since: datetime, limit: int, start_key: str | None
    ) -> Page[JournalEvent]:
        found = [e for e in self._events.values() if e.kind is kind and e.occurred_at >= since]
        newest_first = sorted(found, key=lambda event: event.occurred_at, reverse=True)
        return page_of(newest_first, limit=limit, start_key=start_key)

    def forget(self, phone: str) -> None:
        self._events = {key: event for key, event in self._events.items() if event.phone != phone}

    def reply(self, sid: str) -> JournalEvent | None:
        return next(
            (
                event
                for event in self._events.values()
                if event.kind is JournalKind.REPLY and event.details.get("sid") == sid
            ),
            None,
        )

    def history(self, sid: str) -> tuple[JournalEvent, list[JournalEvent]] | None:
        event = self.reply(sid)
        return (event, self.of(event.phone)) if event else None

    def awaiting(self, consent_id: str) -> JournalEvent | None:
        found = (e for e in self._events.values() if e.id == consent_id and awaits_answer(e))
        return next(found, None)
