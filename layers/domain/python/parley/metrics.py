"""Metrics of a send: the sum of what each entry of its ledger adds (G5).

Because each entry adds what follows from it alone, a change of an entry changes the sum by a
difference, and a recount of the ledger has to give the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parley.conversion import conversion_metrics
from parley.ledger import ResponseKind, message_metrics, response_metrics
from parley.other_texts import text_metrics

PROBE = "probe"
"""Kind of an entry that a recount writes to see how far the stream has come. It counts nothing but
itself, under a name that no other probe has (`probe_metric`)."""

UNREADABLE = "unreadable"
"""What an entry adds that cannot be read; such an entry may consist of this name and the reason."""


def entry_metrics(entry: Mapping[str, Any] | None) -> Mapping[str, int]:
    """What one entry of a ledger adds to its send's metrics; None adds nothing.

    Never raises: an entry that no rule can read counts as `unreadable`, until it is mended.
    """
    if entry is None:
        return {}
    try:
        if "status" in entry:
            return message_metrics(entry)
        if UNREADABLE in entry:
            return {UNREADABLE: 1}
        kind = entry["kind"]
        if kind == ResponseKind.CONVERSION:
            return conversion_metrics(entry)
        if kind == ResponseKind.TEXT:
            return text_metrics(entry)
        if kind == PROBE:
            return {probe_metric(entry["nonce"]): 1}
        return response_metrics(entry)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return {UNREADABLE: 1}


def entry_words(entry: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The words of a reply that its entry holds for the themes of its send; of others none."""
    words = entry.get("words") if entry else None
    return tuple(words.split()) if isinstance(words, str) else ()


def probe_metric(nonce: str) -> str:
    """The metric that is 1 once a probe is counted."""
    return f"{PROBE}:{nonce}"


def recounted(entries: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The metrics of some entries; zeroes left out."""
    total: dict[str, int] = {}
    for entry in entries:
        for name, n in entry_metrics(entry).items():
            total[name] = total.get(name, 0) + n
    return {name: n for name, n in total.items() if n}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A metric of one row (a partition of the ledger) that is not what the ledger says."""

    row: str
    metric: str
    counted: int
    recounted: int


def differences(
    row: str, counted: Mapping[str, int], recounted: Mapping[str, int]
) -> tuple[Difference, ...]:
    """Every metric of a row that differs, by name; probes aside."""
    return tuple(
        Difference(
            row=row, metric=name, counted=counted.get(name, 0), recounted=recounted.get(name, 0)
        )
        for name in sorted(counted.keys() | recounted.keys())
        if counted.get(name, 0) != recounted.get(name, 0) and not name.startswith(probe_metric(""))
    )
