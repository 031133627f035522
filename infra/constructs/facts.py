"""Facts: outcomes counted, and told on the bus."""

from constructs import Construct

from infra.constructs import access
from infra.constructs.foundation import Foundation
from infra.constructs.function import ParleyFunction


class Facts(Construct):
    """What the streams of the tables feed."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        self.record_metrics = self._record_metrics(foundation)
        self.publish_events = self._publish_events(foundation)

    def _record_metrics(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "RecordMetrics",
            name="record_metrics",
            layers=foundation.layers,
            memory=512,
            timeout_seconds=60,
            environment={
                **access.table_environment(foundation, "metrics", "campaigns"),
                "STREAM_FAILURES_QUEUE_URL": foundation.queues.stream_failures.queue.queue_url,
            },
        )
        tables = foundation.tables
        access.use_table(function, tables.metrics, access.READ, access.WRITE)
        access.use_table(function, tables.campaigns, access.READ, access.WRITE)
        function.consume_stream(
            "MessagesStream",
            tables.messages,
            failures=foundation.queues.stream_failures,
            alarms=foundation.alarms,
            batch_size=1000,
        )
        return function

    def _publish_events(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "PublishEvents",
            name="publish_events",
            layers=foundation.layers,
            memory=512,
            timeout_seconds=30,
            environment={
                "EVENT_BUS_NAME": foundation.bus.event_bus_name,
                "SECRET_ARN": foundation.secret_arn,
            },
        )
        function.allow("events:PutEvents", on=[foundation.bus.event_bus_arn])
        access.read_secret(function, foundation)
        tables = foundation.tables
        for construct_id, table in (
            ("JournalStream", tables.journal),
            ("LeadsStream", tables.leads),
            ("CampaignsStream", tables.campaigns),
        ):
            function.consume_stream(
                construct_id,
                table,
                failures=foundation.queues.stream_failures,
                alarms=foundation.alarms,
            )
        return function
