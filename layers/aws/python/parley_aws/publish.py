"""Facts on an EventBridge bus, read from the streams of the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from parley import facts
from parley.errors import TransientError
from parley.facts import Fact
from parley_aws import sdk
from parley_aws.dynamo import stream

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "parley"
_BATCH = 10
_ATTEMPTS = 3


@cache
def event_bridge() -> EventBridgeClient:
    """The EventBridge client of this process."""
    return cast("EventBridgeClient", sdk.client("events"))


class EventBridgeBus:
    """One bus; the fact's name is the detail type."""

    def __init__(self, client: EventBridgeClient, bus_name: str) -> None:
        self._client = client
        self._bus = bus_name

    def publish(self, told: Sequence[Fact]) -> None:
        """Tell all facts, in order; those the bus did not take are told again."""
        entries = [self._entry(fact) for fact in told]
        for start in range(0, len(entries), _BATCH):
            self._put(entries[start : start + _BATCH])

    def _put(self, entries: list[PutEventsRequestEntryTypeDef]) -> None:
        for _ in range(_ATTEMPTS):
            try:
                answer = self._client.put_events(Entries=entries)
            except (ClientError, BotoCoreError) as error:
                raise TransientError("the bus did not take a batch") from error
            if not answer.get("FailedEntryCount"):
                return
            results = zip(entries, answer["Entries"], strict=True)
            entries = [entry for entry, result in results if "ErrorCode" in result]
        raise TransientError(f"the bus did not take {len(entries)} facts of a batch")

    def _entry(self, fact: Fact) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": fact.name,
            "Time": fact.occurred_at,
            "Detail": json.dumps(fact.detail, separators=(",", ":")),
        }


def facts_of(records: Iterable[Mapping[str, Any]], key: bytes) -> list[Fact]:
    """The facts in stream records of the journal, leads and campaigns tables, in order.

    The tables are told apart by the names of their keys.
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
        elif "sk" in names:
            found.extend(
                facts.of_send(key, change.before, change.after)
                for change in stream.send_changes([record])
            )
        else:
            found.extend(
                facts.of_lead(key, change.before, change.after)
                for change in stream.lead_changes([record])
            )
    return [fact for fact in found if fact is not None]
