"""What a send would do if it started now; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from parley.contact import Contact
from parley.decide import Claimed, Defer, HandOver, HoldOut, Rules, Skip, decide
from parley.outcome import SkipReason
from parley.parts import Parts
from parley.segment import Segment
from parley_aws.ports import Clock, ContactStore

MAX_CONTACTS = 20_000
"""Beyond so many contacts looked at, the estimate is of those and says that it is approximate."""

MAX_TIME = timedelta(seconds=20)
MAX_SAMPLES = 5
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A text as one contact would get it."""

    phone: str
    body: str
    parts: Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Numbers of people and billed parts. `message_parts` counts those deferred too, as they will
    be texted. `examined` contacts were looked at; `approximate` where there are more."""

    audience: int
    would_send: int
    would_defer: int
    would_skip: dict[SkipReason, int]
    held_out: int
    message_parts: int
    samples: tuple[Sample, ...]
    examined: int
    approximate: bool


def estimate(contacts: ContactStore, segment: Segment, rules: Rules, clock: Clock) -> Estimate:
    """Decide over everyone the segment matches, as a send would, and count.

    Exact up to 20,000 contacts looked at or 20 seconds, whichever ends first.
    """
    tally = _Tally(rules)
    started = clock.now()
    examined = 0
    approximate = False
    for found in _batches(contacts, segment):
        if examined >= MAX_CONTACTS or clock.now() - started > MAX_TIME:
            approximate = True
            break
        now = clock.now()
        examined += len(found)
        for contact in found:
            if segment.matches(contact, now):
                tally.add(contact, now)
    return tally.estimate(examined=examined, approximate=approximate)


class _Tally:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._sums: Counter[str] = Counter()
        self._skips: Counter[SkipReason] = Counter()
        self._samples: list[Sample] = []

    def add(self, contact: Contact, now: datetime) -> None:
        """Count a contact of the audience."""
        self._sums["audience"] += 1
        decision = decide(contact, self._rules, now)
        match decision:
            case Skip():
                self._skips[decision.reason] += 1
            case HoldOut():
                self._sums["held_out"] += 1
            case HandOver():
                self._sums["would_send"] += 1
                self._text(contact, decision)
            case Defer():
                self._sums["would_defer"] += 1
                later = decide(contact, self._rules, decision.until)
                if isinstance(later, HandOver):
                    self._text(contact, later)
            case Claimed():
                raise AssertionError("a send that does not exist holds a claim")

    def estimate(self, *, examined: int, approximate: bool) -> Estimate:
        """What was counted."""
        return Estimate(
            audience=self._sums["audience"],
            would_send=self._sums["would_send"],
            would_defer=self._sums["would_defer"],
            would_skip={r: n for r in SkipReason if (n := self._skips[r])},
            held_out=self._sums["held_out"],
            message_parts=self._sums["parts"],
            samples=tuple(self._samples),
            examined=examined,
            approximate=approximate,
        )

    def _text(self, contact: Contact, decision: HandOver) -> None:
        self._sums["parts"] += decision.parts.count
        if len(self._samples) < MAX_SAMPLES:
            self._samples.append(
                Sample(phone=contact.phone, body=decision.body, parts=decision.parts)
            )


def _batches(contacts: ContactStore, segment: Segment) -> Iterator[list[Contact]]:
    """The contacts that may match, some at a time: by number where the segment names them."""
    if segment.phones is not None:
        for start in range(0, len(segment.phones), _PAGE):
            yield list(contacts.get_many(segment.phones[start : start + _PAGE]).values())
        return
    start_key: str | None = None
    while True:
        page = contacts.scan(segment=0, segments=1, start_key=start_key, limit=_PAGE)
        yield list(page.contacts)
        if page.next_key is None:
            return
        start_key = page.next_key
