"""The tables behind decent hours (G7), error codes, and the names of releases and ranges."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parley.campaign import PageRange
from parley.contact import SuppressionReason
from parley.provider_errors import ErrorMeaning, meaning_of, stops_send, suppression_of
from parley.quiet_hours import (
    QuietHours,
    QuietHoursPolicy,
    StateRules,
    next_period,
    weeks_that_count,
)
from parley_aws.rules import read_state_rules, region_zones
from parley_aws.use_cases import ranges, releases

SHIPPED = read_state_rules()
US_STATES = QuietHours(policy=QuietHoursPolicy.US_STATES)


def allowed(rules: StateRules, state: str, zone: str, local: str) -> bool:
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    weeks = weeks_that_count(US_STATES, rules, (state,))
    period = next_period(weeks, (zone,), moment, at_least=timedelta(minutes=5))
    return period is not None and period.opens == moment


@pytest.mark.parametrize(
    ("state", "local", "expected"),
    [
        ("IL", "2026-06-10T08:59", False),
        ("IL", "2026-06-10T09:00", True),
        ("TX", "2026-06-14T11:59", False),
        ("TX", "2026-06-14T12:00", True),
        ("TX", "2026-06-13T20:54", True),
        ("AL", "2026-06-14T12:00", False),
        ("AL", "2026-06-13T19:54", True),
        ("LA", "2026-06-14T12:00", False),
        ("MS", "2026-06-14T12:00", False),
        ("RI", "2026-06-13T17:30", False),
        ("RI", "2026-06-12T17:30", True),
        ("KY", "2026-06-10T09:30", False),
        ("FL", "2026-06-10T20:30", False),
        ("WA", "2026-06-10T20:30", False),
        ("OR", "2026-06-10T20:30", True),
        ("OR", "2026-06-10T07:59", False),
    ],
)
def test_g7_the_strictest_of_each_states_sources_holds(
    state: str, local: str, expected: bool
) -> None:
    assert allowed(SHIPPED, state, "America/Chicago", local) is expected


def test_g7_some_moment_of_a_weekday_is_decent_everywhere() -> None:
    for state in SHIPPED.states:
        assert allowed(SHIPPED, state, "America/Chicago", "2026-06-10T12:00"), state


def test_three_states_cap_texts_in_a_day() -> None:
    capped = {state for state, rule in SHIPPED.states.items() if rule.caps}
    assert capped == {"FL", "OK", "MD"}
    for state in capped:
        [cap] = SHIPPED.states[state].caps
        assert (cap.max_messages, cap.window_hours) == (3, 24)


def test_zones_of_states_and_regions_exist() -> None:
    assert len(SHIPPED.state_zones) == 51
    assert SHIPPED.state_zones["TX"] == ("America/Chicago", "America/Denver")
    for zones in (*SHIPPED.state_zones.values(), *region_zones().values()):
        for zone in zones:
            ZoneInfo(zone)
    assert {"Pacific/Honolulu", "America/New_York"} <= set(region_zones()["US"])


def test_an_operator_can_follow_other_advice() -> None:
    closed = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    rules = read_state_rules(json.dumps({"states": {"OR": {"week": closed}}}))
    assert not allowed(rules, "OR", "America/Chicago", "2026-06-10T12:00")
    assert rules.states["TX"] == SHIPPED.states["TX"]


@pytest.mark.parametrize(
    "text", ['{"states": {"OR": {}}}', '{"federal": []}', '{"state": {}}', "{", "[]"]
)
def test_advice_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"state rules|Expecting"):
        read_state_rules(text)


@pytest.mark.parametrize(
    ("code", "meaning", "suppression", "stops"),
    [
        ("21211", ErrorMeaning.NUMBER, SuppressionReason.UNREACHABLE, False),
        ("30006", ErrorMeaning.NUMBER, SuppressionReason.UNREACHABLE, False),
        ("21610", ErrorMeaning.OPTED_OUT, SuppressionReason.CARRIER_BLOCK, False),
        ("21617", ErrorMeaning.CONTENT, None, False),
        ("21618", ErrorMeaning.CONTENT, None, True),
        ("20003", ErrorMeaning.CONFIGURATION, None, True),
        ("20429", ErrorMeaning.THROTTLED, None, False),
        ("20500", ErrorMeaning.AMBIGUOUS, None, False),
        ("21612", ErrorMeaning.MESSAGE, None, False),
        ("99999", ErrorMeaning.MESSAGE, None, False),
        (None, ErrorMeaning.MESSAGE, None, False),
    ],
)
def test_what_a_code_is_about(
    code: str | None, meaning: ErrorMeaning, suppression: SuppressionReason | None, stops: bool
) -> None:
    assert meaning_of(code) is meaning
    assert suppression_of(code) is suppression
    assert (stops_send(code) is not None) is stops


@pytest.mark.parametrize(
    ("until", "release"),
    [
        ("2026-11-22T13:00:00+00:00", "2026-11-22T13:00Z"),
        ("2026-11-22T13:00:01+00:00", "2026-11-22T13:15Z"),
        ("2026-11-22T23:59:00+00:00", "2026-11-23T00:00Z"),
        ("2026-11-22T08:07:00-05:00", "2026-11-22T13:15Z"),
    ],
)
def test_releases_are_quarter_hours_not_before_the_moment(until: str, release: str) -> None:
    found = releases.release_after(datetime.fromisoformat(until))
    assert found == release
    assert releases.moment_of(found) >= datetime.fromisoformat(until)
    assert len(releases.schedule_name("snd_" + "f" * 20, found)) <= 64


def piece(start: int, end: int, page: str = "0-0") -> PageRange:
    return PageRange(send_id="snd_1", page_id=page, start=start, end=end)


def test_positions_become_the_fewest_ranges() -> None:
    assert ranges.runs(piece(0, 50), [7, 3, 4, 5, 9]) == [piece(3, 6), piece(7, 8), piece(9, 10)]


def test_ranges_merge_within_their_page_and_are_cut_to_size() -> None:
    found = ranges.merged([piece(0, 30), piece(30, 80), piece(10, 20), piece(5, 6, "1-0")])
    assert found == [piece(0, 50), piece(50, 80), piece(5, 6, "1-0")]
    assert ranges.merged([]) == []


def test_g9_a_command_names_a_range_and_a_moment_and_nothing_else() -> None:
    moment = datetime(2026, 11, 22, 13, 0, 0, 250_000, tzinfo=UTC)
    body = ranges.body_of(piece(3, 6), not_before=moment)
    assert set(body) == {"send_id", "page_id", "start", "end", "not_before"}
    assert ranges.range_of(body) == piece(3, 6)
    assert ranges.reserved_from(body) == moment
    assert ranges.reserved_from(ranges.body_of(piece(3, 6))) is None
