"""Webhook subscriptions: made by admins, checked before anything is sent anywhere."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from parley.errors import NotFoundError, QuotaError
from parley.facts import FactName
from parley.webhook import (
    MAX_SUBSCRIPTIONS,
    WebhookSubscription,
    check_outside,
    destination_of,
)
from parley_aws.ports import Resolver, UnresolvedError, WebhookStore

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def subscribe(
    webhooks: WebhookStore,
    resolver: Resolver,
    *,
    url: str,
    facts: Sequence[FactName],
    secret: str | None,
    local_receiver: str | None,
    now: datetime,
) -> WebhookSubscription:
    """Have facts delivered to an outsider; a secret of 256 bits is made where none is given.

    Raises InvalidInputError for an address that is not plainly outside; a host that is not known
    yet is taken, since it is looked up again at each delivery. Raises QuotaError where there are
    as many subscriptions as may be.
    """
    destination = destination_of(url, local_receiver=local_receiver)
    if destination.secure:
        with contextlib.suppress(UnresolvedError):
            check_outside(resolver.addresses(destination.host, destination.port))
    if len(webhooks.all()) >= MAX_SUBSCRIPTIONS:
        raise QuotaError(f"there are {MAX_SUBSCRIPTIONS} webhook subscriptions; delete one first")
    subscription = WebhookSubscription(
        id=f"whk_{secrets.token_hex(8)}",
        url=url,
        facts=tuple(dict.fromkeys(facts)),
        secret=secret or _PREFIX + secrets.token_urlsafe(_SECRET_BYTES),
        created_at=now,
    )
    webhooks.add(subscription)
    return subscription


def unsubscribe(webhooks: WebhookStore, subscription_id: str) -> None:
    """Deliver no more to an outsider, from now on. Raises NotFoundError."""
    if not webhooks.remove(subscription_id):
        raise NotFoundError("no such webhook subscription")
