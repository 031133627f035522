"""Delivery receipts: what the provider reports of a message of ours, some time after it took it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parley.filtering import FILTERED
from parley.outcome import Outcome
from parley.provider_errors import ErrorMeaning, meaning_of, stops_send, suppression_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the provider reports of one of our messages."""

    message_id: str
    outcome: Outcome
    provider_sid: str | None
    error_code: str | None
    received_at: datetime
    from_toll_free: bool = False

    @property
    def speaks_of_more(self) -> bool:
        """Whether it says something of the number or of the whole send, besides its message."""
        code = self.error_code
        return (
            suppression_of(code, from_toll_free=self.from_toll_free) is not None
            or meaning_of(code) is ErrorMeaning.STRIKE
            or code == FILTERED
            or stops_send(code) is not None
        )
