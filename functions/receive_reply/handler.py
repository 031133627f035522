"""Hears a text: POST /webhooks/twilio/inbound."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import inbound

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one webhook (HTTP API, payload format 2.0) in TwiML."""
    answer = inbound.answer(event)
    logger.info("text", extra={"status": answer["statusCode"], "request": context.aws_request_id})
    return answer
