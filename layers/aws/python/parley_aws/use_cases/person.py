"""One person: all that is held on them, a consent of their own, and their erasure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from parley import ids
from parley.consent import (
    ALL_PROGRAMS,
    Consent,
    ConsentKind,
    OptOut,
    carrier_blocks,
    consent_event,
    left_at,
    with_consent,
)
from parley.contact import Contact, Suppression, SuppressionReason
from parley.errors import ConflictError, InvalidInputError, NotFoundError, TransientError
from parley.journal import JournalEvent, JournalKind
from parley.ledger import Message
from parley.number import PhoneNumber, new_contact
from parley.outcome import MessageStatus
from parley.sending import BATCH_LIFETIME, CLAIM_PERIOD
from parley_aws.ports import LeadStore, Ledger, SendStore
from parley_aws.use_cases.open_claims import OpenClaims
from parley_aws.use_cases.read_consent import read_consent
from parley_aws.use_cases.registry import MAX_TRIES, Registry

_PAGE = 100
_ERASURE = "erasure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All that is held on one number: `journal` oldest first, `messages` of sends newest first."""

    contact: Contact
    journal: tuple[JournalEvent, ...]
    messages: tuple[Message, ...]

    def events(self, kind: JournalKind) -> list[JournalEvent]:
        """The journal's events of one kind, oldest first."""
        return [event for event in self.journal if event.kind is kind]


class FindPerson:
    """Finds what is held on a number. Messages are found by computing their ids over sends."""

    def __init__(self, *, registry: Registry, sends: SendStore, ledger: Ledger) -> None:
        self._registry = registry
        self._sends = sends
        self._ledger = ledger

    def __call__(self, phone: str, *, all_sends: bool = False) -> Person:
        """The person with a number, with the messages of the latest sends or of all sends.

        Raises NotFoundError where nobody is known by it.
        """
        contact = self._registry.contacts.get(phone)
        if contact is None:
            raise NotFoundError("no contact has this number")
        journal = tuple(self._registry.journal.of(phone))
        messages = self._messages(contact, all_sends=all_sends)
        return Person(contact=contact, journal=journal, messages=tuple(messages))

    def _messages(self, contact: Contact, *, all_sends: bool) -> list[Message]:
        claimed = (c.send_id for c in contact.sending.claims if c.is_promotional)
        found: dict[str, Message] = {}
        for send_ids in ([*claimed], *self._send_ids(all_sends=all_sends)):
            message_ids = [
                ids.message_id(self._registry.id_key, send=send_id, phone=contact.phone)
                for send_id in dict.fromkeys(send_ids)
            ]
            found |= self._ledger.get_many(message_ids) if message_ids else {}
        return sorted(found.values(), key=moment_of, reverse=True)

    def _send_ids(self, *, all_sends: bool) -> Iterator[list[str]]:
        start_key: str | None = None
        while True:
            page = self._sends.newest(campaign_id=None, limit=_PAGE, start_key=start_key)
            yield [send.id for send in page.items]
            start_key = page.next_key
            if start_key is None or not all_sends:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedIn:
    """A contact after a consent of their own; `carrier_blocks` says what it does not undo."""

    contact: Contact
    carrier_blocks: bool


def record_opt_in(number: PhoneNumber, values: Mapping[str, Any], *, registry: Registry) -> OptedIn:
    """Record one person's consent, given with evidence; it brings back who had left.

    The same opt-in again changes nothing. Raises InvalidInputError for what is missing or wrong,
    ConflictError where they left after this very opt-in had been recorded.
    """
    now = registry.clock.now()
    given = {"obtained_at": now.isoformat(), **{k: v for k, v in values.items() if v is not None}}
    if not given.get("evidence"):
        raise InvalidInputError.of(
            "evidence", 'is required: how you know, such as {"form": "paper 17"}'
        )
    consent = read_consent(
        given, phone=number.phone, kind=ConsentKind.PERSONAL, id_key=registry.id_key, now=now
    )
    registry.program(consent.program_id, field="program")
    journal = registry.journal.of(number.phone)
    earlier = next((event for event in journal if event.id == consent.event_id), None)
    if earlier is not None:
        recorded_at = datetime.fromisoformat(earlier.details["recorded_at"])
        consent = replace(consent, recorded_at=recorded_at)
    else:
        registry.journal.append([consent_event(consent, number.phone)])
    contact = _consented(number, consent, registry)
    return OptedIn(contact=contact, carrier_blocks=carrier_blocks(journal))


def _consented(number: PhoneNumber, consent: Consent, registry: Registry) -> Contact:
    for _ in range(MAX_TRIES):
        stored = registry.contacts.get(number.phone)
        contact = stored or new_contact(number, registry.clock.now())
        subscription = contact.subscriptions.get(consent.program_id)
        left = left_at(contact, consent.program_id)
        if left is not None and left > consent.recorded_at:
            raise ConflictError(
                "they opted out after this opt-in was recorded; it takes a new one",
                code="opted_out",
            )
        if (
            subscription is not None
            and subscription.event_id == consent.event_id
            and not contact.has_left(consent.program_id)
        ):
            return contact
        changed = with_consent(contact, consent, double_opt_in=False)
        expected = stored.sending.version if stored else None
        if changed is not None and registry.contacts.save(changed, expected_version=expected):
            return changed
    raise TransientError("the contact keeps changing; the opt-in was not written")


class ErasePerson:
    """Erases what is held on a number, but for a keyed hash that keeps it suppressed (G9).

    Each step may be repeated; the contact goes last, so that an erasure that ended halfway can be
    asked for again.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        find_person: FindPerson,
        ledger: Ledger,
        leads: LeadStore,
        open_claims: OpenClaims,
    ) -> None:
        self._registry = registry
        self._find_person = find_person
        self._ledger = ledger
        self._leads = leads
        self._open_claims = open_claims

    def __call__(self, phone: str) -> None:
        """Erase a person. Raises NotFoundError where nobody is known by the number."""
        if self._registry.contacts.get(phone) is None:
            raise NotFoundError("no contact has this number")
        now = self._registry.clock.now()
        entry = Contact(
            phone=self._registry.erased_key(phone),
            suppression=Suppression(reason=SuppressionReason.ERASED, since=now),
        )
        self._registry.contacts.save(entry, expected_version=None)
        # Nothing more is handed over from here on, so nothing is written about them anew.
        gone = self._registry.contacts.opt_out(
            phone, OptOut(event_id=_ERASURE, scope=ALL_PROGRAMS, source=_ERASURE, occurred_at=now)
        )
        self._open_claims.wait_out(gone, ALL_PROGRAMS)
        person = self._find_person(phone, all_sends=True)
        self._ledger.forget([message.id for message in person.messages])
        self._ledger.record(self._unrecorded(person, now))
        for event in person.events(JournalKind.UNDERSTANDING):
            if send_id := event.details.get("send_id"):
                self._ledger.forget_replies(send_id, [event.details["sid"]])
        self._registry.journal.forget(phone)
        # A reply that is being handled makes its lead before its meaning is journaled.
        self._leads.forget(phone)
        self._registry.contacts.delete(phone)

    def _unrecorded(self, person: Person, now: datetime) -> list[Message]:
        """Messages that may have been handed over and are not on record, because whoever claimed
        them crashed. When their range comes again, claim and contact are gone and nothing else is
        left to tell (G3)."""
        contact, known = person.contact, {message.id for message in person.messages}
        claimed = {
            ids.message_id(self._registry.id_key, send=claim.send_id, phone=contact.phone): claim
            for claim in contact.sending.claims
            if claim.is_promotional and now - claim.post_by < BATCH_LIFETIME
        }
        return [
            Message(
                id=message_id,
                send_id=claim.send_id,
                phone="",
                status=MessageStatus.UNKNOWN,
                handed_over_at=claim.post_by - CLAIM_PERIOD,
                updated_at=now,
            )
            for message_id, claim in claimed.items()
            if message_id not in known
        ]


def moment_of(message: Message) -> datetime:
    """When a message was handed over, or last changed where it was not."""
    return message.handed_over_at or message.updated_at
