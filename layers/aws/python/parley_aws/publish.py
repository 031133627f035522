"""Facts on an EventBridge bus, read from the streams of the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from parley import facts
from parley.errors import TransientError
from parley.facts import Fact
from parley.webhook import RESOURCE
from parley_aws import sdk
from parley_aws.dynamo import stream
from parley_aws.ports import Clock, WebhookStore
from parley_aws.wire import REQUEST_ERRORS, pause

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "parley"

WANTED_FOR = timedelta(seconds=5)
"""How long a process goes by the subscriptions that it read."""

_BATCH = 10
_ATTEMPTS = 4
_SIDE_BY_SIDE = 8


@cache
def event_bridge() -> EventBridgeClient:
    """The EventBridge client of this process."""
    return cast("EventBridgeClient", sdk.lean_client("events"))


class Wanted:
    """Which webhook subscriptions want which facts, read again every few seconds."""

    def __init__(self, webhooks: WebhookStore, clock: Clock) -> None:
        self._webhooks = webhooks
        self._clock = clock
        self._read_at: datetime | None = None
        self._by_fact: dict[str, list[str]] = {}

    def by(self, fact: str) -> list[str]:
        """The ids of the subscriptions that want a fact."""
        now = self._clock.now()
        if self._read_at is None or now - self._read_at >= WANTED_FOR:
            by_fact: dict[str, list[str]] = {}
            for subscription in self._webhooks.all():
                for name in subscription.facts:
                    by_fact.setdefault(name, []).append(subscription.id)
            self._by_fact, self._read_at = by_fact, now
        return self._by_fact.get(fact, [])


class EventBridgeBus:
    """One bus; the fact's name is the detail type."""

    def __init__(self, client: EventBridgeClient, bus_name: str, wanted: Wanted) -> None:
        self._client = client
        self._bus = bus_name
        self._wanted = wanted

    def publish(self, told: Sequence[Fact]) -> None:
        """Tell all facts; those the bus did not take are told again.

        Raises TransientError where it keeps refusing some.
        """
        entries = [self._entry(fact) for fact in told]
        batches = [entries[start : start + _BATCH] for start in range(0, len(entries), _BATCH)]
        if len(batches) == 1:
            self._put(batches[0])
        elif batches:
            list(_threads().map(self._put, batches))

    def _put(self, entries: list[dict[str, Any]]) -> None:
        failure: Exception | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                pause(attempt)
            try:
                answer = self._client.put_events(Entries=cast("Any", entries))
            except REQUEST_ERRORS as error:
                failure = error
                continue
            if not answer.get("FailedEntryCount"):
                return
            results = zip(entries, answer["Entries"], strict=True)
            entries = [entry for entry, result in results if "ErrorCode" in result]
        raise TransientError(f"the bus did not take {len(entries)} facts of a batch") from failure

    def _entry(self, fact: Fact) -> dict[str, Any]:
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": fact.name,
            "Time": fact.occurred_at.timestamp(),
            "Resources": [RESOURCE + each for each in self._wanted.by(fact.name)],
            "Detail": json.dumps(fact.detail, separators=(",", ":")),
        }


def facts_of(records: Iterable[Mapping[str, Any]], key: bytes) -> list[Fact]:
    """The facts in stream records of the journal, leads, campaigns and messages tables, in order.

    The tables are told apart by their keys.
    """
    found: list[Fact | None] = []
    for record in records:
        names = frozenset(record["dynamodb"]["Keys"])
        if "phone" in names:
            found.extend(
                facts.of_journal(key, change.after)
                for change in stream.journal_changes([record])
                if change.before is None and change.after is not None
            )
        elif "sk" not in names:
            found.extend(
                facts.of_lead(key, change.before, change.after)
                for change in stream.lead_changes([record])
            )
            found.extend(
                facts.of_order(key, change.after)
                for change in stream.order_changes([record])
                if change.before is None and change.after is not None
            )
        elif stream.is_of_ledger(record):
            for change in stream.message_changes([record]):
                found.extend(facts.of_message(key, change.before, change.after))
        else:
            found.extend(
                facts.of_send(key, change.before, change.after)
                for change in stream.send_changes([record])
            )
    return [fact for fact in found if fact is not None]


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE, thread_name_prefix="bus")
