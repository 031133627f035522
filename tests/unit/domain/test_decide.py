"""The rule book: who is texted now, later, or not, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from parley.caps import FrequencyCap
from parley.contact import (
    Contact,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from parley.decide import (
    MAXIMUM_VALIDITY,
    Claimed,
    Decision,
    Defer,
    Draft,
    HandOver,
    HoldOut,
    Skip,
    decide,
    is_held_out,
    whereabouts,
)
from parley.outcome import SkipReason
from parley.parts import count_parts
from parley.quiet_hours import (
    Hours,
    QuietHours,
    QuietHoursPolicy,
    StateRule,
    StateRules,
    every_day,
)
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW, Sending
from tests.unit.domain.builders import FEDERAL, NOON, claim, contact, program, rules

STATES = QuietHours(policy=QuietHoursPolicy.US_STATES)
ONE_A_DAY = FrequencyCap(max_messages=1, window_hours=24)
DAY = timedelta(hours=24)
DRAWN = [1, 4, 10, 12, 16, 23, 28, 33, 36, 50, 52, 54, 56, 85, 90]


def skipped(decision: Decision) -> SkipReason | None:
    return decision.reason if isinstance(decision, Skip) else None


def with_claims(*claims: Any) -> Contact:
    return contact(sending=Sending(version=3, claims=claims))


def test_a_subscriber_at_a_decent_hour_is_texted() -> None:
    decision = decide(contact(), rules(), NOON)
    assert isinstance(decision, HandOver)
    assert decision.body == "2 for 1 tonight"
    assert decision.post_by == NOON + CLAIM_PERIOD
    assert decision.parts == count_parts(decision.body)
    assert not decision.discloses


def test_the_body_is_rendered_for_the_contact() -> None:
    given = rules(render=lambda c: Draft(body=f"Hi {c.first_name}"))
    decision = decide(contact(first_name="Zoë"), given, NOON)
    assert isinstance(decision, HandOver)
    assert decision.body == "Hi Zoë"


def _subscription(status: SubscriptionStatus) -> dict[str, Subscription]:
    return {"pizza": Subscription(status=status, since=NOON - DAY, event_id="e")}


def _suppressed(reason: SuppressionReason) -> Suppression:
    return Suppression(reason=reason, since=NOON - DAY)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"subscriptions": _subscription(SubscriptionStatus.OPTED_OUT)}, SkipReason.OPTED_OUT),
        ({"left_all_at": NOON - DAY}, SkipReason.OPTED_OUT),
        ({"suppression": _suppressed(SuppressionReason.OPTED_OUT)}, SkipReason.OPTED_OUT),
        ({"suppression": _suppressed(SuppressionReason.CARRIER_BLOCK)}, SkipReason.OPTED_OUT),
        ({"suppression": _suppressed(SuppressionReason.UNREACHABLE)}, SkipReason.SUPPRESSED),
        ({"subscriptions": {}}, SkipReason.NOT_SUBSCRIBED),
        ({"subscriptions": _subscription(SubscriptionStatus.PENDING)}, SkipReason.NOT_SUBSCRIBED),
        ({"region": None}, SkipReason.INVALID_NUMBER),
    ],
)
def test_g1_g4_whoever_may_not_be_texted_is_skipped_with_the_reason(
    changes: dict[str, Any], reason: SkipReason
) -> None:
    assert skipped(decide(contact(**changes), rules(), NOON)) is reason


def test_g4_an_erased_contact_is_skipped() -> None:
    assert skipped(decide(None, rules(), NOON)) is SkipReason.NOT_SUBSCRIBED


def test_a_missing_value_is_named() -> None:
    decision = decide(
        contact(), rules(render=lambda c: Draft(body="", missing_value="contact.first_name")), NOON
    )
    assert decision == Skip(reason=SkipReason.MISSING_VALUE, detail="contact.first_name")


@pytest.mark.parametrize(("length", "reason"), [(1600, None), (1601, SkipReason.TOO_LONG)])
def test_a_body_over_1600_characters_is_too_long(length: int, reason: SkipReason | None) -> None:
    decision = decide(contact(), rules(render=lambda c: Draft(body="x" * length)), NOON)
    assert skipped(decision) is reason


def test_disclosure_counts_towards_the_length() -> None:
    late = program(disclosure_every=timedelta(days=30))
    decision = decide(contact(), rules(program=late, render=lambda c: Draft(body="x" * 1590)), NOON)
    assert skipped(decision) is SkipReason.TOO_LONG


@pytest.mark.parametrize(
    ("ago", "allowed"),
    [
        (DAY - timedelta(seconds=1), False),
        (DAY, False),  # by a clock that is off, it may have been posted within the window yet
        (DAY + CLOCK_SKEW, True),
        (timedelta(seconds=-5), False),
    ],
)
def test_g2_a_claim_counts_until_its_window_has_passed(ago: timedelta, allowed: bool) -> None:
    capped = rules(program=program(frequency_caps=(ONE_A_DAY,)))
    decision = decide(with_claims(claim(NOON - ago)), capped, NOON)
    assert isinstance(decision, HandOver) is allowed
    if not allowed:
        assert skipped(decision) is SkipReason.FREQUENCY_CAP


def test_g2_every_window_counts() -> None:
    caps = (ONE_A_DAY, FrequencyCap(max_messages=2, window_hours=168))
    two_this_week = with_claims(
        claim(NOON - timedelta(days=2), send="snd_a"), claim(NOON - timedelta(days=5), send="snd_b")
    )
    decision = decide(two_this_week, rules(program=program(frequency_caps=caps)), NOON)
    assert skipped(decision) is SkipReason.FREQUENCY_CAP


def test_g2_a_programs_cap_does_not_count_another_programs_texts() -> None:
    other = with_claims(claim(NOON - timedelta(hours=1), program_id="shoes"))
    capped = rules(program=program(frequency_caps=(ONE_A_DAY,)))
    assert isinstance(decide(other, capped, NOON), HandOver)


def test_g2_the_cap_over_all_programs_counts_them_all() -> None:
    other = with_claims(claim(NOON - timedelta(hours=1), program_id="shoes"))
    assert (
        skipped(decide(other, rules(overall_caps=(ONE_A_DAY,)), NOON)) is SkipReason.FREQUENCY_CAP
    )


def test_g2_a_states_own_cap_counts_all_programs() -> None:
    strict = StateRules(
        federal=FEDERAL.federal,
        states={"FL": StateRule(week=FEDERAL.federal, caps=(ONE_A_DAY,))},
    )
    floridian = replace(with_claims(claim(NOON - DAY / 2, program_id="shoes")), state="FL")
    decision = decide(
        floridian, rules(program=program(quiet_hours=STATES), state_rules=strict), NOON
    )
    assert skipped(decision) is SkipReason.FREQUENCY_CAP


def test_g3_a_contact_this_send_holds_a_claim_on_is_never_decided_again() -> None:
    own = claim(NOON - timedelta(hours=1), send="snd_1")
    assert decide(with_claims(own), rules(), NOON) == Claimed(claim=own)


def chicago(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago")).astimezone(UTC)


def test_g7_at_night_a_text_waits_for_the_morning() -> None:
    night = chicago("2026-06-10T22:00")
    late = rules(program=program(quiet_hours=STATES), expires_at=night + DAY)
    assert decide(contact(), late, night) == Defer(until=chicago("2026-06-11T08:00"))


def test_g7_the_provider_may_not_hold_a_text_into_the_night() -> None:
    evening = chicago("2026-06-10T20:00")
    decision = decide(contact(), rules(program=program(quiet_hours=STATES)), evening)
    assert isinstance(decision, HandOver)
    assert decision.post_by + decision.validity == chicago("2026-06-10T21:00")


def test_g7_nothing_starts_minutes_before_the_night() -> None:
    evening = chicago("2026-06-10T20:56")
    decision = decide(contact(), rules(program=program(quiet_hours=STATES)), evening)
    assert decision == Defer(until=chicago("2026-06-11T08:00"))


def test_the_provider_may_not_hold_a_text_past_its_expiry() -> None:
    soon = rules(expires_at=NOON + timedelta(minutes=30))
    decision = decide(contact(), soon, NOON)
    assert isinstance(decision, HandOver)
    assert decision.post_by + decision.validity == soon.expires_at


def test_a_text_that_would_wait_past_its_expiry_is_skipped_at_once() -> None:
    night = chicago("2026-06-10T22:00")
    early = rules(program=program(quiet_hours=STATES), expires_at=chicago("2026-06-11T07:00"))
    assert skipped(decide(contact(), early, night)) is SkipReason.EXPIRED


def test_a_text_that_will_still_be_capped_in_the_morning_is_skipped_at_once() -> None:
    night = chicago("2026-06-10T22:00")
    capped = program(quiet_hours=STATES, frequency_caps=(ONE_A_DAY,))
    decision = decide(with_claims(claim(night)), rules(program=capped), night)
    assert skipped(decision) is SkipReason.FREQUENCY_CAP


def test_a_text_whose_cap_frees_by_the_morning_waits_for_it() -> None:
    night = chicago("2026-06-10T22:00")
    capped = program(quiet_hours=STATES, frequency_caps=(ONE_A_DAY,))
    free_at_eight = with_claims(claim(chicago("2026-06-10T07:59")))
    late = rules(program=capped, expires_at=night + DAY)
    assert isinstance(decide(free_at_eight, late, night), Defer)


@pytest.mark.parametrize("quiet", [STATES, QuietHours(policy=QuietHoursPolicy.NONE)])
def test_expired_sends_text_nobody(quiet: QuietHours) -> None:
    over = rules(program=program(quiet_hours=quiet), expires_at=NOON)
    assert skipped(decide(contact(), over, NOON)) is SkipReason.EXPIRED


def test_the_holdout_is_drawn_among_those_who_would_be_texted() -> None:
    everyone = rules(holdout_percent=100)
    assert decide(contact(), everyone, NOON) == HoldOut()
    assert skipped(decide(contact(subscriptions={}), everyone, NOON)) is SkipReason.NOT_SUBSCRIBED


def test_the_provider_keeps_a_text_ten_hours_at_most() -> None:
    decision = decide(contact(), rules(expires_at=NOON + 2 * DAY), NOON)
    assert isinstance(decision, HandOver)
    assert decision.validity == MAXIMUM_VALIDITY == timedelta(hours=10)


def test_a_text_may_not_be_claimed_into_its_expiry() -> None:
    tick = timedelta(microseconds=1)
    over = rules(expires_at=NOON + CLAIM_PERIOD)
    assert skipped(decide(contact(), over, NOON)) is SkipReason.EXPIRED
    assert isinstance(decide(contact(), over, NOON - tick), HandOver)


def test_g7_where_no_hour_ever_suits_a_text_is_skipped_as_expired() -> None:
    narrow = StateRules(federal=every_day(Hours(opens=9 * 60, closes=10 * 60)))
    nowhere = contact(number_zones=("America/New_York", "Asia/Tokyo"))
    given = rules(program=program(quiet_hours=STATES), state_rules=narrow)
    assert decide(nowhere, given, NOON) == Skip(reason=SkipReason.EXPIRED)


def test_the_holdout_is_the_same_in_every_release() -> None:
    """A send goes on with the draw that it began with, so these may never change."""
    tenth = rules(holdout_percent=10)
    drawn = [n for n in range(120) if is_held_out(f"+1312555{n:04}", tenth)]
    assert drawn == DRAWN


@pytest.mark.parametrize("share", [1, 50, 99])
def test_the_holdout_draws_that_share_of_a_hundred(share: int) -> None:
    phones = [f"+1312555{n:04}" for n in range(4000)]
    drawn = sum(is_held_out(phone, rules(holdout_percent=share)) for phone in phones)
    assert abs(drawn - 40 * share) < 35


def test_another_send_draws_others() -> None:
    phones = [f"+1312555{n:04}" for n in range(200)]
    half = rules(holdout_percent=50)
    other = rules(holdout_percent=50, send_id="snd_2")
    assert [is_held_out(p, half) for p in phones] != [is_held_out(p, other) for p in phones]


def test_the_holdout_is_stable_and_near_its_share() -> None:
    tenth = rules(holdout_percent=10)
    phones = [f"+1312555{n:04}" for n in range(10_000)]
    drawn = [p for p in phones if is_held_out(p, tenth)]
    assert drawn == [p for p in phones if is_held_out(p, tenth)]
    assert 900 < len(drawn) < 1100
    assert not any(is_held_out(p, rules(holdout_percent=0)) for p in phones)


def test_the_first_text_discloses_and_the_next_does_not() -> None:
    due = program(disclosure_every=timedelta(days=30))
    first = decide(contact(), rules(program=due), NOON)
    assert isinstance(first, HandOver)
    assert first.discloses
    assert first.body == "2 for 1 tonight\nAcme Pizza: Reply STOP to opt out"
    told = contact(sending=Sending(disclosed={"pizza": NOON - timedelta(days=29)}))
    second = decide(told, rules(program=due), NOON)
    assert isinstance(second, HandOver)
    assert second.body == "2 for 1 tonight"


@pytest.mark.parametrize(
    ("changes", "trust", "zones"),
    [
        ({}, False, ("America/Chicago",)),
        (
            {"timezone": "America/Los_Angeles"},
            False,
            ("America/Los_Angeles", "America/Chicago"),
        ),
        ({"timezone": "America/Los_Angeles"}, True, ("America/Los_Angeles",)),
        (
            {"number_zones": ()},
            False,
            ("America/New_York", "America/Chicago", "America/Los_Angeles"),
        ),
        ({"state": "TX"}, False, ("America/Chicago", "America/Denver")),
        ({"number_zones": (), "region": "XX"}, False, ("UTC",)),
    ],
)
def test_g7_every_zone_the_number_or_the_profile_says_counts(
    changes: dict[str, Any], trust: bool, zones: tuple[str, ...]
) -> None:
    texas = StateRules(
        federal=FEDERAL.federal, state_zones={"TX": ("America/Chicago", "America/Denver")}
    )
    given = rules(program=program(trust_timezone=trust), state_rules=texas)
    assert whereabouts(contact(**changes), given).zones == zones


@pytest.mark.parametrize("trust", [False, True])
def test_g7_every_state_the_number_or_the_profile_says_counts(trust: bool) -> None:
    given = rules(program=program(trust_timezone=trust))
    person = contact(state="CA", timezone="America/Chicago")
    assert whereabouts(person, given).states == ("CA", "IL")


def test_g7_a_state_that_opens_later_is_waited_for() -> None:
    kentucky = StateRules(
        federal=FEDERAL.federal,
        states={"KY": StateRule(week=every_day(Hours(opens=600, closes=1260)))},
    )
    morning = chicago("2026-06-10T08:30")
    given = rules(program=program(quiet_hours=STATES), state_rules=kentucky)
    assert decide(contact(state="KY"), given, morning) == Defer(until=chicago("2026-06-10T10:00"))


ORDER: list[tuple[SkipReason, Callable[[dict[str, Any], dict[str, Any]], None]]] = [
    (SkipReason.OPTED_OUT, lambda c, r: c.update(left_all_at=NOON)),
    (
        SkipReason.SUPPRESSED,
        lambda c, r: c.update(suppression=_suppressed(SuppressionReason.UNREACHABLE)),
    ),
    (SkipReason.NOT_SUBSCRIBED, lambda c, r: r.update(program=program(id="shoes"))),
    (SkipReason.INVALID_NUMBER, lambda c, r: c.update(region=None)),
    (
        SkipReason.MISSING_VALUE,
        lambda c, r: r.update(render=lambda _: Draft(body="", missing_value="x")),
    ),
    (SkipReason.TOO_LONG, lambda c, r: r.update(render=lambda _: Draft(body="x" * 1601))),
    (
        SkipReason.FREQUENCY_CAP,
        lambda c, r: (
            c.update(sending=Sending(claims=(claim(NOON),))),
            r.update(overall_caps=(ONE_A_DAY,)),
        )[0],
    ),
    (SkipReason.EXPIRED, lambda c, r: r.update(expires_at=NOON)),
]


@pytest.mark.parametrize("first", range(len(ORDER)), ids=[reason.value for reason, _ in ORDER])
def test_g4_the_first_reason_that_holds_is_the_one_reported(first: int) -> None:
    """With this and all later reasons true at once, this one is named."""
    about_contact: dict[str, Any] = {}
    about_rules: dict[str, Any] = {}
    for _, apply in reversed(ORDER[first:]):
        apply(about_contact, about_rules)
    if ORDER[first][0] is SkipReason.OPTED_OUT:
        about_rules.pop("program")
    decision = decide(contact(**about_contact), rules(**about_rules), NOON)
    assert skipped(decision) is ORDER[first][0]


def test_reasons_are_declared_in_the_order_they_are_tried() -> None:
    assert [reason for reason, _ in ORDER] == [r for r in SkipReason if r is not SkipReason.BUDGET]
