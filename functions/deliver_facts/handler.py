"""Delivers facts to outsiders, from the deliveries queue."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import telling

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Deliver a batch, reporting the facts that have to come again."""
    failed = telling.deliver(event["Records"])
    counts = {"received": len(event["Records"]), "failed": len(failed)}
    logger.info("deliveries", extra={**counts, "request": context.aws_request_id})
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
