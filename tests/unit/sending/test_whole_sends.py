"""Whole sends from trigger to completion, with a crash at every call of every port in turn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from parley import ids
from parley.campaign import SendStatus
from parley.consent import ALL_PROGRAMS, OptOut, with_opt_out
from parley.contact import ERASED_PREFIX
from parley.ids import LEDGER_SHARDS
from parley.metrics import recounted
from parley.outcome import NOT_HANDED_OVER, MessageStatus
from parley_aws.memory import Answer, MemoryQueue
from parley_aws.ports import PostStatus, Text
from tests.support.faults import CrashPoint
from tests.unit.sending.world import KEY, NOON, SEND, World, contact, phone, program

LEFT = OptOut(event_id="o", scope=ALL_PROGRAMS, source="text", occurred_at=NOON)
ACCEPTED = Answer(status=PostStatus.ACCEPTED, taken=True)
BEFORE_NINE = datetime.fromisoformat("2026-06-10T12:30:00+00:00")
"""Half past seven in Chicago, half past eight in New York."""

ANSWERS = {
    phone(3): Answer(status=PostStatus.REFUSED, taken=False, error_code="21211"),
    phone(4): Answer(status=PostStatus.REFUSED, taken=False, error_code="21610"),
    phone(5): Answer(status=PostStatus.AMBIGUOUS, taken=True),
    phone(6): Answer(status=PostStatus.AMBIGUOUS, taken=False),
}
OUTCOMES = {
    1: (MessageStatus.ACCEPTED, None),
    2: (MessageStatus.ACCEPTED, None),
    3: (MessageStatus.FAILED, "21211"),
    4: (MessageStatus.FAILED, "21610"),
    5: (MessageStatus.ACCEPTED, None),
    6: (MessageStatus.FAILED, NOT_HANDED_OVER),
    7: (MessageStatus.SKIPPED, "opted_out"),
    8: (MessageStatus.SKIPPED, "missing_value"),
    9: (MessageStatus.ACCEPTED, None),
}


def busy_world(point: CrashPoint | None = None) -> World:
    """A world in which everything happens: refusals, lost answers, throttling, sleepers."""
    people = [contact(n, first_name="Ann") for n in range(1, 8)]
    people[6] = with_opt_out(people[6], LEFT)
    people.append(contact(8))
    people.append(
        contact(9, first_name="Bob", number_zones=("America/New_York",), number_state="NY")
    )
    world = World(*people, at=BEFORE_NINE, point=point)
    throttled: Counter[str] = Counter()

    def answer(text: Text) -> Answer:
        if text.to == phone(2) and not throttled[text.to]:
            throttled[text.to] += 1
            return Answer(status=PostStatus.THROTTLED, taken=False)
        return ANSWERS.get(text.to, ACCEPTED)

    world.provider.answer = answer
    world.trigger(
        campaign={"body": "Hi {{ contact.first_name }}"},
        starts_at=BEFORE_NINE,
        expires_at=BEFORE_NINE + timedelta(hours=12),
    )
    return world


def outcomes(world: World) -> dict[int, tuple[MessageStatus, str | None]]:
    found = {}
    for number in OUTCOMES:
        message = world.message(number)
        found[number] = (message.status, message.reason)
    return found


def recount(world: World) -> dict[str, int]:
    shards = (f"{SEND}#{shard:02d}" for shard in range(LEDGER_SHARDS))
    return recounted(entry for shard in shards for entry in world.ledger.audit(shard))


def check_promises(world: World) -> None:
    """What holds at the end of every run of the busy world, whatever crashed."""
    assert world.status() is SendStatus.COMPLETED
    assert max(Counter(text.to for text in world.provider.taken).values()) == 1
    counts = world.counts()
    assert counts.pop("audience") == len(OUTCOMES) == sum(counts.values())
    assert {k: n for k, n in world.metrics.of_send(SEND).items() if n} == recount(world)
    taken = {text.to for text in world.provider.taken}
    for number in OUTCOMES:
        message = world.message(number)
        assert (message.status is MessageStatus.ACCEPTED) == (phone(number) in taken), number
        if message.status is MessageStatus.FAILED and message.error_code:
            assert world.claims(number) == (), "a refusal gives its slot back"
        elif phone(number) in taken:
            assert len(world.claims(number)) == 1, "a hand-over keeps its slot"
    blocked = world.contacts.get(phone(4))
    if world.message(4).error_code == "21610":
        assert blocked is not None
        assert blocked.has_left("pizza")


def calls_of_a_quiet_run() -> int:
    point = CrashPoint()
    world = busy_world(point)
    world.run()
    assert outcomes(world) == OUTCOMES
    check_promises(world)
    return point.calls


CALLS = calls_of_a_quiet_run()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(CALLS))
def test_g2_g3_g4_g5_hold_whichever_call_crashes(at: int, after: bool) -> None:
    world = busy_world(CrashPoint(at, after=after))
    world.run()
    check_promises(world)


def test_g4_an_empty_audience_completes() -> None:
    world = World()
    world.trigger()
    world.run()
    assert world.status() is SendStatus.COMPLETED
    assert world.counts() == {}


def test_a_large_audience_is_resolved_into_frozen_pages() -> None:
    people = [contact(n) for n in range(2500)]
    world = World(*people)
    world.trigger()
    world.run()
    assert world.counts() == {"audience": 2500, "accepted": 2500}
    phones = [p for page in world.sends.pages(SEND) for p in page.phones]
    assert len(phones) == len(set(phones)) == 2500


def test_a_segment_that_names_numbers_reads_only_those() -> None:
    world = World(*(contact(n) for n in range(1200)))
    listed = [phone(n) for n in (*range(1100), 9999)]
    world.trigger(campaign={"segment": {"phone": {"in": listed}}})
    world.run()
    assert world.counts() == {"audience": 1100, "accepted": 1100}


def test_a_scheduled_send_starts_at_its_time() -> None:
    world = World(contact())
    world.trigger(status=SendStatus.SCHEDULED, starts_at=NOON + timedelta(hours=2))
    world.run(until=NOON + timedelta(hours=1))
    assert world.status() is SendStatus.SCHEDULED
    assert set(world.scheduler.pending) == {f"{SEND}-start"}
    world.run()
    assert world.clock.now() == NOON + timedelta(hours=2)
    assert world.status() is SendStatus.COMPLETED


def test_a_scheduled_send_that_is_canceled_never_starts() -> None:
    world = World(contact())
    world.trigger(status=SendStatus.SCHEDULED, starts_at=NOON + timedelta(hours=2))
    world.run(until=NOON)
    world.move(SendStatus.CANCELED)
    world.run()
    assert world.scheduler.pending == {}
    assert world.provider.posted == []


def test_a_send_paused_over_its_start_resolves_when_it_goes_on() -> None:
    world = World(contact())
    world.trigger(status=SendStatus.SCHEDULED, starts_at=NOON + timedelta(hours=2))
    world.run(until=NOON)
    world.move(SendStatus.PAUSED)
    world.run()
    assert world.provider.posted == []
    world.move(SendStatus.RESOLVING)
    world.run()
    assert world.counts() == {"audience": 1, "accepted": 1}
    assert world.status() is SendStatus.COMPLETED


def test_a_paused_send_that_is_scheduled_again_still_starts() -> None:
    world = World(contact())
    world.trigger(status=SendStatus.SCHEDULED, starts_at=NOON + timedelta(hours=2))
    world.run(until=NOON)
    world.move(SendStatus.PAUSED)
    world.run(until=NOON)
    world.move(SendStatus.SCHEDULED)
    world.run()
    assert world.status() is SendStatus.COMPLETED


@pytest.mark.parametrize("minutes", range(0, 40, 5))
def test_g4_pausing_and_going_on_at_any_time_loses_nobody(minutes: int) -> None:
    world = busy_world()
    world.run(until=BEFORE_NINE + timedelta(minutes=minutes))
    if world.status() is SendStatus.COMPLETED:
        return
    resolved = world.sends.get(SEND)
    assert resolved is not None
    world.move(SendStatus.PAUSED)
    world.run(until=BEFORE_NINE + timedelta(hours=1))
    world.move(SendStatus.SENDING if resolved.resolved_at else SendStatus.RESOLVING)
    world.run()
    check_promises(world)


def test_g4_everyone_of_a_send_canceled_while_it_resolves_has_an_outcome() -> None:
    world = World(*(contact(n) for n in range(2500)))
    world.trigger()
    while not world.sends.pages(SEND):
        world._work()
    world.move(SendStatus.CANCELED)
    world.run()
    counts = world.counts()
    audience = counts.pop("audience")
    assert 0 < audience < 2500
    assert sum(counts.values()) == audience
    assert set(counts) <= {"accepted", "canceled"}


@pytest.mark.parametrize("then", [SendStatus.SENDING, SendStatus.CANCELED])
def test_whatever_is_queued_for_a_send_is_queued_in_its_name(
    then: SendStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a small send is not stuck behind a large one on a queue that is fair."""
    queued: list[tuple[Any, str | None]] = []
    send_on = MemoryQueue.send

    def spied(queue: MemoryQueue, bodies: Any, **options: Any) -> None:
        queued.extend((body, options.get("group")) for body in bodies)
        send_on(queue, bodies, **options)

    monkeypatch.setattr(MemoryQueue, "send", spied)
    world = World(
        *(contact(n) for n in range(60)),
        pizzeria=program(messages_per_second=1),
        at=BEFORE_NINE,
    )
    world.trigger(starts_at=BEFORE_NINE, expires_at=BEFORE_NINE + timedelta(hours=12))
    world.run(until=BEFORE_NINE + timedelta(minutes=30, seconds=10))
    world.move(SendStatus.PAUSED)
    world.run(until=BEFORE_NINE + timedelta(hours=1))
    before = len(queued)
    world.move(then)
    world.run()
    ranges = [(body, group) for body, group in queued if "page_id" in body or "segment" in body]
    assert len(queued) > before
    assert "not_before" in {name for body, _ in ranges for name in body}
    assert {group for _, group in ranges} == {SEND}


@pytest.mark.parametrize("at", range(0, 60, 3))
def test_g1_after_a_stop_nothing_is_posted(at: int) -> None:
    """A STOP lands between any two calls; what was not claimed before it is skipped."""

    class StopsAt(CrashPoint):
        def run(self, call: Any) -> Any:
            if self.calls == at:
                world.contacts.opt_out(phone(1), LEFT)
                posted.append(len(world.provider.posted))
            self.calls += 1
            return call()

    posted: list[int] = []
    world = World(contact(1), point=StopsAt())
    world.trigger()
    world.run()
    message = world.message(1)
    if message.status is MessageStatus.ACCEPTED:
        claim = world.claims(1)[0]
        assert claim.post_by > NOON
    else:
        assert message.reason == "opted_out"
        assert world.provider.posted == []
    assert world.status() is SendStatus.COMPLETED


def test_contacts_that_came_after_the_start_are_not_in_the_audience() -> None:
    world = World(contact(1))
    world.trigger()
    world.run()
    late = contact(2)
    assert world.contacts.save(late, expected_version=None)
    world.queues["launches"].send(
        [
            {"kind": "resolve", "send_id": SEND, "segment": s, "segments": 4, "page": 0}
            for s in range(4)
        ]
    )
    world.run()
    assert world.counts() == {"audience": 1, "accepted": 1}


def test_who_was_erased_is_no_part_of_an_audience() -> None:
    remains = replace(contact(1), phone=f"{ERASED_PREFIX}5f3a")
    world = World(remains, contact(2))
    world.trigger()
    world.run()
    assert world.counts() == {"audience": 1, "accepted": 1}


def test_the_holdout_is_the_same_however_often_it_is_drawn() -> None:
    def held_out() -> set[str]:
        world = World(*(contact(n) for n in range(200)), pizzeria=program())
        world.trigger(campaign={"holdout_percent": 20})
        world.run()
        return {
            message.phone
            for message in world.ledger.entries(
                SEND, status=MessageStatus.HELD_OUT, reason=None, limit=1000, start_key=None
            ).items
        }

    first = held_out()
    assert first == held_out()
    assert 20 < len(first) < 60
    assert ids.message_id(KEY, send=SEND, phone=phone(1)).startswith(SEND)
