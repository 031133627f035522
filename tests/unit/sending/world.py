"""A pizzeria's sends over ports in memory: queues, streams and schedules run until all is quiet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from parley import ids
from parley.campaign import AudiencePage, Campaign, PageRange, Send, SendStatus
from parley.contact import Contact, Subscription, SubscriptionStatus
from parley.counts import counts_of
from parley.ledger import Message
from parley.program import Program, Sender
from parley.quiet_hours import Hours, QuietHours, QuietHoursPolicy, StateRules, every_day
from parley.sending import Claim
from parley_aws import liquid
from parley_aws.memory import (
    ManualClock,
    MemoryAllowance,
    MemoryContacts,
    MemoryJournal,
    MemoryLedger,
    MemoryMetrics,
    MemoryPrograms,
    MemoryProvider,
    MemoryQueue,
    MemoryScheduler,
    MemorySends,
)
from parley_aws.ports import LedgerChange
from parley_aws.use_cases import ranges
from parley_aws.use_cases.filtering import Filtering
from parley_aws.use_cases.hand_over import HandOvers
from parley_aws.use_cases.launch_send import LaunchSend
from parley_aws.use_cases.reconcile import Reconcile
from parley_aws.use_cases.record_metrics import record_metrics
from parley_aws.use_cases.record_receipt import RecordReceipt
from parley_aws.use_cases.refusals import Refusals
from parley_aws.use_cases.release import release
from parley_aws.use_cases.requeue import Requeue
from parley_aws.use_cases.resolve_audience import Piece, ResolveAudience
from parley_aws.use_cases.rule_book import RuleBook
from parley_aws.use_cases.send_range import SendRange
from parley_aws.use_cases.strikes import Strikes
from tests.support.faults import CrashError, CrashPoint

NOON = datetime(2026, 6, 10, 17, tzinfo=UTC)
"""A Wednesday, noon in Chicago."""

KEY = b"key of the tests"
SEND = "snd_00000000000000000001"
RECONCILE_DELAY = timedelta(minutes=15)
REDELIVERY = timedelta(minutes=6)
PLENTY = timedelta(minutes=5)


def phone(number: int) -> str:
    """A number in Chicago."""
    return f"+1312555{number:04d}"


def contact(number: int = 1, **changes: Any) -> Contact:
    """Someone in Chicago who subscribed to `pizza` a month ago."""
    subscription = Subscription(
        status=SubscriptionStatus.SUBSCRIBED, since=NOON - timedelta(days=30), event_id="e"
    )
    values: dict[str, Any] = {
        "phone": phone(number),
        "region": "US",
        "number_zones": ("America/Chicago",),
        "number_state": "IL",
        "subscriptions": {"pizza": subscription},
    }
    return Contact(**{**values, **changes})


def program(**changes: Any) -> Program:
    """A pizzeria that texts from 8 to 21, without caps or disclosure, as fast as it can."""
    values: dict[str, Any] = {
        "id": "pizza",
        "brand": "Acme Pizza",
        "sender": Sender(messaging_service_sid="MG" + "a" * 32),
        "quiet_hours": QuietHours(policy=QuietHoursPolicy.US_STATES),
        "messages_per_second": 100_000,
        "disclosure_every": None,
    }
    return Program(**{**values, **changes})


def send(**changes: Any) -> Send:
    """A send of Friday's campaign that starts at noon."""
    campaign_changes = changes.pop("campaign", {})
    campaign: dict[str, Any] = {
        "id": "cmp_1",
        "version": 1,
        "name": "Friday",
        "program_id": "pizza",
        "body": "2 for 1 tonight",
        "segment": None,
        "holdout_percent": 0,
        "attribution_hours": 72,
        "auto_reply": None,
        "lead_keywords": (),
        "created_at": NOON,
        "updated_at": NOON,
    }
    values: dict[str, Any] = {
        "id": SEND,
        "campaign": Campaign(**{**campaign, **campaign_changes}),
        "status": SendStatus.RESOLVING,
        "created_at": NOON,
        "starts_at": NOON,
        "expires_at": NOON + timedelta(hours=24),
        "request_hash": "",
    }
    return Send(**{**values, **changes})


class StreamedSends(MemorySends):
    """Sends whose stream is read off `stream`: each as it was before a change and after it."""

    def __init__(self, programs: MemoryPrograms) -> None:
        super().__init__(programs)
        self.stream: list[tuple[Send | None, Send]] = []

    def create(self, send: Send) -> Send:
        """Store a send and tell of it."""
        created = super().create(send)
        self.stream.append((None, created))
        return created

    def move(
        self,
        send_id: str,
        *,
        to: SendStatus,
        only_from: frozenset[SendStatus],
        at: datetime,
        reason: str | None = None,
    ) -> bool:
        """Change a send's status and tell of it."""
        before = self.get(send_id)
        moved = super().move(send_id, to=to, only_from=only_from, at=at, reason=reason)
        after = self.get(send_id)
        if moved and after is not None:
            self.stream.append((before, after))
        return moved


class World:
    """Everything that sends, and the clock. `point` may crash it at one call of a port."""

    def __init__(
        self,
        *contacts: Contact,
        pizzeria: Program | None = None,
        at: datetime = NOON,
        point: CrashPoint | None = None,
    ) -> None:
        guard: Callable[[Any], Any] = point.guard if point else lambda port: port
        self.clock = ManualClock(at)
        self.contacts = MemoryContacts(contacts)
        self.journal = MemoryJournal()
        self.programs = MemoryPrograms(pizzeria or program())
        self.sends = StreamedSends(self.programs)
        self.ledger = MemoryLedger()
        self.metrics = MemoryMetrics()
        self.allowance = MemoryAllowance()
        self.provider = MemoryProvider(self.clock)
        self.queues = {
            name: MemoryQueue(self.clock)
            for name in ("launches", "sends", "releases", "reconciliations")
        }
        self.scheduler = MemoryScheduler(self.clock, self.queues["releases"])
        self._streamed = 0

        sends, ledger = guard(self.sends), guard(self.ledger)
        stored, journal = guard(self.contacts), guard(self.journal)
        metrics, scheduler = guard(self.metrics), guard(self.scheduler)
        queues = {name: guard(queue) for name, queue in self.queues.items()}
        provider = guard(self.provider)

        def count(changes: Sequence[LedgerChange]) -> None:
            record_metrics(changes, metrics=metrics, sends=sends, clock=self.clock)

        self._count = count
        refusals = Refusals(contacts=stored, journal=journal, clock=self.clock)
        self.record_receipt = RecordReceipt(
            ledger=ledger,
            refusals=refusals,
            strikes=Strikes(
                contacts=stored, ledger=ledger, sends=sends, clock=self.clock, id_key=KEY
            ),
            sends=sends,
            filtering=Filtering(sends=sends, metrics=metrics, clock=self.clock),
            clock=self.clock,
        )
        self.launch = LaunchSend(
            sends=sends, scheduler=scheduler, launches=queues["launches"], clock=self.clock
        )
        self.requeue = Requeue(
            sends=sends,
            metrics=metrics,
            sends_queue=queues["sends"],
            scheduler=scheduler,
            launch=self.launch,
            clock=self.clock,
        )
        self.resolve = ResolveAudience(
            sends=sends,
            contacts=stored,
            metrics=metrics,
            sends_queue=queues["sends"],
            launches=queues["launches"],
            clock=self.clock,
        )
        self.send_range = SendRange(
            sends=sends,
            contacts=stored,
            ledger=ledger,
            hand_overs=HandOvers(
                sends=sends,
                contacts=stored,
                ledger=ledger,
                allowance=guard(self.allowance),
                provider=provider,
                clock=self.clock,
            ),
            refusals=refusals,
            scheduler=scheduler,
            sends_queue=queues["sends"],
            reconciliations=queues["reconciliations"],
            clock=self.clock,
            rule_book=RuleBook(
                id_key=KEY,
                renderer=liquid.renderer,
                state_rules=StateRules(federal=every_day(Hours(opens=8 * 60, closes=21 * 60))),
                region_zones={"US": ("America/New_York", "America/Los_Angeles")},
            ),
            reconcile_delay=RECONCILE_DELAY,
        )
        self.reconcile = Reconcile(
            ledger=ledger,
            contacts=stored,
            journal=journal,
            provider=provider,
            reconciliations=queues["reconciliations"],
            clock=self.clock,
            id_key=KEY,
            delay=RECONCILE_DELAY,
        )
        self._release: Callable[[str, str], None] = lambda send_id, due: release(
            sends, queues["sends"], queues["launches"], send_id=send_id, release=due
        )

    def trigger(self, **changes: Any) -> Send:
        """Create a send, which its stream launches later."""
        return self.sends.create(send(**changes))

    def frozen(self, *numbers: int, **changes: Any) -> PageRange:
        """The range of a resolved send's only page."""
        created = self.trigger(**{"status": SendStatus.SENDING, "resolved_at": NOON, **changes})
        self.sends.stream.clear()
        phones = tuple(phone(number) for number in numbers)
        self.sends.add_page(
            AudiencePage(send_id=created.id, id="0-0", phones=phones, next_key=None)
        )
        return PageRange(send_id=created.id, page_id="0-0", start=0, end=len(phones))

    def move(self, to: SendStatus, send_id: str = SEND) -> None:
        """Change a send's status as a person does."""
        assert self.sends.move(
            send_id,
            to=to,
            only_from=frozenset(SendStatus) - {SendStatus.COMPLETED},
            at=self.clock.now(),
        )

    def run(self, until: datetime | None = None) -> None:
        """Work until nothing is left to do, letting time pass; not past `until`."""
        for _ in range(10_000):
            if self._work():
                continue
            soonest = min(
                (
                    moment
                    for moment in (
                        *(queue.next_ready() for queue in self.queues.values()),
                        self.scheduler.next_due(),
                    )
                    if moment is not None
                ),
                default=None,
            )
            if soonest is None or (until is not None and soonest > until):
                return
            self.clock.advance(max(soonest - self.clock.now(), timedelta(0)))
            self.scheduler.fire()
        raise AssertionError("the work never ends")

    def message(self, number: int = 1, send_id: str = SEND) -> Message:
        """The ledger's entry of somebody."""
        found = self.ledger.get(ids.message_id(KEY, send=send_id, phone=phone(number)))
        assert found is not None, f"no entry of {number}"
        return found

    def claims(self, number: int = 1) -> Sequence[Claim]:
        """The claims on somebody."""
        found = self.contacts.get(phone(number))
        assert found is not None
        return found.sending.claims

    def counts(self, send_id: str = SEND) -> dict[str, int]:
        """A send's counts that are not zero."""
        standing = self.sends.get(send_id)
        assert standing is not None
        counts = counts_of(standing.audience, self.metrics.of_send(send_id))
        return {name: n for name, n in counts.items() if n}

    def status(self, send_id: str = SEND) -> SendStatus:
        """Where a send stands."""
        standing = self.sends.get(send_id)
        assert standing is not None
        return standing.status

    def _work(self) -> bool:
        return self._stream_sends() or self._stream_ledger() or self._take()

    def _take(self) -> bool:
        for name, queue in self.queues.items():
            queued = queue.take()
            if queued is not None:
                try:
                    self._handle(name, queued.body)
                except CrashError:
                    queue.send([queued.body], delay=REDELIVERY)
                return True
        return False

    def _handle(self, name: str, body: dict[str, Any]) -> None:
        if name == "sends":
            self.send_range(
                ranges.range_of(body),
                not_before=ranges.reserved_from(body),
                parked=ranges.is_parked(body),
            )
        elif name == "releases":
            self._release(body["send_id"], body["release"])
        elif name == "reconciliations":
            self.reconcile(body["message_id"], attempt=body["attempt"])
        elif body["kind"] == "resolve":
            names = ("send_id", "segment", "segments", "page")
            self.resolve(Piece(**{n: body[n] for n in names}), remaining=lambda: PLENTY)
        elif body["kind"] == "requeue":
            self.requeue(body["send_id"])
        else:
            standing = self.sends.get(body["send_id"])
            assert standing is not None
            self.launch.launch(standing)

    def _stream_sends(self) -> bool:
        if not self.sends.stream:
            return False
        try:
            self.launch.follow(*self.sends.stream[0])
        except CrashError:
            return True
        del self.sends.stream[0]
        return True

    def _stream_ledger(self) -> bool:
        fresh = self.ledger.changes[self._streamed :]
        if fresh:
            try:
                self._count(fresh)
            except CrashError:
                return True
            self._streamed += len(fresh)
        return bool(fresh)
