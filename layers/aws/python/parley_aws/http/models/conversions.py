"""Conversions as the API takes and answers them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    RootModel,
    StringConstraints,
    WithJsonSchema,
)

from parley.conversion import Group, Order, Share
from parley.money import Money
from parley_aws.http.models.base import Input, Moment, MoneyOutput, Output, check_currency, example
from parley_aws.use_cases.record_conversions import Recorded, Rejected

MAX_CONVERSIONS = 500
_AMOUNT = r"^-?[0-9]{1,9}(\.[0-9]{1,6})?$"
_ORDER: dict[str, Any] = {
    "phone": "+15125550100",
    "amount": "42.50",
    "currency": "USD",
    "occurred_at": "2026-11-27T19:12:00Z",
    "order_id": "A-1001",
}


def _check_amount(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_AMOUNT, value):
        raise ValueError('must be a decimal text such as "42.50", or "-42.50" for a refund')
    return value


Amount = Annotated[
    str,
    StringConstraints(strict=True),
    BeforeValidator(_check_amount),
    WithJsonSchema({"type": "string", "pattern": _AMOUNT}),
]
OrderId = Annotated[str, StringConstraints(min_length=1, max_length=200, strict=True)]


class ConversionInput(Input):
    """An order, a sign-up (amount "0") or a refund (a negative amount, or `refund_of`)."""

    model_config = example(**_ORDER)

    phone: Annotated[str, StringConstraints(min_length=1, max_length=64, strict=True)]
    amount: Amount
    currency: Annotated[str, StringConstraints(strict=True), AfterValidator(check_currency)]
    occurred_at: Moment | None = None
    order_id: OrderId
    refund_of: OrderId | None = None

    def value(self) -> Money:
        """The amount as the domain knows it: that of a refund is negative."""
        amount = Decimal(self.amount)
        if self.refund_of is not None:
            amount = -abs(amount)
        return Money(amount=amount, currency=self.currency)


ConversionRow = Annotated[JsonValue, WithJsonSchema(ConversionInput.model_json_schema())]
"""One conversion. Checked row by row: a bad row costs only itself."""


class ConversionsInput(Input):
    """One conversion, or up to 500 under `conversions`."""

    model_config = example(**_ORDER)

    conversions: Annotated[list[ConversionRow], Field(max_length=MAX_CONVERSIONS)] | None = None
    phone: JsonValue = None
    amount: JsonValue = None
    currency: JsonValue = None
    occurred_at: JsonValue = None
    order_id: JsonValue = None
    refund_of: JsonValue = None

    def single(self) -> dict[str, JsonValue]:
        """The fields of one conversion that were sent."""
        return {
            name: getattr(self, name) for name in self.model_fields_set if name != "conversions"
        }


class AttributionOutput(Output):
    """Which send an order is credited to, by which message, handed over or held out when."""

    send_id: str
    campaign_id: str
    program: str
    message_id: str
    group: Group
    at: Moment

    @classmethod
    def of(cls, share: Share) -> AttributionOutput:
        """The share as the API shows it."""
        return cls(
            send_id=share.send_id,
            campaign_id=share.campaign_id,
            program=share.program_id,
            message_id=share.message_id,
            group=share.group,
            at=share.began,
        )


class ConversionOutput(Output):
    """An order as it stands.

    `attribution` is null where no send has the credit; `why` says why, in words. `compared_in` are
    all sends in whose comparison with the held out it counts. `differs` names what this request
    said otherwise than the order that stands, which is not changed.
    """

    model_config = example(
        order_id="A-1001",
        status="recorded",
        value={"amount": "42.50", "currency": "USD"},
        occurred_at="2026-11-27T19:12:00Z",
        refund_of=None,
        attribution={
            "send_id": "snd_0f3b5c9a7e1d24682a4c",
            "campaign_id": "cmp_5b1f0c9a7e3d2468",
            "program": "pizza",
            "message_id": "snd_0f3b5c9a7e1d24682a4c-9c1e77a05b3d4f6812ab",
            "group": "texted",
            "at": "2026-11-27T18:00:02Z",
        },
        why="the latest text handed over before the order, 71 minutes earlier and within its 72 "
        "attribution hours",
        compared_in=["snd_0f3b5c9a7e1d24682a4c"],
        differs=[],
    )

    order_id: str
    status: str
    value: MoneyOutput
    occurred_at: Moment
    refund_of: str | None
    attribution: AttributionOutput | None
    why: str
    compared_in: list[str]
    differs: list[str]

    @classmethod
    def of(cls, recorded: Recorded) -> ConversionOutput:
        """The order as the API shows it."""
        order: Order = recorded.order
        credit = order.attribution.credit
        return cls(
            order_id=order.id,
            status="recorded" if recorded.is_new else "already_recorded",
            value=MoneyOutput.of(order.value),
            occurred_at=order.occurred_at,
            refund_of=order.refund_of,
            attribution=AttributionOutput.of(credit) if credit else None,
            why=order.attribution.why,
            compared_in=[share.send_id for share in order.attribution.shares if share.compared],
            differs=list(recorded.differs),
        )


class ConversionRejection(Output):
    """Why a row was not taken."""

    index: int = Field(examples=[3])
    field: str = Field(examples=["amount"])
    message: str = Field(examples=["is required"])

    @classmethod
    def of(cls, rejected: Rejected) -> ConversionRejection:
        """The rejection as the API shows it."""
        return cls(index=rejected.index, field=rejected.field, message=rejected.message)


class ConversionsOutput(Output):
    """What became of a batch: its orders in their order, and the rows that were not taken."""

    recorded: int
    already_recorded: int
    conversions: list[ConversionOutput]
    rejected: list[ConversionRejection]


class ConversionsAnswer(RootModel[ConversionOutput | ConversionsOutput]):
    """What became of one order, or of a batch."""
