"""A receipt's webhook: recorded at once (G6), queued only where it has to come back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from parley import ids
from parley.errors import TransientError
from parley.outcome import MessageStatus
from parley_aws.dynamo.client import StoreError
from parley_aws.memory import MemoryQueue
from parley_aws.use_cases.receive_receipt import ReceiveReceipt
from tests.unit.sending.world import KEY, NOON, SEND, World, contact, phone

MESSAGE = ids.message_id(KEY, send=SEND, phone=phone(1))


def command(status: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "message_id": MESSAGE,
        "status": status,
        "error_code": code,
        "sid": "SM1",
        "received_at": NOON.isoformat(),
        **more,
    }


class Webhook:
    """The use case over a world in which the text was handed over."""

    def __init__(self) -> None:
        self.world = World(contact())
        self.world.send_range(self.world.frozen(1))
        self.queue = MemoryQueue(self.world.clock)
        self.hear = ReceiveReceipt(ledger=self.world.ledger, receipts=lambda: self.queue)

    @property
    def queued(self) -> list[Any]:
        return [waiting.body for waiting in self.queue.waiting]


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])))
def test_g6_any_order_ends_delivered_and_costs_no_command(order: tuple[str, ...]) -> None:
    webhook = Webhook()
    for status in order:
        webhook.hear(command(status))
    assert webhook.world.message().status is MessageStatus.DELIVERED
    assert webhook.queued == []


def test_one_that_comes_twice_or_late_writes_nothing() -> None:
    webhook = Webhook()
    webhook.hear(command("delivered"))
    changes = len(webhook.world.ledger.changes)
    for status in ("delivered", "sent", "queued"):
        webhook.hear(command(status))
    assert len(webhook.world.ledger.changes) == changes


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("30006", {}),
        ("21610", {}),
        ("30003", {}),
        ("30005", {}),
        ("30007", {}),
        ("30004", {"from_toll_free": True}),
    ],
)
def test_one_that_says_more_is_left_to_the_queue(code: str, more: dict[str, Any]) -> None:
    webhook = Webhook()
    webhook.hear(command("undelivered", code, **more))
    assert webhook.queued == [command("undelivered", code, **more)]


def test_one_that_speaks_of_its_message_alone_is_recorded_with_its_code() -> None:
    webhook = Webhook()
    webhook.hear(command("undelivered", "30036"))
    message = webhook.world.message()
    assert (message.status, message.error_code) == (MessageStatus.UNDELIVERED, "30036")
    assert webhook.queued == []


def test_a_status_that_says_nothing_of_a_text_we_sent_is_nothing() -> None:
    webhook = Webhook()
    webhook.hear(command("receiving"))
    assert webhook.world.message().status is MessageStatus.ACCEPTED
    assert webhook.queued == []


@pytest.mark.parametrize("error", [TransientError("throttled"), StoreError("refused")])
def test_what_the_ledger_does_not_take_now_is_left_to_the_queue(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = Webhook()

    def fails(*_: object, **__: object) -> bool:
        raise error

    monkeypatch.setattr(webhook.world.ledger, "report", fails)
    webhook.hear(command("delivered"))
    assert webhook.queued == [command("delivered")]


def test_a_ledger_that_takes_too_long_is_not_waited_for() -> None:
    webhook = Webhook()

    def too_slow(_: Callable[[], bool]) -> bool:
        raise TransientError("too slow")

    hear = ReceiveReceipt(
        ledger=webhook.world.ledger, receipts=lambda: webhook.queue, in_time=too_slow
    )
    hear(command("delivered"))
    assert webhook.queued == [command("delivered")]
