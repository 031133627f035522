"""Delivery receipts, in whatever order they come (G6)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from parley import ids
from parley.campaign import SendStatus
from parley.contact import SuppressionReason
from parley.errors import TransientError
from parley.outcome import MessageStatus, Outcome
from parley.provider_errors import stops_send
from parley.receipt import Receipt
from parley.sending import BATCH_LIFETIME
from parley_aws.memory.provider import ACCEPT, Answer
from parley_aws.ports import Text
from parley_aws.use_cases.control_send import pause_send, resume_send
from tests.unit.sending.world import KEY, NOON, SEND, World, contact, phone

MESSAGE = ids.message_id(KEY, send=SEND, phone=phone(1))


def receipt(status: MessageStatus, code: str | None = None, message: str = MESSAGE) -> Receipt:
    return Receipt(
        message_id=message,
        outcome=Outcome(status=status, reason=code),
        provider_sid="SM1",
        error_code=code,
        received_at=NOON,
    )


@pytest.mark.parametrize("early", [0, 1, 2], ids="{} before our record".format)
@pytest.mark.parametrize("order", list(permutations([MessageStatus.SENT, MessageStatus.DELIVERED])))
def test_g6_any_order_ends_delivered(order: tuple[MessageStatus, ...], early: int) -> None:
    world = World(contact())

    def accept_after_receipts(_: Text) -> Answer:
        for status in order[:early]:
            world.record_receipt(receipt(status))
        return ACCEPT

    world.provider.answer = accept_after_receipts
    world.send_range(world.frozen(1))
    for status in order[early:]:
        world.record_receipt(receipt(status))
    message = world.message()
    assert message.status is MessageStatus.DELIVERED
    assert message.phone == phone(1)


def test_a_receipt_that_comes_twice_changes_nothing() -> None:
    world = World(contact())
    world.send_range(world.frozen(1))
    world.record_receipt(receipt(MessageStatus.SENT))
    changes = len(world.ledger.changes)
    world.record_receipt(receipt(MessageStatus.SENT))
    assert len(world.ledger.changes) == changes


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("30006", SuppressionReason.UNREACHABLE),
        ("21610", SuppressionReason.CARRIER_BLOCK),
        ("30003", None),
        ("30008", None),
        ("30004", None),
        ("12345", None),
    ],
)
def test_a_receipt_tells_of_the_number(code: str, reason: SuppressionReason | None) -> None:
    world = World(contact())
    world.send_range(world.frozen(1))
    world.record_receipt(receipt(MessageStatus.UNDELIVERED, code))
    found = world.contacts.get(phone(1))
    assert found is not None
    assert (found.suppression.reason if found.suppression else None) is reason
    assert len(found.sending.claims) == 1, "an undelivered text keeps its slot (G2)"


@pytest.mark.parametrize("code", ["30034", "30002", "21618"])
def test_a_receipt_that_tells_of_our_set_up_pauses_the_send(code: str) -> None:
    world = World(contact())
    world.send_range(world.frozen(1))
    world.record_receipt(receipt(MessageStatus.UNDELIVERED, code))
    send = world.sends.get(SEND)
    assert send is not None
    assert (send.status, send.pause_reason) == (SendStatus.PAUSED, stops_send(code))


def test_a_receipt_of_a_text_from_before_the_send_was_resumed_does_not_pause_it_again() -> None:
    world = World(contact(1), contact(2))
    range_ = world.frozen(1, 2)
    world.send_range(range_)
    world.clock.advance(timedelta(seconds=1))
    pause_send(world.sends, world.clock, SEND)
    resume_send(world.sends, world.clock, SEND)
    world.record_receipt(receipt(MessageStatus.UNDELIVERED, "30034"))
    assert world.status() is SendStatus.SENDING


def test_a_number_is_not_suppressed_before_its_message_is_on_record() -> None:
    world = World(contact())
    with pytest.raises(TransientError):
        world.record_receipt(receipt(MessageStatus.UNDELIVERED, "30006"))


def test_a_receipt_whose_message_nobody_will_record_any_more_is_let_go() -> None:
    world = World(contact())
    world.clock.advance(BATCH_LIFETIME + timedelta(seconds=1))
    world.record_receipt(receipt(MessageStatus.UNDELIVERED, "30006"))
    found = world.contacts.get(phone(1))
    assert found is not None
    assert found.suppression is None


@pytest.mark.parametrize("message", ["text-1", "", "snd_1", "not-a-message"])
def test_receipts_of_texts_that_are_no_sends_are_nothing_to_the_ledger(message: str) -> None:
    world = World()
    world.record_receipt(receipt(MessageStatus.DELIVERED, message=message))
    assert world.ledger.changes == []
