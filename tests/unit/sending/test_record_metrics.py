"""Metrics of the ledger, exactly once (G5)."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from parley.campaign import SendStatus
from parley.ledger import Response, ResponseKind
from parley.outcome import MessageStatus, Outcome
from parley_aws.memory import MemoryMetrics
from parley_aws.ports import LedgerChange
from parley_aws.use_cases.record_metrics import record_metrics
from tests.support.faults import CrashError, CrashPoint
from tests.unit.sending.world import NOON, SEND, World, contact


def changed(
    sequence: int, before: str | None, after: str | None, *, shard: int = 0, **values: Any
) -> LedgerChange:
    def entry(status: str | None) -> dict[str, Any] | None:
        return {"status": status, "reason": "r", "parts": 2, **values} if status else None

    return LedgerChange(
        partition=f"{SEND}#{shard:02d}",
        sequence=f"{sequence:040d}",
        before=entry(before),
        after=entry(after),
    )


def apply(world: World, *changes: LedgerChange) -> None:
    record_metrics(changes, metrics=world.metrics, sends=world.sends, clock=world.clock)


def test_an_entry_moves_from_one_status_to_the_next() -> None:
    world = World()
    apply(world, changed(1, None, "accepted"), changed(2, "accepted", "delivered"))
    metrics = {k: n for k, n in world.metrics.of_send(SEND).items() if n}
    assert metrics == {"status:delivered": 1, "parts": 2}


def test_responses_count_beside_messages() -> None:
    world = World()
    world.ledger.respond(
        [Response(send_id=SEND, kind=ResponseKind.REPLY, id="r1", details={"intent": "interest"})]
    )
    world.ledger.respond(
        [Response(send_id=SEND, kind=ResponseKind.REPLY, id="r1", details={"intent": "interest"})]
    )
    apply(world, *world.ledger.changes)
    assert world.metrics.of_send(SEND) == {"response:reply": 1, "reply:interest": 1}


def test_a_batch_that_comes_again_in_halves_counts_once() -> None:
    world = World()
    batch = [changed(n, None, "accepted", shard=n % 2) for n in range(1, 9)]
    apply(world, *batch)
    apply(world, *batch[:4])
    apply(world, *batch[4:])
    assert world.metrics.of_send(SEND)["status:accepted"] == 8


@pytest.mark.parametrize("seed", range(20))
def test_g5_metrics_equal_a_recount_however_the_stream_is_delivered(seed: int) -> None:
    chance = random.Random(seed)
    world = World(*(contact(n) for n in range(30)))
    world.send_range(world.frozen(*range(30)))
    for number in chance.choices(range(30), k=60):
        message = world.message(number)
        status = chance.choice(
            [MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNDELIVERED]
        )
        world.ledger.report(
            message.id,
            Outcome(status=status),
            provider_sid=None,
            error_code="30003" if status is MessageStatus.UNDELIVERED else None,
            at=NOON,
        )
    changes, position = world.ledger.changes, 0
    while position < len(changes):
        end = position + chance.randint(1, 12)
        point = CrashPoint(chance.choice([None, *range(6)]), after=chance.random() < 0.5)
        try:
            record_metrics(
                changes[position:end],
                metrics=point.guard(world.metrics),
                sends=point.guard(world.sends),
                clock=world.clock,
            )
        except CrashError:
            continue
        position = end
    page = world.ledger.entries(SEND, status=None, reason=None, limit=100, start_key=None)
    statuses = Counter(f"status:{message.status}" for message in page.items)
    counted = {
        k: n for k, n in world.metrics.of_send(SEND).items() if n and k.startswith("status:")
    }
    assert counted == statuses


def test_a_send_completes_with_its_last_outcome_and_not_before() -> None:
    world = World(contact(1), contact(2))
    world.send_range(world.frozen(1, 2))
    first, second = world.ledger.changes
    apply(world, first)
    assert world.status() is SendStatus.SENDING
    apply(world, second)
    assert world.status() is SendStatus.COMPLETED


def test_a_crash_between_counting_and_completing_is_made_good() -> None:
    world = World(contact(1))
    world.send_range(world.frozen(1))
    world.metrics.add(f"{SEND}#{0:02d}", {}, sequence="0")
    _count_only(world.metrics, world.ledger.changes)
    assert world.status() is SendStatus.SENDING
    apply(world, *world.ledger.changes)
    assert world.status() is SendStatus.COMPLETED
    assert world.metrics.of_send(SEND)["status:accepted"] == 1


def _count_only(metrics: MemoryMetrics, changes: list[LedgerChange]) -> None:
    for each in changes:
        metrics.add(each.partition, {"status:accepted": 1, "parts": 1}, sequence=each.sequence)


def test_a_send_whose_audience_still_grows_does_not_complete() -> None:
    world = World(contact(1))
    world.send_range(world.frozen(1, status=SendStatus.RESOLVING, resolved_at=None))
    apply(world, *world.ledger.changes)
    assert world.status() is SendStatus.RESOLVING
