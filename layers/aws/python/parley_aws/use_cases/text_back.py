"""A salesperson's text to somebody who wrote to us (`conversational`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parley import quiet_hours
from parley.contact import Contact
from parley.decide import MAXIMUM_VALIDITY, MINIMUM_VALIDITY, whereabouts_of
from parley.errors import ConflictError
from parley.ids import keyed_hash
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.lead import Lead
from parley.program import Program
from parley.quiet_hours import StateRules, Whereabouts
from parley.sending import CLAIM_PERIOD, TEXT_PREFIX
from parley_aws.ports import ContactStore, Journal
from parley_aws.use_cases.texting import HandOverText, TextOrder, TextOutcome, TextStatus

ANSWERS_WITHIN = timedelta(minutes=60)
"""A text within this time of their last one answers it, at any hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextedBack:
    """What became of a salesperson's text; `is_new` is False for a repeated request."""

    event: JournalEvent
    is_new: bool


class TextBack:
    """Texts somebody back, once for each idempotency key."""

    def __init__(
        self,
        *,
        contacts: ContactStore,
        journal: Journal,
        hand_over: HandOverText,
        id_key: bytes,
        state_rules: StateRules,
        region_zones: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._contacts = contacts
        self._journal = journal
        self._hand_over = hand_over
        self._id_key = id_key
        self._state_rules = state_rules
        self._region_zones = region_zones

    def __call__(
        self, lead: Lead, program: Program, body: str, *, idempotency_key: str, now: datetime
    ) -> TextedBack:
        """Text the person behind a lead from the program's sender.

        Raises ConflictError `opted_out`, `quiet_hours` (with `allowed_at`), `refused` by the
        provider, or `idempotency_key` where the key came with another body before.
        """
        text_id = TEXT_PREFIX + keyed_hash(
            self._id_key, TextKind.CONVERSATIONAL, lead.id, idempotency_key
        )
        journal = self._journal.of(lead.phone)
        earlier = next((event for event in journal if event.id == text_id), None)
        if earlier is not None:
            if earlier.details["body"] != body:
                raise ConflictError(
                    "this Idempotency-Key came with another body before", code="idempotency_key"
                )
            return TextedBack(event=earlier, is_new=False)
        contact = self._contacts.get(lead.phone)
        if contact is None or contact.suppression or contact.has_left(program.id):
            raise _opted_out()
        order = TextOrder(
            id=text_id,
            kind=TextKind.CONVERSATIONAL,
            phone=lead.phone,
            program=program,
            body=body,
            validity=self._validity(contact, program, journal, now),
            details={"lead_id": lead.id},
        )
        return TextedBack(event=_taken(self._hand_over(order)), is_new=True)

    def _validity(
        self, contact: Contact, program: Program, journal: Sequence[JournalEvent], now: datetime
    ) -> timedelta:
        """How long the text may take to arrive. Raises ConflictError `quiet_hours`."""
        heard = (e.occurred_at for e in journal if e.kind is JournalKind.REPLY)
        last = max(heard, default=None)
        if last is not None and now - last <= ANSWERS_WITHIN:
            return ANSWERS_WITHIN
        where = self._whereabouts(contact, program)
        weeks = quiet_hours.weeks_that_count(program.quiet_hours, self._state_rules, where.states)
        period = quiet_hours.next_period(
            weeks, where.zones, now, at_least=CLAIM_PERIOD + MINIMUM_VALIDITY
        )
        if period is None:
            raise ConflictError("no hour is decent where they may be", code="quiet_hours")
        if period.opens > now:
            allowed_at = period.opens.isoformat().replace("+00:00", "Z")
            raise ConflictError(
                "it is too late or too early where they are, and they did not write within the "
                f"last hour; allowed at {allowed_at}",
                code="quiet_hours",
                allowed_at=allowed_at,
            )
        return min(period.closes - now - CLAIM_PERIOD, MAXIMUM_VALIDITY)

    def _whereabouts(self, contact: Contact, program: Program) -> Whereabouts:
        return whereabouts_of(contact, program, self._state_rules, self._region_zones)


def _taken(outcome: TextOutcome) -> JournalEvent:
    """The journal's event of a text that was or may have been handed over."""
    if outcome.status is TextStatus.OPTED_OUT:
        raise _opted_out()
    if outcome.event is None:
        raise ConflictError(
            f"the provider refused the text with error {outcome.error_code}",
            code="refused",
            error_code=outcome.error_code or "",
        )
    return outcome.event


def _opted_out() -> ConflictError:
    return ConflictError("they asked for no more texts", code="opted_out")
