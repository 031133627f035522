"""Trigger a send: once per idempotency key, with the campaign as it is now.

All this does is write the send. The stream of the campaigns table starts it, so that a crash right
after the answer loses nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from parley import ids
from parley.campaign import Campaign, Send, SendStatus
from parley.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parley.money import Money
from parley.program import Program
from parley.sending import BATCH_LIFETIME
from parley_aws.ports import CampaignStore, Clock, ProgramStore, SendStore

DEFAULT_LIFETIME = timedelta(hours=24)
MAX_AHEAD = timedelta(days=365)
_GRACE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """What the caller asks for; None: now, 24 hours after the start, without a limit."""

    send_at: datetime | None = None
    expires_at: datetime | None = None
    max_spend: Money | None = None

    def hash(self) -> str:
        """The same for requests that mean the same."""
        spend = self.max_spend
        parts = [
            None if self.send_at is None else self.send_at.isoformat(),
            None if self.expires_at is None else self.expires_at.isoformat(),
            None if spend is None else [str(spend.amount.normalize()), spend.currency],
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def would_be_send(campaign: Campaign, now: datetime) -> Send:
    """The send that a plain request would trigger now, under an id that no send has."""
    return Send(
        id="",
        campaign=campaign,
        status=SendStatus.RESOLVING,
        created_at=now,
        starts_at=now,
        expires_at=now + DEFAULT_LIFETIME,
        request_hash="",
    )


class TriggerSend:
    """Triggers sends."""

    def __init__(
        self,
        *,
        campaigns: CampaignStore,
        programs: ProgramStore,
        sends: SendStore,
        clock: Clock,
        id_key: bytes,
    ) -> None:
        self._campaigns = campaigns
        self._programs = programs
        self._sends = sends
        self._clock = clock
        self._id_key = id_key

    def __call__(
        self, campaign_id: str, *, idempotency_key: str, request: SendRequest
    ) -> tuple[Send, bool]:
        """The send that this key triggers, and whether it is new.

        Raises NotFoundError for an unknown campaign, InvalidInputError for a time or limit that
        cannot be, ConflictError where the key came with another request before.
        """
        send_id = ids.send_id(
            self._id_key, campaign_id=campaign_id, idempotency_key=idempotency_key
        )
        earlier = self._sends.get(send_id)
        if earlier is not None:
            return _same(earlier, request), False
        campaign = self._campaigns.get(campaign_id)
        if campaign is None:
            raise NotFoundError("no such campaign")
        program = self._programs.get(campaign.program_id)
        if program is None:
            raise ConflictError("the campaign's program is gone; PATCH the campaign")
        send = self._new(send_id, campaign, program, request)
        standing = self._sends.create(send)
        return _same(standing, request), standing.created_at == send.created_at

    def _new(
        self, send_id: str, campaign: Campaign, program: Program, request: SendRequest
    ) -> Send:
        now = self._clock.now()
        starts_at = max(request.send_at or now, now)
        expires_at = request.expires_at or starts_at + DEFAULT_LIFETIME
        problems = [
            *_problems_of_times(request, now, starts_at, expires_at),
            *_problems_of_spend(request.max_spend, program),
        ]
        if problems:
            raise InvalidInputError(problems)
        return Send(
            id=send_id,
            campaign=campaign,
            status=SendStatus.SCHEDULED if starts_at > now else SendStatus.RESOLVING,
            created_at=now,
            starts_at=starts_at,
            expires_at=expires_at,
            request_hash=request.hash(),
            max_spend=request.max_spend,
        )


def _same(send: Send, request: SendRequest) -> Send:
    if send.request_hash != request.hash():
        raise ConflictError(
            "this Idempotency-Key triggered a send with another body; take a new key",
            code="idempotency_key_reused",
        )
    return send


def _problems_of_times(
    request: SendRequest, now: datetime, starts_at: datetime, expires_at: datetime
) -> list[FieldProblem]:
    problems = []
    if request.send_at is not None and request.send_at < now - _GRACE:
        problems.append(FieldProblem(field="send_at", message="is in the past; null sends now"))
    if starts_at > now + MAX_AHEAD:
        problems.append(FieldProblem(field="send_at", message="must be within a year"))
    if expires_at <= starts_at:
        problems.append(FieldProblem(field="expires_at", message="must be after the start"))
    if expires_at > starts_at + BATCH_LIFETIME:
        days = BATCH_LIFETIME.days
        problems.append(
            FieldProblem(field="expires_at", message=f"must be within {days} days of the start")
        )
    return problems


def _problems_of_spend(max_spend: Money | None, program: Program) -> list[FieldProblem]:
    if max_spend is None:
        return []
    currency = program.price_per_part.currency
    if max_spend.currency != currency:
        message = f"must be {currency}, the currency of the program's price_per_part"
        return [FieldProblem(field="max_spend.currency", message=message)]
    if max_spend.amount <= 0:
        return [FieldProblem(field="max_spend.amount", message="must be more than 0")]
    return []
