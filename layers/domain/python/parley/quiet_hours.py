"""Decent hours: when a promotional text may go, in every zone and state that counts (G7).

All hours here are *allowed* hours of the contact's local time, turned into instants by zone, so
that a missing or doubled hour of a clock change can only shorten what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from parley.caps import FrequencyCap

_DAY = timedelta(days=1)
_DAYS_AHEAD = 15


class QuietHoursPolicy(StrEnum):
    """How a program keeps decent hours."""

    US_STATES = "us_states"
    WINDOW = "window"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A program's quiet hours. `start` and `end` bound the quiet part under policy `window`."""

    policy: QuietHoursPolicy
    start: time | None = None
    end: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """An allowed stretch of a local day in minutes from midnight, 0 <= opens < closes <= 1440."""

    opens: int
    closes: int


Week = tuple[tuple[Hours, ...], ...]
"""The allowed hours of the seven local days from Monday; an empty day allows nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRule:
    """What one state demands beyond the federal hours."""

    week: Week
    caps: tuple[FrequencyCap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRules:
    """The federal week, the states' stricter ones, and the zones each state lies in."""

    federal: Week
    states: Mapping[str, StateRule] = field(default_factory=dict)
    state_zones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Every zone (IANA name) and state (two letters) that a contact may be in."""

    zones: tuple[str, ...]
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A half-open stretch of time [opens, closes) in UTC."""

    opens: datetime
    closes: datetime


def every_day(*hours: Hours) -> Week:
    """A week whose days all allow the same hours."""
    return (tuple(hours),) * 7


ALWAYS: Week = every_day(Hours(opens=0, closes=1440))


def week_outside(start: time, end: time) -> Week:
    """The allowed week around a quiet part from `start` to `end`, which may span midnight."""
    quiet_from, quiet_to = _minutes(start), _minutes(end)
    if quiet_from > quiet_to:
        return every_day(Hours(opens=quiet_to, closes=quiet_from))
    before, after = Hours(opens=0, closes=quiet_from), Hours(opens=quiet_to, closes=1440)
    return (
        every_day(*(h for h in (before, after) if h.opens < h.closes))
        if (quiet_from < quiet_to)
        else ALWAYS
    )


def weeks_that_count(
    quiet: QuietHours, rules: StateRules, states: Iterable[str]
) -> tuple[Week, ...]:
    """The weeks that must all allow a moment, under a program's policy and in these states."""
    if quiet.policy is QuietHoursPolicy.NONE:
        return ()
    if (
        quiet.policy is QuietHoursPolicy.WINDOW
        and quiet.start is not None
        and quiet.end is not None
    ):
        return (week_outside(quiet.start, quiet.end),)
    stricter = (rules.states[s].week for s in states if s in rules.states)
    return (rules.federal, *dict.fromkeys(stricter))


def caps_of_states(
    quiet: QuietHours, rules: StateRules, states: Iterable[str]
) -> tuple[FrequencyCap, ...]:
    """The frequency caps that states themselves set, under policy `us_states`."""
    if quiet.policy is not QuietHoursPolicy.US_STATES:
        return ()
    return tuple(cap for s in states if s in rules.states for cap in rules.states[s].caps)


def next_period(
    weeks: tuple[Week, ...], zones: tuple[str, ...], now: datetime, *, at_least: timedelta
) -> Period | None:
    """The first period of at least `at_least` from `now` on that all weeks allow in all zones.

    Its `opens` is `now` itself where now is allowed. None when nothing opens within two weeks:
    then nothing may be sent.
    """
    if not weeks:
        return Period(opens=now, closes=datetime.max.replace(tzinfo=UTC))
    for period in _allowed_lately(weeks, zones, now.astimezone(UTC).date()):
        opens = max(period.opens, now)
        if period.closes - opens >= at_least:
            return Period(opens=opens, closes=period.closes)
    return None


def _allowed(weeks: tuple[Week, ...], zones: tuple[str, ...], day: date) -> tuple[Period, ...]:
    """What all weeks allow in all zones, from the day before `day` for two weeks, in order."""
    schedules = [_periods_lately(week, zone, day) for zone in zones for week in weeks]
    if not schedules:
        return ()
    common = schedules[0]
    for schedule in schedules[1:]:
        common = _intersect(common, schedule)
    return tuple(common)


def _periods(week: Week, zone: str, day: date) -> list[Period]:
    tz = ZoneInfo(zone)
    periods: list[Period] = []
    for offset in range(-1, _DAYS_AHEAD):
        local_day = day + offset * _DAY
        for hours in week[local_day.weekday()]:
            opens = max(_instants(local_day, hours.opens, tz))
            closes = min(_instants(local_day, hours.closes, tz))
            if periods and opens <= periods[-1].closes:
                opens = periods.pop().opens
            if opens < closes:
                periods.append(Period(opens=opens, closes=closes))
    return periods


def _instants(day: date, minutes: int, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """The one or two instants at which clocks show this many minutes of this local day."""
    wall = datetime.combine(day + (minutes // 1440) * _DAY, _time_of(minutes % 1440))
    return (
        wall.replace(tzinfo=tz, fold=0).astimezone(UTC),
        wall.replace(tzinfo=tz, fold=1).astimezone(UTC),
    )


def _intersect(left: list[Period], right: list[Period]) -> list[Period]:
    common = []
    i = j = 0
    while i < len(left) and j < len(right):
        opens = max(left[i].opens, right[j].opens)
        closes = min(left[i].closes, right[j].closes)
        if opens < closes:
            common.append(Period(opens=opens, closes=closes))
        if left[i].closes < right[j].closes:
            i += 1
        else:
            j += 1
    return common


def _minutes(t: time) -> int:
    return t.hour * 60 + t.minute


def _time_of(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


_allowed_lately = lru_cache(maxsize=4096)(_allowed)
_periods_lately = lru_cache(maxsize=4096)(_periods)
