"""Understands replies from the queue, those of one number in their order."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import replies

logger = Logger()
# A failure holds up its own number, not everybody in the batch.
processor = SqsFifoPartialProcessor(skip_group_on_error=True)
processor.raise_on_entire_batch_failure = False


def handle(record: SQSRecord) -> None:
    """Handle one reply."""
    replies.handle(record.json_body["sid"])


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch, reporting the replies that have to come again."""
    answer = process_partial_response(event, handle, processor, context)
    errors = [kind.__name__ for kind, *_ in processor.exceptions if kind]
    logger.info("replies", extra={"received": len(event["Records"]), "errors": errors})
    return answer
