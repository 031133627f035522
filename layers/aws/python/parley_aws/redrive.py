"""Put messages back on the queue that gave up on them.

SQS has a task of its own for this (StartMessageMoveTask), which runs in the background, tells
nothing of what it moved but numbers, and is missing from the engines that Parley is tested on. This
moves a message by sending and then deleting it: a crash in between leaves it on both queues, which
every consumer bears.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from parley.errors import NotFoundError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH = 10
_WAIT_SECONDS = 1
_HIDDEN_SECONDS = 60


def redrive(client: SQSClient, queue_url: str, *, limit: int | None = None) -> int:
    """Move the dead letters of a queue back to it, at most `limit`; how many were moved.

    Bodies, attributes and groups stay as they are. Raises NotFoundError for a queue without dead
    letters, TransientError where SQS does not do its part: what was moved by then stays moved.
    """
    try:
        dead_url = dead_letters_of(client, queue_url)
        moved = 0
        for batch in received(client, dead_url, limit=limit):
            moved += _move(client, batch, dead_url, queue_url)
    except (ClientError, BotoCoreError) as error:
        raise TransientError("SQS did not do its part") from error
    return moved


def dead_letters_of(client: SQSClient, queue_url: str) -> str:
    """The URL of the queue that takes a queue's dead letters. Raises NotFoundError."""
    asked = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])
    policy = asked.get("Attributes", {}).get("RedrivePolicy")
    if policy is None:
        raise NotFoundError("the queue has no dead letters")
    arn: str = json.loads(policy)["deadLetterTargetArn"]
    return client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]


def received(
    client: SQSClient, url: str, *, limit: int | None = None
) -> Iterator[list[dict[str, Any]]]:
    """Messages of a queue in batches, until there are none or so many; each is hidden for a
    minute from others who ask."""
    left = limit
    while left is None or left > 0:
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_BATCH if left is None else min(left, _BATCH),
            WaitTimeSeconds=_WAIT_SECONDS,
            VisibilityTimeout=_HIDDEN_SECONDS,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        batch = cast("list[dict[str, Any]]", answer.get("Messages", []))
        if not batch:
            return
        left = None if left is None else left - len(batch)
        yield batch


def _move(client: SQSClient, batch: list[dict[str, Any]], from_url: str, to_url: str) -> int:
    entries = [_entry(position, message) for position, message in enumerate(batch)]
    sent = client.send_message_batch(QueueUrl=to_url, Entries=cast("Any", entries))
    taken = [int(each["Id"]) for each in sent.get("Successful", [])]
    if taken:
        client.delete_message_batch(
            QueueUrl=from_url,
            Entries=[{"Id": str(i), "ReceiptHandle": batch[i]["ReceiptHandle"]} for i in taken],
        )
    if len(taken) < len(batch):
        raise TransientError(f"SQS did not take {len(batch) - len(taken)} messages back")
    return len(taken)


def _entry(position: int, message: dict[str, Any]) -> dict[str, Any]:
    """The message as it is sent again. In a FIFO queue it needs an id of its own: its first one
    may be less than five minutes old, and SQS would swallow it as a repetition."""
    entry: dict[str, Any] = {"Id": str(position), "MessageBody": message["Body"]}
    if message.get("MessageAttributes"):
        entry["MessageAttributes"] = message["MessageAttributes"]
    group = message.get("Attributes", {}).get("MessageGroupId")
    if group is not None:
        entry["MessageGroupId"] = group
    if "MessageDeduplicationId" in message.get("Attributes", {}):
        entry["MessageDeduplicationId"] = f"redrive-{message['MessageId']}"
    return entry
