"""Eight processes send to the same 500 people on a real engine, through Twilio's real SDK.

Each process runs what the function runs, on a queue of its own; what was posted is what the
provider saw.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest

from parley.campaign import AudiencePage
from parley.caps import FrequencyCap
from parley.money import Money
from parley.outcome import MessageStatus
from parley.sending import Claim
from tests.integration.races.audience import (
    PEOPLE,
    PHONES,
    begin_sends,
    cap,
    earlier_texts,
    messages_of,
    pieces_of,
    program,
    settle_people,
)
from tests.integration.races.conftest import RACERS, Process, order_of
from tests.integration.races.place import Place
from tests.support.posts import PostRecorder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("races")]

WITHIN_SECONDS = 60.0
"""A race that takes longer fails; on two idle cores the longest takes 12."""

DAY = timedelta(days=1)


def race(
    racers: Sequence[Process], place: Place, works: Sequence[Sequence[tuple[str, str, int, int]]]
) -> None:
    """Have each process send to its ranges, all at once, and wait for the last."""
    let_off(racers, place, works)
    arrive(racers)


def arrive(racers: Sequence[Process]) -> None:
    left = [racer.answer() for racer in racers]
    assert left == [0] * RACERS, "ranges still came back when the time was up"


def let_off(
    racers: Sequence[Process], place: Place, works: Sequence[Sequence[tuple[str, str, int, int]]]
) -> None:
    for racer, pieces in zip(racers, works, strict=True):
        racer.tell(order_of(place, deliver=pieces, within=WITHIN_SECONDS))


def rivals(pages: Sequence[AudiencePage]) -> list[list[tuple[str, str, int, int]]]:
    """Work for every process: a send for each, or where there are fewer, the same for several."""
    return [pieces_of(pages[number % len(pages)]) for number in range(RACERS)]


def assert_that_it_adds_up(
    place: Place, posts: PostRecorder, pages: Sequence[AudiencePage], reason: str
) -> None:
    """G3 and G4: one hand-over a message at most, and everyone else has the reason."""
    handed_over = Counter(post.message_id for post in posts.posts if post.taken)
    assert set(handed_over.values()) <= {1}, "G3: nobody twice by the same send"
    for message in messages_of(place, pages):
        if message.id in handed_over:
            assert message.status is MessageStatus.ACCEPTED
        else:
            assert (message.status, message.reason) == (MessageStatus.SKIPPED, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """Caps that sends race under, and how many more texts they leave somebody."""

    caps: tuple[FrequencyCap, ...]
    left: Callable[[int], int]
    sends: int = RACERS
    texted: Callable[[int], tuple[Claim, ...]] = field(default=lambda _: ())


CAPS = {
    "one a day, four sends delivered twice": Capped(caps=(cap(1, 24),), left=lambda _: 1, sends=4),
    "two a week, eight sends": Capped(caps=(cap(2, 168),), left=lambda _: 2),
    "one a day and two a week, some texted before": Capped(
        caps=(cap(1, 24), cap(2, 168)),
        texted=lambda n: earlier_texts("pizza", *(2 * DAY, 3 * DAY)[: n % 3]),
        left=lambda n: (1, 1, 0)[n % 3],
    ),
}


@pytest.mark.parametrize("capped", CAPS.values(), ids=CAPS)
def test_g2_caps_are_exact_whatever_races(
    racers: Sequence[Process], place: Place, posts: PostRecorder, capped: Capped
) -> None:
    settle_people(place, [program("pizza", *capped.caps)], texted=capped.texted)
    pages = begin_sends(place, "pizza", capped.sends)
    race(racers, place, rivals(pages))
    texts = posts.texts()
    assert [texts[phone] for phone in PHONES] == [capped.left(n) for n in range(PEOPLE)]
    assert_that_it_adds_up(place, posts, pages, "frequency_cap")


def test_g2_the_cap_over_all_programs_is_exact(
    racers: Sequence[Process], place: Place, posts: PostRecorder
) -> None:
    settle_people(
        place, [program("pizza", cap(2, 168)), program("gym", cap(2, 168))], overall=[cap(3, 24)]
    )
    pizza, gym = begin_sends(place, "pizza", 4), begin_sends(place, "gym", 4)
    race(racers, place, rivals([*pizza, *gym]))
    assert posts.texts() == dict.fromkeys(PHONES, 3)
    of_send = {page.send_id: "gym" for page in gym}
    by_program = Counter(
        (post.to, of_send.get(post.message_id.rpartition("-")[0], "pizza")) for post in posts.posts
    )
    assert max(by_program.values()) == 2, "and so is each program's own"
    assert_that_it_adds_up(place, posts, [*pizza, *gym], "frequency_cap")


def test_g3_ranges_delivered_eight_times_text_everyone_once(
    racers: Sequence[Process], place: Place, posts: PostRecorder
) -> None:
    posts.reset(slowest=0.3, throttled=0.1)
    settle_people(place, [program("pizza")])
    pages = begin_sends(place, "pizza", 1)
    race(racers, place, rivals(pages))
    assert posts.texts() == dict.fromkeys(PHONES, 1)
    assert {m.status for m in messages_of(place, pages)} == {MessageStatus.ACCEPTED}


def test_money_reaches_for_exactly_as_many_texts_as_it_pays(
    racers: Sequence[Process], place: Place, posts: PostRecorder
) -> None:
    pizza = program("pizza")
    settle_people(place, [pizza])
    budget = Money(amount=pizza.price_per_part.amount * 123 + Decimal("0.0001"), currency="USD")
    pages = begin_sends(place, "pizza", 1, max_spend=budget)
    pieces = pieces_of(pages[0])
    race(racers, place, [pieces[number::RACERS] for number in range(RACERS)])
    assert sum(posts.texts().values()) == 123
    assert_that_it_adds_up(place, posts, pages, "budget")


def test_g1_nothing_is_posted_after_the_webhook_answered(
    racers: Sequence[Process], listener: Process, place: Place, posts: PostRecorder
) -> None:
    """Two rival sends to phones whose provider answers late or asks to try again, so that many a
    STOP finds a claim that may still be posted."""
    posts.reset(slowest=0.5, throttled=0.5)
    settle_people(place, [program("pizza")])
    pages = begin_sends(place, "pizza", 2)
    quarters = [
        [(page.send_id, page.id, start, start + 25) for start in range(first, PEOPLE, 100)]
        for page in pages
        for first in range(0, 100, 25)
    ]
    let_off(racers, place, quarters)
    wait_until(lambda: len(posts.posts) >= 40)
    leaving = [(f"SM{n:032x}", PHONES[n]) for n in range(0, PEOPLE, 6)]
    listener.tell(order_of(place, hear=leaving, every=0.03))
    answers = listener.answer()
    arrive(racers)

    answered = {phone: at for phone, _, at in answers}
    late = [post for post in posts.posts if post.at > answered.get(post.to, post.at)]
    assert not late, "G1: no post starts after the answer"
    assert max(at - began for _, began, at in answers) < 15, "the provider waits no longer"
    during = [
        post
        for post in posts.posts
        if any(post.to == phone and began < post.at for phone, began, _ in answers)
    ]
    assert during, "some posts raced a STOP"
    texts = posts.texts()
    kept = {message.id: message for message in messages_of(place, pages)}
    left_out = [m for m in kept.values() if m.status is MessageStatus.SKIPPED]
    assert left_out, "some STOPs came before the text"
    assert {(m.reason, m.phone in answered) for m in left_out} == {("opted_out", True)}
    assert all(texts[phone] == 2 for phone in PHONES if phone not in answered)
    assert sum(texts.values()) == 2 * PEOPLE - len(left_out)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
