"""Facts that others may act on, told without a number, a name or a word of what was said (G9).

A person is named by `contact_ref`, a keyed hash of the number that only we can match. A fact's id
is the same however often it is told. Schemas: events/<name>/schema.v1.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from parley.campaign import Send, SendStatus
from parley.ids import keyed_hash
from parley.journal import JournalEvent, JournalKind
from parley.lead import Lead, temperature

FACT_VERSION = 1


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
    """The fact in a new event of the journal, if it is one for others."""
    about = {"contact_ref": contact_ref(key, event.phone)}
    details = event.details
    match event.kind:
        case JournalKind.UNDERSTANDING:
            return _fact(
                key,
                "ReplyReceived",
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
            return _fact(key, "ContactOptedOut", (event.phone, event.id), event.occurred_at, told)
        case JournalKind.CONSENT:
            told = {
                **about,
                "program_id": event.program_id or "",
                "kind": details["kind"],
                "source": details["source"],
            }
            return _fact(key, "ContactOptedIn", (event.phone, event.id), event.occurred_at, told)
    return None


def of_lead(key: bytes, before: Lead | None, after: Lead | None) -> Fact | None:
    """The fact in a change of a lead: that it was made."""
    if before is not None or after is None:
        return None
    return _fact(
        key,
        "LeadCreated",
        (after.id,),
        after.created_at,
        {
            "contact_ref": contact_ref(key, after.phone),
            "lead_id": after.id,
            "program_id": after.program_id,
            "campaign_id": after.campaign_id,
            "send_id": after.send_id,
            "score": after.score,
            "temperature": temperature(after.score).value,
            "due_at": _rfc3339(after.due_at),
        },
    )


def of_send(key: bytes, before: Send | None, after: Send | None) -> Fact | None:
    """The fact in a change of a send: that it was completed."""
    if after is None or after.status is not SendStatus.COMPLETED or after.completed_at is None:
        return None
    if before is not None and before.status is SendStatus.COMPLETED:
        return None
    return _fact(
        key,
        "SendCompleted",
        (after.id,),
        after.completed_at,
        {
            "send_id": after.id,
            "campaign_id": after.campaign.id,
            "program_id": after.campaign.program_id,
            "audience": after.audience,
        },
    )


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
