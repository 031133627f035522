"""Add what changed in the ledger to the metrics, exactly once (G5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from parley.errors import TransientError
from parley.metrics import UNREADABLE, entry_metrics, entry_words
from parley.outcome import MessageStatus
from parley_aws.ports import Clock, LedgerChange, MetricsStore, Queue, SendStore
from parley_aws.use_cases.complete_send import complete_send

MAX_NAMES = 150
"""How many metrics one update changes at most; DynamoDB takes 300 operands and 4 KB of text."""

_ATTEMPTS = 3
_SETTLED = frozenset(
    status.value
    for status in MessageStatus
    if status not in (MessageStatus.PENDING, MessageStatus.DEFERRED, MessageStatus.UNKNOWN)
)


def record_metrics(
    changes: Iterable[LedgerChange],
    *,
    metrics: MetricsStore,
    sends: SendStore,
    clock: Clock,
    aside: Queue | None = None,
) -> int:
    """Apply changes of the ledger in the order of their stream, then complete who is done.

    A row's mark is the last change that it counts. Batches of one partition come one after the
    other, so a change at or below the mark was counted by an earlier delivery. What cannot be read
    is counted as `unreadable` in its row, and its place goes to the queue `aside`, maybe more than
    once; the answer is how many of these there were.
    """
    by_row: dict[str, list[LedgerChange]] = {}
    unreadable: list[LedgerChange] = []
    touched: dict[str, None] = {}
    for each in changes:
        send_id, _, shard = each.partition.rpartition("#")
        if send_id and shard.isdecimal():
            by_row.setdefault(each.partition, []).append(each)
            if _settles(each):
                touched[send_id] = None
            if UNREADABLE in entry_metrics(each.after):
                unreadable.append(each)
        else:
            unreadable.append(each)
    if aside is not None:
        _set_aside(aside, unreadable)
    for row, of_row in by_row.items():
        _tally(metrics, row, of_row)
        _apply(metrics, row, of_row)
    for send_id in touched:
        complete_send(sends, metrics, clock, send_id)
    return len(unreadable)


def _apply(metrics: MetricsStore, row: str, changes: Sequence[LedgerChange]) -> None:
    """Add changes beyond the row's mark, first as if all of them were.

    Should the mark move meanwhile, look again. Raises TransientError where it keeps moving.
    """
    fresh = changes
    for _ in range(_ATTEMPTS):
        if _add_all(metrics, row, fresh):
            return
        mark = metrics.mark(row) or ""
        fresh = [each for each in fresh if each.sequence > mark]
    raise TransientError("a row of metrics keeps changing")


def _add_all(metrics: MetricsStore, row: str, changes: Sequence[LedgerChange]) -> bool:
    return all(
        metrics.add(
            row,
            sums,
            sequence=portion[-1].sequence,
            first=portion[0].sequence,
            records=len(portion),
        )
        for sums, portion in _portions(changes)
    )


def _tally(metrics: MetricsStore, row: str, changes: Sequence[LedgerChange]) -> None:
    """Tally the words of replies beyond the tally's own mark.

    This comes first: once the row counts a record, its words are tallied too. Raises
    TransientError where the mark keeps moving.
    """
    worded = [each for each in changes if entry_words(each.after) != entry_words(each.before)]
    if not worded:
        return
    for _ in range(_ATTEMPTS):
        standing = metrics.tally(row)
        fresh = [each for each in worded if each.sequence > (standing.mark or "")]
        if not fresh:
            return
        words: Counter[str] = Counter()
        for each in fresh:
            words.update(entry_words(each.after))
            words.subtract(entry_words(each.before))
        if metrics.put_tally(
            row, standing.tally.after(words), mark=fresh[-1].sequence, expected=standing.mark
        ):
            return
    raise TransientError("a tally of words keeps changing")


def _portions(
    changes: Sequence[LedgerChange],
) -> Iterator[tuple[dict[str, int], list[LedgerChange]]]:
    """What changes add, in as many portions as updates take."""
    sums: dict[str, int] = {}
    portion: list[LedgerChange] = []
    for each in changes:
        portion.append(each)
        for name, n in entry_metrics(each.after).items():
            sums[name] = sums.get(name, 0) + n
        for name, n in entry_metrics(each.before).items():
            sums[name] = sums.get(name, 0) - n
        if len(sums) > MAX_NAMES:
            yield {name: n for name, n in sums.items() if n}, portion
            sums, portion = {}, []
    if portion:
        yield {name: n for name, n in sums.items() if n}, portion


def _settles(each: LedgerChange) -> bool:
    """Whether this may have been the last one that somebody waited for."""
    after, before = each.after, each.before
    return (
        after is not None
        and after.get("status") in _SETTLED
        and (before is None or before.get("status") not in _SETTLED)
    )


def _set_aside(aside: Queue, unreadable: Sequence[LedgerChange]) -> None:
    """Leave for a person where the entries are that no rule can read."""
    if unreadable:
        aside.send(
            [
                {
                    "kind": UNREADABLE,
                    "table": "messages",
                    "partition": each.partition,
                    "key": each.key,
                    "sequence": each.sequence,
                }
                for each in unreadable
            ]
        )
