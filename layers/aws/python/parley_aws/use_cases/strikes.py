"""Count lost texts against a number, and suppress it once there are enough of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from parley import ids, strikes
from parley.contact import Contact, Suppression, SuppressionReason
from parley.errors import TransientError
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.strikes import Strike
from parley_aws.ports import Clock, ContactStore, Ledger, SendStore

_LOST = frozenset({MessageStatus.FAILED, MessageStatus.UNDELIVERED})
_ROUNDS = 8


class Strikes:
    """Counts strikes, each once, however often its receipt comes.

    Texts that arrived are looked up when a strike is counted, by the claims of their sends, which
    are kept as long as strikes count. So a receipt that says `delivered`, as nearly all do, costs
    nothing here.
    """

    def __init__(
        self,
        *,
        contacts: ContactStore,
        ledger: Ledger,
        sends: SendStore,
        clock: Clock,
        id_key: bytes,
    ) -> None:
        self._contacts = contacts
        self._ledger = ledger
        self._sends = sends
        self._clock = clock
        self._id_key = id_key

    def count(self, message: Message, error_code: str) -> None:
        """Count a message that was lost for a reason that speaks against its number.

        Nothing to do where it arrived after all. Raises TransientError where the contact keeps
        changing.
        """
        if message.status not in _LOST:
            return
        strike = Strike(
            send_id=message.send_id,
            error_code=error_code,
            at=message.handed_over_at or message.updated_at,
        )
        for _ in range(_ROUNDS):
            contact = self._contacts.get(message.phone)
            if contact is None or contact.suppression is not None:
                return
            counted = self._with_strike(contact, strike)
            if counted.strikes == contact.strikes and counted.suppression is None:
                return
            if self._contacts.save(counted, expected_version=contact.sending.version):
                return
        raise TransientError("the contact keeps changing; its strike is not counted yet")

    def _with_strike(self, contact: Contact, strike: Strike) -> Contact:
        stand = strikes.standing(
            (*contact.strikes, strike), delivered_at=self._delivered_at(contact)
        )
        moved = replace(contact.sending, version=contact.sending.version + 1)
        if not strikes.is_unreachable(stand, limit=self._limit(strike.send_id)):
            return replace(contact, strikes=stand, sending=moved)
        suppression = Suppression(reason=SuppressionReason.UNREACHABLE, since=self._clock.now())
        return replace(contact, strikes=(), suppression=suppression, sending=moved)

    def _delivered_at(self, contact: Contact) -> datetime | None:
        """When the latest text that arrived was handed over, among those still remembered."""
        sent = [
            ids.message_id(self._id_key, send=claim.send_id, phone=contact.phone)
            for claim in contact.sending.claims
            if claim.is_promotional
        ]
        return max(
            (
                each.handed_over_at or each.updated_at
                for each in self._ledger.get_many(sent).values()
                if each.status is MessageStatus.DELIVERED
            ),
            default=None,
        )

    def _limit(self, send_id: str) -> int:
        context = self._sends.context(send_id)
        return context.settings.strike_limit if context else strikes.DEFAULT_STRIKE_LIMIT
