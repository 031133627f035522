"""The simulator as a whole: its parts put together and served on the loopback address."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from infra.local.carrier.behavior import Behavior
from infra.local.carrier.conduct import Conduct
from infra.local.carrier.control_api import ControlApi
from infra.local.carrier.delivery import Delivery
from infra.local.carrier.inbox import InboundSettings, Inbox
from infra.local.carrier.keywords import KeywordReplies
from infra.local.carrier.outbox import Outbox
from infra.local.carrier.personas import Personas
from infra.local.carrier.receipts import ReceiptQueue
from infra.local.carrier.rest_api import RestApi
from infra.local.carrier.state import load_state, save_state
from infra.local.carrier.store import Store
from infra.local.carrier.webhooks import WebhookClient

_HOST = "127.0.0.1"
_GRACE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierConfig:
    """How a simulator is started. ``port`` 0 takes a free one; ``state`` None keeps nothing."""

    account_sid: str
    auth_token: str
    port: int = 0
    inbound_url: str | None = None
    keyword_replies: KeywordReplies = KeywordReplies.TWILIO
    state: Path | None = None
    capacity: int = 250_000
    callback_concurrency: int = 64


class CarrierServer:
    """A running simulator. Make one with :meth:`start`, end it with :meth:`stop`."""

    def __init__(self, config: CarrierConfig) -> None:
        """Put the parts together; needs a running event loop."""
        self._config = config
        self._store = Store(capacity=config.capacity)
        self._conduct = Conduct(Behavior())
        self._settings = InboundSettings(
            inbound_url=config.inbound_url, keyword_replies=config.keyword_replies, senders={}
        )
        self._client = WebhookClient(auth_token=config.auth_token)
        self._receipts = ReceiptQueue(self._client, concurrency=config.callback_concurrency)
        self._delivery = Delivery(
            account_sid=config.account_sid,
            store=self._store,
            conduct=self._conduct,
            receipts=self._receipts,
        )
        outbox = Outbox(store=self._store, conduct=self._conduct, delivery=self._delivery)
        inbox = Inbox(
            account_sid=config.account_sid,
            settings=self._settings,
            store=self._store,
            outbox=outbox,
            client=self._client,
        )
        self._personas = Personas(store=self._store, conduct=self._conduct, inbox=inbox)
        self._delivery.on_arrival = self._personas.receive
        rest = RestApi(
            account_sid=config.account_sid,
            auth_token=config.auth_token,
            store=self._store,
            conduct=self._conduct,
            outbox=outbox,
        )
        control = ControlApi(
            store=self._store, conduct=self._conduct, inbox=inbox, settings=self._settings
        )
        app = web.Application()
        app.add_routes(rest.routes() + control.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_SECONDS)
        self._port = 0

    @property
    def url(self) -> str:
        """The base address, without a slash at its end."""
        return f"http://{_HOST}:{self._port}"

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._port

    @classmethod
    async def start(cls, config: CarrierConfig) -> CarrierServer:
        """Start a simulator and return it once it answers.

        Raises OSError if the port is taken and
        :class:`~infra.local.carrier.state.UnreadableStateError` on a bad state file.
        """
        server = cls(config)
        try:
            await server._listen()
        except BaseException:
            await server._close()
            raise
        return server

    async def stop(self) -> None:
        """Stop serving, let go of what is under way, and save the state."""
        await self._close()
        if self._config.state is not None:
            save_state(
                self._config.state,
                store=self._store,
                conduct=self._conduct,
                settings=self._settings,
            )

    async def _listen(self) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((_HOST, self._config.port))
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        if self._config.state is not None:
            load_state(
                self._config.state,
                store=self._store,
                conduct=self._conduct,
                settings=self._settings,
                delivery=self._delivery,
            )
        await self._runner.setup()
        await web.SockSite(self._runner, listener, backlog=1024).start()

    async def _close(self) -> None:
        await self._runner.cleanup()
        await self._personas.close()
        await self._receipts.close()
        self._client.close()
