"""Webhook subscriptions and the time of leads, on an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from parley.facts import FactName
from parley.webhook import Delivery, DeliveryStatus, WebhookSubscription
from parley_aws.dynamo.leads import DynamoLeads
from parley_aws.dynamo.webhooks import DynamoWebhooks
from parley_aws.memory import ManualClock
from parley_aws.use_cases.lead_time import mark_overdue
from tests.integration.stores.values import NOW, lead

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def subscription(number: int = 0) -> WebhookSubscription:
    return WebhookSubscription(
        id=f"whk_{number}",
        url="https://hooks.example.com/x",
        facts=(FactName.LEAD_CREATED, FactName.SEND_COMPLETED),
        secret="sixteen-characters",
        created_at=NOW - timedelta(days=number),
    )


def delivery(number: int) -> Delivery:
    return Delivery(
        fact_id=f"{number:032x}",
        fact="LeadCreated",
        attempt=1,
        status=DeliveryStatus.DELIVERED,
        http_status=204 if number % 2 else None,
        error=None,
        at=NOW + timedelta(milliseconds=number),
        milliseconds=7,
    )


def test_subscriptions(client: DynamoDBClient, new_table: Callable[[str], str]) -> None:
    store = DynamoWebhooks(client, new_table("campaigns"))
    assert store.all() == []
    assert store.get("whk_0") is None
    for number in (0, 1):
        store.add(subscription(number))
    assert store.all() == [subscription(1), subscription(0)]
    assert store.get("whk_0") == subscription()
    assert "sixteen" not in repr(store.get("whk_0"))
    assert store.remove("whk_0")
    assert not store.remove("whk_0")
    assert store.all() == [subscription(1)]


def test_deliveries(client: DynamoDBClient, new_table: Callable[[str], str]) -> None:
    store = DynamoWebhooks(client, new_table("campaigns"))
    for number in (2, 0, 1):
        store.note("whk_0", delivery(number))
    store.note("whk_1", delivery(9))
    assert store.deliveries("whk_0", limit=2) == [delivery(2), delivery(1)]
    assert store.deliveries("whk_2", limit=2) == []


def test_a_lead_is_overdue_once(client: DynamoDBClient, new_table: Callable[[str], str]) -> None:
    leads = DynamoLeads(client, new_table("leads"))
    known = lead(due_at=NOW)
    assert leads.open(known)
    clock = ManualClock(NOW + timedelta(seconds=3))
    assert mark_overdue(leads, clock, known.id, due=int(NOW.timestamp()))
    assert not mark_overdue(leads, clock, known.id, due=int(NOW.timestamp()))
    overdue = replace(known, overdue_at=NOW + timedelta(seconds=3))
    assert leads.get(known.id) == overdue
    assert not leads.update(replace(known, replies=2), expected=known), "it did not know"
    assert leads.update(replace(overdue, replies=2), expected=overdue)
