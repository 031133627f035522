"""Record a delivery receipt: the message's status by rank, and what it says of the number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parley.errors import TransientError
from parley.ids import send_of_message
from parley.outcome import Outcome
from parley.provider_errors import suppression_of
from parley_aws.ports import Ledger
from parley_aws.use_cases.refusals import Refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the provider reports of one of our messages."""

    message_id: str
    outcome: Outcome
    provider_sid: str | None
    error_code: str | None
    received_at: datetime


class RecordReceipt:
    """Records receipts, in whatever order and however often they come (G6)."""

    def __init__(self, *, ledger: Ledger, refusals: Refusals) -> None:
        self._ledger = ledger
        self._refusals = refusals

    def __call__(self, receipt: Receipt) -> None:
        """Record a receipt; one for a text that is no send's is nothing to the ledger.

        Raises TransientError where the number is to be suppressed and is not on record yet.
        """
        if not _is_of_a_send(receipt.message_id):
            return
        self._ledger.report(
            receipt.message_id,
            receipt.outcome,
            provider_sid=receipt.provider_sid,
            error_code=receipt.error_code,
            at=receipt.received_at,
        )
        if suppression_of(receipt.error_code) is None:
            return
        message = self._ledger.get(receipt.message_id)
        if message is None or (not message.phone and message.handed_over_at is None):
            raise TransientError("the receipt came before the record of its message")
        if not message.phone:
            return  # erased since
        self._refusals.suppress(message.phone, message.id, receipt.error_code)


def _is_of_a_send(message_id: str) -> bool:
    try:
        send_of_message(message_id)
    except ValueError:
        return False
    return True
