"""How hot a reply is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from parley.errors import ConflictError
from parley.lead import (
    Lead,
    LeadStatus,
    Score,
    Temperature,
    check_claim,
    cooled,
    due_anew,
    raised,
    score_lead,
    temperature,
)
from parley.reply import Intent
from tests.unit.domain.builders import NOON

SOON = timedelta(minutes=2)
LATE = timedelta(hours=5)


@pytest.mark.parametrize(
    ("intent", "text", "after", "hot"),
    [
        (Intent.INTEREST, "Yes please! what time?", SOON, True),
        (Intent.INTEREST, "yes", LATE, True),
        (Intent.LEAD_KEYWORD, "YES", None, True),
        (Intent.QUESTION, "what time?", LATE, True),
        (Intent.CHATTER, "lol", SOON, False),
    ],
)
def test_interest_and_questions_are_hot_and_chatter_is_warm(
    intent: Intent, text: str, after: timedelta | None, hot: bool
) -> None:
    score = score_lead(intent, text, after=after)
    assert score is not None
    assert (score.temperature is Temperature.HOT) is hot
    assert 0 < score.points <= 100


@pytest.mark.parametrize(
    "intent", [Intent.DECLINE, Intent.OPT_OUT, Intent.HELP, Intent.OPT_IN, Intent.JOIN]
)
def test_other_answers_make_no_lead(intent: Intent) -> None:
    assert score_lead(intent, "whatever", after=SOON) is None


def test_quick_and_curious_is_hotter_and_says_why() -> None:
    slow = score_lead(Intent.INTEREST, "yes", after=LATE)
    quick = score_lead(Intent.INTEREST, "yes! what time?", after=SOON, earlier_replies=1)
    assert slow is not None
    assert quick is not None
    assert quick.points > slow.points
    assert quick.reasons == (
        "said they want it",
        "and asked a question",
        "within 10 minutes",
        "wrote more than once",
    )


def test_a_score_stays_within_a_hundred() -> None:
    score = score_lead(Intent.LEAD_KEYWORD, "YES?", after=SOON, earlier_replies=9)
    assert score is not None
    assert score.points == 100


@pytest.mark.parametrize(("points", "is_"), [(69, Temperature.WARM), (70, Temperature.HOT)])
def test_hot_starts_at_seventy(points: int, is_: Temperature) -> None:
    assert temperature(points) is is_


LEAD = Lead(
    id="led_1",
    phone="+13125550123",
    first_name="Zoë",
    program_id="pizza",
    campaign_id=None,
    send_id=None,
    score=80,
    reasons=(),
    reply_body="yes",
    reply_received_at=NOON,
    replies=1,
    status=LeadStatus.OPEN,
    owner=None,
    due_at=NOON,
    created_at=NOON,
)


@pytest.mark.parametrize(
    ("intent", "points", "expected", "reasons"),
    [
        (Intent.LEAD_KEYWORD, 95, 95, ("old", "new")),
        (Intent.CHATTER, 30, 80, ("old", "new")),
        (Intent.DECLINE, None, 40, ("old", "declined since")),
        (Intent.COMPLAINT, None, 40, ("old", "complained since")),
        (Intent.OUT_OF_OFFICE, None, 80, ("old",)),
        (Intent.HELP, None, 80, ("old",)),
    ],
)
def test_a_further_reply_raises_a_lead_or_a_no_cools_it(
    intent: Intent, points: int | None, expected: int, reasons: tuple[str, ...]
) -> None:
    score = None if points is None else Score(points=points, reasons=("old", "new"))
    after = raised(replace(LEAD, reasons=("old",)), intent, score)
    assert (after.score, after.reasons) == (expected, reasons)
    assert temperature(after.score) is (Temperature.HOT if expected >= 70 else Temperature.WARM)


def test_a_warm_lead_is_not_raised_by_a_no() -> None:
    assert raised(replace(LEAD, score=30), Intent.DECLINE, None).score == 30


def test_a_lead_that_has_points_again_is_due_anew() -> None:
    gone, later = cooled(LEAD), NOON + timedelta(days=1)
    back = replace(gone, score=75)
    assert due_anew(back, since=gone, due_at=later).due_at == later
    assert due_anew(gone, since=gone, due_at=later).due_at == NOON
    assert due_anew(replace(LEAD, score=90), since=LEAD, due_at=later).due_at == NOON


def test_a_lead_is_claimed_by_one() -> None:
    check_claim(LEAD, "ann")
    check_claim(replace(LEAD, status=LeadStatus.CLAIMED, owner="ann"), "ann")
    with pytest.raises(ConflictError, match="ann"):
        check_claim(replace(LEAD, status=LeadStatus.CLAIMED, owner="ann"), "bob")
    with pytest.raises(ConflictError, match="won"):
        check_claim(replace(LEAD, status=LeadStatus.WON, owner="ann"), "ann")
