"""How fast the pure rules are, on one core."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from parley.contact import Contact, Subscription, SubscriptionStatus
from parley.decide import Draft, Rules, decide
from parley.program import Program, Sender
from parley.quiet_hours import Hours, StateRules, every_day
from parley.reply import Listening, classify_reply
from parley.segment import compile_segment
from tests.bench.table import Figure

NOW = datetime(2026, 6, 10, 17, 0, tzinfo=UTC)
SECONDS = 1.0
TEXTS = ("STOP", "Yes please! what time?", "no thanks", "is it gluten free?", "lol ok then see you")


def run() -> Iterator[Figure]:
    """Calls per second of the rules that every text and every reply passes."""
    contacts = [_contact(n) for n in range(1000)]
    segment = compile_segment(
        {"all": [{"list": "vip"}, {"attribute": "city", "in": ["Austin", "Waco"]}]}
    )
    rules = _rules()
    yield Figure(
        bench="rules",
        name="segment evaluation",
        value=_rate(lambda n: segment.matches(contacts[n % 1000], NOW)),
        unit="contacts/s",
        aim="50,000",
    )
    yield Figure(
        bench="rules",
        name="decide",
        value=_rate(lambda n: decide(contacts[n % 1000], rules, NOW)),
        unit="contacts/s",
    )
    yield Figure(
        bench="rules",
        name="classify_reply",
        value=_rate(lambda n: classify_reply(TEXTS[n % len(TEXTS)], Listening())),
        unit="texts/s",
        aim="20,000",
    )


def _rate(call: Callable[[int], object]) -> float:
    done = 0
    began = time.perf_counter()
    while (elapsed := time.perf_counter() - began) < SECONDS:
        for n in range(done, done + 500):
            call(n)
        done += 500
    return done / elapsed


def _contact(number: int) -> Contact:
    subscribed = Subscription(
        status=SubscriptionStatus.SUBSCRIBED, since=NOW - timedelta(days=30), event_id="e1"
    )
    return Contact(
        phone=f"+1512555{number:04}",
        region="US",
        number_zones=("America/Chicago",),
        number_state="TX",
        lists=frozenset({"vip"} if number % 2 else {"staff"}),
        attributes={"city": ("Austin", "Waco", "Dallas")[number % 3]},
        subscriptions={"pizza": subscribed},
    )


def _rules() -> Rules:
    return Rules(
        send_id="snd_1",
        campaign_id="cmp_1",
        program=Program(id="pizza", brand="Acme", sender=Sender(from_="+15125550100")),
        expires_at=NOW + timedelta(hours=24),
        render=lambda _: Draft(body="2 for 1 tonight at Acme"),
        holdout_key=b"key",
        state_rules=StateRules(federal=every_day(Hours(opens=480, closes=1260))),
    )
