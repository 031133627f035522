"""Campaigns: from an accepted send to batches of its frozen audience."""

from constructs import Construct

from infra.constructs import access
from infra.constructs.foundation import Foundation
from infra.constructs.function import ParleyFunction, text_filter

LAUNCHES_TIMEOUT = 300
RELEASES_TIMEOUT = 60


class Campaigns(Construct):
    """Starts sends, freezes audiences, and brings parked work back."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        self.launch_sends = self._launch_sends(foundation)
        self.resolve_audience = self._resolve_audience(foundation)
        self.release_deferred = self._release_deferred(foundation)

    def _launch_sends(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "LaunchSends",
            name="launch_sends",
            layers=foundation.layers,
            memory=512,
            timeout_seconds=30,
            environment={
                **access.table_environment(foundation, "campaigns"),
                **access.queue_environment(foundation, "launches", "reconciliations"),
                **access.schedule_environment(foundation),
                "RECONCILE_DELAY_SECONDS": foundation.endpoints.reconcile_delay_seconds,
            },
        )
        access.use_table(function, foundation.tables.campaigns, access.READ, access.WRITE)
        queues = foundation.queues
        access.send_to(function, queues.launches.queue, queues.reconciliations.queue)
        access.create_schedules(function, foundation)
        function.consume_stream(
            "CampaignsStream",
            foundation.tables.campaigns,
            failures=foundation.queues.stream_failures,
            alarms=foundation.alarms,
            filters=[text_filter("sk", "send")],
        )
        return function

    def _resolve_audience(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "ResolveAudience",
            name="resolve_audience",
            layers=foundation.layers,
            memory=1024,
            timeout_seconds=LAUNCHES_TIMEOUT,
            environment={
                **access.table_environment(
                    foundation, "contacts", "campaigns", "messages", "journal", "metrics"
                ),
                **access.queue_environment(foundation, "launches", "sends"),
                **access.schedule_environment(foundation),
                "SECRET_ARN": foundation.secret_arn,
            },
            loops=True,
        )
        tables = foundation.tables
        access.use_table(function, tables.contacts, access.READ, access.SCAN)
        access.use_table(
            function,
            tables.campaigns,
            *(access.READ, access.WRITE, access.WRITE_BATCHES, access.DELETE),
            index="by_creation",
        )
        access.use_table(function, tables.messages, access.READ)
        access.use_table(function, tables.journal, access.READ)
        access.use_table(function, tables.metrics, access.READ)
        queues = foundation.queues
        access.send_to(function, queues.launches.queue, queues.sends.queue)
        access.create_schedules(function, foundation)
        access.read_secret(function, foundation)
        function.consume_queue(queues.launches, batch_size=1, max_concurrency=16)
        return function

    def _release_deferred(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "ReleaseDeferred",
            name="release_deferred",
            layers=foundation.layers,
            memory=512,
            timeout_seconds=RELEASES_TIMEOUT,
            environment={
                **access.table_environment(foundation, "campaigns", "leads", "contacts", "journal"),
                **access.queue_environment(foundation, "launches", "sends"),
                **access.schedule_environment(foundation),
                **access.provider_environment(foundation),
                "PARLEY_STATE_RULES": foundation.endpoints.state_rules,
            },
            loops=True,
        )
        access.use_table(
            function,
            foundation.tables.campaigns,
            *(access.READ, access.WRITE, access.WRITE_BATCHES, access.DELETE),
        )
        tables = foundation.tables
        for table in (tables.leads, tables.contacts, tables.journal):
            access.use_table(function, table, access.READ, access.WRITE)
        access.read_secret(function, foundation)
        queues = foundation.queues
        access.send_to(function, queues.launches.queue, queues.sends.queue)
        access.create_schedules(function, foundation)
        function.consume_queue(queues.releases, max_concurrency=5)
        return function
