"""Replies as the API answers them."""

from __future__ import annotations

from pydantic import Field

from parley.journal import JournalEvent
from parley_aws.http.models.base import Moment, Output


class ReplyOutput(Output):
    """What somebody said, the intent understood, and why."""

    id: str
    phone: str = Field(examples=["+15125550100"])
    body: str = Field(examples=["YES hold mine"])
    media: int = Field(description="Pictures or other files that came with it", examples=[0])
    received_at: Moment
    program: str | None
    intent: str = Field(examples=["lead_keyword"])
    why: str = Field(examples=['"YES" is a lead keyword'])
    language: str | None = Field(description="ISO 639-1, guessed; null where that is open")
    send_id: str | None
    campaign_id: str | None
    message_id: str | None
    lead_id: str | None

    @classmethod
    def of(cls, event: JournalEvent) -> ReplyOutput:
        """The reply that an understanding in the journal is about."""
        details = event.details
        return cls(
            id=details["sid"],
            phone=event.phone,
            body=details["body"],
            media=int(details.get("media", 0)),
            received_at=event.occurred_at,
            program=event.program_id,
            intent=details["intent"],
            why=details["why"],
            language=details.get("language"),
            send_id=details.get("send_id"),
            campaign_id=details.get("campaign_id"),
            message_id=details.get("message_id"),
            lead_id=details.get("lead_id"),
        )


class ReplyList(Output):
    """Replies, newest first."""

    replies: list[ReplyOutput]
    next_cursor: str | None
