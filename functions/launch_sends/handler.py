"""Launches, resumes and cancels sends, from the campaigns table's stream."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import sending

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Follow a batch of stream records; raise for the batch to come again."""
    count = sending.follow_sends(event["Records"])
    logger.info("sends", extra={"changes": count, "request": context.aws_request_id})
