"""Ledger, metrics, leads and journal on a real engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from parley.campaign import AudiencePage, SendStatus
from parley.errors import InvalidInputError
from parley.ids import LEDGER_SHARDS, message_id
from parley.journal import JournalEvent, JournalKind
from parley.lead import LeadStatus, cooled
from parley.ledger import Response, ResponseKind
from parley.outcome import NOT_HANDED_OVER, MessageStatus, Outcome
from parley_aws.dynamo.journal import DynamoJournal
from parley_aws.dynamo.leads import DynamoLeads
from parley_aws.dynamo.ledger import DynamoLedger, item_of
from parley_aws.dynamo.metrics import DynamoMetrics
from parley_aws.memory import MemoryPrograms, MemorySends
from parley_aws.use_cases.read_sends import ListMessages
from tests.integration.stores.values import (
    NOW,
    SEND,
    count,
    lead,
    message,
    program,
    race,
    send,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LATER = NOW + timedelta(seconds=30)
KEY = b"key of the tests"
DELIVERED = Outcome(status=MessageStatus.DELIVERED)


@pytest.fixture
def ledger(client: DynamoDBClient, new_table: Callable[[str], str]) -> DynamoLedger:
    return DynamoLedger(client, new_table("messages"))


@pytest.fixture
def metrics(client: DynamoDBClient, new_table: Callable[[str], str]) -> DynamoMetrics:
    return DynamoMetrics(client, new_table("metrics"))


@pytest.fixture
def leads(client: DynamoDBClient, new_table: Callable[[str], str]) -> DynamoLeads:
    return DynamoLeads(client, new_table("leads"))


@pytest.fixture
def journal(client: DynamoDBClient, new_table: Callable[[str], str]) -> DynamoJournal:
    return DynamoJournal(client, new_table("journal"))


def test_messages_come_back_whole(ledger: DynamoLedger) -> None:
    messages = [message(n) for n in range(60)]
    ledger.record(messages)
    ledger.record(messages[:30])
    assert ledger.get(messages[0].id) == messages[0]
    assert ledger.get_many([m.id for m in messages]) == {m.id: m for m in messages}
    assert ledger.get(message(99).id) is None


def test_a_message_recorded_twice_at_once_is_brought_together(ledger: DynamoLedger) -> None:
    deferred = replace(
        message(), status=MessageStatus.DEFERRED, provider_sid=None, parts=0, body=None
    )
    ledger.record([message(), deferred, message(1)])
    assert ledger.get(message().id) == message()


def test_g6_a_receipt_before_the_record_is_filled_in(ledger: DynamoLedger) -> None:
    assert ledger.report(message().id, DELIVERED, provider_sid="SM1", error_code=None, at=LATER)
    first = ledger.get(message().id)
    assert first is not None
    assert (first.phone, first.status, first.parts) == ("", MessageStatus.DELIVERED, 0)
    ledger.record([message()])
    assert ledger.get(message().id) == replace(
        message(), status=MessageStatus.DELIVERED, provider_sid="SM1", updated_at=LATER
    )


def test_g6_reports_in_any_order_end_alike(ledger: DynamoLedger) -> None:
    reports = [MessageStatus.SENT, MessageStatus.UNDELIVERED, MessageStatus.DELIVERED]
    for number, order in enumerate(permutations(reports)):
        ledger.record([message(number)])
        for status in order:
            code = "30003" if status is MessageStatus.UNDELIVERED else None
            report = partial(
                ledger.report,
                message(number).id,
                Outcome(status=status),
                provider_sid=message(number).provider_sid,
                error_code=code,
                at=LATER,
            )
            report()
            assert not report()
        stored = ledger.get(message(number).id)
        assert stored == replace(message(number), status=MessageStatus.DELIVERED, updated_at=LATER)


def test_g6_what_the_provider_says_replaces_our_conclusion(ledger: DynamoLedger) -> None:
    lost = replace(
        message(), status=MessageStatus.FAILED, reason=NOT_HANDED_OVER, provider_sid=None
    )
    ledger.record([lost])
    assert ledger.report(message().id, DELIVERED, provider_sid="SM9", error_code=None, at=LATER)
    stored = ledger.get(message().id)
    assert stored == replace(
        lost, status=MessageStatus.DELIVERED, reason=None, provider_sid="SM9", updated_at=LATER
    )


def test_g6_records_and_receipts_race_and_nothing_is_lost(ledger: DynamoLedger) -> None:
    for number in range(12):
        unknown = replace(
            message(number), status=MessageStatus.UNKNOWN, provider_sid=None, updated_at=NOW
        )
        works: list[Callable[[], object]] = [
            partial(ledger.record, [message(number)]),
            partial(ledger.record, [unknown]),
            partial(
                ledger.report,
                message(number).id,
                DELIVERED,
                provider_sid=message(number).provider_sid,
                error_code=None,
                at=LATER,
            ),
            partial(
                ledger.report,
                message(number).id,
                Outcome(status=MessageStatus.SENT),
                provider_sid=message(number).provider_sid,
                error_code=None,
                at=LATER,
            ),
        ]
        race(*works)
        assert ledger.get(message(number).id) == replace(
            message(number), status=MessageStatus.DELIVERED, updated_at=LATER
        )


def test_a_deferred_message_is_sent_later(ledger: DynamoLedger) -> None:
    deferred = replace(
        message(),
        status=MessageStatus.DEFERRED,
        provider_sid=None,
        parts=0,
        body=None,
        handed_over_at=None,
    )
    ledger.record([deferred])
    sent = replace(message(), updated_at=LATER)
    ledger.record([sent])
    ledger.record([deferred])
    assert ledger.get(message().id) == sent


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_entries_are_listed_whole_and_once(ledger: DynamoLedger, limit: int) -> None:
    skipped = [
        replace(message(n), status=MessageStatus.SKIPPED, reason=reason)
        for n, reason in enumerate(["opted_out", "frequency_cap"] * 10)
    ]
    accepted = [message(n) for n in range(20, 60)]
    ledger.record(skipped + accepted)
    ledger.respond(
        [Response(send_id=SEND, kind=ResponseKind.REPLY, id="SM1", details={"intent": "chatter"})]
    )

    def listed(status: MessageStatus | None, reason: str | None) -> list[str]:
        seen: list[str] = []
        start_key = None
        while True:
            page = ledger.entries(
                SEND, status=status, reason=reason, limit=limit, start_key=start_key
            )
            assert len(page.items) <= limit
            seen.extend(m.id for m in page.items)
            start_key = page.next_key
            if start_key is None:
                return sorted(seen)

    assert listed(None, None) == sorted(m.id for m in skipped + accepted)
    assert listed(MessageStatus.SKIPPED, None) == sorted(m.id for m in skipped)
    assert listed(MessageStatus.SKIPPED, "opted_out") == sorted(m.id for m in skipped[::2])
    assert listed(MessageStatus.FAILED, None) == []


@pytest.mark.parametrize(
    "harm", [{"status": {"S": "flying"}}, {"updated_at": {"N": "7"}}, {"status": {"BOOL": True}}]
)
def test_g4_whose_entry_cannot_be_read_is_listed_as_pending(
    client: DynamoDBClient, new_table: Callable[[str], str], harm: dict[str, Any]
) -> None:
    """As the counts have it; the metrics tell of an unreadable entry."""
    table = new_table("messages")
    ledger = DynamoLedger(client, table)
    sends = MemorySends(MemoryPrograms(program()))
    sends.create(send(id=SEND, status=SendStatus.SENDING))
    messages = [message(n, id=message_id(KEY, send=SEND, phone=message(n).phone)) for n in range(3)]
    phones = tuple(m.phone for m in messages)
    sends.add_page(AudiencePage(send_id=SEND, id="0-0", phones=phones, next_key=None))
    ledger.record(messages)
    client.put_item(TableName=table, Item=item_of(messages[1]) | harm)
    listing = ListMessages(sends=sends, ledger=ledger, id_key=KEY)
    page = listing(SEND, status=None, reason=None, limit=9, start_key=None)
    assert sorted((m.phone, m.status.value) for m in page.items) == [
        (phones[0], "accepted"),
        (phones[1], "pending"),
        (phones[2], "accepted"),
    ]


def test_a_response_is_noted_once(ledger: DynamoLedger) -> None:
    left = Response(send_id=SEND, kind=ResponseKind.OPT_OUT, id="order-1", details={"sid": "SM1"})
    replied = replace(left, kind=ResponseKind.REPLY, details={"intent": "x"})
    race(*([partial(ledger.respond, [left, left])] * 6))
    ledger.respond([replace(left, details={"sid": "SM2"}), replied])
    shards = (f"{SEND}#{shard:02d}" for shard in range(LEDGER_SHARDS))
    entries = [entry for shard in shards for entry in ledger.audit(shard)]
    assert sorted(entries, key=lambda entry: str(entry["kind"])) == [
        {"kind": "opt_out", "response_id": "order-1", "sid": "SM1"},
        {"kind": "reply", "response_id": "order-1", "intent": "x"},
    ]


def test_g9_a_forgotten_number_leaves_its_outcome(ledger: DynamoLedger) -> None:
    ledger.record([message()])
    ledger.forget([message().id, message(5).id])
    assert ledger.get(message().id) == replace(message(), phone="", body=None)
    assert ledger.get(message(5).id) is None


def test_g5_metrics_are_added_once_per_mark(metrics: DynamoMetrics) -> None:
    row = f"{SEND}#03"
    assert metrics.mark(row) is None
    add = partial(metrics.add, row, {"status:accepted": 2, "parts": 3}, sequence=f"{7:040d}")
    assert count(race(*([add] * 8))) == 1
    assert metrics.mark(row) == f"{7:040d}"
    assert not metrics.add(row, {"parts": 1}, sequence=f"{6:040d}")
    assert metrics.add(row, {"status:accepted": -1, "status:sent": 1}, sequence=f"{8:040d}")
    assert metrics.add(f"{SEND}#15", {"parts": 4, "error:30003": 1}, sequence=f"{1:040d}")
    assert metrics.add(f"{SEND}#15", {}, sequence=f"{2:040d}")
    assert metrics.add("snd_other#00", {"parts": 100}, sequence=f"{1:040d}")
    assert metrics.of_send(SEND) == {
        "status:accepted": 1,
        "status:sent": 1,
        "parts": 7,
        "error:30003": 1,
    }
    assert metrics.of_send("snd_none") == {}


def test_leads_that_race_leave_one_active(leads: DynamoLeads) -> None:
    made = [lead(n, phone="+13125550000") for n in range(8)]
    won = race(*(partial(leads.open, one) for one in made))
    assert count(won) == 1
    winner = made[won.index(True)]
    assert leads.active("pizza", "+13125550000") == winner
    assert leads.get(winner.id) == winner
    assert leads.open(replace(winner, id="lead_gym", program_id="gym"))
    assert leads.active("gym", "+1") is None


def test_of_claims_that_race_one_is_made(leads: DynamoLeads) -> None:
    leads.open(lead())
    claims = [replace(lead(), status=LeadStatus.CLAIMED, owner=f"s{n}") for n in range(8)]
    won = race(*(partial(leads.update, one, expected=lead()) for one in claims))
    assert count(won) == 1
    assert leads.get(lead().id) == claims[won.index(True)]


def test_a_closed_lead_makes_room_and_reopens_only_where_there_is_room(leads: DynamoLeads) -> None:
    first, second = lead(1, phone="+13125550000"), lead(2, phone="+13125550000")
    won = replace(first, status=LeadStatus.WON)
    leads.open(first)
    assert leads.update(won, expected=first)
    assert leads.active("pizza", first.phone) is None
    assert leads.open(second)
    assert not leads.update(first, expected=won)
    assert leads.get(first.id) == won
    assert leads.update(replace(second, status=LeadStatus.LOST), expected=second)
    assert leads.update(first, expected=won)
    assert leads.active("pizza", first.phone) == first
    assert [one.id for one in leads.of_phone(first.phone)] == ["lead_1", "lead_2"]


def test_a_lead_is_updated_only_as_expected(leads: DynamoLeads) -> None:
    leads.open(lead())
    raised = replace(lead(), replies=2, score=85)
    assert not leads.update(raised, expected=replace(lead(), owner="Sam"))
    assert not leads.update(raised, expected=replace(lead(), replies=3))
    assert not leads.update(raised, expected=cooled(lead())), "the score moves without a reply"
    assert leads.update(raised, expected=lead())
    assert not leads.update(lead(9), expected=lead(9))


def test_leads_are_ranked_by_score_then_by_waiting(leads: DynamoLeads) -> None:
    due = [lead().due_at + timedelta(minutes=n) for n in range(3)]
    made = [
        lead(0, score=75, due_at=due[0]),
        lead(1, score=100, due_at=due[1]),
        lead(2, score=75, due_at=due[2]),
        lead(3, score=100, due_at=due[0]),
        lead(4, score=5, due_at=due[0]),
    ]
    for one in made:
        leads.open(one)
    seen: list[str] = []
    start_key = None
    while True:
        page = leads.ranked(LeadStatus.OPEN, limit=2, start_key=start_key)
        seen.extend(one.id for one in page.items)
        start_key = page.next_key
        if start_key is None:
            break
    assert seen == ["lead_3", "lead_1", "lead_0", "lead_2", "lead_4"]
    assert leads.ranked(LeadStatus.WON, limit=2, start_key=None).items == ()
    with pytest.raises(InvalidInputError):
        leads.ranked(LeadStatus.OPEN, limit=2, start_key="nonsense")


def test_g9_the_leads_of_a_number_are_forgotten(leads: DynamoLeads) -> None:
    leads.open(lead(1))
    leads.open(lead(2))
    leads.forget(lead(1).phone)
    assert leads.get("lead_1") is None
    assert leads.active("pizza", lead(1).phone) is None
    assert leads.of_phone(lead(1).phone) == []
    assert leads.get("lead_2") == lead(2)


def event(number: int, kind: JournalKind = JournalKind.OPT_OUT, **changes: object) -> JournalEvent:
    event = JournalEvent(
        id=f"e{number:03d}",
        phone=f"+1312555{number % 3:04d}",
        kind=kind,
        occurred_at=NOW + timedelta(seconds=number),
        program_id="pizza",
        details={"source": "text"},
    )
    return replace(event, **changes)  # type: ignore[arg-type]  # fields by name


def test_the_journal_keeps_what_came_first(journal: DynamoJournal) -> None:
    events = [event(n, JournalKind.CONSENT, phone="+1", program_id=None) for n in range(40)]
    journal.append(events[::-1])
    journal.append([replace(events[3], occurred_at=LATER, details={"source": "other"})])
    assert journal.of("+1") == events
    assert journal.of("+2") == []


def test_g9_nothing_follows_from_a_reply_that_is_forgotten(journal: DynamoJournal) -> None:
    def event(kind: JournalKind, id_: str) -> JournalEvent:
        details = {"sid": "SM1", "body": "how much is it?"}
        return JournalEvent(
            id=id_, phone="+13125550000", kind=kind, occurred_at=NOW, details=details
        )

    reply, meaning = event(JournalKind.REPLY, "r"), event(JournalKind.UNDERSTANDING, "u")
    assert not journal.append_about(meaning, reply)
    journal.append([reply])
    assert journal.append_about(meaning, reply)
    assert journal.append_about(meaning, reply)
    assert journal.of(reply.phone) == [reply, meaning]
    journal.forget(reply.phone)
    assert not journal.append_about(meaning, reply)
    assert journal.of(reply.phone) == []


def test_opt_outs_come_newest_first_page_by_page(journal: DynamoJournal) -> None:
    events = [event(n) for n in range(30)]
    journal.append([*events, event(50, JournalKind.REPLY), event(51, JournalKind.CONSENT)])
    together = [event(100 + n, occurred_at=LATER) for n in range(9)]
    journal.append(together)
    seen: list[JournalEvent] = []
    start_key = None
    while True:
        page = journal.recent(
            JournalKind.OPT_OUT,
            since=NOW + timedelta(seconds=5),
            limit=4,
            start_key=start_key,
        )
        assert len(page.items) <= 4
        seen.extend(page.items)
        start_key = page.next_key
        if start_key is None:
            break
    expected = [*events[5:], *together]
    assert seen == sorted(expected, key=lambda e: (e.occurred_at, e.id), reverse=True)


def test_only_opt_outs_and_replies_are_indexed(journal: DynamoJournal) -> None:
    with pytest.raises(ValueError, match="no index"):
        journal.recent(JournalKind.CONSENT, since=NOW, limit=1, start_key=None)


def test_a_reply_is_found_by_its_sid_until_it_is_forgotten(journal: DynamoJournal) -> None:
    reply = event(1, JournalKind.REPLY, details={"sid": "SM1", "body": "YES"})
    meant = event(2, JournalKind.UNDERSTANDING, phone=reply.phone, details={"sid": "SM1"})
    journal.append([reply, meant])
    assert journal.reply("SM1") == reply
    assert journal.reply("SM2") is None
    journal.forget(reply.phone)
    assert journal.reply("SM1") is None
    assert journal.of(reply.phone) == []
    assert journal.recent(JournalKind.REPLY, since=NOW, limit=5, start_key=None).items == ()
