"""Leads: contacts who showed intent, and how hot they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from parley.errors import ConflictError
from parley.reply import Intent, asks

HOT_FROM = 70
MAX_SCORE = 100


class Temperature(StrEnum):
    """Hot leads are called first."""

    HOT = "hot"
    WARM = "warm"


class LeadStatus(StrEnum):
    """Where sales stands with a lead."""

    OPEN = "open"
    CLAIMED = "claimed"
    WON = "won"
    LOST = "lost"


ACTIVE_STATUSES = frozenset({LeadStatus.OPEN, LeadStatus.CLAIMED})
"""A contact has at most one lead in these per program; further replies raise it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """0 to 100 points and, in words, what they are for."""

    points: int
    reasons: tuple[str, ...]

    @property
    def temperature(self) -> Temperature:
        """Hot from 70 points."""
        return temperature(self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A contact who showed intent in a program, the reply that says so, and who cares for it.

    `overdue_at` is when it was found open past `due_at`, which is noted once.
    """

    id: str
    phone: str
    first_name: str | None
    program_id: str
    campaign_id: str | None
    send_id: str | None
    score: int
    reasons: tuple[str, ...]
    reply_body: str
    reply_received_at: datetime
    replies: int
    status: LeadStatus
    owner: str | None
    due_at: datetime
    created_at: datetime
    overdue_at: datetime | None = None


_BASE_POINTS = {
    Intent.LEAD_KEYWORD: (80, "answered with a lead keyword"),
    Intent.INTEREST: (75, "said they want it"),
    Intent.QUESTION: (70, "asked a question"),
    Intent.CHATTER: (30, "answered without saying what they want"),
}
_MOST_POINTS_AFTER = {
    Intent.DECLINE: (40, "declined since"),
    Intent.COMPLAINT: (40, "complained since"),
}
_LEFT = "asked for no more texts"
_ASKS_TOO = 10
_QUICK = 10
_QUICK_WITHIN = timedelta(minutes=10)
_CAME_BACK = 5


def temperature(points: int) -> Temperature:
    """Hot from 70 points of 100, else warm."""
    return Temperature.HOT if points >= HOT_FROM else Temperature.WARM


def score_lead(
    intent: Intent, text: str, *, after: timedelta | None, earlier_replies: int = 0
) -> Score | None:
    """How hot a reply is, or None where it makes no lead.

    `after` is the time since the text it answers, None where it answers none of ours.
    """
    if intent not in _BASE_POINTS:
        return None
    points, reason = _BASE_POINTS[intent]
    reasons = [reason]
    if intent is not Intent.QUESTION and intent is not Intent.CHATTER and asks(text):
        points += _ASKS_TOO
        reasons.append("and asked a question")
    if intent is not Intent.CHATTER and after is not None and after <= _QUICK_WITHIN:
        points += _QUICK
        reasons.append("within 10 minutes")
    if earlier_replies:
        points += _CAME_BACK
        reasons.append("wrote more than once")
    return Score(points=min(points, MAX_SCORE), reasons=tuple(reasons))


def cooled(lead: Lead) -> Lead:
    """The lead of somebody who left: without points, so last on the list, and with the reason."""
    others = (reason for reason in lead.reasons if reason != _LEFT)
    return replace(lead, score=0, reasons=(*others, _LEFT))


def raised(lead: Lead, intent: Intent, score: Score | None) -> Lead:
    """The lead after a further reply: hotter for interest, no longer hot after a no or a complaint.

    `score` is the reply's own. Reasons add up; a warmer reply never cools the lead.
    """
    points, reasons = lead.score, lead.reasons
    if score is not None:
        points = max(points, score.points)
        reasons = (*reasons, *score.reasons)
    elif intent in _MOST_POINTS_AFTER:
        most, reason = _MOST_POINTS_AFTER[intent]
        points = min(points, most)
        reasons = (*reasons, reason)
    return replace(lead, score=points, reasons=tuple(dict.fromkeys(reasons)))


def due_anew(lead: Lead, *, since: Lead, due_at: datetime) -> Lead:
    """The lead, due at `due_at` if it was without points as it was before (`since`) and has some
    again: its own time passed while nobody was to call."""
    return replace(lead, due_at=due_at) if since.score == 0 < lead.score else lead


def check_claim(lead: Lead, owner: str) -> None:
    """Refuse with ConflictError, naming the owner, a lead that another holds or that is closed."""
    if lead.status is LeadStatus.CLAIMED and lead.owner != owner:
        raise ConflictError(f"this lead is claimed by {lead.owner}")
    if lead.status not in ACTIVE_STATUSES:
        raise ConflictError(f"this lead is already {lead.status}")
