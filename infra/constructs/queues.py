"""Queues: every one with a dead-letter queue and an alarm on it."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarms import Alarms
from infra.constructs.nag import acknowledge

MAX_RECEIVES = 5
"""Attempts before a message moves to the dead-letter queue."""

DELIVERY_RECEIVES = 12
"""Attempts at a fact for an outsider, over about 22 hours: one more than the waits in between
(`parley.webhook.RETRY_AFTER`)."""

LATE_AFTER = {
    "launches": Duration.minutes(15),
    "sends": Duration.minutes(30),
    "receipts": Duration.minutes(10),
    "replies": Duration.minutes(2),
    "imports": Duration.minutes(30),
    "releases": Duration.minutes(10),
    "reconciliations": Duration.minutes(60),
    "deliveries": Duration.hours(26),
}
"""How old the oldest command of a queue gets before somebody is called. Reconciliations wait on
purpose, deliveries for outsiders that are down."""

RETENTION = Duration.days(14)


class WorkQueue(Construct):
    """A queue of commands with its dead-letter queue and alarm.

    Args:
        consumer_timeout_seconds: the timeout of the function that reads it; a message stays
            invisible six times as long, as AWS asks of event sources.
        fifo: keep the order within a message group.
        max_receives: attempts before a message moves to the dead-letter queue.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Alarms,
        consumer_timeout_seconds: int,
        fifo: bool = False,
        max_receives: int = MAX_RECEIVES,
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
                queue=self.dead_letters, max_receive_count=max_receives
            ),
        )
        alarms.when_not_empty(
            f"{construct_id}DeadLetters",
            metric=self.dead_letters.metric_approximate_number_of_messages_visible(),
            description=f"{construct_id}: commands failed {max_receives} times. Read the "
            "function's log, mend the cause, then put them back: python -m parley_aws.cli "
            f"redrive --queue {construct_id.lower()}.",
            section="dead-letters",
        )
        alarms.when_above(
            f"{construct_id}OldestMessage",
            metric=self.queue.metric_approximate_age_of_oldest_message(
                period=Duration.minutes(1), statistic="Maximum"
            ),
            threshold=LATE_AFTER[construct_id.lower()].to_seconds(),
            periods=3,
            description=f"{construct_id}: the oldest command has waited too long.",
            section="oldest-message",
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
            "redrive --queue stream-failures.",
            section="stream-failures",
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

        def queue(name: str, *, fifo: bool = False, max_receives: int = MAX_RECEIVES) -> WorkQueue:
            return WorkQueue(
                self,
                name.capitalize(),
                alarms=alarms,
                consumer_timeout_seconds=timeouts[name],
                fifo=fifo,
                max_receives=max_receives,
            )

        self.launches = queue("launches")
        self.sends = queue("sends")
        self.receipts = queue("receipts")
        self.replies = queue("replies", fifo=True)
        self.imports = queue("imports")
        self.releases = queue("releases")
        self.reconciliations = queue("reconciliations")
        self.deliveries = queue("deliveries", max_receives=DELIVERY_RECEIVES)
        self.stream_failures = StreamFailures(self, "StreamFailures", alarms=alarms)

    def of_failures(self) -> dict[str, sqs.Queue]:
        """Where commands and positions end that nobody could process, by a name to show."""
        work = (
            *(self.launches, self.sends, self.receipts, self.replies, self.imports),
            *(self.releases, self.reconciliations, self.deliveries),
        )
        named = {each.node.id.lower(): each.dead_letters for each in work}
        return {**named, "streams": self.stream_failures.queue}

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
            "deliveries": self.deliveries.queue,
        }
