"""Contacts on a real engine: whole items, claims under races, opt-outs, scans."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.caps import FrequencyCap
from parley.consent import ALL_PROGRAMS, OptOut, with_opt_out
from parley.contact import (
    Contact,
    LastReply,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from parley.sending import CLAIM_RETENTION, Sending
from parley.strikes import Strike
from parley_aws.dynamo.contacts import DynamoContacts, contact_of, item_of
from parley_aws.ports import SendingWrite, WriteResult
from tests.integration.stores.values import NOW, claim, contact, race

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[3]

FULL = Contact(
    phone="+13125550000",
    region="US",
    number_zones=("America/Chicago", "America/Indiana/Knox"),
    number_state="IL",
    first_name="Ann",
    last_name="O'Hara 🍕",
    email="ann@example.com",
    language="en-US",
    timezone="America/New_York",
    state="NY",
    attributes={"city": "Austin", "visits": 3, "rate": 0.25, "vip": True, "likes": ["a", "b"]},
    lists=frozenset({"vip", "lunch"}),
    subscriptions={
        "pizza": Subscription(status=SubscriptionStatus.SUBSCRIBED, since=NOW, event_id="e1"),
        "all.day-1_x": Subscription(status=SubscriptionStatus.PENDING, since=NOW, event_id="e2"),
    },
    suppression=Suppression(reason=SuppressionReason.UNREACHABLE, since=NOW),
    left_all_at=NOW - timedelta(microseconds=1),
    last_reply=LastReply(body="YES", received_at=NOW, intent="interest", campaign_id="cmp_0"),
    strikes=(Strike(send_id="snd_1", error_code="30003", at=NOW),),
    sending=Sending(version=7, claims=(claim(1), claim(2)), disclosed={"pizza": NOW}),
)


@pytest.fixture
def table(new_table: Callable[[str], str]) -> str:
    return new_table("contacts")


@pytest.fixture
def contacts(client: DynamoDBClient, table: str) -> DynamoContacts:
    return DynamoContacts(client, table)


def test_a_contact_comes_back_whole(contacts: DynamoContacts) -> None:
    assert contacts.save(FULL, expected_version=None)
    assert contacts.get(FULL.phone) == FULL
    assert contacts.get_many([FULL.phone, FULL.phone, "+1"]) == {FULL.phone: FULL}


def test_an_unknown_number_has_no_contact(contacts: DynamoContacts) -> None:
    assert contacts.get("+13125550000") is None
    assert contacts.get_many(["+13125550000"]) == {}
    assert contacts.get_many([]) == {}


def test_a_save_needs_the_expected_version(contacts: DynamoContacts) -> None:
    first = contact(sending=Sending(version=1))
    second = replace(first, first_name="Ann", sending=Sending(version=2))
    assert not contacts.save(second, expected_version=1)
    assert contacts.save(first, expected_version=None)
    assert not contacts.save(first, expected_version=None)
    assert contacts.save(second, expected_version=1)
    assert not contacts.save(second, expected_version=1)
    assert contacts.get(first.phone) == second


def test_many_saves_stand_alone(contacts: DynamoContacts) -> None:
    contacts.save(contact(1), expected_version=None)
    results = contacts.save_many([(contact(n), None) for n in range(30)])
    assert results == [n != 1 for n in range(30)]
    assert len(contacts.get_many([contact(n).phone for n in range(120)])) == 30


def test_a_fat_item_with_claims_stays_below_one_kilobyte() -> None:
    usual = replace(
        FULL,
        attributes={"city": "Austin", "store": "South Congress", "visits": 12},
        sending=Sending(
            version=40, claims=tuple(claim(n) for n in range(6)), disclosed={"pizza": NOW}
        ),
    )
    assert _size(item_of(usual)) < 1024


def test_claims_are_taken_only_at_the_version_that_was_read(contacts: DynamoContacts) -> None:
    people = [contact(n) for n in range(60)]
    contacts.save_many([(person, None) for person in people])
    contacts.opt_out(people[7].phone, _left(ALL_PROGRAMS))
    absent = contact(99)
    results = contacts.write_sending([_claiming(p, 1) for p in [*people, absent]])
    expected = [WriteResult.WRITTEN] * 60 + [WriteResult.CONFLICT]
    expected[7] = WriteResult.CONFLICT
    assert results == expected
    held = contacts.get(people[0].phone)
    assert held is not None
    assert held.sending == Sending(version=1, claims=(claim(1),))
    assert contacts.get(absent.phone) is None


def test_of_two_claims_on_one_number_in_a_request_one_conflicts(contacts: DynamoContacts) -> None:
    contacts.save(contact(), expected_version=None)
    writes = [_claiming(contact(), 1), _claiming(contact(), 2)]
    assert contacts.write_sending(writes) == [WriteResult.WRITTEN, WriteResult.CONFLICT]


def test_g2_of_eight_writers_under_a_cap_of_one_exactly_one_claims(
    client: DynamoDBClient, table: str
) -> None:
    people = [contact(n) for n in range(40)]
    DynamoContacts(client, table).save_many([(person, None) for person in people])
    cap = FrequencyCap(max_messages=1, window_hours=24)

    def writer(number: int) -> list[str]:
        store = DynamoContacts(client, table)
        waiting = [person.phone for person in people]
        won: list[str] = []
        while waiting:
            found = store.get_many(waiting)
            free = [p for p in waiting if cap.allows_another(found[p].sending.claims, NOW)]
            results = store.write_sending([_claiming(found[p], number) for p in free])
            won += [p for p, r in zip(free, results, strict=True) if r is WriteResult.WRITTEN]
            waiting = [p for p, r in zip(free, results, strict=True) if r is WriteResult.CONFLICT]
        return won

    wins = race(*(partial(writer, n) for n in range(8)))
    assert sorted(phone for won in wins for phone in won) == [p.phone for p in people]
    stored = DynamoContacts(client, table).get_many([p.phone for p in people])
    assert all(len(found.sending.claims) == 1 for found in stored.values())


def test_g2_processes_race_for_a_cap_of_two(
    client: DynamoDBClient, table: str, engine: str
) -> None:
    store = DynamoContacts(client, table)
    people = [contact(n) for n in range(20)]
    store.save_many([(person, None) for person in people])
    command = [sys.executable, "-m", "tests.integration.stores.writer", engine, table]
    writers = [subprocess.Popen([*command, str(n), "20"], cwd=ROOT) for n in range(4)]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4
    stored = store.get_many([p.phone for p in people])
    assert [len(stored[p.phone].sending.claims) for p in people] == [2] * 20


def test_a_claim_that_races_an_opt_out_is_before_it_or_not_at_all(
    contacts: DynamoContacts,
) -> None:
    for number in range(20):
        person = contact(number)
        contacts.save(person, expected_version=None)
        results: list[Contact | list[WriteResult]] = race(
            partial(contacts.opt_out, person.phone, _left(ALL_PROGRAMS)),
            partial(contacts.write_sending, [_claiming(person, 1)]),
        )
        left = results[0]
        assert isinstance(left, Contact)
        claimed = bool(left.sending.claims)
        assert results[1] == [WriteResult.WRITTEN if claimed else WriteResult.CONFLICT]
        assert left.sending.version == 1 + claimed


def test_an_opt_out_of_an_unknown_number_makes_a_contact(contacts: DynamoContacts) -> None:
    stored = contacts.opt_out("+13125550000", _left("pizza"))
    left = _left("pizza")
    begun = Contact(phone="+13125550000", sending=Sending.begun(left.occurred_at))
    assert stored == with_opt_out(begun, left)
    assert contacts.get("+13125550000") == stored


def test_opt_outs_and_imports_race_and_none_is_lost(contacts: DynamoContacts) -> None:
    for number in range(10):
        phone = contact(number).phone
        works: list[Callable[[], object]] = [
            partial(contacts.opt_out, phone, _left(ALL_PROGRAMS)),
            partial(contacts.save, contact(number), expected_version=None),
            partial(contacts.opt_out, phone, _left("pizza")),
        ]
        race(*works)
        stored = contacts.get(phone)
        assert stored is not None
        assert stored.left_all_at == NOW
        assert stored.has_left("pizza")


_moments = st.datetimes(
    min_value=NOW.replace(tzinfo=None) - timedelta(days=3000),
    max_value=NOW.replace(tzinfo=None) + timedelta(days=3000),
    timezones=st.just(UTC),
)
_subscriptions = st.builds(
    Subscription,
    status=st.sampled_from(SubscriptionStatus),
    since=_moments,
    event_id=st.text("abcdef", min_size=1, max_size=5),
)
_known = st.builds(
    Contact,
    phone=st.just("+13125550123"),
    first_name=st.none() | st.just("Ann"),
    subscriptions=st.dictionaries(st.sampled_from(["pizza", "gym.x", "a-b"]), _subscriptions),
    suppression=st.none()
    | st.builds(Suppression, reason=st.sampled_from(SuppressionReason), since=_moments),
    left_all_at=st.none() | _moments,
    sending=st.builds(Sending, version=st.integers(0, 10), claims=st.just((claim(1),))),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    known=st.none() | _known,
    opt_out=st.builds(
        OptOut,
        event_id=st.just("e9"),
        scope=st.sampled_from([ALL_PROGRAMS, "pizza", "gym.x"]),
        source=st.just("text"),
        occurred_at=_moments,
    ),
)
def test_the_stores_opt_out_is_the_domains(
    contacts: DynamoContacts, known: Contact | None, opt_out: OptOut
) -> None:
    phone = "+13125550123"
    contacts.delete(phone)
    if known is not None:
        assert contacts.save(known, expected_version=None)
    begun = Contact(phone=phone, sending=Sending.begun(opt_out.occurred_at))
    expected = with_opt_out(known or begun, opt_out)
    assert contacts.opt_out(phone, opt_out) == expected
    assert contacts.get(phone) == expected


def test_a_deleted_contact_is_gone(contacts: DynamoContacts) -> None:
    contacts.save(contact(), expected_version=None)
    contacts.delete(contact().phone)
    contacts.delete(contact().phone)
    assert contacts.get(contact().phone) is None


def test_scan_segments_are_disjoint_and_complete(contacts: DynamoContacts) -> None:
    people = {contact(n).phone: contact(n) for n in range(100)}
    contacts.save_many([(person, None) for person in people.values()])
    seen: list[Contact] = []
    for segment in range(4):
        start_key = None
        while True:
            page = contacts.scan(segment=segment, segments=4, start_key=start_key, limit=7)
            assert len(page.contacts) <= 7
            seen.extend(page.contacts)
            start_key = page.next_key
            if start_key is None:
                break
    assert sorted(seen, key=lambda c: c.phone) == [people[p] for p in sorted(people)]


@pytest.mark.parametrize("fields", [set(), {"lists"}, {"subscriptions", "language", "last_reply"}])
def test_a_scan_reads_no_more_than_it_is_asked_for(
    contacts: DynamoContacts, fields: set[str]
) -> None:
    contacts.save(FULL, expected_version=None)
    (read,) = contacts.scan(
        segment=0, segments=1, start_key=None, limit=7, fields=frozenset(fields)
    ).contacts
    assert read == Contact(phone=FULL.phone, **{name: getattr(FULL, name) for name in fields})


def test_contacts_on_a_list_come_page_by_page(contacts: DynamoContacts) -> None:
    everyone = [contact(n, lists=frozenset({"vip"} if n % 3 else {"other"})) for n in range(60)]
    contacts.save_many([(person, None) for person in everyone])
    seen: list[str] = []
    start_key = None
    while True:
        page = contacts.listed("vip", limit=7, start_key=start_key)
        assert len(page.items) <= 7
        seen.extend(person.phone for person in page.items)
        start_key = page.next_key
        if start_key is None:
            break
    assert sorted(seen) == [p.phone for p in everyone if "vip" in p.lists]


@settings(deadline=None)
@given(known=_known)
def test_codec_round_trip(known: Contact) -> None:
    assert contact_of(item_of(known)) == known


def _left(scope: str) -> OptOut:
    return OptOut(event_id="e9", scope=scope, source="text", occurred_at=NOW)


def _claiming(person: Contact, number: int) -> SendingWrite:
    sending = person.sending.with_claim(
        claim(number), discloses=False, now=NOW, retention=CLAIM_RETENTION
    )
    return SendingWrite(
        phone=person.phone, expected_version=person.sending.version, sending=sending
    )


def _size(value: object) -> int:
    """The bytes that DynamoDB counts: names and contents, and three for every map or list."""
    match value:
        case str():
            return len(value.encode())
        case {"N": str(digits)}:
            return len(digits) // 2 + 2
        case {"M": dict(members)}:
            return 3 + sum(1 + len(k) + _size(v) for k, v in members.items())
        case {"L": list(members)}:
            return 3 + sum(1 + _size(v) for v in members)
        case {"S": str(text)}:
            return len(text.encode())
        case {"SS": list(texts)}:
            return sum(map(_size, texts))
        case {"BOOL": bool()}:
            return 1
        case dict():
            return sum(_size(k) + _size(v) for k, v in value.items())
    raise TypeError(value)
