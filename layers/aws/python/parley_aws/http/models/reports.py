"""Reports as the API answers them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from parley.counts import counts_of, named_of, skipped_of
from parley.money import Money
from parley_aws.http.models.base import Moment, MoneyOutput, Output, example
from parley_aws.http.models.sends import COUNTS_EXAMPLE, Counts

_HANDED_OVER = ("accepted", "sent", "delivered", "undelivered", "unknown")


class Cost(MoneyOutput):
    """Parts at the program's price; `settled` once the provider's own prices are in."""

    settled: bool


class Rate(Output):
    """A share: `value` of 1 (null of nothing) and the number it is a share `of`."""

    value: float | None
    of: int


class Holdout(Output):
    """Those left alone for comparison, beside those who were texted.

    `lift` is how much more often the texted converted; null while one side has nobody.
    """

    held_out: int
    conversions: int
    conversion_rate: Rate
    texted_conversion_rate: Rate
    lift: float | None


class Hour(Output):
    """What happened in one hour, which begins at `hour`."""

    hour: Moment
    handed_over: int
    delivered: int
    replies: int
    opt_outs: int
    conversions: int


class Report(Output):
    """What came of a send, or of all sends of a campaign. `as_of` is when that was read."""

    model_config = example(
        as_of="2026-11-27T19:00:00Z",
        counts=COUNTS_EXAMPLE,
        skipped={"opted_out": 2},
        errors={},
        parts=9,
        cost={"amount": "0.0747", "currency": "USD", "settled": False},
        replies=3,
        intents={"lead_keyword": 2, "opt_out": 1},
        leads=2,
        opt_outs=1,
        conversions=0,
        revenue={"amount": "0", "currency": "USD"},
        rates={"delivered": {"value": 0.8889, "of": 9}},
        holdout={
            "held_out": 1,
            "conversions": 0,
            "conversion_rate": {"value": 0.0, "of": 1},
            "texted_conversion_rate": {"value": 0.0, "of": 9},
            "lift": None,
        },
        timeline=[],
    )

    as_of: Moment
    counts: Counts
    skipped: dict[str, int]
    errors: dict[str, int]
    parts: int
    cost: Cost
    replies: int
    intents: dict[str, int]
    leads: int
    opt_outs: int
    conversions: int
    revenue: MoneyOutput
    rates: dict[str, Rate]
    holdout: Holdout
    timeline: list[Hour]

    @classmethod
    def of(
        cls, *, audience: int, metrics: Mapping[str, int], price_per_part: Money, as_of: datetime
    ) -> Report:
        """The report on an audience with these metrics."""
        counts = counts_of(audience, metrics)
        handed_over = sum(counts[status] for status in _HANDED_OVER)
        replies, leads, opt_outs, conversions = (
            metrics.get(f"response:{kind}", 0)
            for kind in ("reply", "lead", "opt_out", "conversion")
        )
        parts = metrics.get("parts", 0)
        cost = MoneyOutput.of(price_per_part.times(parts))
        return cls(
            as_of=as_of,
            counts=Counts(**counts),
            skipped=skipped_of(metrics),
            errors=named_of(metrics, "error"),
            parts=parts,
            cost=Cost(amount=cost.amount, currency=cost.currency, settled=False),
            replies=replies,
            intents=named_of(metrics, "reply"),
            leads=leads,
            opt_outs=opt_outs,
            conversions=conversions,
            revenue=MoneyOutput.of(Money(amount=Decimal(0), currency=price_per_part.currency)),
            rates={
                "delivered": _rate(counts["delivered"], handed_over),
                "undelivered": _rate(counts["undelivered"], handed_over),
                "failed": _rate(counts["failed"], handed_over + counts["failed"]),
                "replied": _rate(replies, handed_over),
                "opted_out": _rate(opt_outs, handed_over),
                "leads": _rate(leads, handed_over),
                "converted": _rate(conversions, handed_over),
            },
            holdout=Holdout(
                held_out=counts["held_out"],
                conversions=0,
                conversion_rate=_rate(0, counts["held_out"]),
                texted_conversion_rate=_rate(conversions, handed_over),
                lift=None,
            ),
            timeline=[],
        )


def _rate(number: int, of: int) -> Rate:
    return Rate(value=round(number / of, 4) if of else None, of=of)
