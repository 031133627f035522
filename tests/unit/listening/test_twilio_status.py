"""Every status of Twilio's enum is understood, and none that is not in it."""

import pytest

from parley.outcome import MessageStatus, Outcome
from parley_aws.twilio_status import outcome_of


@pytest.mark.parametrize(
    ("status", "understood"),
    [
        ("accepted", MessageStatus.ACCEPTED),
        ("scheduled", MessageStatus.ACCEPTED),
        ("queued", MessageStatus.ACCEPTED),
        ("sending", MessageStatus.ACCEPTED),
        ("sent", MessageStatus.SENT),
        ("partially_delivered", MessageStatus.SENT),
        ("delivered", MessageStatus.DELIVERED),
        ("read", MessageStatus.DELIVERED),
    ],
)
def test_a_status_on_the_way_needs_no_reason(status: str, understood: MessageStatus) -> None:
    assert outcome_of(status, None) == Outcome(status=understood)


@pytest.mark.parametrize(
    ("status", "code", "understood"),
    [
        ("failed", "30006", Outcome(status=MessageStatus.FAILED, reason="30006")),
        ("failed", None, Outcome(status=MessageStatus.FAILED, reason="failed")),
        ("canceled", None, Outcome(status=MessageStatus.FAILED, reason="canceled")),
        ("undelivered", "30003", Outcome(status=MessageStatus.UNDELIVERED, reason="30003")),
    ],
)
def test_a_lost_message_says_why(status: str, code: str | None, understood: Outcome) -> None:
    assert outcome_of(status, code) == understood


@pytest.mark.parametrize("status", ["receiving", "received", "", "DELIVERED", "teleported"])
def test_what_is_no_status_of_a_text_of_ours_says_nothing(status: str) -> None:
    assert outcome_of(status, None) is None
