"""Sending: hand messages over, hear what became of them, settle the unknown."""

from constructs import Construct

from infra.constructs import access
from infra.constructs.foundation import Foundation
from infra.constructs.function import ParleyFunction

SENDS_TIMEOUT = 60
RECEIPTS_TIMEOUT = 30
RECONCILIATIONS_TIMEOUT = 60


class Sending(Construct):
    """The hot path and its receipts."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        self.send_messages = self._send_messages(foundation)
        self.receive_receipt = self._receive_receipt(foundation)
        self.record_receipts = self._record_receipts(foundation)
        self.reconcile_messages = self._reconcile_messages(foundation)

    def _send_messages(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "SendMessages",
            name="send_messages",
            layers=foundation.layers,
            memory=1769,  # one full processor: the hot path is bound by it
            timeout_seconds=SENDS_TIMEOUT,
            environment={
                **access.table_environment(
                    foundation, "contacts", "campaigns", "messages", "journal"
                ),
                **access.queue_environment(foundation, "sends", "reconciliations"),
                **access.schedule_environment(foundation),
                **access.provider_environment(foundation),
                "RECONCILE_DELAY_SECONDS": foundation.endpoints.reconcile_delay_seconds,
                "PARLEY_STATE_RULES": foundation.endpoints.state_rules,
            },
            loops=True,
        )
        tables = foundation.tables
        access.use_table(
            function,
            tables.contacts,
            *(access.READ, access.WRITE),
        )
        access.use_table(
            function, tables.campaigns, access.READ, access.WRITE, access.WRITE_BATCHES
        )
        access.use_table(
            function,
            tables.messages,
            *(access.READ, access.WRITE, access.WRITE_BATCHES),
        )
        access.use_table(function, tables.journal, access.READ, access.WRITE)
        queues = foundation.queues
        access.send_to(function, queues.sends.queue, queues.reconciliations.queue)
        access.create_schedules(function, foundation)
        access.read_secret(function, foundation)
        function.consume_queue(queues.sends, batch_size=5, max_concurrency=20)
        return function

    def _receive_receipt(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "ReceiveReceipt",
            name="receive_receipt",
            layers=foundation.layers,
            memory=512,
            timeout_seconds=10,
            environment={
                **access.table_environment(foundation, "messages"),
                **access.queue_environment(foundation, "receipts"),
                "SECRET_ARN": foundation.secret_arn,
                "PUBLIC_BASE_URL": foundation.endpoints.public_base_url,
            },
        )
        access.use_table(function, foundation.tables.messages, access.GET, access.UPDATE)
        access.send_to(function, foundation.queues.receipts.queue)
        access.read_secret(function, foundation)
        return function

    def _record_receipts(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "RecordReceipts",
            name="record_receipts",
            layers=foundation.layers,
            memory=512,
            timeout_seconds=RECEIPTS_TIMEOUT,
            environment={
                **access.table_environment(
                    foundation, "contacts", "campaigns", "messages", "journal", "metrics"
                ),
                "SECRET_ARN": foundation.secret_arn,
            },
        )
        tables = foundation.tables
        access.use_table(function, tables.messages, access.READ, access.UPDATE)
        access.use_table(function, tables.campaigns, access.READ, access.WRITE)
        access.use_table(function, tables.metrics, access.READ)
        access.use_table(function, tables.contacts, access.READ, access.WRITE)
        access.use_table(function, tables.journal, access.READ, access.WRITE)
        access.read_secret(function, foundation)
        function.consume_queue(foundation.queues.receipts, max_concurrency=10)
        return function

    def _reconcile_messages(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "ReconcileMessages",
            name="reconcile_messages",
            layers=foundation.layers,
            memory=512,
            timeout_seconds=RECONCILIATIONS_TIMEOUT,
            environment={
                **access.table_environment(
                    foundation, "contacts", "campaigns", "messages", "journal"
                ),
                **access.queue_environment(foundation, "sends", "reconciliations"),
                **access.provider_environment(foundation),
                "RECONCILE_DELAY_SECONDS": foundation.endpoints.reconcile_delay_seconds,
            },
            loops=True,
        )
        tables = foundation.tables
        access.use_table(
            function,
            tables.contacts,
            *(access.READ, access.WRITE),
        )
        access.use_table(function, tables.campaigns, access.READ, access.WRITE)
        access.use_table(
            function,
            tables.messages,
            *(access.READ, access.WRITE),
        )
        access.use_table(function, tables.journal, access.READ, access.WRITE)
        queues = foundation.queues
        access.send_to(function, queues.sends.queue, queues.reconciliations.queue)
        access.read_secret(function, foundation)
        function.consume_queue(queues.reconciliations, max_concurrency=5)
        return function
