"""Double opt-in: who came by a list is asked once, in decent hours, and a YES subscribes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from parley.consent import ALL_PROGRAMS, OptOut
from parley.contact import SubscriptionStatus
from parley.errors import TransientError
from parley.journal import JournalKind
from parley.program import ProgramTexts
from parley.quiet_hours import QuietHours, QuietHoursPolicy
from parley_aws.memory import MemoryProvider, MemoryQueue, MemoryScheduler
from parley_aws.memory.provider import Answer
from parley_aws.numbers import read_number
from parley_aws.ports import PostStatus
from parley_aws.rules import read_state_rules, region_zones
from parley_aws.use_cases.ask_consent import AT_ONCE, AskConsent, request_questions
from parley_aws.use_cases.registry import Registry
from parley_aws.use_cases.texting import HandOverText
from parley_aws.use_cases.upsert_contacts import Row, upsert_contacts
from tests.support.faults import CrashError, CrashPoint
from tests.unit.listening.world import ANNA, KEY, NOON, World, program

CONSENT = {"program": "pizza", "source": "web_form", "obtained_at": "2026-06-01T12:00:00Z"}
AT_NIGHT = QuietHours(policy=QuietHoursPolicy.WINDOW, start=time(21), end=time(8))
MIDNIGHT_IN_CHICAGO = datetime(2026, 6, 11, 5, tzinfo=UTC)
EIGHT_IN_CHICAGO = datetime(2026, 6, 11, 13, tzinfo=UTC)
AMBIGUOUS = Answer(status=PostStatus.AMBIGUOUS, taken=True)
THROTTLED = Answer(status=PostStatus.THROTTLED, taken=False)


class Asking(World):
    """A pizzeria that asks whom it got from a list."""

    def __init__(self, **changes: Any) -> None:
        values = {"double_opt_in": True, "quiet_hours": AT_NIGHT, **changes}
        super().__init__(programs=(program(**values),))
        self.releases = MemoryQueue(self.clock)
        self.scheduler = MemoryScheduler(self.clock, self.releases)
        self.told: set[str] = set()

    def consent(self, *phones: str, **changes: Any) -> None:
        """A list comes in, and the journal's stream is told."""
        registry = Registry(
            contacts=self.contacts,
            journal=self.journal,
            programs=self.programs,
            clock=self.clock,
            id_key=KEY,
            read_number=read_number,
        )
        consent = {**CONSENT, **changes}
        rows = [
            Row(index=index, values={"phone": phone, "consent": consent})
            for index, phone in enumerate(phones or (ANNA,))
        ]
        upsert_contacts(rows, region="US", registry=registry)
        events = [e for phone in phones or (ANNA,) for e in self.journal.of(phone)]
        request_questions(self.releases, [e for e in events if e.id not in self.told])
        self.told |= {event.id for event in events}

    def ask(self, consent_ids: list[str]) -> None:
        """What the releases queue has done."""
        guard = self.crash.guard
        AskConsent(
            contacts=guard(self.contacts),
            journal=guard(self.journal),
            programs=guard(self.programs),
            hand_over=HandOverText(
                contacts=guard(self.contacts),
                journal=guard(self.journal),
                provider=guard(self.provider),
                clock=self.clock,
            ),
            scheduler=guard(self.scheduler),
            clock=self.clock,
            id_key=KEY,
            state_rules=read_state_rules(),
            region_zones=region_zones(),
        )(consent_ids)

    def run(self, duration: timedelta = timedelta(seconds=10)) -> None:
        """Let time pass, and do what becomes due then."""
        self.clock.advance(duration)
        self.scheduler.fire()
        while queued := self.releases.take():
            self.ask(queued.body["consent_ids"])

    def posted(self) -> list[str]:
        """What was handed over to Anna."""
        return [text.body for text in self.provider.taken if text.to == ANNA]

    def status(self) -> SubscriptionStatus | None:
        """Where Anna stands."""
        return self.anna.subscription_status("pizza")


def test_a_pending_contact_is_asked_once_and_a_yes_subscribes_and_is_welcomed() -> None:
    world = Asking(texts=ProgramTexts(double_opt_in="Pizza? Reply YES", welcome="Welcome!"))
    world.consent()
    assert world.posted() == []
    world.run()
    assert world.posted() == ["Pizza? Reply YES"]
    assert world.texts() == ["double_opt_in"]
    assert world.status() is SubscriptionStatus.PENDING
    assert world.hear("Yes!") == "Welcome!"
    assert world.status() is SubscriptionStatus.SUBSCRIBED
    sources = [event.details["kind"] for event in world.events(JournalKind.CONSENT)]
    assert sources == ["bulk", "personal"]
    assert world.texts() == ["double_opt_in", "welcome"]


def test_the_question_names_the_brand_and_both_ways_out() -> None:
    world = Asking()
    world.consent()
    world.run()
    (body,) = world.posted()
    for part in ("Acme Pizza", "YES", "STOP", "HELP"):
        assert part in body


def test_neither_a_repetition_nor_another_list_asks_again() -> None:
    world = Asking()
    world.consent()
    world.run()
    (consent,) = world.events(JournalKind.CONSENT)
    world.ask([consent.id, consent.id])
    world.consent(source="another_list")
    world.run()
    assert len(world.events(JournalKind.CONSENT)) == 2
    assert len(world.posted()) == 1


@pytest.mark.parametrize("double_opt_in", [False, True])
def test_only_a_program_with_double_opt_in_asks(double_opt_in: bool) -> None:
    world = Asking(double_opt_in=double_opt_in)
    world.consent()
    assert len(world.releases.waiting) == double_opt_in


def test_at_night_it_waits_for_the_morning() -> None:
    """G7."""
    world = Asking()
    world.clock.advance(MIDNIGHT_IN_CHICAGO - NOON)
    world.consent(ANNA, "+13125550124")
    world.run()
    assert world.posted() == []
    assert len(world.scheduler.pending) == 1, "one schedule for all who wait for the same hour"
    assert world.scheduler.next_due() == EIGHT_IN_CHICAGO
    world.run(EIGHT_IN_CHICAGO - world.clock.now())
    assert len(world.posted()) == 1
    (text, other) = world.provider.taken
    assert (text.to, other.to) == (ANNA, "+13125550124")
    assert world.clock.now() + text.validity <= datetime(2026, 6, 12, 2, tzinfo=UTC)


def test_the_question_does_not_arrive_after_the_window() -> None:
    """G7: the provider stops trying when the window closes."""
    world = Asking()
    closes = datetime(2026, 6, 11, 2, tzinfo=UTC)
    world.clock.advance(closes - timedelta(minutes=10) - NOON)
    world.consent()
    world.run()
    (text,) = world.provider.taken
    assert world.clock.now() + text.validity <= closes


def leave(world: Asking) -> None:
    """Anna opts out of all."""
    opt_out = OptOut(event_id="o", scope=ALL_PROGRAMS, source="api", occurred_at=world.clock.now())
    world.contacts.opt_out(ANNA, opt_out)


def erase(world: Asking) -> None:
    """Anna is forgotten."""
    world.journal.forget(ANNA)
    world.contacts.delete(ANNA)


def answer(world: Asking) -> None:
    """Anna says yes before she was asked."""
    world.hear("YES")


@pytest.mark.parametrize("happens", [leave, erase, answer])
def test_who_left_answered_or_was_erased_meanwhile_is_not_asked(
    happens: Callable[[Asking], None],
) -> None:
    """G1."""
    world = Asking()
    world.consent()
    happens(world)
    world.run()
    assert world.posted() == []


def test_the_journal_may_know_before_the_contact() -> None:
    world = Asking()
    world.consent()
    anna = world.anna
    world.contacts.delete(ANNA)
    world.run()
    assert world.posted() == []
    assert world.contacts.save(anna, expected_version=None)
    world.run(timedelta(minutes=30))
    assert len(world.posted()) == 1


def test_nobody_waits_for_ever_for_a_contact_that_was_never_stored() -> None:
    world = Asking()
    world.consent()
    world.contacts.delete(ANNA)
    for _ in range(30):
        world.run(timedelta(minutes=30))
    assert world.scheduler.pending == {}
    assert world.releases.waiting == []
    assert world.posted() == []


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_step_asks_at_most_once_and_puts_it_on_record(after: bool) -> None:
    """G3: the command comes again, and goes on where the step was lost."""
    crashes = 0
    for step in range(40):
        world = Asking()
        world.consent()
        (queued,) = world.releases.waiting
        world.clock.advance(timedelta(seconds=10))
        world.crash = CrashPoint(step, after=after)
        try:
            world.ask(queued.body["consent_ids"])
        except CrashError:
            crashes += 1
            world.clock.advance(timedelta(seconds=30))
            world.ask(queued.body["consent_ids"])
        assert len(world.posted()) <= 1
        assert world.texts() == ["double_opt_in"]
    assert crashes > 5


def test_one_whose_text_was_not_taken_holds_up_nobody_and_is_tried_again() -> None:
    world = Asking()
    world.provider = MemoryProvider(
        world.clock, lambda text: THROTTLED if text.to == ANNA else AMBIGUOUS
    )
    world.consent(ANNA, "+13125550124")
    world.clock.advance(timedelta(seconds=10))
    queued = world.releases.take()
    assert queued is not None
    with pytest.raises(TransientError):
        world.ask(queued.body["consent_ids"])
    assert [text.to for text in world.provider.taken] == ["+13125550124"]
    world.provider.answer = lambda _: AMBIGUOUS
    world.ask(queued.body["consent_ids"])
    assert [text.to for text in world.provider.taken] == ["+13125550124", ANNA]


def test_commands_hold_ids_and_not_too_many() -> None:
    """G9."""
    world = Asking()
    phones = [f"+1312555{number:04d}" for number in range(AT_ONCE + 1)]
    world.consent(*phones)
    bodies = [queued.body for queued in world.releases.waiting]
    assert [len(body["consent_ids"]) for body in bodies] == [AT_ONCE, 1]
    assert "555" not in str([name for body in bodies for name in body])
    assert all(not each.startswith("+") for body in bodies for each in body["consent_ids"])


def test_a_program_that_is_gone_asks_nothing() -> None:
    world = Asking()
    world.consent()
    world.programs._programs.clear()
    world.run()
    assert world.posted() == []


def test_a_number_that_no_hour_suits_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Asking()
    world.consent()
    monkeypatch.setattr("parley.quiet_hours.next_period", lambda *_, **__: None)
    world.run()
    assert world.posted() == []
