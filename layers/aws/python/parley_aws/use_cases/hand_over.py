"""Hand texts over: within pace and money, under a claim, before its time is up."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from parley.ledger import Message
from parley.outcome import MessageStatus, SkipReason
from parley.provider_errors import ErrorMeaning, meaning_of, stops_send
from parley_aws.ports import (
    Allowance,
    Clock,
    ContactStore,
    Ledger,
    PostResult,
    PostStatus,
    Provider,
    SendingWrite,
    SendStore,
    Text,
    WriteResult,
)
from parley_aws.use_cases.pausing import pause_for
from parley_aws.use_cases.send_work import Attempt, Delivery, Round

PACE_AHEAD = timedelta(minutes=15)
"""How far ahead a program's pace is reserved."""

SHORTLY = timedelta(seconds=2)
"""When to try again what may work at once."""

_ASK_PACE_AGAIN = timedelta(minutes=14)
_AT_ONCE = timedelta(seconds=1)
_AFTER_THROTTLING = timedelta(seconds=10)


class HandOvers:
    """Hands over what was decided; what came of it goes into the round."""

    def __init__(
        self,
        *,
        sends: SendStore,
        contacts: ContactStore,
        ledger: Ledger,
        allowance: Allowance,
        provider: Provider,
        clock: Clock,
    ) -> None:
        self._sends = sends
        self._contacts = contacts
        self._ledger = ledger
        self._allowance = allowance
        self._provider = provider
        self._clock = clock

    def __call__(self, delivery: Delivery, work: Round, attempts: list[Attempt]) -> None:
        """Make attempts; those that lost their claim to another write are contested."""
        paced = self._paced(delivery, work, attempts)
        held = self._claimed(delivery, work, self._afforded(delivery, work, paced))
        if not held:
            return
        started = self._clock.now()
        results = self._provider.post([_text(delivery, attempt) for attempt in held])
        for attempt, result in zip(held, results, strict=True):
            self._conclude(delivery, work, attempt, result, started)

    def refund(self, delivery: Delivery) -> None:
        """Give back money reserved for those who were not texted after all."""
        taken = self._ledger.get_many(list(delivery.reserved)) if delivery.reserved else {}
        left = sum(
            (
                cost
                for message_id, cost in delivery.reserved.items()
                if not _costs(taken.get(message_id))
            ),
            Decimal(0),
        )
        if left:
            self._allowance.refund(delivery.rules.send_id, left)

    def _paced(self, delivery: Delivery, work: Round, attempts: list[Attempt]) -> list[Attempt]:
        """The attempts that the program's pace allows now; each second's worth of the others comes
        back in its second."""
        if delivery.paced or not attempts:
            return attempts
        program = delivery.context.program
        starts = self._allowance.pace(
            program.id,
            count=len(attempts),
            per_second=program.messages_per_second,
            now=work.now,
            until=work.now + PACE_AHEAD,
        )
        if starts is None:
            work.come_back(_ASK_PACE_AGAIN, *[attempt.person for attempt in attempts])
            return []
        delivery.paced = True
        rate = program.messages_per_second
        now = attempts[:rate] if starts <= work.now + _AT_ONCE else []
        for first in range(len(now), len(attempts), rate):
            at = starts + timedelta(seconds=first // rate)
            work.paced_from[at] = [attempt.person for attempt in attempts[first : first + rate]]
        return now

    def _afforded(self, delivery: Delivery, work: Round, attempts: list[Attempt]) -> list[Attempt]:
        """The attempts that the send's money reaches, as far as it goes in their order."""
        limit = delivery.context.send.max_spend
        if limit is None:
            return attempts
        price = delivery.context.program.price_per_part
        costs = {
            attempt.person.message_id: price.times(attempt.decision.parts.count).amount
            for attempt in attempts
            if attempt.person.message_id not in delivery.reserved
        }
        self._reserve(delivery, costs, limit.amount)
        for attempt in attempts:
            if attempt.person.message_id not in delivery.reserved:
                work.note(attempt.person, MessageStatus.SKIPPED, reason=SkipReason.BUDGET)
        return [a for a in attempts if a.person.message_id in delivery.reserved]

    def _reserve(self, delivery: Delivery, costs: dict[str, Decimal], limit: Decimal) -> None:
        send_id = delivery.rules.send_id
        total = sum(costs.values(), Decimal(0))
        if self._allowance.spend(send_id, total, limit=limit):
            delivery.reserved |= costs
            return
        for message_id, cost in costs.items():
            if self._allowance.spend(send_id, cost, limit=limit):
                delivery.reserved[message_id] = cost

    def _claimed(self, delivery: Delivery, work: Round, attempts: list[Attempt]) -> list[Attempt]:
        """Those whose claim stands: written now, or found after an ambiguous write (G1, G2)."""
        made = delivery.attempts
        held = [a for a in attempts if made.get(a.person.message_id) is a]
        new = [a for a in attempts if made.get(a.person.message_id) is not a]
        made.update((attempt.person.message_id, attempt) for attempt in new)
        writes = [
            SendingWrite(
                phone=attempt.person.phone,
                expected_version=attempt.expected_version,
                sending=attempt.sending,
            )
            for attempt in new
        ]
        results = self._contacts.write_sending(writes) if writes else []
        for attempt, result in zip(new, results, strict=True):
            if result is WriteResult.WRITTEN:
                held.append(attempt)
            else:
                work.contested.append(attempt.person)
        return held

    def _conclude(
        self,
        delivery: Delivery,
        work: Round,
        attempt: Attempt,
        result: PostResult,
        started: datetime,
    ) -> None:
        match result.status:
            case PostStatus.ACCEPTED:
                work.hand_over(attempt, MessageStatus.ACCEPTED, at=started, sid=result.sid)
            case PostStatus.AMBIGUOUS:
                work.hand_over(attempt, MessageStatus.UNKNOWN, at=started, sid=None)
            case PostStatus.REFUSED:
                self._refuse(delivery, work, attempt, result.error_code)
            case PostStatus.THROTTLED:
                work.release(attempt, after=_AFTER_THROTTLING)
            case PostStatus.TOO_LATE:
                work.release(attempt, after=SHORTLY)

    def _refuse(self, delivery: Delivery, work: Round, attempt: Attempt, code: str | None) -> None:
        """Keep a definite refusal; where our set-up is its cause, stop the send and keep nothing:
        the person is texted once it is mended."""
        cause = stops_send(code)
        if cause is not None:
            delivery.stopped = True
            pause_for(self._sends, self._clock, delivery.rules.send_id, cause)
        if meaning_of(code) is ErrorMeaning.CONFIGURATION:
            work.release(attempt, after=SHORTLY)
        else:
            work.refuse(attempt, code)


def _text(delivery: Delivery, attempt: Attempt) -> Text:
    sender = delivery.context.program.sender
    return Text(
        message_id=attempt.person.message_id,
        to=attempt.person.phone,
        body=attempt.decision.body,
        messaging_service_sid=sender.messaging_service_sid,
        from_=None if sender.messaging_service_sid else sender.from_,
        validity=attempt.decision.validity,
        post_by=attempt.claim.post_by,
    )


def _costs(message: Message | None) -> bool:
    """Whether a message was or may have been handed over, so that its money is spent."""
    return message is not None and (
        message.handed_over_at is not None or message.provider_sid is not None
    )
