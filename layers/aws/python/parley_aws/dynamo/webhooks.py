"""Webhook subscriptions, in the campaigns table: listed in `webhooks` by id, and the attempts to
deliver to each under `webhook#<id>`, by their time, for some days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from parley.facts import FactName
from parley.webhook import Delivery, DeliveryStatus, WebhookSubscription
from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.codec import decode, encode, moment_of, stamp
from parley_aws.dynamo.reading import query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_FOR = timedelta(days=7)


class DynamoWebhooks:
    """Webhook subscriptions in the campaigns table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def add(self, subscription: WebhookSubscription) -> None:
        """Keep a new subscription."""
        values = {
            "url": subscription.url,
            "facts": list(subscription.facts),
            "secret": subscription.secret,
            "made_at": subscription.created_at,
        }
        item = _key(subscription.id) | encode(values)
        run(self._client.put_item, TableName=self._table, Item=item)

    def get(self, subscription_id: str) -> WebhookSubscription | None:
        """A subscription by id, consistently: a removed one is gone at once."""
        answer: Mapping[str, Any] = run(
            self._client.get_item,
            TableName=self._table,
            Key=_key(subscription_id),
            ConsistentRead=True,
        )
        return subscription_of(answer["Item"]) if "Item" in answer else None

    def all(self) -> list[WebhookSubscription]:
        """Every subscription, oldest first, consistently."""
        items = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :webhooks",
            ExpressionAttributeValues={":webhooks": {"S": "webhooks"}},
            ConsistentRead=True,
        )
        return sorted(map(subscription_of, items), key=lambda each: (each.created_at, each.id))

    def remove(self, subscription_id: str) -> bool:
        """Forget a subscription; whether there was one."""
        answer = run_if(
            self._client.delete_item,
            stands=dict,
            TableName=self._table,
            Key=_key(subscription_id),
            ConditionExpression="attribute_exists(pk)",
        )
        return answer is not None

    def note(self, subscription_id: str, delivery: Delivery) -> None:
        """Keep an attempt for some days."""
        key = {
            "pk": f"webhook#{subscription_id}",
            "sk": f"delivery#{stamp(delivery.at)}#{delivery.fact_id}",
        }
        values = {
            "fact": delivery.fact,
            "fact_id": delivery.fact_id,
            "attempt": delivery.attempt,
            "status": delivery.status,
            "http_status": delivery.http_status,
            "error": delivery.error,
            "at": delivery.at,
            "milliseconds": delivery.milliseconds,
            "expires_at": int((delivery.at + _KEPT_FOR).timestamp()),
        }
        run(self._client.put_item, TableName=self._table, Item=encode(key | values))

    def deliveries(self, subscription_id: str, *, limit: int) -> list[Delivery]:
        """The last attempts, newest first."""
        answer = run(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="pk = :webhook AND begins_with(sk, :delivery)",
            ExpressionAttributeValues={
                ":webhook": {"S": f"webhook#{subscription_id}"},
                ":delivery": {"S": "delivery#"},
            },
            ScanIndexForward=False,
            Limit=limit,
            ConsistentRead=True,
        )
        return [delivery_of(item) for item in answer["Items"]]


def subscription_of(item: Mapping[str, Any]) -> WebhookSubscription:
    """The subscription in an item."""
    values = decode(item)
    return WebhookSubscription(
        id=values["sk"],
        url=values["url"],
        facts=tuple(map(FactName, values["facts"])),
        secret=values["secret"],
        created_at=moment_of(values["made_at"]),
    )


def delivery_of(item: Mapping[str, Any]) -> Delivery:
    """The attempt in an item."""
    values = decode(item)
    return Delivery(
        fact_id=values["fact_id"],
        fact=values["fact"],
        attempt=values["attempt"],
        status=DeliveryStatus(values["status"]),
        http_status=values.get("http_status"),
        error=values.get("error"),
        at=moment_of(values["at"]),
        milliseconds=values["milliseconds"],
    )


def _key(subscription_id: str) -> Item:
    return {"pk": {"S": "webhooks"}, "sk": {"S": subscription_id}}
