"""Consent: who agreed to what, when and how we know; and what an opt-out or a consent changes.

Bulk consent never revives someone who left. A person's own START, join keyword or answer does,
and so does an opt-in recorded for one person with evidence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from parley.contact import (
    Contact,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from parley.journal import JournalEvent, JournalKind

ALL_PROGRAMS = "all"
"""The scope of an opt-out that holds in every program."""

TEXTED = "text"
"""The source of a consent or an opt-out that was texted in a keyword the carrier acts on too."""

REPLIED = "reply"
"""The source of one that was texted in other words, of which the carrier knows nothing."""

_ANSWER = "answer"


class ConsentKind(StrEnum):
    """How consent reached us, which decides what it can do."""

    BULK = "bulk"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One act of agreement to one program: given at `obtained_at`, known to us at `recorded_at`."""

    event_id: str
    program_id: str
    kind: ConsentKind
    source: str
    obtained_at: datetime
    recorded_at: datetime
    wording: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """One act of leaving: the scope is a program id or `ALL_PROGRAMS`."""

    event_id: str
    scope: str
    source: str
    occurred_at: datetime
    note: str | None = None


def with_consent(contact: Contact, consent: Consent, *, double_opt_in: bool) -> Contact | None:
    """The contact after a consent, or None where bulk consent may not revive them.

    Under double opt-in, bulk consent leaves a new subscription pending until the person answers.
    """
    if consent.kind is ConsentKind.BULK:
        if contact.has_left(consent.program_id) or _is_erased(contact):
            return None
        if contact.subscription_status(consent.program_id) is not None:
            return contact
        status = SubscriptionStatus.PENDING if double_opt_in else SubscriptionStatus.SUBSCRIBED
        return _subscribed(contact, consent, status)
    revived = replace(contact, suppression=None, strikes=())
    return _subscribed(revived, consent, SubscriptionStatus.SUBSCRIBED)


def left_at(contact: Contact, program_id: str) -> datetime | None:
    """When the contact last left this program or all; None if nobody remembers that they did."""
    gone = contact.subscriptions.get(program_id)
    moments = [
        contact.left_all_at,
        gone.since if gone and gone.status is SubscriptionStatus.OPTED_OUT else None,
        contact.suppression.since
        if contact.suppression and contact.suppression.reason is SuppressionReason.OPTED_OUT
        else None,
    ]
    return max((moment for moment in moments if moment), default=None)


def with_opt_out(contact: Contact, opt_out: OptOut) -> Contact:
    """The contact after an opt-out; the version moves, so no decision made before it can claim."""
    sending = replace(contact.sending, version=contact.sending.version + 1)
    if opt_out.scope == ALL_PROGRAMS:
        return replace(
            contact,
            suppression=Suppression(reason=SuppressionReason.OPTED_OUT, since=opt_out.occurred_at),
            left_all_at=opt_out.occurred_at,
            sending=sending,
        )
    gone = Subscription(
        status=SubscriptionStatus.OPTED_OUT, since=opt_out.occurred_at, event_id=opt_out.event_id
    )
    return replace(
        contact,
        subscriptions={**contact.subscriptions, opt_out.scope: gone},
        sending=sending,
    )


def consent_event(consent: Consent, phone: str, *, awaits_answer: bool = False) -> JournalEvent:
    """What the journal keeps of a consent, which may count only once the person answers."""
    details = {
        "kind": consent.kind.value,
        "source": consent.source,
        "recorded_at": consent.recorded_at.isoformat(),
    }
    if consent.wording is not None:
        details["wording"] = consent.wording
    if awaits_answer:
        details["awaits"] = _ANSWER
    if consent.evidence:
        details["evidence"] = json.dumps(dict(consent.evidence), sort_keys=True)
    return JournalEvent(
        id=consent.event_id,
        phone=phone,
        kind=JournalKind.CONSENT,
        occurred_at=consent.obtained_at,
        program_id=consent.program_id,
        details=details,
    )


def opt_out_event(opt_out: OptOut, phone: str) -> JournalEvent:
    """What the journal keeps of an opt-out."""
    details = {"scope": opt_out.scope, "source": opt_out.source}
    if opt_out.note is not None:
        details["note"] = opt_out.note
    return JournalEvent(
        id=opt_out.event_id,
        phone=phone,
        kind=JournalKind.OPT_OUT,
        occurred_at=opt_out.occurred_at,
        program_id=None if opt_out.scope == ALL_PROGRAMS else opt_out.scope,
        details=details,
    )


def awaits_answer(event: JournalEvent) -> bool:
    """Whether an event is a consent that came under double opt-in, so that we ask them."""
    return event.kind is JournalKind.CONSENT and event.details.get("awaits") == _ANSWER


def carrier_blocks(events: Iterable[JournalEvent]) -> bool:
    """Whether the carrier still blocks a number: it texted STOP and has not texted START since.

    `events` is the number's journal, oldest first.
    """
    blocked = False
    for event in events:
        if event.details.get("source") == TEXTED:
            if event.kind is JournalKind.OPT_OUT:
                blocked = True
            elif event.kind is JournalKind.CONSENT:
                blocked = False
    return blocked


def _is_erased(contact: Contact) -> bool:
    suppression = contact.suppression
    return suppression is not None and suppression.reason is SuppressionReason.ERASED


def _subscribed(contact: Contact, consent: Consent, status: SubscriptionStatus) -> Contact:
    subscription = Subscription(status=status, since=consent.recorded_at, event_id=consent.event_id)
    sending = replace(contact.sending, version=contact.sending.version + 1)
    subscriptions = {**contact.subscriptions, consent.program_id: subscription}
    return replace(contact, subscriptions=subscriptions, sending=sending)
