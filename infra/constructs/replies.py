"""Replies: hear STOP at once, then understand the rest."""

from constructs import Construct

from infra.constructs import access
from infra.constructs.foundation import Foundation
from infra.constructs.function import ParleyFunction

REPLIES_TIMEOUT = 30


class Replies(Construct):
    """The inbound webhook and what follows from a reply."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        self.receive_reply = self._receive_reply(foundation)
        self.handle_reply = self._handle_reply(foundation)

    def _receive_reply(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "ReceiveReply",
            name="receive_reply",
            layers=foundation.layers,
            memory=1024,
            timeout_seconds=14,  # the provider gives up after 15; claims last 5, twice at worst
            environment={
                **access.table_environment(
                    foundation, "contacts", "campaigns", "messages", "journal"
                ),
                **access.queue_environment(foundation, "replies"),
                **access.provider_environment(foundation),
            },
        )
        tables = foundation.tables
        access.use_table(function, tables.contacts, access.READ, access.WRITE)
        access.use_table(function, tables.campaigns, access.READ, index="by_creation")
        access.use_table(function, tables.messages, access.READ)
        access.use_table(function, tables.journal, access.READ, access.WRITE)
        access.send_to(function, foundation.queues.replies.queue)
        access.read_secret(function, foundation)
        return function

    def _handle_reply(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "HandleReply",
            name="handle_reply",
            layers=foundation.layers,
            memory=1024,
            timeout_seconds=REPLIES_TIMEOUT,
            environment={
                **access.table_environment(
                    foundation, "contacts", "campaigns", "messages", "journal", "leads"
                ),
                **access.queue_environment(foundation, "replies", "reconciliations"),
                **access.provider_environment(foundation),
                "RECONCILE_DELAY_SECONDS": foundation.endpoints.reconcile_delay_seconds,
            },
        )
        tables = foundation.tables
        access.use_table(
            function,
            tables.contacts,
            *(access.READ, access.WRITE),
        )
        access.use_table(
            function,
            tables.campaigns,
            *(access.READ, access.WRITE),
            index="by_creation",
        )
        access.use_table(
            function,
            tables.messages,
            *(access.READ, access.WRITE),
        )
        access.use_table(function, tables.journal, access.READ, access.WRITE)
        access.use_table(
            function,
            tables.leads,
            *(access.READ, access.WRITE, access.DELETE),
            index="by_status",
        )
        queues = foundation.queues
        access.send_to(function, queues.reconciliations.queue)
        access.read_secret(function, foundation)
        function.consume_queue(queues.replies, max_concurrency=10)
        return function
