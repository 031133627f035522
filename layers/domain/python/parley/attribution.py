"""Which of our texts a reply answers: the latest hand-over before it that is not too long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from parley.campaign import Campaign
from parley.contact import Contact
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.sending import CLAIM_PERIOD, Claim

_NEVER_HANDED_OVER = frozenset(
    {MessageStatus.SKIPPED, MessageStatus.HELD_OUT, MessageStatus.CANCELED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The message that a reply answers, and how long after it the reply came."""

    send_id: str
    message_id: str
    campaign: Campaign
    after: timedelta


def candidates(contact: Contact, program_id: str, received_at: datetime) -> tuple[Claim, ...]:
    """Claims of the program's sends that a reply may answer, the latest first."""
    return tuple(
        sorted(
            (
                claim
                for claim in contact.sending.claims
                if claim.is_promotional
                and claim.program_id == program_id
                and _began(claim) <= received_at
            ),
            key=lambda claim: claim.post_by,
            reverse=True,
        )
    )


def was_handed_over(message: Message | None) -> bool:
    """Whether the provider took, or may have taken, the message of a claim that still stands.

    A claim outlives its POST only then: a definite refusal gives it back. So no record yet means
    that the hand-over is under way or its record got lost.
    """
    if message is None:
        return True
    if message.status is MessageStatus.FAILED:
        return message.handed_over_at is not None
    return message.status not in _NEVER_HANDED_OVER


def time_since(claim: Claim, received_at: datetime) -> timedelta:
    """How long after a claim's hand-over a reply came; never less than nothing."""
    return max(received_at - _began(claim), timedelta(0))


def is_within(campaign: Campaign, after: timedelta) -> bool:
    """Whether a reply so long after a hand-over still counts as an answer to it."""
    return after <= timedelta(hours=campaign.attribution_hours)


def _began(claim: Claim) -> datetime:
    return claim.post_by - CLAIM_PERIOD
