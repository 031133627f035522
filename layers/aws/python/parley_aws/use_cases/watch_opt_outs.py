"""G1, watched from outside: was anybody texted after they had opted out?

This goes by what the ledger, the journal and the contact say in the end, not by how it was decided
to text somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from parley.consent import left_at
from parley.contact import Contact
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.ledger import Message
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW
from parley_aws.ports import ContactStore, Journal, SendStore


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A text that was, or may have been, handed over: a send's message, or one of the journal's,
    which names its program itself."""

    id: str
    phone: str
    kind: TextKind
    at: datetime
    send_id: str | None = None
    program_id: str | None = None


def of_message(message: Message) -> HandOver | None:
    """The hand-over of a send's message; None of one that was not, or whose number is erased."""
    if message.handed_over_at is None or not message.phone:
        return None
    return HandOver(
        id=message.id,
        phone=message.phone,
        kind=TextKind.PROMOTIONAL,
        at=message.handed_over_at,
        send_id=message.send_id,
    )


def of_event(event: JournalEvent) -> HandOver | None:
    """The hand-over of a text that is no send's; None of what is no text, and of the one text that
    an opt-out is answered with."""
    if event.kind is not JournalKind.TEXT:
        return None
    kind = TextKind(event.details["kind"])
    if kind is TextKind.OPT_OUT_CONFIRMATION:
        return None
    return HandOver(
        id=event.id,
        phone=event.phone,
        kind=kind,
        at=event.occurred_at,
        program_id=event.program_id,
    )


def texted_after_opt_out(
    hand_overs: Sequence[HandOver], *, contacts: ContactStore, sends: SendStore
) -> list[HandOver]:
    """Those that were, or may have been, handed over after an opt-out stood.

    An opt-out stands once no claim made before it can be posted any more.
    """
    people = contacts.get_many([each.phone for each in hand_overs]) if hand_overs else {}
    suspects = [
        (each, people[each.phone])
        for each in hand_overs
        if each.phone in people and _left_something(people[each.phone])
    ]
    programs = {
        send_id: send.campaign.program_id
        for send_id in {each.send_id for each, _ in suspects if each.send_id}
        if (send := sends.get(send_id)) is not None
    }
    return [
        each
        for each, contact in suspects
        if _is_after(
            each, contact, programs.get(each.send_id) if each.send_id else each.program_id or ""
        )
    ]


def note_violations(journal: Journal, hand_overs: Sequence[HandOver]) -> None:
    """Keep for the standing report what was handed over after an opt-out, each once."""
    journal.append(
        [
            JournalEvent(
                id=f"text_after_opt_out-{each.id}",
                phone=each.phone,
                kind=JournalKind.TEXT_AFTER_OPT_OUT,
                occurred_at=each.at,
                program_id=each.program_id,
                details={
                    "message_id": each.id,
                    "kind": each.kind.value,
                    **({"send_id": each.send_id} if each.send_id else {}),
                },
            )
            for each in hand_overs
        ]
    )


def _left_something(contact: Contact) -> bool:
    return contact.suppression is not None or any(
        contact.has_left(program_id) for program_id in contact.subscriptions
    )


def _is_after(hand_over: HandOver, contact: Contact, program_id: str | None) -> bool:
    if program_id is None or not contact.has_left(program_id):
        return False
    left = left_at(contact, program_id)
    return left is not None and hand_over.at > left + CLAIM_PERIOD + CLOCK_SKEW
