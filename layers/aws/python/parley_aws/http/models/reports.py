"""Reports as the API answers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from parley import report as reporting
from parley.campaign import Send
from parley.comparison import CONFIDENCE, Estimate
from parley.money import Money
from parley.other_texts import OtherTexts
from parley.report import Figures, GroupResult, HoldoutResult, TimelineBucket
from parley.themes import Themes
from parley_aws.http.models.base import Moment, MoneyOutput, Output, example
from parley_aws.http.models.sends import COUNTS_EXAMPLE, Counts
from parley_aws.use_cases.read_sends import SendState

CSV_COLUMNS = ("section", "item", "name", "value", "of", "currency")
"""`item` is the hour, the send or the group that a row is about; empty for the whole report."""


Row = tuple[str, str, str, object, int | None, str | None]


class Cost(MoneyOutput):
    """What the texts cost: the provider's own prices where they are in, for `settled_parts`, and
    the program's price for the other parts. `settled` once all are in.

    `charged` is what the provider's prices add up to so far, by currency. Where it charges another
    one than the program's, `amount` stays the program's price.
    """

    settled: bool
    settled_parts: int
    charged: dict[str, str]


class Rate(Output):
    """A share: `value` of 1 (null of nothing) and the number it is a share `of`."""

    value: float | None
    of: int

    @classmethod
    def of_rate(cls, rate: reporting.Rate) -> Rate:
        """The rate as the API shows it."""
        return cls(value=round(rate.number / rate.of, 4) if rate.of else None, of=rate.of)


class Lift(Output):
    """A difference that the texts made, with its interval; `distinguishable` from nothing where
    that leaves zero out."""

    value: float
    low: float
    high: float
    confidence: float
    distinguishable: bool

    @classmethod
    def of(cls, estimate: Estimate | None) -> Lift | None:
        """The estimate as the API shows it."""
        if estimate is None:
            return None
        return cls(
            value=round(estimate.value, 4),
            low=round(estimate.low, 4),
            high=round(estimate.high, 4),
            confidence=CONFIDENCE,
            distinguishable=estimate.is_distinguishable,
        )


class MoneyLift(Output):
    """The same in money."""

    value: str
    low: str
    high: str
    currency: str
    confidence: float
    distinguishable: bool

    @classmethod
    def of(cls, estimate: Estimate | None, currency: str, *, places: int) -> MoneyLift | None:
        """The estimate as the API shows it."""
        if estimate is None:
            return None
        return cls(
            value=f"{estimate.value:.{places}f}",
            low=f"{estimate.low:.{places}f}",
            high=f"{estimate.high:.{places}f}",
            currency=currency,
            confidence=CONFIDENCE,
            distinguishable=estimate.is_distinguishable,
        )


class GroupOutput(Output):
    """One side of the comparison; `converted` counts people, each once."""

    contacts: int
    converted: int
    conversion_rate: Rate
    revenue: MoneyOutput
    revenue_per_contact: MoneyOutput

    @classmethod
    def of(cls, group: GroupResult, currency: str) -> GroupOutput:
        """The group as the API shows it."""
        per_contact = group.revenue / group.people if group.people else Decimal(0)
        return cls(
            contacts=group.people,
            converted=group.converted,
            conversion_rate=Rate.of_rate(reporting.Rate(number=group.converted, of=group.people)),
            revenue=MoneyOutput.of(Money(amount=group.revenue, currency=currency)),
            revenue_per_contact=MoneyOutput.of(
                Money(amount=round(per_contact, 4), currency=currency)
            ),
        )


class Holdout(Output):
    """The texted beside those left alone, by intent to treat: everyone whom the send drew counts
    on the side that was drawn, with all orders within `attribution_hours`, whoever has the credit.

    `conversion_lift` is in people of one, `revenue_lift` in money of one person,
    `incremental_revenue` the latter over all texted, and `net_value` that less the cost. They are
    null where nobody was held out.
    """

    held_out: int
    groups: dict[str, GroupOutput]
    conversion_lift: Lift | None
    revenue_lift: MoneyLift | None
    incremental_revenue: MoneyLift | None
    net_value: MoneyLift | None
    in_words: str

    @classmethod
    def of(cls, result: HoldoutResult, currency: str, held_out: int) -> Holdout:
        """The comparison as the API shows it."""
        return cls(
            held_out=held_out,
            groups={
                "texted": GroupOutput.of(result.texted, currency),
                "held_out": GroupOutput.of(result.held_out, currency),
            },
            conversion_lift=Lift.of(result.conversion_lift),
            revenue_lift=MoneyLift.of(result.revenue_lift, currency, places=4),
            incremental_revenue=MoneyLift.of(result.incremental_revenue, currency, places=2),
            net_value=MoneyLift.of(result.net_value, currency, places=2),
            in_words=result.in_words,
        )


_BUCKET_FIELDS = {
    "handed_over": "handed_over",
    "delivered": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "replies": "reply",
    "leads": "lead",
    "answers": "answer",
    "opt_outs": "opt_out",
    "conversions": "conversion",
}
"""The fields of an hour by the metrics that fill them."""


class Hour(Output):
    """What happened in one hour from `hour` on, `local` in the program's zone.

    What came more than a week after its text is counted by the day: then `hours` is 24.
    """

    hour: Moment
    local: str
    hours: int
    handed_over: int
    delivered: int
    undelivered: int
    failed: int
    replies: int
    leads: int
    answers: int
    opt_outs: int
    conversions: int
    revenue: MoneyOutput

    @classmethod
    def of(cls, bucket: TimelineBucket, zone: ZoneInfo, currency: str) -> Hour:
        """The bucket as the API shows it."""
        counts = bucket.counts
        return cls(
            hour=bucket.begins,
            local=bucket.begins.astimezone(zone).isoformat(timespec="minutes"),
            hours=bucket.hours,
            **{name: counts.get(metric, 0) for name, metric in _BUCKET_FIELDS.items()},
            revenue=MoneyOutput.of(Money(amount=bucket.revenue, currency=currency)),
        )


class FirstAnswer(Output):
    """How long people with a lead waited for the first text of sales: the mean, of how many."""

    mean_minutes: float | None
    of: int


_MONEY = {"amount": "0", "currency": "USD"}
_EXAMPLE: dict[str, Any] = {
    "as_of": "2026-11-27T19:00:00Z",
    "counts": COUNTS_EXAMPLE,
    "skipped": {"opted_out": 2},
    "failed": {},
    "errors": {},
    "parts": 9,
    "cost": {
        "amount": "0.0747",
        "currency": "USD",
        "settled": False,
        "settled_parts": 0,
        "charged": {},
    },
    "replies": 3,
    "intents": {"lead_keyword": 2, "opt_out": 1},
    "leads": 2,
    "first_answer": {"mean_minutes": 4.5, "of": 2},
    "opt_outs": 1,
    "conversions": 0,
    "refunds": 0,
    "revenue": _MONEY,
    "revenues": {},
    "rates": {"delivered": {"value": 0.8889, "of": 9}},
    "holdout": {
        "held_out": 1,
        "groups": {},
        "conversion_lift": None,
        "revenue_lift": None,
        "incremental_revenue": None,
        "net_value": None,
        "in_words": "Nobody was held out beside people who were texted, so what would have "
        "happened without the texts is not known.",
    },
    "timeline": [],
    "unreadable": 0,
}


class Report(Output):
    """What came of a send, or of all sends of a campaign. `as_of` is when that was read.

    `converted` among the rates is conversions a text; `revenues` are by currency; `unreadable`
    are entries that could not be counted and were put aside, which ought to be 0.
    """

    model_config = example(**_EXAMPLE)

    as_of: Moment
    counts: Counts
    skipped: dict[str, int]
    failed: dict[str, int]
    errors: dict[str, int]
    parts: int
    cost: Cost
    replies: int
    intents: dict[str, int]
    leads: int
    first_answer: FirstAnswer
    opt_outs: int
    conversions: int
    refunds: int
    revenue: MoneyOutput
    revenues: dict[str, str]
    rates: dict[str, Rate]
    holdout: Holdout
    timeline: list[Hour]
    unreadable: int

    @classmethod
    def of(
        cls, states: Sequence[SendState], *, price_per_part: Money, timezone: str, as_of: datetime
    ) -> Report:
        """The report on these sends."""
        return cls(**_fields(states, price_per_part, timezone, as_of))

    def rows(self) -> Iterator[Row]:
        """The report as rows of a table with `CSV_COLUMNS`."""
        money = self.revenue.currency
        yield _row("report", "as_of", self.as_of.isoformat())
        for section in ("counts", "skipped", "failed", "errors", "intents"):
            values: Mapping[str, int] = (
                self.counts.model_dump() if section == "counts" else getattr(self, section)
            )
            for name, value in values.items():
                yield _row(section, name, value)
        for name in ("parts", "replies", "leads", "opt_outs", "conversions", "refunds"):
            yield _row("totals", name, getattr(self, name))
        yield _row("totals", "cost", self.cost.amount, currency=self.cost.currency)
        yield _row("totals", "cost_settled_parts", self.cost.settled_parts, of=self.parts)
        yield _row("totals", "revenue", self.revenue.amount, currency=money)
        answered = self.first_answer
        yield _row("totals", "first_answer_minutes", answered.mean_minutes, of=answered.of)
        yield _row("totals", "unreadable", self.unreadable)
        for section, amounts in (("charged", self.cost.charged), ("revenues", self.revenues)):
            for currency, amount in amounts.items():
                yield _row(section, currency, amount, currency=currency)
        for name, rate in self.rates.items():
            yield _row("rates", name, rate.value, of=rate.of)
        for side, group in self.holdout.groups.items():
            rate, people = group.conversion_rate, group.contacts
            yield _row("holdout", "converted", group.converted, item=side, of=people)
            yield _row("holdout", "conversion_rate", rate.value, item=side, of=rate.of)
            for name in ("revenue", "revenue_per_contact"):
                amount = getattr(group, name).amount
                yield _row("holdout", name, amount, item=side, of=people, currency=money)
        for name in ("conversion_lift", "revenue_lift", "incremental_revenue", "net_value"):
            lift: Lift | MoneyLift | None = getattr(self.holdout, name)
            of_lift = None if name == "conversion_lift" else money
            for part in ("value", "low", "high") if lift else ():
                value = getattr(lift, part)
                yield _row("holdout", part, value, item=name, currency=of_lift)
        yield _row("holdout", "in_words", self.holdout.in_words)
        for hour in self.timeline:
            shown = {"hour", "local", "hours", "revenue"}
            for name, value in hour.model_dump(exclude=shown).items():
                if value:
                    yield _row("timeline", name, value, item=hour.local)
            if hour.revenue.amount != "0":
                amount = hour.revenue.amount
                yield _row("timeline", "revenue", amount, item=hour.local, currency=money)


class SendFigures(Output):
    """One send of a program's report, in short."""

    id: str
    campaign_id: str
    campaign: str
    starts_at: Moment
    audience: int
    delivered: int
    replies: int
    leads: int
    opt_outs: int
    conversions: int
    revenue: MoneyOutput
    cost: Cost

    @classmethod
    def of(cls, send: Send, found: reporting.Report) -> SendFigures:
        """The send as the API shows it in a program's report."""
        return cls(
            id=send.id,
            campaign_id=send.campaign.id,
            campaign=send.campaign.name,
            starts_at=send.starts_at,
            audience=found.counts["audience"],
            delivered=found.counts["delivered"],
            replies=found.replies,
            leads=found.leads,
            opt_outs=found.opt_outs,
            conversions=found.conversions,
            revenue=MoneyOutput.of(found.revenue),
            cost=_cost(found),
        )


class ThemeWord(Output):
    """A word, and how many of the replies hold it."""

    word: str
    replies: int


class ReplyThemes(Output):
    """What the replies are about: how many mean what, and the words that several hold.

    `missed` is how much too low a word's number may be: 0 until the replies to a send hold tens of
    thousands of different words.
    """

    intents: dict[str, int]
    words: list[ThemeWord]
    missed: int


class SendReport(Report):
    """What came of a send, and what the replies to it are about."""

    model_config = example(
        **_EXAMPLE,
        themes={
            "intents": {"question": 3},
            "words": [{"word": "gluten", "replies": 2}],
            "missed": 0,
        },
    )

    themes: ReplyThemes

    @classmethod
    def of_send(cls, report: Report, themes: Themes) -> SendReport:
        """A send's report with the themes of its replies."""
        return cls(
            **dict(report),
            themes=ReplyThemes(
                intents=dict(themes.intents),
                words=[ThemeWord(word=word, replies=n) for word, n in themes.words],
                missed=themes.missed,
            ),
        )

    def rows(self) -> Iterator[Row]:
        """The report as rows of a table with `CSV_COLUMNS`."""
        yield from super().rows()
        for each in self.themes.words:
            yield _row("themes", each.word, each.replies, of=self.replies)


class OtherTextsOutput(Output):
    """Texts of the same dates that are no send's, such as welcomes and salespeople's: how many of
    each kind, and what they cost by the program's price."""

    texts: dict[str, int]
    parts: int
    cost: MoneyOutput


class ProgramReport(Report):
    """What came of a program's sends that started on the dates from `from` to `to`, both included,
    in the program's zone: all their outcomes, also later ones.

    `cost` is that of the sends, `total_cost` that of all texts.
    """

    model_config = example(
        **_EXAMPLE,
        program="pizza",
        **{"from": "2026-11-01", "to": "2026-11-30"},
        sends=[],
        other_texts={
            "texts": {"welcome": 3},
            "parts": 3,
            "cost": {"amount": "0.0249", "currency": "USD"},
        },
        total_cost={"amount": "0.0996", "currency": "USD"},
    )

    program: str
    from_: date = Field(alias="from")
    to: date
    sends: list[SendFigures]
    other_texts: OtherTextsOutput
    total_cost: MoneyOutput

    @classmethod
    def of_program(
        cls,
        states: Sequence[SendState],
        *,
        other_texts: OtherTexts,
        program: str,
        dates: tuple[date, date],
        price_per_part: Money,
        timezone: str,
        as_of: datetime,
    ) -> ProgramReport:
        """The report on these sends of a program, and on its other texts."""
        fields = _fields(states, price_per_part, timezone, as_of)
        other = price_per_part.times(other_texts.parts)
        total = Money(amount=Decimal(fields["cost"].amount) + other.amount, currency=other.currency)
        return cls(
            **fields,
            other_texts=OtherTextsOutput(
                texts=dict(other_texts.texts),
                parts=other_texts.parts,
                cost=MoneyOutput.of(other),
            ),
            total_cost=MoneyOutput.of(total),
            program=program,
            from_=dates[0],
            to=dates[1],
            sends=[
                SendFigures.of(
                    state.send,
                    reporting.report_on([_figures(state)], price_per_part=price_per_part),
                )
                for state in states
            ],
        )

    def rows(self) -> Iterator[Row]:
        """The report as rows of a table with `CSV_COLUMNS`."""
        yield _row("report", "program", self.program)
        yield _row("report", "from", self.from_.isoformat())
        yield _row("report", "to", self.to.isoformat())
        yield from super().rows()
        other = self.other_texts
        for kind, n in other.texts.items():
            yield _row("other_texts", "texts", n, item=kind)
        yield _row("other_texts", "parts", other.parts)
        yield _row("other_texts", "cost", other.cost.amount, currency=other.cost.currency)
        total = self.total_cost
        yield _row("totals", "total_cost", total.amount, currency=total.currency)
        for send in self.sends:
            yield _row("sends", "campaign", send.campaign, item=send.id)
            yield _row("sends", "starts_at", send.starts_at.isoformat(), item=send.id)
            for name in ("audience", "delivered", "replies", "leads", "opt_outs", "conversions"):
                yield _row("sends", name, getattr(send, name), item=send.id)
            for name, money in (("revenue", send.revenue), ("cost", send.cost)):
                yield _row("sends", name, money.amount, item=send.id, currency=money.currency)


def _row(
    section: str,
    name: str,
    value: object,
    *,
    item: str = "",
    of: int | None = None,
    currency: str | None = None,
) -> Row:
    return section, item, name, value, of, currency


def _fields(
    states: Sequence[SendState], price_per_part: Money, timezone: str, as_of: datetime
) -> dict[str, Any]:
    found = reporting.report_on(
        [_figures(state) for state in states], price_per_part=price_per_part
    )
    currency, zone = price_per_part.currency, ZoneInfo(timezone)
    mean = found.answer_seconds / 60 / found.answers if found.answers else None
    return {
        "as_of": min((state.as_of for state in states), default=as_of),
        "counts": Counts(**found.counts),
        "skipped": found.skipped,
        "failed": found.failed,
        "errors": found.errors,
        "parts": found.parts,
        "cost": _cost(found),
        "replies": found.replies,
        "intents": found.intents,
        "leads": found.leads,
        "first_answer": FirstAnswer(
            mean_minutes=None if mean is None else round(mean, 1), of=found.answers
        ),
        "opt_outs": found.opt_outs,
        "conversions": found.conversions,
        "refunds": found.refunds,
        "revenue": MoneyOutput.of(found.revenue),
        "revenues": {name: f"{amount:f}" for name, amount in found.revenues.items()},
        "rates": {name: Rate.of_rate(rate) for name, rate in found.rates.items()},
        "holdout": Holdout.of(found.holdout, currency, found.counts["held_out"]),
        "timeline": [Hour.of(bucket, zone, currency) for bucket in found.timeline],
        "unreadable": found.unreadable,
    }


def _figures(state: SendState) -> Figures:
    return Figures(audience=state.send.audience, metrics=state.metrics)


def _cost(found: reporting.Report) -> Cost:
    return Cost(
        amount=f"{found.cost.amount:f}",
        currency=found.cost.currency,
        settled=bool(found.parts) and found.settled_parts == found.parts,
        settled_parts=found.settled_parts,
        charged={name: f"{amount:f}" for name, amount in found.charged.items()},
    )
