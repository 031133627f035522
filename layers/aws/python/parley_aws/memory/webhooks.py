"""Webhook subscriptions, names of hosts and deliveries in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parley.webhook import Delivery, Destination, WebhookSubscription
from parley_aws.ports import DeliveryError, UnresolvedError


class MemoryWebhooks:
    """Outsiders who subscribed to facts, and what was last delivered to them."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, WebhookSubscription] = {}
        self._deliveries: dict[str, list[Delivery]] = {}

    def add(self, subscription: WebhookSubscription) -> None:
        self._subscriptions[subscription.id] = subscription

    def get(self, subscription_id: str) -> WebhookSubscription | None:
        return self._subscriptions.get(subscription_id)

    def all(self) -> list[WebhookSubscription]:
        return sorted(self._subscriptions.values(), key=lambda each: (each.created_at, each.id))

    def remove(self, subscription_id: str) -> bool:
        return self._subscriptions.pop(subscription_id, None) is not None

    def note(self, subscription_id: str, delivery: Delivery) -> None:
        self._deliveries.setdefault(subscription_id, []).append(delivery)

    def deliveries(self, subscription_id: str, *, limit: int) -> list[Delivery]:
        noted = self._deliveries.get(subscription_id, [])
        return sorted(noted, key=lambda each: (each.at, each.fact_id), reverse=True)[:limit]


class MemoryResolver:
    """Hosts and their addresses, as they are put in."""

    def __init__(self) -> None:
        self.hosts: dict[str, list[str]] = {}

    def addresses(self, host: str, port: int) -> list[str]:
        if host not in self.hosts or not port:
            raise UnresolvedError("the host is not known")
        return self.hosts[host]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What was handed over."""

    destination: Destination
    headers: Mapping[str, str]
    body: bytes


class MemoryCourier:
    """Answers the statuses it is given in turn, then 200; None is no answer at all."""

    def __init__(self) -> None:
        self.answers: list[int | None] = []
        self.carried: list[Carried] = []

    def deliver(self, destination: Destination, headers: Mapping[str, str], body: bytes) -> int:
        self.carried.append(Carried(destination=destination, headers=headers, body=body))
        answer = self.answers.pop(0) if self.answers else 200
        if answer is None:
            raise DeliveryError("did not answer in time")
        return answer
