"""Tells facts on the bus, from the streams of journal, leads, campaigns and messages."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import telling

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Publish what a batch of stream records says; raise for the batch to come again."""
    told = telling.tell(event["Records"])
    counts = {"received": len(event["Records"]), "told": sum(told.values())}
    logger.info("facts", extra={**counts, "request": context.aws_request_id})
