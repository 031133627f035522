"""The rule book of sending: what happens to one contact of one send at one moment.

Reasons come in the order of `SkipReason`: the first that holds is the one reported. Everything is
judged for the earliest moment at which decent hours would let the text go, so that nobody waits
overnight for a text that is already certain not to be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from parley import disclosure, quiet_hours
from parley.caps import FrequencyCap, all_allow
from parley.contact import Contact, SubscriptionStatus
from parley.ids import keyed_hash
from parley.outcome import SkipReason
from parley.parts import MAX_BODY_CHARACTERS, Parts, count_parts
from parley.program import Program
from parley.quiet_hours import StateRules, Whereabouts
from parley.sending import CLAIM_PERIOD, CLAIM_RETENTION, Claim, Sending

MINIMUM_VALIDITY = timedelta(minutes=5)
"""A text that could not reach the phone within this time inside the window is not started."""

MAXIMUM_VALIDITY = timedelta(hours=10)
"""The longest the provider keeps a text in its queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A body rendered for one contact, or the name of the value it lacks."""

    body: str
    missing_value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything a decision looks at besides the contact and the clock."""

    send_id: str
    campaign_id: str
    program: Program
    expires_at: datetime
    render: Callable[[Contact], Draft]
    holdout_key: bytes
    overall_caps: tuple[FrequencyCap, ...] = ()
    holdout_percent: int = 0
    state_rules: StateRules
    region_zones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def claim_retention(self) -> timedelta:
        """How long claims must be remembered for these caps and for late batches."""
        caps = (*self.overall_caps, *self.program.frequency_caps)
        return max((CLAIM_RETENTION, *(cap.window for cap in caps)))


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Text them now: POST `body` before `post_by`, valid at the provider for `validity`."""

    body: str
    parts: Parts
    discloses: bool
    post_by: datetime
    validity: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Defer:
    """Not at this hour; ask again at `until`."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Not to be texted, and why."""

    reason: SkipReason
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOut:
    """Would be texted, but belongs to the group left alone for comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """This send already holds or held the right to text them, so it may have done so (G3)."""

    claim: Claim


Decision = HandOver | Defer | Skip | HoldOut | Claimed


def decide(contact: Contact | None, rules: Rules, now: datetime) -> Decision:
    """What to do with a contact of a send's audience at `now`.

    None for a contact means that it was erased since the audience was frozen.
    """
    if contact is None:
        return Skip(reason=SkipReason.NOT_SUBSCRIBED)
    own = contact.sending.claim_of(rules.send_id)
    if own is not None:
        return Claimed(claim=own)
    refusal = _standing_refusal(contact, rules.program)
    if refusal is not None:
        return Skip(reason=refusal)
    draft = rules.render(contact)
    if draft.missing_value is not None:
        return Skip(reason=SkipReason.MISSING_VALUE, detail=draft.missing_value)
    discloses = disclosure.is_due(rules.program, contact.sending, now)
    body = disclosure.disclose(draft.body, rules.program) if discloses else draft.body
    if len(body) > MAX_BODY_CHARACTERS:
        return Skip(reason=SkipReason.TOO_LONG)
    where = whereabouts(contact, rules)
    period = quiet_hours.next_period(
        quiet_hours.weeks_that_count(rules.program.quiet_hours, rules.state_rules, where.states),
        where.zones,
        now,
        at_least=CLAIM_PERIOD + MINIMUM_VALIDITY,
    )
    if period is None:
        return Skip(reason=SkipReason.EXPIRED)
    if not _caps_allow(contact.sending, rules, where, period.opens):
        return Skip(reason=SkipReason.FREQUENCY_CAP)
    if period.opens + CLAIM_PERIOD >= rules.expires_at:
        return Skip(reason=SkipReason.EXPIRED)
    if is_held_out(contact.phone, rules):
        return HoldOut()
    if period.opens > now:
        return Defer(until=period.opens)
    post_by = now + CLAIM_PERIOD
    return HandOver(
        body=body,
        parts=count_parts(body),
        discloses=discloses,
        post_by=post_by,
        validity=min(period.closes - post_by, rules.expires_at - post_by, MAXIMUM_VALIDITY),
    )


def is_held_out(phone: str, rules: Rules) -> bool:
    """Whether the stable draw of this send leaves a number alone."""
    if rules.holdout_percent <= 0:
        return False
    draw = int(keyed_hash(rules.holdout_key, "holdout", rules.send_id, phone, length=8), 16)
    return draw % 100 < rules.holdout_percent


def whereabouts(contact: Contact, rules: Rules) -> Whereabouts:
    """Every zone and state the profile or the number says the contact may be in (G7)."""
    return whereabouts_of(contact, rules.program, rules.state_rules, rules.region_zones)


def whereabouts_of(
    contact: Contact,
    program: Program,
    state_rules: StateRules,
    region_zones: Mapping[str, tuple[str, ...]],
) -> Whereabouts:
    """Where a contact may be, for a text of a program that is no send's."""
    states = tuple(dict.fromkeys(s for s in (contact.state, contact.number_state) if s))
    if program.trust_timezone and contact.timezone:
        return Whereabouts(zones=(contact.timezone,), states=states)
    number_zones = contact.number_zones or region_zones.get(
        contact.region or program.default_region, (program.timezone,)
    )
    zones_of_state = state_rules.state_zones.get(contact.state, ()) if contact.state else ()
    said = (contact.timezone,) if contact.timezone else zones_of_state
    return Whereabouts(zones=tuple(dict.fromkeys((*said, *number_zones))), states=states)


def _standing_refusal(contact: Contact, program: Program) -> SkipReason | None:
    if contact.has_left(program.id):
        return SkipReason.OPTED_OUT
    if contact.suppression is not None:
        return SkipReason.SUPPRESSED
    if contact.subscription_status(program.id) is not SubscriptionStatus.SUBSCRIBED:
        return SkipReason.NOT_SUBSCRIBED
    if contact.region is None:
        return SkipReason.INVALID_NUMBER
    return None


def _caps_allow(sending: Sending, rules: Rules, where: Whereabouts, at: datetime) -> bool:
    over_all_programs = (
        *rules.overall_caps,
        *quiet_hours.caps_of_states(rules.program.quiet_hours, rules.state_rules, where.states),
    )
    of_program = [c for c in sending.claims if c.program_id == rules.program.id]
    return all_allow(over_all_programs, sending.claims, at) and all_allow(
        rules.program.frequency_caps, of_program, at
    )
