"""Webhook subscriptions: facts delivered to outsiders, by admins."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from parley.errors import NotFoundError
from parley_aws.http.api import ADMINS, Api, Cursor, Limit
from parley_aws.http.listing import page_of
from parley_aws.http.models.webhook_subscriptions import (
    NewWebhookOutput,
    WebhookInput,
    WebhookList,
    WebhookOutput,
)
from parley_aws.http.services import Services
from parley_aws.use_cases.manage_webhooks import subscribe, unsubscribe

_TAG = "Webhook subscriptions"
_LISTED_DELIVERIES = 10
_SHOWN_DELIVERIES = 50


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.post(
        "/webhook-subscriptions",
        roles=ADMINS,
        tag=_TAG,
        status=201,
        also={429: "There are as many subscriptions as may be"},
    )
    def create_webhook_subscription(body: Annotated[WebhookInput, Body()]) -> NewWebhookOutput:
        """Have facts delivered by HTTPS.

        Each fact is a POST of `{"fact": name, "detail": {…}}`, whose detail keeps to
        `events/<fact>/schema.v1.json`. `Parley-Signature: t=<epoch seconds>,v1=<hex>` holds the
        HMAC-SHA256, by the secret, of the time, a dot and the body as sent: compare it in constant
        time, and refuse times more than five minutes off. Answer 2xx within eight seconds;
        anything else is tried again for about a day, at longer and longer intervals. Facts may
        come twice and out of order: drop repeats by `Parley-Fact-Id`. The URL must be https, at
        port 443 or 8443, on the public internet. The secret is in this answer and nowhere else.
        """
        subscription = subscribe(
            services.webhooks(),
            services.resolver(),
            url=body.url,
            facts=body.facts,
            secret=body.secret,
            local_receiver=services.local_fact_receiver(),
            now=services.clock().now(),
        )
        shown = WebhookOutput.of(subscription, [])
        return NewWebhookOutput(**shown.model_dump(), secret=subscription.secret)

    @api.get("/webhook-subscriptions", roles=ADMINS, tag=_TAG)
    def list_webhook_subscriptions(limit: Limit = 100, cursor: Cursor = None) -> WebhookList:
        """List webhook subscriptions, oldest first, each with its last deliveries."""
        webhooks = services.webhooks()
        start_key = api.start_key(cursor, scope="webhooks")
        page = page_of(webhooks.all(), key=lambda w: w.id, limit=limit, start_key=start_key)
        return WebhookList(
            webhook_subscriptions=[
                WebhookOutput.of(each, webhooks.deliveries(each.id, limit=_LISTED_DELIVERIES))
                for each in page.items
            ],
            next_cursor=api.cursor(page.next_key, scope="webhooks"),
        )

    @api.get("/webhook-subscriptions/{subscription_id}", roles=ADMINS, tag=_TAG)
    def get_webhook_subscription(subscription_id: str) -> WebhookOutput:
        """Show one webhook subscription with more of its last deliveries."""
        webhooks = services.webhooks()
        subscription = webhooks.get(subscription_id)
        if subscription is None:
            raise NotFoundError("no such webhook subscription")
        return WebhookOutput.of(
            subscription, webhooks.deliveries(subscription_id, limit=_SHOWN_DELIVERIES)
        )

    @api.delete("/webhook-subscriptions/{subscription_id}", roles=ADMINS, tag=_TAG, status=204)
    def delete_webhook_subscription(subscription_id: str) -> None:
        """Deliver no more to a webhook subscription, from now on."""
        unsubscribe(services.webhooks(), subscription_id)
