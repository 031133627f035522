"""A text that is no send's is claimed as well, and no cap counts it (G2)."""

from datetime import UTC, datetime, timedelta

import pytest

from parley.caps import FrequencyCap
from parley.consent import ALL_PROGRAMS, OptOut, left_at, with_opt_out
from parley.contact import Contact
from parley.journal import JournalKind, TextKind
from parley.sending import TEXT_PREFIX, Claim, Sending
from parley_aws.memory import MemoryContacts
from parley_aws.memory.provider import ACCEPT, Answer
from parley_aws.ports import PostStatus, Text
from parley_aws.use_cases.texting import HandOverText, TextOrder, TextStatus
from tests.unit.listening.world import ANNA, World, program

NOON = datetime(2026, 6, 10, 17, tzinfo=UTC)
LOST = Answer(status=PostStatus.AMBIGUOUS, taken=True)


def test_a_cap_counts_sends_and_not_answers() -> None:
    cap = FrequencyCap(max_messages=1, window_hours=24)
    answer = Claim(send_id=f"{TEXT_PREFIX}1", program_id="pizza", nonce="n", post_by=NOON)
    promotion = Claim(send_id="snd_1", program_id="pizza", nonce="n", post_by=NOON)
    assert cap.allows_another([answer], NOON)
    assert not cap.allows_another([answer, promotion], NOON)


@pytest.mark.parametrize(
    ("scope", "asked", "left"),
    [("pizza", "pizza", True), ("pizza", "tacos", False), (ALL_PROGRAMS, "tacos", True)],
)
def test_who_left_is_known_to_have_left_then(scope: str, asked: str, left: bool) -> None:
    opt_out = OptOut(event_id="e", scope=scope, source="sms", occurred_at=NOON)
    gone = with_opt_out(Contact(phone="+13125550123"), opt_out)
    assert left_at(gone, asked) == (NOON if left else None)
    assert left_at(Contact(phone="+13125550123"), asked) is None


class TestWhen:
    """A text is journaled at the moment it was handed over, however late the record comes: an
    opt-out in between must not look like a broken promise (G1)."""

    def setup_method(self) -> None:
        self.world = World(Contact(phone=ANNA, region="US"))
        self.order = TextOrder(
            id=f"{TEXT_PREFIX}1",
            kind=TextKind.CONVERSATIONAL,
            phone=ANNA,
            program=program(),
            body="Coming?",
        )
        self.hand_over = HandOverText(
            contacts=self.world.contacts,
            journal=self.world.journal,
            provider=self.world.provider,
            clock=self.world.clock,
        )

    @pytest.mark.parametrize("answer", [ACCEPT, LOST])
    def test_a_slow_answer(self, answer: Answer) -> None:
        began = self.world.clock.now()

        def slowly(text: Text) -> Answer:
            self.world.clock.advance(timedelta(seconds=20))
            return answer

        self.world.provider.answer = slowly
        self.hand_over(self.order)
        (event,) = self.world.events(JournalKind.TEXT)
        assert event.occurred_at == began

    def test_one_that_a_crash_left_without_a_record(self) -> None:
        claim = Claim(
            send_id=self.order.id, program_id="pizza", nonce="n", post_by=self.world.clock.now()
        )
        contact = Contact(phone=ANNA, region="US", sending=Sending(version=1, claims=(claim,)))
        self.world.contacts = MemoryContacts([contact])
        hand_over = HandOverText(
            contacts=self.world.contacts,
            journal=self.world.journal,
            provider=self.world.provider,
            clock=self.world.clock,
        )
        self.world.clock.advance(timedelta(hours=1))
        assert hand_over(self.order).status is TextStatus.UNKNOWN
        (event,) = self.world.events(JournalKind.TEXT)
        assert event.occurred_at == claim.post_by


def test_the_last_leaving_counts() -> None:
    later = NOON + timedelta(hours=1)
    gone = Contact(phone="+13125550123")
    for scope, at in ((ALL_PROGRAMS, NOON), ("pizza", later)):
        opt_out = OptOut(event_id="e", scope=scope, source="sms", occurred_at=at)
        gone = with_opt_out(gone, opt_out)
    assert left_at(gone, "pizza") == later
    assert left_at(gone, "tacos") == NOON
