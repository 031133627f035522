"""Where a race is run: one engine, one set of tables, one provider, and what works there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from parley.campaign import PageRange
from parley.errors import TransientError
from parley_aws import liquid, rules, wiring
from parley_aws.clock import SystemClock
from parley_aws.dynamo.allowance import DynamoAllowance
from parley_aws.dynamo.client import create_client
from parley_aws.dynamo.contacts import DynamoContacts
from parley_aws.dynamo.journal import DynamoJournal
from parley_aws.dynamo.ledger import DynamoLedger
from parley_aws.dynamo.programs import DynamoPrograms
from parley_aws.dynamo.sends import DynamoSends
from parley_aws.memory import MemoryQueue, MemoryScheduler
from parley_aws.twilio_provider import TwilioProvider, status_callback_at
from parley_aws.use_cases import ranges
from parley_aws.use_cases.hand_over import HandOvers
from parley_aws.use_cases.open_claims import OpenClaims
from parley_aws.use_cases.receive_reply import ReceiveReply
from parley_aws.use_cases.refusals import Refusals
from parley_aws.use_cases.rule_book import RuleBook
from parley_aws.use_cases.send_range import SendRange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = b"key of the races"
_REDELIVERY = timedelta(seconds=1)


@cache
def _client(engine: str) -> DynamoDBClient:
    return create_client(engine)


@cache
def _provider(url: str) -> TwilioProvider:
    return TwilioProvider(
        account_sid="AC" + "0" * 32,
        auth_token="token",
        api_base_url=url,
        status_callback=status_callback_at("https://parley.example"),
        clock=SystemClock(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Addresses of the engine and the provider, and the suffix that this race's tables have."""

    engine: str
    provider: str
    tables: str

    @property
    def contacts(self) -> DynamoContacts:
        """The contacts that are raced for."""
        return DynamoContacts(_client(self.engine), f"contacts-{self.tables}")

    @property
    def journal(self) -> DynamoJournal:
        """The journal."""
        return DynamoJournal(_client(self.engine), f"journal-{self.tables}")

    @property
    def ledger(self) -> DynamoLedger:
        """Messages of the sends that race."""
        return DynamoLedger(_client(self.engine), f"messages-{self.tables}")

    @property
    def programs(self) -> DynamoPrograms:
        """Programs and settings."""
        return DynamoPrograms(_client(self.engine), f"campaigns-{self.tables}")

    @property
    def sends(self) -> DynamoSends:
        """The sends that race."""
        return DynamoSends(_client(self.engine), f"campaigns-{self.tables}")

    def deliver(self, pieces: list[PageRange], *, within: float) -> int:
        """Send to ranges as the function does, until none comes back; how many still do after
        `within` seconds."""
        clock = SystemClock()
        queue = MemoryQueue(clock)
        queue.send([ranges.body_of(piece) for piece in pieces])
        send_range = self._send_range(queue, clock)
        deadline = time.monotonic() + within
        while (ready := queue.next_ready()) is not None and time.monotonic() < deadline:
            time.sleep(max((ready - clock.now()).total_seconds(), 0.0))
            queued = queue.take()
            if queued is None:
                continue
            range_, not_before = ranges.range_of(queued.body), ranges.reserved_from(queued.body)
            try:
                send_range(range_, not_before=not_before)
            except TransientError:
                queue.send([queued.body], delay=_REDELIVERY)
        return len(queue.waiting)

    def hearing(self) -> ReceiveReply:
        """What the inbound webhook does."""
        clock = SystemClock()
        return ReceiveReply(
            contacts=self.contacts,
            journal=self.journal,
            programs=self.programs,
            open_claims=OpenClaims(
                ledger=self.ledger, journal=self.journal, clock=clock, id_key=KEY
            ),
            replies=MemoryQueue(clock),
            clock=clock,
            id_key=KEY,
            locate=wiring.locate,
        )

    def _send_range(self, queue: MemoryQueue, clock: SystemClock) -> SendRange:
        contacts, ledger, sends = self.contacts, self.ledger, self.sends
        return SendRange(
            sends=sends,
            contacts=contacts,
            ledger=ledger,
            hand_overs=HandOvers(
                sends=sends,
                contacts=contacts,
                ledger=ledger,
                allowance=DynamoAllowance(_client(self.engine), f"campaigns-{self.tables}"),
                provider=_provider(self.provider),
                clock=clock,
            ),
            refusals=Refusals(contacts=contacts, journal=self.journal, clock=clock),
            scheduler=MemoryScheduler(clock, MemoryQueue(clock)),
            sends_queue=queue,
            reconciliations=MemoryQueue(clock),
            clock=clock,
            rule_book=RuleBook(
                id_key=KEY,
                renderer=liquid.renderer,
                state_rules=rules.state_rules(),
                region_zones=rules.region_zones(),
            ),
            reconcile_delay=timedelta(minutes=15),
        )
