"""Recount a send's metrics from its ledger, name what differs, mend it where nothing moves (G5).

A row that differs at first sight may only be behind: its stream is still telling. A probe tells
one from the other. It is an entry written into the row's partition; once the metrics count it,
the stream has told everything that was written before it. So

    probe, wait, read the metrics, read the ledger, probe, wait, read the metrics again

compares like with like where the second probe was the only record that was counted in between: then
the ledger stood still from the first probe to the second, and a difference is real. It is mended on
condition that the row's mark is still that of the second reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from parley.errors import NotFoundError
from parley.ids import LEDGER_SHARDS
from parley.metrics import UNREADABLE, Difference, differences, probe_metric, recounted
from parley_aws.ports import Clock, Ledger, MetricsRow, MetricsStore, SendStore

_TRIES = 3
_POLL = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recounted:
    """What a recount of a send found.

    `differences` are those of rows that stood still; `moving` are rows that did not, or whose
    stream did not come within the patience; `mended` are rows that now hold what the ledger says.
    """

    send_id: str
    entries: int
    unreadable: int
    differences: tuple[Difference, ...]
    moving: tuple[str, ...]
    mended: tuple[str, ...]


class Recount:
    """Recounts sends. `patience` is how long to wait for the stream to come to a probe."""

    def __init__(
        self,
        *,
        sends: SendStore,
        ledger: Ledger,
        metrics: MetricsStore,
        clock: Clock,
        patience: timedelta = timedelta(seconds=30),
    ) -> None:
        self._sends = sends
        self._ledger = ledger
        self._metrics = metrics
        self._clock = clock
        self._patience = patience

    def __call__(self, send_id: str, *, mend: bool = False) -> Recounted:
        """Recount a send, row by row. Raises NotFoundError for one that there is not."""
        if self._sends.get(send_id) is None:
            raise NotFoundError("no such send")
        entries = unreadable = 0
        found: list[Difference] = []
        moving: list[str] = []
        mended: list[str] = []
        for shard in range(LEDGER_SHARDS):
            row = f"{send_id}#{shard:02d}"
            counted = self._metrics.row(row)
            entries_of_row, sums = self._read(row)
            entries += entries_of_row
            unreadable += sums.get(UNREADABLE, 0)
            if not differences(row, counted.sums, sums):
                continue
            compared = self._compare(row)
            if compared is None:
                moving.append(row)
                continue
            still, of_ledger = compared
            differing = differences(row, still.sums, of_ledger)
            found += differing
            if mend and differing and still.mark is not None:
                is_mended = self._metrics.replace(row, of_ledger, mark=still.mark)
                (mended if is_mended else moving).append(row)
        return Recounted(
            send_id=send_id,
            entries=entries,
            unreadable=unreadable,
            differences=tuple(found),
            moving=tuple(moving),
            mended=tuple(mended),
        )

    def _read(self, row: str) -> tuple[int, dict[str, int]]:
        """How many entries a partition has, and what they add up to."""
        counter = count()
        sums = recounted(entry for entry, _ in zip(self._ledger.audit(row), counter, strict=False))
        return next(counter), sums

    def _compare(self, row: str) -> tuple[MetricsRow, Mapping[str, int]] | None:
        """A row and its recount from a time in which nothing moved; None where none was found."""
        for _ in range(_TRIES):
            before = self._drained(row)
            if before is None:
                return None
            _, sums = self._read(row)
            after = self._drained(row)
            if after is None:
                return None
            if after.records == before.records + 1:
                return after, {**_probes(sums, of=False), **_probes(after.sums, of=True)}
        return None

    def _drained(self, row: str) -> MetricsRow | None:
        """The row once it counts all that was written before this call; None for no patience."""
        nonce = self._clock.nonce()
        self._ledger.probe(row, nonce)
        deadline = self._clock.now() + self._patience
        while True:
            now = self._metrics.row(row)
            if now.sums.get(probe_metric(nonce)):
                return now
            if self._clock.now() >= deadline:
                return None
            self._clock.pause(_POLL)


def _probes(sums: Mapping[str, int], *, of: bool) -> dict[str, int]:
    """The sums that are of probes, or all others."""
    return {name: n for name, n in sums.items() if name.startswith(probe_metric("")) is of}
