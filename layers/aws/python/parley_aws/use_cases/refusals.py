"""After a definite refusal: the slot goes back, and what it says of the number is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from parley.consent import ALL_PROGRAMS, TEXTED, OptOut, opt_out_event
from parley.contact import Contact, Suppression, SuppressionReason
from parley.errors import TransientError
from parley.provider_errors import suppression_of
from parley.sending import Claim, Sending
from parley_aws.ports import Clock, ContactStore, Journal, SendingWrite, WriteResult

_ROUNDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClaim:
    """A claim on a contact, and the contact's `sending` with it."""

    phone: str
    claim: Claim
    sending: Sending


class Refusals:
    """Concludes refusals, each as often as it takes with the same effect."""

    def __init__(self, *, contacts: ContactStore, journal: Journal, clock: Clock) -> None:
        self._contacts = contacts
        self._journal = journal
        self._clock = clock

    def give_back(self, held: list[HeldClaim]) -> None:
        """Return the slots of claims under which nothing was handed over (G2).

        Raises TransientError where a contact keeps changing.
        """
        results = self._contacts.write_sending(
            [
                SendingWrite(
                    phone=h.phone,
                    expected_version=h.sending.version,
                    sending=h.sending.without_claim(h.claim),
                )
                for h in held
            ]
        )
        for each, result in zip(held, results, strict=True):
            if result is not WriteResult.WRITTEN:
                self.conclude(each.phone, each.claim.send_id, None, nonce=each.claim.nonce)

    def conclude(
        self, phone: str, send_id: str, error_code: str | None, *, nonce: str | None = None
    ) -> None:
        """Return a send's slot on a contact, and suppress the number where the code says so.

        Nothing is left to do where the send holds no claim, or another than that of the `nonce`:
        somebody else may be posting under it (G3). Raises as `give_back` does.
        """
        reason = suppression_of(error_code)
        for _ in range(_ROUNDS):
            contact = self._contacts.get(phone)
            claim = contact.sending.claim_of(send_id) if contact else None
            if contact is None or claim is None or nonce not in (None, claim.nonce):
                return
            without = contact.sending.without_claim(claim)
            if reason is None or contact.suppression is not None:
                write = SendingWrite(
                    phone=phone, expected_version=contact.sending.version, sending=without
                )
                if self._contacts.write_sending([write]) == [WriteResult.WRITTEN]:
                    return
            elif self._suppress(contact, reason, without, send_id, error_code):
                return
        raise TransientError("the contact keeps changing; its slot is not given back yet")

    def suppress(
        self, phone: str, source: str, error_code: str | None, *, from_toll_free: bool = False
    ) -> None:
        """Suppress a number where a code says so; `source` names the message it came for.

        Raises TransientError where the contact keeps changing.
        """
        reason = suppression_of(error_code, from_toll_free=from_toll_free)
        if reason is None:
            return
        for _ in range(_ROUNDS):
            contact = self._contacts.get(phone)
            if contact is None or contact.suppression is not None:
                return
            moved = replace(contact.sending, version=contact.sending.version + 1)
            if self._suppress(contact, reason, moved, source, error_code):
                return
        raise TransientError("the contact keeps changing; it is not suppressed yet")

    def _suppress(
        self,
        contact: Contact,
        reason: SuppressionReason,
        sending: Sending,
        source: str,
        error_code: str | None,
    ) -> bool:
        """The journal comes first: an opt-out that is not in it could not be explained."""
        now = self._clock.now()
        if reason is SuppressionReason.CARRIER_BLOCK:
            blocked = OptOut(
                event_id=f"carrier-block-{source}",
                scope=ALL_PROGRAMS,
                source=TEXTED,
                occurred_at=now,
                note=f"the provider says {error_code}: they texted it a keyword we never saw",
            )
            self._journal.append([opt_out_event(blocked, contact.phone)])
        suppressed = replace(
            contact, suppression=Suppression(reason=reason, since=now), sending=sending
        )
        return self._contacts.save(suppressed, expected_version=contact.sending.version)
