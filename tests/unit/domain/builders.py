"""Values for tests of the domain: plain ones, with what matters named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from parley.contact import Contact, Subscription, SubscriptionStatus
from parley.decide import Draft, Rules
from parley.program import Program, Sender
from parley.quiet_hours import Hours, QuietHours, QuietHoursPolicy, StateRules, every_day
from parley.sending import Claim

NOON = datetime(2026, 6, 10, 17, 0, tzinfo=UTC)
"""A Wednesday, noon in Chicago."""

FEDERAL = StateRules(federal=every_day(Hours(opens=8 * 60, closes=21 * 60)))
NO_QUIET_HOURS = QuietHours(policy=QuietHoursPolicy.NONE)


def contact(**changes: Any) -> Contact:
    """Someone in Chicago who subscribed to `pizza` a month ago."""
    subscribed = Subscription(
        status=SubscriptionStatus.SUBSCRIBED, since=NOON - timedelta(days=30), event_id="e1"
    )
    values: dict[str, Any] = {
        "phone": "+13125550123",
        "region": "US",
        "number_zones": ("America/Chicago",),
        "number_state": "IL",
        "subscriptions": {"pizza": subscribed},
    }
    return Contact(**{**values, **changes})


def program(**changes: Any) -> Program:
    """A pizzeria that texts at any hour, without caps or disclosure."""
    values: dict[str, Any] = {
        "id": "pizza",
        "brand": "Acme Pizza",
        "sender": Sender(messaging_service_sid="MG" + "0" * 32),
        "quiet_hours": NO_QUIET_HOURS,
        "disclosure_every": None,
    }
    return Program(**{**values, **changes})


def rules(**changes: Any) -> Rules:
    """The rules of a send of that pizzeria, with a body that renders for everyone."""
    values: dict[str, Any] = {
        "send_id": "snd_1",
        "campaign_id": "cmp_1",
        "program": program(),
        "expires_at": NOON + timedelta(hours=24),
        "render": lambda contact: Draft(body="2 for 1 tonight"),
        "holdout_key": b"key",
        "state_rules": FEDERAL,
        "region_zones": {"US": ("America/New_York", "America/Chicago", "America/Los_Angeles")},
    }
    return Rules(**{**values, **changes})


def claim(post_by: datetime, *, send: str = "snd_0", program_id: str = "pizza") -> Claim:
    """A claim of an earlier send."""
    return Claim(send_id=send, program_id=program_id, nonce=f"n-{send}", post_by=post_by)
