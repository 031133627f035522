"""Record a delivery receipt: the message's status by rank, and what it says of number and text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parley.errors import TransientError
from parley.filtering import FILTERED
from parley.ids import send_of_message
from parley.ledger import Message
from parley.outcome import Outcome
from parley.provider_errors import ErrorMeaning, meaning_of, suppression_of
from parley_aws.ports import Ledger
from parley_aws.use_cases.filtering import Filtering
from parley_aws.use_cases.refusals import Refusals
from parley_aws.use_cases.strikes import Strikes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the provider reports of one of our messages."""

    message_id: str
    outcome: Outcome
    provider_sid: str | None
    error_code: str | None
    received_at: datetime
    from_toll_free: bool = False


class RecordReceipt:
    """Records receipts, in whatever order and however often they come (G6)."""

    def __init__(
        self, *, ledger: Ledger, refusals: Refusals, strikes: Strikes, filtering: Filtering
    ) -> None:
        self._ledger = ledger
        self._refusals = refusals
        self._strikes = strikes
        self._filtering = filtering

    def __call__(self, receipt: Receipt) -> None:
        """Record a receipt; one for a text that is no send's is nothing to the ledger.

        Raises TransientError where it speaks against a number that is not on record yet.
        """
        send_id = _send_of(receipt.message_id)
        if send_id is None:
            return
        self._ledger.report(
            receipt.message_id,
            receipt.outcome,
            provider_sid=receipt.provider_sid,
            error_code=receipt.error_code,
            at=receipt.received_at,
        )
        code = receipt.error_code
        if code is None:
            return
        if suppression_of(code, from_toll_free=receipt.from_toll_free) is not None:
            message = self._on_record(receipt.message_id)
            if message is not None:
                self._refusals.suppress(
                    message.phone, message.id, code, from_toll_free=receipt.from_toll_free
                )
        elif meaning_of(code) is ErrorMeaning.STRIKE:
            message = self._on_record(receipt.message_id)
            if message is not None:
                self._strikes.count(message, code)
        elif code == FILTERED:
            self._filtering.look_at(send_id)

    def _on_record(self, message_id: str) -> Message | None:
        """The message with its number; None where the person was erased since."""
        message = self._ledger.get(message_id)
        if message is None or (not message.phone and message.handed_over_at is None):
            raise TransientError("the receipt came before the record of its message")
        return message if message.phone else None


def _send_of(message_id: str) -> str | None:
    try:
        return send_of_message(message_id)
    except ValueError:
        return None
