"""Send to a range of an audience page: read, decide, claim, post, record.

Every step is safe to repeat, and a crash between any two of them loses nobody: a range comes back
until each of its people has an outcome, waits for a release, or was queued again on their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from parley import ids
from parley.campaign import AudiencePage, PageRange, SendStatus
from parley.contact import Contact
from parley.decide import Claimed, Defer, HandOver, HoldOut, Skip, decide
from parley.errors import NotFoundError
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW, Claim
from parley_aws.ports import Clock, ContactStore, Ledger, Queue, Scheduler, SendContext, SendStore
from parley_aws.use_cases import ranges, releases
from parley_aws.use_cases.hand_over import PACE_AHEAD, SHORTLY, HandOvers
from parley_aws.use_cases.refusals import Refusals
from parley_aws.use_cases.rule_book import RuleBook
from parley_aws.use_cases.send_work import Attempt, Delivery, Person, Round, consent_under

QUIET_HOURS = "quiet_hours"
"""Reason of a deferred message."""

_SOON = timedelta(minutes=15)
"""Who may be texted within this time waits on the queue: parked for a release that is being taken
up at that moment, they would be missed."""

_PASSED_OVER = frozenset({MessageStatus.SKIPPED, MessageStatus.HELD_OUT, MessageStatus.CANCELED})
_ROUNDS = 3


class SendRange:
    """Sends to ranges.

    Args:
        sends_queue: takes the ranges that have to come back.
        reconciliations: takes the messages of which nobody knows whether they were handed over.
        reconcile_delay: how long after a post these are looked up, at most 15 minutes.
    """

    def __init__(
        self,
        *,
        sends: SendStore,
        contacts: ContactStore,
        ledger: Ledger,
        hand_overs: HandOvers,
        refusals: Refusals,
        scheduler: Scheduler,
        sends_queue: Queue,
        reconciliations: Queue,
        clock: Clock,
        rule_book: RuleBook,
        reconcile_delay: timedelta,
    ) -> None:
        self._sends = sends
        self._contacts = contacts
        self._ledger = ledger
        self._hand_overs = hand_overs
        self._refusals = refusals
        self._scheduler = scheduler
        self._sends_queue = sends_queue
        self._reconciliations = reconciliations
        self._clock = clock
        self._rule_book = rule_book
        self._reconcile_delay = reconcile_delay

    def __call__(
        self, range_: PageRange, *, not_before: datetime | None = None, parked: bool = False
    ) -> None:
        """Send to everyone of a range who has no outcome yet.

        `not_before` is the moment from which pace is reserved for them; a range that is `parked` as
        paused is not any more from here on. Raises NotFoundError for a range that does not exist,
        TransientError where trying again later may help.
        """
        now = self._clock.now()
        if not_before is not None and not_before > now:
            self._queue_paced(range_, not_before, now)
            return
        context = self._going(range_)
        if context is None:
            return
        if parked:
            # Not later: what comes back of the range may find the send paused anew, and park it.
            self._sends.unpark(releases.PAUSED, [range_])
        page = self._sends.page(range_.send_id, range_.page_id)
        if page is None:
            raise NotFoundError("no such audience page")
        delivery = Delivery(
            range_=range_,
            context=context,
            rules=self._rule_book.rules_of(context),
            paced=not_before is not None,
        )
        people = self._people(page, range_)
        for _ in range(_ROUNDS):
            if people and not delivery.stopped:
                people = self._round(delivery, people)
        if people:
            last = Round(send_id=range_.send_id, now=self._clock.now())
            last.come_back(SHORTLY, *people)
            self._write_down(delivery, last)
        self._hand_overs.refund(delivery)

    def _going(self, range_: PageRange) -> SendContext | None:
        """The send as it is, or None where it is paused and the range waits for it to go on.

        A send that went on while the range was being parked may have looked for parked ranges
        too early, so the status is read again after parking.
        """
        while True:
            context = self._sends.context(range_.send_id)
            if context is None:
                raise NotFoundError("no such send")
            if context.send.status is not SendStatus.PAUSED:
                return context
            self._sends.park(releases.PAUSED, [range_])
            standing = self._sends.get(range_.send_id)
            if standing is None or standing.status is SendStatus.PAUSED:
                return None
            self._sends.unpark(releases.PAUSED, [range_])

    def _people(self, page: AudiencePage, range_: PageRange) -> list[Person]:
        key, send_id = self._rule_book.id_key, range_.send_id
        return [
            Person(
                position=position,
                phone=phone,
                message_id=ids.message_id(key, send=send_id, phone=phone),
            )
            for position, phone in enumerate(
                page.phones[range_.start : range_.end], start=range_.start
            )
        ]

    def _round(self, delivery: Delivery, people: Sequence[Person]) -> list[Person]:
        """Decide and act for people; those whose contact changed meanwhile are left.

        Contacts are read before the ledger: a hand-over that another delivery of this range
        concluded shows in the ledger, or else its claim shows on the contact (G3).
        """
        contacts = self._contacts.get_many([p.phone for p in people])
        entries = self._ledger.get_many([p.message_id for p in people])
        work = Round(send_id=delivery.rules.send_id, now=self._clock.now())
        attempts = []
        for person in people:
            contact, entry = contacts.get(person.phone), entries.get(person.message_id)
            if entry is not None and _is_settled(entry, contact):
                _mend(work, entry, contact)
                continue
            attempt = self._decide(delivery, work, person, contact)
            if attempt is not None:
                attempts.append(attempt)
        self._hand_overs(delivery, work, attempts)
        self._write_down(delivery, work)
        return work.contested

    def _decide(
        self, delivery: Delivery, work: Round, person: Person, contact: Contact | None
    ) -> Attempt | None:
        """The attempt to make for somebody; None where something else became of them."""
        decision = decide(contact, delivery.rules, work.now)
        is_known = contact is not None
        match decision:
            case Claimed():
                consent_id = consent_under(contact, decision.claim) if contact else None
                return _under_claim(delivery, work, person, decision.claim, consent_id)
            case _ if delivery.context.send.status is SendStatus.CANCELED:
                work.note(person, MessageStatus.CANCELED, is_known=is_known)
            case HandOver() if contact is not None:
                nonce = self._clock.nonce()
                return Attempt.of(person, contact, decision, delivery.rules, nonce=nonce)
            case Skip():
                work.note(person, MessageStatus.SKIPPED, reason=decision.reason, is_known=is_known)
            case HoldOut():
                work.note(person, MessageStatus.HELD_OUT)
            case Defer():
                work.note(person, MessageStatus.DEFERRED, reason=QUIET_HOURS)
                wait = decision.until - work.now + CLOCK_SKEW
                if wait <= _SOON:
                    work.come_back(wait, person)
                else:
                    release = releases.release_after(decision.until)
                    work.deferred.setdefault(release, []).append(person)
        return None

    def _write_down(self, delivery: Delivery, work: Round) -> None:
        """Write what a round came to.

        A refusal is recorded before its slot goes back, so that no other delivery of this range
        takes the free slot for a text never tried; `_mend` gives back what a crash left.
        """
        if work.outcomes:
            self._ledger.record(work.outcomes)
        for phone, code in work.refused:
            self._refusals.conclude(phone, work.send_id, code)
        if work.given_back:
            self._refusals.give_back(work.given_back)
        if work.unknown:
            self._reconciliations.send(
                [{"message_id": id_, "attempt": 1} for id_ in work.unknown],
                delay=self._reconcile_delay,
            )
        for release, people in work.deferred.items():
            self._park(delivery, release, people)
        for delay, people in work.again.items():
            bodies = [ranges.body_of(range_) for range_ in delivery.runs(people)]
            self._sends_queue.send(bodies, delay=delay, group=work.send_id)
        for starts, people in work.paced_from.items():
            for range_ in delivery.runs(people):
                self._queue_paced(range_, starts, work.now)

    def _park(self, delivery: Delivery, release: str, people: list[Person]) -> None:
        """Have people wait for a release. Its schedule is made after they are parked: it would
        miss them if it ran in between."""
        send_id = delivery.rules.send_id
        self._sends.park(release, delivery.runs(people))
        self._scheduler.at(
            releases.schedule_name(send_id, release),
            releases.moment_of(release),
            releases.release_body(send_id, release),
        )

    def _queue_paced(self, range_: PageRange, not_before: datetime, now: datetime) -> None:
        self._sends_queue.send(
            [ranges.body_of(range_, not_before=not_before)],
            delay=min(not_before - now, PACE_AHEAD),
            group=range_.send_id,
        )


def _is_settled(entry: Message, contact: Contact | None) -> bool:
    """Whether an entry is an outcome that stands (G3).

    Under a claim of the send two do not yet: one that a receipt made before us, which lacks the
    number, and that of somebody passed over by a delivery of the range that looked before another
    claimed them. Without a claim an entry that lacks the number is that of somebody who was erased,
    and who is not texted again for having come back.
    """
    if entry.status in (MessageStatus.PENDING, MessageStatus.DEFERRED):
        return False
    if contact is None or contact.sending.claim_of(entry.send_id) is None:
        return True
    return bool(entry.phone) and entry.status not in _PASSED_OVER


def _mend(work: Round, entry: Message, contact: Contact | None) -> None:
    """Take up what a crash may have left undone after an outcome was recorded."""
    if entry.status is MessageStatus.UNKNOWN:
        work.unknown.append(entry.id)
    refused_at_once = (
        entry.status is MessageStatus.FAILED and entry.error_code and not entry.provider_sid
    )
    if refused_at_once and contact is not None and contact.sending.claim_of(entry.send_id):
        work.refused.append((contact.phone, entry.error_code))


def _under_claim(
    delivery: Delivery, work: Round, person: Person, claim: Claim, consent_id: str | None
) -> Attempt | None:
    """Go on under a claim that this delivery made; of another's, wait for its end (G3)."""
    own = delivery.attempts.get(person.message_id)
    if own is not None and own.claim.nonce == claim.nonce:
        return own
    ends = claim.post_by + CLOCK_SKEW
    if work.now < ends:
        work.come_back(ends - work.now + SHORTLY, person)
        return None
    began = claim.post_by - CLAIM_PERIOD
    work.note(person, MessageStatus.UNKNOWN, handed_over_at=began, consent_id=consent_id)
    work.unknown.append(person.message_id)
    return None
