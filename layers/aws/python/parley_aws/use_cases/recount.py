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

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from parley.errors import NotFoundError
from parley.ids import LEDGER_SHARDS
from parley.metrics import (
    UNREADABLE,
    Difference,
    differences,
    entry_words,
    probe_metric,
    recounted,
)
from parley.other_texts import is_account
from parley.themes import WordTally
from parley_aws.ports import Clock, Ledger, MetricsRow, MetricsStore, SendStore, TallyRow

WORDS = "words"
"""What a difference in the words of replies is called: which words is nobody's business (G9)."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """What the metrics table holds of one partition."""

    row: MetricsRow
    tally: TallyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfLedger:
    """What the ledger says of one partition."""

    entries: int
    sums: Mapping[str, int]
    words: Mapping[str, int]


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
        """Recount a send, or an account of texts that are no send's, row by row.

        Raises NotFoundError for a send that there is not.
        """
        if not is_account(send_id) and self._sends.get(send_id) is None:
            raise NotFoundError("no such send")
        entries = unreadable = 0
        found: list[Difference] = []
        moving: list[str] = []
        mended: list[str] = []
        for shard in range(LEDGER_SHARDS):
            row = f"{send_id}#{shard:02d}"
            counted = self._counted(row)
            of_ledger = self._read(row)
            entries += of_ledger.entries
            unreadable += of_ledger.sums.get(UNREADABLE, 0)
            if not _differences(row, counted, of_ledger):
                continue
            compared = self._compare(row)
            if compared is None:
                moving.append(row)
                continue
            counted, of_ledger = compared
            differing = _differences(row, counted, of_ledger)
            found += differing
            if mend and differing and counted.row.mark is not None:
                is_mended = self._mend(row, counted, of_ledger)
                (mended if is_mended else moving).append(row)
        return Recounted(
            send_id=send_id,
            entries=entries,
            unreadable=unreadable,
            differences=tuple(found),
            moving=tuple(moving),
            mended=tuple(mended),
        )

    def _counted(self, row: str) -> _Counted:
        return _Counted(row=self._metrics.row(row), tally=self._metrics.tally(row))

    def _read(self, row: str) -> _OfLedger:
        words: Counter[str] = Counter()
        entries = 0

        def each() -> Iterator[Mapping[str, Any]]:
            nonlocal entries
            for entry in self._ledger.audit(row):
                entries += 1
                words.update(entry_words(entry))
                yield entry

        sums = recounted(each())
        return _OfLedger(entries=entries, sums=sums, words=words)

    def _compare(self, row: str) -> tuple[_Counted, _OfLedger] | None:
        """A row and its recount from a time in which nothing moved; None where none was found."""
        for _ in range(_TRIES):
            before = self._drained(row)
            if before is None:
                return None
            found = self._read(row)
            after = self._drained(row)
            if after is None:
                return None
            if after.records == before.records + 1:
                sums = {**_probes(found.sums, of=False), **_probes(after.sums, of=True)}
                counted = _Counted(row=after, tally=self._metrics.tally(row))
                return counted, replace(found, sums=sums)
        return None

    def _mend(self, row: str, counted: _Counted, of_ledger: _OfLedger) -> bool:
        """Make a row what the ledger says, unless it has moved; whether it is."""
        mark = counted.row.mark or ""
        tally = WordTally().after(of_ledger.words)
        if tally != counted.tally.tally and not self._metrics.put_tally(
            row, tally, mark=mark, expected=counted.tally.mark
        ):
            return False
        return self._metrics.replace(row, of_ledger.sums, mark=mark)

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


def _differences(row: str, counted: _Counted, of_ledger: _OfLedger) -> tuple[Difference, ...]:
    """Every metric that differs, and the number of words where these do.

    A tally that had to drop words cannot be compared.
    """
    found = differences(row, counted.row.sums, of_ledger.sums)
    tally = counted.tally.tally
    if tally.missed or tally.words == of_ledger.words:
        return found
    words = Difference(
        row=row,
        metric=WORDS,
        counted=sum(tally.words.values()),
        recounted=sum(of_ledger.words.values()),
    )
    return (*found, words)


def _probes(sums: Mapping[str, int], *, of: bool) -> dict[str, int]:
    """The sums that are of probes, or all others."""
    return {name: n for name, n in sums.items() if name.startswith(probe_metric("")) is of}
