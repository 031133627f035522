"""The campaigns table's index of what was made when: newest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from parley_aws.dynamo.client import Item, run
from parley_aws.dynamo.codec import stamp
from parley_aws.dynamo.reading import pack_key, unpack_key
from parley_aws.ports import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

BY_CREATION = "by_creation"


def entry(collection: str, created_at: datetime) -> Item:
    """The attributes that put an item into a collection."""
    return {"collection": {"S": collection}, "created_at": {"S": stamp(created_at)}}


def newest(
    client: DynamoDBClient,
    table: str,
    collection: str,
    *,
    read: Callable[[Mapping[str, Any]], T],
    limit: int,
    start_key: str | None,
    only: tuple[str, str] | None = None,
) -> Page[T]:
    """What is in a collection, newest first, as `read` makes it of the items.

    `only` keeps items with this text in this attribute. Soon, not at once, after a write.
    """
    names = {"#collection": "collection"}
    values = {":collection": {"S": collection}}
    narrowed: dict[str, Any] = {}
    if only is not None:
        names["#only"] = only[0]
        values[":only"] = {"S": only[1]}
        narrowed["FilterExpression"] = "#only = :only"
    found: list[Item] = []
    start = unpack_key(start_key)
    while True:
        answer = run(
            client.query,
            TableName=table,
            IndexName=BY_CREATION,
            KeyConditionExpression="#collection = :collection",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            Limit=limit,
            **narrowed,
            **start,
        )
        found.extend(answer["Items"])
        last: Mapping[str, Any] | None = answer.get("LastEvaluatedKey")
        if len(found) > limit:
            found = found[:limit]
            last = {name: found[-1][name] for name in ("pk", "sk", "collection", "created_at")}
        if len(found) >= limit or not last:
            return Page(items=tuple(map(read, found)), next_key=pack_key(last))
        start = {"ExclusiveStartKey": last}
