"""What texts cost, learned from the provider after their send has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from parley.campaign import SendStatus
from parley.money import Money
from parley.outcome import MessageStatus
from parley_aws.memory import MemoryQueue
from parley_aws.use_cases.record_metrics import record_metrics
from parley_aws.use_cases.settle_prices import PIECE, SettlePrices, follow_end
from tests.unit.sending.world import NOON, SEND, World, contact, send

DELAY = timedelta(minutes=15)


class Prices:
    """A price list that fills as texts are charged."""

    def __init__(self) -> None:
        self.known: dict[str, Money] = {}
        self.asked: list[Sequence[str]] = []

    def prices(self, sids: Sequence[str]) -> dict[str, Money]:
        """The prices that are settled."""
        self.asked.append(sids)
        return {sid: self.known[sid] for sid in sids if sid in self.known}


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def work_off(world: World, prices: Prices, commands: MemoryQueue) -> None:
    """Do what the queue says until it is empty, each command twice, and count what the ledger's
    stream tells."""
    settle = SettlePrices(ledger=world.ledger, prices=prices, commands=commands, delay=DELAY)
    while commands.waiting:
        queued = commands.take()
        if queued is None:
            world.clock.advance(DELAY)
            continue
        body = queued.body
        for _ in range(2):
            commands.waiting.clear()
            settle(body["send_id"], start_key=body["start_key"], attempt=body["attempt"])
    record_metrics(
        world.ledger.changes, metrics=world.metrics, sends=world.sends, clock=world.clock
    )


def sent(people: int) -> tuple[World, Prices, MemoryQueue]:
    world = World(*(contact(n) for n in range(people)))
    world.send_range(world.frozen(*range(people)))
    commands = MemoryQueue(world.clock)
    ended = replace(send(), status=SendStatus.COMPLETED)
    follow_end(send(), ended, commands, DELAY)
    follow_end(ended, ended, commands, DELAY)
    assert len(commands.waiting) == 1
    return world, Prices(), commands


def test_prices_add_up_however_often_a_piece_is_settled() -> None:
    world, prices, commands = sent(PIECE + 30)
    prices.known = {text_sid(n): usd("0.0079") for n in range(1, PIECE + 31)}
    work_off(world, prices, commands)
    metrics = world.metrics.of_send(SEND)
    assert metrics["price:USD"] == 7900 * (PIECE + 30)
    assert metrics["priced_parts:USD"] == metrics["parts"] == PIECE + 30
    assert [len(sids) for sids in prices.asked[::2]] == [PIECE, 30]


def test_a_piece_with_prices_to_come_is_looked_at_again() -> None:
    world, prices, commands = sent(3)
    prices.known = {text_sid(1): usd("0.0079")}
    settle = SettlePrices(ledger=world.ledger, prices=prices, commands=commands, delay=DELAY)
    world.clock.advance(DELAY)
    first = commands.take()
    assert first is not None
    settle(SEND, start_key=None, attempt=1)
    assert commands.take() is None
    world.clock.advance(DELAY)
    again = commands.take()
    assert again is not None
    assert again.body["attempt"] == 2
    prices.known |= {text_sid(n): usd("0.0083") for n in (2, 3)}
    settle(SEND, start_key=None, attempt=2)
    (change,) = [c for c in world.ledger.changes if (c.after or {}).get("kind") == "price"]
    assert change.after is not None
    assert (change.after["amount"], change.after["parts"]) == (str(7900 + 2 * 8300), "3")


def test_what_never_gets_a_price_stays_counted_by_parts_but_failures_are_free() -> None:
    world, prices, commands = sent(3)
    failed, unpriced = world.message(1), world.message(2)
    world.ledger.record([replace(failed, status=MessageStatus.FAILED, reason="30008")])
    prices.known = {world.message(0).provider_sid or "": usd("0.0079")}
    settle = SettlePrices(ledger=world.ledger, prices=prices, commands=commands, delay=DELAY)
    settle(SEND, start_key=None, attempt=3)
    (change,) = [c for c in world.ledger.changes if (c.after or {}).get("kind") == "price"]
    assert change.after is not None
    assert (change.after["amount"], change.after["parts"]) == ("7900", "2")
    assert unpriced.provider_sid not in prices.known


def test_a_send_that_goes_on_is_not_settled() -> None:
    world = World()
    commands = MemoryQueue(world.clock)
    follow_end(None, send(), commands, DELAY)
    follow_end(send(), replace(send(), status=SendStatus.PAUSED), commands, DELAY)
    assert commands.waiting == []
    follow_end(send(), replace(send(), status=SendStatus.CANCELED), commands, timedelta(hours=12))
    (queued,) = commands.waiting
    assert queued.ready_at == NOON + timedelta(minutes=15)


def text_sid(number: int) -> str:
    return f"SM{number:032x}"
