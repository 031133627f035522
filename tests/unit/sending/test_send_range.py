"""Sending to a range, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from parley import ids
from parley.campaign import PageRange, SendStatus
from parley.caps import FrequencyCap
from parley.consent import ALL_PROGRAMS, Consent, ConsentKind, OptOut, with_consent
from parley.contact import SuppressionReason
from parley.errors import NotFoundError
from parley.journal import JournalKind
from parley.ledger import Message
from parley.money import Money
from parley.outcome import MessageStatus, Outcome, SkipReason
from parley.sending import BATCH_LIFETIME, CLAIM_PERIOD, CLOCK_SKEW, Claim
from parley_aws.memory import Answer
from parley_aws.ports import PostResult, PostStatus, SendingWrite, Text, WriteResult
from parley_aws.use_cases.refusals import HeldClaim
from tests.unit.sending.world import KEY, NOON, SEND, World, contact, phone, program

REFUSED = PostStatus.REFUSED


def refusing(code: str, *numbers: int) -> Any:
    """A provider that refuses these numbers and takes the others."""
    return lambda text: (
        Answer(status=REFUSED, taken=False, error_code=code)
        if text.to in {phone(n) for n in numbers}
        else Answer(status=PostStatus.ACCEPTED, taken=True)
    )


def test_a_text_is_handed_over_under_a_claim_and_recorded() -> None:
    world = World(contact())
    world.send_range(world.frozen(1))
    [text] = world.provider.taken
    message, [claim] = world.message(), world.claims()
    assert (text.to, text.body) == (phone(1), "2 for 1 tonight")
    assert text.message_id == message.id == ids.message_id(KEY, send=SEND, phone=phone(1))
    assert text.post_by == claim.post_by == NOON + CLAIM_PERIOD
    assert text.validity == timedelta(hours=9) - CLAIM_PERIOD
    assert (message.status, message.provider_sid) == (MessageStatus.ACCEPTED, "SM" + "1".zfill(32))
    assert (message.parts, message.body, message.handed_over_at) == (1, "2 for 1 tonight", NOON)
    assert claim.send_id == SEND


def test_a_message_keeps_the_consent_and_the_contact_that_it_was_claimed_against() -> None:
    world = World(contact(1), contact(2))
    world.provider.answer = refusing("21211", 2)
    asked = world.contacts.get(phone(1))
    assert asked is not None
    world.send_range(world.frozen(1, 2))
    for number in (1, 2):
        message = world.message(number)
        assert (message.consent_id, message.contact_version) == ("e", asked.sending.version)


def test_a_message_of_a_crash_keeps_its_consent_but_none_that_came_later() -> None:
    for later, kept in ((False, "e"), (True, None)):
        world = World(contact())
        range_ = world.frozen(1)
        crash_while_posting(world, range_, taken=True)
        world.clock.advance(CLAIM_PERIOD + CLOCK_SKEW)
        if later:
            resubscribe(world)
        world.send_range(range_)
        assert world.message().status is MessageStatus.UNKNOWN
        assert world.message().consent_id == kept


def resubscribe(world: World) -> None:
    """Give the contact a new consent."""
    standing = world.contacts.get(phone(1))
    assert standing is not None
    consent = Consent(
        event_id="later",
        program_id="pizza",
        kind=ConsentKind.PERSONAL,
        source="text",
        obtained_at=world.clock.now(),
        recorded_at=world.clock.now(),
    )
    changed = with_consent(standing, consent, double_opt_in=False)
    assert changed is not None
    assert world.contacts.save(changed, expected_version=standing.sending.version)


def test_g3_a_second_delivery_changes_nothing() -> None:
    world = World(contact(1), contact(2))
    range_ = world.frozen(1, 2)
    world.send_range(range_)
    world.send_range(range_)
    assert len(world.provider.posted) == 2
    assert len(world.ledger.changes) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"subscriptions": {}}, "not_subscribed"),
        ({"region": None}, "invalid_number"),
        ({"first_name": None}, "missing_value"),
    ],
)
def test_g4_who_may_not_be_texted_is_skipped_with_the_reason(
    changes: dict[str, Any], reason: str
) -> None:
    world = World(contact(**changes))
    range_ = world.frozen(1, campaign={"body": "Hi {{ contact.first_name }}"})
    world.send_range(range_)
    message = world.message()
    assert (message.status, message.reason) == (MessageStatus.SKIPPED, reason)
    assert world.provider.posted == []


def test_g9_of_somebody_erased_since_no_number_is_recorded() -> None:
    world = World()
    world.send_range(world.frozen(1))
    message = world.message()
    assert (message.phone, message.reason) == ("", "not_subscribed")


def test_the_holdout_is_left_alone() -> None:
    world = World(contact())
    world.send_range(world.frozen(1, campaign={"holdout_percent": 100}))
    assert world.message().status is MessageStatus.HELD_OUT
    assert world.claims() == ()


def test_g1_a_stop_between_reading_and_claiming_is_seen() -> None:
    world = World(contact())
    range_ = world.frozen(1)

    class StopsFirst:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.contacts, name)

        def write_sending(self, writes: Sequence[SendingWrite]) -> list[WriteResult]:
            left = OptOut(event_id="o", scope=ALL_PROGRAMS, source="text", occurred_at=NOON)
            world.contacts.opt_out(phone(1), left)
            return world.contacts.write_sending(writes)

    world.send_range._hand_overs._contacts = StopsFirst()
    world.send_range(range_)
    assert world.provider.posted == []
    assert world.message().reason == "opted_out"


def test_g2_two_sends_at_once_share_one_slot() -> None:
    capped = program(frequency_caps=(FrequencyCap(max_messages=1, window_hours=24),))
    world = World(contact(), pizzeria=capped)
    first, second = world.frozen(1), world.frozen(1, id="snd_00000000000000000002")

    class OtherSendFirst:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.contacts, name)

        def write_sending(self, writes: Sequence[SendingWrite]) -> list[WriteResult]:
            world.send_range._hand_overs._contacts = world.contacts
            world.send_range(second)
            return world.contacts.write_sending(writes)

    world.send_range._hand_overs._contacts = OtherSendFirst()
    world.send_range(first)
    assert len(world.provider.taken) == 1
    assert world.message().reason == "frequency_cap"


@pytest.mark.parametrize("written", [True, False])
def test_g3_an_ambiguous_claim_is_read_again_and_posted_once(written: bool) -> None:
    world = World(contact())
    range_ = world.frozen(1)
    answers = [WriteResult.AMBIGUOUS]

    class Ambiguous:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.contacts, name)

        def write_sending(self, writes: Sequence[SendingWrite]) -> list[WriteResult]:
            if answers and not written:
                return [answers.pop()]
            results = world.contacts.write_sending(writes)
            return [answers.pop()] if answers else results

    world.send_range._hand_overs._contacts = Ambiguous()
    world.send_range(range_)
    assert len(world.provider.taken) == 1
    assert len(world.claims()) == 1
    assert world.message().status is MessageStatus.ACCEPTED


def test_contacts_that_keep_changing_come_back_on_their_own() -> None:
    world = World(contact(1), contact(2))
    range_ = world.frozen(1, 2)

    class Contested:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.contacts, name)

        def write_sending(self, writes: Sequence[SendingWrite]) -> list[WriteResult]:
            mine = [w for w in writes if w.phone != phone(2)]
            results = dict(
                zip([w.phone for w in mine], world.contacts.write_sending(mine), strict=True)
            )
            return [results.get(w.phone, WriteResult.CONFLICT) for w in writes]

    world.send_range._hand_overs._contacts = Contested()
    world.send_range(range_)
    assert [text.to for text in world.provider.taken] == [phone(1)]
    [queued] = world.queues["sends"].waiting
    assert (queued.body["start"], queued.body["end"]) == (1, 2)


def test_g3_an_open_claim_left_by_a_crash_is_waited_for() -> None:
    world = World(contact())
    range_ = world.frozen(1)
    crash_while_posting(world, range_, taken=True)
    world.send_range(range_)
    assert len(world.provider.taken) == 1
    assert world.ledger.changes == []
    [queued] = world.queues["sends"].waiting
    assert queued.ready_at > NOON + CLAIM_PERIOD + CLOCK_SKEW


def test_g3_a_closed_claim_without_a_record_is_unknown_and_looked_up() -> None:
    world = World(contact())
    range_ = world.frozen(1)
    crash_while_posting(world, range_, taken=True)
    world.clock.advance(CLAIM_PERIOD + CLOCK_SKEW)
    world.send_range(range_)
    assert len(world.provider.posted) == 1
    assert world.message().status is MessageStatus.UNKNOWN
    [lookup] = world.queues["reconciliations"].waiting
    assert lookup.body == {"message_id": world.message().id, "attempt": 1}
    assert lookup.ready_at == world.clock.now() + timedelta(minutes=15)
    world.run()
    message = world.message()
    assert (message.status, message.body) == (MessageStatus.ACCEPTED, "2 for 1 tonight")


def test_g3_one_whom_a_slower_delivery_passed_over_may_have_been_texted() -> None:
    world = World(contact())
    range_ = world.frozen(1)
    crash_while_posting(world, range_, taken=True)
    message_id = ids.message_id(KEY, send=SEND, phone=phone(1))
    passed_over = Message(
        id=message_id,
        send_id=SEND,
        phone=phone(1),
        status=MessageStatus.SKIPPED,
        reason=SkipReason.BUDGET,
        updated_at=NOON,
    )
    world.ledger.record([passed_over])
    world.clock.advance(CLAIM_PERIOD + CLOCK_SKEW)
    world.send_range(range_)
    assert world.message().status is MessageStatus.UNKNOWN
    world.run()
    assert world.message().status is MessageStatus.ACCEPTED
    assert len(world.provider.posted) == 1


def test_g3_who_comes_back_after_an_erasure_is_not_texted_again() -> None:
    world = World(contact())
    range_ = world.frozen(1)
    world.send_range(range_)
    world.ledger.forget([world.message().id])
    world.contacts.delete(phone(1))
    assert world.contacts.save(contact(), expected_version=None)
    world.send_range(range_)
    assert len(world.provider.posted) == 1


def crash_while_posting(world: World, range_: PageRange, *, taken: bool) -> None:
    """Leave a claim behind, with the text taken or not."""

    class Dies:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.provider, name)

        def post(self, texts: Sequence[Text]) -> list[PostResult]:
            if taken:
                world.provider.post(texts)
            raise KeyboardInterrupt

    world.send_range._hand_overs._provider = Dies()
    with pytest.raises(KeyboardInterrupt):
        world.send_range(range_)
    world.send_range._hand_overs._provider = world.provider


def test_g3_an_ambiguous_post_is_never_repeated_and_keeps_its_slot() -> None:
    world = World(contact())
    world.provider.answer = lambda _: Answer(status=PostStatus.AMBIGUOUS, taken=False)
    range_ = world.frozen(1)
    world.send_range(range_)
    world.clock.advance(timedelta(hours=1))
    world.send_range(range_)
    assert len(world.provider.posted) == 1
    assert world.message().status is MessageStatus.UNKNOWN
    assert len(world.claims()) == 1


def test_g3_giving_a_slot_back_leaves_the_next_claim_of_the_send_alone() -> None:
    """The write was made and its answer lost; another delivery claims before it is asked about."""
    world = World(contact())
    mine, rival = (
        Claim(send_id=SEND, program_id="pizza", nonce=nonce, post_by=NOON + CLAIM_PERIOD)
        for nonce in ("mine", "rival")
    )
    unclaimed = contact().sending
    claimed = replace(unclaimed, version=unclaimed.version + 1, claims=(mine,))
    world.contacts.write_sending(
        [SendingWrite(phone=phone(1), expected_version=unclaimed.version, sending=claimed)]
    )

    class LosesAnAnswer:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.contacts, name)

        def write_sending(self, writes: Sequence[SendingWrite]) -> list[WriteResult]:
            (write,) = writes
            assert world.contacts.write_sending(writes) == [WriteResult.WRITTEN]
            free = write.sending
            taken = replace(free, version=free.version + 1, claims=(rival,))
            again = SendingWrite(phone=phone(1), expected_version=free.version, sending=taken)
            assert world.contacts.write_sending([again]) == [WriteResult.WRITTEN]
            return [WriteResult.AMBIGUOUS]

    refusals = world.send_range._refusals
    refusals._contacts = LosesAnAnswer()
    refusals.give_back([HeldClaim(phone=phone(1), sending=claimed, claim=mine)])
    assert world.claims() == (rival,)


def test_g2_a_refused_number_gives_its_slot_back_and_is_suppressed() -> None:
    world = World(contact(1), contact(2), pizzeria=program(disclosure_every=timedelta(days=30)))
    world.provider.answer = refusing("21211", 1)
    world.send_range(world.frozen(1, 2))
    message, refused = world.message(1), world.contacts.get(phone(1))
    assert (message.status, message.reason, message.error_code) == (
        MessageStatus.FAILED,
        "21211",
        "21211",
    )
    assert refused is not None
    assert refused.suppression is not None
    assert refused.suppression.reason is SuppressionReason.UNREACHABLE
    assert refused.sending.claims == ()
    assert refused.sending.disclosed == {}
    assert len(world.claims(2)) == 1


def test_21610_is_an_opt_out_that_the_journal_knows() -> None:
    world = World(contact())
    world.provider.answer = refusing("21610", 1)
    world.send_range(world.frozen(1))
    blocked = world.contacts.get(phone(1))
    assert blocked is not None
    assert blocked.has_left("pizza")
    [event] = world.journal.of(phone(1))
    assert event.kind is JournalKind.OPT_OUT


@pytest.mark.parametrize("code", ["29999", "21612", "21408"])
def test_an_unknown_refusal_is_about_its_message_only(code: str) -> None:
    world = World(contact(1), contact(2))
    world.provider.answer = refusing(code, 1)
    world.send_range(world.frozen(1, 2))
    refused = world.contacts.get(phone(1))
    assert refused is not None
    assert refused.suppression is None
    assert refused.sending.claims == ()
    assert world.message(1).error_code == code
    assert world.status() is SendStatus.SENDING


def test_g2_a_refusal_recorded_before_a_crash_is_concluded_later() -> None:
    world = World(contact())
    world.provider.answer = refusing("21610", 1)
    range_ = world.frozen(1)
    conclude = world.send_range._refusals.conclude
    world.send_range._refusals.conclude = _crash  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        world.send_range(range_)
    assert len(world.claims()) == 1
    world.send_range._refusals.conclude = conclude  # type: ignore[method-assign]
    world.send_range(range_)
    blocked = world.contacts.get(phone(1))
    assert blocked is not None
    assert blocked.suppression is not None
    assert blocked.sending.claims == ()
    assert len(world.provider.posted) == 1


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("status", [PostStatus.THROTTLED, PostStatus.TOO_LATE])
def test_g2_what_was_not_processed_gives_its_slot_back_and_is_tried_again(
    status: PostStatus,
) -> None:
    answers = [Answer(status=status, taken=False)]
    world = World(contact(), pizzeria=program(disclosure_every=timedelta(days=30)))
    world.provider.answer = lambda _: (
        answers.pop() if answers else Answer(status=PostStatus.ACCEPTED, taken=True)
    )
    world.send_range(world.frozen(1))
    assert world.claims() == ()
    assert world.ledger.changes == []
    world.run()
    assert [t.body for t in world.provider.taken] == [
        "2 for 1 tonight\nAcme Pizza: Reply STOP to opt out"
    ]
    assert world.status() is SendStatus.COMPLETED


def test_a_fault_of_our_set_up_pauses_the_send_and_fails_nobody() -> None:
    world = World(*(contact(n) for n in range(5)))
    world.provider.answer = lambda _: Answer(status=REFUSED, taken=False, error_code="20003")
    world.send_range(world.frozen(*range(5)))
    world.run()
    paused = world.sends.get(SEND)
    assert paused is not None
    assert paused.status is SendStatus.PAUSED
    assert paused.pause_reason == "20003: the account sid or the auth token is wrong"
    assert world.ledger.changes == []
    assert all(world.claims(n) == () for n in range(5))
    world.provider.answer = lambda _: Answer(status=PostStatus.ACCEPTED, taken=True)
    world.move(SendStatus.SENDING)
    world.run()
    assert world.counts() == {"audience": 5, "accepted": 5}
    assert world.status() is SendStatus.COMPLETED


def test_a_text_that_all_carriers_filter_fails_and_pauses_the_send() -> None:
    world = World(contact())
    world.provider.answer = refusing("21618", 1)
    world.send_range(world.frozen(1))
    assert world.message().error_code == "21618"
    assert world.status() is SendStatus.PAUSED


def test_g7_who_sleeps_is_deferred_and_texted_when_their_window_opens() -> None:
    midnight = datetime.fromisoformat("2026-06-11T05:00:00+00:00")
    world = World(contact(1), contact(2, timezone="America/New_York"), at=midnight)
    world.send_range(world.frozen(1, 2))
    assert world.message(1).status is MessageStatus.DEFERRED
    assert world.provider.posted == []
    assert set(world.scheduler.pending) == {f"{SEND}-2026-06-11T1300Z"}
    world.run(until=datetime.fromisoformat("2026-06-11T12:59:00+00:00"))
    assert world.counts() == {"audience": 2, "deferred": 2}
    assert world.status() is SendStatus.SENDING
    world.run()
    assert world.clock.now() == datetime.fromisoformat("2026-06-11T13:00:00+00:00")
    assert world.counts() == {"audience": 2, "accepted": 2}
    assert world.status() is SendStatus.COMPLETED


def test_a_release_gathers_what_waits_for_it_under_one_schedule() -> None:
    midnight = datetime.fromisoformat("2026-06-11T05:00:00+00:00")
    world = World(*(contact(n) for n in range(120)), at=midnight)
    range_ = world.frozen(*range(120))
    for start in range(0, 120, 40):
        world.send_range(replace(range_, start=start, end=start + 40))
    assert len(world.scheduler.pending) == 1
    world.run()
    assert world.counts() == {"audience": 120, "accepted": 120}


def test_a_paused_send_parks_its_ranges_until_it_goes_on() -> None:
    world = World(contact())
    range_ = world.frozen(1)
    world.move(SendStatus.PAUSED)
    world.send_range(range_)
    assert world.sends.parked(SEND, "paused") == [range_]
    assert world.ledger.changes == []
    world.move(SendStatus.SENDING)
    world.run()
    assert world.sends.parked(SEND, "paused") == []
    assert world.message().status is MessageStatus.ACCEPTED


def test_a_send_that_goes_on_while_a_range_is_parked_forgets_nobody() -> None:
    world = World(contact())
    range_ = world.frozen(1)
    world.move(SendStatus.PAUSED)

    class GoesOn:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.sends, name)

        def park(self, release: str, parked: Sequence[PageRange]) -> None:
            world.move(SendStatus.SENDING)
            world.run()
            world.sends.park(release, parked)

    world.send_range._sends = GoesOn()
    world.send_range(range_)
    assert world.message().status is MessageStatus.ACCEPTED
    assert world.sends.parked(SEND, "paused") == []


def test_g4_a_range_that_is_parked_anew_while_it_is_sent_to_stays_parked() -> None:
    """What came back of it found the send paused again."""
    world = World(contact())
    range_ = world.frozen(1)

    def throttle_and_pause(_: Text) -> Answer:
        world.move(SendStatus.PAUSED)
        world.sends.park("paused", [range_])
        return Answer(status=PostStatus.THROTTLED, taken=False)

    world.provider.answer = throttle_and_pause
    world.send_range(range_, parked=True)
    assert world.sends.parked(SEND, "paused") == [range_]


def test_g4_cancel_gives_everyone_left_an_outcome() -> None:
    world = World(contact(1), contact(2), contact(3))
    range_ = world.frozen(1, 2, 3)
    world.send_range(replace(range_, end=1))
    world.move(SendStatus.CANCELED)
    world.run()
    assert world.counts() == {"audience": 3, "accepted": 1, "canceled": 2}
    assert world.status() is SendStatus.CANCELED


def test_g3_cancel_does_not_hide_a_text_that_may_be_under_way() -> None:
    world = World(contact())
    crash_while_posting(world, world.frozen(1), taken=True)
    world.move(SendStatus.CANCELED)
    world.run()
    assert world.counts() == {"audience": 1, "accepted": 1}


def test_money_goes_as_far_as_it_goes() -> None:
    price = Money(amount=Decimal("0.01"), currency="USD")
    world = World(*(contact(n) for n in range(5)), pizzeria=program(price_per_part=price))
    limit = Money(amount=Decimal("0.03"), currency="USD")
    world.send_range(world.frozen(*range(5), max_spend=limit))
    world.run()
    assert world.counts() == {"audience": 5, "accepted": 3, "skipped": 2}
    assert world.message(4).reason == "budget"
    assert world.allowance.spent[SEND] == Decimal("0.03")


def test_money_of_a_refused_text_is_given_back() -> None:
    world = World(contact(1), contact(2))
    world.provider.answer = refusing("21211", 1)
    limit = Money(amount=Decimal(1), currency="USD")
    world.send_range(world.frozen(1, 2, max_spend=limit))
    assert world.allowance.spent[SEND] == Decimal("0.0083")


def test_ranges_keep_the_programs_pace() -> None:
    world = World(*(contact(n) for n in range(30)), pizzeria=program(messages_per_second=2))
    range_ = world.frozen(*range(30))
    for start in range(0, 30, 10):
        world.send_range(replace(range_, start=start, end=start + 10))
    for second in range(15):
        world.run(until=NOON + timedelta(seconds=second))
        assert len(world.provider.taken) == 2 * (second + 1), "never more in a second"
    world.run()
    assert len(world.provider.taken) == 30
    assert world.clock.now() == NOON + timedelta(seconds=14)


def test_pace_is_not_reserved_further_than_a_quarter_of_an_hour_ahead() -> None:
    world = World(*(contact(n) for n in range(30)), pizzeria=program(messages_per_second=1))
    assert world.allowance.pace(
        "pizza", count=3600, per_second=1, now=NOON, until=NOON + timedelta(minutes=15)
    )
    world.send_range(world.frozen(*range(30)))
    assert world.provider.posted == []
    world.run()
    assert len(world.provider.taken) == 30
    assert world.clock.now() >= NOON + timedelta(hours=1)


def test_g6_a_receipt_before_the_record_is_filled_in() -> None:
    world = World(contact())
    range_ = world.frozen(1)
    crash_while_posting(world, range_, taken=True)
    message_id = ids.message_id(KEY, send=SEND, phone=phone(1))
    world.ledger.report(
        message_id,
        Outcome(status=MessageStatus.DELIVERED),
        provider_sid="SMx",
        error_code=None,
        at=NOON,
    )
    world.clock.advance(CLAIM_PERIOD + CLOCK_SKEW)
    world.send_range(range_)
    message = world.message()
    assert (message.status, message.phone) == (MessageStatus.DELIVERED, phone(1))
    assert len(world.provider.posted) == 1


def test_g3_a_send_hands_nothing_over_once_its_claims_may_be_forgotten() -> None:
    world = World(contact(), at=NOON)
    range_ = world.frozen(1, expires_at=NOON + timedelta(days=60))
    world.clock.advance(BATCH_LIFETIME)
    world.send_range(range_)
    assert world.message().reason == "expired"


def test_a_text_of_no_send_that_is_claimed_does_not_stand_in_the_way() -> None:
    claim = Claim(
        send_id="text-1", program_id="pizza", nonce="n", post_by=NOON + timedelta(seconds=4)
    )
    busy = contact()
    world = World(replace(busy, sending=replace(busy.sending, claims=(claim,))))
    world.send_range(world.frozen(1))
    assert len(world.provider.taken) == 1


@pytest.mark.parametrize("range_", [PageRange(send_id="snd_x", page_id="0-0", start=0, end=1)])
def test_a_range_of_nothing_is_an_error(range_: PageRange) -> None:
    with pytest.raises(NotFoundError):
        World().send_range(range_)
