"""G7: decent hours, in every zone that counts, over clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.caps import FrequencyCap
from parley.quiet_hours import (
    ALWAYS,
    Hours,
    QuietHours,
    QuietHoursPolicy,
    StateRule,
    StateRules,
    caps_of_states,
    every_day,
    next_period,
    week_outside,
    weeks_that_count,
)

DAYTIME = every_day(Hours(opens=8 * 60, closes=21 * 60))
MINUTE = timedelta(minutes=1)


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "opens", "closes"),
    [
        ("2026-06-10T07:59:59", "2026-06-10T08:00", "2026-06-10T21:00"),
        ("2026-06-10T08:00", "2026-06-10T08:00", "2026-06-10T21:00"),
        ("2026-06-10T20:59", "2026-06-10T20:59", "2026-06-10T21:00"),
        ("2026-06-10T21:00", "2026-06-11T08:00", "2026-06-11T21:00"),
    ],
)
def test_g7_the_window_is_half_open(now: str, opens: str, closes: str) -> None:
    zone = "America/Chicago"
    period = next_period((DAYTIME,), (zone,), at(now, zone), at_least=MINUTE)
    assert period is not None
    assert (period.opens, period.closes) == (at(opens, zone), at(closes, zone))


def test_g7_a_period_too_short_for_a_text_is_passed_over() -> None:
    zone = "America/Chicago"
    now = at("2026-06-10T20:57", zone)
    period = next_period((DAYTIME,), (zone,), now, at_least=timedelta(minutes=5))
    assert period is not None
    assert period.opens == at("2026-06-11T08:00", zone)


def test_g7_all_zones_must_allow_the_moment() -> None:
    zones = ("America/New_York", "America/Los_Angeles")
    period = next_period((DAYTIME,), zones, at("2026-06-10T12:00"), at_least=MINUTE)
    assert period is not None
    assert period.opens == at("2026-06-10T08:00", "America/Los_Angeles")
    assert period.closes == at("2026-06-10T21:00", "America/New_York")


def test_g7_where_no_moment_suits_all_zones_nothing_is_ever_allowed() -> None:
    narrow = every_day(Hours(opens=9 * 60, closes=10 * 60))
    zones = ("America/New_York", "Asia/Tokyo")
    assert next_period((narrow,), zones, at("2026-06-10T12:00"), at_least=MINUTE) is None


def test_g7_a_policy_without_any_known_zone_allows_nothing() -> None:
    assert next_period((DAYTIME,), (), at("2026-06-10T12:00"), at_least=MINUTE) is None


def test_no_policy_allows_every_moment() -> None:
    now = at("2026-06-10T03:00")
    period = next_period((), (), now, at_least=timedelta(hours=10))
    assert period is not None
    assert period.opens == now


@pytest.mark.parametrize(
    ("quiet", "now", "opens"),
    [
        # the clocks of New York jump from 02:00 to 03:00 on 2026-03-08
        (("01:00", "02:30"), "2026-03-08T06:30+00:00", "2026-03-08T07:30+00:00"),
        # and go back from 02:00 to 01:00 on 2026-11-01: the second 01:30 is 06:30 UTC
        (("00:30", "01:30"), "2026-11-01T05:00+00:00", "2026-11-01T06:30+00:00"),
    ],
)
def test_g7_a_clock_change_never_opens_early(quiet: tuple[str, str], now: str, opens: str) -> None:
    week = week_outside(time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1]))
    moment = datetime.fromisoformat(now)
    period = next_period((week,), ("America/New_York",), moment, at_least=MINUTE)
    assert period is not None
    assert period.opens == datetime.fromisoformat(opens)


def test_g7_a_doubled_hour_closes_at_its_first_showing() -> None:
    week = week_outside(time(1, 30), time(8, 0))
    now = at("2026-11-01T04:00")
    period = next_period((week,), ("America/New_York",), now, at_least=MINUTE)
    assert period is not None
    assert period.closes == at("2026-11-01T05:30")


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (time(21), time(8), [(480, 1260)]),
        (time(12), time(13), [(0, 720), (780, 1440)]),
        (time(0), time(8), [(480, 1440)]),
        (time(20, 30), time(0), [(0, 1230)]),
        (time(9), time(9), [(0, 1440)]),
    ],
)
def test_a_quiet_part_leaves_the_rest_of_each_day(
    start: time, end: time, hours: list[tuple[int, int]]
) -> None:
    allowed = tuple(Hours(opens=opens, closes=closes) for opens, closes in hours)
    assert week_outside(start, end) == (allowed,) * 7


def test_g7_zones_far_behind_still_count_their_yesterday() -> None:
    zones = ("Pacific/Honolulu", "Pacific/Pago_Pago")
    now = at("2026-06-10T05:00")
    period = next_period((DAYTIME,), zones, now, at_least=MINUTE)
    assert period is not None
    assert period.opens == now
    assert period.closes == at("2026-06-09T21:00", "Pacific/Honolulu")


def test_allowed_hours_join_over_midnight() -> None:
    week = week_outside(time(1, 0), time(5, 0))
    now = at("2026-06-10T22:00", "America/Chicago")
    period = next_period((week,), ("America/Chicago",), now, at_least=MINUTE)
    assert period is not None
    assert period.closes == at("2026-06-11T01:00", "America/Chicago")


def test_a_day_without_hours_is_skipped() -> None:
    no_sundays = (*DAYTIME[:6], ())
    saturday_night = at("2026-06-13T22:00", "America/Chicago")
    period = next_period((no_sundays,), ("America/Chicago",), saturday_night, at_least=MINUTE)
    assert period is not None
    assert period.opens == at("2026-06-15T08:00", "America/Chicago")


def test_states_add_their_own_week_to_the_federal_one() -> None:
    florida = every_day(Hours(opens=8 * 60, closes=20 * 60))
    cap = FrequencyCap(max_messages=3, window_hours=24)
    rules = StateRules(federal=DAYTIME, states={"FL": StateRule(week=florida, caps=(cap,))})
    quiet = QuietHours(policy=QuietHoursPolicy.US_STATES)
    assert weeks_that_count(quiet, rules, ("FL", "NY")) == (DAYTIME, florida)
    assert caps_of_states(quiet, rules, ("FL", "NY")) == (cap,)


def test_states_do_not_count_under_a_window_of_the_programs_own() -> None:
    rules = StateRules(federal=DAYTIME, states={"FL": StateRule(week=ALWAYS, caps=())})
    quiet = QuietHours(policy=QuietHoursPolicy.WINDOW, start=time(22), end=time(7))
    assert weeks_that_count(quiet, rules, ("FL",)) == (week_outside(time(22), time(7)),)
    assert caps_of_states(quiet, rules, ("FL",)) == ()


@pytest.mark.parametrize(
    "quiet",
    [
        QuietHours(policy=QuietHoursPolicy.US_STATES, start=time(9), end=time(9)),
        QuietHours(policy=QuietHoursPolicy.WINDOW, start=time(9)),
        QuietHours(policy=QuietHoursPolicy.WINDOW, end=time(9)),
        QuietHours(policy=QuietHoursPolicy.WINDOW),
    ],
)
def test_g7_a_window_that_lacks_a_bound_never_fails_open(quiet: QuietHours) -> None:
    rules = StateRules(federal=DAYTIME)
    assert weeks_that_count(quiet, rules, ()) == (DAYTIME,)


ZONES = st.sampled_from(
    ["America/New_York", "America/Phoenix", "Europe/London", "Asia/Kolkata", "Pacific/Apia"]
)
MOMENTS = st.integers(0, 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes, seconds=7)
)


@given(
    start=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    end=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zones=st.lists(ZONES, min_size=1, max_size=3, unique=True),
    now=MOMENTS,
)
def test_g7_no_allowed_moment_shows_a_quiet_time_on_any_clock(
    start: time, end: time, zones: list[str], now: datetime
) -> None:
    week = week_outside(start, end)
    period = next_period((week,), tuple(zones), now, at_least=timedelta(seconds=1))
    if period is None:
        return
    assert period.opens >= now
    for moment in (period.opens, period.closes - timedelta(microseconds=1)):
        for zone in zones:
            shown = moment.astimezone(ZoneInfo(zone)).time()
            quiet = start <= shown < end if start <= end else shown >= start or shown < end
            assert not quiet, f"{shown} in {zone} is quiet"
