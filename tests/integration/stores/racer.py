"""A process that delivers the ranges of sends, to race others that deliver the same ones."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from parley.campaign import PageRange
from parley.quiet_hours import Hours, StateRules, every_day
from parley_aws import liquid
from parley_aws.clock import SystemClock
from parley_aws.dynamo.allowance import DynamoAllowance
from parley_aws.dynamo.client import create_client
from parley_aws.dynamo.contacts import DynamoContacts
from parley_aws.dynamo.journal import DynamoJournal
from parley_aws.dynamo.ledger import DynamoLedger
from parley_aws.dynamo.sends import DynamoSends
from parley_aws.memory import MemoryProvider, MemoryQueue, MemoryScheduler
from parley_aws.ports import PostResult, Text
from parley_aws.use_cases import ranges
from parley_aws.use_cases.hand_over import HandOvers
from parley_aws.use_cases.refusals import Refusals
from parley_aws.use_cases.rule_book import RuleBook
from parley_aws.use_cases.send_range import SendRange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = b"key of the races"
_PATIENCE = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables that are raced on."""

    contacts: str
    journal: str
    campaigns: str
    messages: str


class TimedProvider(MemoryProvider):
    """A provider that takes everything, and notes when each post started."""

    def __init__(self, clock: SystemClock) -> None:
        super().__init__(clock)
        self._time = clock
        self.starts: list[tuple[str, datetime]] = []

    def post(self, texts: Sequence[Text]) -> list[PostResult]:
        """Take texts one after the other."""
        results = []
        for text in texts:
            self.starts.append((text.message_id, self._time.now()))
            results += super().post([text])
        return results


def deliver(client: DynamoDBClient, tables: Tables, range_: PageRange) -> list[dict[str, str]]:
    """Deliver a range until nothing of it comes back soon; what was handed over."""
    clock = SystemClock()
    provider = TimedProvider(clock)
    contacts = DynamoContacts(client, tables.contacts)
    sends = DynamoSends(client, tables.campaigns)
    ledger = DynamoLedger(client, tables.messages)
    queue = MemoryQueue(clock)
    send_range = SendRange(
        sends=sends,
        contacts=contacts,
        ledger=ledger,
        hand_overs=HandOvers(
            sends=sends,
            contacts=contacts,
            ledger=ledger,
            allowance=DynamoAllowance(client, tables.campaigns),
            provider=provider,
            clock=clock,
        ),
        refusals=Refusals(
            contacts=contacts, journal=DynamoJournal(client, tables.journal), clock=clock
        ),
        scheduler=MemoryScheduler(clock, MemoryQueue(clock)),
        sends_queue=queue,
        reconciliations=MemoryQueue(clock),
        clock=clock,
        rule_book=RuleBook(
            id_key=KEY,
            renderer=liquid.renderer,
            state_rules=StateRules(federal=every_day(Hours(opens=0, closes=1440))),
            region_zones={},
        ),
        reconcile_delay=timedelta(minutes=15),
    )
    send_range(range_)
    while (ready := queue.next_ready()) is not None and ready - clock.now() < _PATIENCE:
        time.sleep(max((ready - clock.now()).total_seconds(), 0))
        queued = queue.take()
        if queued is not None:
            send_range(ranges.range_of(queued.body), not_before=ranges.reserved_from(queued.body))
    starts = dict(provider.starts)
    return [
        {"phone": t.to, "message": t.message_id, "started": starts[t.message_id].isoformat()}
        for t in provider.taken
    ]


def main(engine: str, tables: str, send_ids: str, people: str, size: str) -> int:
    """Deliver all ranges of sends side by side, and print what was handed over; 0."""
    client = create_client(engine)
    named = Tables(**json.loads(tables))
    pieces = [
        PageRange(send_id=send_id, page_id="0-0", start=start, end=start + int(size))
        for start in range(0, int(people), int(size))
        for send_id in send_ids.split(",")
    ]
    with ThreadPoolExecutor(len(send_ids.split(","))) as threads:
        for taken in threads.map(lambda piece: deliver(client, named, piece), pieces):
            for each in taken:
                print(json.dumps(each))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
