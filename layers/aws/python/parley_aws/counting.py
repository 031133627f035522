"""What counts, put together: the stream of the ledger, and the recount of what it was counted to.

Imports are inside, so that a function loads only what it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from parley_aws import wiring

if TYPE_CHECKING:
    from parley.campaign import Send
    from parley_aws.use_cases.recount import Recount, Recounted

RECENT = timedelta(days=7)
"""Sends that started no longer ago than this are recounted by schedule."""

_YEAR = timedelta(days=366)
_ENOUGH_TIME = timedelta(minutes=3)
_PAGE = 100
_MOST_NAMED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many records were counted, and how many of these cannot be read."""

    changes: int
    unreadable: int


def count_changes(records: Iterable[Mapping[str, Any]]) -> Counted:
    """Add records of the messages table to the metrics."""
    from parley_aws.dynamo.stream import ledger_changes
    from parley_aws.use_cases.record_metrics import record_metrics

    changes = ledger_changes(records)
    unreadable = record_metrics(
        changes,
        metrics=wiring.metrics(),
        sends=wiring.sends(),
        clock=wiring.clock(),
        aside=wiring.queue("stream_failures"),
    )
    return Counted(changes=len(changes), unreadable=unreadable)


def recount(send_id: str, *, mend: bool) -> Recounted:
    """Recount one send. Raises NotFoundError."""
    return _recount()(send_id, mend=mend)


def recount_recent(*, mend: bool = False) -> Iterable[Recounted]:
    """Recount this week's texts that are no send's, then the sends that started lately, newest
    first."""
    since = wiring.clock().now() - RECENT
    recount_one = _recount()
    for account in _accounts(since.date()):
        yield recount_one(account, mend=mend)
    for send in _sends():
        if since <= send.starts_at <= wiring.clock().now():
            yield recount_one(send.id, mend=mend)


def recount_all(*, mend: bool = False) -> Iterable[Recounted]:
    """Recount a year's texts that are no send's, then every send, newest first."""
    recount_one = _recount()
    for account in _accounts(wiring.clock().now().date() - _YEAR):
        yield recount_one(account, mend=mend)
    for send in _sends():
        yield recount_one(send.id, mend=mend)


def watch_drift(remaining: Callable[[], timedelta]) -> dict[str, int]:
    """Recount recent sends as long as time remains. Operators are told what differs, by name in the
    log, and in numbers: sends and accounts recounted, metrics that drifted, rows that would not
    stand still, unreadable entries."""
    from parley_aws.emf import emit

    told = {"Recounted": 0, "MetricsDrift": 0, "MetricsMoving": 0, "MetricsUnreadable": 0}
    for found in recount_recent():
        told["Recounted"] += 1
        if found.differences:
            differences = [asdict(each) for each in found.differences[:_MOST_NAMED]]
            _logger().error("metrics_drift", extra={"differences": differences})
        told["MetricsDrift"] += len(found.differences)
        told["MetricsMoving"] += len(found.moving)
        told["MetricsUnreadable"] += found.unreadable
        if remaining() < _ENOUGH_TIME:
            _logger().warning("recount_unfinished", extra={"last": found.send_id})
            break
    emit(told, at=wiring.clock().now())
    return told


@cache
def _logger() -> Logger:
    return Logger()


def _recount() -> Recount:
    from parley_aws.use_cases.recount import Recount

    return Recount(
        sends=wiring.sends(),
        ledger=wiring.ledger(),
        metrics=wiring.metrics(),
        clock=wiring.clock(),
    )


def _accounts(first: date) -> Iterable[str]:
    """The accounts, from a date on, of every program's texts that are no send's."""
    from parley.other_texts import accounts_of

    last = wiring.clock().now().date() + timedelta(days=1)
    for program in wiring.programs().all():
        yield from accounts_of(program.id, first - timedelta(days=1), last)


def _sends() -> Iterable[Send]:
    start_key: str | None = None
    while True:
        page = wiring.sends().newest(campaign_id=None, limit=_PAGE, start_key=start_key)
        yield from page.items
        start_key = page.next_key
        if start_key is None:
            return
