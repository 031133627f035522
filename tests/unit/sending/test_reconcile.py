"""Settling messages of unknown fate (G3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from parley import ids
from parley.errors import TransientError
from parley.journal import JournalEvent, JournalKind
from parley.ledger import Message
from parley.outcome import NOT_HANDED_OVER, MessageStatus, Outcome
from parley.sending import Claim
from parley_aws.memory import Answer
from parley_aws.ports import PostStatus, ProviderMessage
from tests.unit.sending.world import KEY, NOON, SEND, World, contact, phone

OTHER = "snd_00000000000000000002"
MESSAGE = ids.message_id(KEY, send=SEND, phone=phone(1))
LATER = NOON + timedelta(minutes=20)


def at_provider(sid: str, at: datetime = NOON, **changes: Any) -> ProviderMessage:
    values: dict[str, Any] = {
        "sid": sid,
        "to": phone(1),
        "body": "2 for 1 tonight",
        "outcome": Outcome(status=MessageStatus.DELIVERED),
        "error_code": None,
        "created_at": at,
    }
    return ProviderMessage(**{**values, **changes})


def unknown(body: str | None = "2 for 1 tonight") -> World:
    """A world in which nobody knows about one message."""
    world = World(contact())
    world.ledger.record(
        [
            Message(
                id=MESSAGE,
                send_id=SEND,
                phone=phone(1),
                status=MessageStatus.UNKNOWN,
                parts=1 if body else 0,
                body=body,
                handed_over_at=NOON,
                updated_at=NOON,
            )
        ]
    )
    world.clock.advance(timedelta(minutes=20))
    return world


def test_what_the_provider_has_is_adopted() -> None:
    world = unknown()
    world.provider.messages = [at_provider("SM1")]
    world.reconcile(MESSAGE, attempt=1)
    message = world.message()
    assert (message.status, message.provider_sid) == (MessageStatus.DELIVERED, "SM1")
    assert world.queues["reconciliations"].waiting == []


def test_of_a_text_lost_in_a_crash_the_body_is_learned() -> None:
    world = unknown(body=None)
    world.provider.messages = [at_provider("SM1", body="2 for 1 😀")]
    world.reconcile(MESSAGE, attempt=1)
    assert (world.message().body, world.message().parts) == ("2 for 1 😀", 1)


def test_it_is_looked_up_twice_before_it_counts_as_not_handed_over() -> None:
    world = unknown()
    world.reconcile(MESSAGE, attempt=1)
    [again] = world.queues["reconciliations"].waiting
    assert again.body == {"message_id": MESSAGE, "attempt": 2}
    assert again.ready_at == LATER + timedelta(minutes=15)
    assert world.message().status is MessageStatus.UNKNOWN
    world.reconcile(MESSAGE, attempt=2)
    assert (world.message().status, world.message().reason) == (
        MessageStatus.FAILED,
        NOT_HANDED_OVER,
    )


@pytest.mark.parametrize(
    "found",
    [
        at_provider("SM1", NOON - timedelta(seconds=2)),
        at_provider("SM1", NOON + timedelta(minutes=2)),
        at_provider("SM1", body="another text"),
        at_provider("SM1", to=phone(2)),
    ],
)
def test_another_text_is_not_taken_for_it(found: ProviderMessage) -> None:
    world = unknown()
    world.provider.messages = [found]
    world.reconcile(MESSAGE, attempt=2)
    assert world.message().reason == NOT_HANDED_OVER


def test_sids_that_other_messages_own_are_ignored() -> None:
    world = unknown()
    claim = Claim(send_id=OTHER, program_id="pizza", nonce="n", post_by=NOON)
    busy = world.contacts.get(phone(1))
    assert busy is not None
    claimed = busy.sending.with_claim(
        claim, discloses=False, now=NOON, retention=timedelta(days=15)
    )
    world.contacts.save(contact(sending=claimed), expected_version=0)
    world.ledger.record(
        [
            Message(
                id=ids.message_id(KEY, send=OTHER, phone=phone(1)),
                send_id=OTHER,
                phone=phone(1),
                status=MessageStatus.SENT,
                provider_sid="SM1",
                updated_at=NOON,
            )
        ]
    )
    world.journal.append(
        [
            JournalEvent(
                id="text-1",
                phone=phone(1),
                kind=JournalKind.TEXT,
                occurred_at=NOON,
                details={"sid": "SM2"},
            )
        ]
    )
    world.provider.messages = [at_provider("SM1"), at_provider("SM2")]
    world.reconcile(MESSAGE, attempt=2)
    assert world.message().reason == NOT_HANDED_OVER
    assert world.message().provider_sid is None


def test_g6_a_receipt_after_the_conclusion_still_tells_the_truth() -> None:
    world = unknown()
    world.reconcile(MESSAGE, attempt=2)
    world.ledger.report(
        MESSAGE,
        Outcome(status=MessageStatus.DELIVERED),
        provider_sid="SM1",
        error_code=None,
        at=LATER,
    )
    assert world.message().status is MessageStatus.DELIVERED


def test_what_is_known_by_now_is_left_alone() -> None:
    world = unknown()
    world.ledger.report(
        MESSAGE, Outcome(status=MessageStatus.SENT), provider_sid="SM9", error_code=None, at=LATER
    )
    world.provider.messages = [at_provider("SM1")]
    world.reconcile(MESSAGE, attempt=1)
    assert world.message().provider_sid == "SM9"
    world.reconcile("snd_0-unheard-of", attempt=1)


def test_a_provider_that_does_not_answer_is_asked_again_later() -> None:
    world = unknown()

    def find(to: str, *, since: datetime) -> list[ProviderMessage]:
        raise TransientError("no answer")

    world.provider.find = find  # type: ignore[method-assign]
    with pytest.raises(TransientError):
        world.reconcile(MESSAGE, attempt=2)
    assert world.message().status is MessageStatus.UNKNOWN


def test_g3_two_unknown_texts_to_one_number_do_not_share_a_sid() -> None:
    world = World(contact())
    world.provider.answer = lambda text: Answer(
        status=PostStatus.AMBIGUOUS, taken=text.message_id.startswith(OTHER)
    )
    first, second = world.frozen(1), world.frozen(1, id=OTHER)
    world.send_range(first)
    world.send_range(second)
    world.run()
    statuses = sorted(world.message(send_id=id_).status for id_ in (SEND, OTHER))
    assert statuses == [MessageStatus.ACCEPTED, MessageStatus.FAILED]
