"""Sends, programs, campaigns, keys, imports and allowances on a real engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from parley.campaign import AudiencePage, Campaign, PageRange, Send, SendStatus
from parley.caps import FrequencyCap
from parley.errors import ConflictError, NotFoundError
from parley.imports import Import, ImportConsent, ImportKind, ImportStatus, Tally
from parley.keys import ApiKey, Role, key_hash
from parley.money import Money
from parley.program import KeywordReplies, OptOutScope, ProgramTexts, Sender
from parley.quiet_hours import QuietHours, QuietHoursPolicy
from parley_aws.dynamo.allowance import DynamoAllowance
from parley_aws.dynamo.campaigns import DynamoCampaigns
from parley_aws.dynamo.imports import DynamoImports
from parley_aws.dynamo.keys import DynamoKeys
from parley_aws.dynamo.programs import DynamoPrograms
from parley_aws.dynamo.sends import DynamoSends
from parley_aws.ports import OrganizationSettings, SendContext
from tests.integration.stores.values import NOW, campaign, count, program, race, send

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def table(new_table: Callable[[str], str]) -> str:
    return new_table("campaigns")


@pytest.fixture
def sends(client: DynamoDBClient, table: str) -> DynamoSends:
    return DynamoSends(client, table)


@pytest.fixture
def programs(client: DynamoDBClient, table: str) -> DynamoPrograms:
    return DynamoPrograms(client, table)


@pytest.fixture
def campaigns(client: DynamoDBClient, table: str) -> DynamoCampaigns:
    return DynamoCampaigns(client, table)


@pytest.fixture
def imports(client: DynamoDBClient, table: str) -> DynamoImports:
    return DynamoImports(client, table)


@pytest.fixture
def allowance(client: DynamoDBClient, table: str) -> DynamoAllowance:
    return DynamoAllowance(client, table)


FULL_PROGRAM = program(
    default_region="CA",
    timezone="America/Toronto",
    sender=Sender(from_="+15005550006", keyword_replies=KeywordReplies.OURS),
    frequency_caps=(FrequencyCap(max_messages=1, window_hours=24),),
    quiet_hours=QuietHours(policy=QuietHoursPolicy.WINDOW, start=time(21), end=time(8, 30)),
    trust_timezone=True,
    opt_out_scope=OptOutScope.PROGRAM,
    messages_per_second=3,
    join_keywords=("PIZZA",),
    double_opt_in=True,
    disclosure_every=None,
    texts=ProgramTexts(welcome="Hi", help="Call us"),
    lead_sla=timedelta(minutes=5),
    price_per_part=Money(amount=Decimal("0.0100"), currency="CAD"),
)


@pytest.mark.parametrize("value", [program(), FULL_PROGRAM], ids=["plain", "full"])
def test_a_program_comes_back_whole(programs: DynamoPrograms, value: object) -> None:
    assert isinstance(value, type(FULL_PROGRAM))
    programs.put(value)
    programs.put(value)
    assert programs.get("pizza") == value
    assert programs.by_sender(value.sender.address) == value
    assert programs.all() == [value]
    assert programs.by_sender("+1") is None
    assert programs.get("gym") is None


def test_a_sender_belongs_to_one_program(programs: DynamoPrograms) -> None:
    programs.put(program())
    with pytest.raises(ConflictError, match="belongs to program pizza"):
        programs.put(program(id="gym"))
    assert programs.get("gym") is None


def test_a_sender_that_a_program_leaves_is_free(programs: DynamoPrograms) -> None:
    programs.put(program())
    programs.put(program(sender=Sender(from_="+15005550006")))
    gym = program(id="gym")
    programs.put(gym)
    assert programs.by_sender(gym.sender.address) == gym
    assert [p.id for p in programs.all()] == ["gym", "pizza"]


def test_who_was_asked_for_a_sender_before_sees_where_it_went(programs: DynamoPrograms) -> None:
    first, other = program(), Sender(from_="+15005550006")
    address = first.sender.address
    programs.put(first)
    for _ in range(2):
        assert programs.by_sender(address) == first
    renamed = replace(first, brand="Acme Pies")
    programs.put(renamed)
    assert programs.by_sender(address) == renamed
    programs.put(replace(renamed, sender=other))
    assert programs.by_sender(address) is None
    programs.put(program(id="gym"))
    assert programs.by_sender(address) == program(id="gym")
    assert programs.by_sender(other.address) == replace(renamed, sender=other)


def test_of_programs_that_race_for_a_sender_one_gets_it(programs: DynamoPrograms) -> None:
    def put(name: str) -> bool:
        try:
            programs.put(program(id=name))
        except ConflictError:
            return False
        return True

    assert count(race(*(partial(put, f"p{n}") for n in range(6)))) == 1
    assert len(programs.all()) == 1


def test_settings_have_defaults(programs: DynamoPrograms) -> None:
    assert programs.settings() == OrganizationSettings()
    settings = OrganizationSettings(
        frequency_caps=(FrequencyCap(max_messages=4, window_hours=168),),
        test_phones=("+13125550100",),
    )
    programs.put_settings(settings)
    assert programs.settings() == settings


def test_a_campaign_is_replaced_only_at_its_version(campaigns: DynamoCampaigns) -> None:
    first = campaign(
        segment={"all": [{"list": "vip"}, {"attribute": "n", "in": [1, 2.5]}]},
        auto_reply="Great!",
        lead_keywords=("YES",),
    )
    second = replace(first, version=2, name="Saturday")
    campaigns.create(first)
    with pytest.raises(ConflictError):
        campaigns.create(second)
    assert campaigns.get(first.id) == first
    assert campaigns.replace(second, expected_version=1)
    assert not campaigns.replace(second, expected_version=1)
    assert campaigns.get(first.id) == second
    assert campaigns.get("cmp_none") is None


def test_campaigns_come_newest_first_page_by_page(campaigns: DynamoCampaigns) -> None:
    made = [campaign(n) for n in range(7)]
    for one in made:
        campaigns.create(one)
    seen: list[Campaign] = []
    start_key = None
    while True:
        page = campaigns.newest(limit=3, start_key=start_key)
        seen.extend(page.items)
        start_key = page.next_key
        if start_key is None:
            break
    assert seen == made[::-1]


def test_a_send_is_made_once(sends: DynamoSends) -> None:
    full = send(
        max_spend=Money(amount=Decimal("12.50"), currency="USD"),
        campaign=campaign(segment={"list": "vip"}),
    )
    answers = race(*(partial(sends.create, replace(full, request_hash=f"h{n}")) for n in range(6)))
    assert len(set(map(str, answers))) == 1
    assert sends.get(full.id) == answers[0]
    assert sends.create(full) == answers[0]
    assert sends.get("snd_none") is None


def test_sends_are_listed_by_campaign_newest_first(sends: DynamoSends) -> None:
    made = [send(n, campaign=campaign(n % 2)) for n in range(9)]
    for one in made:
        sends.create(one)
    seen: list[Send] = []
    start_key = None
    while True:
        page = sends.newest(campaign_id="cmp_1", limit=2, start_key=start_key)
        assert len(page.items) <= 2
        seen.extend(page.items)
        start_key = page.next_key
        if start_key is None:
            break
    assert [s.id for s in seen] == [s.id for s in made[::-1] if s.campaign.id == "cmp_1"]
    everything = sends.newest(campaign_id=None, limit=20, start_key=None)
    assert list(everything.items) == made[::-1]


def test_the_context_follows_its_send_program_and_settings(
    sends: DynamoSends, programs: DynamoPrograms
) -> None:
    assert sends.context(send().id) is None
    sends.create(send())
    assert sends.context(send().id) is None
    programs.put(program())
    expected = SendContext(send=send(), program=program(), settings=OrganizationSettings())
    assert sends.context(send().id) == expected
    changed = program(messages_per_second=99)
    programs.put(changed)
    programs.put_settings(OrganizationSettings(test_phones=("+1",)))
    assert sends.move(send().id, to=SendStatus.PAUSED, only_from=_ANY, at=NOW, reason="by hand")
    context = sends.context(send().id)
    assert context is not None
    assert context.program == changed
    assert context.settings.test_phones == ("+1",)
    assert (context.send.status, context.send.pause_reason) == (SendStatus.PAUSED, "by hand")


_ANY = frozenset(SendStatus)


def test_a_send_moves_only_from_where_it_may(sends: DynamoSends) -> None:
    sends.create(send())
    wanted = frozenset({SendStatus.PAUSED, SendStatus.SENDING})
    assert not sends.move(send().id, to=SendStatus.CANCELED, only_from=wanted, at=NOW)
    assert not sends.move("snd_none", to=SendStatus.CANCELED, only_from=_ANY, at=NOW)
    assert sends.get("snd_none") is None
    assert sends.move(send().id, to=SendStatus.PAUSED, only_from=_ANY, at=NOW, reason="why")
    assert sends.move(send().id, to=SendStatus.CANCELED, only_from=wanted, at=NOW)
    assert sends.get(send().id) == send(status=SendStatus.CANCELED, completed_at=NOW)


def test_a_send_knows_when_it_went_on_after_a_pause(sends: DynamoSends) -> None:
    sends.create(send())
    paused, going = frozenset({SendStatus.PAUSED}), SendStatus.SENDING
    assert sends.move(send().id, to=SendStatus.PAUSED, only_from=_ANY, at=NOW, reason="why")
    assert sends.move(send().id, to=going, only_from=paused, at=NOW)
    assert sends.get(send().id) == send(status=going, resumed_at=NOW)


def test_of_moves_that_race_one_is_made(sends: DynamoSends) -> None:
    sends.create(send())
    move = partial(
        sends.move,
        send().id,
        to=SendStatus.RESOLVING,
        only_from=frozenset({SendStatus.SCHEDULED}),
        at=NOW,
    )
    assert count(race(*([move] * 8))) == 1


def test_g4_a_page_that_is_raced_for_counts_once(sends: DynamoSends) -> None:
    sends.create(send())
    pages = [
        AudiencePage(
            send_id=send().id,
            id="0-000001",
            phones=tuple(f"+1312555{n:04d}" for n in range(writer * 100, writer * 100 + 10)),
            next_key=f"+1312555{writer:04d}",
        )
        for writer in range(8)
    ]
    answers = race(*(partial(sends.add_page, page) for page in pages))
    assert len(set(answers)) == 1
    assert sends.page(send().id, "0-000001") == answers[0]
    stored = sends.get(send().id)
    assert stored is not None
    assert stored.audience == 10


def test_g4_pages_added_at_once_add_up(sends: DynamoSends) -> None:
    sends.create(send())
    pages = [
        AudiencePage(
            send_id=send().id,
            id=f"{n:02d}",
            phones=tuple(f"+1312{n:03d}{i:04d}" for i in range(100)),
            next_key=None,
        )
        for n in range(12)
    ]
    race(*(partial(sends.add_page, page) for page in pages))
    assert sends.pages(send().id) == pages
    stored = sends.get(send().id)
    assert stored is not None
    assert stored.audience == 1200
    assert sends.page(send().id, "99") is None


def test_a_page_needs_its_send(sends: DynamoSends) -> None:
    page = AudiencePage(send_id="snd_none", id="0", phones=("+1",), next_key=None)
    with pytest.raises(NotFoundError):
        sends.add_page(page)
    assert sends.page("snd_none", "0") is None


def test_an_empty_page_is_a_page(sends: DynamoSends) -> None:
    sends.create(send())
    page = AudiencePage(send_id=send().id, id="0", phones=(), next_key="+1")
    assert sends.add_page(page) == page
    assert sends.pages(send().id) == [page]


def test_resolution_is_closed_by_the_last_segment(sends: DynamoSends) -> None:
    sends.create(send())
    later = NOW + timedelta(minutes=1)
    assert not sends.close_segment(send().id, 0, 2, NOW)
    assert not sends.close_segment(send().id, 0, 2, NOW)
    stored = sends.get(send().id)
    assert stored is not None
    assert stored.resolved_at is None
    assert sends.close_segment(send().id, 1, 2, NOW)
    assert sends.close_segment(send().id, 1, 2, later)
    stored = sends.get(send().id)
    assert stored is not None
    assert stored.resolved_at == NOW


def test_parked_ranges_wait_for_their_own_release(sends: DynamoSends) -> None:
    ranges = [
        PageRange(send_id=send().id, page_id=f"p{n // 10}", start=n * 50, end=n * 50 + 50)
        for n in range(60)
    ]
    sends.park("2026-11-22T13:00Z", ranges[:59])
    sends.park("2026-11-22T13:00Z", ranges[:59])
    sends.park("paused", ranges[59:])
    assert sends.parked(send().id, "2026-11-22T13:00Z") == ranges[:59]
    assert sends.parked(send().id, "paused") == ranges[59:]
    sends.unpark("2026-11-22T13:00Z", ranges[:58])
    assert sends.parked(send().id, "2026-11-22T13:00Z") == ranges[58:59]
    assert sends.parked(send().id, "never") == []


def test_g8_a_revoked_key_is_gone_at_once(client: DynamoDBClient, table: str) -> None:
    keys = DynamoKeys(client, table)
    made = [
        ApiKey(id=f"k{n}", role=Role.SALES, owner="Sam", created_at=NOW - timedelta(days=n))
        for n in range(3)
    ]
    for key in made:
        keys.add(key, secret_hash=key_hash(key.id))
    assert keys.all() == made[::-1]
    assert keys.by_hash(key_hash("k1")) == made[1]
    with pytest.raises(ConflictError):
        keys.add(made[0], secret_hash=key_hash("k1"))
    assert keys.revoke("k1")
    assert not keys.revoke("k1")
    assert keys.by_hash(key_hash("k1")) is None
    assert keys.all() == [made[2], made[0]]


JOB = Import(
    id="imp_1",
    kind=ImportKind.CONTACTS,
    status=ImportStatus.AWAITING_UPLOAD,
    created_at=NOW,
    program_id="pizza",
    lists=("vip",),
    consent=ImportConsent(source="web form", obtained_at=NOW, wording="Yes, text me"),
)


def test_an_import_begins_once_and_ends_once(imports: DynamoImports) -> None:
    imports.create(JOB)
    with pytest.raises(ConflictError):
        imports.create(replace(JOB, program_id="gym"))
    assert imports.get(JOB.id) == JOB
    begun = replace(JOB, status=ImportStatus.PROCESSING, etag="e1")
    assert imports.begin(JOB.id, etag="e1") == begun
    assert imports.begin(JOB.id, etag="e2") == begun
    assert imports.begin("imp_none", etag="e1") is None
    assert imports.cut(JOB.id, pieces=3).pieces == 3
    assert imports.cut(JOB.id, pieces=4).pieces == 3
    imports.finish(JOB.id, status=ImportStatus.FAILED, at=NOW, failure="no phone column")
    imports.finish(JOB.id, status=ImportStatus.COMPLETED, at=NOW)
    ended = imports.get(JOB.id)
    assert ended is not None
    assert (ended.status, ended.failure, ended.completed_at) == (
        ImportStatus.FAILED,
        "no phone column",
        NOW,
    )
    assert imports.newest(limit=5, start_key=None).items == (ended,)


def test_a_piece_counts_once_however_often_it_is_told(imports: DynamoImports) -> None:
    imports.create(JOB)
    imports.begin(JOB.id, etag="e1")
    imports.cut(JOB.id, pieces=4)
    tally = Tally(rows=10, accepted=8, rejected=2, not_revived=1)
    race(
        *(
            partial(imports.count_piece, JOB.id, piece=n % 4, tally=replace(tally, rows=10 + n % 4))
            for n in range(8)
        )
    )
    job = imports.count_piece(JOB.id, piece=0, tally=tally)
    assert job.is_through
    assert job.pieces_done == 4
    assert job.tally == Tally(rows=46, accepted=32, rejected=8, not_revived=4)


def test_a_piece_needs_its_import(imports: DynamoImports) -> None:
    with pytest.raises(NotFoundError):
        imports.count_piece("imp_none", piece=0, tally=Tally())


def test_pace_queues_up_and_starts_anew_after_a_rest(allowance: DynamoAllowance) -> None:
    far = NOW + timedelta(hours=1)
    take = partial(allowance.pace, "pizza", count=50, per_second=10, until=far)
    assert take(now=NOW) == NOW
    assert take(now=NOW) == NOW + timedelta(seconds=5)
    assert take(now=NOW + timedelta(seconds=1)) == NOW + timedelta(seconds=10)
    assert take(now=NOW + timedelta(minutes=2)) == NOW + timedelta(minutes=2)


def test_pace_reserves_nothing_past_the_end(allowance: DynamoAllowance) -> None:
    until = NOW + timedelta(seconds=6)
    take = partial(allowance.pace, "pizza", count=50, per_second=10, now=NOW, until=until)
    assert [take(), take(), take(), take()] == [NOW, NOW + timedelta(seconds=5), None, None]


def test_paces_that_race_do_not_overlap(allowance: DynamoAllowance) -> None:
    far = NOW + timedelta(hours=1)
    take = partial(allowance.pace, "pizza", count=10, per_second=10, now=NOW, until=far)
    starts = race(*([take] * 8))
    assert sorted(s for s in starts if s) == [NOW + timedelta(seconds=n) for n in range(8)]


def test_money_is_never_reserved_past_the_limit(allowance: DynamoAllowance) -> None:
    spend = partial(allowance.spend, "snd_1", Decimal("0.30"), limit=Decimal("1.00"))
    assert not allowance.spend("snd_1", Decimal("1.01"), limit=Decimal("1.00"))
    assert count(race(*([spend] * 8))) == 3
    assert allowance.spend("snd_1", Decimal("0.10"), limit=Decimal("1.00"))
    allowance.refund("snd_1", Decimal("0.30"))
    assert spend()
    assert not spend()
