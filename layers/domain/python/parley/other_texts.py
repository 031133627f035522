"""Texts that are no send's: welcomes, answers, tests. They cost money too, and are counted by day.

They enter the ledger under an account for each program and month, as responses enter it under their
send, so that the same stream counts them once and the same recount finds what differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any

from parley.journal import JournalEvent, JournalKind

_PREFIX = "txt_"
_TEXTS = "texts:"
_PARTS = "text_parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherText:
    """One of these texts as its account keeps it."""

    account: str
    text_id: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTexts:
    """How many texts of each kind there were, of how many parts."""

    texts: Mapping[str, int]
    parts: int


def account_of(program_id: str, day: date) -> str:
    """What the texts of a program's month are counted under."""
    return f"{_PREFIX}{program_id}_{day:%Y-%m}"


def accounts_of(program_id: str, first: date, last: date) -> list[str]:
    """The accounts of all months from one date to another."""
    days = ((last - first).days + 1) if first <= last else 0
    return list(dict.fromkeys(account_of(program_id, each) for each in _days(first, days)))


def is_account(id_: str) -> bool:
    """Whether an id is of such an account, not of a send."""
    return id_.startswith(_PREFIX)


def other_text_of(event: JournalEvent, zone: tzinfo) -> OtherText | None:
    """The text that an event of the journal is, by its program's date; None of what is none, and
    of one that no program answers for."""
    if event.kind is not JournalKind.TEXT or event.program_id is None:
        return None
    day = event.occurred_at.astimezone(zone).date()
    return OtherText(
        account=account_of(event.program_id, day),
        text_id=event.id,
        details={
            "text": event.details["kind"],
            "parts": event.details["parts"],
            "day": day.isoformat(),
        },
    )


def text_metrics(entry: Mapping[str, Any]) -> dict[str, int]:
    """What one of these texts adds to the metrics of its account."""
    kind, day = entry["text"], entry["day"]
    return {f"{_TEXTS}{kind}@{day}": 1, f"{_PARTS}@{day}": int(entry["parts"])}


def other_texts_on(metrics: Iterable[Mapping[str, int]], first: date, last: date) -> OtherTexts:
    """The texts on the dates from one to another, both included."""
    texts: Counter[str] = Counter()
    parts = 0
    for each in metrics:
        for metric, n in each.items():
            name, _, day = metric.partition("@")
            if not first.isoformat() <= day <= last.isoformat():
                continue
            if name == _PARTS:
                parts += n
            elif name.startswith(_TEXTS):
                texts[name.removeprefix(_TEXTS)] += n
    return OtherTexts(texts=dict(sorted(texts.items())), parts=parts)


def _days(first: date, count: int) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(count))
