"""Conversions: orders, and which texts they are credited to.

Two questions are kept apart. *Credit*: the latest text handed over to the person within its
campaign's `attribution_hours` before the order; one order is credited to one send. *Comparison*, by
intent to treat: an order counts for every send that drew the person, texted or held out, within
those hours before it, so that both groups are measured alike whoever else texted them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from parley.campaign import Send
from parley.ledger import Message, ResponseKind, bucket_of
from parley.money import Money
from parley.outcome import NOT_HANDED_OVER, MessageStatus

MILLIONTHS = 1_000_000
"""Money in metrics is counted in millionths of its currency, exactly."""

_PER_HUNDREDTH = 10_000


class Group(StrEnum):
    """Which side of the comparison a person of a send's audience is on."""

    TEXTED = "texted"
    HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """That a send drew a person, on which side and when; `handed_over` only if a text went out."""

    send_id: str
    campaign_id: str
    program_id: str
    message_id: str
    group: Group
    began: datetime
    window: timedelta
    handed_over: bool

    def covers(self, moment: datetime) -> bool:
        """Whether a moment is within the attribution window."""
        return self.began <= moment <= self.began + self.window


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What an order means for one send that drew the buyer: credited to it, compared, or both."""

    send_id: str
    campaign_id: str
    program_id: str
    message_id: str
    group: Group
    began: datetime
    credited: bool
    compared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The shares of an order and, in words, why."""

    shares: tuple[Share, ...]
    why: str

    @property
    def credit(self) -> Share | None:
        """The share that has the credit: of a texted, or else of a held-out person."""
        return next((share for share in self.shares if share.credited), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order, sign-up or refund; a refund has a negative amount.

    `id` is the shop's own, `contact_ref` a keyed hash of the number; `refund_of` is another
    order's id. The attribution is decided once, when the order is first recorded.
    """

    id: str
    contact_ref: str
    value: Money
    occurred_at: datetime
    recorded_at: datetime
    attribution: Attribution
    refund_of: str | None = None
    lead_id: str | None = None

    @property
    def is_refund(self) -> bool:
        """Whether money went back."""
        return self.refund_of is not None or self.value.amount < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """An order as the ledger of one send keeps it, on the entry of the person's message."""

    message_id: str
    group: Group
    order_id: str
    values: Mapping[str, Any]


def participation_of(send: Send, message: Message) -> Participation | None:
    """How a message says that its send drew the person; None where it did not."""
    if message.status is MessageStatus.HELD_OUT:
        group, handed_over, began = Group.HELD_OUT, False, message.updated_at
    elif message.handed_over_at is not None:
        group, handed_over, began = Group.TEXTED, True, message.handed_over_at
    elif message.status in (MessageStatus.FAILED, MessageStatus.UNKNOWN):
        group, began = Group.TEXTED, message.updated_at
        handed_over = message.status is MessageStatus.UNKNOWN
    else:
        return None
    if message.reason == NOT_HANDED_OVER:
        handed_over = False
    return Participation(
        send_id=send.id,
        campaign_id=send.campaign.id,
        program_id=send.campaign.program_id,
        message_id=message.id,
        group=group,
        began=began,
        window=timedelta(hours=send.campaign.attribution_hours),
        handed_over=handed_over,
    )


def attribute(
    occurred_at: datetime,
    participations: Iterable[Participation],
    *,
    lead_send_id: str | None = None,
) -> Attribution:
    """Which sends an order of that moment counts for, whatever order the orders come in.

    A lead's own send has the credit of what it was won with: the person answered that text. Else
    the latest hand-over has it whose window covers the moment, of equals the greater send id; else
    the latest send that held the person out.
    """
    drawn = sorted(participations, key=lambda each: (each.began, each.send_id), reverse=True)
    covering = [each for each in drawn if each.covers(occurred_at)]
    of_lead = next((p for p in drawn if p.send_id == lead_send_id and p.handed_over), None)
    texted = next((p for p in covering if p.handed_over), None)
    held_out = next((p for p in covering if p.group is Group.HELD_OUT), None)
    if of_lead is not None:
        credited: Participation | None = of_lead
        why = "the lead came from an answer to this text"
    elif texted is not None:
        credited = texted
        why = (
            f"the latest text handed over before the order, {_words(occurred_at - texted.began)} "
            f"earlier and within its {_hours(texted.window)}"
        )
    elif held_out is not None:
        credited = held_out
        why = (
            f"held out from this send {_words(occurred_at - held_out.began)} earlier, within its "
            f"{_hours(held_out.window)}: counted for those who were not texted"
        )
    else:
        credited = None
        why = "no text was handed over to this number, nor held back, within its window before"
    return Attribution(
        shares=tuple(
            Share(
                send_id=each.send_id,
                campaign_id=each.campaign_id,
                program_id=each.program_id,
                message_id=each.message_id,
                group=each.group,
                began=each.began,
                credited=each is credited,
                compared=each.covers(occurred_at),
            )
            for each in drawn
            if each is credited or each.covers(occurred_at)
        ),
        why=why,
    )


def lines_of(order: Order) -> list[OrderLine]:
    """What the ledgers of the sends that share an order have to hold of it."""
    return [
        OrderLine(
            message_id=share.message_id,
            group=share.group,
            order_id=order.id,
            values={
                "amount": millionths(order.value.amount),
                "currency": order.value.currency,
                "bucket": bucket_of(order.occurred_at, after=order.occurred_at - share.began),
                "credited": share.credited,
                "compared": share.compared,
                "refund": order.is_refund,
                **({"refund_of": order.refund_of} if order.refund_of else {}),
            },
        )
        for share in order.attribution.shares
    ]


def within(
    order: Order, refunded: Mapping[str, Decimal], refunds: Iterable[Order]
) -> dict[str, Decimal]:
    """What goes back of an order by refund, after more refunds of it; those that would go beyond
    its amount are left out."""
    noted = dict(refunded)
    for refund in refunds:
        back = -refund.value.amount
        if refund.id not in noted and sum(noted.values()) + back <= order.value.amount:
            noted[refund.id] = back
    return noted


def millionths(amount: Decimal) -> int:
    """An amount as metrics count it."""
    return int(amount * MILLIONTHS)


def conversion_metrics(entry: Mapping[str, Any]) -> dict[str, int]:
    """What one person's orders add to the metrics of a send that drew them.

    `entry` holds the `group` and `orders`: the values of each line by order id. An order that was
    refunded in full is no conversion any more. Sums of squares, which intervals need, are in
    hundredths of the currency.
    """
    group = Group(entry["group"])
    orders: Mapping[str, Mapping[str, Any]] = entry["orders"]
    refunded: dict[str, int] = {}
    for line in orders.values():
        if of := line.get("refund_of"):
            refunded[of] = refunded.get(of, 0) + line["amount"]
    metrics: dict[str, int] = {}

    def add(name: str, n: int) -> None:
        metrics[name] = metrics.get(name, 0) + n

    compared: dict[str, int] = {}
    converted = False
    for order_id, line in orders.items():
        amount, currency = line["amount"], line["currency"]
        counts = not line["refund"] and (amount == 0 or amount + refunded.get(order_id, 0) > 0)
        if line["credited"] and group is Group.TEXTED:
            if line["refund"]:
                add("refunds", 1)
            elif counts:
                add(f"response:{ResponseKind.CONVERSION.value}", 1)
                add(f"{ResponseKind.CONVERSION.value}@{line['bucket']}", 1)
            add(f"revenue:{currency}", amount)
            add(f"revenue:{currency}@{line['bucket']}", amount)
        if line["compared"]:
            converted |= counts
            compared[currency] = compared.get(currency, 0) + amount
    if converted:
        add(f"converted:{group.value}", 1)
    for currency, net in compared.items():
        add(f"value:{group.value}:{currency}", net)
        add(f"squares:{group.value}:{currency}", round(net / _PER_HUNDREDTH) ** 2)
    return {name: n for name, n in metrics.items() if n}


def _words(duration: timedelta) -> str:
    minutes = int(duration.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    hours = minutes // 60
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"


def _hours(window: timedelta) -> str:
    return f"{int(window.total_seconds() // 3600)} attribution hours"
