"""Add what changed in the ledger to the metrics, exactly once (G5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from parley.errors import TransientError
from parley.ledger import change, message_metrics, response_metrics
from parley.outcome import MessageStatus
from parley_aws.ports import Clock, LedgerChange, MetricsStore, SendStore
from parley_aws.use_cases.complete_send import complete_send

_ATTEMPTS = 3
_WAITING = frozenset(
    f"status:{status}"
    for status in (MessageStatus.PENDING, MessageStatus.DEFERRED, MessageStatus.UNKNOWN)
)


def record_metrics(
    changes: Iterable[LedgerChange], *, metrics: MetricsStore, sends: SendStore, clock: Clock
) -> None:
    """Apply changes of the ledger in the order of their stream, then complete who is done.

    A row's mark is the last change that it counts. Batches of one partition come one after the
    other, so a change at or below the mark was counted by an earlier delivery.
    """
    by_row: dict[str, list[LedgerChange]] = {}
    for each in changes:
        by_row.setdefault(each.partition, []).append(each)
    touched: dict[str, None] = {}
    for row, of_row in by_row.items():
        _apply(metrics, row, of_row)
        if any(_settles(each) for each in of_row):
            touched[row.rpartition("#")[0]] = None
    for send_id in touched:
        complete_send(sends, metrics, clock, send_id)


def _apply(metrics: MetricsStore, row: str, changes: list[LedgerChange]) -> None:
    """Add changes beyond the row's mark. Should the mark move meanwhile, look again.

    Raises TransientError where it keeps moving.
    """
    for _ in range(_ATTEMPTS):
        mark = metrics.mark(row) or ""
        fresh = [each for each in changes if each.sequence > mark]
        if not fresh:
            return
        total: Counter[str] = Counter()
        for each in fresh:
            total.update(_difference(each))
        sums = {name: n for name, n in total.items() if n}
        if metrics.add(row, sums, sequence=max(each.sequence for each in fresh)):
            return
    raise TransientError("a row of metrics keeps changing")


def _difference(each: LedgerChange) -> Mapping[str, int]:
    return change(_metrics_of(each.before), _metrics_of(each.after))


def _metrics_of(entry: Mapping[str, Any] | None) -> Counter[str]:
    if entry is None or "status" in entry:
        return message_metrics(entry)
    return response_metrics(entry)


def _settles(each: LedgerChange) -> bool:
    """Whether this may have been the last one that somebody waited for."""
    return any(
        n > 0 and name.startswith("status:") and name not in _WAITING
        for name, n in _difference(each).items()
    )
