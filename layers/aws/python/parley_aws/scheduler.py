"""One-shot schedules on EventBridge Scheduler."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from parley.errors import TransientError
from parley_aws import sdk
from parley_aws.ports import Clock, Queue

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

SOON = timedelta(seconds=60)
"""Schedules work by the minute: what is due sooner goes onto the queue with a delay."""

_MAX_NAME = 64
_UNFIT = re.compile(r"[^0-9A-Za-z_.-]")


@cache
def event_bridge_scheduler() -> EventBridgeSchedulerClient:
    """The Scheduler client of this process."""
    return cast("EventBridgeSchedulerClient", sdk.client("scheduler"))


class EventBridgeScheduler:
    """Puts bodies on one queue at a time; a schedule deletes itself once it ran."""

    def __init__(
        self,
        client: EventBridgeSchedulerClient,
        *,
        group: str,
        role_arn: str,
        queue_arn: str,
        queue: Queue,
        clock: Clock,
    ) -> None:
        self._client = client
        self._group = group
        self._role_arn = role_arn
        self._queue_arn = queue_arn
        self._queue = queue
        self._clock = clock

    def at(self, name: str, when: datetime, body: Mapping[str, Any]) -> None:
        """Have a body put on the queue at a time; once per name, twice where it is due soon."""
        wait = when - self._clock.now()
        if wait < SOON:
            self._queue.send([body], delay=max(wait, timedelta(0)))
            return
        try:
            self._client.create_schedule(
                Name=schedule_name(name),
                GroupName=self._group,
                ScheduleExpression=f"at({_whole_second(when):%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self._queue_arn,
                    "RoleArn": self._role_arn,
                    "Input": json.dumps(body, separators=(",", ":"), sort_keys=True),
                },
            )
        except self._client.exceptions.ConflictException:
            return
        except (ClientError, BotoCoreError) as error:
            raise TransientError("Scheduler did not take a schedule") from error

    def cancel(self, name: str) -> None:
        """Remove a schedule; none by that name is no error."""
        try:
            self._client.delete_schedule(Name=schedule_name(name), GroupName=self._group)
        except self._client.exceptions.ResourceNotFoundException:
            return
        except (ClientError, BotoCoreError) as error:
            raise TransientError("Scheduler did not remove a schedule") from error


def schedule_name(name: str) -> str:
    """A name as Scheduler takes it: some characters replaced, too long a name ends in a hash."""
    fit = _UNFIT.sub("-", name)
    if fit == name and len(name) <= _MAX_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{fit[: _MAX_NAME - 17]}-{digest}"


def _whole_second(when: datetime) -> datetime:
    return (when.astimezone(UTC) + timedelta(microseconds=999_999)).replace(microsecond=0)
