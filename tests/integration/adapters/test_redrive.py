"""Dead letters put back, and failures of stream consumers replayed, against moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from parley.errors import NotFoundError, TransientError
from parley_aws import cli, replay, sqs
from parley_aws.redrive import redrive
from parley_aws.replay import Replay
from parley_aws.settings import settings


@pytest.fixture(autouse=True)
def _aws(_no_real_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("parley_aws.redrive._WAIT_SECONDS", 0)
    with mock_aws():
        yield
    settings.cache_clear()


@pytest.fixture
def client() -> Any:
    return boto3.client("sqs")


def queue_with_dead_letters(client: Any, name: str) -> tuple[str, str]:
    """The URLs of a queue and of that of its dead letters."""
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    dead_name = name.replace(".fifo", "") + "-dlq" + (".fifo" if fifo else "")
    dead = client.create_queue(QueueName=dead_name, Attributes=fifo)["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": "5"}
    attributes = {**fifo, "RedrivePolicy": json.dumps(policy)}
    return client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], dead


def messages_of(client: Any, url: str) -> list[dict[str, Any]]:
    """Every message of a queue, which are then gone."""
    found: list[dict[str, Any]] = []
    while batch := client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    ).get("Messages"):
        found += batch
        for message in batch:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_every_dead_letter_goes_back_as_it_was(client: Any) -> None:
    url, dead = queue_with_dead_letters(client, "sends")
    for number in range(23):
        client.send_message(
            QueueUrl=dead,
            MessageBody=json.dumps({"n": number}),
            MessageGroupId="pizza",
            MessageAttributes={"trace": {"DataType": "String", "StringValue": str(number)}},
        )
    assert redrive(client, url) == 23
    back = messages_of(client, url)
    assert sorted(json.loads(m["Body"])["n"] for m in back) == list(range(23))
    for message in back:
        assert message["Attributes"]["MessageGroupId"] == "pizza"
        assert message["MessageAttributes"]["trace"]["StringValue"] in message["Body"]
    assert messages_of(client, dead) == []
    assert redrive(client, url) == 0


def test_a_few_can_be_tried_first(client: Any) -> None:
    url, dead = queue_with_dead_letters(client, "sends")
    for number in range(15):
        client.send_message(QueueUrl=dead, MessageBody=str(number))
    assert redrive(client, url, limit=12) == 12
    assert len(messages_of(client, url)) == 12
    assert len(messages_of(client, dead)) == 3


def test_fifo_keeps_groups_and_order_and_swallows_nothing(client: Any) -> None:
    """A message that failed quickly comes back within the five minutes of its first id."""
    url, dead = queue_with_dead_letters(client, "replies.fifo")
    for number in range(4):
        sent = {
            "MessageBody": str(number),
            "MessageGroupId": str(number % 2),
            "MessageDeduplicationId": f"reply-{number}",
        }
        client.send_message(QueueUrl=url, **sent)
        client.send_message(QueueUrl=dead, **sent)
    assert len(messages_of(client, url)) == 4
    assert redrive(client, url) == 4
    back = [(m["Attributes"]["MessageGroupId"], m["Body"]) for m in messages_of(client, url)]
    assert [body for group, body in back if group == "0"] == ["0", "2"]
    assert [body for group, body in back if group == "1"] == ["1", "3"]


def test_what_sqs_does_not_take_stays_where_it_is(client: Any) -> None:
    url, dead = queue_with_dead_letters(client, "sends")
    for number in range(3):
        client.send_message(QueueUrl=dead, MessageBody=str(number))

    class Picky:
        """SQS that refuses one message of each batch."""

        def __getattr__(self, name: str) -> Any:
            return getattr(client, name)

        def send_message_batch(self, *, Entries: list[Any], **of_batch: Any) -> Any:  # noqa: N803
            answer = client.send_message_batch(Entries=Entries[1:], **of_batch)
            return {**answer, "Failed": [{"Id": Entries[0]["Id"]}]}

    picky: Any = Picky()
    with pytest.raises(TransientError, match="did not take 1"):
        redrive(picky, url)
    assert len(messages_of(client, url)) == 2
    left = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_a_queue_without_dead_letters_is_refused(client: Any) -> None:
    plain = client.create_queue(QueueName="plain")["QueueUrl"]
    with pytest.raises(NotFoundError):
        redrive(client, plain)
    with pytest.raises(TransientError):
        redrive(client, plain + "-missing")


@pytest.mark.parametrize("name", [name for name in cli.QUEUES if name != cli.STREAM_FAILURES])
def test_the_command_knows_every_queue(
    client: Any, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = f"{name}.fifo" if name == "replies" else name
    url, dead = queue_with_dead_letters(client, real)
    fifo = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if name == "replies" else {}
    client.send_message(QueueUrl=dead, MessageBody="{}", **fifo)
    _environment(monkeypatch, **{f"{name.upper()}_QUEUE_URL": url})
    assert cli.main(["redrive", "--queue", name]) == 0
    assert json.loads(capsys.readouterr().out) == {"queue": name, "moved": 1}
    assert len(messages_of(client, url)) == 1


def test_the_command_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _environment(monkeypatch)
    assert cli.main(["redrive", "--queue", "sends"]) == 1
    assert "SENDS_QUEUE_URL" in capsys.readouterr().err
    for arguments in (["--queue", "elsewhere"], ["--queue", "sends", "--limit", "0"]):
        with pytest.raises(SystemExit):
            cli.main(["redrive", *arguments])


def _environment(monkeypatch: pytest.MonkeyPatch, **names: str) -> None:
    for name in cli.QUEUES:
        monkeypatch.delenv(f"{name.replace('-', '_').upper()}_QUEUE_URL", raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    monkeypatch.setattr(sqs, "sqs", lambda: boto3.client("sqs"))


class Functions:
    """Lambda with three functions, one of which fails."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, str]:  # noqa: N803
        return {"Description": f"Parley: {FunctionName.rpartition(':')[2].replace('_', ' ')}"}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, str]:  # noqa: N803
        if FunctionName.endswith("publish_events"):
            return {"FunctionError": "Unhandled"}
        self.given += json.loads(Payload)["Records"]
        return {}


class Stream:
    """A table with a stream of ten changes, and failures of its consumers on a queue."""

    def __init__(self, client: Any) -> None:
        self._sqs = client
        table = boto3.client("dynamodb")
        table.create_table(
            TableName="campaigns",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        for number in range(10):
            table.put_item(TableName="campaigns", Item={"pk": {"S": str(number)}})
        self.streams = boto3.client("dynamodbstreams")
        self.arn = self.streams.list_streams()["Streams"][0]["StreamArn"]
        description = self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]
        self.shard = description["Shards"][0]["ShardId"]
        self.records = self.streams.get_records(
            ShardIterator=self.streams.get_shard_iterator(
                StreamArn=self.arn, ShardId=self.shard, ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
        )["Records"]
        self.failures = client.create_queue(QueueName="failures")["QueueUrl"]

    def fail(self, function: str, first: int, last: int) -> None:
        """Have a function give up on some records, as Lambda tells it."""
        numbers = [each["dynamodb"]["SequenceNumber"] for each in self.records]
        body = {
            "requestContext": {
                "functionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 11,
            },
            "version": "1.0",
            "DDBStreamBatchInfo": {
                "shardId": self.shard,
                "startSequenceNumber": numbers[first],
                "endSequenceNumber": numbers[last],
                "batchSize": last - first + 1,
                "streamArn": self.arn,
            },
        }
        self._sqs.send_message(QueueUrl=self.failures, MessageBody=json.dumps(body))


def test_failures_of_streams_are_replayed_or_refused_with_the_reason(client: Any) -> None:
    stream, functions = Stream(client), Functions()
    stream.fail("launch_sends", 2, 4)
    stream.fail("record_metrics", 5, 5)
    stream.fail("publish_events", 6, 6)
    typed: Any = functions
    done = Replay(sqs=client, streams=stream.streams, functions=typed)(stream.failures)
    assert done.failures == 1
    counted, failed = sorted(done.refused, reverse=True)
    assert counted.startswith("Parley: record metrics: it has counted later records")
    assert failed == "Parley: publish events: it failed again; see its log"
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in functions.given] == ["2", "3", "4"]
    for each in functions.given:
        assert each["eventSourceARN"] == stream.arn
        assert each["eventSource"] == "aws:dynamodb"
        created = each["dynamodb"]["ApproximateCreationDateTime"]
        assert abs(created - datetime.now(UTC).timestamp()) < 3600
    waiting = client.get_queue_attributes(QueueUrl=stream.failures, AttributeNames=["All"])
    assert waiting["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "2"


def test_a_recount_that_its_schedule_did_not_bring_to_an_end_is_named(client: Any) -> None:
    """Lambda's word of a failure that nobody waits for, and the event that never reached it."""
    queue = client.create_queue(QueueName="failures")["QueueUrl"]
    arn = "arn:aws:lambda:us-east-1:000000000000:function:recount_metrics"
    event = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events"}
    failed = {
        "version": "1.0",
        "requestContext": {"functionArn": arn, "condition": "RetriesExhausted"},
        "requestPayload": event,
        "responsePayload": {"errorType": "TransientError"},
    }
    for body in (event, failed):
        client.send_message(QueueUrl=queue, MessageBody=json.dumps(body))
    nothing: Any = None
    done = Replay(sqs=client, streams=nothing, functions=nothing)(queue)
    assert done.failures == 0
    assert [each.partition(":")[2].split(":")[0] for each in done.refused] == [
        " recount metrics",
        " recount metrics",
    ]


def test_records_that_the_stream_has_dropped_are_named_as_gone(client: Any) -> None:
    stream, functions = Stream(client), Functions()
    stream.fail("launch_sends", 0, 1)

    class Trimmed:
        def get_shard_iterator(self, **_: Any) -> Any:
            error: Any = {"Error": {"Code": "TrimmedDataAccessException", "Message": ""}}
            raise ClientError(error, "GetShardIterator")

    trimmed: Any = Trimmed()
    typed: Any = functions
    done = Replay(sqs=client, streams=trimmed, functions=typed)(stream.failures)
    assert done.failures == 0
    assert done.refused == ("Parley: launch sends: the stream does not hold its records any more",)
    assert functions.given == []


def test_the_command_replays_and_tells_of_refusals(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = Stream(client)
    typed: Any = Functions()
    made = Replay(sqs=client, streams=stream.streams, functions=typed)
    monkeypatch.setattr(replay, "replay", lambda: made)
    _environment(monkeypatch, STREAM_FAILURES_QUEUE_URL=stream.failures)
    stream.fail("launch_sends", 0, 9)
    assert cli.main(["redrive", "--queue", "stream-failures"]) == 0
    assert json.loads(capsys.readouterr().out)["moved"] == 1
    stream.fail("record_metrics", 0, 9)
    assert cli.main(["redrive", "--queue", "stream-failures", "--limit", "1"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["moved"], len(told["refused"])) == (0, 1)
