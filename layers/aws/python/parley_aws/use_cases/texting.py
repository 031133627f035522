"""Hand over one text that is no send's: an automatic or a salesperson's answer, a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from parley.caps import MAX_WINDOW_HOURS
from parley.contact import Contact
from parley.errors import TransientError
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.parts import count_parts
from parley.program import Program
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW, TEXT_PREFIX, Claim
from parley_aws.ports import (
    Clock,
    ContactStore,
    Journal,
    PostResult,
    PostStatus,
    Provider,
    SendingWrite,
    Text,
    WriteResult,
)

_ROUNDS = 5
_RETENTION = timedelta(hours=MAX_WINDOW_HOURS)
"""As long as any cap may look back: a text's claim must not make a send's be forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOrder:
    """One text to one number from a program's sender.

    `id` begins with `TEXT_PREFIX` and is the same for every attempt at this text; `details` are
    kept with it in the journal. `validity` is how long the provider may keep trying.
    """

    id: str
    kind: TextKind
    phone: str
    program: Program
    body: str
    validity: timedelta = timedelta(hours=1)
    details: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.id.startswith(TEXT_PREFIX):
            raise ValueError(f"the id of a text begins with {TEXT_PREFIX}")


class TextStatus(StrEnum):
    """What became of a text."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOutcome:
    """`event` is the journal's where the text was or may have been handed over, now or before."""

    status: TextStatus
    event: JournalEvent | None = None
    error_code: str | None = None


class HandOverText:
    """Hands a text over at most once for its id (G3) and never past an opt-out (G1).

    It is claimed on the contact like a send's message, so that the webhook of a STOP sees it; no
    cap counts such a claim.
    """

    def __init__(
        self, *, contacts: ContactStore, journal: Journal, provider: Provider, clock: Clock
    ) -> None:
        self._contacts = contacts
        self._journal = journal
        self._provider = provider
        self._clock = clock

    def __call__(self, order: TextOrder) -> TextOutcome:
        """Hand a text over, or answer what became of it at an earlier attempt.

        Raises TransientError where another try in a few seconds is safe and may do it.
        """
        recorded = self._recorded(order)
        if recorded is not None:
            status = TextStatus(recorded.details["status"])
            return TextOutcome(status=status, event=recorded)
        for _ in range(_ROUNDS):
            contact = self._contacts.get(order.phone)
            if contact is None or contact.suppression or contact.has_left(order.program.id):
                return TextOutcome(status=TextStatus.OPTED_OUT)
            earlier = contact.sending.claim_of(order.id)
            if earlier is not None:
                return self._conclude(order, earlier)
            claim = self._claim(order, contact)
            if claim is not None:
                return self._post(order, claim)
        raise TransientError("the contact keeps changing; the text was not handed over")

    def _recorded(self, order: TextOrder) -> JournalEvent | None:
        events = self._journal.of(order.phone)
        return next((event for event in events if event.id == order.id), None)

    def _conclude(self, order: TextOrder, claim: Claim) -> TextOutcome:
        """What to say of a claim that an attempt before left without a record (G3)."""
        if self._clock.now() < claim.post_by + CLOCK_SKEW:
            raise TransientError("another attempt at this text is under way")
        return self._record(order, TextStatus.UNKNOWN, sid=None, at=claim.post_by)

    def _claim(self, order: TextOrder, contact: Contact) -> Claim | None:
        now = self._clock.now()
        claim = Claim(
            send_id=order.id,
            program_id=order.program.id,
            nonce=self._clock.nonce(),
            post_by=now + CLAIM_PERIOD,
        )
        sending = contact.sending.with_claim(claim, discloses=False, now=now, retention=_RETENTION)
        write = SendingWrite(
            phone=order.phone, expected_version=contact.sending.version, sending=sending
        )
        (result,) = self._contacts.write_sending([write])
        if result is WriteResult.AMBIGUOUS:
            standing = self._contacts.get(order.phone)
            held = standing and standing.sending.claim_of(order.id)
            return claim if held and held.nonce == claim.nonce else None
        return claim if result is WriteResult.WRITTEN else None

    def _post(self, order: TextOrder, claim: Claim) -> TextOutcome:
        sender = order.program.sender
        text = Text(
            message_id=order.id,
            to=order.phone,
            body=order.body,
            messaging_service_sid=sender.messaging_service_sid,
            from_=None if sender.messaging_service_sid else sender.from_,
            validity=order.validity,
            post_by=claim.post_by,
        )
        began = self._clock.now()
        (result,) = self._provider.post([text])
        return self._settle(order, claim, result, began)

    def _settle(
        self, order: TextOrder, claim: Claim, result: PostResult, began: datetime
    ) -> TextOutcome:
        match result.status:
            case PostStatus.ACCEPTED:
                return self._record(order, TextStatus.ACCEPTED, sid=result.sid, at=began)
            case PostStatus.AMBIGUOUS:
                return self._record(order, TextStatus.UNKNOWN, sid=None, at=began)
            case PostStatus.REFUSED:
                self._release(order.phone, claim)
                return TextOutcome(status=TextStatus.REFUSED, error_code=result.error_code)
            case PostStatus.THROTTLED | PostStatus.TOO_LATE:
                self._release(order.phone, claim)
                raise TransientError("the provider did not take the text in time")

    def _record(
        self, order: TextOrder, status: TextStatus, *, sid: str | None, at: datetime
    ) -> TextOutcome:
        """Journal a text at the moment from which it may have been handed over, not at that of the
        record: an opt-out in between does not make it a text after the opt-out."""
        event = JournalEvent(
            id=order.id,
            phone=order.phone,
            kind=JournalKind.TEXT,
            occurred_at=at,
            program_id=order.program.id,
            details={
                **order.details,
                "kind": order.kind.value,
                "body": order.body,
                "parts": str(count_parts(order.body).count),
                "status": status.value,
                **({"sid": sid} if sid else {}),
            },
        )
        self._journal.append([event])
        return TextOutcome(status=status, event=event)

    def _release(self, phone: str, claim: Claim) -> None:
        """Give a claim back whose POST is known not to have happened."""
        for _ in range(_ROUNDS):
            contact = self._contacts.get(phone)
            held = contact and contact.sending.claim_of(claim.send_id)
            if contact is None or not held or held.nonce != claim.nonce:
                return
            write = SendingWrite(
                phone=phone,
                expected_version=contact.sending.version,
                sending=contact.sending.without_claim(claim),
            )
            (result,) = self._contacts.write_sending([write])
            if result is WriteResult.WRITTEN:
                return
        raise TransientError("the contact keeps changing; its claim stays until it is pruned")
