"""The journal: a number's events under `event#<id>`, so that none is recorded twice.

Opt-outs, replies and what they mean are found over all numbers by the index `by_kind`, in a few
partitions so that another vendor's opt-out list may come in fast. The inbound text with a
provider's id is found by a pointer at `sid#<id>`, a consent that awaits an answer by one at
`consent#<event id>`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from parley.consent import awaits_answer
from parley.journal import JournalEvent, JournalKind
from parley_aws.dynamo import partiql
from parley_aws.dynamo.client import Item, run, run_if, side_by_side
from parley_aws.dynamo.codec import decode, encode, moment_of, stamp
from parley_aws.dynamo.reading import query
from parley_aws.ports import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_KIND = "by_kind"
_FOUND_BY_KIND = frozenset(
    {
        JournalKind.OPT_OUT,
        JournalKind.REPLY,
        JournalKind.UNDERSTANDING,
        JournalKind.TEXT_AFTER_OPT_OUT,
    }
)
_KIND_SHARDS = 4
_LAST = "\x7f"


class DynamoJournal:
    """The journal table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def append(self, events: Sequence[JournalEvent]) -> None:
        """Add events; one that is there already is left as it is.

        Raises TransientError where it is not certain that all are there.
        """
        items = {_place(item): item for event in events for item in _items_of(event)}
        partiql.insert_once(self._client, self._table, items.values())

    def append_about(self, event: JournalEvent, about: JournalEvent) -> bool:
        """Add an event that follows from another of its number; False where that was forgotten."""
        there = {"phone": {"S": about.phone}, "sk": {"S": f"event#{about.id}"}}
        answer = run_if(
            self._client.transact_write_items,
            stands=None,
            TransactItems=[
                {"Put": {"TableName": self._table, "Item": item_of(event)}},
                {
                    "ConditionCheck": {
                        "TableName": self._table,
                        "Key": there,
                        "ConditionExpression": "attribute_exists(phone)",
                    }
                },
            ],
        )
        return answer is not None

    def of(self, phone: str) -> list[JournalEvent]:
        """Everything about a number, oldest first."""
        events = (event_of(item) for item in self._items(phone))
        return sorted(events, key=lambda event: (event.occurred_at, event.id))

    def recent(
        self, kind: JournalKind, *, since: datetime, limit: int, start_key: str | None
    ) -> Page[JournalEvent]:
        """Opt-outs, replies, their meanings or texts after an opt-out from a time on, newest first;
        soon after the write.

        Raises ValueError for another kind of event.
        """
        if kind not in _FOUND_BY_KIND:
            raise ValueError(f"the journal has no index of {kind}")
        parts = side_by_side(
            lambda shard: self._recent(f"{kind}#{shard}", since, limit, start_key),
            range(_KIND_SHARDS),
        )
        items = sorted(
            (item for part in parts for item in part),
            key=lambda item: str(item["moment"]["S"]),
            reverse=True,
        )
        shown = items[:limit]
        more = len(items) > limit
        return Page(
            items=tuple(map(event_of, shown)),
            next_key=shown[-1]["moment"]["S"] if more else None,
        )

    def forget(self, phone: str) -> None:
        """Erase everything about a number, and what followed from it meanwhile."""
        while items := self._items(phone):
            keys = [{"phone": item["phone"], "sk": item["sk"]} for item in items]
            pointers = [key for event in map(event_of, items) if (key := _pointer_to(event))]
            for key in pointers + keys:
                run(self._client.delete_item, TableName=self._table, Key=key)

    def reply(self, sid: str) -> JournalEvent | None:
        """The inbound text that the provider gave this id (`details["sid"]`), consistently."""
        return self._pointed_to(_pointer_key("sid", sid))

    def history(self, sid: str) -> tuple[JournalEvent, list[JournalEvent]] | None:
        """The inbound text with this id, and everything about its number, oldest first."""
        pointer = self._item(_pointer_key("sid", sid))
        if pointer is None:
            return None
        events = self.of(pointer["of_phone"]["S"])
        named = (event for event in events if f"event#{event.id}" == pointer["of_sk"]["S"])
        event = next(named, None)
        return (event, events) if event else None

    def awaiting(self, consent_id: str) -> JournalEvent | None:
        """The consent with this event id that awaits an answer, consistently."""
        return self._pointed_to(_pointer_key("consent", consent_id))

    def _pointed_to(self, key: Item) -> JournalEvent | None:
        pointer = self._item(key)
        if pointer is None:
            return None
        item = self._item({"phone": pointer["of_phone"], "sk": pointer["of_sk"]})
        return event_of(item) if item else None

    def _recent(self, kind_key: str, since: datetime, limit: int, before: str | None) -> list[Item]:
        """Up to one more than `limit` items of one partition of the index."""
        found = query(
            self._client,
            self._table,
            IndexName=BY_KIND,
            KeyConditionExpression="kind_key = :kind AND moment BETWEEN :since AND :before",
            ExpressionAttributeValues={
                ":kind": {"S": kind_key},
                ":since": {"S": stamp(since)},
                ":before": {"S": before or _LAST},
            },
            ScanIndexForward=False,
            Limit=limit + 2,
        )
        later = (item for item in found if item["moment"]["S"] != before)
        return list(islice(later, limit + 1))

    def _items(self, phone: str) -> list[Item]:
        items = query(
            self._client,
            self._table,
            KeyConditionExpression="phone = :phone",
            ExpressionAttributeValues={":phone": {"S": phone}},
            ConsistentRead=True,
        )
        return list(items)

    def _item(self, key: Mapping[str, Any]) -> Item | None:
        answer = run(self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item


def event_of(item: Mapping[str, Any]) -> JournalEvent:
    """The event in an item."""
    values = decode(item)
    return JournalEvent(
        id=values["sk"].removeprefix("event#"),
        phone=values["phone"],
        kind=JournalKind(values["kind"]),
        occurred_at=moment_of(values["occurred_at"]),
        program_id=values.get("program_id"),
        details=values["details"],
    )


def is_event(item: Mapping[str, Any]) -> bool:
    """Whether an item of the table holds an event, not a pointer to one."""
    return str(item["sk"]["S"]).startswith("event#")


def item_of(event: JournalEvent) -> Item:
    """The item that holds an event."""
    values = {
        "phone": event.phone,
        "sk": f"event#{event.id}",
        "kind": event.kind,
        "occurred_at": event.occurred_at,
        "program_id": event.program_id,
        "details": event.details,
    }
    if event.kind in _FOUND_BY_KIND:
        shard = hashlib.sha256(event.id.encode()).digest()[0] % _KIND_SHARDS
        values["kind_key"] = f"{event.kind}#{shard}"
        values["moment"] = f"{stamp(event.occurred_at)}#{event.id}"
    return encode(values)


def _items_of(event: JournalEvent) -> list[Item]:
    pointer = _pointer_to(event)
    if pointer is None:
        return [item_of(event)]
    target = encode({"of_phone": event.phone, "of_sk": f"event#{event.id}"})
    return [item_of(event), pointer | target]


def _pointer_to(event: JournalEvent) -> Item | None:
    if event.kind is JournalKind.REPLY and "sid" in event.details:
        return _pointer_key("sid", event.details["sid"])
    return _pointer_key("consent", event.id) if awaits_answer(event) else None


def _pointer_key(kind: str, id_: str) -> Item:
    return {"phone": {"S": f"{kind}#{id_}"}, "sk": {"S": kind}}


def _place(item: Item) -> tuple[str, str]:
    return item["phone"]["S"], item["sk"]["S"]
