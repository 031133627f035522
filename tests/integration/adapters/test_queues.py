"""Queues and schedules against moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from parley.errors import TransientError
from parley_aws.clock import SystemClock
from parley_aws.scheduler import EventBridgeScheduler, schedule_name
from parley_aws.sqs import MAX_DELAY, SqsQueue

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROLE = "arn:aws:iam::000000000000:role/scheduler"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:releases"


class _Clock(SystemClock):
    def now(self) -> datetime:
        return NOW


@pytest.fixture(autouse=True)
def _aws(_no_real_aws: None) -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def sqs() -> Any:
    return boto3.client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="sends")["QueueUrl"])


def _bodies(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Every message that can be received, which are then gone."""
    bodies = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [json.loads(message["Body"]) for message in got]
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def test_any_number_of_bodies_is_queued(sqs: Any, url: str) -> None:
    SqsQueue(sqs, url).send([{"n": n} for n in range(25)])
    assert sorted(body["n"] for body in _bodies(sqs, url)) == list(range(25))
    SqsQueue(sqs, url).send([])
    assert _bodies(sqs, url) == []


def test_big_bodies_go_in_batches_that_sqs_takes(sqs: Any, url: str) -> None:
    SqsQueue(sqs, url).send([{"n": n, "text": "x" * 100_000} for n in range(3)])
    assert len(_bodies(sqs, url)) == 3


def test_a_delayed_body_waits(sqs: Any, url: str) -> None:
    SqsQueue(sqs, url).send([{"n": 1}], delay=timedelta(seconds=0.2))
    assert _bodies(sqs, url) == []
    with pytest.raises(ValueError, match="delays by at most"):
        SqsQueue(sqs, url).send([{"n": 1}], delay=MAX_DELAY + timedelta(seconds=1))


def test_a_message_that_failed_is_hidden_for_as_long_as_is_asked(sqs: Any, url: str) -> None:
    queue = SqsQueue(sqs, url)
    queue.send([{"n": 1}])
    (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"]
    queue.hide(message["ReceiptHandle"], timedelta(0))
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    with pytest.raises(TransientError):
        queue.hide("no such handle", timedelta(seconds=10))


def test_a_fifo_queue_takes_an_equal_body_of_a_group_once(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="replies.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    queue = SqsQueue(sqs, url)
    for group in ("a", "a", "b"):
        queue.send([{"sid": "SM1"}], group=group)
    assert len(_bodies(sqs, url)) == 2


def test_a_group_is_a_tenant_of_a_queue_that_is_not_fifo(sqs: Any, url: str) -> None:
    SqsQueue(sqs, url).send([{"n": 1}, {"n": 1}], group="snd_1")
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    assert [m["Attributes"]["MessageGroupId"] for m in got["Messages"]] == ["snd_1"] * 2


def test_bodies_that_sqs_leaves_out_are_sent_again(sqs: Any, url: str) -> None:
    class Picky:
        """SQS that fails the first entry of every batch but the last it gets."""

        batches = 0

        def send_message_batch(self, **batch: Any) -> Any:
            self.batches += 1
            entries = batch["Entries"]
            if len(entries) == 1:
                return {"Successful": []}
            return {"Failed": [{"Id": entries[0]["Id"]}]}

    client: Any = Picky()
    SqsQueue(client, url).send([{"n": n} for n in range(3)])
    assert client.batches == 2


def test_a_queue_that_does_not_answer_is_a_transient_error(sqs: Any, url: str) -> None:
    with pytest.raises(TransientError):
        SqsQueue(sqs, f"{url}-missing").send([{"n": 1}])

    class Full:
        def send_message_batch(self, **batch: Any) -> Any:
            return {"Failed": [{"Id": entry["Id"]} for entry in batch["Entries"]]}

    client: Any = Full()
    with pytest.raises(TransientError, match="2 messages"):
        SqsQueue(client, url).send([{"n": 1}, {"n": 2}])


@pytest.fixture
def schedules() -> Any:
    client = boto3.client("scheduler")
    client.create_schedule_group(Name="parley")
    return client


@pytest.fixture
def scheduler(schedules: Any, sqs: Any, url: str) -> EventBridgeScheduler:
    return EventBridgeScheduler(
        schedules,
        group="parley",
        role_arn=ROLE,
        queue_arn=QUEUE,
        queue=SqsQueue(sqs, url),
        clock=_Clock(),
    )


def test_a_schedule_is_made_once_per_name(schedules: Any, scheduler: EventBridgeScheduler) -> None:
    when = NOW + timedelta(hours=1, microseconds=1)
    name = "snd_1/2026-11-22T13:00Z"
    scheduler.at(name, when, {"send_id": "snd_1", "release": "2026-11-22T13:00Z"})
    scheduler.at(name, when + timedelta(hours=1), {"send_id": "other"})
    made = schedules.get_schedule(Name=schedule_name(name), GroupName="parley")
    assert made["ScheduleExpression"] == "at(2026-11-22T13:00:01)"
    assert made["ActionAfterCompletion"] == "DELETE"
    assert made["Target"]["Arn"] == QUEUE
    assert json.loads(made["Target"]["Input"])["send_id"] == "snd_1"


def test_a_schedule_is_canceled_or_was_never_there(
    schedules: Any, scheduler: EventBridgeScheduler
) -> None:
    scheduler.at("a", NOW + timedelta(hours=1), {})
    scheduler.cancel("a")
    scheduler.cancel("a")
    assert schedules.list_schedules(GroupName="parley")["Schedules"] == []


def test_what_is_due_soon_goes_onto_the_queue(
    schedules: Any, scheduler: EventBridgeScheduler, sqs: Any, url: str
) -> None:
    scheduler.at("past", NOW - timedelta(hours=1), {"n": 1})
    assert _bodies(sqs, url) == [{"n": 1}]
    scheduler.at("soon", NOW + timedelta(seconds=59), {"n": 2})
    assert _bodies(sqs, url) == []
    assert schedules.list_schedules(GroupName="parley")["Schedules"] == []


def test_a_scheduler_that_does_not_answer_is_a_transient_error(
    schedules: Any, scheduler: EventBridgeScheduler
) -> None:
    with Stubber(schedules) as stubber:
        stubber.add_client_error("create_schedule", "ThrottlingException")
        stubber.add_client_error("delete_schedule", "InternalServerException")
        with pytest.raises(TransientError):
            scheduler.at("a", NOW + timedelta(hours=1), {})
        with pytest.raises(TransientError):
            scheduler.cancel("a")
