"""Phone numbers: what a handset's looks like, and the number behind a messaging service."""

from __future__ import annotations

import hashlib
import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NORTH_AMERICAN = re.compile(r"\+1[2-9][0-9]{9}")
_TOLL_FREE = re.compile(r"\+18(?:00|33|44|55|66|77|88)[0-9]{7}")

_SERVICE_PREFIX = "MG"
_POOL_AREA_CODES = ("415", "512", "617", "720", "206", "312")
_FIRST_EXCHANGE, _EXCHANGES, _LINES = 200, 800, 10_000


def is_possible(number: str) -> bool:
    """Tell whether ``number`` is E.164 and of a possible length (+1: ten digits follow)."""
    if number.startswith("+1"):
        return _NORTH_AMERICAN.fullmatch(number) is not None
    return _E164.fullmatch(number) is not None


def is_toll_free(number: str) -> bool:
    """Tell whether ``number`` is a North American toll-free number."""
    return _TOLL_FREE.fullmatch(number) is not None


def is_service(sender: str) -> bool:
    """Tell whether ``sender`` names a messaging service rather than a number."""
    return sender.startswith(_SERVICE_PREFIX)


def number_of_service(service_sid: str) -> str:
    """Return the one number in the pool of ``service_sid``: the same for the same sid, for ever."""
    drawn = int.from_bytes(hashlib.sha256(service_sid.encode()).digest()[:8], "big")
    drawn, line = divmod(drawn, _LINES)
    drawn, exchange = divmod(drawn, _EXCHANGES)
    area_code = _POOL_AREA_CODES[drawn % len(_POOL_AREA_CODES)]
    return f"+1{area_code}{_FIRST_EXCHANGE + exchange}{line:04d}"


def country_of(number: str) -> str:
    """Return the country Twilio's webhooks would name, or an empty string where it is unknown."""
    return "US" if number.startswith("+1") else ""
