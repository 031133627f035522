"""The inbound webhook, put together. All it uses is loaded, and what it understands by is built,
while the function starts: the first text waits for neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parley import hearing
from parley.errors import TransientError
from parley_aws import sdk, twilio_webhooks, wiring
from parley_aws.dynamo.client import start
from parley_aws.twilio_webhooks import INBOUND_PATH, RefusedWebhookError, Response
from parley_aws.use_cases.open_claims import OpenClaims
from parley_aws.use_cases.receive_reply import ReceiveReply

hearing.get_ready()
sdk.get_ready("dynamodb", "secretsmanager", "sqs")


def answer(event: Mapping[str, Any]) -> Response:
    """Hear the text in an HTTP API event, and answer in TwiML."""
    try:
        text = twilio_webhooks.inbound_of(wiring.webhook(INBOUND_PATH).form_of(event))
        return twilio_webhooks.twiml(_receive_reply()(text) if text else None)
    except RefusedWebhookError as error:
        return error.response()
    except TransientError:
        return twilio_webhooks.unavailable()


def _receive_reply() -> ReceiveReply:
    id_key = wiring.secret().id_key
    receive_reply = ReceiveReply(
        contacts=wiring.contacts(),
        journal=wiring.journal(),
        programs=wiring.programs(),
        open_claims=OpenClaims(
            ledger=wiring.ledger(),
            journal=wiring.journal(),
            clock=wiring.clock(),
            id_key=id_key,
        ),
        replies=wiring.queue("replies"),
        clock=wiring.clock(),
        id_key=id_key,
        locate=wiring.locate,
        start=start,
    )
    wiring.spare_collector()
    return receive_reply
