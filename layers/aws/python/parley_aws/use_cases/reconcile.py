"""Settle a message of which nobody knows whether it was handed over (G3).

Receipts settle most of them. The others are looked up at the provider, twice, long after every
post under their claim has ended.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from parley import ids
from parley.journal import JournalKind
from parley.ledger import Message
from parley.outcome import NOT_HANDED_OVER, MessageStatus
from parley.parts import count_parts
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW
from parley_aws.ports import (
    Clock,
    ContactStore,
    Journal,
    Ledger,
    Provider,
    ProviderMessage,
    Queue,
)

_LOOKUPS = 2
_TAKEN_WITHIN = timedelta(seconds=60)
"""How long after its post a text may still be taken; Twilio ends requests after 26 seconds."""


class Reconcile:
    """Settles unknown messages."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        contacts: ContactStore,
        journal: Journal,
        provider: Provider,
        reconciliations: Queue,
        clock: Clock,
        id_key: bytes,
        delay: timedelta,
    ) -> None:
        self._ledger = ledger
        self._contacts = contacts
        self._journal = journal
        self._provider = provider
        self._reconciliations = reconciliations
        self._clock = clock
        self._id_key = id_key
        self._delay = delay

    def __call__(self, message_id: str, *, attempt: int) -> None:
        """Look a message up; adopt what is found, look again, or conclude that it never was.

        Nothing to do where its outcome is known by now. Raises TransientError where the provider
        does not answer.
        """
        message = self._ledger.get(message_id)
        if message is None or message.status is not MessageStatus.UNKNOWN:
            return
        # Who was erased since cannot be looked up any more, but must not be waited for either (G4).
        found = self._find(message) if message.phone else None
        if found is not None:
            self._ledger.record([_adopted(message, found, self._clock)])
        elif attempt < _LOOKUPS:
            self._reconciliations.send(
                [{"message_id": message_id, "attempt": attempt + 1}], delay=self._delay
            )
        else:
            self._ledger.record(
                [
                    replace(
                        message,
                        status=MessageStatus.FAILED,
                        reason=NOT_HANDED_OVER,
                        updated_at=self._clock.now(),
                    )
                ]
            )

    def _find(self, message: Message) -> ProviderMessage | None:
        """The provider's message that can only be this one: to the same number, of that moment,
        with the same text where we know it, and nobody else's."""
        began = message.handed_over_at or message.updated_at
        since = began - CLOCK_SKEW
        until = began + CLAIM_PERIOD + _TAKEN_WITHIN
        candidates = [
            each
            for each in self._provider.find(message.phone, since=since)
            if each.created_at <= until
            and (message.body is None or message.body.strip() in each.body)
        ]
        if not candidates:
            return None
        owned = self._owned_sids(message)
        free = [each for each in candidates if each.sid not in owned]
        return min(free, key=lambda each: each.created_at, default=None)

    def _owned_sids(self, message: Message) -> set[str]:
        """Sids of our other texts to this number: of the sends that claimed it, and of those that
        are no send's."""
        contact = self._contacts.get(message.phone)
        others = [
            ids.message_id(self._id_key, send=claim.send_id, phone=message.phone)
            for claim in (contact.sending.claims if contact else ())
            if claim.is_promotional and claim.send_id != message.send_id
        ]
        of_sends = self._ledger.get_many(others) if others else {}
        of_journal = (
            event.details.get("sid")
            for event in self._journal.of(message.phone)
            if event.kind is JournalKind.TEXT
        )
        sids = {each.provider_sid for each in of_sends.values()} | set(of_journal)
        return {sid for sid in sids if sid}


def _adopted(message: Message, found: ProviderMessage, clock: Clock) -> Message:
    return replace(
        message,
        status=found.outcome.status,
        reason=found.outcome.reason,
        error_code=found.error_code,
        provider_sid=found.sid,
        parts=message.parts or count_parts(found.body).count,
        body=message.body or found.body,
        updated_at=clock.now(),
    )
