"""Adds what changed in the ledger to the metrics, from the messages table's stream."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import counting

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Count a batch of stream records; raise for the batch to come again."""
    counted = counting.count_changes(event["Records"])
    logger.info(
        "metrics",
        extra={
            "changes": counted.changes,
            "unreadable": counted.unreadable,
            "request": context.aws_request_id,
        },
    )
