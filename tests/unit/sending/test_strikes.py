"""Receipts that speak against a number, and those that speak against a text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parley.campaign import AudiencePage, SendStatus
from parley.consent import ALL_PROGRAMS, Consent, ConsentKind, OptOut, with_consent
from parley.contact import Contact, SuppressionReason
from parley.errors import TransientError
from parley.ids import message_id
from parley.journal import JournalKind
from parley.outcome import MessageStatus, Outcome
from parley.receipt import Receipt
from parley_aws.ports import OrganizationSettings
from tests.unit.sending.world import KEY, NOON, World, contact, phone

DAY = timedelta(days=1)


def send_id(number: int) -> str:
    return f"snd_{number:020d}"


def receipt(send: int, code: str | None, *, to: int = 1, toll_free: bool = False) -> Receipt:
    status = MessageStatus.UNDELIVERED if code else MessageStatus.DELIVERED
    return Receipt(
        message_id=message_id(KEY, send=send_id(send), phone=phone(to)),
        outcome=Outcome(status=status, reason=code),
        provider_sid=f"SM{send}",
        error_code=code,
        received_at=NOON,
        from_toll_free=toll_free,
    )


class Texts:
    """Somebody who is texted once by each of several sends, and what comes of it."""

    def __init__(self, person: Contact | None = None) -> None:
        self.world = World(person or contact())
        self.sent = 0

    def text(self, *, after: timedelta = DAY) -> int:
        self.world.clock.advance(after)
        self.sent += 1
        now = self.world.clock.now()
        range_ = self.world.frozen(1, id=send_id(self.sent), starts_at=now, expires_at=now + DAY)
        self.world.send_range(range_)
        return self.sent

    def lose(self, code: str, *, after: timedelta = DAY) -> None:
        lost = self.text(after=after)
        assert self.world.message(send_id=send_id(lost)).handed_over_at == self.world.clock.now()
        self.world.record_receipt(receipt(lost, code))

    def arrive(self, *, after: timedelta = DAY) -> None:
        self.world.record_receipt(receipt(self.text(after=after), None))

    @property
    def person(self) -> Contact:
        found = self.world.contacts.get(phone(1))
        assert found is not None
        return found

    def suppressed(self) -> SuppressionReason | None:
        return self.person.suppression.reason if self.person.suppression else None


@pytest.mark.parametrize("code", ["30003", "30004", "30008", "30017", "30410"])
def test_the_third_lost_text_suppresses(code: str) -> None:
    texts = Texts()
    texts.lose(code)
    texts.lose(code)
    assert texts.suppressed() is None
    texts.lose(code)
    assert texts.suppressed() is SuppressionReason.UNREACHABLE
    assert texts.person.strikes == ()
    texts.text()
    assert texts.world.message(send_id=send_id(4)).reason == "suppressed"


def test_the_second_text_to_an_unknown_handset_suppresses() -> None:
    texts = Texts()
    texts.lose("30005")
    assert texts.suppressed() is None
    texts.lose("30005")
    assert texts.suppressed() is SuppressionReason.UNREACHABLE


def test_the_limit_is_a_setting() -> None:
    texts = Texts()
    texts.world.programs.put_settings(OrganizationSettings(strike_limit=1))
    texts.lose("30003")
    assert texts.suppressed() is SuppressionReason.UNREACHABLE


def test_a_receipt_strikes_once_however_often_it_comes() -> None:
    texts = Texts()
    lost = texts.text()
    for _ in range(5):
        texts.world.record_receipt(receipt(lost, "30003"))
    assert len(texts.person.strikes) == 1
    version = texts.person.sending.version
    texts.world.record_receipt(receipt(lost, "30003"))
    assert texts.person.sending.version == version, "a receipt that changes nothing writes nothing"


def test_a_text_that_arrived_clears_the_strikes_before_it() -> None:
    texts = Texts()
    texts.lose("30005")
    texts.arrive()
    texts.lose("30005")
    assert texts.suppressed() is None
    assert [strike.send_id for strike in texts.person.strikes] == [send_id(3)]


def test_a_text_that_arrived_clears_strikes_even_when_caps_would_have_forgotten_it() -> None:
    texts = Texts()
    texts.lose("30005")
    texts.arrive()
    texts.lose("30005", after=20 * DAY)
    assert texts.suppressed() is None


def test_a_late_strike_does_not_count_after_a_text_that_arrived() -> None:
    texts = Texts()
    lost = texts.text()
    texts.arrive()
    texts.world.record_receipt(receipt(lost, "30003"))
    assert texts.person.strikes == ()


def test_no_strike_where_the_text_arrived_after_all() -> None:
    texts = Texts()
    texts.arrive()
    texts.world.record_receipt(receipt(1, "30003"))
    assert texts.person.strikes == ()


def test_strikes_a_month_apart_say_nothing() -> None:
    texts = Texts()
    for _ in range(4):
        texts.lose("30005", after=31 * DAY)
    assert texts.suppressed() is None


def test_a_strike_keeps_its_slot_and_moves_the_version() -> None:
    texts = Texts()
    lost = texts.text()
    before = texts.person.sending
    texts.world.record_receipt(receipt(lost, "30003"))
    assert texts.person.sending.claims == before.claims
    assert texts.person.sending.version == before.version + 1


def test_a_strike_waits_for_the_record_of_its_message() -> None:
    texts = Texts()
    with pytest.raises(TransientError):
        texts.world.record_receipt(receipt(1, "30003"))


def test_who_subscribes_in_person_begins_without_strikes() -> None:
    texts = Texts()
    texts.lose("30003")
    back = with_consent(
        texts.person,
        Consent(
            event_id="e2",
            program_id="pizza",
            kind=ConsentKind.PERSONAL,
            source="text",
            obtained_at=NOON,
            recorded_at=NOON,
        ),
        double_opt_in=False,
    )
    assert back is not None
    assert back.strikes == ()


def test_a_block_by_a_toll_free_network_is_an_opt_out() -> None:
    texts = Texts()
    texts.world.record_receipt(receipt(texts.text(), "30004", toll_free=True))
    assert texts.suppressed() is SuppressionReason.CARRIER_BLOCK
    assert [event.kind for event in texts.world.journal.of(phone(1))] == [JournalKind.OPT_OUT]


def test_a_send_that_the_carriers_filter_is_paused() -> None:
    people = range(1, 201)
    world = World(*(contact(number) for number in people))
    world.send_range(world.frozen(*people, id=send_id(1)))
    waiting = AudiencePage(send_id=send_id(1), id="0-1", phones=(phone(999),), next_key=None)
    world.sends.add_page(waiting)
    for number in range(1, 22):
        world.run(until=NOON)
        status = world.status(send_id(1))
        assert status is SendStatus.SENDING, f"after {number - 1} filtered texts"
        world.record_receipt(receipt(1, "30007", to=number))
    assert world.status(send_id(1)) is SendStatus.PAUSED
    standing = world.sends.get(send_id(1))
    assert standing is not None
    assert standing.pause_reason == "30007: the carriers filtered 20 of 20 texts"


def test_g1_what_was_read_of_somebody_erased_is_not_written_over_who_came_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A strike was about to be counted when the person was erased, and texted STOP again."""
    texts = Texts()
    contacts = texts.world.contacts
    save = contacts.save
    left = OptOut(event_id="o", scope=ALL_PROGRAMS, source="text", occurred_at=NOON)

    def erased_meanwhile(counted: Contact, *, expected_version: int | None) -> bool:
        monkeypatch.undo()
        contacts.delete(counted.phone)
        contacts.opt_out(counted.phone, left)
        return save(counted, expected_version=expected_version)

    monkeypatch.setattr(contacts, "save", erased_meanwhile)
    texts.lose("30003")
    assert texts.person.has_left("pizza")
