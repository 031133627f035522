"""Settles messages of unknown fate, and what texts cost, from the reconciliations queue."""

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

from parley_aws import sending

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS)
processor.raise_on_entire_batch_failure = False


def handle(record: SQSRecord) -> None:
    """Settle one message, or the prices of some."""
    sending.handle_reconciliation(record.json_body)


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch, reporting the commands that have to come again."""
    answer = process_partial_response(event, handle, processor, context)
    errors = [kind.__name__ for kind, *_ in processor.exceptions if kind]
    logger.info("reconciliations", extra={"received": len(event["Records"]), "errors": errors})
    return answer
