"""The way of a message from its acceptance to its final status."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from infra.local.carrier.conduct import Attempt, Conduct
from infra.local.carrier.errors import FAILS_BEFORE_SENT, VALIDITY_EXPIRED
from infra.local.carrier.receipts import ReceiptQueue, make_receipt
from infra.local.carrier.records import Direction, Message, Plan, Status
from infra.local.carrier.store import Store

_CARRIER_ERRORS = (30003, 30005, 30006, 30008)
_SENT_AT_SHARE_OF_DELAY = 0.5


class Delivery:
    """Moves messages on by timers and reports each step to their status callback."""

    def __init__(
        self, *, account_sid: str, store: Store, conduct: Conduct, receipts: ReceiptQueue
    ) -> None:
        self._account_sid = account_sid
        self._store = store
        self._conduct = conduct
        self._receipts = receipts
        self._loop = asyncio.get_running_loop()
        self.on_arrival: Callable[[Message, Attempt], None] | None = None

    def plan(
        self, attempt: Attempt, *, callback: str | None, validity: float, error_code: int | None
    ) -> Plan:
        """Decide what becomes of a message; ``error_code`` is one that its number is set to get.

        A message whose delay is longer than its ``validity`` (seconds) fails when that is over.
        """
        behavior = self._conduct.behavior
        delay = attempt.seconds("delivery_delay", behavior.delivery_delay_ms)
        final, code = Status.DELIVERED, error_code
        if delay > validity:
            final, code, delay = Status.FAILED, VALIDITY_EXPIRED, validity
        elif code is not None:
            final = Status.FAILED if code in FAILS_BEFORE_SENT else Status.UNDELIVERED
        elif attempt.happens("no_receipt", behavior.no_receipt_rate):
            final, callback = Status.SENT, None
        elif attempt.happens("undelivered", behavior.undelivered_rate):
            final, code = Status.UNDELIVERED, attempt.pick("carrier_error", _CARRIER_ERRORS)
        return Plan(
            final=final,
            error_code=code,
            delay=delay,
            callback=callback,
            reordered=attempt.happens("reorder", behavior.reorder_callbacks),
            attempt=attempt.count,
        )

    def start(self, message: Message, plan: Plan) -> None:
        """Set ``message`` going on ``plan``, or going on after a restart."""
        message.plan = plan
        if plan.final is Status.FAILED:
            self._loop.call_later(plan.delay, self._finish, message, plan)
        elif message.status is Status.SENT:
            self._loop.call_later(self._second_leg(plan), self._finish, message, plan)
        else:
            first_leg = plan.delay * _SENT_AT_SHARE_OF_DELAY
            self._loop.call_later(first_leg, self._send, message, plan)

    def _second_leg(self, plan: Plan) -> float:
        return plan.delay * (1 - _SENT_AT_SHARE_OF_DELAY)

    def _send(self, message: Message, plan: Plan) -> None:
        if not self._store.holds(message):
            return
        message.status = Status.SENT
        message.sent_at = message.updated_at = time.time()
        if not plan.reordered:
            self._report(message, plan, Status.SENT)
        self._loop.call_later(self._second_leg(plan), self._finish, message, plan)

    def _finish(self, message: Message, plan: Plan) -> None:
        if not self._store.holds(message):
            return
        message.plan = None
        if plan.final is not Status.SENT:
            message.status = plan.final
            message.error_code = plan.error_code
            message.updated_at = time.time()
            self._report(message, plan, plan.final)
        if plan.reordered and plan.final is not Status.FAILED:
            self._report(message, plan, Status.SENT)
        if plan.final in (Status.SENT, Status.DELIVERED) and self.on_arrival is not None:
            self.on_arrival(message, self._conduct.attempt(message.handset, plan.attempt))

    def _report(self, message: Message, plan: Plan, status: Status) -> None:
        if plan.callback is None or message.direction is not Direction.OUTBOUND_API:
            return
        receipt = make_receipt(
            message, status=status, url=plan.callback, account_sid=self._account_sid
        )
        self._receipts.put(receipt)
        attempt = self._conduct.attempt(message.handset, plan.attempt)
        rate = self._conduct.behavior.duplicate_callback_rate
        if attempt.happens(f"duplicate_{status}", rate):
            self._receipts.put_stray(receipt)
