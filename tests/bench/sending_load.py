"""The measured side of the benches of sending, in a process of its own on one core.

`python -m tests.bench.sending_load near|far <result file>` drives the real handlers against
constant servers that its environment names, and writes what it measured as JSON.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import boto3
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from parley import ids
from parley.campaign import RANGE_KEYS
from parley.segment import compile_segment
from parley_aws import wiring
from parley_aws.clock import SystemClock
from tests.bench import sending_world as world

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5
ROUND_SECONDS = 2.0
RANGES_AT_ONCE = 5
"""Messages in one invocation of send_messages, as the template configures it."""

PLAIN_THREADS = 8
Rate = tuple[float, float]
"""How many a second by the clock, and a second of this process's processor time."""

CONTEXT = SimpleNamespace(
    function_name="bench",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:bench",
    aws_request_id="bench",
    get_remaining_time_in_millis=lambda: 60_000,
)


def main(distance: str, result: Path) -> None:
    """Measure, and write the result; at far servers only how fast texts are handed over."""
    send = _handler("send_messages")
    batches = list(_batches())
    _send_all(send, batches)
    if distance == "near":
        measured = _near(send, batches)
    else:
        measured = {"rates": [_rate(lambda: _send_all(send, batches[:1])) for _ in range(ROUNDS)]}
    result.write_text(json.dumps(measured))
    wiring.provider().close()


def _near(send: Callable[[dict[str, Any], Any], Any], batches: list[dict[str, Any]]) -> Any:
    segment = [_rate(_scan_of()) for _ in range(ROUNDS)]  # before the plain loop fills the heap
    plain = _plain()
    plain(100)
    rates: dict[str, list[Rate]] = {"handler": [], "plain": []}
    for _ in range(ROUNDS):
        rates["handler"].append(_rate(lambda: _send_all(send, batches[:1])))
        rates["plain"].append(_rate(lambda: plain(100)))
    return {
        "rates": rates,
        "counts": {
            "resolve": _counted(_resolve),
            "send": _counted(lambda: _send_all(send, batches)),
            "delivered": _counted(lambda: _take_receipts("delivered")),
            "lost": _counted(lambda: _take_receipts("undelivered", ErrorCode="30003")),
        },
        "segment": segment,
    }


def _handler(name: str) -> Callable[[dict[str, Any], Any], Any]:
    """The entry of a function, loaded as Lambda does."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "functions" / name / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    entry: Callable[[dict[str, Any], Any], Any] = module.handler
    return entry


def _batches() -> Iterator[dict[str, Any]]:
    """Events of the sends queue that together name everyone once."""
    bodies = (
        {"send_id": world.SEND_ID, "page_id": world.PAGE_ID, "start": s, "end": s + RANGE_KEYS}
        for s in range(0, world.PEOPLE, RANGE_KEYS)
    )
    while records := list(islice(bodies, RANGES_AT_ONCE)):
        yield _event(records)


def _event(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-66197583{n:04}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": json.dumps(body, separators=(",", ":")),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(int(time.time() * 1000)),
                    "SenderId": "AROAEXAMPLE:resolve_audience",
                    "ApproximateFirstReceiveTimestamp": str(int(time.time() * 1000)),
                },
                "messageAttributes": {},
                "md5OfBody": "098f6bcd4621d373cade4e832627b4f6",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:bench",
                "awsRegion": "us-east-1",
            }
            for n, body in enumerate(bodies)
        ]
    }


def _send_all(send: Callable[[dict[str, Any], Any], Any], batches: list[dict[str, Any]]) -> int:
    """Hand over what batches name; how many texts that are."""
    for batch in batches:
        answer = send(batch, CONTEXT)
        assert not answer["batchItemFailures"]
    return sum(len(batch["Records"]) for batch in batches) * RANGE_KEYS


def _plain() -> Callable[[int], int]:
    """What one would write without Parley: one write and one create a text, in threads."""
    table = boto3.resource("dynamodb").Table(world.CONTACTS)
    client = Client(world.SECRET["account_sid"], world.SECRET["auth_token"])
    client.api.base_url = os.environ["TWILIO_API_BASE_URL"]
    callback = os.environ["PUBLIC_BASE_URL"] + "/webhooks/twilio/status?message_id="
    threads = ThreadPoolExecutor(PLAIN_THREADS)

    def send(number: int) -> None:
        phone = world.phone(number)
        table.update_item(
            Key={"phone": phone},
            UpdateExpression="SET last_send = :send",
            ConditionExpression="last_send <> :send",
            ExpressionAttributeValues={":send": world.SEND_ID},
        )
        client.messages.create(
            to=phone,
            messaging_service_sid=world.SERVICE,
            body=world.TAKEN["body"],
            status_callback=callback + phone[1:],
            validity_period=36000,
        )

    def send_all(count: int) -> int:
        return len(list(threads.map(send, range(count))))

    return send_all


def _rate(work: Callable[[], int]) -> Rate:
    """How many a second, and a second of processor time, over calls that tell how many."""
    done = 0
    began, processor_began = time.perf_counter(), time.process_time()
    while (elapsed := time.perf_counter() - began) < ROUND_SECONDS:
        done += work()
    return done / elapsed, done / (time.process_time() - processor_began)


def _counted(work: Callable[[], int]) -> dict[str, int]:
    """The requests that some work makes of AWS, by operation, and the texts it was about."""
    _counts()
    texts = work()
    return {**_counts(), "texts": texts}


def _counts() -> dict[str, int]:
    with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/counts") as answer:  # noqa: S310  # our own server
        counted: dict[str, int] = json.load(answer)
    return counted


def _resolve() -> int:
    """Queue the ranges of the one page there is."""
    body = {"kind": "resolve", "send_id": world.SEND_ID, "segment": 0, "segments": 2, "page": 0}
    assert not _handler("resolve_audience")(_event([body]), CONTEXT)["batchItemFailures"]
    return world.PEOPLE


def _take_receipts(status: str, **more: str) -> int:
    """Take the webhook of the receipt that ends each text's way."""
    take = _handler("receive_receipt")
    validator = RequestValidator(world.SECRET["auth_token"])
    for message_id in _message_ids():
        url = f"{os.environ['PUBLIC_BASE_URL']}/webhooks/twilio/status?message_id={message_id}"
        form = {"MessageSid": str(world.TAKEN["sid"]), "MessageStatus": status, **more}
        event = {
            "rawPath": "/webhooks/twilio/status",
            "rawQueryString": f"message_id={message_id}",
            "headers": {
                "content-type": "application/x-www-form-urlencoded",
                "x-twilio-signature": validator.compute_signature(url, form),
            },
            "requestContext": {"http": {"method": "POST", "path": "/webhooks/twilio/status"}},
            "body": urlencode(form),
            "isBase64Encoded": False,
        }
        assert take(event, CONTEXT)["statusCode"] == 204
    return world.PEOPLE


def _message_ids() -> Iterator[str]:
    key = world.SECRET["id_key"].encode()
    for number in range(world.PEOPLE):
        yield ids.message_id(key, send=world.SEND_ID, phone=world.phone(number))


def _scan_of() -> Callable[[], int]:
    """A page of a scan: request, reading of the answer, decoding, segment."""
    segment = compile_segment(
        {"all": [{"list": "newsletter"}, {"attribute": "city", "in": ["Austin", "Waco"]}]}
    )
    contacts, now = wiring.contacts(), SystemClock().now()

    def scan() -> int:
        page = contacts.scan(
            segment=0, segments=1, start_key=None, limit=world.SCANNED, fields=segment.reads
        )
        matching = [c for c in page.contacts if segment.matches(c, now)]
        assert 0 < len(matching) < len(page.contacts)
        return len(page.contacts)

    return scan


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    main(sys.argv[1], Path(sys.argv[2]))
