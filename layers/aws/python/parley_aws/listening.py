"""What listens, put together: each entry takes an event of AWS and answers it.

Imports are inside, so that a function loads only what it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.contact import Contact
from parley.errors import InvalidInputError, TransientError
from parley.number import new_contact
from parley.sending import Sending
from parley_aws import twilio_webhooks, wiring
from parley_aws.twilio_webhooks import (
    INBOUND_PATH,
    STATUS_PATH,
    RefusedWebhookError,
    Response,
    Webhook,
)

if TYPE_CHECKING:
    from parley_aws.use_cases.handle_reply import HandleReply
    from parley_aws.use_cases.receive_receipt import ReceiveReceipt
    from parley_aws.use_cases.receive_reply import ReceiveReply

RECEIPT_PATIENCE = timedelta(seconds=3)
"""How long a receipt may take to be recorded before its webhook leaves it to the queue."""


def answer_inbound(event: Mapping[str, Any]) -> Response:
    """Hear the text in an HTTP API event, and answer in TwiML."""
    try:
        text = twilio_webhooks.inbound_of(_webhook(INBOUND_PATH).form_of(event))
        return twilio_webhooks.twiml(receive_reply()(text) if text else None)
    except RefusedWebhookError as error:
        return error.response()
    except TransientError:
        return twilio_webhooks.unavailable()


def answer_status(event: Mapping[str, Any]) -> Response:
    """Record the delivery receipt in an HTTP API event, or queue it."""
    try:
        form = _webhook(STATUS_PATH).form_of(event)
        received_at = wiring.clock().now().isoformat()
        raw_query = str(event.get("rawQueryString") or "")
        receipt = twilio_webhooks.receipt_of(form, raw_query, received_at)
        if receipt is not None:
            receive_receipt()(receipt)
        return twilio_webhooks.accepted()
    except RefusedWebhookError as error:
        return error.response()
    except TransientError:
        return twilio_webhooks.unavailable()


def receive_reply() -> ReceiveReply:
    """The use case of the inbound webhook."""
    from parley_aws.dynamo.client import start
    from parley_aws.use_cases.open_claims import OpenClaims
    from parley_aws.use_cases.receive_reply import ReceiveReply

    id_key = wiring.secret().id_key
    return ReceiveReply(
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
        locate=locate,
        start=start,
    )


def receive_receipt() -> ReceiveReceipt:
    """The use case of the receipts' webhook."""
    from parley_aws.dynamo.client import within
    from parley_aws.use_cases.receive_receipt import ReceiveReceipt

    return ReceiveReceipt(
        ledger=wiring.ledger(),
        receipts=partial(wiring.queue, "receipts"),
        in_time=partial(within, RECEIPT_PATIENCE),
    )


def handle_reply() -> HandleReply:
    """The use case of the replies queue."""
    from parley_aws.use_cases.handle_reply import HandleReply
    from parley_aws.use_cases.texting import HandOverText

    return HandleReply(
        contacts=wiring.contacts(),
        journal=wiring.journal(),
        programs=wiring.programs(),
        sends=wiring.sends(),
        ledger=wiring.ledger(),
        leads=wiring.leads(),
        hand_over=HandOverText(
            contacts=wiring.contacts(),
            journal=wiring.journal(),
            provider=wiring.provider(),
            clock=wiring.clock(),
        ),
        clock=wiring.clock(),
        id_key=wiring.secret().id_key,
        locate=locate,
    )


def locate(phone: str, at: datetime) -> Contact:
    """A contact made at a moment, of whom nothing but the number is known; no region where no plan
    has the number."""
    from parley_aws.numbers import read_number

    try:
        return new_contact(read_number(phone, None), at)
    except InvalidInputError:
        return Contact(phone=phone, sending=Sending.begun(at))


def _webhook(path: str) -> Webhook:
    return Webhook(
        base_url=wiring.public_base_url(), path=path, auth_token=wiring.secret().auth_token
    )
