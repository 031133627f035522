"""The ledger: messages of sends and the responses to them, in 16 partitions a send.

A partition is `<send id>#<shard>`; in it a message lies under `message#<message id>`, a response
under `<kind>#<response id>`, a buyer's orders under `conversion#<message id>` and a recount's probe
under `probe#`. `rank` (`parley.outcome.rank`) guards every change of a status, and
`revision` every change that is made of what was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from parley import ids
from parley.conversion import OrderLine
from parley.errors import ConflictError, TransientError
from parley.ledger import Message, Response, ResponseKind, merged
from parley.metrics import PROBE, UNREADABLE
from parley.outcome import MessageStatus, Outcome, rank
from parley_aws.dynamo import partiql
from parley_aws.dynamo.client import Item, run, run_if, side_by_side
from parley_aws.dynamo.codec import decode, encode, moment_of, stamp
from parley_aws.dynamo.reading import get_many, query
from parley_aws.ports import Page, WriteResult
from parley_aws.wire import pause

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MERGE_ATTEMPTS = 10
_LISTING_REQUESTS = 40
_LISTING_PAGE = 1000
_MESSAGE = "message#"
_PROBE_KEY = f"{PROBE}#"
_AUDITED = ("reason", "error_code", "handed_over_at", "updated_at")
_UNREADABLE_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_OTHERS = ("parts", "kind", "details", "nonce")
MAX_ORDERS = 500
"""Orders of one buyer that one entry holds."""


class DynamoLedger:
    """The messages table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def get(self, message_id: str) -> Message | None:
        """A message by id, consistently."""
        item = self._item(message_key(message_id))
        return message_of(item) if item else None

    def get_many(self, message_ids: Sequence[str]) -> dict[str, Message]:
        """The messages that exist among any number of ids, consistently."""
        keys = [message_key(message_id) for message_id in dict.fromkeys(message_ids)]
        found = map(message_of, get_many(self._client, self._table, keys))
        return {message.id: message for message in found}

    def readable(self, message_ids: Sequence[str]) -> frozenset[str]:
        """Those of these ids that have an entry which can be read, consistently."""
        keys = [message_key(message_id) for message_id in dict.fromkeys(message_ids)]
        found = _readable(get_many(self._client, self._table, keys))
        return frozenset(message.id for message in found)

    def entries(
        self,
        send_id: str,
        *,
        status: MessageStatus | None,
        reason: str | None,
        limit: int,
        start_key: str | None,
    ) -> Page[Message]:
        """Messages of a send that have an entry, shard by shard, filtered; a page may be short.
        An entry that cannot be read is left out: the metrics count it.

        The key to go on from is the id of the last message that was looked at.
        """
        conditions, names, values = [], {}, {}
        for name, wanted in (("status", status), ("reason", reason)):
            if wanted is not None:
                conditions.append(f"#{name} = :{name}")
                names[f"#{name}"] = name
                values[f":{name}"] = {"S": wanted}
        narrowed: dict[str, Any] = {}
        if conditions:
            narrowed["FilterExpression"] = " AND ".join(conditions)
            narrowed["ExpressionAttributeNames"] = names
        found: list[Message] = []
        shard = ids.ledger_shard(start_key) if start_key else 0
        for _ in range(_LISTING_REQUESTS):
            answer = run(
                self._client.query,
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :message)",
                ExpressionAttributeValues={
                    ":pk": {"S": partition(send_id, shard)},
                    ":message": {"S": _MESSAGE},
                    **values,
                },
                Limit=_LISTING_PAGE if narrowed else limit - len(found),
                **narrowed,
                **({"ExclusiveStartKey": message_key(start_key)} if start_key else {}),
            )
            found.extend(_readable(answer["Items"]))
            if len(found) > limit:
                return Page(items=tuple(found[:limit]), next_key=found[limit - 1].id)
            last = answer.get("LastEvaluatedKey")
            start_key = last["sk"]["S"].removeprefix(_MESSAGE) if last else None
            if start_key is None:
                shard += 1
            if len(found) == limit or shard == ids.LEDGER_SHARDS:
                break
        return Page(items=tuple(found), next_key=start_key or _before(send_id, shard))

    def record(self, messages: Sequence[Message]) -> None:
        """Write what became of messages; where an entry exists, the higher rank's status stands
        and what the entry lacks is filled in.

        Raises TransientError where it is not certain that all are written.
        """
        unique: dict[str, Message] = {}
        for message in messages:
            known = unique.get(message.id)
            unique[message.id] = message if known is None else merged(known, message)
        statements = [partiql.insert(self._table, item_of(m)) for m in unique.values()]
        results = partiql.write(self._client, statements)
        there = [
            message
            for message, result in zip(unique.values(), results, strict=True)
            if result is not WriteResult.WRITTEN
        ]
        side_by_side(self._merge, there)

    def report(
        self,
        message_id: str,
        outcome: Outcome,
        *,
        provider_sid: str | None,
        error_code: str | None,
        at: datetime,
    ) -> bool:
        """Apply a delivery receipt by rank; whether it changed anything. It may come before the
        record of the hand-over: then it makes the entry that the record fills in."""
        sets = [
            "#status = :status",
            "#rank = :rank",
            "updated_at = :at",
            "revision = if_not_exists(revision, :zero) + :one",
        ]
        removes = []
        values: Item = {
            ":status": {"S": outcome.status.value},
            ":rank": {"N": str(rank(outcome))},
            ":at": {"S": stamp(at)},
            ":zero": {"N": "0"},
            ":one": {"N": "1"},
        }
        for name, value in (("reason", outcome.reason), ("error_code", error_code)):
            if value is None:
                removes.append(name)
            else:
                sets.append(f"{name} = :{name}")
                values[f":{name}"] = {"S": value}
        if provider_sid is not None:
            sets.append("provider_sid = if_not_exists(provider_sid, :sid)")
            values[":sid"] = {"S": provider_sid}

        def stands() -> Any:
            item = self._item(message_key(message_id)) or {}
            reported = (item.get("status"), item.get("updated_at"))
            return {} if reported == (values[":status"], values[":at"]) else None

        answer = run_if(
            self._client.update_item,
            stands=stands,
            TableName=self._table,
            Key=message_key(message_id),
            UpdateExpression=f"SET {', '.join(sets)}"
            + (f" REMOVE {', '.join(removes)}" if removes else ""),
            ConditionExpression="attribute_not_exists(#rank) OR #rank < :rank",
            ExpressionAttributeNames={"#status": "status", "#rank": "rank"},
            ExpressionAttributeValues=values,
        )
        return answer is not None

    def respond(self, responses: Sequence[Response]) -> None:
        """Note responses to sends; one that is noted already is left as it is."""
        items = {(each.send_id, each.kind, each.id): _response_item(each) for each in responses}
        partiql.insert_once(self._client, self._table, items.values())

    def add_orders(self, lines: Sequence[OrderLine]) -> None:
        """Note orders beside the messages of their buyers, each once by order id.

        Raises ConflictError for a buyer with more orders than an entry can hold.
        """
        by_message: dict[str, list[OrderLine]] = {}
        for line in lines:
            by_message.setdefault(line.message_id, []).append(line)
        side_by_side(self._add_orders, list(by_message.values()))

    def audit(self, partition: str) -> Iterator[Mapping[str, Any]]:
        """Every entry of a partition as `parley.metrics.entry_metrics` takes it, consistently."""
        items = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk",
            ProjectionExpression=", ".join(("sk", "#status", *_OTHERS, *_AUDITED)),
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        for item in items:
            entry = entry_of(item)
            if entry is not None:
                yield entry

    def probe(self, partition: str, nonce: str) -> None:
        """Write the partition's probe over the one before."""
        probe = {"pk": partition, "sk": _PROBE_KEY, "kind": PROBE, "nonce": nonce}
        run(self._client.put_item, TableName=self._table, Item=encode(probe))

    def forget(self, message_ids: Sequence[str]) -> None:
        """Take number and body out of messages; what became of them stays and is counted."""

        def erase(message_id: str) -> None:
            run_if(
                self._client.update_item,
                stands=None,
                TableName=self._table,
                Key=message_key(message_id),
                UpdateExpression="SET revision = revision + :one REMOVE phone, body",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

        side_by_side(erase, list(dict.fromkeys(message_ids)))

    def forget_replies(self, send_id: str, sids: Sequence[str]) -> None:
        """Take the words out of the replies to a send that have these sids; each stays counted."""

        def erase(sid: str) -> None:
            run_if(
                self._client.update_item,
                stands=None,
                TableName=self._table,
                Key=_response_key(send_id, ResponseKind.REPLY, sid),
                UpdateExpression="REMOVE #details.#words, #details.#why",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={
                    "#details": "details",
                    "#words": "words",
                    "#why": "why",
                },
            )

        side_by_side(erase, list(dict.fromkeys(sids)))

    def _merge(self, message: Message) -> None:
        """Bring a message together with the entry that is there."""
        for attempt in range(_MERGE_ATTEMPTS):
            if attempt:
                pause(attempt)
            item = self._item(message_key(message.id))
            if item is None:
                condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
                together, revision = message, 0
            else:
                stored = message_of(item)
                together, revision = merged(stored, message), int(item["revision"]["N"])
                if together == stored:
                    return
                condition = {
                    "ConditionExpression": "revision = :revision",
                    "ExpressionAttributeValues": {":revision": {"N": str(revision)}},
                }
            if run_if(
                self._client.put_item,
                stands=None,
                TableName=self._table,
                Item=item_of(together, revision=revision + 1),
                **condition,
            ):
                return
        raise TransientError("a message keeps changing while it is recorded")

    def _add_orders(self, lines: Sequence[OrderLine]) -> None:
        """Add orders of one buyer to their entry of one send."""
        first = lines[0]
        shard = ids.ledger_shard(first.message_id)
        send_id = ids.send_of_message(first.message_id)
        key = encode(
            {
                "pk": partition(send_id, shard),
                "sk": f"{ResponseKind.CONVERSION}#{first.message_id}",
            }
        )
        for attempt in range(_MERGE_ATTEMPTS):
            if attempt:
                pause(attempt)
            item = self._item(key)
            stored = decode(item)["details"]["orders"] if item else {}
            orders = {line.order_id: dict(line.values) for line in lines} | stored
            if orders == stored:
                return
            if len(orders) > MAX_ORDERS:
                raise ConflictError(f"one buyer has at most {MAX_ORDERS} orders in one send")
            revision = int(item["revision"]["N"]) if item else 0
            condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
            if item:
                condition = {
                    "ConditionExpression": "revision = :revision",
                    "ExpressionAttributeValues": {":revision": {"N": str(revision)}},
                }
            values = {
                "kind": ResponseKind.CONVERSION,
                "details": {"group": first.group, "orders": orders},
                "revision": revision + 1,
            }
            if run_if(
                self._client.put_item,
                stands=None,
                TableName=self._table,
                Item=key | encode(values),
                **condition,
            ):
                return
        raise TransientError("a buyer's orders keep changing while one is added")

    def _item(self, key: Item) -> Item | None:
        answer = run(self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item


def partition(send_id: str, shard: int) -> str:
    """The partition key of one of a send's shards."""
    return f"{send_id}#{shard:02d}"


def message_key(message_id: str) -> Item:
    """The key of a message's item."""
    send_id = message_id.rpartition("-")[0]
    shard = ids.ledger_shard(message_id)
    return {"pk": {"S": partition(send_id, shard)}, "sk": {"S": f"{_MESSAGE}{message_id}"}}


def _response_key(send_id: str, kind: ResponseKind, response_id: str) -> Item:
    shard = hashlib.sha256(response_id.encode()).digest()[0] % ids.LEDGER_SHARDS
    return encode({"pk": partition(send_id, shard), "sk": f"{kind}#{response_id}"})


def _response_item(response: Response) -> Item:
    values = {"kind": response.kind, "details": dict(response.details)}
    return _response_key(response.send_id, response.kind, response.id) | encode(values)


def is_message(item: Mapping[str, Any]) -> bool:
    """Whether an item holds a message, not a response."""
    return str(item["sk"]["S"]).startswith(_MESSAGE)


def item_of(message: Message, *, revision: int = 1) -> Item:
    """The item that holds a message."""
    values = {
        "status": message.status,
        "rank": rank(Outcome(status=message.status, reason=message.reason)),
        "revision": revision,
        "reason": message.reason,
        "error_code": message.error_code,
        "phone": message.phone or None,
        "provider_sid": message.provider_sid,
        "parts": message.parts or None,
        "body": message.body,
        "handed_over_at": message.handed_over_at,
        "updated_at": message.updated_at,
        "consent_id": message.consent_id,
        "contact_version": message.contact_version,
    }
    return message_key(message.id) | encode(values)


def message_of(item: Mapping[str, Any]) -> Message:
    """The message in an item; its phone is empty while only its receipt is known."""
    values = decode(item)
    message_id = values["sk"].removeprefix(_MESSAGE)
    handed_over_at = values.get("handed_over_at")
    return Message(
        id=message_id,
        send_id=values["pk"].rpartition("#")[0],
        phone=values.get("phone", ""),
        status=MessageStatus(values["status"]),
        reason=values.get("reason"),
        error_code=values.get("error_code"),
        provider_sid=values.get("provider_sid"),
        parts=values.get("parts", 0),
        body=values.get("body"),
        handed_over_at=moment_of(handed_over_at) if handed_over_at else None,
        updated_at=moment_of(values["updated_at"]),
        consent_id=values.get("consent_id"),
        contact_version=values.get("contact_version"),
    )


def _readable(items: Iterable[Item]) -> Iterator[Message]:
    """The messages in items, but for what no rule can read."""
    for item in items:
        with suppress(*_UNREADABLE_ERRORS):
            yield message_of(item)


def entry_of(image: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """An item as `parley.metrics.entry_metrics` takes it; None for none.

    Never raises: what cannot be read is an entry that says so.
    """
    if not image:
        return None
    try:
        key = image["sk"]["S"]
        if key.startswith(_MESSAGE):
            entry: dict[str, Any] = {"status": image["status"]["S"]}
            if parts := image.get("parts"):
                entry["parts"] = int(parts["N"])
            for name in _AUDITED:
                if value := image.get(name):
                    entry[name] = value["S"]
            return entry
        if key == _PROBE_KEY:
            return {"kind": PROBE, "nonce": image["nonce"]["S"]}
        return response_of(image)
    except _UNREADABLE_ERRORS:
        return {UNREADABLE: "an item that no rule can read"}


def response_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """What was noted with a response: its details, `kind` and `response_id`."""
    values = decode(item)
    response_id = values["sk"].partition("#")[2]
    return {**values["details"], "kind": values["kind"], "response_id": response_id}


def _before(send_id: str, shard: int) -> str | None:
    """A key that lies before every message of a shard, None past the last one."""
    return None if shard >= ids.LEDGER_SHARDS else f"{send_id}-{shard:x}"
