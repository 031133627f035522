"""A pizzeria's world in memory, in which people text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from parley import ids
from parley.campaign import Campaign, Send, SendStatus
from parley.contact import Contact, Subscription, SubscriptionStatus
from parley.inbound import InboundText
from parley.journal import JournalEvent, JournalKind
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.program import Program, Sender
from parley.sending import CLAIM_PERIOD, Claim, Sending
from parley_aws.memory import (
    ManualClock,
    MemoryContacts,
    MemoryJournal,
    MemoryLeads,
    MemoryLedger,
    MemoryPrograms,
    MemoryProvider,
    MemoryQueue,
    MemorySends,
)
from parley_aws.use_cases.handle_reply import HandleReply
from parley_aws.use_cases.open_claims import OpenClaims
from parley_aws.use_cases.receive_reply import ReceiveReply
from parley_aws.use_cases.starting import Start, in_turn
from parley_aws.use_cases.texting import HandOverText
from tests.support.faults import CrashPoint

NOON = datetime(2026, 6, 10, 17, tzinfo=UTC)
KEY = b"key of the tests"
ANNA = "+13125550123"
SENDER = "MG" + "a" * 32
TACOS_SENDER = "+15005550006"
RETENTION = timedelta(days=15)


def program(**changes: Any) -> Program:
    """A pizzeria that answers nothing which Twilio answers."""
    values: dict[str, Any] = {
        "id": "pizza",
        "brand": "Acme Pizza",
        "sender": Sender(messaging_service_sid=SENDER),
        "join_keywords": ("PIZZA",),
    }
    return Program(**{**values, **changes})


def tacos(**changes: Any) -> Program:
    """Another program, with a number of its own."""
    return program(
        **{"id": "tacos", "brand": "Tacos", "sender": Sender(from_=TACOS_SENDER), **changes}
    )


def subscribed(phone: str = ANNA, *programs: str, status: str = "subscribed") -> Contact:
    """Someone who met these programs a month ago."""
    return Contact(
        phone=phone,
        region="US",
        subscriptions={
            name: Subscription(
                status=SubscriptionStatus(status), since=NOON - timedelta(days=30), event_id="e"
            )
            for name in programs or ("pizza",)
        },
    )


def campaign(**changes: Any) -> Campaign:
    """Friday's campaign."""
    values: dict[str, Any] = {
        "id": "cmp_1",
        "version": 1,
        "name": "Friday",
        "program_id": "pizza",
        "body": "2 for 1",
        "segment": None,
        "holdout_percent": 0,
        "attribution_hours": 72,
        "auto_reply": "Great! We will text you in a minute.",
        "lead_keywords": ("YES",),
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Campaign(**{**values, **changes})


class World:
    """Stores, a clock that is moved by hand, and the two use cases that listen.

    `crash` guards every store: a test may have one call fail.
    """

    def __init__(self, *contacts: Contact, programs: tuple[Program, ...] = ()) -> None:
        self.clock = ManualClock(NOON)
        self.contacts = MemoryContacts(contacts)
        self.journal = MemoryJournal()
        self.programs = MemoryPrograms(*(programs or (program(), tacos())))
        self.sends = MemorySends(self.programs)
        self.ledger = MemoryLedger()
        self.leads = MemoryLeads()
        self.provider = MemoryProvider(self.clock)
        self.replies = MemoryQueue(self.clock)
        self.crash = CrashPoint()
        self.start: Start = in_turn
        self._sids = 0

    def receive(self, text: InboundText) -> str | None:
        """What the webhook answers to a text."""
        guard = self.crash.guard
        return ReceiveReply(
            contacts=guard(self.contacts),
            journal=guard(self.journal),
            programs=guard(self.programs),
            open_claims=OpenClaims(
                ledger=guard(self.ledger),
                journal=guard(self.journal),
                clock=self.clock,
                id_key=KEY,
            ),
            replies=guard(self.replies),
            clock=self.clock,
            id_key=KEY,
            locate=lambda phone, at: Contact(phone=phone, region="US", sending=Sending.begun(at)),
            start=self.start,
        )(text)

    def handle(self, sid: str) -> None:
        """Handle one reply from the queue."""
        guard = self.crash.guard
        HandleReply(
            contacts=guard(self.contacts),
            journal=guard(self.journal),
            programs=guard(self.programs),
            sends=guard(self.sends),
            ledger=guard(self.ledger),
            leads=guard(self.leads),
            hand_over=HandOverText(
                contacts=guard(self.contacts),
                journal=guard(self.journal),
                provider=guard(self.provider),
                clock=self.clock,
            ),
            clock=self.clock,
            id_key=KEY,
            locate=lambda phone, at: Contact(phone=phone, region="US", sending=Sending.begun(at)),
        )(sid)

    def text(self, body: str, **changes: Any) -> InboundText:
        """A text from Anna to the pizzeria, with a sid of its own."""
        self._sids += 1
        values: dict[str, Any] = {
            "sid": f"SM{self._sids:032x}",
            "phone": ANNA,
            "to": "+15005550001",
            "service": SENDER,
            "body": body,
            "opt_out_type": None,
        }
        return InboundText(**{**values, **changes})

    def hear(self, body: str, **changes: Any) -> str | None:
        """A text comes and the webhook answers."""
        self.clock.advance(timedelta(seconds=1))
        return self.receive(self.text(body, **changes))

    def drain(self) -> int:
        """Handle all replies that wait; how many there were."""
        handled = 0
        while queued := self.replies.take():
            self.handle(queued.body["sid"])
            handled += 1
        return handled

    def hand_over(self, send_id: str = "snd_1", **changes: Any) -> str:
        """Text a promotion to Anna now; its message id."""
        now = self.clock.now()
        self.sends.create(
            Send(
                id=send_id,
                campaign=campaign(**changes),
                status=SendStatus.SENDING,
                created_at=now,
                starts_at=now,
                expires_at=now + timedelta(hours=24),
                request_hash="h",
            )
        )
        self.claim(send_id, program_id=campaign(**changes).program_id)
        message_id = ids.message_id(KEY, send=send_id, phone=ANNA)
        self.ledger.record(
            [
                Message(
                    id=message_id,
                    send_id=send_id,
                    phone=ANNA,
                    status=MessageStatus.ACCEPTED,
                    handed_over_at=now,
                    updated_at=now,
                )
            ]
        )
        return message_id

    def claim(self, send_id: str, *, program_id: str = "pizza") -> Claim:
        """Claim Anna for a send now."""
        now = self.clock.now()
        anna = self.anna
        claim = Claim(
            send_id=send_id, program_id=program_id, nonce=send_id, post_by=now + CLAIM_PERIOD
        )
        sending = anna.sending.with_claim(claim, discloses=False, now=now, retention=RETENTION)
        changed = replace(anna, sending=sending)
        assert self.contacts.save(changed, expected_version=anna.sending.version)
        return claim

    @property
    def anna(self) -> Contact:
        """Anna as she is stored."""
        anna = self.contacts.get(ANNA)
        assert anna is not None
        return anna

    def events(self, kind: JournalKind, phone: str = ANNA) -> list[JournalEvent]:
        """What the journal holds of a kind."""
        return [event for event in self.journal.of(phone) if event.kind is kind]

    def texts(self) -> list[str]:
        """Kinds of our own texts to Anna, oldest first."""
        return [event.details["kind"] for event in self.events(JournalKind.TEXT)]
