"""Twilio's error codes, as far as the simulator answers or reports them.

Source: https://www.twilio.com/docs/api/errors. Codes 30000-30999 never refuse a create: they come
later, as the ``ErrorCode`` of a failed or undelivered message.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_MESSAGES: Mapping[int, str] = MappingProxyType(
    {
        14107: "Message rate limit exceeded",
        20001: "Bad request",
        20003: "Authenticate",
        20004: "Method not allowed",
        20404: "The requested resource was not found",
        20429: "Too Many Requests",
        20500: "Internal Server Error",
        20503: "Service Unavailable",
        21211: "Invalid 'To' Phone Number",
        21408: "Permission to send an SMS has not been enabled for the region",
        21602: "Message body is required.",
        21603: "A 'From' phone number is required.",
        21604: "A 'To' phone number is required.",
        21606: "The 'From' phone number provided is not a valid message-capable phone number",
        21609: "The 'StatusCallback' URL is not a valid URL.",
        21610: "Attempt to send to unsubscribed recipient",
        21611: "This 'From' number has exceeded the maximum number of queued messages",
        21612: "The 'To' phone number is not currently reachable using the 'From' phone number",
        21614: "'To' number is not a valid mobile number",
        21617: "The concatenated message body exceeds the 1600 character limit.",
        21624: "The ValidityPeriod must be an integer between 1 and 36000.",
        21701: "The Messaging Service does not exist",
        21703: "The Messaging Service does not contain a phone number",
        30001: "Queue overflow",
        30002: "Account suspended",
        30003: "Unreachable destination handset",
        30004: "Message blocked",
        30005: "Unknown destination handset",
        30006: "Landline or unreachable carrier",
        30007: "Message filtered",
        30008: "Unknown error",
        30017: "Carrier network congestion",
        30022: "US A2P 10DLC - Rate limits exceeded",
        30023: "US A2P 10DLC - Daily message cap reached",
        30027: "US A2P 10DLC - T-Mobile daily message limit reached",
        30032: "Toll-free number has not been verified",
        30033: "US A2P 10DLC - Campaign suspended",
        30034: "US A2P 10DLC - Message from an unregistered number",
        30035: "US A2P 10DLC - Number is still being configured",
        30036: "Validity Period Expired",
        30410: "Provider timeout",
    }
)

_STATUS_BY_CODE: Mapping[int, int] = MappingProxyType(
    {
        14107: 429,
        20003: 401,
        20004: 405,
        20404: 404,
        20429: 429,
        20500: 500,
        20503: 503,
        63017: 429,
        63018: 429,
    }
)

#: Codes with which Twilio gives up before it hands the message to a carrier: ``failed``.
#: Every other 30xxx is what a carrier reported of a ``sent`` message: ``undelivered``.
FAILS_BEFORE_SENT = frozenset({30001, 30002, 30022, 30023, 30027, 30032, 30033, 30035, 30036})

VALIDITY_EXPIRED = 30036
OPTED_OUT = 21610
WEBHOOK_FAILED = 11200
TWIML_UNREADABLE = 12100
WEBHOOK_CONTENT_TYPE = 12300


class ProviderError(Exception):
    """A refusal as Twilio answers it: ``code``, HTTP ``status`` and ``message``."""

    def __init__(self, code: int, message: str | None = None) -> None:
        self.code = code
        self.status = http_status(code)
        self.message = message if message is not None else describe(code)
        super().__init__(f"{code}: {self.message}")

    def body(self) -> dict[str, object]:
        """Return the JSON body of Twilio's error answers."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def describe(code: int) -> str:
    """Return Twilio's description of ``code``, or a general one for a code not listed here."""
    return _MESSAGES.get(code, "The message could not be sent")


def http_status(code: int) -> int:
    """Return the HTTP status with which a create is refused for ``code``."""
    return _STATUS_BY_CODE.get(code, 400)


def is_reported_later(code: int) -> bool:
    """Tell whether ``code`` comes in a status callback instead of refusing the create."""
    return 30000 <= code <= 30999
