"""A text that is no send's is claimed as well, and no cap counts it (G2)."""

from datetime import UTC, datetime, timedelta

import pytest

from parley.caps import FrequencyCap
from parley.consent import ALL_PROGRAMS, OptOut, left_at, with_opt_out
from parley.contact import Contact
from parley.sending import TEXT_PREFIX, Claim

NOON = datetime(2026, 6, 10, 17, tzinfo=UTC)


def test_a_cap_counts_sends_and_not_answers() -> None:
    cap = FrequencyCap(max_messages=1, window_hours=24)
    answer = Claim(send_id=f"{TEXT_PREFIX}1", program_id="pizza", nonce="n", post_by=NOON)
    promotion = Claim(send_id="snd_1", program_id="pizza", nonce="n", post_by=NOON)
    assert cap.allows_another([answer], NOON)
    assert not cap.allows_another([answer, promotion], NOON)


@pytest.mark.parametrize(
    ("scope", "asked", "left"),
    [("pizza", "pizza", True), ("pizza", "tacos", False), (ALL_PROGRAMS, "tacos", True)],
)
def test_who_left_is_known_to_have_left_then(scope: str, asked: str, left: bool) -> None:
    opt_out = OptOut(event_id="e", scope=scope, source="sms", occurred_at=NOON)
    gone = with_opt_out(Contact(phone="+13125550123"), opt_out)
    assert left_at(gone, asked) == (NOON if left else None)
    assert left_at(Contact(phone="+13125550123"), asked) is None


def test_the_last_leaving_counts() -> None:
    later = NOON + timedelta(hours=1)
    gone = Contact(phone="+13125550123")
    for scope, at in ((ALL_PROGRAMS, NOON), ("pizza", later)):
        opt_out = OptOut(event_id="e", scope=scope, source="sms", occurred_at=at)
        gone = with_opt_out(gone, opt_out)
    assert left_at(gone, "pizza") == later
    assert left_at(gone, "tacos") == NOON
