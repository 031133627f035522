"""The guarantees, watched from outside: what was posted when, what was written, what people asked.

Nothing here uses the code that keeps them. Times are the true clock's; where a rule is about a
clock on somebody's wall, the skew between our own machines is forgiven.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from parley.campaign import AudiencePage, Send, SendStatus
from parley.contact import Contact
from parley.ledger import Message
from parley.metrics import entry_words, recounted
from parley.program import Program
from parley.quiet_hours import QuietHoursPolicy
from parley.themes import WordTally
from parley_aws.ports import LedgerChange, Text
from tests.simulation.engine import HOUR, SECOND, Engine, ViolationError

_TEXT = "text-"
_SKEW = SECOND
_CLAIM = 6 * SECOND
_STEP = timedelta(minutes=10)
_CLAIMS_ARE_REMEMBERED = timedelta(days=14)

# How much is known of a message, in the words of the contract; a later truth never ranks below.
_RANKS = {
    "pending": 0, "deferred": 1, "skipped": 2, "held_out": 2, "canceled": 2, "unknown": 3,
    "accepted": 5, "sent": 6, "failed": 7, "undelivered": 7, "delivered": 8,
}  # fmt: skip
_SEEN_HERE = re.compile(r"(status|skipped|error|response|reply):")
_WAITING = ("pending", "deferred", "unknown")
_NOT_TEXTED = {"skipped", "held_out", "canceled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _HandOver:
    at: int
    program_id: str
    message_id: str


@dataclass(slots=True, kw_only=True)
class _Word:
    """A STOP or START: when its webhook began, when it had answered, in which programs."""

    began: int
    answered: int
    programs: frozenset[str]


@dataclass(slots=True, kw_only=True)
class _Phone:
    hand_overs: list[_HandOver] = field(default_factory=list)
    stops: list[_Word] = field(default_factory=list)
    starts: list[_Word] = field(default_factory=list)


class Guarantees:
    """Watches one schedule; every method raises ViolationError where a guarantee is broken."""

    def __init__(self, engine: Engine, programs: Mapping[str, Program]) -> None:
        self._engine = engine
        self._programs = programs
        self.overall_caps: tuple[tuple[int, int], ...] = ()
        self._phones: dict[str, _Phone] = {}
        self._per_message: Counter[str] = Counter()
        self._handed_to: dict[str, str] = {}
        self._moves: dict[str, list[list[Any]]] = {}
        self._audience: dict[str, dict[str, str]] = {}
        self._pages: dict[tuple[str, str], AudiencePage] = {}
        self._statuses: dict[str, Counter[str]] = {}
        self._sums: dict[str, Counter[str]] = {}
        self._stopped: dict[str, int] = {}
        self._spent: Counter[str] = Counter()
        self._reopened: Counter[str] = Counter()
        self._entries: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.sends: dict[str, Send] = {}
        self.taken: dict[str, int] = {}
        self.reported: dict[str, int] = {}
        self.erased: set[str] = set()
        self.message_ids: dict[str, tuple[str, str]] = {}

    # G1

    def stopped(self, phone: str, *, began: int, programs: Iterable[str]) -> None:
        """A STOP's webhook, or whoever recorded an opt-out, has its answer."""
        self._of(phone).stops.append(
            _Word(began=began, answered=self._engine.now, programs=frozenset(programs))
        )
        self._engine.note(f"{phone} has left {sorted(programs)}")

    def started(self, phone: str, *, began: int, programs: Iterable[str]) -> None:
        """A START was on its way from then on. Of somebody erased nothing is remembered."""
        if phone in self.erased:
            self._of(phone).hand_overs.clear()
        self._of(phone).starts.append(
            _Word(began=began, answered=self._engine.now, programs=frozenset(programs))
        )

    def has_left(self, phone: str, program_id: str, at: int) -> bool:
        """Whether nothing may be handed over: an opt-out was answered, and no START came after it.

        Of a START and a STOP that come within a second no clock of ours can tell the order: either
        may stand. Otherwise a START counts that came after the STOP had come.
        """
        person = self._of(phone)
        return any(
            program_id in stop.programs
            and stop.answered <= at
            and not any(
                program_id in start.programs and stop.began - _SKEW < start.began <= at
                for start in person.starts
            )
            for stop in person.stops
        )

    # What the provider gets

    def handed_over(self, text: Text, program_id: str, contact: Contact | None, at: int) -> None:
        """The provider took a text whose POST started at `at`, or may have taken it."""
        self._engine.counts["hand-overs"] += 1
        if self.has_left(text.to, program_id, at):
            self._fail("G1", f"{text.message_id} to {text.to} after an opt-out")
        self._handed_to[text.message_id] = text.to
        self._per_message[text.message_id] += 1
        if self._per_message[text.message_id] > 1:
            self._fail("G3", f"{text.message_id} was handed over twice")
        if text.message_id.startswith(_TEXT):
            return
        mine = _HandOver(at=at, program_id=program_id, message_id=text.message_id)
        hand_overs = self._of(text.to).hand_overs
        hand_overs.append(mine)
        hand_overs.sort(key=lambda each: each.at)
        program = self._programs[program_id]
        places = [contact, *self._places_until(text.to, at - _CLAIM)]
        while places:
            try:
                self._check_place(text, program, places.pop(0), mine)
            except ViolationError:
                if not places:
                    raise
            else:
                break
        self._check_send(text, at, program)

    def moves(self, phone: str, before: Contact | None) -> Callable[[int], None]:
        """Somebody's place is about to be changed by an import; call what this gives once it has
        its answer, as no claim from then on goes by the place before."""
        move: list[Any] = [before, None]
        self._moves.setdefault(phone, []).append(move)

        def moved(_: int) -> None:
            move[1] = self._engine.now

        return moved

    def _places_until(self, phone: str, at: int) -> list[Contact | None]:
        """What a contact was before changes that were not answered at a time."""
        moves = self._moves.get(phone, ())
        return [before for before, answered in moves if answered is None or answered > at]

    def _check_place(
        self, text: Text, program: Program, contact: Contact | None, mine: _HandOver
    ) -> None:
        """What holds where somebody is, or was when they were claimed."""
        self._check_caps(text.to, program, contact, mine)
        self._check_hours(text, program, contact, mine.at)

    def _check_caps(
        self, phone: str, program: Program, contact: Contact | None, mine: _HandOver
    ) -> None:
        all_times = [each.at for each in self._of(phone).hand_overs]
        own_times = [
            each.at for each in self._of(phone).hand_overs if each.program_id == program.id
        ]
        for cap in program.frequency_caps:
            self._check_window(phone, own_times, cap.max_messages, cap.window_hours)
        for most, hours in self.overall_caps:
            self._check_window(phone, all_times, most, hours)
        if program.quiet_hours.policy is QuietHoursPolicy.US_STATES and contact is not None:
            until_then = [at for at in all_times if at <= mine.at]
            for state in {contact.state, contact.number_state} - {None}:
                for cap in _law()["states"].get(state, {}).get("caps", ()):
                    self._check_window(
                        phone, until_then, cap["max_messages"], cap["window_hours"], last_only=True
                    )

    def _check_window(
        self, phone: str, times: list[int], most: int, hours: int, *, last_only: bool = False
    ) -> None:
        for first, last in list(zip(times, times[most:], strict=False))[-1 if last_only else 0 :]:
            if last - first < hours * HOUR:
                self._fail(
                    "G2",
                    f"{phone} got {most + 1} texts in {(last - first) / 1000} s,"
                    f" {most} in {hours} h allowed",
                )

    def _check_hours(self, text: Text, program: Program, contact: Contact | None, at: int) -> None:
        if contact is None or program.quiet_hours.policy is QuietHoursPolicy.NONE:
            return
        zones, weeks = _zones(contact, program), _weeks(contact, program)
        began, ends = self._engine.moment(at), self._engine.moment(at) + text.validity
        skew = timedelta(milliseconds=_SKEW)
        if not (_allowed(zones, weeks, began) or _allowed(zones, weeks, began + skew)):
            self._fail("G7", f"{text.message_id} posted at {began}, not allowed in {zones}")
        moment = began + skew
        while moment < ends - skew:
            if not _allowed(zones, weeks, moment):
                self._fail("G7", f"{text.message_id} valid until {ends}, not allowed at {moment}")
            moment = min(moment + _STEP, ends - skew)

    def _check_send(self, text: Text, at: int, program: Program) -> None:
        send = self.sends[text.message_id.rpartition("-")[0]]
        skew = timedelta(milliseconds=_SKEW)
        moment = self._engine.moment(at)
        if not send.starts_at - skew <= moment <= send.expires_at + skew:
            self._fail("G4", f"{text.message_id} at {moment}, outside of its send's time")
        if moment + text.validity > send.expires_at + skew:
            self._fail("G7", f"{text.message_id} is valid past {send.expires_at}")
        process = self._engine.current
        since = self._stopped.get(send.id)
        if since is not None and process is not None and process.started_at > since:
            self._fail("G4", f"{text.message_id} was posted by a batch begun after {send.id} ended")
        if send.max_spend is not None:
            price = program.price_per_part.amount
            self._spent[send.id] += 1
            if self._spent[send.id] * price > send.max_spend.amount:
                self._fail("G4", f"{send.id} spent more than {send.max_spend.amount}")

    # G4

    def send_created(self, send: Send) -> None:
        """A send was triggered."""
        self.sends[send.id] = send
        self._audience[send.id] = {}
        self._statuses[send.id] = Counter()
        self._sums[send.id] = Counter()

    def send_moved(self, before: Send, after: Send) -> None:
        """A send's status changed."""
        if before.status in (SendStatus.COMPLETED, SendStatus.CANCELED):
            self._fail("G4", f"{after.id} had ended, and is {after.status}")
        if after.status in (SendStatus.CANCELED, SendStatus.PAUSED):
            self._stopped[after.id] = self._engine.now
        else:
            self._stopped.pop(after.id, None)
        if after.status is SendStatus.COMPLETED:
            statuses = self._statuses[after.id]
            waiting = statuses["pending"] + statuses["deferred"] + statuses["unknown"]
            pending = self._size(after.id) - sum(statuses.values())
            if pending or waiting > self._reopened[after.id]:
                self._fail("G4", f"{after.id} is completed and some are {dict(statuses)}")

    def page_frozen(self, page: AudiencePage) -> None:
        """A page of an audience is there."""
        known = self._pages.get((page.send_id, page.id))
        if known is not None:
            if known.phones != page.phones:
                self._fail("G4", f"page {page.id} of {page.send_id} changed after it was frozen")
            return
        self._pages[page.send_id, page.id] = page
        for phone in page.phones:
            if phone in self._audience[page.send_id]:
                self._fail("G4", f"{phone} is in the audience of {page.send_id} twice")
            self._audience[page.send_id][phone] = page.id

    def in_audience(self, message: Message) -> None:
        """Somebody has an outcome: they must have been considered."""
        if message.phone and message.phone not in self._audience[message.send_id]:
            self._fail("G4", f"{message.id} is nobody's of the audience")
        if message.phone:
            self.message_ids[message.id] = (message.send_id, message.phone)

    def counted(self, send_id: str, metrics: Mapping[str, int]) -> None:
        """The metrics of a send changed."""
        counts = {k: n for k, n in metrics.items() if k.startswith("status:")}
        if min(counts.values(), default=0) < 0 or sum(counts.values()) > self._size(send_id):
            self._fail("G4", f"{send_id} counts {counts} in an audience of {self._size(send_id)}")

    # G6

    def ledger_changed(self, change: LedgerChange) -> None:
        """An entry of the ledger changed."""
        before, after = change.before, change.after
        if after is not None:
            self._entries.setdefault(change.partition.rpartition("#")[0], {})[change.key] = after
        self._add(change.partition, before, -1)
        self._add(change.partition, after, 1)
        if after is None or "status" not in after:
            return
        if before is not None and _rank(after) < _rank(before):
            self._fail("G6", f"{change.partition}: {dict(before)} became {dict(after)}")
        send_id = change.partition.rpartition("#")[0]
        statuses = self._statuses[send_id]
        if after["status"] == "unknown" and before is not None and before["status"] in _NOT_TEXTED:
            # Another delivery of the range skipped them while this one posted: an outcome that
            # moves late, as a receipt would move it.
            self._reopened[send_id] += 1
        if before is not None:
            statuses[before["status"]] -= 1
        statuses[after["status"]] += 1
        if sum(statuses.values()) > self._size(send_id):
            self._fail("G4", f"{send_id} has more outcomes than people: {dict(statuses)}")

    def _add(self, partition: str, entry: Mapping[str, Any] | None, sign: int) -> None:
        """Keep the recount that metrics are compared with."""
        if entry is None:
            return
        sums = self._sums[partition.rpartition("#")[0]]
        if "status" not in entry:
            sums[f"response:{entry['kind']}"] += sign
            if entry["kind"] == "reply":
                sums[f"reply:{entry['intent']}"] += sign
            return
        sums[f"status:{entry['status']}"] += sign
        if entry["status"] == "skipped":
            sums[f"skipped:{entry['reason']}"] += sign
        if entry["error_code"]:
            sums[f"error:{entry['error_code']}"] += sign

    # At rest

    def check_send_at_rest(
        self, send: Send, messages: Mapping[str, Message], metrics: Mapping[str, int]
    ) -> None:
        """Nothing is under way any more, and no fault is to come."""
        if send.status not in (SendStatus.COMPLETED, SendStatus.CANCELED):
            self._fail("G4", f"{send.id} never ends: it is {send.status}")
        if send.audience != self._size(send.id):
            self._fail(
                "G4", f"{send.id} says {send.audience} are in an audience of {self._size(send.id)}"
            )
        of_send = {m.id: m for m in messages.values() if m.send_id == send.id}
        by_phone = Counter(m.phone or self._to_forgotten(m) for m in of_send.values())
        for phone in self._audience[send.id]:
            if by_phone[phone] != 1 and phone not in self.erased:
                self._fail("G4", f"{phone} has {by_phone[phone]} outcomes of {send.id}")
        if len(of_send) != self._size(send.id):
            self._fail("G4", f"{send.id}: {len(of_send)} outcomes, {self._size(send.id)} people")
        for message in of_send.values():
            if message.status in _WAITING:
                self._fail("G4", f"{message.id} is {message.status} for ever")
            if message.status in ("skipped", "failed") and not message.reason:
                self._fail("G4", f"{message.id} is {message.status} without a reason")
            if message.phone:
                self._check_truth(message)
        self._check_metrics(send.id, {name: n for name, n in metrics.items() if n})

    def _check_metrics(self, send_id: str, metrics: Mapping[str, int]) -> None:
        """What the stream added up is what the entries as they now are add up to; and of outcomes,
        reasons and replies, what was seen here."""
        expected = recounted(self._entries.get(send_id, {}).values())
        seen = {name: n for name, n in self._sums[send_id].items() if n}
        told = {name: metrics[name] for name in metrics if _SEEN_HERE.match(name)}
        if metrics != expected or told != seen:
            differing = (metrics.items() ^ expected.items()) | (told.items() ^ seen.items())
            self._fail("G5", f"metrics of {send_id} differ from its ledger in {dict(differing)}")

    def check_words_at_rest(self, send_id: str, tallies: Iterable[WordTally]) -> None:
        """The words of replies that the stream added up are those of the entries as they are."""
        counted = sum((Counter(dict(tally.words)) for tally in tallies), Counter[str]())
        entries = self._entries.get(send_id, {}).values()
        if counted != Counter(word for entry in entries for word in entry_words(entry)):
            self._fail("G5", f"words of replies to {send_id} differ from its ledger: {counted}")

    def _check_truth(self, message: Message) -> None:
        """What the ledger says of a message is what the provider knows of it, unless whoever wrote
        it came when claims are forgotten."""
        at = self.taken.get(message.id)
        is_late = (
            at is not None and message.updated_at - self._engine.moment(at) > _CLAIMS_ARE_REMEMBERED
        )
        if at is not None and message.status in _NOT_TEXTED and not is_late:
            self._fail("G4", f"{message.id} is {message.status}, and was taken")
        known = _rank({"status": message.status, "reason": message.reason})
        if known < self.reported.get(message.id, 0):
            self._fail("G6", f"{message.id} is {message.status}, more had been reported")

    def ranked(self, status: str) -> int:
        """How much a status that the provider reports tells."""
        return _RANKS[status]

    def _to_forgotten(self, message: Message) -> str | None:
        """Whom a message without a number went to, where only its receipt tells of it and whoever
        came to write down the rest came when claims are forgotten."""
        at = self.taken.get(message.id)
        is_late = (
            at is not None
            and self._engine.moment() - self._engine.moment(at) > _CLAIMS_ARE_REMEMBERED
        )
        return self._handed_to[message.id] if is_late else None

    def _size(self, send_id: str) -> int:
        return len(self._audience[send_id])

    def _of(self, phone: str) -> _Phone:
        return self._phones.setdefault(phone, _Phone())

    def _fail(self, guarantee: str, what: str) -> None:
        raise ViolationError(guarantee, what)


def _rank(entry: Mapping[str, Any]) -> int:
    if entry["status"] == "failed" and entry["reason"] == "not_handed_over":
        return 4
    return _RANKS[entry["status"]]


@cache
def _law() -> Any:
    return json.loads(resources.files("parley_aws").joinpath("data/us_states.json").read_text())


def _zones(contact: Contact, program: Program) -> tuple[str, ...]:
    """Every zone in which it must be a decent hour."""
    if program.trust_timezone and contact.timezone:
        return (contact.timezone,)
    said: list[str] = []
    if contact.timezone:
        said = [contact.timezone]
    elif contact.state:
        said = _law()["state_zones"].get(contact.state, [])
    return tuple({*said, *(contact.number_zones or _zones_of_us())})


@cache
def _zones_of_us() -> tuple[str, ...]:
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("ascii")
    return tuple(line.split("\t")[2] for line in table.splitlines() if line.startswith("US\t"))


def _weeks(contact: Contact, program: Program) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Allowed minutes of each day from Monday, of every rule that counts."""
    quiet = program.quiet_hours
    if quiet.policy is QuietHoursPolicy.WINDOW and quiet.start and quiet.end:
        from_, to = quiet.end, quiet.start
        return (((from_.hour * 60 + from_.minute, to.hour * 60 + to.minute),) * 7,)
    law = _law()
    rules = [law["federal"]]
    rules += [
        law["states"][state]["week"]
        for state in (contact.state, contact.number_state)
        if state in law["states"]
    ]
    return tuple(tuple(_minutes(day) for day in rule.values()) for rule in rules)


def _minutes(text: str | None) -> tuple[int, int]:
    if text is None:
        return (0, 0)
    opens, closes = text.split("-")
    (a, b), (c, d) = opens.split(":"), closes.split(":")
    return int(a) * 60 + int(b), int(c) * 60 + int(d)


_zone = cache(ZoneInfo)


@lru_cache(maxsize=100_000)
def _allowed(
    zones: tuple[str, ...], weeks: tuple[tuple[tuple[int, int], ...], ...], moment: datetime
) -> bool:
    for zone in zones:
        local = moment.astimezone(_zone(zone))
        minute = local.hour * 60 + local.minute
        for week in weeks:
            opens, closes = week[local.weekday()]
            if not opens <= minute < closes:
                return False
    return True
