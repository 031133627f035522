"""Twilio as the provider: texts are posted side by side and looked up by number.

Twilio's create has no idempotency key, so every answer is read for whether the text may have been
taken. Source: https://www.twilio.com/docs/messaging/api/message-resource.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import random
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextvars import ContextVar
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from parley.errors import TransientError
from parley.money import Money
from parley.provider_errors import ErrorMeaning, meaning_of
from parley_aws.ports import Clock, PostResult, PostStatus, ProviderMessage, Text
from parley_aws.twilio_status import outcome_of

T = TypeVar("T")

MAX_VALIDITY = timedelta(hours=10)
_ANSWER_WITHIN = 4.5
"""Seconds for a whole exchange, below the life of a claim."""

_CONNECT_WITHIN = 2.0
_CONNECTIONS = 400
_IDLE = timedelta(seconds=10)
"""Connections unused for longer are dropped: one cut by the far end looks like a lost answer."""

_FIRST_WAIT = 0.1
_TRIES = 5
_JITTER = 0.1
_PRICES_AT_ONCE = 50
_NEWEST = 200
"""How many of a number's messages are looked at, newest first."""

_deadline: ContextVar[datetime | None] = ContextVar("deadline", default=None)


class _NothingPostedError(Exception):
    """The request did not leave in time, or no connection came about."""


_UNREADABLE = (
    _NothingPostedError,
    TwilioException,
    aiohttp.ClientError,
    TimeoutError,
    OSError,
    ValueError,
    TypeError,
)
"""What reading from Twilio may raise."""


class _HttpClient(AsyncHttpClient):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's transport: one session for all requests, nothing logged, deadlines kept.

    A request made under `_deadline` does not start once that has passed, and waits for a
    connection no longer than until then.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._used_at = clock.now()

    async def request(self, method: str, uri: str, **of_request: Any) -> Response:
        session = self._session
        if session is None:
            raise _NothingPostedError
        deadline = _deadline.get()
        connect_within = _CONNECT_WITHIN
        if deadline is not None:
            left = (deadline - self._clock.now()).total_seconds()
            if left <= 0:
                raise _NothingPostedError
            connect_within = min(left, connect_within)
        try:
            async with session.request(
                method,
                uri,
                params=of_request.get("params"),
                data=urlencode(of_request.get("data") or {}).encode() or None,
                headers={**of_request["headers"], "Authorization": _basic(*of_request["auth"])},
                timeout=aiohttp.ClientTimeout(
                    total=_ANSWER_WITHIN, connect=connect_within, ceil_threshold=_ANSWER_WITHIN
                ),
                allow_redirects=False,
            ) as response:
                body = await response.read()
                return Response(response.status, body.decode(errors="replace"), response.headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _NothingPostedError from error

    async def prepare(self) -> None:
        """Have a session whose idle connections are young enough to be alive."""
        now = self._clock.now()
        if now - self._used_at > _IDLE:
            await self.close()
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=_CONNECTIONS, keepalive_timeout=_IDLE.total_seconds()
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        self._used_at = now

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


class TwilioProvider:
    """One account at Twilio. Its event loop and connections outlive the calls.

    Args:
        api_base_url: where all requests go, such as `https://api.twilio.com`.
        status_callback: gives the URL for delivery receipts of a message id.
        clock: says whether a text may still be posted.
        chance: numbers from 0 to 1 for the jitter of retries.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        api_base_url: str,
        status_callback: Callable[[str], str],
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._status_callback = status_callback
        self._http = _HttpClient(clock)
        self._client = Client(
            account_sid, auth_token, http_client=self._http, environment={"TWILIO_EDGE": ""}
        )
        self._client.api.base_url = api_base_url
        self._create_uri = f"{api_base_url}/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="twilio", daemon=True).start()

    def post(self, texts: Sequence[Text]) -> list[PostResult]:
        """Post texts side by side, each not after its `post_by`; results in order."""
        return self._run(self._post_all(texts))

    def find(self, to: str, *, since: datetime) -> list[ProviderMessage]:
        """Our messages to a number that Twilio created since a time, to the second.

        The list is read by number alone: `DateSent` is null until a message has left. Raises
        TransientError where Twilio does not answer.
        """
        return self._run(self._find(to, since))

    def prices(self, sids: Sequence[str]) -> dict[str, Money]:
        """What texts cost, of those whose price Twilio has settled; one request for each."""
        return self._run(self._prices(sids))

    def close(self) -> None:
        """End the connections and the loop."""
        self._run(self._http.close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _post_all(self, texts: Sequence[Text]) -> list[PostResult]:
        await self._http.prepare()
        return await asyncio.gather(*(self._post_patiently(text) for text in texts))

    async def _post_patiently(self, text: Text) -> PostResult:
        """Post again what was throttled, which Twilio has not processed, while there is time."""
        wait = _FIRST_WAIT
        result = await self._post(text)
        for _ in range(_TRIES - 1):
            if result.status is not PostStatus.THROTTLED:
                break
            pause = wait * (1 + _JITTER * (2 * self._chance() - 1))
            if self._clock.now() + timedelta(seconds=pause) >= text.post_by:
                break
            await asyncio.sleep(pause)
            result = await self._post(text)
            wait *= 2
        return result

    async def _post(self, text: Text) -> PostResult:
        _deadline.set(text.post_by)
        try:
            answer = await self._client.request_async(
                "POST", self._create_uri, data=self._form(text)
            )
        except _NothingPostedError:
            return PostResult(status=PostStatus.TOO_LATE)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return PostResult(status=PostStatus.AMBIGUOUS)
        return _result_of(answer.status_code, answer.text)

    def _form(self, text: Text) -> dict[str, str]:
        sender = (
            {"MessagingServiceSid": text.messaging_service_sid}
            if text.messaging_service_sid
            else {"From": text.from_ or ""}
        )
        return {
            "To": text.to,
            "Body": text.body,
            "StatusCallback": self._status_callback(text.message_id),
            "ValidityPeriod": str(_seconds(text.validity)),
            **sender,
        }

    async def _prices(self, sids: Sequence[str]) -> dict[str, Money]:
        await self._http.prepare()
        _deadline.set(None)
        side_by_side = asyncio.Semaphore(_PRICES_AT_ONCE)

        async def price_of(sid: str) -> Money | None:
            async with side_by_side:
                try:
                    message = await self._client.messages(sid).fetch_async()
                    return _money(message.price, message.price_unit)
                except _UNREADABLE:
                    return None

        found = await asyncio.gather(*(price_of(sid) for sid in sids))
        return {sid: price for sid, price in zip(sids, found, strict=True) if price is not None}

    async def _find(self, to: str, since: datetime) -> list[ProviderMessage]:
        await self._http.prepare()
        _deadline.set(None)
        found = []
        try:
            async for message in await self._client.messages.stream_async(to=to, limit=_NEWEST):
                if message.date_created < since.replace(microsecond=0):
                    break
                error_code = str(message.error_code) if message.error_code else None
                outcome = outcome_of(str(message.status), error_code)
                if outcome is not None:
                    found.append(
                        ProviderMessage(
                            sid=message.sid,
                            to=message.to,
                            body=message.body or "",
                            outcome=outcome,
                            error_code=error_code,
                            created_at=message.date_created,
                        )
                    )
        except _UNREADABLE as error:
            raise TransientError("the provider could not be asked") from error
        return found


def _money(price: object, unit: object) -> Money | None:
    """A price of Twilio's, which is negative where it is charged."""
    try:
        amount = abs(Decimal(str(price)))
    except InvalidOperation:
        return None
    return Money(amount=amount, currency=str(unit)) if amount.is_finite() and unit else None


def status_callback_at(public_base_url: str) -> Callable[[str], str]:
    """The receipts' webhook under our public address, naming the message it is about."""
    return lambda message_id: (
        f"{public_base_url}/webhooks/twilio/status?message_id={quote(message_id, safe='')}"
    )


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _seconds(validity: timedelta) -> int:
    return max(1, int(min(validity, MAX_VALIDITY).total_seconds()))


def _result_of(status: int, body: str) -> PostResult:
    """What an answer to a create means: only Twilio's own 4xx says that the text was not taken."""
    if status == 429:
        return PostResult(status=PostStatus.THROTTLED)
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return PostResult(status=PostStatus.AMBIGUOUS)
    if 200 <= status < 300 and (sid := document.get("sid")):
        return PostResult(status=PostStatus.ACCEPTED, sid=str(sid))
    code = document.get("code")
    if not 400 <= status < 500 or status == 408 or not isinstance(code, int):
        return PostResult(status=PostStatus.AMBIGUOUS)
    meaning = meaning_of(str(code))
    if meaning is ErrorMeaning.AMBIGUOUS:
        return PostResult(status=PostStatus.AMBIGUOUS)
    if meaning is ErrorMeaning.THROTTLED:
        return PostResult(status=PostStatus.THROTTLED)
    return PostResult(status=PostStatus.REFUSED, error_code=str(code))
