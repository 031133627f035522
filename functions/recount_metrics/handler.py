"""Recounts the metrics of recent sends from the ledger, on a schedule, and tells of any drift."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import counting

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Recount what there is time for."""
    told = counting.watch_drift(
        lambda: timedelta(milliseconds=context.get_remaining_time_in_millis())
    )
    logger.info("recount", extra={**told, "scheduled": event.get("time")})
