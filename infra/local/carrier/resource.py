"""The JSON forms of a message: Twilio's resource, and the shorter one of the control routes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from functools import lru_cache

from infra.local.carrier.errors import describe
from infra.local.carrier.records import Message, Status

_PRICE_PER_PART = Decimal("-0.00830")
_PRICED = frozenset({Status.DELIVERED, Status.UNDELIVERED, Status.RECEIVED})


def message_to_json(message: Message, *, account_sid: str) -> dict[str, object]:
    """Return ``message`` as Twilio's API shows it.

    Counts and the price are strings, the price null until the message is settled. As long as a
    messaging service has only accepted it there is no ``from`` and it has 0 segments.
    """
    unassigned = message.status is Status.ACCEPTED
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{message.sid}"
    code = message.error_code
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": _rfc2822(int(message.created_at)),
        "date_sent": None if message.sent_at is None else _rfc2822(int(message.sent_at)),
        "date_updated": _rfc2822(int(message.updated_at)),
        "direction": message.direction,
        "error_code": code,
        "error_message": None if code is None else describe(code),
        "from": None if unassigned else message.from_number,
        "messaging_service_sid": message.sender.service_sid,
        "num_media": "0",
        "num_segments": "0" if unassigned else str(message.parts),
        "price": str(_PRICE_PER_PART * message.parts) if message.status in _PRICED else None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "tags": None,
        "to": message.to_number,
        "uri": f"{uri}.json",
    }


def message_to_control(message: Message) -> dict[str, object]:
    """Return ``message`` as ``GET /simulator/messages`` shows it; ``created_at`` is RFC 3339."""
    moment = datetime.fromtimestamp(message.created_at, UTC)
    return {
        "sid": message.sid,
        "to": message.to_number,
        "from": message.from_number,
        "messaging_service_sid": message.sender.service_sid,
        "body": message.body,
        "parts": message.parts,
        "direction": message.direction,
        "origin": message.origin,
        "status": message.status,
        "error_code": message.error_code,
        "created_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


@lru_cache(maxsize=1024)
def _rfc2822(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))
