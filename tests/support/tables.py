"""The tables as the template declares them, for engines that have no CloudFormation.

`tests/infra` checks that the two agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Table:
    """Keys of a table and of its indexes, all of them texts."""

    keys: tuple[str, ...]
    indexes: dict[str, tuple[str, str]] = field(default_factory=dict)


TABLES = {
    "contacts": Table(("phone",)),
    "journal": Table(("phone", "sk"), {"by_kind": ("kind_key", "moment")}),
    "campaigns": Table(("pk", "sk"), {"by_creation": ("collection", "created_at")}),
    "messages": Table(("pk", "sk")),
    "leads": Table(("pk",), {"by_status": ("status_key", "rank")}),
    "metrics": Table(("pk", "sk")),
}


def create_table(client: DynamoDBClient, kind: str, name: str) -> str:
    """Create a table of a kind such as `contacts`, without a stream; its name."""
    table = TABLES[kind]
    texts = dict.fromkeys([*table.keys, *(key for keys in table.indexes.values() for key in keys)])
    indexes: dict[str, Any] = {}
    if table.indexes:
        indexes["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index,
                "KeySchema": key_schema(keys),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, keys in table.indexes.items()
        ]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=key_schema(table.keys),
        AttributeDefinitions=[{"AttributeName": text, "AttributeType": "S"} for text in texts],
        **indexes,
    )
    return name


def key_schema(keys: tuple[str, ...]) -> Any:
    """Partition and sort key as DynamoDB's API names them."""
    kinds = ("HASH", "RANGE")
    return [{"AttributeName": k, "KeyType": kind} for k, kind in zip(keys, kinds, strict=False)]
