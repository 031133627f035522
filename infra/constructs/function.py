"""One Lambda function: a folder, a role of its own, a log group, and its sources."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import FUNCTIONS, NOT_SHIPPED
from infra.constructs.alarms import Alarms
from infra.constructs.layers import ARCHITECTURE, RUNTIME, Layers
from infra.constructs.nag import acknowledge, logical_id
from infra.constructs.queues import StreamFailures, WorkQueue

COMMON_ENVIRONMENT = {"POWERTOOLS_SERVICE_NAME": "parley", "POWERTOOLS_LOG_LEVEL": "INFO"}

STREAM_RETRIES = 10
"""Attempts at a batch of stream records; the batch is halved on each failure."""

LATE_STREAM = Duration.minutes(10)


class ParleyFunction(Construct):
    """The function of one folder, allowed nothing but what is granted by name.

    Args:
        name: the folder under functions/.
        memory: MB; a function gets processor time in proportion.
        timeout_seconds: of one invocation.
        environment: what its settings read, besides the common names.
        loops: True where the function queues work for itself, or for one that queues work for
            it; Lambda would otherwise drop the message after sixteen rounds as a runaway loop.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        layers: Layers,
        memory: int,
        timeout_seconds: int,
        environment: Mapping[str, str],
        loops: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        self.reads_streams = False
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.allow("logs:CreateLogStream", "logs:PutLogEvents", on=[log_group.log_group_arn])
        self._accept_log_streams(log_group)
        self.function = lambda_.Function(
            self,
            "Function",
            code=lambda_.Code.from_asset(str(FUNCTIONS / name), exclude=NOT_SHIPPED),
            handler="handler.handler",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            layers=layers.all,
            memory_size=memory,
            timeout=Duration.seconds(timeout_seconds),
            environment={
                **COMMON_ENVIRONMENT,
                "POWERTOOLS_METRICS_NAMESPACE": Stack.of(self).stack_name,
                **environment,
            },
            role=self._role.without_policy_updates(),
            log_group=log_group,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if loops else None,
            description=f"Parley: {name.replace('_', ' ')}",
        )
        self.function.node.add_dependency(self._role)
        acknowledge(
            self.function,
            "AwsSolutions-L1",
            "The vendor layer's wheels are built, and everything is tested, for this runtime.",
        )

    def allow(self, *actions: str, on: Sequence[str]) -> None:
        """Grant actions, each named in full, on resources."""
        self._role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(on)))

    def consume_queue(
        self, work: WorkQueue, *, batch_size: int = 10, max_concurrency: int = 10
    ) -> None:
        """Read a queue, reporting failures item by item.

        Args:
            batch_size: messages in one invocation, at most 10.
            max_concurrency: invocations at once; excess waits in the queue instead of being
                throttled into the dead-letter queue.
        """
        self.allow(
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            on=[work.queue.queue_arn],
        )
        lambda_.EventSourceMapping(
            self,
            "Source",
            target=self.function,
            event_source_arn=work.queue.queue_arn,
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            report_batch_item_failures=True,
        ).node.add_dependency(self._role)

    def consume_stream(
        self,
        construct_id: str,
        table: dynamodb.Table,
        *,
        failures: StreamFailures,
        alarms: Alarms,
        batch_size: int = 100,
        filters: Sequence[Mapping[str, object]] = (),
    ) -> None:
        """Read a table's stream in order, from its beginning.

        A failing batch is retried in halves a finite number of times, then its position goes to
        the failure queue, so that one poisonous record does not stall a shard for a day.

        Args:
            batch_size: records in one invocation.
            filters: patterns; a record that matches none is not delivered.
        """
        self.reads_streams = True
        stream_arn = table.table_stream_arn
        if stream_arn is None:
            raise ValueError(f"{table.node.path} has no stream")
        self.allow(
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
            on=[stream_arn],
        )
        self.allow("sqs:SendMessage", on=[failures.queue.queue_arn])
        lambda_.EventSourceMapping(
            self,
            construct_id,
            target=self.function,
            event_source_arn=stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=batch_size,
            bisect_batch_on_error=True,
            retry_attempts=STREAM_RETRIES,
            parallelization_factor=1,
            on_failure=sources.SqsDlq(failures.queue),
            filters=[lambda_.FilterCriteria.filter(dict(each)) for each in filters] or None,
        ).node.add_dependency(self._role)
        if self.node.try_find_child("StreamAge") is None:
            Construct(self, "StreamAge")
            alarms.when_above(
                f"{self.node.id}StreamAge",
                metric=self.function.metric(
                    "IteratorAge", statistic="Maximum", period=Duration.minutes(5)
                ),
                threshold=LATE_STREAM.to_milliseconds(),
                periods=2,
                description=f"{self.name} is more than {LATE_STREAM.to_minutes()} minutes behind "
                "a stream; after 24 hours records are lost.",
                section="stream-age",
            )

    def tell_failures(self, queue: sqs.Queue) -> None:
        """Leave on a queue what an asynchronous invocation failed at, after two retries."""
        self.allow("sqs:SendMessage", on=[queue.queue_arn])
        self.function.configure_async_invoke(
            on_failure=destinations.SqsDestination(queue), retry_attempts=2
        )

    def _accept_log_streams(self, log_group: logs.LogGroup) -> None:
        acknowledge(
            self._role,
            f"AwsSolutions-IAM5[Resource::<{logical_id(log_group)}.Arn>]",
            "Log streams are named by Lambda; the wildcard stays inside the function's group.",
        )


def text_filter(attribute: str, *values: str) -> dict[str, object]:
    """A stream filter on a text attribute of the new image."""
    return {"dynamodb": {"NewImage": {attribute: {"S": list(values)}}}}
