"""G6: what is known of a message never goes back."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.outcome import NOT_HANDED_OVER, MessageStatus, Outcome, next_status, rank

S = MessageStatus


def known(status: MessageStatus, reason: str | None = None) -> Outcome:
    return Outcome(status=status, reason=reason)


@pytest.mark.parametrize(
    ("current", "reported", "then"),
    [
        (S.ACCEPTED, S.SENT, S.SENT),
        (S.SENT, S.ACCEPTED, S.SENT),
        (S.SENT, S.DELIVERED, S.DELIVERED),
        (S.DELIVERED, S.SENT, S.DELIVERED),
        (S.DELIVERED, S.UNDELIVERED, S.DELIVERED),
        (S.UNDELIVERED, S.DELIVERED, S.DELIVERED),
        (S.UNDELIVERED, S.FAILED, S.UNDELIVERED),
        (S.UNKNOWN, S.ACCEPTED, S.ACCEPTED),
        (S.UNKNOWN, S.SENT, S.SENT),
        (S.DEFERRED, S.SKIPPED, S.SKIPPED),
        (S.DEFERRED, S.ACCEPTED, S.ACCEPTED),
        (S.DEFERRED, S.CANCELED, S.CANCELED),
        (S.ACCEPTED, S.CANCELED, S.ACCEPTED),
        (S.SKIPPED, S.DELIVERED, S.DELIVERED),
    ],
)
def test_g6_a_report_moves_a_message_only_forward(
    current: MessageStatus, reported: MessageStatus, then: MessageStatus
) -> None:
    assert next_status(known(current), known(reported)).status is then


@pytest.mark.parametrize("heard", [S.ACCEPTED, S.SENT, S.UNDELIVERED, S.FAILED, S.DELIVERED])
def test_g6_our_own_conclusion_yields_to_what_the_provider_says(heard: MessageStatus) -> None:
    concluded = known(S.FAILED, NOT_HANDED_OVER)
    assert next_status(concluded, known(heard, "30003")).status is heard
    assert next_status(known(heard, "30003"), concluded).status is heard


def test_g6_every_other_failure_is_what_the_provider_says() -> None:
    assert rank(known(S.FAILED, "30003")) == rank(known(S.UNDELIVERED)) == rank(known(S.FAILED))
    assert rank(known(S.UNKNOWN)) < rank(known(S.FAILED, NOT_HANDED_OVER)) < rank(known(S.ACCEPTED))
    assert rank(known(S.SKIPPED, NOT_HANDED_OVER)) == rank(known(S.SKIPPED))


def test_g6_unknown_yields_to_the_conclusion() -> None:
    concluded = known(S.FAILED, NOT_HANDED_OVER)
    assert next_status(known(S.UNKNOWN), concluded) == concluded


def test_g6_receipts_in_any_order_end_the_same() -> None:
    reports = [known(S.ACCEPTED), known(S.SENT), known(S.DELIVERED)]
    for order in permutations([*reports, *reports]):
        current = known(S.UNKNOWN)
        for report in order:
            current = next_status(current, report)
        assert current == known(S.DELIVERED)


@given(st.lists(st.builds(Outcome, status=st.sampled_from(S)), min_size=1))
def test_g6_rank_never_falls(reports: list[Outcome]) -> None:
    current = known(S.PENDING)
    for report in reports:
        following = next_status(current, report)
        assert rank(following) >= rank(current)
        current = following
