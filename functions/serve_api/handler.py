"""Serves every route of the HTTP API but the webhooks."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from parley_aws import wiring
from parley_aws.http.app import build

api = build(wiring)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request (HTTP API, payload format 2.0)."""
    return api.handle(event, context)
