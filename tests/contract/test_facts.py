"""Facts keep to their schemas, and tell nothing that a person said or is called (G9)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley import facts
from parley.facts import Fact
from parley.journal import JournalEvent, JournalKind
from parley.reply import Intent
from parley_aws.publish import facts_of

EVENTS = Path(__file__).parents[2] / "events"
NAMES = sorted(folder.name for folder in EVENTS.iterdir() if folder.name != "aws")
STREAMS = ("stream_journal", "stream_leads", "stream_campaigns")
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


def test_the_facts_published_now() -> None:
    assert NAMES == [
        "ContactOptedIn",
        "ContactOptedOut",
        "LeadCreated",
        "ReplyReceived",
        "SendCompleted",
    ]
    assert sorted(told()) == NAMES


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
    for private in ("4155552345", "Anna", "YES", "START"):
        assert private not in text


def test_a_change_that_is_no_fact_is_not_told() -> None:
    journal, leads, campaigns = (records(name) for name in STREAMS)
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
