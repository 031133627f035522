"""Queues: every one with a dead-letter queue and an alarm on it."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarms import Alarms
from infra.constructs.nag import acknowledge

MAX_RECEIVES = 5
"""Attempts before a message moves to the dead-letter queue."""

RETENTION = Duration.days(14)


class WorkQueue(Construct):
    """A queue of commands with its dead-letter queue and alarm.

    Args:
        consumer_timeout_seconds: the timeout of the function that reads it; a message stays
            invisible six times as long, as AWS asks of event sources.
        fifo: keep the order within a message group.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Alarms,
        consumer_timeout_seconds: int,
        fifo: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            fifo=fifo or None,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=RETENTION,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            fifo=fifo or None,
            content_based_deduplication=False if fifo else None,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=RETENTION,
            visibility_timeout=Duration.seconds(6 * consumer_timeout_seconds),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=MAX_RECEIVES
            ),
        )
        alarms.when_not_empty(
            f"{construct_id}DeadLetters",
            metric=self.dead_letters.metric_approximate_number_of_messages_visible(),
            description=f"{construct_id}: commands failed {MAX_RECEIVES} times. Read the "
            "function's log, mend the cause, then put them back: python -m parley_aws.cli "
            f"redrive --queue {construct_id.lower()} (docs/redrive.md).",
        )


class StreamFailures(Construct):
    """Where stream consumers leave the position of records they could not process."""

    def __init__(self, scope: Construct, construct_id: str, *, alarms: Alarms) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=RETENTION,
        )
        acknowledge(
            self.queue,
            "AwsSolutions-SQS3",
            "This queue is itself the dead-letter destination of the streams.",
        )
        alarms.when_not_empty(
            "StreamFailures",
            metric=self.queue.metric_approximate_number_of_messages_visible(),
            description="A stream consumer gave up on records; the stream keeps them for 24 hours. "
            "Read the function's log, mend the cause, then replay them: python -m parley_aws.cli "
            "redrive --queue stream-failures (docs/redrive.md).",
        )


class Queues(Construct):
    """All queues of commands, by what they ask for."""

    def __init__(
        self, scope: Construct, construct_id: str, *, alarms: Alarms, timeouts: dict[str, int]
    ) -> None:
        """Create them.

        Args:
            timeouts: seconds that each queue's consumer may take, by the queue's name.
        """
        super().__init__(scope, construct_id)

        def queue(name: str, *, fifo: bool = False) -> WorkQueue:
            return WorkQueue(
                self,
                name.capitalize(),
                alarms=alarms,
                consumer_timeout_seconds=timeouts[name],
                fifo=fifo,
            )

        self.launches = queue("launches")
        self.sends = queue("sends")
        self.receipts = queue("receipts")
        self.replies = queue("replies", fifo=True)
        self.imports = queue("imports")
        self.releases = queue("releases")
        self.reconciliations = queue("reconciliations")
        self.stream_failures = StreamFailures(self, "StreamFailures", alarms=alarms)

    def by_name(self) -> dict[str, sqs.Queue]:
        """The queues by the name that environment variables and outputs derive from."""
        return {
            "launches": self.launches.queue,
            "sends": self.sends.queue,
            "receipts": self.receipts.queue,
            "replies": self.replies.queue,
            "imports": self.imports.queue,
            "releases": self.releases.queue,
            "reconciliations": self.reconciliations.queue,
        }
