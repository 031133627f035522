"""Imports: a CSV in parallel pieces."""

from constructs import Construct

from infra.constructs import access
from infra.constructs.foundation import REJECTS, UPLOADS, Foundation
from infra.constructs.function import ParleyFunction

IMPORTS_TIMEOUT = 300


class Imports(Construct):
    """Reads uploads piece by piece and lists the rows it refused."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        function = ParleyFunction(
            self,
            "ImportContacts",
            name="import_contacts",
            layers=foundation.layers,
            memory=1769,
            timeout_seconds=IMPORTS_TIMEOUT,
            environment={
                **access.table_environment(foundation, "contacts", "campaigns", "journal"),
                **access.queue_environment(foundation, "imports"),
                "IMPORTS_BUCKET": foundation.imports_bucket.bucket_name,
                "SECRET_ARN": foundation.secret_arn,
            },
            loops=True,
        )
        tables = foundation.tables
        access.use_table(
            function,
            tables.contacts,
            *(access.READ, access.WRITE, access.WRITE_BATCHES),
        )
        access.use_table(
            function,
            tables.campaigns,
            *(access.READ, access.WRITE),
            index="by_creation",
        )
        access.use_table(
            function,
            tables.journal,
            *(access.READ, access.WRITE, access.WRITE_BATCHES),
        )
        access.use_objects(function, foundation, UPLOADS, "GetObject", "DeleteObject")
        access.use_objects(
            function,
            foundation,
            REJECTS,
            *("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"),
        )
        access.send_to(function, foundation.queues.imports.queue)
        access.read_secret(function, foundation)
        function.consume_queue(foundation.queues.imports, batch_size=1, max_concurrency=16)
        self.import_contacts = function
