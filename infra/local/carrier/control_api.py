"""The control routes under ``/simulator``, and ``/health``.

They need no key: the simulator listens on the loopback address only. Bad input is answered 400
with ``{"errors": [{"field", "message"}]}``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from infra.local.carrier.behavior_json import behavior_from_json, behavior_to_json
from infra.local.carrier.conduct import Conduct
from infra.local.carrier.fields import BadFieldsError, Fields, parse_json, read_text
from infra.local.carrier.inbox import InboundSettings, Inbox
from infra.local.carrier.intake import is_url
from infra.local.carrier.keywords import KeywordReplies
from infra.local.carrier.numbers import is_possible
from infra.local.carrier.records import Message
from infra.local.carrier.resource import message_to_control
from infra.local.carrier.store import Store

_LONGEST_BODY = 1600
_FILTERS = ("to", "from", "direction")
_DIRECTIONS = ("inbound", "outbound", "outbound-api", "outbound-reply")

_Handler = Callable[[web.Request], Awaitable[web.Response]]


class ControlApi:
    """Reads and sets what the simulated world does."""

    def __init__(
        self, *, store: Store, conduct: Conduct, inbox: Inbox, settings: InboundSettings
    ) -> None:
        self._store = store
        self._conduct = conduct
        self._inbox = inbox
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        """Return the control routes."""
        return [
            web.get("/health", self._health),
            web.get("/simulator/messages", _checked(self._messages)),
            web.delete("/simulator/messages", _checked(self._forget)),
            web.get("/simulator/opt-outs", _checked(self._opt_outs)),
            web.post("/simulator/inbound", _checked(self._inbound)),
            web.get("/simulator/behavior", _checked(self._behavior)),
            web.put("/simulator/behavior", _checked(self._set_behavior)),
            web.get("/simulator/webhooks", _checked(self._webhooks)),
            web.put("/simulator/webhooks", _checked(self._set_webhooks)),
            web.get("/simulator/keyword-replies", _checked(self._keyword_replies)),
            web.put("/simulator/keyword-replies", _checked(self._set_keyword_replies)),
            web.route("*", "/{path:.*}", _checked(_refuse_path)),
        ]

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "messages": len(self._store)})

    async def _messages(self, request: web.Request) -> web.Response:
        filters = _read_filters(request)
        found = [message_to_control(each) for each in self._filtered(filters)]
        return web.json_response({"messages": found})

    def _filtered(self, filters: dict[str, str]) -> Iterable[Message]:
        to, sender = filters.get("to"), filters.get("from")
        direction = filters.get("direction", "")
        numbers = [self._store.sender(name).number for name in (to, sender) if name is not None]
        for message in self._store.messages(*numbers):
            names = _names_of_ends(message)
            if to is not None and to not in names[0]:
                continue
            if sender is not None and sender not in names[1]:
                continue
            if message.direction.startswith(direction):
                yield message

    async def _forget(self, _request: web.Request) -> web.Response:
        self._conduct.forget()
        return web.json_response({"forgotten": self._store.forget()})

    async def _opt_outs(self, _request: web.Request) -> web.Response:
        pairs = self._store.opt_outs()
        return web.json_response(
            {"opt_outs": [{"sender": sender, "handset": handset} for sender, handset in pairs]}
        )

    async def _inbound(self, request: web.Request) -> web.Response:
        given = Fields(parse_json(await request.read()))
        given.refuse_unknown(("from", "to", "body"))
        handset = given.required("from", _read_handset, fallback="")
        to = given.required("to", _read_sender, fallback="")
        body = given.required("body", _read_body, fallback="")
        given.check()
        reception = await self._inbox.receive(handset=handset, to=to, body=body)
        return web.json_response(
            {
                "sid": reception.sid,
                "webhook_status": reception.webhook_status,
                "error_code": reception.error_code,
            }
        )

    async def _behavior(self, _request: web.Request) -> web.Response:
        return web.json_response(behavior_to_json(self._conduct.behavior))

    async def _set_behavior(self, request: web.Request) -> web.Response:
        self._conduct.replace(behavior_from_json(parse_json(await request.read())))
        return await self._behavior(request)

    async def _webhooks(self, _request: web.Request) -> web.Response:
        return web.json_response({"inbound_url": self._settings.inbound_url})

    async def _set_webhooks(self, request: web.Request) -> web.Response:
        given = Fields(parse_json(await request.read()))
        given.refuse_unknown(("inbound_url",))
        url = given.required("inbound_url", _read_url, fallback=None)
        given.check()
        self._settings.inbound_url = url
        return await self._webhooks(request)

    async def _keyword_replies(self, _request: web.Request) -> web.Response:
        settings = self._settings
        return web.json_response({"default": settings.keyword_replies, "senders": settings.senders})

    async def _set_keyword_replies(self, request: web.Request) -> web.Response:
        given = Fields(parse_json(await request.read()))
        given.refuse_unknown(("default", "senders"))
        default = given.optional("default", _read_policy, default=KeywordReplies.TWILIO)
        nobody: dict[str, KeywordReplies] = {}
        senders = given.optional("senders", _read_policies, default=nobody)
        given.check()
        self._settings.keyword_replies = default
        self._settings.senders = senders
        return await self._keyword_replies(request)


def _checked(handler: _Handler) -> _Handler:
    async def checked(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except BadFieldsError as error:
            return web.json_response(error.body(), status=400)

    return checked


async def _refuse_path(request: web.Request) -> web.Response:
    message = f"There is no {request.method} {request.path}."
    return web.json_response({"errors": [{"field": "", "message": message}]}, status=404)


def _read_filters(request: web.Request) -> dict[str, str]:
    """Read the query; a plus sign that was not escaped arrives as a space and is put back."""
    given = Fields(dict(request.query))
    given.refuse_unknown(_FILTERS)
    given.optional("direction", _read_direction, default="")
    given.check()
    return {
        name: "+" + text[1:] if text[:1] == " " else text for name, text in request.query.items()
    }


def _names_of_ends(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that the receiving and the sending end go by."""
    sender = (message.sender.number, message.sender.scope)
    handset = (message.handset,)
    return (sender, handset) if message.direction == "inbound" else (handset, sender)


def _read_direction(value: object, at: str) -> str:
    direction = read_text(value, at)
    if direction not in _DIRECTIONS:
        raise BadFieldsError([(at, "Must be one of " + ", ".join(_DIRECTIONS) + ".")])
    return direction


def _read_handset(value: object, at: str) -> str:
    handset = read_text(value, at)
    if not is_possible(handset):
        raise BadFieldsError([(at, "Must be a number in E.164 form.")])
    return handset


def _read_sender(value: object, at: str) -> str:
    sender = read_text(value, at)
    if not sender:
        raise BadFieldsError([(at, "Must be a number or a messaging service sid.")])
    return sender


def _read_body(value: object, at: str) -> str:
    body = read_text(value, at)
    if len(body) > _LONGEST_BODY:
        raise BadFieldsError([(at, f"Must have at most {_LONGEST_BODY} characters.")])
    return body


def _read_url(value: object, at: str) -> str | None:
    if value is None:
        return None
    url = read_text(value, at)
    if not is_url(url):
        raise BadFieldsError([(at, "Must be an absolute http or https URL, or null.")])
    return url


def _read_policy(value: object, at: str) -> KeywordReplies:
    try:
        return KeywordReplies(read_text(value, at))
    except ValueError as error:
        names = ", ".join(KeywordReplies)
        raise BadFieldsError([(at, f"Must be one of {names}.")]) from error


def _read_policies(value: object, at: str) -> dict[str, KeywordReplies]:
    given = Fields(value, at=at)
    given.check()
    names = list(value) if isinstance(value, dict) else []
    policies = {
        name: given.optional(name, _read_policy, default=KeywordReplies.TWILIO) for name in names
    }
    given.check()
    return policies
