"""The webhook's part: STOP at once and for good (G1), and who subscribes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley import ids
from parley.consent import ALL_PROGRAMS, OptOut
from parley.contact import Contact, SubscriptionStatus, Suppression, SuppressionReason
from parley.journal import JournalKind
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.program import KeywordReplies, OptOutScope, ProgramTexts, Sender
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW, TEXT_PREFIX
from parley_aws.use_cases.registry import erased_key
from tests.support.faults import CrashError, CrashPoint
from tests.unit.listening.world import (
    ANNA,
    KEY,
    NOON,
    SENDER,
    TACOS_SENDER,
    World,
    program,
    subscribed,
    tacos,
)

OURS = Sender(messaging_service_sid=SENDER, keyword_replies=KeywordReplies.OURS)
ADVANCED = Sender(messaging_service_sid=SENDER, keyword_replies=KeywordReplies.ADVANCED)


class TestLeaving:
    def test_stop_is_written_before_the_answer(self) -> None:
        world = World(subscribed(ANNA, "pizza", "tacos"))
        assert world.hear("STOP") is None
        assert world.anna.has_left("pizza")
        assert world.anna.has_left("tacos")
        (event,) = world.events(JournalKind.OPT_OUT)
        assert event.details == {"scope": ALL_PROGRAMS, "source": "text"}

    def test_in_the_program_only_where_the_program_says_so(self) -> None:
        world = World(
            subscribed(ANNA, "pizza", "tacos"),
            programs=(program(opt_out_scope=OptOutScope.PROGRAM), tacos()),
        )
        world.hear("STOP")
        assert world.anna.has_left("pizza")
        assert not world.anna.has_left("tacos")

    def test_a_wrong_number_leaves_every_scope(self) -> None:
        world = World(
            subscribed(ANNA, "pizza", "tacos"),
            programs=(program(opt_out_scope=OptOutScope.PROGRAM), tacos()),
        )
        answer = world.hear("you have the wrong number")
        assert world.anna.has_left("tacos")
        assert answer is not None
        assert "START" not in answer

    def test_g1_an_erased_number_that_leaves_one_program_stays_out_of_the_others(self) -> None:
        world = World(programs=(program(opt_out_scope=OptOutScope.PROGRAM), tacos()))
        erasure = Suppression(reason=SuppressionReason.ERASED, since=world.clock.now())
        entry = Contact(phone=erased_key(KEY, ANNA), suppression=erasure)
        world.contacts.save(entry, expected_version=None)
        world.hear("STOP")
        assert world.anna.suppression == erasure
        assert world.anna.has_left("pizza")

    @pytest.mark.parametrize("write", [1, 2])
    def test_g1_an_erasure_while_one_program_is_left_holds_in_the_others(self, write: int) -> None:
        world = World(subscribed(), programs=(program(opt_out_scope=OptOutScope.PROGRAM), tacos()))
        erasure = Suppression(reason=SuppressionReason.ERASED, since=world.clock.now())
        opt_out, writes = world.contacts.opt_out, []

        def late(phone: str, gone: OptOut, **more: Any) -> Contact:
            writes.append(gone)
            if len(writes) == write:
                entry = Contact(phone=erased_key(KEY, ANNA), suppression=erasure)
                world.contacts.save(entry, expected_version=None)
                world.contacts.delete(ANNA)
            return opt_out(phone, gone, **more)

        world.contacts.opt_out = late  # type: ignore[assignment, method-assign]
        world.hear("STOP")
        assert world.anna.suppression == erasure
        assert world.anna.has_left("pizza")

    @pytest.mark.parametrize(("seconds", "comes_back"), [(-2, True), (0, False), (2, False)])
    def test_g1_a_start_from_before_the_erasure_does_not_undo_it(
        self, seconds: int, comes_back: bool
    ) -> None:
        """Its webhook hung, or came again, until the erasure was through."""
        world = World()
        since = world.clock.now() + timedelta(seconds=seconds)
        erasure = Suppression(reason=SuppressionReason.ERASED, since=since)
        entry = Contact(phone=erased_key(KEY, ANNA), suppression=erasure)
        world.contacts.save(entry, expected_version=None)
        world.hear("START")
        assert (world.contacts.get(ANNA) is not None) is comes_back

    def test_an_unknown_number_is_suppressed(self) -> None:
        world = World()
        world.hear("STOP")
        assert world.anna.suppression is not None
        assert world.anna.suppression.reason is SuppressionReason.OPTED_OUT

    def test_at_a_sender_of_no_program_it_holds_for_all(self) -> None:
        world = World(subscribed())
        assert world.hear("STOP", service=None, to="+15005550099") is None
        assert world.anna.has_left("pizza")
        (reply,) = world.events(JournalKind.REPLY)
        assert reply.program_id is None

    def test_the_number_texted_names_the_program_too(self) -> None:
        world = World(
            subscribed(ANNA, "pizza", "tacos"),
            programs=(program(), tacos(opt_out_scope=OptOutScope.PROGRAM)),
        )
        world.hear("STOP", service=None, to=TACOS_SENDER)
        assert world.anna.has_left("tacos")
        assert not world.anna.has_left("pizza")

    def test_a_custom_keyword_of_the_provider_counts(self) -> None:
        world = World(subscribed(), programs=(program(sender=ADVANCED),))
        assert world.hear("salir", opt_out_type="STOP") is None
        assert world.anna.has_left("pizza")

    def test_whatever_the_provider_reports_asking_to_cease_wins(self) -> None:
        world = World(subscribed(), programs=(program(sender=ADVANCED),))
        world.hear("stop texting me", opt_out_type="START")
        assert world.anna.has_left("pizza")


class TestOpenClaims:
    """G1: the webhook answers once nothing claimed before can be posted any more."""

    def test_an_open_claim_is_waited_out(self) -> None:
        world = World(subscribed())
        claim = world.claim("snd_1")
        world.hear("STOP")
        assert world.clock.now() == claim.post_by + CLOCK_SKEW

    def test_a_claim_whose_message_is_on_record_is_not(self) -> None:
        world = World(subscribed())
        world.hand_over()
        world.hear("STOP")
        assert world.clock.now() == NOON + timedelta(seconds=1)

    def test_a_record_of_an_earlier_attempt_does_not_count(self) -> None:
        world = World(subscribed())
        world.hand_over()
        world.clock.advance(timedelta(minutes=20))
        anna = world.anna
        again = replace(
            anna.sending.claims[0], post_by=world.clock.now() + CLAIM_PERIOD, nonce="again"
        )
        sending = replace(anna.sending, claims=(again,), version=anna.sending.version + 1)
        world.contacts.save(replace(anna, sending=sending), expected_version=anna.sending.version)
        world.hear("STOP")
        assert world.clock.now() == again.post_by + CLOCK_SKEW

    def test_an_ambiguous_post_of_this_claim_is_spent(self) -> None:
        world = World(subscribed())
        world.claim("snd_1")
        message = Message(
            id=ids.message_id(KEY, send="snd_1", phone=ANNA),
            send_id="snd_1",
            phone=ANNA,
            status=MessageStatus.UNKNOWN,
            updated_at=world.clock.now(),
        )
        world.ledger.record([message])
        world.hear("STOP")
        assert world.clock.now() == NOON + timedelta(seconds=1)

    def test_a_deferral_on_record_is_no_hand_over(self) -> None:
        world = World(subscribed())
        claim = world.claim("snd_1")
        message = Message(
            id=ids.message_id(KEY, send="snd_1", phone=ANNA),
            send_id="snd_1",
            phone=ANNA,
            status=MessageStatus.DEFERRED,
            updated_at=world.clock.now(),
        )
        world.ledger.record([message])
        world.hear("STOP")
        assert world.clock.now() == claim.post_by + CLOCK_SKEW

    def test_claims_of_other_programs_matter_to_no_program_opt_out(self) -> None:
        world = World(
            subscribed(ANNA, "pizza", "tacos"),
            programs=(program(opt_out_scope=OptOutScope.PROGRAM), tacos()),
        )
        world.claim("snd_1", program_id="tacos")
        world.hear("STOP")
        assert world.clock.now() == NOON + timedelta(seconds=1)

    def test_a_text_that_is_no_sends_is_waited_out_too(self) -> None:
        world = World(subscribed())
        claim = world.claim(f"{TEXT_PREFIX}1")
        world.hear("STOP")
        assert world.clock.now() == claim.post_by + CLOCK_SKEW

    def test_the_opt_out_is_in_force_while_the_webhook_waits(self) -> None:
        world = World(subscribed())
        world.claim("snd_1")
        seen: list[bool] = []
        pause = world.clock.pause

        def watch(duration: timedelta) -> None:
            seen.append(world.anna.has_left("pizza") and bool(world.replies.waiting))
            pause(duration)

        world.clock.pause = watch  # type: ignore[method-assign]  # looks in while time passes
        world.hear("STOP")
        assert seen == [True]


class TestSubscribing:
    @pytest.mark.parametrize("body", ["START", "unstop", "PIZZA"])
    def test_a_stranger_may(self, body: str) -> None:
        world = World()
        world.hear(body)
        assert world.anna.subscription_status("pizza") is SubscriptionStatus.SUBSCRIBED
        assert world.anna.region == "US"
        (event,) = world.events(JournalKind.CONSENT)
        assert event.details["kind"] == "personal"
        assert event.details["wording"] == body

    @pytest.mark.parametrize("body", ["yes", "hi", "HELP", "ok", "I love pizza", ""])
    def test_nothing_else_does(self, body: str) -> None:
        world = World()
        world.hear(body)
        assert not world.events(JournalKind.CONSENT)
        stored = world.contacts.get(ANNA)
        assert stored is None or not stored.subscriptions

    def test_start_comes_back_to_the_program_texted_and_no_other(self) -> None:
        world = World(subscribed(ANNA, "pizza", "tacos"))
        world.hear("STOP")
        world.hear("START")
        assert not world.anna.has_left("pizza")
        assert world.anna.has_left("tacos")

    def test_yes_never_comes_back(self) -> None:
        world = World(subscribed(status="pending"), programs=(program(sender=ADVANCED),))
        world.hear("STOP")
        world.hear("YES", opt_out_type="START")
        assert world.anna.has_left("pizza")

    def test_a_pending_contacts_yes_confirms(self) -> None:
        world = World(subscribed(status="pending"))
        answer = world.hear("Yes!")
        assert world.anna.subscription_status("pizza") is SubscriptionStatus.SUBSCRIBED
        assert answer is not None
        assert world.texts() == ["welcome"]

    def test_start_at_a_sender_of_no_program_subscribes_to_nothing(self) -> None:
        world = World()
        assert world.hear("START", service=None, to="+15005550099") is None
        assert not world.events(JournalKind.CONSENT)


class TestRaces:
    """Of a STOP and a START whose order is unknown, the opt-out stands."""

    def stop_in_between(self, world: World) -> Callable[..., bool]:
        save = world.contacts.save

        def save_late(contact: Contact, *, expected_version: int | None) -> bool:
            world.contacts.save = save  # type: ignore[method-assign]
            world.contacts.opt_out(
                ANNA,
                OptOut(event_id="s", scope=ALL_PROGRAMS, source="t", occurred_at=self.stopped_at),
            )
            return save(contact, expected_version=expected_version)

        return save_late

    @pytest.mark.parametrize("skew", [-1, 0, 1])
    def test_a_stop_while_start_is_being_written(self, skew: int) -> None:
        world = World(subscribed())
        self.stopped_at = NOON + timedelta(seconds=1 + skew)
        world.contacts.save = self.stop_in_between(world)  # type: ignore[method-assign]
        world.hear("START")
        assert world.anna.has_left("pizza")
        assert not world.events(JournalKind.CONSENT)

    def test_a_claim_while_start_is_being_written_only_delays_it(self) -> None:
        world = World(subscribed())
        world.hear("STOP")
        save = world.contacts.save

        def save_late(contact: Contact, *, expected_version: int | None) -> bool:
            world.contacts.save = save  # type: ignore[method-assign]
            world.claim("snd_1")
            return save(contact, expected_version=expected_version)

        world.contacts.save = save_late  # type: ignore[method-assign]
        world.hear("START")
        assert not world.anna.has_left("pizza")
        assert world.anna.sending.claim_of("snd_1")

    @pytest.mark.parametrize("scope", list(OptOutScope))
    @pytest.mark.parametrize("store", ["journal.append", "replies.send"])
    def test_a_start_that_is_heard_before_a_stop_is_answered_does_not_stand(
        self, store: str, scope: OptOutScope
    ) -> None:
        """G1: nobody knows which they sent first, and the answer to STOP promises silence."""
        world = World(subscribed(), programs=(program(opt_out_scope=scope),))
        port, _, name = store.partition(".")
        call = getattr(getattr(world, port), name)

        def late(*args: Any, **kwargs: Any) -> Any:
            setattr(getattr(world, port), name, call)
            world.hear("START")
            return call(*args, **kwargs)

        setattr(getattr(world, port), name, late)
        world.hear("STOP")
        assert world.anna.has_left("pizza")
        assert world.anna.subscription_status("pizza") is SubscriptionStatus.OPTED_OUT
        world.hear("START")
        assert not world.anna.has_left("pizza")

    def test_a_start_that_is_heard_while_a_stop_waits_does_not_stand_nor_does_a_claim_under_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """G1: the wait for open claims takes seconds, in which the answer is still due."""
        world = World(subscribed())
        world.claim("snd_1")
        pause = world.clock.pause
        ends: list[datetime] = []

        def pause_and_hear(duration: timedelta) -> None:
            pause(duration)
            if not ends:
                world.hear("START")
                assert not world.anna.has_left("pizza")
                world.claim("snd_2")
                ends.extend(claim.post_by for claim in world.anna.sending.claims)

        monkeypatch.setattr(world.clock, "pause", pause_and_hear)
        world.hear("STOP")
        assert world.anna.has_left("pizza")
        assert len(ends) == 2
        assert world.clock.now() > max(ends)

    def test_a_stop_stamped_later_stands(self) -> None:
        world = World(subscribed())
        world.contacts.opt_out(
            ANNA,
            OptOut(
                event_id="s",
                scope=ALL_PROGRAMS,
                source="t",
                occurred_at=NOON + timedelta(seconds=1),
            ),
        )
        world.hear("START")
        assert world.anna.has_left("pizza")


WORDS = ("STOP", "START", "YES", "hello")


def status_after(said: tuple[str, ...], status: str) -> str:
    """What the last word of consent makes of a standing."""
    for word in said:
        if word == "STOP":
            status = "opted_out"
        elif word == "START" or (word == "YES" and status == "pending"):
            status = "subscribed"
    return status


def standing(world: World) -> str:
    if world.anna.has_left("pizza"):
        return "opted_out"
    status = world.anna.subscription_status("pizza")
    assert status is not None
    return status.value


@pytest.mark.parametrize("scope", list(OptOutScope))
@pytest.mark.parametrize("status", ["pending", "subscribed"])
@pytest.mark.parametrize("said", list(itertools.product(WORDS, repeat=3)))
def test_every_order_of_words(said: tuple[str, ...], status: str, scope: OptOutScope) -> None:
    world = World(subscribed(status=status), programs=(program(opt_out_scope=scope),))
    for word in said:
        world.hear(word)
    assert standing(world) == status_after(said, status)


@settings(max_examples=200, deadline=None)
@given(
    said=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6),
    repeated=st.lists(st.integers(0, 5), max_size=8),
    scope=st.sampled_from(list(OptOutScope)),
)
def test_repeating_any_text_at_any_time_changes_nothing(
    said: list[str], repeated: list[int], scope: OptOutScope
) -> None:
    """Signatures carry no time, so a webhook that was recorded verifies for ever (G8)."""
    world = World(subscribed(), programs=(program(opt_out_scope=scope),))
    heard = []
    chosen = iter(repeated)
    for position, word in enumerate(said):
        text = world.text(word)
        world.clock.advance(timedelta(seconds=1))
        world.receive(text)
        heard.append(text)
        again = next(chosen, None)
        if again is not None:
            before, texts = world.anna, world.texts()
            world.clock.advance(timedelta(seconds=1))
            world.receive(heard[again % (position + 1)])
            assert world.anna == before
            assert world.texts() == texts
    assert standing(world) == status_after(tuple(said), "subscribed")
    assert len(world.events(JournalKind.REPLY)) == len(said)


class TestAnswers:
    @pytest.mark.parametrize("body", ["STOP", "START", "HELP", "Info"])
    def test_where_the_provider_answers_we_are_silent(self, body: str) -> None:
        world = World(subscribed())
        assert world.hear(body) is None
        assert world.texts() == []

    def test_one_confirmation_of_an_opt_out_in_own_words(self) -> None:
        world = World(subscribed())
        answer = world.hear("please stop texting me")
        assert answer == (
            "Acme Pizza: You are unsubscribed and will get no more texts. "
            "Reply START to subscribe again."
        )
        assert world.hear("I said stop texting me") is None
        assert world.texts() == ["opt_out_confirmation"]

    def test_after_coming_back_an_opt_out_is_confirmed_again(self) -> None:
        world = World(subscribed())
        assert world.hear("stop texting me")
        world.hear("START")
        assert world.hear("stop texting me")

    @pytest.mark.parametrize(
        ("body", "texts", "answer"),
        [
            ("STOP", ProgramTexts(opt_out="Bye from Acme."), "Bye from Acme."),
            ("HELP", ProgramTexts(help="Call 555."), "Call 555."),
            ("START", ProgramTexts(welcome="Welcome back!"), "Welcome back!"),
        ],
    )
    def test_ours_are_the_programs_texts(self, body: str, texts: ProgramTexts, answer: str) -> None:
        world = World(subscribed(), programs=(program(sender=OURS, texts=texts),))
        assert world.hear(body) == answer

    @pytest.mark.parametrize("body", ["STOP", "HELP", "START", "PIZZA"])
    def test_ours_name_the_brand_by_default(self, body: str) -> None:
        world = World(subscribed(), programs=(program(sender=OURS),))
        answer = world.hear(body)
        assert answer is not None
        assert answer.startswith("Acme Pizza: ")

    @pytest.mark.parametrize(
        ("body", "reported", "silent"),
        [("STOP", "STOP", True), ("STOP", None, False), ("HELP", "HELP", True)],
    )
    def test_advanced_opt_out_answers_what_it_reports(
        self, body: str, reported: str | None, silent: bool
    ) -> None:
        world = World(subscribed(), programs=(program(sender=ADVANCED),))
        assert (world.hear(body, opt_out_type=reported) is None) is silent

    def test_help_after_leaving_is_not_answered(self) -> None:
        world = World(subscribed(), programs=(program(sender=OURS),))
        world.hear("STOP")
        assert world.hear("HELP") is None

    def test_help_after_an_erasure_is_not_answered(self) -> None:
        """G1: nothing but a confirmation goes to a suppressed number."""
        world = World(programs=(program(sender=OURS),))
        erasure = Suppression(reason=SuppressionReason.ERASED, since=world.clock.now())
        entry = Contact(phone=erased_key(KEY, ANNA), suppression=erasure)
        world.contacts.save(entry, expected_version=None)
        assert world.hear("HELP") is None

    def test_two_machines_soon_fall_silent(self) -> None:
        world = World(subscribed(), programs=(program(sender=OURS),))
        answers = [world.hear("HELP") for _ in range(10)]
        assert sum(answer is not None for answer in answers) == 3
        world.clock.advance(timedelta(hours=25))
        assert world.hear("HELP") is not None

    def test_free_text_waits_for_its_handling(self) -> None:
        world = World(subscribed())
        assert world.hear("how much is it?") is None


class TestQueue:
    def test_it_carries_ids_and_no_number(self) -> None:
        """G9: what is queued names the text, grouped by a keyed hash of the number."""
        world = World(subscribed())
        world.hear("hello")
        (queued,) = world.replies.waiting
        assert queued.body == {"sid": "SM" + "0" * 31 + "1"}
        assert queued.group == ids.keyed_hash(KEY, "phone", ANNA)
        assert ANNA not in str(queued)

    def test_media_that_came_with_it_is_noted(self) -> None:
        world = World(subscribed())
        world.hear("", media=2)
        world.hear("hello")
        noted = [event.details.get("media") for event in world.events(JournalKind.REPLY)]
        assert noted == ["2", None]

    def test_the_text_is_in_the_journal_before_it_is_queued(self) -> None:
        world = World(subscribed())
        world.crash = CrashPoint(at=None)
        in_journal: list[Any] = []
        send = world.replies.send

        def watch(*args: Any, **kwargs: Any) -> None:
            in_journal.append(world.journal.reply("SM" + "0" * 31 + "1"))
            send(*args, **kwargs)

        world.replies.send = watch  # type: ignore[method-assign]
        world.hear("hello")
        assert in_journal[0].details["body"] == "hello"


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "body", ["STOP", "stop texting me", "START", "PIZZA", "HELP", "hello", "YES"]
)
def test_a_crash_anywhere_is_mended_by_hearing_the_text_again(body: str, after: bool) -> None:
    """Whatever was written by then stands, and the rest follows."""

    def run(crash_at: int | None) -> tuple[World, int]:
        status = "pending" if body == "YES" else "subscribed"
        world = World(subscribed(status=status), programs=(program(sender=OURS),))
        text = world.text(body)
        world.crash = CrashPoint(crash_at, after=after)
        try:
            world.receive(text)
        except CrashError:
            world.crash = CrashPoint()
            world.receive(text)
        return world, world.crash.calls

    intact, calls = run(None)
    for crash_at in range(calls):
        world, _ = run(crash_at)
        assert standing(world) == standing(intact)
        assert [e.id for e in world.events(JournalKind.REPLY)] == [
            e.id for e in intact.events(JournalKind.REPLY)
        ]
        for kind in (JournalKind.OPT_OUT, JournalKind.CONSENT):
            assert [e.id for e in world.events(kind)] == [e.id for e in intact.events(kind)]
        assert {q.body["sid"] for q in world.replies.waiting} == {
            q.body["sid"] for q in intact.replies.waiting
        }
        assert len(world.texts()) <= len(intact.texts())
