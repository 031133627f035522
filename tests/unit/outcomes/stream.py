"""A ledger whose stream is delivered as Lambda delivers DynamoDB's: in order within a partition, in
batches that come again whole or in halves after a crash, by consumers of whom one may be slow."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from parley import ids
from parley.conversion import Group, OrderLine
from parley.ledger import Message, Response, ResponseKind
from parley.outcome import MessageStatus, Outcome
from parley_aws.ports import LedgerChange, MetricsStore, Queue
from parley_aws.use_cases.record_metrics import record_metrics
from tests.support.faults import CrashError, CrashPoint
from tests.unit.sending.world import KEY, NOON, SEND, World, phone

OTHER = "snd_00000000000000000002"
STATUSES = (
    *(MessageStatus.SENT, MessageStatus.DELIVERED),
    *(MessageStatus.UNDELIVERED, MessageStatus.FAILED),
)
RESPONSES: tuple[tuple[ResponseKind, dict[str, str]], ...] = (
    (ResponseKind.REPLY, {"intent": "interest", "words": "pizza tonight"}),
    (ResponseKind.REPLY, {"intent": "question", "words": "gluten pizza"}),
    (ResponseKind.REPLY, {"intent": "opt_out"}),
    (ResponseKind.REPLIED, {}),
    (ResponseKind.LEAD, {}),
    (ResponseKind.ANSWER, {"seconds": "420"}),
    (ResponseKind.OPT_OUT, {}),
    (ResponseKind.PRICE, {"amount": "8300", "currency": "USD", "parts": "1"}),
    (ResponseKind.REPLY, {}),  # lacks its intent: nobody can read it
)


def happen(ledger: Any, chance: random.Random, people: int = 12) -> None:
    """Something happens to somebody: an outcome, a receipt, a response, an order, an erasure."""
    send_id = chance.choice((SEND, OTHER))
    number = chance.randrange(people)
    message_id = ids.message_id(KEY, send=send_id, phone=phone(number))
    moment = NOON + timedelta(minutes=chance.randrange(600))
    match chance.randrange(8):
        case 0 | 1 | 2:
            status = chance.choice(list(MessageStatus))
            taken = status in STATUSES or status is MessageStatus.ACCEPTED
            message = Message(
                id=message_id,
                send_id=send_id,
                phone=phone(number),
                status=status,
                reason="opted_out" if status is MessageStatus.SKIPPED else None,
                parts=2 if taken else 0,
                provider_sid="SM" if taken else None,
                handed_over_at=moment if taken else None,
                updated_at=moment,
            )
            ledger.record([message])
        case 3 | 4:
            status = chance.choice(STATUSES)
            code = "30003" if status in (MessageStatus.UNDELIVERED, MessageStatus.FAILED) else None
            outcome = Outcome(status=status, reason=code)
            ledger.report(message_id, outcome, provider_sid="SM", error_code=code, at=moment)
        case 5:
            kind, details = chance.choice(RESPONSES)
            bucket = {"bucket": moment.isoformat()[:13]}
            response_id = f"r{chance.randrange(40)}"
            ledger.respond(
                [
                    Response(
                        send_id=send_id, kind=kind, id=response_id, details={**bucket, **details}
                    )
                ]
            )
        case 6:
            ledger.add_orders([_line(chance, message_id, number)])
        case 7:
            ledger.forget([message_id])
            ledger.forget_replies(send_id, [f"r{chance.randrange(40)}"])


def _line(chance: random.Random, message_id: str, number: int) -> OrderLine:
    order = chance.randrange(6)
    is_refund = chance.random() < 0.3
    values: dict[str, Any] = {
        "amount": (-1 if is_refund else 1) * chance.choice((0, 5_000_000, 19_990_000)),
        "currency": chance.choice(("USD", "USD", "EUR")),
        "bucket": chance.choice(("2026-06-10T19", "2026-06-20")),
        "credited": chance.random() < 0.7,
        "compared": chance.random() < 0.9,
        "refund": is_refund,
    }
    if is_refund and chance.random() < 0.5:
        values["refund_of"] = f"o{number}-{chance.randrange(6)}"
    return OrderLine(
        message_id=message_id,
        group=Group.HELD_OUT if number % 3 == 0 else Group.TEXTED,
        order_id=f"{'r' if is_refund else 'o'}{number}-{order}",
        values=values,
    )


class Delivery:
    """Delivers what a ledger's stream holds, to consumers that crash."""

    def __init__(
        self,
        world: World,
        metrics: MetricsStore,
        chance: random.Random,
        *,
        changes: Callable[[], Sequence[LedgerChange]],
        aside: Queue | None = None,
        crashes: float = 0.4,
    ) -> None:
        self._world = world
        self._metrics = metrics
        self._chance = chance
        self._changes = changes
        self._aside = aside
        self._crashes = crashes
        self._position = 0
        self._earlier: list[Sequence[LedgerChange]] = []

    def some(self) -> bool:
        """Deliver a batch, until it is through; False where there was none."""
        fresh = self._changes()[self._position :]
        if not fresh:
            return False
        batch = fresh[: self._chance.randint(1, 15)]
        self._through(batch)
        self._position += len(batch)
        self._earlier.append(batch)
        if self._chance.random() < 0.3:  # a consumer that was thought dead comes to its end
            self._attempt(self._chance.choice(self._earlier[-3:]))
        return True

    def all(self) -> None:
        """Deliver everything."""
        while self.some():
            continue

    def _through(self, batch: Sequence[LedgerChange]) -> None:
        """Lambda's way: again, or in halves, until it goes through."""
        if self._attempt(batch):
            return
        middle = len(batch) // 2
        if middle and self._chance.random() < 0.5:
            self._through(batch[:middle])
            self._through(batch[middle:])
        else:
            self._through(batch)

    def _attempt(self, batch: Sequence[LedgerChange]) -> bool:
        crash = self._chance.randrange(8) if self._chance.random() < self._crashes else None
        point = CrashPoint(crash, after=self._chance.random() < 0.5)
        try:
            record_metrics(
                batch,
                metrics=point.guard(self._metrics),
                sends=point.guard(self._world.sends),
                clock=self._world.clock,
                aside=point.guard(self._aside) if self._aside else None,
            )
        except CrashError:
            return False
        return True
