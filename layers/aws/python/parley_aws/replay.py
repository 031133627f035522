"""Give stream records that a function gave up on to that function again.

What lies on the stream failures queue is not the records but where they are: a shard and sequence
numbers. The stream keeps them for 24 hours.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from parley.errors import NotFoundError, TransientError
from parley.metrics import UNREADABLE
from parley_aws import redrive, sdk

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

_COUNTS = "Parley: record metrics"
"""The description of the function whose records are not replayed."""

_MISSED = (
    "Parley: recount metrics: its schedule did not bring it to an end; see its log, run recount by "
    "hand, then delete this message"
)
"""What is not of a stream is of the one function that a schedule starts."""

_GONE = ("TrimmedDataAccessException", "ResourceNotFoundException")
_READS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many failures were mended, and why others stay on the queue."""

    failures: int
    refused: tuple[str, ...]


class Replay:
    """Replays the failures of stream consumers."""

    def __init__(
        self, *, sqs: SQSClient, streams: DynamoDBStreamsClient, functions: LambdaClient
    ) -> None:
        self._sqs = sqs
        self._streams = streams
        self._functions = functions

    def __call__(self, queue_url: str, *, limit: int | None = None) -> Replayed:
        """Replay what lies on a queue, at most `limit` failures.

        A failure whose records are gone, that fails again, or whose function may not be given
        records twice is refused, and stays. Raises TransientError where SQS does not answer.
        """
        mended = 0
        refused = []
        try:
            for batch in redrive.received(self._sqs, queue_url, limit=limit):
                for message in batch:
                    why = self._mend(json.loads(message["Body"]))
                    if why is not None:
                        refused.append(why)
                        continue
                    mended += 1
                    self._sqs.delete_message(
                        QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"]
                    )
        except (ClientError, BotoCoreError) as error:
            raise TransientError("a failure could not be read or put away") from error
        return Replayed(failures=mended, refused=tuple(refused))

    def _mend(self, failure: Mapping[str, Any]) -> str | None:
        """Replay one failure; why it was refused, if it was."""
        if failure.get("kind") == UNREADABLE:
            return (
                f"{_COUNTS}: the entry {failure['key']} in partition {failure['partition']} of the "
                f"{failure['table']} table cannot be read and counts as unreadable; mend the "
                "entry, then delete this message"
            )
        info = failure.get("DDBStreamBatchInfo")
        if info is None:
            return _MISSED
        function = failure["requestContext"]["functionArn"]
        what = self._functions.get_function_configuration(FunctionName=function)
        name = what.get("Description") or function
        if name == _COUNTS:
            return (
                f"{name}: it has counted later records since, and would take these for counted "
                "too; recount the send from its messages"
            )
        try:
            records = self._records(info)
        except NotFoundError as error:
            return f"{name}: {error}"
        answer = self._functions.invoke(
            FunctionName=function, Payload=json.dumps({"Records": records}).encode()
        )
        if answer.get("FunctionError"):
            return f"{name}: it failed again; see its log"
        return None

    def _records(self, info: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The records of a batch as Lambda hands them over, with those between them that its
        filters leave out. Raises NotFoundError."""
        last = int(info["endSequenceNumber"])
        found: list[dict[str, Any]] = []
        try:
            iterator: str | None = self._streams.get_shard_iterator(
                StreamArn=info["streamArn"],
                ShardId=info["shardId"],
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                SequenceNumber=info["startSequenceNumber"],
            )["ShardIterator"]
            for _ in range(_READS):
                if iterator is None or (found and _sequence(found[-1]) >= last):
                    break
                answer = self._streams.get_records(ShardIterator=iterator)
                found += cast("list[dict[str, Any]]", answer["Records"])
                iterator = answer.get("NextShardIterator")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            raise NotFoundError("the stream does not hold its records any more") from error
        of_batch = [each for each in found if _sequence(each) <= last]
        if not of_batch or _sequence(of_batch[-1]) != last:
            raise NotFoundError("the stream does not hold all of its records")
        return [_as_delivered(record, info["streamArn"]) for record in of_batch]


def replay() -> Replay:
    """The replay of this process's account."""
    return Replay(
        sqs=sdk.client("sqs"),
        streams=sdk.client("dynamodbstreams"),
        functions=sdk.client("lambda"),
    )


def _sequence(record: Mapping[str, Any]) -> int:
    return int(record["dynamodb"]["SequenceNumber"])


def _as_delivered(record: dict[str, Any], stream_arn: str) -> dict[str, Any]:
    change = dict(record["dynamodb"])
    if "ApproximateCreationDateTime" in change:
        change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    return {**record, "dynamodb": change, "eventSourceARN": stream_arn}
