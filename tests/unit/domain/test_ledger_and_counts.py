"""G4, G5: counts add up, and metrics are differences of what entries say."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.counts import counts_of, named_of, nothing_waits, skipped_of
from parley.ledger import change, message_metrics, response_metrics
from parley.outcome import MessageStatus, SkipReason

ENTRIES = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "status": st.sampled_from([s.value for s in MessageStatus if s != "pending"]),
            "reason": st.sampled_from([r.value for r in SkipReason]),
            "error_code": st.sampled_from([None, "30003", "30007"]),
            "parts": st.integers(0, 4),
        }
    ),
)


def test_what_a_message_adds() -> None:
    assert message_metrics({"status": "undelivered", "error_code": "30003", "parts": 2}) == {
        "status:undelivered": 1,
        "error:30003": 1,
        "parts": 2,
    }
    never_was = {"status": "failed", "reason": "not_handed_over", "parts": 2}
    assert message_metrics({**never_was, "handed_over_at": "2026-11-22T17:00:00Z"}) == {
        "status:failed": 1,
        "failed:not_handed_over": 1,
    }
    assert message_metrics({"status": "skipped", "reason": "opted_out"}) == {
        "status:skipped": 1,
        "skipped:opted_out": 1,
    }
    assert message_metrics(None) == {}


def test_what_a_response_adds() -> None:
    assert response_metrics({"kind": "reply", "intent": "question"}) == {
        "response:reply": 1,
        "reply:question": 1,
    }
    assert response_metrics({"kind": "lead"}) == {"response:lead": 1}
    assert response_metrics(None) == {}


@given(st.lists(ENTRIES, min_size=1))
def test_g5_the_sum_of_changes_is_what_the_last_entry_says(history: list[Any]) -> None:
    total: Counter[str] = Counter()
    before = None
    for after in history:
        total.update(change(message_metrics(before), message_metrics(after)))
        before = after
    assert {n: v for n, v in total.items() if v} == message_metrics(before)


@given(st.lists(ENTRIES, max_size=30), st.integers(0, 50))
def test_g4_counts_always_add_up_to_the_audience(entries: list[Any], pending: int) -> None:
    metrics: Counter[str] = Counter()
    for entry in entries:
        metrics.update(message_metrics(entry))
    audience = sum(e is not None for e in entries) + pending
    counts = counts_of(audience, metrics)
    assert counts.pop("audience") == audience == sum(counts.values())
    assert counts["pending"] == pending
    assert set(counts) == {s.value for s in MessageStatus}


@pytest.mark.parametrize(
    ("metrics", "done"),
    [
        ({"status:delivered": 3}, True),
        ({"status:skipped": 1, "status:sent": 2}, True),
        ({"status:delivered": 2}, False),
        ({"status:delivered": 2, "status:deferred": 1}, False),
        ({"status:delivered": 2, "status:unknown": 1}, False),
    ],
)
def test_a_send_is_complete_when_nothing_waits(metrics: dict[str, int], done: bool) -> None:
    assert nothing_waits(3, metrics) is done


def test_reasons_and_codes_are_listed_only_where_they_occur() -> None:
    metrics = {"skipped:opted_out": 2, "skipped:budget": 0, "error:30003": 1, "error:30007": 0}
    assert skipped_of(metrics) == {"opted_out": 2}
    assert named_of(metrics, "error") == {"30003": 1}
