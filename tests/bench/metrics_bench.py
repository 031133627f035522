"""How fast outcomes are counted on one core, at how many writes, and what a report reads."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from parley import ids
from parley.campaign import Campaign, Send, SendStatus
from parley.ledger import Message
from parley.outcome import MessageStatus
from parley.program import DEFAULT_PRICE_PER_PART
from parley_aws.dynamo import ledger, sends
from parley_aws.dynamo.codec import encode
from parley_aws.dynamo.metrics import DynamoMetrics
from parley_aws.dynamo.sends import DynamoSends
from parley_aws.dynamo.stream import ledger_changes
from parley_aws.http.models.reports import Report, SendReport
from parley_aws.memory import ManualClock
from parley_aws.use_cases.read_sends import read_send
from parley_aws.use_cases.read_themes import read_themes
from parley_aws.use_cases.record_metrics import record_metrics
from tests.bench.table import Figure

NOW = datetime(2026, 6, 10, 17, 0, tzinfo=UTC)
KEY = b"key of the bench"
SEND = ids.send_id(KEY, campaign_id="cmp_1", idempotency_key="bench")
PEOPLE = 1_000_000
BATCH = 1000
BATCHES = 20
BODY = (
    "Hi Zoë! 2 for 1 at Acme Pizza on Riverside tonight. Reply YES to hold yours, STOP to opt out"
)


class ConstantClient:
    """A DynamoDB that takes every write and always answers the same; counts items."""

    def __init__(self, rows: list[dict[str, Any]] | None = None) -> None:
        self.written = 0
        self.read = 0
        self._rows = rows or []
        self._send = sends.item_of(_send())
        self._tally = {
            "pk": {"S": f"{SEND}#words"},
            "sk": {"S": "00"},
            "applied": {"S": "0" * 40},
            **encode({"words": {f"word{n}": n for n in range(500)}, "missed": 0}),
        }

    def update_item(self, **_: Any) -> dict[str, Any]:
        """Take a write."""
        self.written += 1
        return {}

    def put_item(self, **_: Any) -> dict[str, Any]:
        """Take a tally."""
        self.written += 1
        return {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        """The send, or a tally of some words; one that a batch counts on has no mark yet."""
        self.read += 1
        if request["TableName"] == "metrics":
            tally = {n: v for n, v in self._tally.items() if n != "applied"}
            return {"Item": tally}
        return {"Item": self._send}

    def query(self, **request: Any) -> dict[str, Any]:
        """The rows of metrics, or the tallies of words."""
        is_of_words = ":words" in request["ExpressionAttributeValues"]
        found = [self._tally] * len(self._rows) if is_of_words else self._rows
        self.read += len(found)
        return {"Items": found}


def run() -> Iterator[Figure]:
    """Records counted a second, items written a record, items read and time taken by a report."""
    batches = [_batch(n) for n in range(BATCHES)]
    client = ConstantClient()
    metrics, store = _stores(client)
    clock = ManualClock(NOW)
    began = time.process_time()
    for records in batches:
        record_metrics(ledger_changes(records), metrics=metrics, sends=store, clock=clock)
    seconds = time.process_time() - began
    yield Figure(
        bench="metrics",
        name=f"stream records counted, {BATCH} a batch",
        value=BATCH * BATCHES / seconds,
        unit="records/s/core",
        aim="10,000",
    )
    texts = [json.dumps({"Records": records}) for records in batches]
    began = time.process_time()
    for text in texts:
        changes = ledger_changes(json.loads(text)["Records"])
        record_metrics(changes, metrics=metrics, sends=store, clock=clock)
    yield Figure(
        bench="metrics",
        name="the same, with reading the event's JSON",
        value=BATCH * BATCHES / (time.process_time() - began),
        unit="records/s/core",
    )
    yield Figure(
        bench="metrics",
        name="items written",
        value=client.written / (2 * BATCH * BATCHES),
        unit="items/record",
        aim="at most 0.05",
    )
    reading = ConstantClient(_rows())
    metrics, store = _stores(reading)
    rounds = 50
    began = time.process_time()
    for _ in range(rounds):
        state = read_send(store, metrics, clock, SEND)
        report = Report.of(
            [state],
            price_per_part=DEFAULT_PRICE_PER_PART,
            timezone="America/Chicago",
            as_of=state.as_of,
        )
        SendReport.of_send(report, read_themes(metrics, state)).model_dump_json()
    milliseconds = 1000 * (time.process_time() - began) / rounds
    yield Figure(
        bench="metrics",
        name=f"items a report reads, {PEOPLE:,} people over 72 hours",
        value=reading.read / rounds,
        unit="items",
        aim="a few dozen",
    )
    size = sum(len(json.dumps(row)) for row in _rows()) / 1024
    yield Figure(bench="metrics", name="their size, as JSON", value=size, unit="KB")
    yield Figure(bench="metrics", name="making that report", value=milliseconds, unit="ms of CPU")


def _stores(client: ConstantClient) -> tuple[DynamoMetrics, DynamoSends]:
    return DynamoMetrics(cast("Any", client), "metrics"), DynamoSends(
        cast("Any", client), "campaigns"
    )


def _batch(number: int) -> list[Mapping[str, Any]]:
    """Records as Lambda hands them over: hand-overs, deliveries, and one in forty a reply."""
    numbers = range(number * BATCH, (number + 1) * BATCH)
    return [_record(n, _reply(n) if n % 40 == 0 else _message(n)) for n in numbers]


def _reply(number: int) -> dict[str, Any]:
    values = {
        "pk": f"{SEND}#{number // 40 % ids.LEDGER_SHARDS:02d}",
        "sk": f"reply#SM{number:032x}",
        "kind": "reply",
        "details": {
            "intent": "question",
            "bucket": "2026-06-10T17",
            "words": f"gluten crust word{number % 500}",
        },
    }
    return encode(values)


def _message(number: int) -> dict[str, Any]:
    message = Message(
        id=ids.message_id(KEY, send=SEND, phone=f"+1312{number:07d}"),
        send_id=SEND,
        phone=f"+1312{number:07d}",
        status=MessageStatus.ACCEPTED,
        provider_sid=f"SM{number:032x}",
        parts=1,
        body=BODY,
        handed_over_at=NOW,
        updated_at=NOW,
    )
    return ledger.item_of(message)


def _record(number: int, item: dict[str, Any]) -> Mapping[str, Any]:
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": NOW.timestamp(),
        "Keys": {name: item[name] for name in ("pk", "sk")},
        "NewImage": item,
        "SequenceNumber": str(400_000_000_000_000 + number),
        "SizeBytes": 700,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if number % 2:
        delivered = {**item, "status": {"S": "delivered"}, "rank": {"N": "8"}}
        change |= {"OldImage": item, "NewImage": delivered}
    return {
        "eventID": f"{number:032x}",
        "eventName": "MODIFY" if number % 2 else "INSERT",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": change,
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/messages/stream/now",
    }


def _rows() -> list[dict[str, Any]]:
    """The metrics of a send of a million people whose answers came in over three days."""
    share = PEOPLE // ids.LEDGER_SHARDS
    sums = {
        "status:delivered": share - 900,
        "status:undelivered": 400,
        "status:skipped": 400,
        "status:held_out": 100,
        "skipped:opted_out": 100,
        "skipped:frequency_cap": 300,
        "error:30003": 300,
        "error:30005": 100,
        "parts": share,
        "response:reply": 900,
        "reply:interest": 500,
        "reply:opt_out": 400,
        "response:conversion": 600,
        "revenue:USD": 15_000_000_000,
        "converted:texted": 550,
        "converted:held_out": 1,
    }
    hours = [NOW + timedelta(hours=n) for n in range(72)]
    names = ("handed_over", "delivered", "reply", "lead", "opt_out", "conversion", "revenue:USD")
    sums |= {f"{name}@{hour.isoformat()[:13]}": 17 for hour in hours for name in names}
    return [
        {
            "pk": {"S": SEND},
            "sk": {"S": f"{shard:02d}"},
            "applied": {"S": "0" * 40},
            **{name: {"N": str(n)} for name, n in sums.items()},
        }
        for shard in range(ids.LEDGER_SHARDS)
    ]


def _send() -> Send:
    return Send(
        id=SEND,
        campaign=Campaign(
            id="cmp_1",
            version=1,
            name="Friday",
            program_id="pizza",
            body=BODY,
            segment=None,
            holdout_percent=10,
            attribution_hours=72,
            auto_reply=None,
            lead_keywords=(),
            created_at=NOW,
            updated_at=NOW,
        ),
        status=SendStatus.SENDING,
        created_at=NOW,
        starts_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        request_hash="",
        audience=PEOPLE,
        resolved_at=NOW,
    )
