"""Facts that others may act on, told without a number, a name or a word of what was said (G9).

A person is named by `contact_ref`, a keyed hash of the number that only we can match. A fact's id
is the same however often it is told. Schemas: events/<name>/schema.v1.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from parley.campaign import Send, SendStatus
from parley.consent import awaits_answer
from parley.conversion import Order
from parley.ids import keyed_hash
from parley.journal import JournalEvent, JournalKind
from parley.lead import Lead, temperature
from parley.ledger import Message
from parley.outcome import MessageStatus

FACT_VERSION = 1


class FactName(StrEnum):
    """Every fact there is; each has a folder under events/."""

    MESSAGE_HANDED_OVER = "MessageHandedOver"
    MESSAGE_DELIVERED = "MessageDelivered"
    MESSAGE_FAILED = "MessageFailed"
    MESSAGE_SKIPPED = "MessageSkipped"
    REPLY_RECEIVED = "ReplyReceived"
    CONTACT_OPTED_OUT = "ContactOptedOut"
    CONTACT_OPTED_IN = "ContactOptedIn"
    LEAD_CREATED = "LeadCreated"
    LEAD_OVERDUE = "LeadOverdue"
    SEND_COMPLETED = "SendCompleted"
    CONVERSION_RECORDED = "ConversionRecorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened: its name, and what a consumer is told of it.

    `detail` holds JSON values only: texts, whole numbers and null.
    """

    name: str
    occurred_at: datetime
    detail: Mapping[str, str | int | None]


def contact_ref(key: bytes, phone: str) -> str:
    """What a person is called outside."""
    return keyed_hash(key, "contact", phone)


def of_journal(key: bytes, event: JournalEvent) -> Fact | None:
    """The fact in a new event of the journal, if it is one for others.

    Who is asked first, under double opt-in, has opted in once they answer, not before.
    """
    about = {"contact_ref": contact_ref(key, event.phone)}
    details = event.details
    match event.kind:
        case JournalKind.UNDERSTANDING:
            return _fact(
                key,
                FactName.REPLY_RECEIVED,
                (event.phone, event.id),
                event.occurred_at,
                {
                    **about,
                    "reply_id": details["sid"],
                    "program_id": event.program_id,
                    "intent": details["intent"],
                    "campaign_id": details.get("campaign_id"),
                    "send_id": details.get("send_id"),
                    "message_id": details.get("message_id"),
                    "lead_id": details.get("lead_id"),
                },
            )
        case JournalKind.OPT_OUT:
            told = {**about, "scope": details["scope"], "source": details["source"]}
            return _fact(
                key, FactName.CONTACT_OPTED_OUT, (event.phone, event.id), event.occurred_at, told
            )
        case JournalKind.CONSENT if not awaits_answer(event):
            told = {
                **about,
                "program_id": event.program_id or "",
                "kind": details["kind"],
                "source": details["source"],
            }
            return _fact(
                key, FactName.CONTACT_OPTED_IN, (event.phone, event.id), event.occurred_at, told
            )
    return None


def of_lead(key: bytes, before: Lead | None, after: Lead | None) -> Fact | None:
    """The fact in a change of a lead: that it was made, or that its time ran out."""
    if after is None:
        return None
    if before is None:
        name, occurred_at = FactName.LEAD_CREATED, after.created_at
    elif before.overdue_at is None and after.overdue_at is not None:
        name, occurred_at = FactName.LEAD_OVERDUE, after.overdue_at
    else:
        return None
    told = {
        "contact_ref": contact_ref(key, after.phone),
        "lead_id": after.id,
        "program_id": after.program_id,
        "campaign_id": after.campaign_id,
        "send_id": after.send_id,
        "score": after.score,
        "temperature": temperature(after.score).value,
        "due_at": _rfc3339(after.due_at),
    }
    return _fact(key, name, (after.id,), occurred_at, told)


def of_send(key: bytes, before: Send | None, after: Send | None) -> Fact | None:
    """The fact in a change of a send: that it was completed."""
    if after is None or after.status is not SendStatus.COMPLETED or after.completed_at is None:
        return None
    if before is not None and before.status is SendStatus.COMPLETED:
        return None
    return _fact(
        key,
        FactName.SEND_COMPLETED,
        (after.id,),
        after.completed_at,
        {
            "send_id": after.id,
            "campaign_id": after.campaign.id,
            "program_id": after.campaign.program_id,
            "audience": after.audience,
        },
    )


def of_message(key: bytes, before: Message | None, after: Message | None) -> list[Fact]:
    """The facts in a change of a message: what is true of it now and was not before.

    A receipt that came before our own record tells nothing: the record that it waits for does.
    """
    if after is None:
        return []
    earlier = _truths(before)
    about = {
        "contact_ref": contact_ref(key, after.phone) if after.phone else None,
        "message_id": after.id,
        "send_id": after.send_id,
    }
    return [
        _fact(
            key,
            name,
            (after.id, *details),
            _moment(name, after),
            {**about, **_told_of_message(name, after)},
        )
        for name, *details in _truths(after)
        if (name, *details) not in earlier
    ]


def of_order(key: bytes, order: Order) -> Fact:
    """The fact in an order that was recorded: what it is worth, and which send has the credit."""
    credit = order.attribution.credit
    told = {
        "contact_ref": order.contact_ref,
        "order_id": order.id,
        "amount": f"{order.value.amount:f}",
        "currency": order.value.currency,
        "refund_of": order.refund_of,
        "lead_id": order.lead_id,
        "program_id": credit.program_id if credit else None,
        "campaign_id": credit.campaign_id if credit else None,
        "send_id": credit.send_id if credit else None,
        "message_id": credit.message_id if credit else None,
        "group": credit.group.value if credit else None,
    }
    return _fact(key, FactName.CONVERSION_RECORDED, (order.id,), order.occurred_at, told)


def _truths(message: Message | None) -> list[tuple[str, ...]]:
    """What is true of a message for others, each by the fact's name and what tells it apart."""
    if message is None or not (message.phone or message.handed_over_at):
        return []
    truths: list[tuple[str, ...]] = []
    if message.provider_sid is not None:
        truths.append((FactName.MESSAGE_HANDED_OVER,))
    match message.status:
        case MessageStatus.DELIVERED:
            truths.append((FactName.MESSAGE_DELIVERED,))
        case MessageStatus.FAILED | MessageStatus.UNDELIVERED:
            why = message.reason or message.error_code or ""
            truths.append((FactName.MESSAGE_FAILED, message.status.value, why))
        case MessageStatus.SKIPPED:
            truths.append((FactName.MESSAGE_SKIPPED, message.reason or ""))
    return truths


def _told_of_message(name: str, message: Message) -> dict[str, str | int | None]:
    match name:
        case FactName.MESSAGE_HANDED_OVER:
            return {"parts": message.parts}
        case FactName.MESSAGE_FAILED:
            return {
                "status": message.status.value,
                "reason": message.reason,
                "error_code": message.error_code,
            }
        case FactName.MESSAGE_SKIPPED:
            return {"reason": message.reason}
    return {}


def _moment(name: str, message: Message) -> datetime:
    if name == FactName.MESSAGE_HANDED_OVER and message.handed_over_at is not None:
        return message.handed_over_at
    return message.updated_at


def _fact(
    key: bytes,
    name: str,
    subject: tuple[str, ...],
    occurred_at: datetime,
    told: Mapping[str, str | int | None],
) -> Fact:
    envelope: dict[str, str | int | None] = {
        "id": keyed_hash(key, "fact", name, *subject, length=32),
        "version": FACT_VERSION,
        "occurred_at": _rfc3339(occurred_at),
    }
    return Fact(name=name, occurred_at=occurred_at, detail={**envelope, **told})


def _rfc3339(moment: datetime) -> str:
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"
