"""Contacts, their consents, opt-outs and conversations as the API takes and answers them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, JsonValue, StringConstraints, WithJsonSchema

from parley.consent import ALL_PROGRAMS
from parley.contact import Contact
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.lead import Lead
from parley.ledger import Message
from parley_aws.http.models.base import Identifier, Input, Moment, Output, example
from parley_aws.http.models.leads import LeadOutput
from parley_aws.http.models.sends import MessageOutput
from parley_aws.use_cases.conversation import Said
from parley_aws.use_cases.person import OptedIn, Person
from parley_aws.use_cases.upsert_contacts import Rejection, Upserted

MAX_CONTACTS = 500
_RECENT_MESSAGES = 50
_PHONE = "+15125550100"
_CONSENT = {
    "program": "pizza",
    "source": "web_form",
    "obtained_at": "2026-11-01T12:00:00Z",
    "wording": "Text me offers from Acme Pizza. Reply STOP to opt out",
    "evidence": {"url": "https://example.com/join"},
}
_ROW: dict[str, Any] = {
    "phone": _PHONE,
    "first_name": "Ann",
    "timezone": "America/Chicago",
    "state": "TX",
    "attributes": {"store": "5th St"},
    "lists": ["vip"],
    "consent": _CONSENT,
}


def _or_null(**schema: Any) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_TEXT = _or_null(type="string")
_NAMES = _or_null(type="array", items={"type": "string"})
_CONSENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["program", "source", "obtained_at"],
    "additionalProperties": False,
    "properties": {
        "program": {"type": "string"},
        "source": {"type": "string"},
        "obtained_at": {"type": "string", "format": "date-time"},
        "wording": _TEXT,
        "evidence": _or_null(type="object", additionalProperties=True),
    },
}
_ROW_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["phone"],
    "additionalProperties": False,
    "properties": {
        "phone": {"type": "string", "description": "E.164, or as the program's region writes it"},
        **dict.fromkeys(
            ("first_name", "last_name", "email", "language", "timezone", "state"), _TEXT
        ),
        "attributes": _or_null(type="object", additionalProperties=True),
        "lists": _NAMES,
        "remove_lists": _NAMES,
        "consent": _or_null(**_CONSENT_SCHEMA),
    },
    "examples": [_ROW],
}

ContactRow = Annotated[JsonValue, WithJsonSchema(_ROW_SCHEMA)]
"""One contact. Checked row by row by the use case: a bad row costs only itself."""


class ContactsInput(Input):
    """Up to 500 contacts; fields merge, null deletes, lists add."""

    model_config = example(contacts=[_ROW])

    contacts: Annotated[list[ContactRow], Field(max_length=MAX_CONTACTS)]


class RejectionOutput(Output):
    """What was not taken of a row; with code `opted_out` only its consent was not."""

    index: int = Field(examples=[3])
    field: str = Field(examples=["phone"])
    message: str = Field(examples=["is too short for US"])
    code: str = Field(examples=["invalid"])

    @classmethod
    def of(cls, rejection: Rejection) -> RejectionOutput:
        """The rejection as the API shows it."""
        return cls(
            index=rejection.index,
            field=rejection.field,
            message=rejection.message,
            code=rejection.code,
        )


class UpsertOutput(Output):
    """How many rows were kept, and what was wrong with which."""

    accepted: int = Field(examples=[499])
    rejected: list[RejectionOutput]
    not_revived: int = Field(examples=[0])

    @classmethod
    def of(cls, done: Upserted) -> UpsertOutput:
        """The result as the API shows it."""
        return cls(
            accepted=done.accepted,
            rejected=[RejectionOutput.of(r) for r in done.rejected],
            not_revived=done.not_revived,
        )


class SubscriptionOutput(Output):
    """Where a contact stands with a program, and since when."""

    status: str = Field(examples=["subscribed"])
    since: Moment


class SuppressionOutput(Output):
    """Why nothing is sent to a number in any program, and since when."""

    reason: str = Field(examples=["opted_out"])
    since: Moment


class ConsentOutput(Output):
    """One act of agreement, when it was given and when it became known here."""

    id: str
    program: str | None
    source: str
    obtained_at: Moment
    recorded_at: Moment
    wording: str | None
    evidence: dict[str, str]

    @classmethod
    def of(cls, event: JournalEvent) -> ConsentOutput:
        """The consent in a journal's event."""
        details = event.details
        return cls(
            id=event.id,
            program=event.program_id,
            source=details["source"],
            obtained_at=event.occurred_at,
            recorded_at=datetime.fromisoformat(details["recorded_at"]),
            wording=details.get("wording"),
            evidence=json.loads(details.get("evidence", "{}")),
        )


class OptOutOutput(Output):
    """One act of leaving: `scope` is a program or `all`."""

    id: str
    phone: str = Field(examples=[_PHONE])
    scope: str = Field(examples=[ALL_PROGRAMS])
    source: str
    note: str | None
    occurred_at: Moment

    @classmethod
    def of(cls, event: JournalEvent) -> OptOutOutput:
        """The opt-out in a journal's event."""
        return cls(
            id=event.id,
            phone=event.phone,
            scope=event.details["scope"],
            source=event.details["source"],
            note=event.details.get("note"),
            occurred_at=event.occurred_at,
        )


class OptOutList(Output):
    """Opt-outs, newest first."""

    opt_outs: list[OptOutOutput]
    next_cursor: str | None


class ViolationOutput(Output):
    """A text that was, or may have been, handed over after an opt-out stood: a message of a send,
    or a text of another `kind`, which is no send's."""

    message_id: str
    kind: TextKind
    send_id: str | None
    phone: str = Field(examples=[_PHONE])
    handed_over_at: Moment

    @classmethod
    def of(cls, event: JournalEvent) -> ViolationOutput:
        """The text that a journal's event tells of."""
        return cls(
            message_id=event.details["message_id"],
            kind=TextKind(event.details["kind"]),
            send_id=event.details.get("send_id"),
            phone=event.phone,
            handed_over_at=event.occurred_at,
        )


class ViolationList(Output):
    """Texts after an opt-out, newest first: there should be none."""

    violations: list[ViolationOutput]
    next_cursor: str | None


class LastReplyOutput(Output):
    """What a contact said last."""

    body: str
    received_at: Moment
    intent: str


class ContactSummary(Output):
    """A contact's profile and standing."""

    phone: str = Field(examples=[_PHONE])
    first_name: str | None
    last_name: str | None
    email: str | None
    language: str | None
    timezone: str | None
    state: str | None
    region: str | None
    attributes: dict[str, JsonValue]
    lists: list[str]
    subscriptions: dict[str, SubscriptionOutput]
    suppressed: SuppressionOutput | None
    last_reply: LastReplyOutput | None

    @classmethod
    def fields_of(cls, contact: Contact) -> dict[str, Any]:
        """The fields of a contact as the API shows them."""
        reply = contact.last_reply
        return {
            "phone": contact.phone,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "email": contact.email,
            "language": contact.language,
            "timezone": contact.timezone,
            "state": contact.state,
            "region": contact.region,
            "attributes": dict(contact.attributes),
            "lists": sorted(contact.lists),
            "subscriptions": _subscriptions(contact),
            "suppressed": SuppressionOutput(
                reason=contact.suppression.reason, since=contact.suppression.since
            )
            if contact.suppression
            else None,
            "last_reply": LastReplyOutput(
                body=reply.body, received_at=reply.received_at, intent=reply.intent
            )
            if reply
            else None,
        }

    @classmethod
    def of(cls, contact: Contact) -> ContactSummary:
        """The contact as the API shows it."""
        return cls(**cls.fields_of(contact))


class ContactList(Output):
    """Contacts, in no particular order."""

    contacts: list[ContactSummary]
    next_cursor: str | None


class ContactOutput(ContactSummary):
    """A contact with the history of consents and the latest messages of sends, newest first."""

    consents: list[ConsentOutput]
    opt_outs: list[OptOutOutput]
    recent_messages: list[MessageOutput]

    @classmethod
    def of_person(cls, person: Person) -> ContactOutput:
        """All of a person that is of use every day."""
        return cls(
            **cls.fields_of(person.contact),
            consents=[ConsentOutput.of(e) for e in person.events(JournalKind.CONSENT)],
            opt_outs=[OptOutOutput.of(e) for e in person.events(JournalKind.OPT_OUT)],
            recent_messages=_messages(person.messages[:_RECENT_MESSAGES]),
        )


class EventOutput(Output):
    """One event of the journal, as it is kept."""

    id: str
    kind: str
    program: str | None
    occurred_at: Moment
    details: dict[str, str]


class ExportOutput(Output):
    """All that is held on a person."""

    exported_at: Moment
    contact: ContactSummary
    journal: list[EventOutput]
    messages: list[MessageOutput]
    leads: list[LeadOutput]

    @classmethod
    def of(cls, person: Person, leads: list[Lead], exported_at: Moment) -> ExportOutput:
        """The export as the API shows it."""
        return cls(
            exported_at=exported_at,
            contact=ContactSummary.of(person.contact),
            journal=[
                EventOutput(
                    id=event.id,
                    kind=event.kind,
                    program=event.program_id,
                    occurred_at=event.occurred_at,
                    details=dict(event.details),
                )
                for event in person.journal
            ],
            messages=_messages(person.messages),
            leads=[LeadOutput.of(lead) for lead in leads],
        )


class OptOutInput(Input):
    """Somebody wants no more texts: in every program, or in one."""

    model_config = example(scope=ALL_PROGRAMS, source="phone_call", note="asked on the phone")

    scope: Annotated[str, StringConstraints(min_length=1, max_length=64)] = ALL_PROGRAMS
    source: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "api"
    note: Annotated[str, StringConstraints(max_length=500)] | None = None


Evidence = Annotated[JsonValue, WithJsonSchema({"type": "object", "additionalProperties": True})]
"""How a consent is known, such as `{"form": "paper 17"}`. Checked by the use case."""


class OptInInput(Input):
    """One person's consent, with how it is known; `obtained_at` is now where it is left out."""

    model_config = example(**_CONSENT)

    program: Identifier
    source: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    evidence: Evidence
    wording: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None
    obtained_at: Moment | None = None

    def values(self) -> dict[str, Any]:
        """The fields as the use case reads them."""
        obtained_at = self.obtained_at
        return {
            "program": self.program,
            "source": self.source,
            "evidence": self.evidence,
            "wording": self.wording,
            "obtained_at": obtained_at.isoformat() if obtained_at else None,
        }


class StandingWarning(Output):
    """Something that the opt-in does not change."""

    code: str = Field(examples=["carrier_block"])
    message: str


class OptInOutput(ContactSummary):
    """The contact after the opt-in, and what still stands in the way."""

    warnings: list[StandingWarning]

    @classmethod
    def of_opt_in(cls, done: OptedIn) -> OptInOutput:
        """The result as the API shows it."""
        blocked = StandingWarning(
            code="carrier_block",
            message="they texted STOP, so the carrier still blocks this number until they "
            "themselves text START",
        )
        return cls(**cls.fields_of(done.contact), warnings=[blocked] if done.carrier_blocks else [])


class SaidOutput(Output):
    """One text of a conversation."""

    direction: str = Field(examples=["inbound"])
    body: str | None
    at: Moment
    status: str = Field(examples=["received"])
    program: str | None
    kind: str | None
    intent: str | None
    send_id: str | None
    message_id: str | None
    media: int = Field(description="Pictures or other files that came with it", examples=[0])

    @classmethod
    def of(cls, said: Said) -> SaidOutput:
        """The text as the API shows it."""
        return cls(
            direction=said.direction,
            body=said.body,
            at=said.at,
            status=said.status,
            program=said.program_id,
            kind=said.kind,
            intent=said.intent,
            send_id=said.send_id,
            message_id=said.message_id,
            media=said.media,
        )


class ConversationOutput(Output):
    """What was said, both ways, oldest first."""

    phone: str
    texts: list[SaidOutput]


def _subscriptions(contact: Contact) -> dict[str, SubscriptionOutput]:
    shown = {}
    for program_id, subscription in sorted(contact.subscriptions.items()):
        status = contact.subscription_status(program_id) or subscription.status
        left_later = status is not subscription.status and contact.left_all_at is not None
        shown[program_id] = SubscriptionOutput(
            status=status,
            since=contact.left_all_at if left_later and contact.left_all_at else subscription.since,
        )
    return shown


def _messages(messages: tuple[Message, ...]) -> list[MessageOutput]:
    return [MessageOutput.of(message) for message in messages]
