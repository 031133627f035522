"""A contact: a person and a phone number, what they agreed to, and what they asked to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from parley.sending import Sending
from parley.strikes import Strike

ERASED_PREFIX = "erased#"
"""What the key of an erased number's suppression begins with: a keyed hash follows, no number."""

AttributeValue = str | int | float | bool | list[str]


class SubscriptionStatus(StrEnum):
    """Where a contact stands with a program."""

    PENDING = "pending"
    SUBSCRIBED = "subscribed"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A contact's standing in one program, since when, and the journal event that says why."""

    status: SubscriptionStatus
    since: datetime
    event_id: str


class SuppressionReason(StrEnum):
    """Why nothing may be sent to a number."""

    OPTED_OUT = "opted_out"
    CARRIER_BLOCK = "carrier_block"
    UNREACHABLE = "unreachable"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """The standing do-not-send entry on a number, in every program."""

    reason: SuppressionReason
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReply:
    """What a contact said last."""

    body: str
    received_at: datetime
    intent: str
    campaign_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person and a phone number (E.164).

    `region` is the number's ISO 3166 country, `number_zones` and `number_state` are where the
    number's prefix lies (no zones: unknown, so all zones of the region count); `timezone` and
    `state` are what the profile says. An opt-out from everything at `left_all_at` ends every
    subscription that began before it or at the same moment. `strikes` are lost texts, which
    suppress the number once there are enough of them (`parley.strikes`).
    """

    phone: str
    region: str | None = None
    number_zones: tuple[str, ...] = ()
    number_state: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    language: str | None = None
    timezone: str | None = None
    state: str | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)
    suppression: Suppression | None = None
    left_all_at: datetime | None = None
    last_reply: LastReply | None = None
    strikes: tuple[Strike, ...] = ()
    sending: Sending = field(default_factory=Sending)

    @property
    def is_person(self) -> bool:
        """False for the entry that only keeps an erased number suppressed."""
        return not self.phone.startswith(ERASED_PREFIX)

    def subscription_status(self, program_id: str) -> SubscriptionStatus | None:
        """Where the contact stands with a program, or None if it never met it."""
        subscription = self.subscriptions.get(program_id)
        if subscription is None:
            return None
        if self.left_all_at is not None and subscription.since <= self.left_all_at:
            return SubscriptionStatus.OPTED_OUT
        return subscription.status

    def has_left(self, program_id: str) -> bool:
        """Whether the contact opted out of this program, or of all."""
        return self.subscription_status(program_id) is SubscriptionStatus.OPTED_OUT or (
            self.suppression is not None
            and self.suppression.reason
            in (SuppressionReason.OPTED_OUT, SuppressionReason.CARRIER_BLOCK)
        )
