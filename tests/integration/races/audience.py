"""The people that sends race for, and the sends, in a place's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from parley import ids
from parley.campaign import AudiencePage, Campaign, Send, SendStatus, ranges_of
from parley.caps import FrequencyCap
from parley.contact import Contact, Subscription, SubscriptionStatus
from parley.ledger import Message
from parley.money import Money
from parley.program import Program, Sender
from parley.quiet_hours import QuietHours, QuietHoursPolicy
from parley.sending import Claim, Sending
from parley_aws.ports import OrganizationSettings
from tests.integration.races.place import KEY, Place

PEOPLE = 500
PHONES = tuple(f"+1312555{number:04d}" for number in range(PEOPLE))
START = datetime.now(UTC).replace(microsecond=0)

Piece = tuple[str, str, int, int]


def program(id_: str, *caps: FrequencyCap) -> Program:
    """A program that texts at any hour, as fast as it can."""
    return Program(
        id=id_,
        brand="Acme Pizza",
        sender=Sender(messaging_service_sid="MG" + id_[0] * 32),
        frequency_caps=caps,
        quiet_hours=QuietHours(policy=QuietHoursPolicy.NONE),
        messages_per_second=1_000_000,
        disclosure_every=None,
    )


def cap(max_messages: int, window_hours: int) -> FrequencyCap:
    """At most so many texts in so many hours."""
    return FrequencyCap(max_messages=max_messages, window_hours=window_hours)


def earlier_texts(program_id: str, *ages: timedelta) -> tuple[Claim, ...]:
    """Claims of sends that texted somebody so long ago."""
    return tuple(
        Claim(
            send_id=f"snd_{n:020d}",
            program_id=program_id,
            nonce=f"earlier-{n}",
            post_by=START - age,
        )
        for n, age in enumerate(ages)
    )


def settle_people(
    place: Place,
    programs: Sequence[Program],
    *,
    overall: Sequence[FrequencyCap] = (),
    texted: Callable[[int], tuple[Claim, ...]] = lambda _: (),
) -> None:
    """Store programs, settings, and people who subscribed to all of these programs; `texted` says
    who was texted before, by their position."""
    for each in programs:
        place.programs.put(each)
    place.programs.put_settings(OrganizationSettings(frequency_caps=tuple(overall)))
    joined = Subscription(
        status=SubscriptionStatus.SUBSCRIBED, since=START - timedelta(days=30), event_id="e"
    )
    people = [
        Contact(
            phone=phone,
            region="US",
            number_zones=("America/Chicago",),
            number_state="IL",
            subscriptions={each.id: joined for each in programs},
            sending=Sending(claims=texted(number)),
        )
        for number, phone in enumerate(PHONES)
    ]
    assert all(place.contacts.save_many([(person, None) for person in people]))


def begin_sends(
    place: Place, program_id: str, count: int, *, max_spend: Money | None = None
) -> list[AudiencePage]:
    """Make sends of a program to all people, resolved and going; the page of each."""
    pages = []
    for number in range(count):
        send = Send(
            id="snd_" + ids.keyed_hash(KEY, program_id, str(number)),
            campaign=_campaign(program_id),
            status=SendStatus.SENDING,
            created_at=START,
            starts_at=START,
            expires_at=START + timedelta(hours=24),
            request_hash="",
            max_spend=max_spend,
            resolved_at=START,
        )
        place.sends.create(send)
        page = AudiencePage(send_id=send.id, id="0-0", phones=PHONES, next_key=None)
        pages.append(place.sends.add_page(page))
    return pages


def pieces_of(page: AudiencePage) -> list[Piece]:
    """The ranges of a page as they are queued."""
    return [(r.send_id, r.page_id, r.start, r.end) for r in ranges_of(page)]


def messages_of(place: Place, pages: Iterable[AudiencePage]) -> list[Message]:
    """What became of everyone in sends. Raises AssertionError for anyone without an outcome."""
    found: list[Message] = []
    for page in pages:
        expected = [ids.message_id(KEY, send=page.send_id, phone=phone) for phone in page.phones]
        entries = place.ledger.get_many(expected)
        assert len(entries) == len(expected), "G4: everyone has an outcome"
        found += entries.values()
    return found


def _campaign(program_id: str) -> Campaign:
    return Campaign(
        id=f"cmp_{program_id}",
        version=1,
        name="Friday",
        program_id=program_id,
        body="2 for 1 tonight. Reply STOP to opt out",
        segment=None,
        holdout_percent=0,
        attribution_hours=72,
        auto_reply=None,
        lead_keywords=(),
        created_at=START,
        updated_at=START,
    )
