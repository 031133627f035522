"""Reading many items: batches by key, queries page by page, keys to go on from."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from parley.errors import InvalidInputError, TransientError
from parley_aws.dynamo.client import Item, run, side_by_side
from parley_aws.dynamo.codec import chunks
from parley_aws.wire import pause

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH = 100
_ATTEMPTS = 8


def get_many(client: DynamoDBClient, table: str, keys: Sequence[Item]) -> list[Item]:
    """The items that exist under any number of different keys, read consistently, in no order.

    Raises TransientError where DynamoDB keeps leaving keys out.
    """
    found: list[Item] = []
    for part in side_by_side(lambda batch: _get_batch(client, table, batch), chunks(keys, _BATCH)):
        found.extend(part)
    return found


def query(client: DynamoDBClient, table: str, **params: Any) -> Iterator[Item]:
    """All items that a query finds, page after page."""
    start: dict[str, Any] = {}
    while True:
        answer = run(client.query, TableName=table, **params, **start)
        yield from answer["Items"]
        last = answer.get("LastEvaluatedKey")
        if not last:
            return
        start = {"ExclusiveStartKey": last}


def pack_key(key: Mapping[str, Any] | None) -> str | None:
    """A table or index key as one opaque text."""
    if not key:
        return None
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode()


def unpack_key(text: str | None) -> dict[str, Any]:
    """The argument of a query that goes on from a packed key; none for None.

    Raises InvalidInputError for a text that is no packed key.
    """
    if text is None:
        return {}
    try:
        key = json.loads(base64.urlsafe_b64decode(text))
    except ValueError as error:
        raise InvalidInputError.of("cursor", "is not one that this list gave") from error
    return {"ExclusiveStartKey": key}


def _get_batch(client: DynamoDBClient, table: str, keys: Sequence[Item]) -> list[Item]:
    found: list[Item] = []
    waiting: Sequence[Item] = keys
    for attempt in range(_ATTEMPTS):
        if attempt:
            pause(attempt)
        answer: Mapping[str, Any] = run(
            client.batch_get_item,
            RequestItems={table: {"Keys": waiting, "ConsistentRead": True}},
        )
        found.extend(answer["Responses"].get(table, ()))
        waiting = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
        if not waiting:
            return found
    raise TransientError("DynamoDB leaves keys unprocessed")
