"""Record a delivery receipt: the message's status by rank, and what it says of number and text."""

from __future__ import annotations

from parley.errors import TransientError
from parley.filtering import FILTERED
from parley.ids import send_of_message
from parley.ledger import Message
from parley.provider_errors import stops_send, suppression_of
from parley.receipt import Receipt
from parley.sending import BATCH_LIFETIME
from parley_aws.ports import Clock, Ledger, SendStore
from parley_aws.use_cases.filtering import Filtering
from parley_aws.use_cases.pausing import pause_for
from parley_aws.use_cases.refusals import Refusals
from parley_aws.use_cases.strikes import Strikes


class RecordReceipt:
    """Records receipts, in whatever order and however often they come (G6)."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        refusals: Refusals,
        strikes: Strikes,
        filtering: Filtering,
        sends: SendStore,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._refusals = refusals
        self._strikes = strikes
        self._filtering = filtering
        self._sends = sends
        self._clock = clock

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
        if code is None or not receipt.speaks_of_more:
            return
        if suppression_of(code, from_toll_free=receipt.from_toll_free) is not None:
            message = self._on_record(receipt)
            if message is not None:
                self._refusals.suppress(
                    message.phone, message.id, code, from_toll_free=receipt.from_toll_free
                )
        elif code == FILTERED:
            self._filtering.look_at(send_id)
        elif (cause := stops_send(code)) is not None:
            self._stop(receipt, send_id, cause)
        else:
            message = self._on_record(receipt)
            if message is not None:
                self._strikes.count(message, code)

    def _stop(self, receipt: Receipt, send_id: str, cause: str) -> None:
        """Pause the send, unless it was resumed since that text: what failed then may be mended."""
        message, send = self._on_record(receipt), self._sends.get(send_id)
        if message is None or message.handed_over_at is None or send is None:
            return
        if send.resumed_at is None or message.handed_over_at > send.resumed_at:
            pause_for(self._sends, self._clock, send_id, cause)

    def _on_record(self, receipt: Receipt) -> Message | None:
        """The message with its number; None where the person was erased since, or nobody is left
        who could tell whose it was."""
        message = self._ledger.get(receipt.message_id)
        if message is None or (not message.phone and message.handed_over_at is None):
            if self._clock.now() - receipt.received_at > BATCH_LIFETIME:
                return None
            raise TransientError("the receipt came before the record of its message")
        return message if message.phone else None


def _send_of(message_id: str) -> str | None:
    try:
        return send_of_message(message_id)
    except ValueError:
        return None
