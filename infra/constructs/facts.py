"""Facts: outcomes counted, told on the bus, and delivered to outsiders."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.constructs import access
from infra.constructs.foundation import Foundation
from infra.constructs.function import ParleyFunction, text_filter

DELIVERIES_TIMEOUT = 30


class Facts(Construct):
    """What the streams of the tables feed."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        self.record_metrics = self._record_metrics(foundation)
        self.publish_events = self._publish_events(foundation)
        self.deliver_facts = self._deliver_facts(foundation)

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
                **access.table_environment(
                    foundation, "campaigns", "contacts", "journal", "messages"
                ),
                **access.schedule_environment(foundation),
                "EVENT_BUS_NAME": foundation.bus.event_bus_name,
                "SECRET_ARN": foundation.secret_arn,
            },
        )
        function.allow("events:PutEvents", on=[foundation.bus.event_bus_arn])
        access.read_secret(function, foundation)
        access.create_schedules(function, foundation)
        tables = foundation.tables
        access.use_table(function, tables.campaigns, access.READ)
        access.use_table(function, tables.contacts, access.READ)
        access.use_table(function, tables.journal, access.WRITE)
        access.use_table(function, tables.messages, access.ADD)
        sends_only = text_filter("sk", "send")
        for construct_id, table, filters in (
            ("JournalStream", tables.journal, []),
            ("LeadsStream", tables.leads, []),
            ("CampaignsStream", tables.campaigns, [sends_only]),
            ("MessagesStream", tables.messages, []),
        ):
            function.consume_stream(
                construct_id,
                table,
                failures=foundation.queues.stream_failures,
                alarms=foundation.alarms,
                batch_size=200,
                filters=filters,
            )
        return function

    def _deliver_facts(self, foundation: Foundation) -> ParleyFunction:
        deliveries = foundation.queues.deliveries
        events.Rule(
            self,
            "Deliveries",
            event_bus=foundation.bus,
            description="Facts that webhook subscriptions want, which their events name",
            event_pattern=events.EventPattern(
                source=["parley"], resources=events.Match.prefix("webhook-subscription/")
            ),
            targets=[targets.SqsQueue(deliveries.queue, dead_letter_queue=deliveries.dead_letters)],
        )
        function = ParleyFunction(
            self,
            "DeliverFacts",
            name="deliver_facts",
            layers=foundation.layers,
            memory=512,
            timeout_seconds=DELIVERIES_TIMEOUT,
            environment={
                **access.table_environment(foundation, "campaigns"),
                **access.queue_environment(foundation, "deliveries"),
                "LOCAL_FACT_RECEIVER": foundation.endpoints.local_fact_receiver,
            },
            loops=True,
        )
        access.use_table(function, foundation.tables.campaigns, access.READ, access.WRITE)
        access.send_to(function, deliveries.queue)
        function.consume_queue(deliveries, max_concurrency=10)
        return function
