"""The product's own use cases, put together over the simulated ports as its functions are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import parley.campaign
from parley.campaign import Send
from parley.caps import FrequencyCap
from parley.contact import Contact
from parley.number import PhoneNumber, new_contact
from parley_aws import liquid, rules
from parley_aws.memory import (
    MemoryAllowance,
    MemoryCampaigns,
    MemoryContacts,
    MemoryJournal,
    MemoryLeads,
    MemoryLedger,
    MemoryMetrics,
    MemoryPrograms,
)
from parley_aws.ports import LedgerChange, OrganizationSettings
from parley_aws.twilio_status import receipt_in
from parley_aws.use_cases import launch_send, ranges, resolve_audience
from parley_aws.use_cases.control_send import cancel_send
from parley_aws.use_cases.filtering import Filtering
from parley_aws.use_cases.hand_over import HandOvers
from parley_aws.use_cases.handle_reply import HandleReply
from parley_aws.use_cases.launch_send import LaunchSend
from parley_aws.use_cases.open_claims import OpenClaims
from parley_aws.use_cases.opt_outs import RecordOptOut
from parley_aws.use_cases.person import ErasePerson, FindPerson
from parley_aws.use_cases.receive_receipt import ReceiveReceipt
from parley_aws.use_cases.receive_reply import ReceiveReply
from parley_aws.use_cases.reconcile import Reconcile
from parley_aws.use_cases.record_metrics import record_metrics
from parley_aws.use_cases.record_receipt import RecordReceipt
from parley_aws.use_cases.refusals import Refusals
from parley_aws.use_cases.registry import Registry
from parley_aws.use_cases.release import release
from parley_aws.use_cases.requeue import Requeue
from parley_aws.use_cases.resolve_audience import Piece, ResolveAudience
from parley_aws.use_cases.rule_book import RuleBook
from parley_aws.use_cases.send_range import SendRange
from parley_aws.use_cases.strikes import Strikes
from parley_aws.use_cases.texting import HandOverText
from parley_aws.use_cases.trigger_send import TriggerSend
from parley_aws.use_cases.upsert_contacts import Row, upsert_contacts
from tests.simulation.carrier import SimCarrier
from tests.simulation.engine import Engine
from tests.simulation.guarantees import Guarantees
from tests.simulation.ports import (
    PiecewiseSends,
    SimClock,
    SimContacts,
    SimJournal,
    SimLedger,
    SimMetrics,
    SimPort,
    SimSends,
)
from tests.simulation.scenario import Scenario
from tests.simulation.transport import SimQueue, SimScheduler, SimStream

KEY = b"the simulation's key"
RECONCILE_DELAY = timedelta(minutes=15)
Body = dict[str, Any]


@contextmanager
def small_pieces() -> Iterator[None]:
    """Cut audiences into pages of 3 and ranges of 2, so that a few people make many pieces."""
    sizes: tuple[tuple[Any, str, int], ...] = (
        (parley.campaign, "RANGE_KEYS", 2),
        (ranges, "RANGE_KEYS", 2),
        (resolve_audience, "MAX_PAGE_KEYS", 3),
        (resolve_audience, "_SCAN_LIMIT", 2),
        (launch_send, "SCAN_SEGMENTS", 2),
    )
    before = [(module, name, getattr(module, name)) for module, name, _ in sizes]
    for module, name, size in sizes:
        setattr(module, name, size)
    try:
        yield
    finally:
        for module, name, size in before:
            setattr(module, name, size)


class Product:
    """Stores, queues, streams, and every use case that sends or listens."""

    def __init__(self, engine: Engine, scenario: Scenario, guarantees: Guarantees) -> None:
        self._engine = engine
        self.clock = SimClock(engine)
        self._make_stores(scenario)
        self._make_ports(scenario, guarantees)
        self._make_use_cases()

    def _make_stores(self, scenario: Scenario) -> None:
        """What is kept, as nobody's effects: the world looks into it freely."""
        self.programs = MemoryPrograms(*scenario.programs)
        caps = tuple(FrequencyCap(max_messages=m, window_hours=h) for m, h in scenario.overall_caps)
        self.programs.put_settings(OrganizationSettings(frequency_caps=caps))
        self.stored_contacts = MemoryContacts(scenario.contacts)
        self.stored_sends = PiecewiseSends(self.programs)
        self.stored_ledger = MemoryLedger()
        self.stored_metrics = MemoryMetrics()
        self.stored_campaigns = MemoryCampaigns()
        for campaign in scenario.campaigns:
            self.stored_campaigns.create(campaign)

    def _make_ports(self, scenario: Scenario, guarantees: Guarantees) -> None:
        engine = self._engine
        self.launches = SimQueue(engine, "launches", self._on_launch)
        self.sends_queue = SimQueue(engine, "sends", self._on_send)
        self.receipts = SimQueue(engine, "receipts", self._on_receipt)
        self.replies = SimQueue(engine, "replies", self._on_reply, fifo=True)
        self.releases = SimQueue(engine, "releases", self._on_release)
        self.reconciliations = SimQueue(engine, "reconciliations", self._on_reconciliation)
        self.queues = (
            self.launches,
            self.sends_queue,
            self.receipts,
            self.replies,
            self.releases,
            self.reconciliations,
        )
        ledger_stream = SimStream(engine, "record_metrics", self._on_ledger, shards=2)
        sends_stream = SimStream(engine, "launch_sends", self._on_sends, shards=1)
        self.contacts = SimContacts(engine, self.stored_contacts)
        self.journal = SimJournal(engine, MemoryJournal())
        self.ledger = SimLedger(engine, self.stored_ledger, guarantees, ledger_stream)
        self.sends = SimSends(engine, self.stored_sends, guarantees, sends_stream)
        self.leads: Any = SimPort(engine, "leads", MemoryLeads())
        self.metrics: Any = SimMetrics(engine, self.stored_metrics, guarantees)
        self.allowance: Any = SimPort(engine, "allowance", MemoryAllowance())
        self.campaigns: Any = SimPort(engine, "campaigns", self.stored_campaigns)
        self.scheduler = SimScheduler(engine, self.releases)
        self.carrier = SimCarrier(
            engine,
            scenario.answers,
            guarantees,
            programs={program.id: program for program in scenario.programs},
            contact_of=self.stored_contacts.get,
            report=self._hear_receipt,
        )

    def _make_use_cases(self) -> None:
        contacts: Any = self.contacts
        journal: Any = self.journal
        ledger: Any = self.ledger
        sends: Any = self.sends
        programs: Any = SimPort(self._engine, "programs", self.programs)
        refusals = Refusals(contacts=contacts, journal=journal, clock=self.clock)
        self.launch = LaunchSend(
            sends=sends, scheduler=self.scheduler, launches=self.launches, clock=self.clock
        )
        self.resolve = ResolveAudience(
            sends=sends,
            contacts=contacts,
            metrics=self.metrics,
            sends_queue=self.sends_queue,
            launches=self.launches,
            clock=self.clock,
        )
        self.requeue = Requeue(
            sends=sends,
            metrics=self.metrics,
            sends_queue=self.sends_queue,
            scheduler=self.scheduler,
            launch=self.launch,
            clock=self.clock,
        )
        self.send_range = SendRange(
            sends=sends,
            contacts=contacts,
            ledger=ledger,
            hand_overs=HandOvers(
                sends=sends,
                contacts=contacts,
                ledger=ledger,
                allowance=self.allowance,
                provider=self.carrier,
                clock=self.clock,
            ),
            refusals=refusals,
            scheduler=self.scheduler,
            sends_queue=self.sends_queue,
            reconciliations=self.reconciliations,
            clock=self.clock,
            rule_book=RuleBook(
                id_key=KEY,
                renderer=liquid.renderer,
                state_rules=rules.state_rules(),
                region_zones=rules.region_zones(),
            ),
            reconcile_delay=RECONCILE_DELAY,
        )
        self.receive_receipt = ReceiveReceipt(ledger=ledger, receipts=lambda: self.receipts)
        self.record_receipt = RecordReceipt(
            ledger=ledger,
            refusals=refusals,
            strikes=Strikes(
                contacts=contacts, ledger=ledger, sends=sends, clock=self.clock, id_key=KEY
            ),
            sends=sends,
            filtering=Filtering(sends=sends, metrics=self.metrics, clock=self.clock),
            clock=self.clock,
        )
        self.reconcile = Reconcile(
            ledger=ledger,
            contacts=contacts,
            journal=journal,
            provider=self.carrier,
            reconciliations=self.reconciliations,
            clock=self.clock,
            id_key=KEY,
            delay=RECONCILE_DELAY,
        )
        open_claims = OpenClaims(ledger=ledger, journal=journal, clock=self.clock, id_key=KEY)
        self.receive_reply = ReceiveReply(
            contacts=contacts,
            journal=journal,
            programs=programs,
            open_claims=open_claims,
            replies=self.replies,
            clock=self.clock,
            id_key=KEY,
            locate=_locate,
        )
        self.handle_reply = HandleReply(
            contacts=contacts,
            journal=journal,
            programs=programs,
            sends=sends,
            ledger=ledger,
            leads=self.leads,
            hand_over=HandOverText(
                contacts=contacts, journal=journal, provider=self.carrier, clock=self.clock
            ),
            clock=self.clock,
            id_key=KEY,
            locate=_locate,
        )
        registry = Registry(
            contacts=contacts,
            journal=journal,
            programs=programs,
            clock=self.clock,
            id_key=KEY,
            read_number=lambda phone, _region: PhoneNumber(phone=phone, region="US"),
        )
        self._registry = registry
        self.record_opt_out = RecordOptOut(registry, open_claims)
        self.erase = ErasePerson(
            registry=registry,
            find_person=FindPerson(registry=registry, sends=sends, ledger=ledger),
            ledger=ledger,
            leads=self.leads,
            open_claims=open_claims,
        )
        self.trigger = TriggerSend(
            campaigns=self.campaigns,
            programs=programs,
            sends=sends,
            clock=self.clock,
            id_key=KEY,
        )

    def cancel(self, sends: Any, clock: Any, send_id: str) -> None:
        """Cancel a send, as others pause or resume it."""
        cancel_send(sends, clock, send_id, launches=self.launches)

    def bring_in(self, values: Body) -> None:
        """Import one person."""
        upsert_contacts([Row(index=0, values=values)], region="US", registry=self._registry)

    def _on_launch(self, body: Body) -> None:
        if body["kind"] == "resolve":
            piece = Piece(
                send_id=body["send_id"],
                segment=body["segment"],
                segments=body["segments"],
                page=body["page"],
            )
            self.resolve(
                piece, remaining=lambda: timedelta(seconds=self._engine.chance.choice((10, 600)))
            )
        elif body["kind"] == "requeue":
            self.requeue(body["send_id"])
        else:
            send = self.sends.get(body["send_id"])
            if send is not None:
                self.launch.launch(send)

    def _on_send(self, body: Body) -> None:
        self.send_range(
            ranges.range_of(body),
            not_before=ranges.reserved_from(body),
            parked=ranges.is_parked(body),
        )

    def _hear_receipt(self, command: Body) -> None:
        self.receive_receipt(command)

    def _on_receipt(self, body: Body) -> None:
        receipt = receipt_in(body)
        if receipt is not None:
            self.record_receipt(receipt)

    def _on_reply(self, body: Body) -> None:
        self.handle_reply(body["sid"])

    def _on_release(self, body: Body) -> None:
        release(
            self.sends,
            self.sends_queue,
            self.launches,
            send_id=body["send_id"],
            release=body["release"],
        )

    def _on_reconciliation(self, body: Body) -> None:
        self.reconcile(body["message_id"], attempt=body["attempt"])

    def _on_ledger(self, changes: list[LedgerChange]) -> None:
        record_metrics(changes, metrics=self.metrics, sends=self.sends, clock=self.clock)

    def _on_sends(self, changes: list[tuple[Send | None, Send]]) -> None:
        for before, after in changes:
            self.launch.follow(before, after)


def _locate(phone: str, at: datetime) -> Contact:
    return new_contact(PhoneNumber(phone=phone, region="US"), at)
