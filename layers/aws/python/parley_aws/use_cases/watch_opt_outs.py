"""G1, watched from outside: was anybody texted after they had opted out?

This goes by what the ledger and the contact say in the end, not by how a send decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from parley.consent import left_at
from parley.contact import Contact
from parley.journal import JournalEvent, JournalKind
from parley.ledger import Message
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW
from parley_aws.ports import ContactStore, Journal, SendStore


def texted_after_opt_out(
    messages: Sequence[Message], *, contacts: ContactStore, sends: SendStore
) -> list[str]:
    """The ids of messages that were, or may have been, handed over after an opt-out stood.

    An opt-out stands once no claim made before it can be posted any more.
    """
    handed_over = [each for each in messages if each.handed_over_at and each.phone]
    people = contacts.get_many([each.phone for each in handed_over]) if handed_over else {}
    suspects = [
        (each, people[each.phone])
        for each in handed_over
        if each.phone in people and _left_something(people[each.phone])
    ]
    programs = {
        send_id: send.campaign.program_id
        for send_id in {each.send_id for each, _ in suspects}
        if (send := sends.get(send_id)) is not None
    }
    return [
        each.id
        for each, contact in suspects
        if each.send_id in programs and _is_after(each, contact, programs[each.send_id])
    ]


def note_violations(journal: Journal, messages: Sequence[Message]) -> None:
    """Keep for the standing report which messages were handed over after an opt-out, each once."""
    journal.append(
        [
            JournalEvent(
                id=f"text_after_opt_out-{message.id}",
                phone=message.phone,
                kind=JournalKind.TEXT_AFTER_OPT_OUT,
                occurred_at=message.handed_over_at or message.updated_at,
                details={"message_id": message.id, "send_id": message.send_id},
            )
            for message in messages
        ]
    )


def _left_something(contact: Contact) -> bool:
    return contact.suppression is not None or any(
        contact.has_left(program_id) for program_id in contact.subscriptions
    )


def _is_after(message: Message, contact: Contact, program_id: str) -> bool:
    left = left_at(contact, program_id) if contact.has_left(program_id) else None
    if left is None or message.handed_over_at is None:
        return False
    return message.handed_over_at > left + CLAIM_PERIOD + CLOCK_SKEW
