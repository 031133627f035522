"""Recounting: metrics compared with the ledger, day by day."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.constructs import access
from infra.constructs.foundation import Foundation
from infra.constructs.function import ParleyFunction

EVERY = Duration.days(1)
TIMEOUT_SECONDS = 900


class Recounting(Construct):
    """A function that recounts recent sends on a schedule and counts what drifted."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        function = ParleyFunction(
            self,
            "RecountMetrics",
            name="recount_metrics",
            layers=foundation.layers,
            memory=1024,
            timeout_seconds=TIMEOUT_SECONDS,
            environment=access.table_environment(foundation, "metrics", "campaigns", "messages"),
        )
        tables = foundation.tables
        access.use_table(function, tables.metrics, access.READ)
        access.use_table(function, tables.campaigns, access.READ, index="by_creation")
        access.use_table(function, tables.messages, access.READ, access.WRITE)
        failures = foundation.queues.stream_failures.queue
        function.tell_failures(failures)
        events.Rule(
            self,
            "Daily",
            description="Recounts the metrics of recent sends",
            schedule=events.Schedule.rate(EVERY),
            targets=[
                targets.LambdaFunction(
                    function.function,
                    dead_letter_queue=failures,
                    max_event_age=Duration.hours(6),
                    retry_attempts=2,
                )
            ],
        )
