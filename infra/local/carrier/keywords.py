"""The provider's own STOP, START and HELP handling.

Source: https://help.twilio.com/articles/223134027 (default keywords, as amended for REVOKE and
OPTOUT) and https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Keyword(StrEnum):
    """What a whole-body keyword asks for; the values are those of ``OptOutType``."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


class KeywordReplies(StrEnum):
    """Who answers keywords at a sender.

    ``twilio`` and ``advanced``: the provider answers and blocks; ``advanced`` also names the
    keyword to the webhook as ``OptOutType``. ``ours``: the provider does nothing.
    """

    TWILIO = "twilio"
    ADVANCED = "advanced"
    OURS = "ours"


_STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_STARTS = frozenset({"START", "YES", "UNSTOP"})
_TOLL_FREE_STARTS = frozenset({"START", "UNSTOP"})
_HELPS = frozenset({"HELP", "INFO"})

REPLIES: Mapping[Keyword, str] = MappingProxyType(
    {
        Keyword.STOP: (
            "You have successfully been unsubscribed. You will not receive any more messages from "
            "this number. Reply START to resubscribe."
        ),
        Keyword.START: (
            "You have successfully been re-subscribed to messages from this number. "
            "Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
        ),
        Keyword.HELP: "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    }
)


def keyword_of(body: str, *, toll_free: bool) -> Keyword | None:
    """Return the keyword that the whole of ``body`` is, ignoring case and outer white space.

    "Stop please" is none. On a toll-free number YES is none either.
    """
    word = body.strip().upper()
    if word in _STOPS:
        return Keyword.STOP
    if word in (_TOLL_FREE_STARTS if toll_free else _STARTS):
        return Keyword.START
    return Keyword.HELP if word in _HELPS else None
