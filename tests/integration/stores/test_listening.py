"""Listening over the real stores: the same ends as in memory, and G1 against the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from parley import ids
from parley.journal import JournalEvent, JournalKind
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.sending import CLAIM_PERIOD, Claim
from parley_aws.clock import SystemClock
from parley_aws.dynamo.client import start
from parley_aws.dynamo.contacts import DynamoContacts
from parley_aws.dynamo.journal import DynamoJournal
from parley_aws.dynamo.leads import DynamoLeads
from parley_aws.dynamo.ledger import DynamoLedger
from parley_aws.dynamo.programs import DynamoPrograms
from parley_aws.dynamo.sends import DynamoSends
from parley_aws.ports import SendingWrite, WriteResult
from tests.integration.stores.values import race
from tests.support.faults import CrashError, CrashPoint
from tests.unit.listening.world import ANNA, KEY, NOON, World, program, subscribed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def new_world(client: DynamoDBClient, new_table: Callable[[str], str]) -> Callable[[], Any]:
    """A world in empty tables of its own, in which Anna subscribed."""

    def make(**contact: Any) -> Any:
        world: Any = World()
        world.start = start
        campaigns = new_table("campaigns")
        world.contacts = DynamoContacts(client, new_table("contacts"))
        world.journal = DynamoJournal(client, new_table("journal"))
        world.programs = DynamoPrograms(client, campaigns)
        world.sends = DynamoSends(client, campaigns)
        world.ledger = DynamoLedger(client, new_table("messages"))
        world.leads = DynamoLeads(client, new_table("leads"))
        world.programs.put(program())
        assert world.contacts.save(subscribed(**contact), expected_version=None)
        return world

    return make


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (("STOP",), True),
        (("STOP", "START"), False),
        (("START", "STOP"), True),
        (("STOP", "YES"), True),
        (("please stop texting me", "START", "yes"), False),
    ],
)
def test_words_end_as_they_do_in_memory(
    new_world: Callable[..., Any], said: tuple[str, ...], left: bool
) -> None:
    world = new_world()
    for word in said:
        world.hear(word)
        world.drain()
    assert world.anna.has_left("pizza") is left
    replies = world.events(JournalKind.REPLY)
    assert [event.details["body"] for event in replies] == list(said)
    assert len(world.events(JournalKind.UNDERSTANDING)) == len(said)
    sid = replies[0].details["sid"]
    assert world.journal.reply(sid) == replies[0]


def test_a_consent_that_awaits_an_answer_is_found_until_it_is_erased(
    new_world: Callable[..., Any],
) -> None:
    journal = new_world().journal
    consent = JournalEvent(
        id="c1",
        phone=ANNA,
        kind=JournalKind.CONSENT,
        occurred_at=NOON,
        program_id="pizza",
        details={"kind": "bulk", "awaits": "answer"},
    )
    other = replace(consent, id="c2", details={"kind": "bulk"})
    journal.append([consent, other])
    journal.append([consent])
    assert journal.awaiting("c1") == consent
    assert journal.awaiting("c2") is None
    assert journal.of(ANNA) == [consent, other]
    journal.forget(ANNA)
    assert journal.awaiting("c1") is None


def test_a_text_delivered_to_many_at_once_counts_once(new_world: Callable[..., Any]) -> None:
    world = new_world()
    world.hear("STOP")
    world.clock.advance(timedelta(seconds=1))
    text = world.text("START")
    race(*[partial(world.receive, text)] * 8)
    assert not world.anna.has_left("pizza")
    assert len(world.events(JournalKind.CONSENT)) == 1
    assert len(world.events(JournalKind.REPLY)) == 2


def test_of_stop_and_start_at_once_stop_stands(new_world: Callable[..., Any]) -> None:
    world = new_world()
    for _ in range(10):
        world.clock.advance(timedelta(seconds=1))
        stop, start = world.text("STOP"), world.text("START")
        race(partial(world.receive, stop), partial(world.receive, start))
        assert world.anna.has_left("pizza")


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_anywhere_is_mended_by_handling_again(
    new_world: Callable[..., Any], after: bool
) -> None:
    def run(crash_at: int | None) -> tuple[Any, int]:
        world = new_world()
        world.hand_over(SEND)
        world.hear("YES")
        sid = world.replies.take().body["sid"]
        point = world.crash = CrashPoint(crash_at, after=after)
        try:
            world.handle(sid)
        except CrashError:
            world.crash = CrashPoint()
            world.clock.advance(timedelta(seconds=180))
            world.handle(sid)
        return world, point.calls

    intact, calls = run(None)
    for crash_at in range(calls):
        world, _ = run(crash_at)
        assert world.leads.active("pizza", ANNA) == intact.leads.active("pizza", ANNA)
        assert world.anna.last_reply == intact.anna.last_reply
        assert world.events(JournalKind.UNDERSTANDING) == intact.events(JournalKind.UNDERSTANDING)
        assert len(world.provider.taken) <= 1


SEND = "snd_" + "1" * 20


class Senders:
    """Sends that race to text Anna, each claiming, dawdling, and posting while it may."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self._clock = SystemClock()
        self._number = 0
        self._lock = threading.Lock()
        self.ended = threading.Event()
        self.posted_at: list[datetime] = []

    def run(self, dawdle: float) -> None:
        """Claim and post until the race is over; one that dawdles posts as late as it may."""
        while not self.ended.is_set():
            anna = self._world.contacts.get(ANNA)
            if anna.has_left("pizza"):
                time.sleep(0.005)
                continue
            claim = self._claim()
            claims = (*anna.sending.claims, claim)
            sending = replace(anna.sending, version=anna.sending.version + 1, claims=claims)
            write = SendingWrite(phone=ANNA, expected_version=anna.sending.version, sending=sending)
            if self._world.contacts.write_sending([write]) == [WriteResult.WRITTEN]:
                time.sleep(dawdle)
                self._post(claim)

    def _claim(self) -> Claim:
        with self._lock:
            self._number += 1
            send_id = f"snd_{self._number:020x}"
        return Claim(
            send_id=send_id,
            program_id="pizza",
            nonce=self._clock.nonce(),
            post_by=self._clock.now() + CLAIM_PERIOD,
        )

    def _post(self, claim: Claim) -> None:
        now = self._clock.now()
        if now >= claim.post_by:
            return
        self.posted_at.append(now)
        message = Message(
            id=ids.message_id(KEY, send=claim.send_id, phone=ANNA),
            send_id=claim.send_id,
            phone=ANNA,
            status=MessageStatus.ACCEPTED,
            handed_over_at=now,
            updated_at=now,
        )
        self._world.ledger.record([message])


@pytest.mark.slow
@pytest.mark.parametrize("dawdle", [0.0, CLAIM_PERIOD.total_seconds() - 0.2])
def test_after_the_answer_to_a_stop_nothing_is_posted(
    new_world: Callable[..., Any], dawdle: float
) -> None:
    """G1, with senders that keep claiming while the STOP comes in."""
    world = new_world()
    world.clock = SystemClock()
    senders = Senders(world)
    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(senders.run, dawdle) for _ in range(3)]
        time.sleep(0.4)
        assert world.receive(world.text("STOP")) is None
        answered_at = SystemClock().now()
        time.sleep(0.6)
        senders.ended.set()
        for each in running:
            each.result()
    assert senders.posted_at
    assert max(senders.posted_at) <= answered_at
