"""Tells facts on the bus, from the streams of journal, leads and campaigns."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import wiring
from parley_aws.publish import facts_of

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Publish what a batch of stream records says; raise for the batch to come again."""
    told = facts_of(event["Records"], wiring.secret().id_key)
    wiring.bus().publish(told)
    counts = {"received": len(event["Records"]), "told": len(told)}
    logger.info("facts", extra={**counts, "request": context.aws_request_id})
