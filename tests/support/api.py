"""The HTTP API over ports in memory, called as API Gateway calls it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, unquote

from aws_lambda_powertools import Logger

from parley.keys import ApiKey, Role, key_hash
from parley_aws.http.api import Api
from parley_aws.http.app import build
from parley_aws.memory import (
    ManualClock,
    MemoryAllowance,
    MemoryCampaigns,
    MemoryContacts,
    MemoryJournal,
    MemoryKeys,
    MemoryLeads,
    MemoryLedger,
    MemoryMetrics,
    MemoryOrders,
    MemoryPrograms,
    MemoryProvider,
    MemoryQueue,
    MemoryScheduler,
    MemorySends,
)
from parley_aws.memory.imports import MemoryImportFiles, MemoryImports
from parley_aws.memory.webhooks import MemoryResolver, MemoryWebhooks
from parley_aws.secrets import Secret

FRIDAY_NOON = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
"""A moment at which texts may go everywhere in the US."""

ID_KEY = b"0123456789abcdef0123456789abcdef"


_NUMBERS = itertools.count()


class MemoryServices:
    """Every port in memory."""

    def __init__(self, now: datetime = FRIDAY_NOON) -> None:
        self.the_clock = ManualClock(now)
        self.the_keys = MemoryKeys()
        self.the_programs = MemoryPrograms()
        self.the_campaigns = MemoryCampaigns()
        self.the_contacts = MemoryContacts()
        self.the_journal = MemoryJournal()
        self.the_sends = MemorySends(self.the_programs)
        self.the_ledger = MemoryLedger()
        self.the_leads = MemoryLeads()
        self.the_metrics = MemoryMetrics()
        self.the_orders = MemoryOrders()
        self.the_allowance = MemoryAllowance()
        self.the_provider = MemoryProvider(self.the_clock)
        self.the_imports = MemoryImports()
        self.the_import_files = MemoryImportFiles()
        self.the_webhooks = MemoryWebhooks()
        self.the_resolver = MemoryResolver()
        self.queues: dict[str, MemoryQueue] = {}

    def clock(self) -> ManualClock:
        return self.the_clock

    def keys(self) -> MemoryKeys:
        return self.the_keys

    def programs(self) -> MemoryPrograms:
        return self.the_programs

    def campaigns(self) -> MemoryCampaigns:
        return self.the_campaigns

    def contacts(self) -> MemoryContacts:
        return self.the_contacts

    def journal(self) -> MemoryJournal:
        return self.the_journal

    def sends(self) -> MemorySends:
        return self.the_sends

    def ledger(self) -> MemoryLedger:
        return self.the_ledger

    def leads(self) -> MemoryLeads:
        return self.the_leads

    def orders(self) -> MemoryOrders:
        return self.the_orders

    def metrics(self) -> MemoryMetrics:
        return self.the_metrics

    def allowance(self) -> MemoryAllowance:
        return self.the_allowance

    def provider(self) -> MemoryProvider:
        return self.the_provider

    def imports(self) -> MemoryImports:
        return self.the_imports

    def import_files(self) -> MemoryImportFiles:
        return self.the_import_files

    def queue(self, name: str) -> MemoryQueue:
        return self.queues.setdefault(name, MemoryQueue(self.the_clock))

    def scheduler(self) -> MemoryScheduler:
        return MemoryScheduler(self.the_clock, self.queue("releases"))

    def webhooks(self) -> MemoryWebhooks:
        return self.the_webhooks

    def resolver(self) -> MemoryResolver:
        return self.the_resolver

    def local_fact_receiver(self) -> str | None:
        return None

    def secret(self) -> Secret:
        return Secret(account_sid="AC0", auth_token="token", id_key=ID_KEY)

    def public_base_url(self) -> str:
        return "https://parley.example"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def fields(self) -> list[str]:
        """The fields that a problem names."""
        return [error["field"] for error in self.json["errors"]]


@dataclass(slots=True)
class ApiClient:
    """Calls the API with one key for each role."""

    services: MemoryServices = field(default_factory=MemoryServices)
    api: Api = field(init=False)
    log: StringIO = field(init=False, default_factory=StringIO)

    def __post_init__(self) -> None:
        logger = Logger(service=f"test-{next(_NUMBERS)}", stream=self.log)
        self.api = build(self.services, logger=logger)
        for role in Role:
            key = ApiKey(id=f"key_{role}", role=role, owner=f"the {role}", created_at=FRIDAY_NOON)
            self.services.the_keys.add(key, secret_hash=key_hash(f"secret of {role}"))

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        role: Role | None = Role.ADMIN,
        headers: Mapping[str, str] | None = None,
        raw: str | None = None,
        is_base64: bool = False,
    ) -> Reply:
        """Send a request; `raw` in place of `body` is sent as it is. `role` None: without a key."""
        place, _, query = path.partition("?")
        text = raw if body is None else json.dumps(body)
        event = {
            "version": "2.0",
            "routeKey": "ANY /{proxy+}",
            "rawPath": unquote(place),
            "rawQueryString": query,
            "headers": {
                **({"authorization": f"Bearer secret of {role}"} if role else {}),
                **({"content-type": "application/json"} if text is not None else {}),
                **{name.lower(): value for name, value in (headers or {}).items()},
            },
            "requestContext": {
                "http": {"method": method, "path": unquote(place)},
                "requestId": "r",
                "stage": "$default",
            },
            "isBase64Encoded": is_base64,
        }
        if query:
            values = parse_qs(query, keep_blank_values=True)
            event["queryStringParameters"] = {name: ",".join(v) for name, v in values.items()}
        if text is not None:
            event["body"] = text
        answer = self.api.handle(event, None)
        return Reply(answer["statusCode"], answer["headers"], answer["body"] or "")
