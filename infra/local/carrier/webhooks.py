"""Posting signed webhooks, with the retries that a URL's fragment asks for.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides. Without ``rc`` in
the fragment nothing is posted twice; ``rp`` says what is retried (default: a failed connection).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, quote_plus

from infra.local.carrier.http_client import ConnectError, HttpClient, ReadError
from infra.local.carrier.signature import sign

_TIMEOUT_SECONDS = 15.0
_MOST_RETRIES = 5
_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    "User-Agent": "TwilioProxy/1.1",
    "Accept": "*/*",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a webhook answered; ``content_type`` without parameters, in lower case."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A webhook URL without its fragment, and the retries that the fragment asked for."""

    url: str
    retries: int
    retried: frozenset[str]


def read_target(url: str) -> Target:
    """Split the connection overrides off ``url``; an override that makes no sense is ignored."""
    address, _, fragment = url.partition("#")
    if not fragment:
        return Target(url=address, retries=0, retried=frozenset())
    overrides = parse_qs(fragment)
    asked = overrides.get("rc", ["0"])[-1]
    retries = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 1 else 0
    policies = frozenset(overrides.get("rp", ["ct"])[-1].split(","))
    if "all" in policies:
        policies = frozenset({"4xx", "5xx", "ct", "rt"})
    return Target(url=address, retries=min(retries, _MOST_RETRIES), retried=policies)


class WebhookClient:
    """Posts form-encoded webhooks."""

    def __init__(self, *, auth_token: str) -> None:
        self._auth_token = auth_token
        self._http = HttpClient(timeout=_TIMEOUT_SECONDS)

    def close(self) -> None:
        """Close idle connections."""
        self._http.close()

    async def post(self, url: str, params: Mapping[str, str]) -> Answer | None:
        """Post ``params`` to ``url``, signed; None if no answer came within 15 seconds."""
        target = read_target(url)
        headers = {
            **_HEADERS,
            "X-Twilio-Signature": sign(url=target.url, params=params, auth_token=self._auth_token),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        data = _encode(params)
        for _ in range(target.retries):
            answer, trouble = await self._post_once(target.url, data, headers)
            if trouble not in target.retried:
                return answer
        answer, _ = await self._post_once(target.url, data, headers)
        return answer

    async def _post_once(
        self, url: str, data: bytes, headers: Mapping[str, str]
    ) -> tuple[Answer | None, str | None]:
        try:
            response = await self._http.post(url, data, headers)
        except ConnectError:
            return None, "ct"
        except ReadError:
            return None, "rt"
        content_type = response.headers.get("content-type", "").partition(";")[0]
        answer = Answer(
            status=response.status,
            content_type=content_type.strip().lower(),
            body=response.body.decode("utf-8", "replace"),
        )
        return answer, _trouble_of(response.status)


def _encode(params: Mapping[str, str]) -> bytes:
    return "&".join(f"{name}={_quote(params[name])}" for name in params).encode()


# Most values are the same in every webhook: sids, statuses, the sender's number.
_quote = lru_cache(maxsize=4096)(quote_plus)


def _trouble_of(status: int) -> str | None:
    if status >= 500:
        return "5xx"
    return "4xx" if status >= 400 else None
