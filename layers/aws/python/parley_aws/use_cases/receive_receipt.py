"""Take a delivery receipt from its webhook: into the ledger at once, else onto the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from parley.errors import ParleyError
from parley.receipt import Receipt
from parley_aws.ports import Ledger, Queue
from parley_aws.twilio_status import receipt_in


def _at_leisure(work: Callable[[], bool]) -> bool:
    return work()


class ReceiveReceipt:
    """Records receipts as they come (G6).

    A receipt costs no command unless it has to come back: where it says something of its number or
    send, which takes more reads and may have to wait for our own record, and where the ledger does
    not take it now.

    Args:
        receipts: gives the queue, which most processes never need.
        in_time: does some work, or raises TransientError where the webhook cannot wait for it.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        receipts: Callable[[], Queue],
        in_time: Callable[[Callable[[], bool]], bool] = _at_leisure,
    ) -> None:
        self._ledger = ledger
        self._receipts = receipts
        self._in_time = in_time

    def __call__(self, command: Mapping[str, Any]) -> None:
        """Record the receipt in a command, or queue the command as it is.

        Raises TransientError where neither can be done.
        """
        receipt = receipt_in(command)
        if receipt is None:
            return
        if receipt.speaks_of_more or not self._recorded(receipt):
            self._receipts().send([command])

    def _recorded(self, receipt: Receipt) -> bool:
        """Whether the ledger has a receipt now; what kept it from that is the queue's to repeat, or
        to ring for."""
        report = partial(
            self._ledger.report,
            receipt.message_id,
            receipt.outcome,
            provider_sid=receipt.provider_sid,
            error_code=receipt.error_code,
            at=receipt.received_at,
        )
        try:
            self._in_time(report)
        except ParleyError:
            return False
        return True
