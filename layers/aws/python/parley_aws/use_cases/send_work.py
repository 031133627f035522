"""What sending to a range works with, and what it comes to, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from parley.campaign import PageRange
from parley.contact import Contact, SubscriptionStatus
from parley.decide import HandOver, Rules
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW, Claim, Sending
from parley.strikes import STRIKE_WINDOW
from parley_aws.ports import SendContext
from parley_aws.use_cases import ranges
from parley_aws.use_cases.refusals import HeldClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the range: the position on the page, the number, the id of their message."""

    position: int
    phone: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody to be texted, under a claim that is written or about to be.

    `sending` is what the contact's becomes by the claim, from version `expected_version`;
    `consent_id` is the event of the consent that it stands on.
    """

    person: Person
    decision: HandOver
    claim: Claim
    expected_version: int
    sending: Sending
    consent_id: str | None

    @classmethod
    def of(
        cls, person: Person, contact: Contact, decision: HandOver, rules: Rules, *, nonce: str
    ) -> Attempt:
        """The attempt that a decision asks for."""
        claim = Claim(
            send_id=rules.send_id,
            program_id=rules.program.id,
            nonce=nonce,
            post_by=decision.post_by,
        )
        retention = rules.claim_retention
        if contact.strikes:
            retention = max(retention, STRIKE_WINDOW)
        sending = contact.sending.with_claim(
            claim,
            discloses=decision.discloses,
            now=decision.post_by - CLAIM_PERIOD,
            retention=retention,
        )
        return cls(
            person=person,
            decision=decision,
            claim=claim,
            expected_version=contact.sending.version,
            sending=sending,
            consent_id=consent_under(contact, claim),
        )

    @property
    def held(self) -> HeldClaim:
        """The claim once it is written, as it is given back."""
        return HeldClaim(phone=self.person.phone, claim=self.claim, sending=self.sending)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One delivery of a range. `paced` once the program's pace is reserved for it, `stopped` where
    the send cannot go on; `reserved` is money by message."""

    range_: PageRange
    context: SendContext
    rules: Rules
    paced: bool
    attempts: dict[str, Attempt] = field(default_factory=dict)
    reserved: dict[str, Decimal] = field(default_factory=dict)
    stopped: bool = False

    def runs(self, people: Iterable[Person]) -> list[PageRange]:
        """People of the range as ranges."""
        return ranges.runs(self.range_, [p.position for p in people])


@dataclass(slots=True, kw_only=True)
class Round:
    """What one look at some people came to; all of it is written down before the next one.

    `contested` are those whose contact was changed by somebody else meanwhile.
    """

    send_id: str
    now: datetime
    outcomes: list[Message] = field(default_factory=list)
    again: dict[timedelta, list[Person]] = field(default_factory=dict)
    paced_from: dict[datetime, list[Person]] = field(default_factory=dict)
    deferred: dict[str, list[Person]] = field(default_factory=dict)
    refused: list[tuple[str, str | None]] = field(default_factory=list)
    given_back: list[HeldClaim] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    contested: list[Person] = field(default_factory=list)

    def come_back(self, delay: timedelta, *people: Person) -> None:
        """Have people queued again, on their own, after a delay."""
        self.again.setdefault(delay, []).extend(people)

    def release(self, attempt: Attempt, *, after: timedelta) -> None:
        """Give back a claim under which nothing was handed over, and try again later."""
        self.given_back.append(attempt.held)
        self.come_back(after, attempt.person)

    def note(
        self,
        person: Person,
        status: MessageStatus,
        *,
        reason: str | None = None,
        handed_over_at: datetime | None = None,
        consent_id: str | None = None,
        is_known: bool = True,
    ) -> None:
        """Keep an outcome; of somebody erased since (not `is_known`) without the number (G9)."""
        self.outcomes.append(
            Message(
                id=person.message_id,
                send_id=self.send_id,
                phone=person.phone if is_known else "",
                status=status,
                reason=reason,
                handed_over_at=handed_over_at,
                updated_at=self.now,
                consent_id=consent_id,
            )
        )

    def hand_over(
        self, attempt: Attempt, status: MessageStatus, *, at: datetime, sid: str | None
    ) -> None:
        """Keep a text that was or may have been handed over."""
        self.outcomes.append(
            Message(
                id=attempt.person.message_id,
                send_id=self.send_id,
                phone=attempt.person.phone,
                status=status,
                provider_sid=sid,
                parts=attempt.decision.parts.count,
                body=attempt.decision.body,
                handed_over_at=at,
                updated_at=self.now,
                consent_id=attempt.consent_id,
                contact_version=attempt.expected_version,
            )
        )
        if status is MessageStatus.UNKNOWN:
            self.unknown.append(attempt.person.message_id)

    def refuse(self, attempt: Attempt, code: str | None) -> None:
        """Keep a definite refusal."""
        self.outcomes.append(
            Message(
                id=attempt.person.message_id,
                send_id=self.send_id,
                phone=attempt.person.phone,
                status=MessageStatus.FAILED,
                reason=code,
                error_code=code,
                body=attempt.decision.body,
                updated_at=self.now,
                consent_id=attempt.consent_id,
                contact_version=attempt.expected_version,
            )
        )
        self.refused.append((attempt.person.phone, code))


def consent_under(contact: Contact, claim: Claim) -> str | None:
    """The event of the consent that a claim was made under; None where a later one took its place,
    or an opt-out."""
    subscription = contact.subscriptions.get(claim.program_id)
    if subscription is None or subscription.status is not SubscriptionStatus.SUBSCRIBED:
        return None
    began = claim.post_by - CLAIM_PERIOD + CLOCK_SKEW
    return subscription.event_id if subscription.since <= began else None
