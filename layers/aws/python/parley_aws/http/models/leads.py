"""Leads as the API takes and answers them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from parley.journal import JournalEvent
from parley.lead import Lead, LeadStatus, Temperature, temperature
from parley_aws.http.models.base import Copy, Input, Line, Moment, MoneyInput, Output, example

Owner = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class ReplyText(Output):
    """The latest reply of a lead."""

    body: str = Field(examples=["YES hold mine"])
    received_at: Moment


class LeadOutput(Output):
    """A contact who showed intent; `due_at` is when somebody should have called back."""

    id: str
    phone: str = Field(examples=["+15125550100"])
    first_name: str | None
    program: str
    campaign_id: str | None
    send_id: str | None
    score: int = Field(examples=[90])
    temperature: Temperature
    reasons: list[str]
    reply: ReplyText
    replies: int
    status: LeadStatus
    owner: str | None
    due_at: Moment
    overdue_at: Moment | None
    created_at: Moment

    @classmethod
    def of(cls, lead: Lead) -> LeadOutput:
        """The lead as the API shows it."""
        return cls(
            id=lead.id,
            phone=lead.phone,
            first_name=lead.first_name,
            program=lead.program_id,
            campaign_id=lead.campaign_id,
            send_id=lead.send_id,
            score=lead.score,
            temperature=temperature(lead.score),
            reasons=list(lead.reasons),
            reply=ReplyText(body=lead.reply_body, received_at=lead.reply_received_at),
            replies=lead.replies,
            status=lead.status,
            owner=lead.owner,
            due_at=lead.due_at,
            overdue_at=lead.overdue_at,
            created_at=lead.created_at,
        )


class LeadList(Output):
    """Leads, hottest first, then longest waiting."""

    leads: list[LeadOutput]
    next_cursor: str | None


class ClaimInput(Input):
    """Who takes the lead; the key's owner where it is left out."""

    model_config = example(owner="sam")

    owner: Owner | None = None


class LeadChange(Input):
    """How a lead ended, or that it is open again."""

    model_config = example(
        status="won", value={"amount": "40.00", "currency": "USD"}, order_id="A-1001"
    )

    status: Literal[LeadStatus.WON, LeadStatus.LOST, LeadStatus.OPEN]
    value: MoneyInput | None = None
    order_id: Line | None = None


class LeadTextInput(Input):
    """What to text them."""

    model_config = example(body="Hi Ann, your table is held until 8.")

    body: Copy


class LeadTextOutput(Output):
    """What became of a text to a lead."""

    id: str
    status: str = Field(examples=["accepted"])
    body: str
    parts: int
    provider_sid: str | None
    sent_at: Moment

    @classmethod
    def of(cls, event: JournalEvent) -> LeadTextOutput:
        """The text in a journal's event."""
        return cls(
            id=event.id,
            status=event.details["status"],
            body=event.details["body"],
            parts=int(event.details["parts"]),
            provider_sid=event.details.get("sid"),
            sent_at=event.occurred_at,
        )
