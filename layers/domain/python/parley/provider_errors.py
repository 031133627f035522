"""What a provider's error code says: of the number, of consent, of the text, of our set-up.

Codes are Twilio's. Source: https://www.twilio.com/docs/api/errors. Since 2024 they are split ever
finer, so a code that is not listed speaks of its one message and of nothing else.
"""

from __future__ import annotations

from enum import StrEnum

from parley.contact import SuppressionReason


class ErrorMeaning(StrEnum):
    """What a code is about."""

    NUMBER = "number"
    OPTED_OUT = "opted_out"
    STRIKE = "strike"
    CONTENT = "content"
    CONFIGURATION = "configuration"
    THROTTLED = "throttled"
    AMBIGUOUS = "ambiguous"
    MESSAGE = "message"


_NUMBER = {
    "21211": "not a phone number",
    "21614": "cannot receive texts",
    "21635": "a landline",
    "30006": "a landline or an unreachable carrier",
}
_OPTED_OUT = {"21610": "blocked at the provider since they texted STOP"}
_BLOCKED = "30004"
_STRIKES = {
    _BLOCKED: "blocked; from a toll-free number, since they texted STOP to the network itself",
    "30003": "the handset is out of reach or switched off",
    "30005": "the handset is not known",
    "30008": "lost for reasons unknown",
    "30017": "the carrier is congested, after the provider's own tries",
    "30410": "the carrier did not answer, and the provider does not try again",
}
_CONTENT = frozenset({"21602", "21617", "21618", "30007", "30019"})
_CONFIGURATION = {
    "20003": "the account sid or the auth token is wrong",
    "20005": "the account is not active",
    "21603": "the sender is missing",
    "21606": "the sender is not ours or cannot send texts",
    "21609": "the status callback URL is not valid",
    "21624": "the validity period is out of range",
    "21701": "the messaging service does not exist",
    "21703": "the messaging service has no sender",
    "21704": "the messaging service's sender pool is empty",
    "21705": "the messaging service is not valid",
    "30002": "the account is suspended",
    "30032": "the toll-free number is not verified",
    "30033": "the carriers' registration is suspended",
    "30034": "the number is not registered with the carriers",
    "30035": "the number is still being configured",
    "35111": "the scheduling request is not valid",
    "35114": "the scheduled time is out of range",
    "35118": "scheduling needs a messaging service",
}
_STOPPING = {**_CONFIGURATION, "21618": "the text is filtered by all carriers"}
_THROTTLED = frozenset(
    {"14107", "20429", "21611", "30001", "30022", "30023", "30027", "63017", "63018"}
)
_AMBIGUOUS = frozenset({"20500", "20503"})


def meaning_of(code: str | None) -> ErrorMeaning:
    """What a code is about; of its one message where nothing more is known."""
    if code in _NUMBER:
        return ErrorMeaning.NUMBER
    if code in _OPTED_OUT:
        return ErrorMeaning.OPTED_OUT
    if code in _STRIKES:
        return ErrorMeaning.STRIKE
    if code in _CONTENT:
        return ErrorMeaning.CONTENT
    if code in _CONFIGURATION:
        return ErrorMeaning.CONFIGURATION
    if code in _THROTTLED:
        return ErrorMeaning.THROTTLED
    if code in _AMBIGUOUS:
        return ErrorMeaning.AMBIGUOUS
    return ErrorMeaning.MESSAGE


def suppression_of(code: str | None, *, from_toll_free: bool = False) -> SuppressionReason | None:
    """Why nothing may be sent any more to a number that this code was reported for.

    A toll-free sender's network acts on STOP itself and says no more of it than that it blocks.
    """
    if from_toll_free and code == _BLOCKED:
        return SuppressionReason.CARRIER_BLOCK
    return {
        ErrorMeaning.NUMBER: SuppressionReason.UNREACHABLE,
        ErrorMeaning.OPTED_OUT: SuppressionReason.CARRIER_BLOCK,
    }.get(meaning_of(code))


def stops_send(code: str | None) -> str | None:
    """In words, why a whole send cannot go on after this refusal; None where it can.

    21408 (no permission for the destination's country) is the matter of one recipient, so it is
    no cause; an empty or overlong text (21602, 21617) is one contact's rendering.
    """
    cause = _STOPPING.get(code or "")
    return f"{code}: {cause}" if cause else None
