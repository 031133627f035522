"""What a seed stands for: programs, people, campaigns, how much goes wrong, and what people do."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal

from parley.campaign import Campaign
from parley.caps import FrequencyCap
from parley.contact import Contact, Subscription, SubscriptionStatus
from parley.money import Money
from parley.program import OptOutScope, Program, Sender
from parley.quiet_hours import QuietHours, QuietHoursPolicy
from tests.simulation.carrier import Answers
from tests.simulation.engine import EPOCH, Chaos

PRICE = Money(amount=Decimal("0.01"), currency="USD")
_LONG_AGO = EPOCH - timedelta(days=30)
_CAPS: tuple[tuple[tuple[int, int], ...], ...] = (
    (),
    ((1, 1),),
    ((1, 24),),
    ((2, 1), (3, 168)),
    ((1, 480),),
    ((2, 744),),
)
_OVERALL: tuple[tuple[tuple[int, int], ...], ...] = ((), (), ((1, 2),), ((2, 24),), ((3, 700),))
PLACES: tuple[tuple[tuple[str, ...], str | None, str | None, str | None], ...] = (
    (("America/Chicago",), "TX", None, None),
    (("America/New_York", "America/Chicago"), "FL", None, "FL"),
    (("America/Los_Angeles",), "CA", "America/New_York", None),
    ((), None, "America/Chicago", None),
    ((), None, None, None),
    (("America/Chicago",), "AL", None, "RI"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How often people and operators do what, as chances or numbers."""

    stops_on_claim: float
    words: int
    controls: int
    erasures: int
    edits: int
    imports: int
    sends: int
    rivals: float
    ahead: float
    max_spend: float
    expiring: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that a seed decides before anything happens."""

    chaos: Chaos
    answers: Answers
    habits: Habits
    programs: tuple[Program, ...]
    overall_caps: tuple[tuple[int, int], ...]
    contacts: tuple[Contact, ...]
    campaigns: tuple[Campaign, ...]


def scenario_of(seed: int) -> Scenario:
    """The scenario of a seed. Most seeds leave most faults out, so that each has room."""
    chance = random.Random(f"scenario {seed}")

    def some(*values: float) -> float:
        return chance.choice(values)

    programs = tuple(_program(chance, number) for number in range(chance.choice((1, 2, 2))))
    return Scenario(
        chaos=Chaos(
            stays=some(0.2, 0.5, 0.8),
            crash=some(0, 0, 0.01, 0.04),
            timeout=some(0, 0, 0.01, 0.05),
            ambiguous=some(0, 0, 0.1, 0.4),
            stall=some(0, 0.003, 0.02),
            redelivery=some(0, 0.1, 0.5),
            dawdles=some(0, 0, 0.5),
            faults=chance.choice((0, 2, 6, 12, 25)),
        ),
        answers=Answers(
            refused=some(0, 0, 0.15),
            misconfigured=some(0, 0, 0, 0.05),
            throttled=some(0, 0, 0.2),
            lost_and_taken=some(0, 0, 0.2),
            lost_and_not_taken=some(0, 0, 0.2),
            repeated_receipts=some(0, 0.3),
        ),
        habits=Habits(
            stops_on_claim=some(0, 0, 0.1, 0.4),
            words=chance.choice((0, 0, 1, 3)),
            controls=chance.choice((0, 0, 1, 4)),
            erasures=chance.choice((0, 0, 0, 1)),
            edits=chance.choice((0, 0, 2)),
            imports=chance.choice((0, 0, 0, 3)),
            sends=chance.choice((1, 2, 3, 4)),
            rivals=some(0, 0.2, 0.6),
            ahead=some(0, 0, 0.4),
            max_spend=some(0, 0, 0, 0.5),
            expiring=some(0, 0, 0.3),
        ),
        programs=programs,
        overall_caps=chance.choice(_OVERALL),
        contacts=tuple(
            _contact(chance, number) for number in range(chance.choice((1, 1, 2, 3, 5, 7)))
        ),
        campaigns=tuple(
            _campaign(chance, number, chance.choice(programs).id)
            for number in range(chance.randint(1, 3))
        ),
    )


def _program(chance: random.Random, number: int) -> Program:
    policy = chance.choice(
        (QuietHoursPolicy.NONE,) * 3 + (QuietHoursPolicy.WINDOW, QuietHoursPolicy.US_STATES)
    )
    is_window = policy is QuietHoursPolicy.WINDOW
    caps = chance.choice(_CAPS)
    return Program(
        id=f"program-{number}",
        brand="Acme",
        sender=Sender(messaging_service_sid=f"MG{number:032x}"),
        frequency_caps=tuple(FrequencyCap(max_messages=m, window_hours=h) for m, h in caps),
        quiet_hours=QuietHours(
            policy=policy,
            start=time(20, 30) if is_window else None,
            end=time(9, 0) if is_window else None,
        ),
        trust_timezone=chance.random() < 0.3,
        opt_out_scope=chance.choice((OptOutScope.ALL, OptOutScope.PROGRAM)),
        messages_per_second=chance.choice((1, 20, 225)),
        price_per_part=PRICE,
    )


def _contact(chance: random.Random, number: int) -> Contact:
    zones, number_state, timezone, state = chance.choice(PLACES)
    subscribed = {
        f"program-{program}": Subscription(
            status=chance.choice(
                (SubscriptionStatus.SUBSCRIBED,) * 29 + (SubscriptionStatus.PENDING,)
            ),
            since=_LONG_AGO,
            event_id="event",
        )
        for program in range(2)
        if chance.random() < 0.97
    }
    return Contact(
        phone=f"+1312555{number:04d}",
        region="US" if chance.random() < 0.98 else None,
        number_zones=zones,
        number_state=number_state,
        timezone=timezone,
        state=state,
        first_name="Ann" if chance.random() < 0.95 else None,
        subscriptions=subscribed,
    )


def _campaign(chance: random.Random, number: int, program_id: str) -> Campaign:
    name = "{{ contact.first_name }}" if chance.random() < 0.4 else "you"
    phones = [f"+1312555{n:04d}" for n in range(5)]
    return Campaign(
        id=f"campaign-{number}",
        version=1,
        name=f"Campaign {number}",
        program_id=program_id,
        body=f"Deal {number} for {name}. Reply STOP to opt out",
        segment=chance.choice((None, None, {"phone": {"in": phones}})),
        holdout_percent=chance.choice((0, 0, 0, 0, 30)),
        attribution_hours=72,
        auto_reply=chance.choice((None, "Great!")),
        lead_keywords=("YES",),
        created_at=EPOCH,
        updated_at=EPOCH,
    )
