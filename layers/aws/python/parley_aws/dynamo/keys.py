"""API keys, in the campaigns table: under the hash of the secret, and listed in `keys` by id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from parley.errors import ConflictError
from parley.keys import ApiKey, Role
from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.codec import decode, encode, moment_of
from parley_aws.dynamo.reading import query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoKeys:
    """API keys in the campaigns table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def add(self, key: ApiKey, *, secret_hash: str) -> None:
        """Keep a key under the hash of its secret (`parley.keys.key_hash`)."""
        values = {
            "id": key.id,
            "role": key.role,
            "owner": key.owner,
            "made_at": key.created_at,
            "secret_hash": secret_hash,
        }
        puts = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": place | encode(values),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for place in (_by_hash(secret_hash), _by_id(key.id))
        ]
        if not run_if(
            self._client.transact_write_items,
            stands=lambda: self._stands(key, secret_hash),
            TransactItems=puts,
        ):
            raise ConflictError(f"key {key.id} exists")

    def by_hash(self, secret_hash: str) -> ApiKey | None:
        """The key whose secret has this hash, consistently: a revoked one is gone at once."""
        item = self._item(_by_hash(secret_hash))
        return key_of(item) if item else None

    def all(self) -> list[ApiKey]:
        """Every key, oldest first."""
        items = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :keys",
            ExpressionAttributeValues={":keys": {"S": "keys"}},
            ConsistentRead=True,
        )
        return sorted(map(key_of, items), key=lambda key: (key.created_at, key.id))

    def revoke(self, key_id: str) -> bool:
        """Forget a key; whether there was one."""
        item = self._item(_by_id(key_id))
        if item is None:
            return False
        places = (_by_hash(item["secret_hash"]["S"]), _by_id(key_id))
        run(
            self._client.transact_write_items,
            TransactItems=[{"Delete": {"TableName": self._table, "Key": key}} for key in places],
        )
        return True

    def _stands(self, key: ApiKey, secret_hash: str) -> Any:
        return self.by_hash(secret_hash) == key or None

    def _item(self, key: Item) -> Item | None:
        answer = run(self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item


def key_of(item: Mapping[str, Any]) -> ApiKey:
    """The key in an item."""
    values = decode(item)
    return ApiKey(
        id=values["id"],
        role=Role(values["role"]),
        owner=values["owner"],
        created_at=moment_of(values["made_at"]),
    )


def _by_hash(secret_hash: str) -> Item:
    return {"pk": {"S": f"key#{secret_hash}"}, "sk": {"S": "key"}}


def _by_id(key_id: str) -> Item:
    return {"pk": {"S": "keys"}, "sk": {"S": key_id}}
