"""The end of claims that were open when somebody left."""

from __future__ import annotations

from parley import ids
from parley.consent import ALL_PROGRAMS
from parley.contact import Contact
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW, Claim
from parley_aws.ports import Clock, Journal, Ledger


class OpenClaims:
    """Waits until no claim on a contact can be posted any more (G1)."""

    def __init__(self, *, ledger: Ledger, journal: Journal, clock: Clock, id_key: bytes) -> None:
        self._ledger = ledger
        self._journal = journal
        self._clock = clock
        self._id_key = id_key

    def wait_out(self, contact: Contact, scope: str) -> None:
        """Return once every hand-over in a scope has started or never will.

        `contact` is as it stands after the opt-out, so no claim can follow. A claim whose hand-over
        is on record already is spent; the others end within `CLAIM_PERIOD`.
        """
        now = self._clock.now()
        claims = [
            claim
            for claim in contact.sending.claims
            if claim.post_by + CLOCK_SKEW > now and scope in (ALL_PROGRAMS, claim.program_id)
        ]
        if not claims:
            return
        unspent = self._unspent_texts(contact, claims) + self._unspent_messages(contact, claims)
        if unspent:
            self._clock.pause(max(claim.post_by for claim in unspent) + CLOCK_SKEW - now)

    def _unspent_messages(self, contact: Contact, claims: list[Claim]) -> list[Claim]:
        by_id = {
            ids.message_id(self._id_key, send=claim.send_id, phone=contact.phone): claim
            for claim in claims
            if claim.is_promotional
        }
        messages = self._ledger.get_many(list(by_id)) if by_id else {}
        return [claim for id_, claim in by_id.items() if not _is_spent(claim, messages.get(id_))]

    def _unspent_texts(self, contact: Contact, claims: list[Claim]) -> list[Claim]:
        texts = [claim for claim in claims if not claim.is_promotional]
        if not texts:
            return []
        recorded = {event.id for event in self._journal.of(contact.phone)}
        return [claim for claim in texts if claim.send_id not in recorded]


def _is_spent(claim: Claim, message: Message | None) -> bool:
    """Whether the one POST of this claim is known to have started.

    The record may be that of an earlier attempt: only what was written under this claim counts.
    """
    if message is None:
        return False
    began = claim.post_by - CLAIM_PERIOD - CLOCK_SKEW
    if message.handed_over_at is not None:
        return message.handed_over_at >= began
    return message.status is MessageStatus.UNKNOWN and message.updated_at >= began
