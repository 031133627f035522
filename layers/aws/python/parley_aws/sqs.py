"""Queues on SQS."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from parley.errors import TransientError
from parley_aws import sdk
from parley_aws.wire import REQUEST_ERRORS, pause

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY = timedelta(minutes=15)
_BATCH = 10
_MAX_BYTES = 1024 * 1024
_ATTEMPTS = 4


@cache
def sqs() -> SQSClient:
    """The SQS client of this process."""
    return cast("SQSClient", sdk.lean_client("sqs"))


class SqsQueue:
    """One queue. On a FIFO queue equal bodies of a group count as one for five minutes; on any
    other a group is a tenant of a fair queue.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
    """

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url
        self._is_fifo = url.endswith(".fifo")

    def send(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        delay: timedelta = timedelta(0),
        group: str | None = None,
    ) -> None:
        """Queue every body or raise TransientError. A FIFO queue needs the group.

        A delay is at most 15 minutes, and rounded up to whole seconds.
        """
        if delay > MAX_DELAY:
            raise ValueError(f"SQS delays by at most {MAX_DELAY}")
        seconds = max(-(-delay // timedelta(seconds=1)), 0)
        texts = [json.dumps(body, separators=(",", ":"), sort_keys=True) for body in bodies]
        for batch in _batches(texts):
            self._send_batch(
                [
                    _entry(i, text, seconds) | self._place_of(text, group)
                    for i, text in enumerate(batch)
                ]
            )

    def hide(self, receipt_handle: str, duration: timedelta) -> None:
        """Let a message that was received come again after a time, at most 12 hours.

        Raises TransientError; the message then comes again when the queue thinks fit.
        """
        try:
            self._client.change_message_visibility(
                QueueUrl=self._url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=int(duration.total_seconds()),
            )
        except REQUEST_ERRORS as error:
            raise TransientError("SQS did not hide a message") from error

    def _place_of(self, text: str, group: str | None) -> dict[str, str]:
        if group is None:
            return {}
        if not self._is_fifo:
            return {"MessageGroupId": group}
        digest = hashlib.sha256(f"{group}\x1f{text}".encode())
        return {"MessageGroupId": group, "MessageDeduplicationId": digest.hexdigest()}

    def _send_batch(self, entries: list[dict[str, Any]]) -> None:
        """Queue up to ten messages. One whose answer was lost may come twice, as any may."""
        failure: Exception | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                pause(attempt)
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=cast("Any", entries),
                )
            except REQUEST_ERRORS as error:
                failure = error
                continue
            failed = {refused["Id"] for refused in answer.get("Failed", ())}
            if not failed:
                return
            entries = [entry for entry in entries if entry["Id"] in failed]
        raise TransientError(f"SQS did not take {len(entries)} messages of a batch") from failure


def _entry(position: int, text: str, delay_seconds: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"Id": str(position), "MessageBody": text}
    if delay_seconds:
        entry["DelaySeconds"] = delay_seconds
    return entry


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if batch and (len(batch) == _BATCH or size + length > _MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch
