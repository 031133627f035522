"""Stream records read as what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from parley.journal import JournalEvent, JournalKind
from parley.outcome import MessageStatus
from parley_aws.dynamo import journal, leads, ledger, sends, stream
from parley_aws.dynamo.codec import stamp
from tests.integration.stores.values import NOW, SEND, lead, message, send

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/parley-messages/stream/2026-11-22T00:00:00"


def _record(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *, sequence: int = 7
) -> dict[str, Any]:
    image = after or before or {}
    change: dict[str, Any] = {
        "Keys": {name: image[name] for name in ("pk", "sk", "phone") if name in image},
        "SequenceNumber": str(sequence),
    }
    if before:
        change["OldImage"] = before
    if after:
        change["NewImage"] = after
    return {"eventSourceARN": ARN, "dynamodb": change}


def test_a_ledger_change_tells_what_metrics_need() -> None:
    accepted = message(3)
    failed = replace(accepted, status=MessageStatus.FAILED, error_code="30003", parts=0)
    (change,) = stream.ledger_changes(
        [_record(ledger.item_of(accepted), ledger.item_of(failed), sequence=12)]
    )
    assert change.partition == f"{SEND}#03"
    assert change.sequence == f"{12:040d}"
    times = {"handed_over_at": stamp(NOW), "updated_at": stamp(NOW)}
    assert change.before == {"status": "accepted", "parts": 1, **times}
    assert change.after == {"status": "failed", "error_code": "30003", **times}


def test_a_response_is_a_ledger_change_too() -> None:
    item = {
        "pk": {"S": f"{SEND}#09"},
        "sk": {"S": "reply#SM1"},
        "kind": {"S": "reply"},
        "details": {"M": {"intent": {"S": "chatter"}}},
    }
    (change,) = stream.ledger_changes([_record(None, item)])
    assert change.before is None
    assert change.after == {"kind": "reply", "intent": "chatter", "response_id": "SM1"}


def test_sends_are_told_from_their_pages() -> None:
    page = {"pk": {"S": f"send#{send().id}"}, "sk": {"S": "page#0"}, "phones": {"S": ""}}
    records = [_record(None, page), _record(None, sends.item_of(send()), sequence=8)]
    (change,) = stream.send_changes(records)
    assert (change.id, change.before, change.after) == (f"{8:040d}", None, send())
    assert list(stream.campaign_changes(records)) == []


def test_journal_events_are_told_from_pointers() -> None:
    event = JournalEvent(
        id="SM1",
        phone="+13125550123",
        kind=JournalKind.REPLY,
        occurred_at=NOW,
        details={"sid": "SM1"},
    )
    pointer = {"phone": {"S": "sid#SM1"}, "sk": {"S": "sid"}}
    records = [_record(None, pointer), _record(None, journal.item_of(event))]
    (change,) = stream.journal_changes(records)
    assert change.after == event


def test_leads_are_told_from_pointers() -> None:
    pointer = {"pk": {"S": "active#pizza#+13125550123"}, "lead_id": {"S": "lead_0"}}
    records = [_record(pointer, None), _record(leads.item_of(lead()), None)]
    (change,) = stream.lead_changes(records)
    assert (change.before, change.after) == (lead(), None)


def test_a_record_names_its_table() -> None:
    assert stream.table_of(_record(None, ledger.item_of(message()))) == "parley-messages"
