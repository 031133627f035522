"""Sends that race on a real engine: caps are exact, nobody is texted twice, STOP is final."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parley import ids
from parley.campaign import AudiencePage, SendStatus
from parley.caps import FrequencyCap
from parley.consent import ALL_PROGRAMS, OptOut
from parley.contact import Subscription, SubscriptionStatus
from parley.outcome import MessageStatus
from parley.quiet_hours import QuietHours, QuietHoursPolicy
from parley_aws.dynamo.contacts import DynamoContacts
from parley_aws.dynamo.ledger import DynamoLedger
from parley_aws.dynamo.programs import DynamoPrograms
from parley_aws.dynamo.sends import DynamoSends
from tests.integration.stores.racer import KEY, Tables
from tests.integration.stores.values import contact, program, send

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[3]
PEOPLE, CAP, SENDS, DELIVERIES, RANGE = 200, 2, 4, 2, 50


@pytest.mark.slow
@pytest.mark.parametrize("stops", [0, 40], ids=["nobody leaves", "people leave"])
def test_g1_g2_g3_hold_in_a_race_of_processes(
    engine: str, client: DynamoDBClient, new_table: Callable[[str], str], stops: int
) -> None:
    tables = Tables(
        **{kind: new_table(kind) for kind in ("contacts", "journal", "campaigns", "messages")}
    )
    phones, send_ids = _prepare(client, tables)
    command = [sys.executable, "-m", "tests.integration.stores.racer", engine]
    arguments = [json.dumps(asdict(tables)), ",".join(send_ids), str(PEOPLE), str(RANGE)]
    racers = [
        subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(DELIVERIES)
    ]
    left = _stop(client, tables, random.Random(7).sample(phones, stops))
    taken = []
    for racer in racers:
        output, _ = racer.communicate(timeout=120)
        assert racer.returncode == 0
        taken += [json.loads(line) for line in output.splitlines()]

    assert max(Counter(each["message"] for each in taken).values()) == 1, "G3"
    texts = Counter(each["phone"] for each in taken)
    assert max(texts.values()) <= CAP, "G2"
    assert all(texts[phone] == CAP for phone in phones if phone not in left), "G2: exact"
    for each in taken:
        final = left.get(each["phone"])
        assert final is None or datetime.fromisoformat(each["started"]) < final, "G1"
    _check_outcomes(client, tables, send_ids, phones, {each["message"] for each in taken})


def _prepare(client: DynamoDBClient, tables: Tables) -> tuple[list[str], list[str]]:
    now = datetime.now(UTC).replace(microsecond=0)
    joined = Subscription(
        status=SubscriptionStatus.SUBSCRIBED, since=now - timedelta(days=9), event_id="e"
    )
    people = [contact(n, subscriptions={"pizza": joined}) for n in range(PEOPLE)]
    saved = DynamoContacts(client, tables.contacts).save_many([(p, None) for p in people])
    assert all(saved)
    DynamoPrograms(client, tables.campaigns).put(
        program(
            frequency_caps=(FrequencyCap(max_messages=CAP, window_hours=24),),
            quiet_hours=QuietHours(policy=QuietHoursPolicy.NONE),
            messages_per_second=1_000_000,
        )
    )
    sends = DynamoSends(client, tables.campaigns)
    phones = [person.phone for person in people]
    created = [
        send(
            n,
            status=SendStatus.SENDING,
            starts_at=now,
            expires_at=now + timedelta(hours=24),
            resolved_at=now,
        )
        for n in range(SENDS)
    ]
    for each in created:
        sends.create(each)
        sends.add_page(AudiencePage(send_id=each.id, id="0-0", phones=tuple(phones), next_key=None))
    return phones, [each.id for each in created]


def _stop(client: DynamoDBClient, tables: Tables, phones: list[str]) -> dict[str, datetime]:
    """Have people leave while the race is on; from when on nothing may be posted to each."""
    contacts = DynamoContacts(client, tables.contacts)
    final = {}
    while phones and not _is_claimed(contacts, 0):
        time.sleep(0.01)
    for phone in phones:
        now = datetime.now(UTC)
        leaves = OptOut(event_id="o", scope=ALL_PROGRAMS, source="text", occurred_at=now)
        after = contacts.opt_out(phone, leaves)
        written = datetime.now(UTC)
        final[phone] = after.sending.open_until(written) or written
    return final


def _is_claimed(contacts: DynamoContacts, number: int) -> bool:
    found = contacts.get(contact(number).phone)
    return found is not None and bool(found.sending.claims)


def _check_outcomes(
    client: DynamoDBClient,
    tables: Tables,
    send_ids: list[str],
    phones: list[str],
    taken: set[str],
) -> None:
    ledger = DynamoLedger(client, tables.messages)
    for send_id in send_ids:
        expected = [ids.message_id(KEY, send=send_id, phone=phone) for phone in phones]
        found = ledger.get_many(expected)
        assert len(found) == PEOPLE, "G4: everyone has an outcome"
        for message in found.values():
            if message.id in taken:
                assert message.status is MessageStatus.ACCEPTED
            else:
                assert message.reason in ("frequency_cap", "opted_out")
