"""Sends to ranges of audiences, from the sends queue."""

import asyncio
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    AsyncBatchProcessor,
    EventType,
    async_process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import sending

logger = Logger()
processor = AsyncBatchProcessor(event_type=EventType.SQS)
processor.raise_on_entire_batch_failure = False


async def handle(record: SQSRecord) -> None:
    """Send to one range, side by side with the others: most of the time is waiting for answers."""
    await asyncio.to_thread(sending.handle_send, record.json_body)


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch, reporting the commands that have to come again."""
    answer = async_process_partial_response(event, handle, processor, context)
    errors = [kind.__name__ for kind, *_ in processor.exceptions if kind]
    logger.info("ranges", extra={"received": len(event["Records"]), "errors": errors})
    return answer
