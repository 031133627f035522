"""What a function works with: each port's real implementation, made once on first use.

Imports are inside the builders, so that a function loads only what it uses.
"""

from __future__ import annotations

import gc
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from parley.contact import Contact
from parley.errors import InvalidInputError
from parley.number import new_contact
from parley.sending import Sending
from parley_aws.settings import settings

if TYPE_CHECKING:
    from datetime import datetime

    from parley_aws.clock import SystemClock
    from parley_aws.dynamo.allowance import DynamoAllowance
    from parley_aws.dynamo.campaigns import DynamoCampaigns
    from parley_aws.dynamo.contacts import DynamoContacts
    from parley_aws.dynamo.imports import DynamoImports
    from parley_aws.dynamo.journal import DynamoJournal
    from parley_aws.dynamo.keys import DynamoKeys
    from parley_aws.dynamo.leads import DynamoLeads
    from parley_aws.dynamo.ledger import DynamoLedger
    from parley_aws.dynamo.metrics import DynamoMetrics
    from parley_aws.dynamo.orders import DynamoOrders
    from parley_aws.dynamo.programs import DynamoPrograms
    from parley_aws.dynamo.sends import DynamoSends
    from parley_aws.dynamo.webhooks import DynamoWebhooks
    from parley_aws.outbound import HttpsCourier, SystemResolver
    from parley_aws.publish import EventBridgeBus
    from parley_aws.s3 import S3ImportFiles
    from parley_aws.scheduler import EventBridgeScheduler
    from parley_aws.secrets import Secret, SecretReader
    from parley_aws.sqs import SqsQueue
    from parley_aws.twilio_provider import TwilioProvider
    from parley_aws.twilio_webhooks import Webhook


@cache
def clock() -> SystemClock:
    """The time."""
    from parley_aws.clock import SystemClock

    return SystemClock()


@cache
def contacts() -> DynamoContacts:
    """Contacts."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.contacts import DynamoContacts

    return DynamoContacts(dynamodb(), settings().table("contacts"))


@cache
def journal() -> DynamoJournal:
    """The journal."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.journal import DynamoJournal

    return DynamoJournal(dynamodb(), settings().table("journal"))


@cache
def programs() -> DynamoPrograms:
    """Programs and the settings over them."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.programs import DynamoPrograms

    return DynamoPrograms(dynamodb(), settings().table("campaigns"))


@cache
def campaigns() -> DynamoCampaigns:
    """Campaigns."""
    from parley_aws.dynamo.campaigns import DynamoCampaigns
    from parley_aws.dynamo.client import dynamodb

    return DynamoCampaigns(dynamodb(), settings().table("campaigns"))


@cache
def sends() -> DynamoSends:
    """Sends and their audiences."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.sends import DynamoSends

    return DynamoSends(dynamodb(), settings().table("campaigns"))


@cache
def allowance() -> DynamoAllowance:
    """Programs' pace and sends' money."""
    from parley_aws.dynamo.allowance import DynamoAllowance
    from parley_aws.dynamo.client import dynamodb

    return DynamoAllowance(dynamodb(), settings().table("campaigns"))


@cache
def imports() -> DynamoImports:
    """Imports."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.imports import DynamoImports

    return DynamoImports(dynamodb(), settings().table("campaigns"))


@cache
def import_files() -> S3ImportFiles:
    """Uploaded files and lists of rejects."""
    from parley_aws.s3 import S3ImportFiles, s3

    return S3ImportFiles(s3(), settings().imports_bucket)


@cache
def keys() -> DynamoKeys:
    """API keys."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.keys import DynamoKeys

    return DynamoKeys(dynamodb(), settings().table("campaigns"))


@cache
def ledger() -> DynamoLedger:
    """Messages of sends."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.ledger import DynamoLedger

    return DynamoLedger(dynamodb(), settings().table("messages"))


@cache
def leads() -> DynamoLeads:
    """Leads."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.leads import DynamoLeads

    return DynamoLeads(dynamodb(), settings().table("leads"))


@cache
def orders() -> DynamoOrders:
    """Orders."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.orders import DynamoOrders

    return DynamoOrders(dynamodb(), settings().table("leads"))


@cache
def metrics() -> DynamoMetrics:
    """Metrics of sends."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.metrics import DynamoMetrics

    return DynamoMetrics(dynamodb(), settings().table("metrics"))


@cache
def queue(name: str) -> SqsQueue:
    """A queue by its name in the template, such as `sends`."""
    from parley_aws.sqs import SqsQueue, sqs

    return SqsQueue(sqs(), settings().queue_url(name))


@cache
def scheduler() -> EventBridgeScheduler:
    """One-shot schedules of what is released later."""
    from parley_aws.scheduler import EventBridgeScheduler, event_bridge_scheduler

    return EventBridgeScheduler(
        event_bridge_scheduler(),
        group=settings().schedule_group,
        role_arn=settings().scheduler_role_arn,
        queue_arn=settings().releases_queue_arn,
        queue=queue("releases"),
        clock=clock(),
    )


@cache
def bus() -> EventBridgeBus:
    """Where facts are told."""
    from parley_aws.publish import EventBridgeBus, Wanted, event_bridge

    wanted = Wanted(webhooks(), clock())
    return EventBridgeBus(event_bridge(), settings().event_bus_name, wanted)


@cache
def webhooks() -> DynamoWebhooks:
    """Outsiders who subscribed to facts."""
    from parley_aws.dynamo.client import dynamodb
    from parley_aws.dynamo.webhooks import DynamoWebhooks

    return DynamoWebhooks(dynamodb(), settings().table("campaigns"))


@cache
def resolver() -> SystemResolver:
    """Whoever knows the addresses of hosts."""
    from parley_aws.outbound import SystemResolver

    return SystemResolver()


@cache
def courier() -> HttpsCourier:
    """Whoever carries facts to outsiders."""
    from parley_aws.outbound import HttpsCourier

    return HttpsCourier(resolver())


def local_fact_receiver() -> str | None:
    """The one address inside that facts may be delivered to, if the settings admit any."""
    return settings().local_fact_receiver


def provider() -> TwilioProvider:
    """Whoever carries texts, with the account's token of now."""
    known = secret()
    return _provider(known.account_sid, known.auth_token)


@lru_cache(maxsize=1)
def _provider(account_sid: str, auth_token: str) -> TwilioProvider:
    from parley_aws.twilio_provider import TwilioProvider, status_callback_at

    return TwilioProvider(
        account_sid=account_sid,
        auth_token=auth_token,
        api_base_url=settings().twilio_api_base_url,
        status_callback=status_callback_at(settings().public_base_url),
        clock=clock(),
    )


def public_base_url() -> str:
    """The address of the API, as the outside knows it."""
    return settings().public_base_url


def webhook(path: str) -> Webhook:
    """What checks requests to a webhook, with the account's token of now."""
    from parley_aws.twilio_webhooks import Webhook

    return Webhook(base_url=public_base_url(), path=path, auth_token=secret().auth_token)


def locate(phone: str, at: datetime) -> Contact:
    """A contact made at a moment, of whom nothing but the number is known; no region where no plan
    has the number."""
    from parley_aws.numbers import read_number

    try:
        return new_contact(read_number(phone, None), at)
    except InvalidInputError:
        return Contact(phone=phone, sending=Sending.begun(at))


def secret() -> Secret:
    """Secrets of the deployment, not older than a few minutes."""
    return _secret_reader().read()


@cache
def _secret_reader() -> SecretReader:
    from parley_aws.secrets import SecretReader, secrets_manager

    return SecretReader(secrets_manager(), settings().secret_arn, clock=clock())


@cache
def spare_collector() -> None:
    """Take everything that exists by now, once, for good: modules, clients, models of services.

    Garbage collection then passes over it; else it walks through 150,000 such objects again and
    again while contacts are read, and takes more time than the reading. Call it once all is wired.
    """
    gc.freeze()
