"""What came of some sends: their metrics made into figures that people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from parley import comparison
from parley.comparison import Estimate, Sample
from parley.conversion import MILLIONTHS, Group
from parley.counts import counts_of, named_of, skipped_of
from parley.money import Money
from parley.outcome import MessageStatus

_HANDED_OVER = (
    MessageStatus.ACCEPTED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.UNDELIVERED,
    MessageStatus.UNKNOWN,
)
_HUNDREDTHS_SQUARED = 10_000
_DAY = len("2026-11-27")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One send's audience and metrics, as they were read."""

    audience: int
    metrics: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share: how many, of how many."""

    number: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """One side of a comparison: its people, those who bought, and what they spent."""

    people: int
    converted: int
    revenue: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutResult:
    """The texted beside those left alone, by intent to treat.

    Everyone whom a send drew to be texted counts as texted, also where the provider refused. Lifts
    are per person; None where there is nothing to compare.
    """

    texted: GroupResult
    held_out: GroupResult
    conversion_lift: Estimate | None
    revenue_lift: Estimate | None
    incremental_revenue: Estimate | None
    net_value: Estimate | None
    in_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineBucket:
    """What happened in the `hours` from `begins` on: one, or 24 for what came long after."""

    begins: datetime
    hours: int
    counts: Mapping[str, int]
    revenue: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of some sends. Money is in `currency`, the program's, but for `revenues` and for
    what the provider `charged`, which are by currency."""

    counts: Mapping[str, int]
    skipped: Mapping[str, int]
    failed: Mapping[str, int]
    errors: Mapping[str, int]
    parts: int
    cost: Money
    charged: Mapping[str, Decimal]
    settled_parts: int
    replies: int
    intents: Mapping[str, int]
    leads: int
    answers: int
    answer_seconds: int
    opt_outs: int
    conversions: int
    refunds: int
    revenue: Money
    revenues: Mapping[str, Decimal]
    rates: Mapping[str, Rate]
    holdout: HoldoutResult
    timeline: tuple[TimelineBucket, ...]
    unreadable: int


def report_on(sends: Sequence[Figures], *, price_per_part: Money) -> Report:
    """The report on some sends of one program, added up; their holdouts are compared one by one."""
    metrics: Counter[str] = Counter()
    for each in sends:
        metrics.update(each.metrics)
    currency = price_per_part.currency
    counts = counts_of(sum(each.audience for each in sends), metrics)
    parts = metrics["parts"]
    settled_parts = min(metrics[f"priced_parts:{currency}"], parts)
    charged = {name: _money(n) for name, n in named_of(metrics, "price").items()}
    own = charged.get(currency, Decimal(0))
    cost = price_per_part.times(parts - settled_parts).amount + own
    revenues = {
        name: _money(n) for name, n in named_of(metrics, "revenue").items() if "@" not in name
    }
    return Report(
        counts=counts,
        skipped=skipped_of(metrics),
        failed=named_of(metrics, "failed"),
        errors=named_of(metrics, "error"),
        parts=parts,
        cost=Money(amount=cost, currency=currency),
        charged=charged,
        settled_parts=settled_parts,
        replies=metrics["response:reply"],
        intents=named_of(metrics, "reply"),
        leads=metrics["response:lead"],
        answers=metrics["response:answer"],
        answer_seconds=metrics["answer_seconds"],
        opt_outs=metrics["response:opt_out"],
        conversions=metrics["response:conversion"],
        refunds=metrics["refunds"],
        revenue=Money(amount=revenues.get(currency, Decimal(0)), currency=currency),
        revenues=revenues,
        rates=_rates(counts, metrics),
        holdout=_holdout(sends, currency, cost),
        timeline=_timeline(metrics, currency),
        unreadable=metrics["unreadable"],
    )


def _rates(counts: Mapping[str, int], metrics: Mapping[str, int]) -> dict[str, Rate]:
    handed_over = sum(counts[status] for status in _HANDED_OVER)
    tried = handed_over + counts["failed"]
    audience = counts["audience"]
    leads = metrics["response:lead"]
    return {
        "handed_over": Rate(number=handed_over, of=audience),
        "skipped": Rate(number=counts["skipped"], of=audience),
        "delivered": Rate(number=counts["delivered"], of=handed_over),
        "undelivered": Rate(number=counts["undelivered"], of=handed_over),
        "failed": Rate(number=counts["failed"], of=tried),
        "replied": Rate(number=metrics["response:replied"], of=handed_over),
        "opted_out": Rate(number=metrics["response:opt_out"], of=handed_over),
        "leads": Rate(number=leads, of=handed_over),
        "answered": Rate(number=metrics["response:answer"], of=leads),
        "converted": Rate(number=metrics["response:conversion"], of=handed_over),
    }


def _holdout(sends: Sequence[Figures], currency: str, cost: Decimal) -> HoldoutResult:
    """The comparison over the sends that held somebody out."""
    compared = [each for each in sends if each.metrics.get("status:held_out")]
    bought = [_bought(each) for each in compared]
    spent = [_spent(each, currency) for each in compared]
    conversion_lift = _difference(bought, dispersion=1.0)
    revenue_lift = _difference(spent, dispersion=comparison.dispersion_of(spent))
    texted, held_out = (
        GroupResult(
            people=sum(pair[side].people for pair in bought),
            converted=sum(int(pair[side].total) for pair in bought),
            revenue=sum(
                (
                    _money(each.metrics.get(f"value:{group.value}:{currency}", 0))
                    for each in compared
                ),
                Decimal(0),
            ),
        )
        for side, group in enumerate((Group.TEXTED, Group.HELD_OUT))
    )
    incremental = _times(revenue_lift, texted.people)
    net = _less(incremental, float(cost)) if len(compared) == len(sends) else None
    return HoldoutResult(
        texted=texted,
        held_out=held_out,
        conversion_lift=conversion_lift,
        revenue_lift=revenue_lift,
        incremental_revenue=incremental,
        net_value=net,
        in_words=_in_words(texted, held_out, conversion_lift, revenue_lift, currency),
    )


def _bought(send: Figures) -> tuple[Sample, Sample]:
    texted, held_out = _groups(send)
    return (
        comparison.share_of(texted, send.metrics.get(f"converted:{Group.TEXTED.value}", 0)),
        comparison.share_of(held_out, send.metrics.get(f"converted:{Group.HELD_OUT.value}", 0)),
    )


def _spent(send: Figures, currency: str) -> tuple[Sample, Sample]:
    texted, held_out = _groups(send)
    of_texted, of_held_out = (
        Sample(
            people=people,
            total=send.metrics.get(f"value:{group.value}:{currency}", 0) / MILLIONTHS,
            squares=send.metrics.get(f"squares:{group.value}:{currency}", 0) / _HUNDREDTHS_SQUARED,
        )
        for people, group in ((texted, Group.TEXTED), (held_out, Group.HELD_OUT))
    )
    return of_texted, of_held_out


def _groups(send: Figures) -> tuple[int, int]:
    counts = counts_of(send.audience, send.metrics)
    drawn = sum(counts[status] for status in (*_HANDED_OVER, MessageStatus.FAILED))
    return drawn, counts["held_out"]


def _difference(
    pairs: Sequence[tuple[Sample, Sample]], *, dispersion: float | None
) -> Estimate | None:
    if dispersion is None:
        return None
    strata = []
    for texted, held_out in pairs:
        each = comparison.difference(texted, held_out, dispersion=dispersion)
        if each is not None:
            strata.append((texted, held_out, each))
    return comparison.combined(strata)


def _times(estimate: Estimate | None, factor: float) -> Estimate | None:
    if estimate is None:
        return None
    return Estimate(
        value=estimate.value * factor, low=estimate.low * factor, high=estimate.high * factor
    )


def _less(estimate: Estimate | None, amount: float) -> Estimate | None:
    if estimate is None:
        return None
    return Estimate(
        value=estimate.value - amount, low=estimate.low - amount, high=estimate.high - amount
    )


def _in_words(
    texted: GroupResult,
    held_out: GroupResult,
    conversions: Estimate | None,
    revenue: Estimate | None,
    currency: str,
) -> str:
    if conversions is None:
        return (
            "Nobody was held out beside people who were texted, so what would have happened "
            "without the texts is not known."
        )
    told = (
        f"Of {texted.people} people drawn to be texted {texted.converted} bought "
        f"({_percent(texted)}), of {held_out.people} held out {held_out.converted} "
        f"({_percent(held_out)}). The texts made a difference of {100 * conversions.value:+.1f} "
        f"percentage points (95 % interval {100 * conversions.low:+.1f} to "
        f"{100 * conversions.high:+.1f}): {_verdict(conversions)}."
    )
    if revenue is None:
        return told
    return told + (
        f" In revenue that is {revenue.value:+.2f} {currency} a person ({revenue.low:+.2f} to "
        f"{revenue.high:+.2f}): {_verdict(revenue)}."
    )


def _verdict(estimate: Estimate) -> str:
    if not estimate.is_distinguishable:
        return "not distinguishable from nothing"
    return "more than chance explains" if estimate.low > 0 else "less than without the texts"


def _percent(group: GroupResult) -> str:
    return f"{100 * group.converted / group.people:.1f} %" if group.people else "none"


def _timeline(metrics: Mapping[str, int], currency: str) -> tuple[TimelineBucket, ...]:
    """What happened when; hours in which nothing did are left out."""
    by_bucket: dict[str, Counter[str]] = {}
    for metric, n in metrics.items():
        name, at, bucket = metric.partition("@")
        if at and n:
            by_bucket.setdefault(bucket, Counter())[name] = n
    return tuple(
        TimelineBucket(
            begins=_begins(bucket),
            hours=24 if len(bucket) == _DAY else 1,
            counts={n: c for n, c in counts.items() if ":" not in n},
            revenue=_money(counts[f"revenue:{currency}"]),
        )
        for bucket, counts in sorted(by_bucket.items())
    )


def _begins(bucket: str) -> datetime:
    text = f"{bucket}T00" if len(bucket) == _DAY else bucket
    return datetime.fromisoformat(f"{text}:00").replace(tzinfo=UTC)


def _money(millionths: int) -> Decimal:
    amount = Decimal(millionths) / MILLIONTHS
    return amount.quantize(Decimal(1)) if amount == amount.to_integral() else amount.normalize()
