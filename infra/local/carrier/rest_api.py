"""Twilio's REST API for messages: create, fetch, list.

Source: https://www.twilio.com/docs/messaging/api/message-resource.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from urllib.parse import urlencode

from aiohttp import web

from infra.local.carrier.conduct import Conduct
from infra.local.carrier.errors import ProviderError
from infra.local.carrier.intake import parse_form, read_order
from infra.local.carrier.outbox import Outbox
from infra.local.carrier.records import Message
from infra.local.carrier.resource import message_to_json
from infra.local.carrier.store import Store

_ROOT = "/2010-04-01/Accounts/{account_sid}"
_DEFAULT_PAGE_SIZE, _LARGEST_PAGE = 50, 1000

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RestApi:
    """The routes under ``/2010-04-01``, behind Basic authentication."""

    def __init__(
        self, *, account_sid: str, auth_token: str, store: Store, conduct: Conduct, outbox: Outbox
    ) -> None:
        self._account_sid = account_sid
        self._store = store
        self._conduct = conduct
        self._outbox = outbox
        credentials = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._authorization = f"basic {credentials}".encode()
        self._collection = f"/2010-04-01/Accounts/{account_sid}/Messages.json"

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; every other path of the API is answered with Twilio's 20404."""
        return [
            web.post(_ROOT + "/Messages.json", self._guarded(self._create)),
            web.get(_ROOT + "/Messages.json", self._guarded(self._list)),
            web.get(_ROOT + "/Messages/{sid}.json", self._guarded(self._fetch)),
            web.route("*", _ROOT + "/Messages.json", self._guarded(self._refuse_method)),
            web.route("*", _ROOT + "/Messages/{sid}.json", self._guarded(self._refuse_method)),
            web.route("*", "/2010-04-01{path:.*}", self._guarded(self._refuse_path)),
        ]

    def _guarded(self, handler: _Handler) -> _Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                self._authenticate(request)
                return await handler(request)
            except ProviderError as error:
                return _answer(error.status, error.body())

        return guarded

    def _authenticate(self, request: web.Request) -> None:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        given = f"{scheme.lower()} {credentials.strip()}".encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._authorization):
            raise ProviderError(20003)
        if request.match_info.get("account_sid", self._account_sid) != self._account_sid:
            raise _not_found(request)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        order = read_order(parse_form(await request.read()))
        attempt = self._conduct.next_attempt(order.to)
        latency = attempt.seconds("latency", self._conduct.behavior.latency_ms)
        try:
            acceptance = self._outbox.accept(order, attempt)
            body = message_to_json(acceptance.message, account_sid=self._account_sid)
        finally:
            if latency > 0:
                await asyncio.sleep(latency)
        if acceptance.lost and request.transport is not None:
            request.transport.close()
        if acceptance.error_code is not None:
            raise ProviderError(acceptance.error_code)
        return _answer(201, body)

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        message = self._store.get(request.match_info["sid"])
        if message is None:
            raise _not_found(request)
        return _answer(200, message_to_json(message, account_sid=self._account_sid))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        query = read_query(request.query)
        found = list(islice(self._matching(query), query.page_size + 1))
        page = found[: query.page_size]
        after = page[-1].serial if len(found) > query.page_size else None
        start = query.page * query.page_size
        return _answer(
            200,
            {
                "first_page_uri": self._page_uri(request.query, query, page=0, after=None),
                "end": start + max(len(page) - 1, 0),
                "previous_page_uri": None,
                "messages": [
                    message_to_json(message, account_sid=self._account_sid) for message in page
                ],
                "uri": self._page_uri(request.query, query, page=query.page, after=query.after),
                "page_size": query.page_size,
                "start": start,
                "next_page_uri": (
                    None
                    if after is None
                    else self._page_uri(request.query, query, page=query.page + 1, after=after)
                ),
                "page": query.page,
            },
        )

    def _matching(self, query: Query) -> Iterator[Message]:
        numbers = [number for number in (query.to, query.sender) if number is not None]
        for message in reversed(self._store.messages(*numbers)):
            if query.after is not None and message.serial >= query.after:
                continue
            if query.matches(message):
                yield message

    def _page_uri(
        self, params: Mapping[str, str], query: Query, *, page: int, after: int | None
    ) -> str:
        kept = {name: text for name, text in params.items() if name not in ("Page", "PageToken")}
        kept |= {"PageSize": str(query.page_size), "Page": str(page)}
        if after is not None:
            kept["PageToken"] = f"PA{after}"
        return f"{self._collection}?{urlencode(kept)}"

    async def _refuse_method(self, _request: web.Request) -> web.StreamResponse:
        raise ProviderError(20004)

    async def _refuse_path(self, request: web.Request) -> web.StreamResponse:
        raise _not_found(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a list request asks for; days are of GMT, and unsent messages have none."""

    to: str | None
    sender: str | None
    on: date | None
    not_after: date | None
    not_before: date | None
    page_size: int
    page: int
    after: int | None

    def matches(self, message: Message) -> bool:
        """Tell whether ``message`` is asked for."""
        if self.to is not None and message.to_number != self.to:
            return False
        if self.sender is not None and message.from_number != self.sender:
            return False
        if self.on is None and self.not_after is None and self.not_before is None:
            return True
        if message.sent_at is None:
            return False
        day = datetime.fromtimestamp(message.sent_at, UTC).date()
        return (
            (self.on is None or day == self.on)
            and (self.not_after is None or day <= self.not_after)
            and (self.not_before is None or day >= self.not_before)
        )


def read_query(params: Mapping[str, str]) -> Query:
    """Read the parameters of a list request.

    ``DateSent<`` and ``DateSent>`` are what ``DateSent<=`` and ``DateSent>=`` are in a query.
    Raises :class:`~infra.local.carrier.errors.ProviderError` on one that cannot be read.
    """
    token = params.get("PageToken", "")
    return Query(
        to=params.get("To") or None,
        sender=params.get("From") or None,
        on=_day(params, "DateSent"),
        not_after=_day(params, "DateSent<"),
        not_before=_day(params, "DateSent>"),
        page_size=min(max(_whole(params, "PageSize", _DEFAULT_PAGE_SIZE), 1), _LARGEST_PAGE),
        page=_whole(params, "Page", 0),
        after=_whole({"PageToken": token.removeprefix("PA")}, "PageToken", 0) if token else None,
    )


def _day(params: Mapping[str, str], name: str) -> date | None:
    text = params.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ProviderError(20001, f"Invalid {name}: {text}") from error
    return (moment.astimezone(UTC) if moment.tzinfo is not None else moment).date()


def _whole(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise ProviderError(20001, f"Invalid {name}: {text}")
    return int(text)


def _not_found(request: web.Request) -> ProviderError:
    return ProviderError(20404, f"The requested resource {request.path} was not found")


def _answer(status: int, body: Mapping[str, object]) -> web.Response:
    headers = {"Content-Type": "application/json;charset=utf-8"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)
