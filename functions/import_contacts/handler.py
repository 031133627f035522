"""Brings in uploaded files: S3's notifications and our own pieces, from the imports queue."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import importing

ENOUGH_MILLISECONDS = 60_000
"""With less than this left, what is still to be cut goes back on the queue."""

logger = Logger()
processor = BatchProcessor(EventType.SQS)
processor.raise_on_entire_batch_failure = False


def handle(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Do what one message says."""
    importing.obey(
        record.json_body,
        lambda: lambda_context.get_remaining_time_in_millis() > ENOUGH_MILLISECONDS,
    )


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Do what a batch of messages says, reporting those that have to come again."""
    answer = process_partial_response(event, handle, processor, context)
    errors = [kind.__name__ for kind, *_ in processor.exceptions if kind]
    logger.info("imports", extra={"received": len(event["Records"]), "errors": errors})
    return answer
