"""The webhook of delivery receipts, put together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from parley.errors import TransientError
from parley_aws import sdk, twilio_webhooks, wiring
from parley_aws.dynamo.client import within
from parley_aws.twilio_webhooks import STATUS_PATH, RefusedWebhookError, Response
from parley_aws.use_cases.receive_receipt import ReceiveReceipt

PATIENCE = timedelta(seconds=3)
"""How long a receipt may take to be recorded before its webhook leaves it to the queue."""

sdk.get_ready("dynamodb", "secretsmanager")


def answer(event: Mapping[str, Any]) -> Response:
    """Record the delivery receipt in an HTTP API event, or queue it."""
    try:
        form = wiring.webhook(STATUS_PATH).form_of(event)
        received_at = wiring.clock().now().isoformat()
        raw_query = str(event.get("rawQueryString") or "")
        receipt = twilio_webhooks.receipt_of(form, raw_query, received_at)
        if receipt is not None:
            _receive_receipt()(receipt)
        return twilio_webhooks.accepted()
    except RefusedWebhookError as error:
        return error.response()
    except TransientError:
        return twilio_webhooks.unavailable()


def _receive_receipt() -> ReceiveReceipt:
    return ReceiveReceipt(
        ledger=wiring.ledger(),
        receipts=partial(wiring.queue, "receipts"),
        in_time=partial(within, PATIENCE),
    )
