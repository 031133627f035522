"""The queue's part: what a reply answers, what it means, who should call back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from parley.consent import OptOut
from parley.contact import Contact, Suppression, SuppressionReason
from parley.errors import TransientError
from parley.journal import JournalKind
from parley.lead import Lead, LeadStatus
from parley.outcome import MessageStatus, Outcome
from parley.program import OptOutScope
from parley_aws.memory import Answer
from parley_aws.ports import PostStatus
from parley_aws.use_cases.handle_reply import ANSWER_WITHIN, REMEMBERED_CHARACTERS
from parley_aws.use_cases.registry import erased_key
from tests.support.faults import CrashError, CrashPoint
from tests.unit.listening.world import (
    ANNA,
    KEY,
    TACOS_SENDER,
    World,
    campaign,
    program,
    subscribed,
    tacos,
)


def texted(**changes: Any) -> World:
    """A world in which Anna got Friday's campaign a minute ago."""
    world = World(subscribed())
    world.hand_over(**changes)
    world.clock.advance(timedelta(minutes=1))
    return world


def say(world: World, body: str, **changes: Any) -> None:
    world.hear(body, **changes)
    world.drain()


def lead_of(world: World) -> Lead:
    lead = world.leads.active("pizza", ANNA)
    assert lead is not None
    return lead


def responses(world: World, send_id: str = "snd_1") -> list[str]:
    """What was counted under a send: `reply:<intent>`, `lead`, `opt_out`, in order.

    That somebody replied at all is left out: it goes without saying.
    """
    found = []
    for change in world.ledger.changes:
        after = change.after or {}
        if change.partition.startswith(f"{send_id}#") and after.get("kind") not in (
            None,
            "replied",
        ):
            intent = after.get("intent")
            found.append(f"{after['kind']}:{intent}" if intent else after["kind"])
    return found


class TestAttribution:
    def test_the_latest_hand_over_of_the_program_texted(self) -> None:
        world = texted()
        world.hand_over("snd_2", id="cmp_2")
        world.claim("snd_3", program_id="tacos")
        world.clock.advance(timedelta(minutes=1))
        say(world, "yes")
        assert responses(world, "snd_1") == []
        assert responses(world, "snd_2") == ["reply:lead_keyword", "lead"]
        assert world.anna.last_reply is not None
        assert world.anna.last_reply.campaign_id == "cmp_2"

    def test_a_campaign_whose_time_is_over_gives_way_to_one_that_waits_longer(self) -> None:
        world = texted(attribution_hours=72)
        world.hand_over("snd_2", id="cmp_2", attribution_hours=1)
        world.clock.advance(timedelta(hours=2))
        say(world, "yes")
        assert responses(world, "snd_1") == ["reply:lead_keyword", "lead"]

    def test_nothing_answers_what_is_too_long_ago(self) -> None:
        world = texted(attribution_hours=1)
        world.clock.advance(timedelta(hours=2))
        say(world, "yes")
        assert responses(world) == []
        lead = lead_of(world)
        assert lead.send_id is None
        assert "said they want it" in lead.reasons

    def test_a_reply_to_another_program_answers_it_not(self) -> None:
        world = texted()
        say(world, "yes", service=None, to=TACOS_SENDER)
        assert responses(world) == []
        assert world.leads.active("tacos", ANNA) is not None

    def test_a_hand_over_without_a_record_yet_counts(self) -> None:
        """The answer may come before our own record of the POST."""
        world = World(subscribed())
        world.hand_over("snd_0")
        world.clock.advance(timedelta(minutes=1))
        send = world.sends.get("snd_0")
        assert send is not None
        world.sends.create(replace(send, id="snd_1"))
        world.claim("snd_1")
        say(world, "yes")
        assert responses(world, "snd_1") == ["reply:lead_keyword", "lead"]

    @pytest.mark.parametrize("status", ["skipped", "canceled", "held_out", "failed"])
    def test_what_was_never_handed_over_does_not(self, status: str) -> None:
        world = World(subscribed())
        message_id = world.hand_over()
        message = world.ledger.get(message_id)
        assert message is not None
        world.ledger = type(world.ledger)()
        world.ledger.record([replace(message, status=MessageStatus(status), handed_over_at=None)])
        say(world, "yes")
        assert responses(world) == []

    def test_one_that_failed_later_does(self) -> None:
        world = World(subscribed())
        message_id = world.hand_over()
        world.ledger.report(
            message_id,
            Outcome(status=MessageStatus.FAILED, reason="30008"),
            provider_sid="SM",
            error_code="30008",
            at=world.clock.now(),
        )
        say(world, "yes")
        assert responses(world) == ["reply:lead_keyword", "lead"]


class TestMeaning:
    def test_g9_what_one_person_repeats_is_no_theme(self) -> None:
        world = texted()
        say(world, "Wojciechowski here, is it spicy?")
        say(world, "wojciechowski again: how spicy is the pepperoni?")
        changes = [change.after or {} for change in world.ledger.changes]
        words = [c["words"].split() for c in changes if c.get("kind") == "reply"]
        counted = Counter(word for each in words for word in each)
        assert counted["wojciechowski"] == counted["spicy"] == counted["pepperoni"] == 1

    def test_lead_keywords_are_those_of_the_campaign_answered(self) -> None:
        world = texted(lead_keywords=("HOLD",))
        say(world, "hold mine")
        (event,) = world.events(JournalKind.UNDERSTANDING)
        assert event.details["intent"] == "lead_keyword"
        assert event.details["send_id"] == "snd_1"
        assert event.details["campaign_id"] == "cmp_1"
        assert event.details["lead_id"] == lead_of(world).id

    def test_what_the_webhook_did_is_not_understood_anew(self) -> None:
        """The yes that confirmed is no lead keyword once the contact is subscribed."""
        world = World(subscribed(status="pending"))
        world.hand_over()
        say(world, "yes")
        (event,) = world.events(JournalKind.UNDERSTANDING)
        assert event.details["intent"] == "confirm"
        assert world.leads.active("pizza", ANNA) is None

    def test_the_contact_remembers_what_was_said_last_in_little_space(self) -> None:
        world = texted()
        say(world, "x" * 1600)
        assert world.anna.last_reply is not None
        assert len(world.anna.last_reply.body) == REMEMBERED_CHARACTERS

    def test_an_older_reply_does_not_replace_a_newer(self) -> None:
        world = texted()
        world.hear("first")
        world.hear("second")
        first, second = (queued.body["sid"] for queued in world.replies.waiting)
        world.handle(second)
        world.handle(first)
        assert world.anna.last_reply is not None
        assert world.anna.last_reply.body == "second"

    def test_a_stranger_is_remembered_without_consent(self) -> None:
        world = World()
        say(world, "hello there")
        assert world.anna.last_reply is not None
        assert not world.anna.subscriptions

    def test_a_text_to_a_sender_of_no_program_makes_no_lead(self) -> None:
        world = World(subscribed())
        say(world, "yes", service=None, to="+15005550099")
        (event,) = world.events(JournalKind.UNDERSTANDING)
        assert event.details["intent"] == "interest"
        assert world.leads.active("pizza", ANNA) is None

    def test_pictures_are_noted(self) -> None:
        world = texted()
        say(world, "", media=2)
        (event,) = world.events(JournalKind.UNDERSTANDING)
        assert event.details["media"] == "2"

    def test_one_who_was_erased_since_is_forgotten(self) -> None:
        world = texted()
        world.hear("yes")
        world.journal.forget(ANNA)
        world.contacts.delete(ANNA)
        world.drain()
        assert world.contacts.get(ANNA) is None
        assert world.leads.active("pizza", ANNA) is None

    def test_g9_of_one_who_is_erased_while_it_is_handled_nothing_is_written(self) -> None:
        world = texted()
        world.hear("YES, says Anna")
        get = world.contacts.get

        def first(phone: str) -> Contact | None:
            world.contacts.get = get  # type: ignore[method-assign]
            found = get(phone)
            erasure = Suppression(reason=SuppressionReason.ERASED, since=world.clock.now())
            entry = Contact(phone=erased_key(KEY, phone), suppression=erasure)
            world.contacts.save(entry, expected_version=None)
            world.journal.forget(phone)
            world.contacts.delete(phone)
            return found

        world.contacts.get = first  # type: ignore[method-assign]
        changes = len(world.ledger.changes)
        world.drain()
        assert world.contacts.get(ANNA) is None
        assert world.leads.of_phone(ANNA) == []
        assert world.journal.of(ANNA) == []
        assert len(world.ledger.changes) == changes

    def test_an_erased_number_that_texts_stays_suppressed(self) -> None:
        """G9: else a list could bring back who texts after an erasure."""
        world = World()
        suppression = Suppression(reason=SuppressionReason.ERASED, since=world.clock.now())
        entry = Contact(phone=erased_key(KEY, ANNA), suppression=suppression)
        world.contacts.save(entry, expected_version=None)
        world.clock.advance(timedelta(minutes=1))
        say(world, "hello again")
        assert world.anna.suppression == suppression
        assert world.anna.last_reply is not None


class TestLeads:
    def test_a_keyword_makes_a_hot_one_due_soon(self) -> None:
        world = texted()
        say(world, "YES")
        lead = lead_of(world)
        assert lead.score == 90
        assert lead.reasons == ("answered with a lead keyword", "within 10 minutes")
        assert (lead.campaign_id, lead.send_id) == ("cmp_1", "snd_1")
        assert lead.due_at == lead.created_at + program().lead_sla
        assert lead.created_at == lead.reply_received_at == world.clock.now()

    @pytest.mark.parametrize(
        "body", ["no thanks", "STOP", "wrong number", "this is spam", "I'm driving", "HELP"]
    )
    def test_none_of_these_makes_one(self, body: str) -> None:
        world = texted()
        say(world, body)
        assert world.leads.active("pizza", ANNA) is None

    def test_more_replies_raise_the_one_there_is(self) -> None:
        world = texted()
        say(world, "lol")
        warm = lead_of(world)
        say(world, "what does it cost?")
        assert (warm.score, lead_of(world).score) == (30, 85)
        say(world, "no thanks")
        lead = lead_of(world)
        assert lead.id == warm.id
        assert lead.score == 40
        assert lead.reasons[-1] == "declined since"
        assert lead.replies == 3
        assert lead.reply_body == "no thanks"
        assert lead.due_at == warm.due_at
        assert responses(world) == [
            "reply:chatter",
            "lead",
            "reply:question",
            "reply:decline",
        ]

    def test_chatter_does_not_cool_it(self) -> None:
        world = texted()
        say(world, "YES")
        say(world, "lol")
        assert lead_of(world).score == 90

    @pytest.mark.parametrize("body", ["STOP", "please take me off", "wrong number"])
    @pytest.mark.parametrize("owner", [None, "sam"])
    def test_who_leaves_is_last_on_the_list(self, body: str, owner: str | None) -> None:
        """Else they would be the first that sales calls on Monday."""
        world = texted()
        say(world, "YES")
        hot = lead_of(world)
        status = LeadStatus.CLAIMED if owner else LeadStatus.OPEN
        world.leads.update(replace(hot, status=status, owner=owner), expected=hot)
        say(world, body)
        lead = lead_of(world)
        assert (lead.id, lead.status, lead.owner) == (hot.id, status, owner)
        assert (lead.score, lead.reply_body) == (0, body)
        assert lead.reasons[-1] == "asked for no more texts"

    def test_one_whose_leads_are_erased_meanwhile_has_none(self) -> None:
        world = texted()
        say(world, "YES")
        world.hear("STOP")
        of_phone = world.leads.of_phone

        def then_erased(phone: str) -> list[Lead]:
            leads = of_phone(phone)
            world.leads.forget(phone)
            return leads

        world.leads.of_phone = then_erased  # type: ignore[method-assign]
        world.drain()
        assert of_phone(ANNA) == []

    def test_who_left_stays_last_whatever_they_ask(self) -> None:
        """Nobody may text them back, so nobody is to be sent after them first."""
        world = texted()
        say(world, "YES")
        say(world, "STOP")
        say(world, "how much is it?")
        lead = lead_of(world)
        assert (lead.score, lead.replies) == (0, 3)
        assert lead.reasons[-1] == "asked for no more texts"

    def test_one_who_left_without_a_lead_gets_one_that_is_last(self) -> None:
        world = texted()
        say(world, "STOP")
        say(world, "how much is it?")
        assert lead_of(world).score == 0
        say(world, "START")
        say(world, "how much is it?")
        assert lead_of(world).score > 0

    def test_who_comes_back_is_due_anew(self) -> None:
        """The time of before has passed, and nobody was meant to call them in it."""
        world = texted()
        say(world, "YES")
        first = lead_of(world)
        say(world, "STOP")
        world.clock.advance(timedelta(days=1))
        say(world, "START")
        said_at = world.clock.now()
        say(world, "how much is it?")
        back = lead_of(world)
        assert back.id == first.id
        assert back.due_at - first.due_at >= timedelta(days=1)
        assert back.due_at >= said_at + timedelta(minutes=15)
        say(world, "hello?")
        assert lead_of(world).due_at == back.due_at

    @pytest.mark.parametrize("before", ["lol", None])
    def test_who_is_recorded_as_gone_while_their_reply_is_handled_is_last(
        self, before: str | None
    ) -> None:
        """The recording finds no such lead to cool yet."""
        world = texted()
        if before is not None:
            say(world, before)
        active = world.leads.active

        def left(program_id: str, phone: str) -> Lead | None:
            found = active(program_id, phone)
            gone = OptOut(event_id="o", scope="all", source="phone", occurred_at=world.clock.now())
            world.contacts.opt_out(ANNA, gone)
            return found

        world.leads.active = left  # type: ignore[method-assign]
        say(world, "how much is it?")
        assert lead_of(world).score == 0

    def test_one_who_came_back_before_their_stop_was_handled_stays_hot(self) -> None:
        world = texted()
        say(world, "YES")
        world.hear("STOP")
        world.hear("START")
        world.drain()
        assert lead_of(world).score == 90

    def test_leaving_one_program_keeps_the_leads_of_others(self) -> None:
        narrow = program(opt_out_scope=OptOutScope.PROGRAM)
        world = World(subscribed(), programs=(narrow, tacos()))
        say(world, "YES")
        say(world, "yes", service=None, to=TACOS_SENDER)
        say(world, "STOP")
        assert lead_of(world).score == 0
        tacos_lead = world.leads.active("tacos", ANNA)
        assert tacos_lead is not None
        assert tacos_lead.score > 0

    def test_leaving_everything_cools_the_leads_of_all_programs(self) -> None:
        world = World(subscribed())
        say(world, "YES")
        say(world, "yes", service=None, to=TACOS_SENDER)
        say(world, "STOP")
        assert [lead.score for lead in world.leads.of_phone(ANNA)] == [0, 0]

    @pytest.mark.parametrize("step", ["save", "open", "respond", "append_about"])
    def test_g9_nothing_stays_of_one_who_is_erased_while_their_reply_is_handled(
        self, step: str
    ) -> None:
        world = texted()
        world.hear("how much is it?")
        store = {
            "save": world.contacts,
            "open": world.leads,
            "respond": world.ledger,
            "append_about": world.journal,
        }[step]
        going_on = getattr(store, step)

        def erased_before(*args: Any, **options: Any) -> Any:
            setattr(store, step, going_on)
            world.journal.forget(ANNA)
            world.leads.forget(ANNA)
            world.contacts.delete(ANNA)
            return going_on(*args, **options)

        setattr(store, step, erased_before)
        world.drain()
        assert world.contacts.get(ANNA) is None
        assert world.journal.of(ANNA) == []
        assert world.leads.of_phone(ANNA) == []
        assert not world.texts()

    def test_after_one_is_closed_a_reply_makes_another(self) -> None:
        world = texted()
        say(world, "YES")
        first = lead_of(world)
        world.leads.update(replace(first, status=LeadStatus.LOST), expected=first)
        say(world, "YES")
        assert lead_of(world).id != first.id

    def test_a_reply_handled_again_makes_no_other(self) -> None:
        world = texted()
        say(world, "YES")
        first = lead_of(world)
        (event,) = world.events(JournalKind.REPLY)
        world.leads.update(replace(first, status=LeadStatus.WON), expected=first)
        world.handle(event.details["sid"])
        assert world.leads.active("pizza", ANNA) is None

    def test_a_salesperson_who_claims_it_meanwhile_keeps_it(self) -> None:
        world = texted()
        say(world, "lol")
        update = world.leads.update

        def late(lead: Lead, *, expected: Lead) -> bool:
            world.leads.update = update  # type: ignore[method-assign]
            claimed = replace(expected, status=LeadStatus.CLAIMED, owner="sam")
            assert update(claimed, expected=expected)
            return update(lead, expected=expected)

        world.leads.update = late  # type: ignore[method-assign]
        say(world, "YES")
        assert lead_of(world).owner == "sam"
        assert lead_of(world).score == 95


class TestAnsweredOnce:
    def test_the_campaigns_answer_goes_out_once_for_a_send(self) -> None:
        world = texted()
        for body in ("YES", "how much?", "YES"):
            say(world, body)
        assert [text.body for text in world.provider.posted] == [campaign().auto_reply]
        assert world.texts() == ["auto_reply"]
        (event,) = world.events(JournalKind.TEXT)
        assert event.details["status"] == "accepted"
        assert event.details["sid"]

    @pytest.mark.parametrize("body", ["no thanks", "STOP", "this is spam", "HELP"])
    def test_and_only_to_interest(self, body: str) -> None:
        world = texted()
        say(world, body)
        assert world.provider.posted == []

    def test_never_past_an_opt_out(self) -> None:
        """G1: a STOP between their reply and our answer."""
        world = texted()
        world.hear("YES")
        world.hear("STOP")
        world.drain()
        assert world.provider.posted == []

    def test_a_stop_while_it_is_being_claimed_wins(self) -> None:
        """G1: the claim's condition fails, and the opt-out is found on reading again."""
        world = texted()
        world.hear("YES")
        write = world.contacts.write_sending

        def late(writes: Any) -> Any:
            world.contacts.write_sending = write  # type: ignore[method-assign]
            world.hear("STOP")
            return write(writes)

        world.contacts.write_sending = late  # type: ignore[method-assign]
        world.drain()
        assert world.provider.posted == []

    def test_no_cap_counts_it(self) -> None:
        world = texted()
        say(world, "YES")
        assert sum(claim.is_promotional for claim in world.anna.sending.claims) == 1

    def test_a_late_answer_stays_unsaid(self) -> None:
        world = texted()
        world.hear("YES")
        world.clock.advance(ANSWER_WITHIN + timedelta(seconds=1))
        world.drain()
        assert world.provider.posted == []
        assert lead_of(world).status is LeadStatus.OPEN

    def test_our_own_numbers_are_not_answered(self) -> None:
        world = World(subscribed(TACOS_SENDER))
        say(world, "YES", phone=TACOS_SENDER)
        assert world.provider.posted == []

    def test_one_that_the_provider_may_have_taken_is_not_repeated(self) -> None:
        world = texted()
        world.provider.answer = lambda _: Answer(status=PostStatus.AMBIGUOUS, taken=True)
        say(world, "YES")
        say(world, "YES")
        assert len(world.provider.posted) == 1
        (event,) = world.events(JournalKind.TEXT)
        assert event.details["status"] == "unknown"

    def test_one_that_was_throttled_is_tried_again(self) -> None:
        world = texted()
        world.provider.answer = lambda _: Answer(status=PostStatus.THROTTLED, taken=False)
        world.hear("YES")
        (queued,) = world.replies.waiting
        with pytest.raises(TransientError):
            world.handle(queued.body["sid"])
        assert len(world.anna.sending.claims) == 1
        world.provider.answer = lambda _: Answer(status=PostStatus.ACCEPTED, taken=True)
        world.handle(queued.body["sid"])
        assert len(world.provider.taken) == 1

    def test_one_that_was_refused_gives_its_claim_back(self) -> None:
        world = texted()
        world.provider.answer = lambda _: Answer(
            status=PostStatus.REFUSED, taken=False, error_code="30006"
        )
        say(world, "YES")
        assert len(world.anna.sending.claims) == 1
        assert world.texts() == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("body", ["YES", "what does it cost?", "no thanks", "STOP", "hello"])
@pytest.mark.parametrize("earlier", [(), ("lol",), ("YES",)])
def test_a_crash_anywhere_is_mended_by_handling_again(
    earlier: tuple[str, ...], body: str, after: bool
) -> None:
    """At-least-once delivery: the same end, and at most one answer (G3)."""

    def run(crash_at: int | None) -> tuple[World, int]:
        world = texted()
        for said in earlier:
            say(world, said)
        world.hear(body)
        queued = world.replies.take()
        assert queued is not None
        point = world.crash = CrashPoint(crash_at, after=after)
        try:
            world.handle(queued.body["sid"])
        except CrashError:
            world.crash = CrashPoint()
            world.clock.advance(timedelta(seconds=180))
            world.handle(queued.body["sid"])
        world.crash = CrashPoint()
        world.handle(queued.body["sid"])
        return world, point.calls

    intact, calls = run(None)
    assert calls > 5
    for crash_at in range(calls):
        world, _ = run(crash_at)
        assert world.leads.active("pizza", ANNA) == intact.leads.active("pizza", ANNA)
        assert responses(world) == responses(intact)
        assert world.anna.last_reply == intact.anna.last_reply
        assert world.events(JournalKind.UNDERSTANDING) == intact.events(JournalKind.UNDERSTANDING)
        assert len(world.provider.taken) <= 1
        assert len(world.texts()) == len(intact.texts())
