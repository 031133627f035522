"""Facts keep to their schemas, and tell nothing that a person said or is called (G9)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley import facts
from parley.consent import Consent, ConsentKind, consent_event
from parley.conversion import Attribution, Group, Order, Share
from parley.facts import Fact, FactName
from parley.journal import JournalEvent, JournalKind
from parley.ledger import Message
from parley.money import Money
from parley.outcome import MessageStatus, SkipReason
from parley.reply import Intent
from parley_aws.publish import facts_of

EVENTS = Path(__file__).parents[2] / "events"
NAMES = sorted(folder.name for folder in EVENTS.iterdir() if folder.name != "aws")
STREAMS = ("stream_journal", "stream_leads", "stream_campaigns", "stream_messages")
V1 = {
    "ContactOptedIn": "contact_ref program_id kind source",
    "ContactOptedOut": "contact_ref scope source",
    "ConversionRecorded": "contact_ref order_id amount currency refund_of lead_id program_id "
    "campaign_id send_id message_id group",
    "LeadCreated": "contact_ref lead_id program_id campaign_id send_id score temperature due_at",
    "LeadOverdue": "contact_ref lead_id program_id campaign_id send_id score temperature due_at",
    "MessageDelivered": "contact_ref message_id send_id",
    "MessageFailed": "contact_ref message_id send_id status reason error_code",
    "MessageHandedOver": "contact_ref message_id send_id parts",
    "MessageSkipped": "contact_ref message_id send_id reason",
    "ReplyReceived": "contact_ref reply_id program_id intent campaign_id send_id message_id "
    "lead_id",
    "SendCompleted": "send_id campaign_id program_id audience",
}
"""What version 1 of each fact tells, for good: whoever reads it must go on to be able to. Another
field is another version, beside this one."""
KEY = b"key of the samples"
NOON = datetime(2026, 6, 10, 17, tzinfo=UTC)
SID = "SM" + "a" * 32


def schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EVENTS / name / "schema.v1.json").read_text())
    return document


def sample(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EVENTS / name / "sample.v1.json").read_text())
    return document


def records(stream: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((EVENTS / "aws" / f"{stream}.json").read_text())[
        "Records"
    ]
    return found


def check(name: str, detail: object) -> None:
    jsonschema.validate(
        detail,
        schema(name),
        cls=jsonschema.Draft202012Validator,
        format_checker=jsonschema.FormatChecker(),
    )


def told() -> dict[str, Fact]:
    """What the sample streams tell, by name."""
    return {fact.name: fact for name in STREAMS for fact in facts_of(records(name), KEY)}


def order() -> Order:
    share = Share(
        send_id="snd_0123456789abcdef0123",
        campaign_id="cmp_1",
        program_id="pizza",
        message_id="snd_0123456789abcdef0123-50ea1ca855c2a590562c",
        group=Group.TEXTED,
        began=NOON,
        credited=True,
        compared=True,
    )
    return Order(
        id="order-1001",
        contact_ref=facts.contact_ref(KEY, "+14155552345"),
        value=Money(amount=Decimal("42.50"), currency="USD"),
        occurred_at=NOON + timedelta(hours=2),
        recorded_at=NOON + timedelta(hours=3),
        attribution=Attribution(shares=(share,), why="the latest text"),
    )


def test_the_facts_published_now() -> None:
    assert sorted(FactName) == NAMES == sorted(told())


@pytest.mark.parametrize("name", NAMES)
def test_version_1_stays_readable(name: str) -> None:
    fields = ["id", "version", "occurred_at", *V1[name].split()]
    document = schema(name)
    assert list(document["properties"]) == document["required"] == fields
    assert document["properties"]["version"] == {"const": 1}


@pytest.mark.parametrize("name", NAMES)
def test_schema_and_sample_fit(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    envelope = sample(name)
    check(name, envelope["detail"])
    assert (envelope["source"], envelope["detail-type"]) == ("parley", name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_is_the_sample(name: str) -> None:
    fact = told()[name]
    check(name, fact.detail)
    assert fact.detail == sample(name)["detail"]


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_refuses_what_it_does_not_name(name: str) -> None:
    for change in ({"phone": "+14155552345"}, {"version": 2}, {"id": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            check(name, {**sample(name)["detail"], **change})


@pytest.mark.parametrize("stream", STREAMS)
def test_a_record_delivered_twice_tells_the_same(stream: str) -> None:
    assert facts_of(records(stream), KEY) == facts_of(records(stream), KEY)


@pytest.mark.parametrize("stream", STREAMS)
def test_no_number_name_or_word_goes_out(stream: str) -> None:
    text = json.dumps([dict(fact.detail) for fact in facts_of(records(stream), KEY)])
    for private in ("415555", "Anna", "Ben", "YES", "START", "2 for 1"):
        assert private not in text


def test_a_change_that_is_no_fact_is_not_told() -> None:
    journal, leads, campaigns, _messages = (records(name) for name in STREAMS)
    text = [r for r in journal if "text-" in r["dynamodb"]["Keys"]["sk"]["S"]]
    pointer = {
        "dynamodb": {
            "Keys": {"phone": {"S": f"sid#{SID}"}, "sk": {"S": "sid"}},
            "NewImage": {"phone": {"S": f"sid#{SID}"}, "sk": {"S": "sid"}},
            "SequenceNumber": "1",
        }
    }
    erased = [
        {"dynamodb": {**r["dynamodb"], "OldImage": r["dynamodb"]["NewImage"], "NewImage": None}}
        for r in journal
    ]
    assert facts_of([*text, pointer, *erased, leads[1], campaigns[0]], KEY) == []


def test_who_is_asked_first_has_opted_in_once_they_answer() -> None:
    consent = Consent(
        event_id="consent-1",
        program_id="pizza",
        kind=ConsentKind.BULK,
        source="web form",
        obtained_at=NOON,
        recorded_at=NOON,
    )
    waiting = consent_event(consent, "+14155550100", awaits_answer=True)
    assert facts.of_journal(KEY, waiting) is None
    fact = facts.of_journal(KEY, consent_event(consent, "+14155550100"))
    assert fact is not None
    assert fact.name == "ContactOptedIn"


def test_a_send_is_completed_once() -> None:
    (completed,) = (r for r in records("stream_campaigns") if "OldImage" in r["dynamodb"])
    change = completed["dynamodb"]
    later = {"dynamodb": {**change, "OldImage": change["NewImage"]}}
    assert len(facts_of([completed, later], KEY)) == 1


@given(
    intent=st.sampled_from(list(Intent)),
    program=st.one_of(st.none(), st.just("pizza")),
    found=st.dictionaries(
        st.sampled_from(["campaign_id", "send_id", "message_id", "lead_id"]),
        st.text(min_size=1, max_size=20),
    ),
    body=st.text(max_size=50),
)
def test_every_reply_fits(
    intent: Intent, program: str | None, found: dict[str, str], body: str
) -> None:
    event = JournalEvent(
        id=f"understanding-{SID}",
        phone="+14155552345",
        kind=JournalKind.UNDERSTANDING,
        occurred_at=NOON,
        program_id=program,
        details={"sid": SID, "body": body, "intent": intent.value, "why": body, **found},
    )
    fact = facts.of_journal(KEY, event)
    assert fact is not None
    check("ReplyReceived", fact.detail)


def test_the_same_event_of_two_people_is_two_facts() -> None:
    """One import gives everyone's consent the same id in their journals."""
    ids = {
        (facts.of_journal(KEY, event) or Fact(name="", occurred_at=NOON, detail={})).detail["id"]
        for phone in ("+14155552345", "+14155552346")
        for event in [
            JournalEvent(
                id="consent-import-1",
                phone=phone,
                kind=JournalKind.CONSENT,
                occurred_at=NOON,
                program_id="pizza",
                details={"kind": "bulk", "source": "web form"},
            )
        ]
    }
    assert len(ids) == 2


def message(**changes: Any) -> Message:
    values: dict[str, Any] = {
        "id": "snd_1-0123456789abcdef0123",
        "send_id": "snd_1",
        "phone": "+14155552345",
        "status": MessageStatus.ACCEPTED,
        "provider_sid": SID,
        "parts": 1,
        "handed_over_at": NOON,
        "updated_at": NOON,
    }
    return Message(**{**values, **changes})


def names(before: Message | None, after: Message | None) -> list[str]:
    found = facts.of_message(KEY, before, after)
    for fact in found:
        check(fact.name, fact.detail)
    return [fact.name for fact in found]


def test_what_is_true_of_a_message_is_told_as_it_becomes_true() -> None:
    sent = message(status=MessageStatus.SENT)
    delivered = message(status=MessageStatus.DELIVERED)
    assert names(None, message()) == ["MessageHandedOver"]
    assert names(message(), sent) == []
    assert names(sent, delivered) == ["MessageDelivered"]
    assert names(None, delivered) == ["MessageHandedOver", "MessageDelivered"]
    assert names(delivered, message(status=MessageStatus.DELIVERED, body="…")) == []


def test_a_receipt_before_the_record_tells_nothing_until_the_record_is_there() -> None:
    receipt = message(status=MessageStatus.DELIVERED, phone="", handed_over_at=None, parts=0)
    assert names(None, receipt) == []
    merged = message(status=MessageStatus.DELIVERED)
    assert names(receipt, merged) == ["MessageHandedOver", "MessageDelivered"]


def test_an_unknown_is_handed_over_once_the_provider_is_known_to_have_it() -> None:
    unknown = message(status=MessageStatus.UNKNOWN, provider_sid=None)
    assert names(None, unknown) == []
    assert names(unknown, message(status=MessageStatus.SENT)) == ["MessageHandedOver"]
    given_up = message(status=MessageStatus.FAILED, provider_sid=None, reason="not_handed_over")
    assert names(unknown, given_up) == ["MessageFailed"]
    late = message(status=MessageStatus.DELIVERED)
    assert names(given_up, late) == ["MessageHandedOver", "MessageDelivered"]


def test_of_an_erased_person_nothing_names_them() -> None:
    erased = message(phone="", body=None)
    assert names(message(), erased) == []
    (fact,) = facts.of_message(KEY, erased, message(phone="", status=MessageStatus.DELIVERED))
    check("MessageDelivered", fact.detail)
    assert fact.detail["contact_ref"] is None


@given(
    status=st.sampled_from(list(MessageStatus)),
    sid=st.sampled_from([None, SID]),
    handed_over_at=st.sampled_from([None, NOON]),
    phone=st.sampled_from(["", "+14155552345"]),
    reason=st.sampled_from([None, "21614", "not_handed_over"]),
)
def test_every_message_fits_and_is_told_the_same_again(
    status: MessageStatus,
    sid: str | None,
    handed_over_at: datetime | None,
    phone: str,
    reason: str | None,
) -> None:
    if status is MessageStatus.SKIPPED:
        reason = SkipReason.BUDGET
    after = message(
        status=status,
        provider_sid=sid,
        handed_over_at=handed_over_at,
        phone=phone,
        reason=reason,
    )
    first = facts.of_message(KEY, None, after)
    for fact in first:
        check(fact.name, fact.detail)
    assert facts.of_message(KEY, None, after) == first
    assert len({fact.detail["id"] for fact in first}) == len(first)
    assert facts.of_message(KEY, after, after) == []


def test_an_order_without_a_send_fits() -> None:
    alone = replace(order(), attribution=Attribution(shares=(), why="no text"))
    refund = replace(alone, value=Money(amount=Decimal("-1E+2"), currency="USD"), refund_of="o")
    for each in (alone, refund):
        check("ConversionRecorded", facts.of_order(KEY, each).detail)
