"""Contacts through the HTTP API: what callers see."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from parley import ids
from parley.campaign import Campaign, Send, SendStatus
from parley.consent import ALL_PROGRAMS, TEXTED, OptOut, opt_out_event
from parley.contact import Contact
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.keys import Role
from parley.lead import Lead, LeadStatus
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.program import Program, Sender
from parley.sending import CLAIM_PERIOD, CLAIM_RETENTION, Claim
from tests.support.api import FRIDAY_NOON, ID_KEY, ApiClient

ANN = "+15125550101"
BEN = "+15125550102"
PATH = "/contacts/%2B15125550101"
PROGRAM = {"brand": "Acme Pizza", "sender": {"from": "+15125550001"}}
CONSENT = {
    "program": "pizza",
    "source": "web_form",
    "obtained_at": "2026-11-01T12:00:00Z",
    "wording": "Text me",
}
OPT_IN = {**CONSENT, "evidence": {"form": "paper 17"}}


@pytest.fixture
def client() -> ApiClient:
    client = ApiClient()
    assert client.call("PUT", "/programs/pizza", PROGRAM).status == 201
    return client


def store(client: ApiClient, *rows: dict[str, Any]) -> Any:
    reply = client.call("POST", "/contacts", {"contacts": list(rows)}, role=Role.MARKETER)
    assert reply.status == 200, reply.text
    return reply.json


def show(client: ApiClient, path: str = PATH) -> Any:
    reply = client.call("GET", path, role=Role.MARKETER)
    assert reply.status == 200, reply.text
    return reply.json


def send_to(client: ApiClient, phone: str, *, at: datetime = FRIDAY_NOON) -> Message:
    """A message that was handed over to a contact, as sending leaves it behind."""
    services = client.services
    campaign = Campaign(
        id="cmp_1",
        version=1,
        name="Friday",
        program_id="pizza",
        body="Hi",
        segment=None,
        holdout_percent=0,
        attribution_hours=72,
        auto_reply=None,
        lead_keywords=(),
        created_at=at,
        updated_at=at,
    )
    send = Send(
        id="snd_" + "1" * 20,
        campaign=campaign,
        status=SendStatus.COMPLETED,
        created_at=at,
        starts_at=at,
        expires_at=at + timedelta(days=1),
        request_hash="h",
    )
    services.the_sends.create(send)
    message = Message(
        id=ids.message_id(ID_KEY, send=send.id, phone=phone),
        send_id=send.id,
        phone=phone,
        status=MessageStatus.DELIVERED,
        body="2 for 1 tonight",
        parts=1,
        handed_over_at=at,
        updated_at=at,
    )
    services.the_ledger.record([message])
    return message


def test_stores_and_shows_a_contact(client: ApiClient) -> None:
    row = {"phone": "(512) 555-0101", "first_name": "Ann", "lists": ["vip"], "consent": CONSENT}
    assert store(client, row) == {"accepted": 1, "rejected": [], "not_revived": 0}
    shown = show(client)
    assert (shown["phone"], shown["first_name"], shown["lists"]) == (ANN, "Ann", ["vip"])
    assert shown["subscriptions"] == {
        "pizza": {"status": "subscribed", "since": "2026-11-27T18:00:00Z"}
    }
    assert shown["suppressed"] is None
    (consent,) = shown["consents"]
    assert consent["obtained_at"] == "2026-11-01T12:00:00Z"
    assert consent["wording"] == "Text me"
    assert shown["recent_messages"] == []


def test_lists_what_is_wrong_row_by_row(client: ApiClient) -> None:
    """G10"""
    done = store(client, {"phone": "12"}, {"phone": BEN}, {"phone": ANN, "nme": "x"})
    assert done["accepted"] == 1
    assert [(r["index"], r["field"]) for r in done["rejected"]] == [(0, "phone"), (2, "nme")]


@pytest.mark.parametrize("row", [None, 5, "x", []])
def test_a_row_that_is_no_object_costs_only_itself(client: ApiClient, row: object) -> None:
    reply = client.call("POST", "/contacts", {"contacts": [row, {"phone": BEN}]})
    assert reply.status == 200
    assert reply.json["accepted"] == 1


def test_takes_500_rows_and_no_more(client: ApiClient) -> None:
    rows = [{"phone": f"+1512555{i:04d}"} for i in range(501)]
    assert store(client, *rows[:500])["accepted"] == 500
    reply = client.call("POST", "/contacts", {"contacts": rows})
    assert reply.status == 422
    assert reply.fields == ["contacts"]


def test_an_unknown_contact_is_a_404(client: ApiClient) -> None:
    for path in (PATH, f"{PATH}/export"):
        assert client.call("GET", path).status == 404
    assert client.call("GET", f"{PATH}/conversation").status == 404
    assert client.call("DELETE", PATH).status == 404


def test_a_path_that_is_no_number_names_the_field(client: ApiClient) -> None:
    reply = client.call("GET", "/contacts/ann")
    assert (reply.status, reply.fields) == (422, ["phone"])


def test_lists_contacts_on_a_list_page_by_page(client: ApiClient) -> None:
    store(client, *({"phone": f"+1512555010{i}", "lists": ["vip"]} for i in range(3)))
    store(client, {"phone": "+15125550109"})
    first = client.call("GET", "/contacts?list=vip&limit=2", role=Role.MARKETER).json
    rest = client.call("GET", f"/contacts?list=vip&limit=2&cursor={first['next_cursor']}").json
    phones = [c["phone"] for c in first["contacts"] + rest["contacts"]]
    assert phones == [f"+1512555010{i}" for i in range(3)]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("role", list(Role))
def test_anyone_with_a_key_records_an_opt_out(client: ApiClient, role: Role) -> None:
    store(client, {"phone": ANN, "consent": CONSENT})
    body = {"scope": "all", "source": "phone_call", "note": "asked"}
    for _ in range(2):
        reply = client.call("POST", f"{PATH}/opt-out", body, role=role)
        assert reply.status == 200
        assert reply.json["suppressed"] == {
            "reason": "opted_out",
            "since": "2026-11-27T18:00:00Z",
        }
        assert reply.json["subscriptions"]["pizza"]["status"] == "opted_out"
    (event,) = show(client)["opt_outs"]
    assert (event["source"], event["note"], event["scope"]) == ("phone_call", "asked", "all")


def test_an_opt_out_of_one_program_leaves_the_others(client: ApiClient) -> None:
    tea = {"brand": "Tea", "sender": {"from": "+15125550002"}}
    client.call("PUT", "/programs/tea", tea)
    store(client, {"phone": ANN, "consent": CONSENT})
    store(client, {"phone": ANN, "consent": {**CONSENT, "program": "tea"}})
    reply = client.call("POST", f"{PATH}/opt-out", {"scope": "pizza", "source": "email"})
    assert reply.json["suppressed"] is None
    statuses = {name: s["status"] for name, s in reply.json["subscriptions"].items()}
    assert statuses == {"pizza": "opted_out", "tea": "subscribed"}


def test_a_number_nobody_knew_is_suppressed_too(client: ApiClient) -> None:
    assert client.call("POST", f"{PATH}/opt-out").status == 200
    done = store(client, {"phone": ANN, "consent": CONSENT})
    assert (done["accepted"], done["not_revived"]) == (1, 1)
    assert done["rejected"][0]["code"] == "opted_out"
    assert show(client)["region"] == "US"


def test_an_opt_out_of_an_unknown_program_is_refused(client: ApiClient) -> None:
    reply = client.call("POST", f"{PATH}/opt-out", {"scope": "tea", "source": "email"})
    assert (reply.status, reply.fields) == (422, ["scope"])
    assert client.call("GET", PATH).status == 404


def test_an_opt_out_waits_until_no_open_claim_can_be_posted(client: ApiClient) -> None:
    """G1: when it is answered, no hand-over starts any more."""
    store(client, {"phone": ANN, "consent": CONSENT})
    contacts, clock = client.services.the_contacts, client.services.the_clock
    contact = contacts.get(ANN)
    assert contact is not None
    claim = Claim(
        send_id="snd_1",
        program_id="pizza",
        nonce="n",
        post_by=clock.now() + timedelta(seconds=5),
    )
    sending = contact.sending.with_claim(
        claim, discloses=False, now=clock.now(), retention=timedelta(days=15)
    )
    contacts.save(replace(contact, sending=sending), expected_version=contact.sending.version)
    assert client.call("POST", f"{PATH}/opt-out").status == 200
    assert clock.now() > claim.post_by


def test_an_opt_out_that_ended_halfway_is_journaled_by_the_next(client: ApiClient) -> None:
    gone = OptOut(event_id="x", scope=ALL_PROGRAMS, source="crm", occurred_at=FRIDAY_NOON)
    client.services.the_contacts.opt_out(ANN, gone)
    client.services.the_clock.advance(timedelta(minutes=1))
    assert client.call("POST", f"{PATH}/opt-out", {"source": "crm"}).status == 200
    (event,) = client.services.the_journal.of(ANN)
    assert event.occurred_at == FRIDAY_NOON


def test_opt_outs_are_listed_newest_first_since_a_time(client: ApiClient) -> None:
    for phone in (ANN, BEN, "+15125550103"):
        client.call("POST", f"/contacts/%2B{phone[1:]}/opt-out")
        client.services.the_clock.advance(timedelta(hours=1))
    listed = client.call("GET", "/opt-outs?since=2026-11-27T18:30:00Z", role=Role.MARKETER).json
    assert [o["phone"] for o in listed["opt_outs"]] == ["+15125550103", BEN]
    assert len(client.call("GET", "/opt-outs").json["opt_outs"]) == 3
    assert client.call("GET", "/opt-outs?since=yesterday").status == 400


def test_g1_texts_after_an_opt_out_are_a_standing_report(client: ApiClient) -> None:
    assert client.call("GET", "/opt-outs/violations", role=Role.SALES).status == 403
    nothing = client.call("GET", "/opt-outs/violations", role=Role.MARKETER)
    assert nothing.json == {"violations": [], "next_cursor": None}
    kind = JournalKind.TEXT_AFTER_OPT_OUT
    said(client, 0, kind, message_id="snd_1-aa", send_id="snd_1", kind="promotional")
    said(client, -1, kind, message_id="text-aa", kind="conversational")
    sent, texted = client.call("GET", "/opt-outs/violations").json["violations"]
    assert (sent["message_id"], sent["send_id"], sent["phone"]) == ("snd_1-aa", "snd_1", ANN)
    assert sent["handed_over_at"] == "2026-11-27T18:00:00Z"
    assert (texted["message_id"], texted["send_id"]) == ("text-aa", None)
    assert (sent["kind"], texted["kind"]) == ("promotional", "conversational")
    since = "/opt-outs/violations?since=2026-11-27T18:00:01Z"
    assert client.call("GET", since).json["violations"] == []


def test_an_opt_in_with_evidence_brings_back_who_left(client: ApiClient) -> None:
    store(client, {"phone": ANN, "consent": CONSENT})
    client.call("POST", f"{PATH}/opt-out")
    client.services.the_clock.advance(timedelta(hours=1))
    for _ in range(2):
        reply = client.call("POST", f"{PATH}/opt-in", OPT_IN, role=Role.MARKETER)
        assert reply.status == 200, reply.text
        assert reply.json["suppressed"] is None
        assert reply.json["subscriptions"]["pizza"]["status"] == "subscribed"
        assert reply.json["warnings"] == []
    assert len(show(client)["consents"]) == 2


def test_an_opt_in_repeated_after_a_later_stop_does_not_revive(client: ApiClient) -> None:
    """G1: a retry of what was recorded before they left is not a new consent."""
    client.call("POST", f"{PATH}/opt-in", OPT_IN)
    client.services.the_clock.advance(timedelta(hours=1))
    client.call("POST", f"{PATH}/opt-out")
    client.services.the_clock.advance(timedelta(hours=1))
    reply = client.call("POST", f"{PATH}/opt-in", OPT_IN)
    assert (reply.status, reply.json["code"]) == (409, "opted_out")
    assert show(client)["suppressed"]["reason"] == "opted_out"
    again = {**OPT_IN, "evidence": {"form": "paper 18"}}
    assert client.call("POST", f"{PATH}/opt-in", again).status == 200


def test_an_opt_in_warns_that_the_carrier_still_blocks(client: ApiClient) -> None:
    stop = OptOut(event_id="o", scope=ALL_PROGRAMS, source=TEXTED, occurred_at=FRIDAY_NOON)
    client.services.the_contacts.opt_out(ANN, stop)
    client.services.the_journal.append([opt_out_event(stop, ANN)])
    client.services.the_clock.advance(timedelta(hours=1))
    reply = client.call("POST", f"{PATH}/opt-in", OPT_IN)
    assert reply.status == 200
    assert [w["code"] for w in reply.json["warnings"]] == ["carrier_block"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"evidence": {}}, "evidence"),
        ({"evidence": None}, "evidence"),
        ({"evidence": "paper"}, "evidence"),
        ({"evidence": {"form": {"number": 17}}}, "evidence"),
        ({"program": "tea"}, "program"),
        ({"program": None}, "program"),
        ({"source": ""}, "source"),
        ({"obtained_at": "2026-12-24T00:00:00Z"}, "obtained_at"),
        ({"obtained_at": "soon"}, "obtained_at"),
        ({"when": "now"}, "when"),
    ],
)
def test_an_opt_in_that_proves_nothing_is_refused(
    client: ApiClient, change: dict[str, Any], field: str
) -> None:
    reply = client.call("POST", f"{PATH}/opt-in", {**OPT_IN, **change})
    assert reply.status == 422
    assert any(name.startswith(field) for name in reply.fields)
    assert client.services.the_journal.of(ANN) == []


def test_recent_messages_are_found_by_their_computed_ids(client: ApiClient) -> None:
    store(client, {"phone": ANN, "consent": CONSENT})
    message = send_to(client, ANN)
    (shown,) = show(client)["recent_messages"]
    assert (shown["id"], shown["body"]) == (message.id, "2 for 1 tonight")


def said(client: ApiClient, minutes: int, event_kind: JournalKind, /, **details: str) -> None:
    event = JournalEvent(
        id=f"{event_kind}-{minutes}",
        phone=ANN,
        kind=event_kind,
        occurred_at=FRIDAY_NOON + timedelta(minutes=minutes),
        program_id="pizza",
        details=details,
    )
    client.services.the_journal.append([event])


def test_a_conversation_holds_texts_both_ways_oldest_first(client: ApiClient) -> None:
    store(client, {"phone": ANN, "consent": CONSENT})
    send_to(client, ANN)
    said(client, 2, JournalKind.TEXT, kind=TextKind.AUTO_REPLY, body="Great!", status="accepted")
    said(client, 1, JournalKind.REPLY, sid="SM1", body="YES", intent="interest", why="w")
    said(client, 1, JournalKind.UNDERSTANDING, sid="SM1", body="YES", intent="lead_keyword", why="")
    reply = client.call("GET", f"{PATH}/conversation", role=Role.SALES)
    assert reply.status == 200
    texts = reply.json["texts"]
    assert [(t["direction"], t["body"]) for t in texts] == [
        ("outbound", "2 for 1 tonight"),
        ("inbound", "YES"),
        ("outbound", "Great!"),
    ]
    assert [t["status"] for t in texts] == ["delivered", "received", "accepted"]
    assert texts[1]["intent"] == "lead_keyword"


def test_pictures_that_came_with_a_text_show(client: ApiClient) -> None:
    store(client, {"phone": ANN})
    said(client, 1, JournalKind.REPLY, sid="SM1", body="", media="2", intent="chatter", why="")
    said(
        client,
        1,
        JournalKind.UNDERSTANDING,
        sid="SM1",
        body="",
        media="2",
        intent="chatter",
        why="",
    )
    said(client, 2, JournalKind.REPLY, sid="SM2", body="YES", intent="interest", why="")
    said(client, 2, JournalKind.UNDERSTANDING, sid="SM2", body="YES", intent="interest", why="")
    client.services.the_clock.advance(timedelta(hours=1))
    texts = client.call("GET", f"{PATH}/conversation").json["texts"]
    assert [text["media"] for text in texts] == [2, 0]
    replies = client.call("GET", "/replies").json["replies"]
    assert [reply["media"] for reply in replies] == [0, 2]


def a_lead() -> Lead:
    return Lead(
        id="lead_1",
        phone=ANN,
        first_name="Ann",
        program_id="pizza",
        campaign_id=None,
        send_id=None,
        score=80,
        reasons=("r",),
        reply_body="YES",
        reply_received_at=FRIDAY_NOON,
        replies=1,
        status=LeadStatus.OPEN,
        owner=None,
        due_at=FRIDAY_NOON,
        created_at=FRIDAY_NOON,
    )


def test_an_export_holds_everything(client: ApiClient) -> None:
    store(client, {"phone": ANN, "consent": CONSENT})
    send_to(client, ANN)
    client.services.the_leads.open(a_lead())
    export = client.call("GET", f"{PATH}/export", role=Role.MARKETER).json
    assert export["contact"]["phone"] == ANN
    assert [event["kind"] for event in export["journal"]] == ["consent"]
    assert len(export["messages"]) == len(export["leads"]) == 1


@pytest.mark.parametrize(("scope", "score"), [("all", 0), ("pizza", 0), ("tea", 80)])
def test_who_opts_out_by_any_way_is_no_hot_lead_any_more(
    client: ApiClient, scope: str, score: int
) -> None:
    store(client, {"phone": ANN, "consent": CONSENT})
    client.services.the_leads.open(a_lead())
    for _ in range(2):
        client.call("POST", f"{PATH}/opt-out", {"scope": scope}, role=Role.SALES)
    lead = client.call("GET", "/leads/lead_1", role=Role.SALES).json
    assert (lead["status"], lead["score"]) == ("open", score)
    assert lead["reasons"] == (["r"] if score else ["r", "asked for no more texts"])


def test_an_erasure_leaves_a_keyed_hash_and_the_counts(client: ApiClient) -> None:
    """G9: the number stays suppressed, and nothing else of the person stays."""
    services = client.services
    store(client, {"phone": ANN, "first_name": "Ann", "lists": ["vip"], "consent": CONSENT})
    message = send_to(client, ANN)
    services.the_leads.open(a_lead())
    assert client.call("DELETE", PATH, role=Role.MARKETER).status == 204
    assert client.call("GET", PATH).status == 404
    assert services.the_journal.of(ANN) == []
    assert services.the_leads.of_phone(ANN) == []
    kept = services.the_ledger.get(message.id)
    assert kept is not None
    assert (kept.phone, kept.body, kept.status) == ("", None, MessageStatus.DELIVERED)
    page = services.the_contacts.scan(segment=0, segments=1, start_key=None, limit=10)
    assert page.contacts == ()
    done = store(client, {"phone": ANN, "first_name": "Ann", "consent": CONSENT})
    assert (done["accepted"], done["not_revived"]) == (1, 1)
    assert show(client)["suppressed"]["reason"] == "erased"
    services.the_clock.advance(timedelta(hours=1))
    assert client.call("POST", f"{PATH}/opt-in", OPT_IN).json["suppressed"] is None


def test_g3_an_erasure_notes_a_text_that_may_have_been_sent_and_is_not_on_record(
    client: ApiClient,
) -> None:
    """Its worker crashed; when the range comes again, neither claim nor contact is left."""
    services = client.services
    store(client, {"phone": ANN, "consent": CONSENT})
    send = send_to(client, "+15125550102").send_id
    ann = services.the_contacts.get(ANN)
    assert ann is not None
    now = services.the_clock.now()
    claim = Claim(send_id=send, program_id="pizza", nonce="n", post_by=now - timedelta(minutes=1))
    sending = ann.sending.with_claim(claim, discloses=False, now=now, retention=CLAIM_RETENTION)
    claimed = replace(ann, sending=sending)
    assert services.the_contacts.save(claimed, expected_version=ann.sending.version)
    assert client.call("DELETE", PATH).status == 204
    message = services.the_ledger.get(ids.message_id(ID_KEY, send=send, phone=ANN))
    assert message is not None
    assert (message.phone, message.status) == ("", MessageStatus.UNKNOWN)
    assert message.handed_over_at == claim.post_by - CLAIM_PERIOD


def test_g1_who_was_erased_and_leaves_one_program_stays_out_of_the_others(
    client: ApiClient,
) -> None:
    tea = Program(id="tea", brand="Tea", sender=Sender(messaging_service_sid="MG" + "7" * 32))
    client.services.the_programs.put(tea)
    store(client, {"phone": ANN, "consent": CONSENT})
    assert client.call("DELETE", PATH).status == 204
    assert client.call("POST", f"{PATH}/opt-out", {"scope": "tea", "source": "crm"}).status == 200
    done = store(client, {"phone": ANN, "consent": CONSENT})
    assert (done["accepted"], done["not_revived"]) == (1, 1)
    assert show(client)["suppressed"]["reason"] == "erased"


def test_g1_who_is_erased_while_they_leave_one_program_stays_out_of_the_others(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = Program(id="tea", brand="Tea", sender=Sender(messaging_service_sid="MG" + "7" * 32))
    client.services.the_programs.put(tea)
    store(client, {"phone": ANN, "consent": CONSENT})
    contacts = client.services.the_contacts
    opt_out = contacts.opt_out

    def late(phone: str, gone: OptOut, **more: Any) -> Contact:
        monkeypatch.setattr(contacts, "opt_out", opt_out)
        assert client.call("DELETE", PATH).status == 204
        return opt_out(phone, gone, **more)

    monkeypatch.setattr(contacts, "opt_out", late)
    assert client.call("POST", f"{PATH}/opt-out", {"scope": "tea", "source": "crm"}).status == 200
    assert show(client)["suppressed"]["reason"] == "erased"


def test_replies_are_listed_with_what_was_understood(client: ApiClient) -> None:
    said(client, 1, JournalKind.UNDERSTANDING, sid="SM1", body="YES", intent="interest", why="a")
    said(
        client, 2, JournalKind.UNDERSTANDING,
        sid="SM2", body="How much?", intent="question", why="b", send_id="snd_1",
    )  # fmt: skip
    client.services.the_clock.advance(timedelta(hours=1))
    everything = client.call("GET", "/replies", role=Role.MARKETER).json["replies"]
    assert [(r["body"], r["intent"], r["why"]) for r in everything] == [
        ("How much?", "question", "b"),
        ("YES", "interest", "a"),
    ]
    for query in ("send_id=snd_1", "intent=question", "since=2026-11-27T18:01:30Z"):
        found = client.call("GET", f"/replies?{query}").json["replies"]
        assert [r["body"] for r in found] == ["How much?"]
    assert client.call("GET", "/replies?intent=love").status == 400


def test_a_page_of_filtered_replies_goes_on(client: ApiClient) -> None:
    for minute in range(5):
        said(
            client, minute, JournalKind.UNDERSTANDING,
            sid=f"SM{minute}", body=str(minute), intent="question", why="",
        )  # fmt: skip
    first = client.call("GET", "/replies?intent=question&limit=3").json
    path = f"/replies?intent=question&limit=3&cursor={first['next_cursor']}"
    rest = client.call("GET", path).json
    assert [r["body"] for r in first["replies"] + rest["replies"]] == list("43210")
    assert rest["next_cursor"] is None


def test_nothing_of_a_person_is_logged(client: ApiClient) -> None:
    """G9"""
    store(client, {"phone": ANN, "first_name": "Zebedee", "consent": CONSENT})
    show(client)
    client.call("POST", f"{PATH}/opt-out", {"note": "Zebedee called"})
    client.call("DELETE", PATH)
    log = client.log.getvalue()
    assert log.count("\n") >= 4
    assert "5125550101" not in log
    assert "Zebedee" not in log
