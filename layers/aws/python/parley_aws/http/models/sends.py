"""Sends, their messages, estimates and tests as the API takes and answers them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from parley.campaign import Send, SendStatus
from parley.counts import counts_of, skipped_of
from parley.ledger import Message
from parley.money import Money
from parley.outcome import MessageStatus
from parley.parts import Encoding
from parley_aws.http.models.base import Input, Moment, MoneyInput, MoneyOutput, Output, example
from parley_aws.use_cases.estimate import Estimate
from parley_aws.use_cases.read_sends import SendState
from parley_aws.use_cases.send_test import MAX_PHONES, TestText
from parley_aws.use_cases.trigger_send import SendRequest

_SEND_ID = "snd_0f3b5c9a7e1d24682a4c"
_CAMPAIGN_ID = "cmp_5b1f0c9a7e3d2468"


class SendInput(Input):
    """When to start (null: now), until when, and for how much at most."""

    model_config = example(
        send_at=None, expires_at=None, max_spend={"amount": "25.00", "currency": "USD"}
    )

    send_at: Moment | None = None
    expires_at: Moment | None = None
    max_spend: MoneyInput | None = None

    def request(self) -> SendRequest:
        """The request as the use case knows it."""
        return SendRequest(
            send_at=self.send_at,
            expires_at=self.expires_at,
            max_spend=None if self.max_spend is None else self.max_spend.money(),
        )


class Counts(Output):
    """The audience, and its people by where their message stands; these add up to it."""

    audience: int
    pending: int
    deferred: int
    accepted: int
    sent: int
    delivered: int
    undelivered: int
    failed: int
    unknown: int
    skipped: int
    held_out: int
    canceled: int


COUNTS_EXAMPLE = {
    "audience": 12,
    "pending": 0,
    "deferred": 0,
    "accepted": 0,
    "sent": 1,
    "delivered": 8,
    "undelivered": 0,
    "failed": 0,
    "unknown": 0,
    "skipped": 2,
    "held_out": 1,
    "canceled": 0,
}
_TRIGGERED: dict[str, Any] = {
    "id": _SEND_ID,
    "campaign_id": _CAMPAIGN_ID,
    "campaign_version": 1,
    "status": "completed",
    "created_at": "2026-11-27T18:00:00Z",
    "starts_at": "2026-11-27T18:00:00Z",
    "expires_at": "2026-11-28T18:00:00Z",
    "max_spend": {"amount": "25.00", "currency": "USD"},
    "pause_reason": None,
    "completed_at": "2026-11-27T18:02:11Z",
}


class SendSummary(Output):
    """A triggered send."""

    model_config = example(**_TRIGGERED)

    id: str
    campaign_id: str
    campaign_version: int
    status: SendStatus
    created_at: Moment
    starts_at: Moment
    expires_at: Moment
    max_spend: MoneyOutput | None
    pause_reason: str | None
    completed_at: Moment | None

    @classmethod
    def of(cls, send: Send) -> SendSummary:
        """The send as the API shows it in lists."""
        return cls(**_summary(send))


class SendOutput(SendSummary):
    """A send and what became of its audience so far. `as_of` is when that was read."""

    model_config = example(
        **_TRIGGERED, counts=COUNTS_EXAMPLE, skipped={"opted_out": 2}, as_of="2026-11-27T18:05:00Z"
    )

    counts: Counts
    skipped: dict[str, int]
    as_of: Moment

    @classmethod
    def of_state(cls, state: SendState) -> SendOutput:
        """The send as the API shows it alone."""
        return cls(
            **_summary(state.send),
            counts=Counts(**counts_of(state.send.audience, state.metrics)),
            skipped=skipped_of(state.metrics),
            as_of=state.as_of,
        )


def _summary(send: Send) -> dict[str, Any]:
    return {
        "id": send.id,
        "campaign_id": send.campaign.id,
        "campaign_version": send.campaign.version,
        "status": send.status,
        "created_at": send.created_at,
        "starts_at": send.starts_at,
        "expires_at": send.expires_at,
        "max_spend": None if send.max_spend is None else MoneyOutput.of(send.max_spend),
        "pause_reason": send.pause_reason,
        "completed_at": send.completed_at,
    }


class SendList(Output):
    """Sends, newest first."""

    sends: list[SendSummary]
    next_cursor: str | None


class MessageOutput(Output):
    """One SMS to one contact in a send, and what became of it. It was claimed under the consent
    `consent_id`, which the contact's `consents` list, against version `contact_version`."""

    model_config = example(
        id=f"{_SEND_ID}-9c1e77a05b3d4f6812ab",
        phone="+15125550100",
        status="delivered",
        reason=None,
        error_code=None,
        provider_sid="SM0123456789abcdef0123456789abcdef",
        parts=1,
        body="Hi Ana! 2 for 1 tonight at Riverside. Reply YES to hold yours. Reply STOP to opt out",
        handed_over_at="2026-11-27T18:00:02Z",
        updated_at="2026-11-27T18:00:05Z",
        consent_id="3f0c9a7e1d24682a4c5b1f0c9a7e3d24",
        contact_version=7,
    )

    id: str
    phone: str
    status: MessageStatus
    reason: str | None
    error_code: str | None
    provider_sid: str | None
    parts: int
    body: str | None
    handed_over_at: Moment | None
    updated_at: Moment
    consent_id: str | None
    contact_version: int | None

    @classmethod
    def of(cls, message: Message) -> MessageOutput:
        """The message as the API shows it."""
        return cls(
            id=message.id,
            phone=message.phone,
            status=message.status,
            reason=message.reason,
            error_code=message.error_code,
            provider_sid=message.provider_sid,
            parts=message.parts,
            body=message.body,
            handed_over_at=message.handed_over_at,
            updated_at=message.updated_at,
            consent_id=message.consent_id,
            contact_version=message.contact_version,
        )


class MessageList(Output):
    """Messages of a send."""

    messages: list[MessageOutput]
    next_cursor: str | None


class SampleOutput(Output):
    """A text as one contact would get it."""

    phone: str
    body: str
    parts: int
    encoding: Encoding


class EstimateOutput(Output):
    """What a send would do now.

    `message_parts` and its cost count those who would be deferred too, as they will be texted.
    Exact up to 20,000 contacts; past that only `examined` were looked at, and `approximate` is
    true.
    """

    model_config = example(
        audience=12,
        would_send=9,
        would_defer=0,
        would_skip={"opted_out": 2},
        held_out=1,
        message_parts=9,
        estimated_cost={"amount": "0.0747", "currency": "USD"},
        samples=[
            {
                "phone": "+15125550100",
                "body": "2 for 1 tonight! Reply STOP to opt out",
                "parts": 1,
                "encoding": "GSM-7",
            }
        ],
        examined=40,
        approximate=False,
    )

    audience: int
    would_send: int
    would_defer: int
    would_skip: dict[str, int]
    held_out: int
    message_parts: int
    estimated_cost: MoneyOutput
    samples: list[SampleOutput]
    examined: int
    approximate: bool

    @classmethod
    def of(cls, found: Estimate, price_per_part: Money) -> EstimateOutput:
        """The estimate as the API shows it."""
        return cls(
            audience=found.audience,
            would_send=found.would_send,
            would_defer=found.would_defer,
            would_skip={reason.value: n for reason, n in found.would_skip.items()},
            held_out=found.held_out,
            message_parts=found.message_parts,
            estimated_cost=MoneyOutput.of(price_per_part.times(found.message_parts)),
            samples=[
                SampleOutput(
                    phone=sample.phone,
                    body=sample.body,
                    parts=sample.parts.count,
                    encoding=sample.parts.encoding,
                )
                for sample in found.samples
            ],
            examined=found.examined,
            approximate=found.approximate,
        )


class TestInput(Input):
    """Where to send a test: test phones of the settings, or subscribers."""

    __test__ = False

    model_config = example(phones=["+15125550100"])

    phones: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=40)]],
        Field(min_length=1, max_length=MAX_PHONES),
    ]


class TestTextOutput(Output):
    """What became of one test text. `detail` names the value that the contact lacks."""

    __test__ = False

    phone: str
    status: MessageStatus
    reason: str | None
    detail: str | None
    error_code: str | None
    body: str | None
    parts: int

    @classmethod
    def of(cls, text: TestText) -> TestTextOutput:
        """The text as the API shows it."""
        return cls(
            phone=text.phone,
            status=text.status,
            reason=text.reason,
            detail=text.detail,
            error_code=text.error_code,
            body=text.body,
            parts=text.parts,
        )


class TestOutput(Output):
    """What became of the test texts."""

    __test__ = False

    model_config = example(
        messages=[
            {
                "phone": "+15125550100",
                "status": "accepted",
                "reason": None,
                "detail": None,
                "error_code": None,
                "body": "2 for 1 tonight! Reply STOP to opt out",
                "parts": 1,
            }
        ]
    )

    messages: list[TestTextOutput]
