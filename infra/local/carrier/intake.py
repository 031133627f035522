"""What a create request asks for, and Twilio's refusals of a bad one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from infra.local.carrier.errors import ProviderError
from infra.local.carrier.numbers import is_possible

_LONGEST_BODY = 1600
_LONGEST_VALIDITY = 36_000
_LAST_PORT = 65_535
_URL = re.compile(
    r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:[/?#][!-~]*)?"
)
_NOT_SIMULATED = ("MediaUrl", "ContentSid", "ScheduleType", "SendAt", "ShortenUrls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A create request that is in order. ``sender`` is a number or a messaging service's sid;
    ``validity`` is in seconds."""

    to: str
    sender: str
    body: str
    callback: str | None
    validity: int


def parse_form(raw: bytes) -> dict[str, str]:
    """Return the fields of a form body; of a repeated field the last one."""
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))


def read_order(form: Mapping[str, str]) -> Order:
    """Check a create request as Twilio does.

    Raises :class:`~infra.local.carrier.errors.ProviderError` with Twilio's code.
    """
    for name in _NOT_SIMULATED:
        if name in form:
            raise ProviderError(20001, f"{name} is not part of the simulator")
    to = form.get("To", "")
    if not to:
        raise ProviderError(21604)
    if not is_possible(to):
        raise ProviderError(21211, f"Invalid 'To' Phone Number: {to}")
    sender = form.get("MessagingServiceSid") or form.get("From") or ""
    if not sender:
        raise ProviderError(21603)
    body = form.get("Body", "")
    if not body:
        raise ProviderError(21602)
    if len(body) > _LONGEST_BODY:
        raise ProviderError(21617)
    return Order(
        to=to,
        sender=sender,
        body=body,
        callback=_callback(form.get("StatusCallback", "")),
        validity=_validity(form.get("ValidityPeriod", "")),
    )


def is_url(text: str) -> bool:
    """Tell whether ``text`` is an absolute HTTP URL that can be requested."""
    found = _URL.fullmatch(text)
    return found is not None and 1 <= int(found["port"] or 80) <= _LAST_PORT


def _callback(text: str) -> str | None:
    if not text:
        return None
    if not is_url(text):
        raise ProviderError(21609, f"The 'StatusCallback' URL {text} is not a valid URL.")
    return text


def _validity(text: str) -> int:
    if not text:
        return _LONGEST_VALIDITY
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:6]) <= _LONGEST_VALIDITY:
        raise ProviderError(21624)
    return int(text)
