"""Hand one fact to one outsider, signed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from parley.errors import InvalidInputError, TransientError
from parley.webhook import (
    SIGNATURE_HEADER,
    Delivery,
    DeliveryStatus,
    WebhookSubscription,
    destination_of,
    sign,
)
from parley_aws.ports import Clock, Courier, DeliveryError, WebhookStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A fact for a subscription; `attempt` counts from 1."""

    subscription_id: str
    fact: str
    detail: Mapping[str, Any]
    attempt: int


class DeliverFact:
    """Delivers facts; an outsider drops repeats by the fact's id."""

    def __init__(
        self,
        *,
        webhooks: WebhookStore,
        courier: Courier,
        clock: Clock,
        local_receiver: str | None,
    ) -> None:
        self._webhooks = webhooks
        self._courier = courier
        self._clock = clock
        self._local_receiver = local_receiver

    def __call__(self, errand: Errand) -> bool:
        """Deliver a fact; False where it has to be tried again.

        A subscription that was removed, or no longer wants such facts, is done with.
        """
        subscription = self._webhooks.get(errand.subscription_id)
        if subscription is None or errand.fact not in subscription.facts:
            return True
        started = self._clock.now()
        http_status, error = self._post(subscription, errand)
        ended = self._clock.now()
        delivery = Delivery(
            fact_id=str(errand.detail["id"]),
            fact=errand.fact,
            attempt=errand.attempt,
            status=DeliveryStatus.FAILED if error else DeliveryStatus.DELIVERED,
            http_status=http_status,
            error=error,
            at=ended,
            milliseconds=(ended - started) // timedelta(milliseconds=1),
        )
        # What came of it is not worth delivering the fact again for.
        with contextlib.suppress(TransientError):
            self._webhooks.note(subscription.id, delivery)
        return delivery.status is DeliveryStatus.DELIVERED

    def _post(
        self, subscription: WebhookSubscription, errand: Errand
    ) -> tuple[int | None, str | None]:
        body = json.dumps(
            {"fact": errand.fact, "detail": errand.detail}, separators=(",", ":")
        ).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Parley",
            SIGNATURE_HEADER: sign(subscription.secret, body, at=self._clock.now()),
            "Parley-Fact": errand.fact,
            "Parley-Fact-Id": str(errand.detail["id"]),
            "Parley-Subscription": subscription.id,
            "Parley-Attempt": str(errand.attempt),
        }
        try:
            destination = destination_of(subscription.url, local_receiver=self._local_receiver)
            status = self._courier.deliver(destination, headers, body)
        except InvalidInputError:
            return None, "its address is not admitted any more"
        except DeliveryError as error:
            return None, str(error)
        if 200 <= status < 300:
            return status, None
        if 300 <= status < 400:
            return status, "answered a redirect, which is not followed"
        return status, f"answered {status}"
