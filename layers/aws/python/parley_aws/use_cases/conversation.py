"""What was said between a person and us, both ways, oldest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from parley.attribution import was_handed_over
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley_aws.use_cases.person import Person, moment_of

_RECEIVED = "received"


class Direction(StrEnum):
    """Who wrote."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One text. Theirs has an `intent`; ours a `kind`, and a `message_id` where it is a send's.

    `body` is None where it is not known: of a message whose receipt alone is on record. `media` is
    how many pictures or other files came with it.
    """

    direction: Direction
    body: str | None
    at: datetime
    status: str
    program_id: str | None
    kind: TextKind | None = None
    intent: str | None = None
    send_id: str | None = None
    message_id: str | None = None
    media: int = 0


def conversation_of(person: Person) -> list[Said]:
    """Every text to and from a person, oldest first."""
    understood = {
        event.details["sid"]: event.details for event in person.events(JournalKind.UNDERSTANDING)
    }
    said = [_reply(event, understood) for event in person.events(JournalKind.REPLY)]
    said += [_text(event) for event in person.events(JournalKind.TEXT)]
    programs = {claim.send_id: claim.program_id for claim in person.contact.sending.claims}
    said += [
        _message(message, programs.get(message.send_id))
        for message in person.messages
        if was_handed_over(message)
        and (message.handed_over_at is not None or message.status is MessageStatus.UNKNOWN)
    ]
    return sorted(said, key=lambda one: one.at)


def _reply(event: JournalEvent, understood: Mapping[str, Mapping[str, str]]) -> Said:
    details = understood.get(event.details["sid"], event.details)
    return Said(
        direction=Direction.INBOUND,
        body=event.details["body"],
        at=event.occurred_at,
        status=_RECEIVED,
        program_id=event.program_id,
        intent=details["intent"],
        send_id=details.get("send_id"),
        media=int(event.details.get("media", 0)),
    )


def _text(event: JournalEvent) -> Said:
    return Said(
        direction=Direction.OUTBOUND,
        body=event.details["body"],
        at=event.occurred_at,
        status=event.details["status"],
        program_id=event.program_id,
        kind=TextKind(event.details["kind"]),
    )


def _message(message: Message, program_id: str | None) -> Said:
    return Said(
        direction=Direction.OUTBOUND,
        body=message.body,
        at=moment_of(message),
        status=message.status,
        program_id=program_id,
        kind=TextKind.PROMOTIONAL,
        send_id=message.send_id,
        message_id=message.id,
    )
