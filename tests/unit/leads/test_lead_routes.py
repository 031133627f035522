"""Leads through the HTTP API: found, claimed, texted back, closed."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from parley.consent import ALL_PROGRAMS, OptOut
from parley.contact import Contact
from parley.errors import TransientError
from parley.journal import JournalEvent, JournalKind
from parley.keys import Role
from parley.lead import Lead, LeadStatus, cooled
from parley.metrics import entry_metrics
from parley.number import new_contact
from parley_aws.memory import Answer, MemoryLeads
from parley_aws.numbers import read_number
from parley_aws.ports import PostStatus
from parley_aws.use_cases.lead_work import claim_lead
from tests.support.api import FRIDAY_NOON, ApiClient, Reply

ANN = "+15125550101"
PROGRAM = {"brand": "Acme Pizza", "sender": {"from": "+15125550001"}, "timezone": "UTC"}
NIGHT = timedelta(hours=10)
"""From noon in Texas to ten in the evening."""


def lead(number: int = 1, **changes: Any) -> Lead:
    made = Lead(
        id=f"lead_{number}",
        phone=f"+151255501{number:02d}",
        first_name="Ann",
        program_id="pizza",
        campaign_id="cmp_1",
        send_id="snd_1",
        score=80,
        reasons=("answered with a lead keyword",),
        reply_body="YES",
        reply_received_at=FRIDAY_NOON,
        replies=1,
        status=LeadStatus.OPEN,
        owner=None,
        due_at=FRIDAY_NOON + timedelta(minutes=15),
        created_at=FRIDAY_NOON,
    )
    return replace(made, **changes)


@pytest.fixture
def client() -> ApiClient:
    client = ApiClient()
    assert client.call("PUT", "/programs/pizza", PROGRAM).status == 201
    return client


def call(client: ApiClient, method: str, path: str, body: object = None) -> Reply:
    return client.call(method, path, body, role=Role.SALES)


def known(client: ApiClient, phone: str = ANN, **changes: Any) -> None:
    contact: Contact = replace(new_contact(read_number(phone, None), FRIDAY_NOON), **changes)
    assert client.services.the_contacts.save(contact, expected_version=None)


def wrote(client: ApiClient, phone: str = ANN) -> None:
    """They text us, now."""
    event = JournalEvent(
        id="reply-SM1",
        phone=phone,
        kind=JournalKind.REPLY,
        occurred_at=client.services.the_clock.now(),
        program_id="pizza",
        details={"sid": "SM1", "body": "YES", "intent": "interest", "why": "w"},
    )
    client.services.the_journal.append([event])


def found(client: ApiClient, query: str = "") -> list[str]:
    reply = call(client, "GET", f"/leads{query}")
    assert reply.status == 200, reply.text
    return [shown["id"] for shown in reply.json["leads"]]


def test_shows_a_lead_with_all_that_sales_needs(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    shown = call(client, "GET", "/leads/lead_1").json
    expected = {
        "id": "lead_1",
        "phone": ANN,
        "first_name": "Ann",
        "program": "pizza",
        "campaign_id": "cmp_1",
        "send_id": "snd_1",
        "score": 80,
        "temperature": "hot",
        "reasons": ["answered with a lead keyword"],
        "reply": {"body": "YES", "received_at": "2026-11-27T18:00:00Z"},
        "replies": 1,
        "status": "open",
        "owner": None,
        "due_at": "2026-11-27T18:15:00Z",
        "created_at": "2026-11-27T18:00:00Z",
    }
    assert {name: shown[name] for name in expected} == expected
    assert call(client, "GET", "/leads").json["leads"] == [shown]
    assert call(client, "GET", "/leads/lead_9").status == 404


def test_hottest_first_then_longest_waiting(client: ApiClient) -> None:
    leads = client.services.the_leads
    leads.open(lead(1, score=30))
    leads.open(lead(2, due_at=FRIDAY_NOON + timedelta(minutes=20)))
    leads.open(lead(3, score=95))
    leads.open(lead(4))
    assert found(client) == ["lead_3", "lead_4", "lead_2", "lead_1"]
    shown = call(client, "GET", "/leads").json["leads"]
    assert [one["temperature"] for one in shown] == ["hot", "hot", "hot", "warm"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("?min_score=80", ["lead_3", "lead_1"]),
        ("?program=tea", ["lead_2"]),
        ("?attribute.store=5th%20St", ["lead_1", "lead_2"]),
        ("?attribute.store=5th%20St&attribute.visits=3", ["lead_1"]),
        ("?attribute.tags=b", ["lead_2"]),
        ("?attribute.member=true", ["lead_1"]),
        ("?attribute.nothing=x", []),
        ("?status=claimed", ["lead_4"]),
    ],
)
def test_filters(client: ApiClient, query: str, ids: list[str]) -> None:
    leads = client.services.the_leads
    leads.open(lead(1))
    leads.open(lead(2, score=75, program_id="tea"))
    leads.open(lead(3, score=90))
    leads.open(lead(4, status=LeadStatus.CLAIMED, owner="sam"))
    known(client, ANN, attributes={"store": "5th St", "visits": 3, "member": True})
    known(client, "+15125550102", attributes={"store": "5th St", "tags": ["a", "b"]})
    assert found(client, query) == ids


@pytest.mark.parametrize(
    "query", ["?status=hot", "?min_score=101", "?min_score=x", "?color=red", "?limit=0"]
)
def test_a_wrong_filter_is_named(client: ApiClient, query: str) -> None:
    reply = call(client, "GET", f"/leads{query}")
    assert reply.status == 400
    assert reply.fields == [query[1:].partition("=")[0]]


def test_pages_go_on_where_filters_leave_few(client: ApiClient) -> None:
    for number in range(1, 9):
        client.services.the_leads.open(
            lead(number, score=90 - number, program_id="pizza" if number % 2 else "tea")
        )
    first = call(client, "GET", "/leads?program=pizza&limit=3").json
    path = f"/leads?program=pizza&limit=3&cursor={first['next_cursor']}"
    rest = call(client, "GET", path).json
    shown = [one["id"] for one in first["leads"] + rest["leads"]]
    assert shown == ["lead_1", "lead_3", "lead_5", "lead_7"]
    other = call(client, "GET", f"/leads?program=tea&cursor={first['next_cursor']}")
    assert (other.status, other.fields) == (400, ["cursor"])


def test_the_file_runs_nothing_in_a_spreadsheet(client: ApiClient) -> None:
    client.services.the_leads.open(
        lead(first_name='=HYPERLINK("http://x")', reply_body='-1+1, or\n"two" @home')
    )
    reply = call(client, "GET", "/leads.csv?min_score=10")
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(reply.text.splitlines(keepends=True))
    assert row["phone"] == ANN
    assert row["first_name"] == '\'=HYPERLINK("http://x")'
    assert row["reply"] == '\'-1+1, or\n"two" @home'
    assert row["temperature"] == "hot"


def test_one_claims_and_the_other_learns_who_has_it(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    for _ in range(2):
        reply = call(client, "POST", "/leads/lead_1/claim", {"owner": "sam"})
        assert reply.status == 200
        assert (reply.json["status"], reply.json["owner"]) == ("claimed", "sam")
    refused = call(client, "POST", "/leads/lead_1/claim", {"owner": "kim"})
    assert refused.status == 409
    assert "sam" in refused.json["detail"]
    assert call(client, "POST", "/leads/lead_9/claim", {"owner": "kim"}).status == 404


def test_the_key_s_owner_claims_where_none_is_named(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    assert call(client, "POST", "/leads/lead_1/claim").json["owner"] == "the sales"


class Contested(MemoryLeads):
    """Somebody else is always a moment faster."""

    def __init__(self, rival: Lead | None) -> None:
        super().__init__()
        self.rival = rival

    def update(self, lead: Lead, *, expected: Lead) -> bool:
        if self.rival is not None:
            super().update(self.rival, expected=expected)
        return super().update(lead, expected=expected)


def test_of_two_who_claim_at_once_one_is_told_the_owner() -> None:
    leads = Contested(lead(status=LeadStatus.CLAIMED, owner="sam"))
    leads.open(lead())
    with pytest.raises(Exception, match="claimed by sam"):
        claim_lead(leads, "lead_1", "kim")


def test_a_reply_that_comes_in_between_does_not_undo_a_claim() -> None:
    leads = Contested(lead(replies=2, score=85))
    leads.open(lead())
    claimed = claim_lead(leads, "lead_1", "kim")
    assert (claimed.owner, claimed.replies, claimed.score) == ("kim", 2, 85)


def test_who_leaves_while_their_lead_is_claimed_stays_last() -> None:
    leads = Contested(cooled(lead()))
    leads.open(lead())
    claimed = claim_lead(leads, "lead_1", "kim")
    assert (claimed.owner, claimed.score) == ("kim", 0)


def test_a_lead_that_never_rests_is_left_to_a_later_try() -> None:
    class Restless(MemoryLeads):
        def update(self, lead: Lead, *, expected: Lead) -> bool:
            return False

    leads = Restless()
    leads.open(lead())
    with pytest.raises(TransientError):
        claim_lead(leads, "lead_1", "kim")


def test_a_released_lead_is_anyone_s(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    call(client, "POST", "/leads/lead_1/claim", {"owner": "sam"})
    for _ in range(2):
        reply = call(client, "POST", "/leads/lead_1/release")
        assert (reply.status, reply.json["status"], reply.json["owner"]) == (200, "open", None)
    assert call(client, "POST", "/leads/lead_1/claim", {"owner": "kim"}).status == 200


def test_a_closed_lead_is_not_claimed_or_released(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    assert call(client, "PATCH", "/leads/lead_1", {"status": "lost"}).json["status"] == "lost"
    for action in ("claim", "release"):
        reply = call(client, "POST", f"/leads/lead_1/{action}")
        assert reply.status == 409
        assert "lost" in reply.json["detail"]
    assert found(client) == []
    assert found(client, "?status=lost") == ["lead_1"]
    assert call(client, "PATCH", "/leads/lead_1", {"status": "open"}).json["owner"] is None
    assert found(client) == ["lead_1"]


def test_a_lead_is_not_opened_again_beside_a_newer_one(client: ApiClient) -> None:
    client.services.the_leads.open(lead(1, status=LeadStatus.LOST))
    client.services.the_leads.open(lead(2, phone=ANN))
    reply = call(client, "PATCH", "/leads/lead_1", {"status": "open"})
    assert (reply.status, reply.json["lead_id"]) == (409, "lead_2")


def test_a_lead_won_with_a_value_is_an_order_once(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    body = {
        "status": "won",
        "value": {"amount": "40.00", "currency": "USD"},
        "order_id": "A-1",
    }
    for _ in range(2):
        reply = call(client, "PATCH", "/leads/lead_1", body)
        assert (reply.json["status"], reply.json["owner"]) == ("won", "the sales")
    order = client.services.the_orders.get_many(["A-1"])["A-1"]
    assert (order.lead_id, str(order.value.amount)) == ("lead_1", "40.00")
    (event,) = client.services.the_journal.of(ANN)
    assert (event.kind, event.details["order_id"]) == (JournalKind.CONVERSION, "A-1")


def test_a_lead_won_without_an_order_id_is_an_order_of_its_own(client: ApiClient) -> None:
    client.services.the_leads.open(lead(send_id=None))
    body = {"status": "won", "value": {"amount": "40.00", "currency": "USD"}}
    assert call(client, "PATCH", "/leads/lead_1", body).json["status"] == "won"
    assert "lead-lead_1" in client.services.the_orders.get_many(["lead-lead_1"])


def test_a_lead_is_not_won_with_the_order_of_another(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    client.services.the_leads.open(lead(2))
    body = {"status": "won", "value": {"amount": "40", "currency": "USD"}, "order_id": "A-1"}
    assert call(client, "PATCH", "/leads/lead_1", body).status == 200
    reply = call(client, "PATCH", "/leads/lead_2", body)
    assert (reply.status, reply.fields) == (422, ["order_id"])
    assert call(client, "GET", "/leads/lead_2").json["status"] == "open"


def test_the_first_text_back_is_counted_for_the_send(client: ApiClient) -> None:
    known(client)
    wrote(client)
    client.services.the_leads.open(lead())
    client.services.the_clock.advance(timedelta(minutes=7, seconds=20))
    for key in ("a", "a", "b"):
        texted = client.call(
            "POST",
            "/leads/lead_1/messages",
            {"body": "Table for two?"},
            role=Role.SALES,
            headers={"Idempotency-Key": key},
        )
        assert texted.status in (200, 201)
        client.services.the_clock.advance(timedelta(minutes=1))
    (change,) = client.services.the_ledger.changes
    assert entry_metrics(change.after)["answer_seconds"] == 440


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "claimed"}, "status"),
        ({"status": None}, "status"),
        ({}, "status"),
        ({"status": "lost", "value": {"amount": "1.00", "currency": "USD"}}, "value"),
        ({"status": "won", "value": {"amount": "-1", "currency": "USD"}}, "value.amount"),
        ({"status": "won", "note": "x"}, "note"),
    ],
)
def test_a_wrong_ending_is_named(client: ApiClient, body: object, field: str) -> None:
    client.services.the_leads.open(lead())
    reply = call(client, "PATCH", "/leads/lead_1", body)
    assert (reply.status, reply.fields) == (422, [field])
    assert "LeadStatus" not in reply.text
    assert found(client) == ["lead_1"]


def text(client: ApiClient, body: str = "Table for two?", key: str = "k1") -> Reply:
    return client.call(
        "POST",
        "/leads/lead_1/messages",
        {"body": body},
        role=Role.SALES,
        headers={"Idempotency-Key": key},
    )


def test_texts_back_once_for_each_key(client: ApiClient) -> None:
    """G3: the same request again hands nothing over."""
    client.services.the_leads.open(lead())
    known(client)
    wrote(client)
    first = text(client)
    assert first.status == 201
    assert (first.json["status"], first.json["body"]) == ("accepted", "Table for two?")
    again = text(client)
    assert (again.status, again.json) == (200, first.json)
    assert text(client, "Another?").json["code"] == "idempotency_key"
    assert text(client, "Another?", key="k2").status == 201
    assert [t.body for t in client.services.the_provider.posted] == ["Table for two?", "Another?"]
    assert {t.from_ for t in client.services.the_provider.posted} == {"+15125550001"}


def test_texts_back_at_any_hour_within_60_minutes_of_their_text(client: ApiClient) -> None:
    """G7"""
    client.services.the_leads.open(lead())
    known(client)
    client.services.the_clock.advance(NIGHT)
    refused = text(client)
    assert (refused.status, refused.json["code"]) == (409, "quiet_hours")
    assert refused.json["allowed_at"] == "2026-11-28T15:00:00Z"
    wrote(client)
    client.services.the_clock.advance(timedelta(minutes=60))
    assert text(client).status == 201
    client.services.the_clock.advance(timedelta(minutes=1))
    assert text(client, key="k2").json["code"] == "quiet_hours"


def test_texts_back_at_decent_hours_however_long_ago_they_wrote(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    known(client)
    client.services.the_clock.advance(timedelta(days=2))
    assert text(client).status == 201


def test_never_texts_back_after_stop(client: ApiClient) -> None:
    """G1"""
    client.services.the_leads.open(lead())
    known(client)
    wrote(client)
    gone = OptOut(event_id="o", scope=ALL_PROGRAMS, source="text", occurred_at=FRIDAY_NOON)
    client.services.the_contacts.opt_out(ANN, gone)
    reply = text(client)
    assert (reply.status, reply.json["code"]) == (409, "opted_out")
    assert client.services.the_provider.posted == []


def test_a_refusal_of_the_provider_is_told(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    known(client)
    client.services.the_provider.answer = lambda _: Answer(
        status=PostStatus.REFUSED, taken=False, error_code="21610"
    )
    reply = text(client)
    assert (reply.status, reply.json["code"], reply.json["error_code"]) == (409, "refused", "21610")


def test_texting_back_takes_a_key_and_a_body(client: ApiClient) -> None:
    client.services.the_leads.open(lead())
    known(client)
    assert call(client, "POST", "/leads/lead_1/messages", {"body": "x"}).status == 400
    assert text(client, "").status == 422
    assert text(client, "x" * 1601).status == 422
    assert text(client, " \n").fields == ["body"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/leads"),
        ("GET", "/leads.csv"),
        ("GET", "/leads/lead_1"),
        ("POST", "/leads/lead_1/claim"),
        ("GET", "/contacts/%2B15125550101/conversation"),
    ],
)
def test_leads_are_not_a_marketer_s(client: ApiClient, method: str, path: str) -> None:
    """G8"""
    assert client.call(method, path, role=Role.MARKETER).status == 403
