"""Webhook subscriptions as the API takes and answers them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from parley.facts import FactName
from parley.webhook import MAX_URL, Delivery, DeliveryStatus, WebhookSubscription
from parley_aws.http.models.base import Input, Moment, Output, example

_SUBSCRIPTION = {
    "id": "whk_3f9a1c20b7d84e65",
    "url": "https://hooks.example.com/parley",
    "facts": ["LeadCreated", "LeadOverdue"],
    "created_at": "2026-11-22T15:04:05Z",
}


class WebhookInput(Input):
    """Where to deliver which facts; a secret is made where none is given."""

    model_config = example(
        url="https://hooks.example.com/parley", facts=["LeadCreated", "LeadOverdue"]
    )

    url: Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL, strict=True)]
    facts: Annotated[list[FactName], Field(min_length=1, max_length=len(FactName))]
    secret: (
        Annotated[
            str,
            StringConstraints(min_length=16, max_length=200, pattern=r"^[!-~]+$", strict=True),
        ]
        | None
    ) = None


class DeliveryOutput(Output):
    """One attempt to deliver a fact."""

    fact: str
    fact_id: str
    attempt: int
    status: DeliveryStatus
    http_status: int | None
    error: str | None
    at: Moment
    milliseconds: int

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryOutput:
        """The attempt as the API shows it."""
        return cls(
            fact=delivery.fact,
            fact_id=delivery.fact_id,
            attempt=delivery.attempt,
            status=delivery.status,
            http_status=delivery.http_status,
            error=delivery.error,
            at=delivery.at,
            milliseconds=delivery.milliseconds,
        )


class WebhookOutput(Output):
    """A webhook subscription without its secret, and the last deliveries, newest first."""

    model_config = example(**_SUBSCRIPTION, last_deliveries=[])

    id: str
    url: str
    facts: list[FactName]
    created_at: Moment
    last_deliveries: list[DeliveryOutput]

    @classmethod
    def of(cls, subscription: WebhookSubscription, deliveries: list[Delivery]) -> WebhookOutput:
        """The subscription as the API shows it."""
        return cls(
            id=subscription.id,
            url=subscription.url,
            facts=list(subscription.facts),
            created_at=subscription.created_at,
            last_deliveries=[DeliveryOutput.of(each) for each in deliveries],
        )


class NewWebhookOutput(WebhookOutput):
    """A new webhook subscription with its secret, which is shown this once."""

    model_config = example(
        **_SUBSCRIPTION,
        last_deliveries=[],
        secret="whsec_V2hhdCBhIHNlY3JldCB0aGlzIGlzLCBpbmRlZWQu",
    )

    secret: str


class WebhookList(Output):
    """Webhook subscriptions, oldest first."""

    webhook_subscriptions: list[WebhookOutput]
    next_cursor: str | None
