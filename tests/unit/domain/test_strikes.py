"""When lost texts together suppress a number, and when a text is filtered too often."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from parley.filtering import why_filtered
from parley.strikes import STRIKE_WINDOW, Strike, is_unreachable, standing
from tests.unit.domain.builders import NOON

DAY = timedelta(days=1)


def strike(number: int, code: str = "30003", *, at: datetime | None = None) -> Strike:
    return Strike(send_id=f"snd_{number}", error_code=code, at=at or NOON + number * DAY)


def test_strikes_stand_oldest_first_whatever_the_order_of_their_receipts() -> None:
    three = (strike(1), strike(2), strike(3))
    for order in permutations(three):
        assert standing(order, delivered_at=None) == three


def test_a_send_strikes_once() -> None:
    assert standing((strike(1), strike(1)), delivered_at=None) == (strike(1),)


def test_no_strikes_stand_where_there_are_none() -> None:
    assert standing((), delivered_at=NOON) == ()


def test_a_text_that_arrived_clears_those_handed_over_before_it() -> None:
    strikes = (strike(1), strike(3))
    assert standing(strikes, delivered_at=NOON + 2 * DAY) == (strike(3),)
    assert standing(strikes, delivered_at=strike(3).at) == ()
    assert standing(strikes, delivered_at=NOON) == strikes


def test_strikes_lapse_after_the_window() -> None:
    newest = strike(1, at=NOON)
    just_within = strike(2, at=NOON - STRIKE_WINDOW + timedelta(microseconds=1))
    lapsed = strike(3, at=NOON - STRIKE_WINDOW)
    assert standing((lapsed, just_within, newest), delivered_at=None) == (just_within, newest)


@pytest.mark.parametrize(
    ("codes", "limit", "suppresses"),
    [
        (["30003", "30003"], 3, False),
        (["30003", "30008", "30410"], 3, True),
        (["30003"], 1, True),
        (["30005"], 3, False),
        (["30005", "30005"], 20, True),
        (["30005", "30003"], 3, False),
        (["30005", "30003", "30017"], 3, True),
        ([], 1, False),
    ],
)
def test_enough_strikes_suppress(codes: list[str], limit: int, suppresses: bool) -> None:
    strikes = [strike(number, code) for number, code in enumerate(codes)]
    assert is_unreachable(strikes, limit=limit) is suppresses


@pytest.mark.parametrize(
    ("filtered", "delivered", "pauses"),
    [(19, 0, False), (20, 0, True), (20, 180, False), (20, 179, True), (100, 901, False)],
)
def test_a_send_stops_where_more_than_one_in_ten_is_filtered(
    filtered: int, delivered: int, pauses: bool
) -> None:
    metrics = {
        "error:30007": filtered,
        "status:undelivered": filtered,
        "status:delivered": delivered,
        "status:sent": 5,
    }
    reason = why_filtered(metrics)
    assert (reason is not None) is pauses
    if pauses:
        total = filtered + delivered
        assert reason == f"30007: the carriers filtered {filtered} of {total} texts"


def test_failed_texts_are_among_those_whose_end_is_known() -> None:
    assert why_filtered({"error:30007": 20, "status:failed": 200}) is None
    assert why_filtered({}) is None
    assert why_filtered({"error:30007": 19, "status:undelivered": 20}) is None
