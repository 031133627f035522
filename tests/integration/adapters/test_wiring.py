"""The wiring gives every port its real implementation, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from typing import Any

import boto3
import pytest
from moto import mock_aws

from parley_aws import clock, scheduler, secrets, sqs, wiring
from parley_aws.dynamo import client as dynamo_client
from parley_aws.http.services import Services
from parley_aws.ports import (
    Allowance,
    CampaignStore,
    Clock,
    ContactStore,
    ImportStore,
    Journal,
    KeyStore,
    LeadStore,
    Ledger,
    MetricsStore,
    OrderStore,
    ProgramStore,
    Queue,
    Scheduler,
    SendStore,
)
from parley_aws.settings import settings

TABLES = ("CONTACTS", "JOURNAL", "CAMPAIGNS", "MESSAGES", "LEADS", "METRICS")


@pytest.fixture(autouse=True)
def _environment(_no_real_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in TABLES:
        monkeypatch.setenv(f"{name}_TABLE", name.lower())
    monkeypatch.setenv("SENDS_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/0/sends")
    monkeypatch.setenv("RELEASES_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/0/releases")
    monkeypatch.setenv("RELEASES_QUEUE_ARN", "arn:aws:sqs:us-east-1:000000000000:releases")
    monkeypatch.setenv("SCHEDULE_GROUP", "parley")
    monkeypatch.setenv("SCHEDULER_ROLE_ARN", "arn:aws:iam::000000000000:role/scheduler")
    _forget()
    with mock_aws():
        yield
    _forget()


def _forget() -> None:
    """Have the wiring made anew, and by nobody who comes after with these settings."""
    settings.cache_clear()
    for module in (wiring, dynamo_client, sqs, scheduler, secrets):
        for made in vars(module).values():
            if isinstance(made, _lru_cache_wrapper):
                made.cache_clear()


def test_every_port_is_there_once() -> None:
    contacts: ContactStore = wiring.contacts()
    journal: Journal = wiring.journal()
    programs: ProgramStore = wiring.programs()
    campaigns: CampaignStore = wiring.campaigns()
    sends: SendStore = wiring.sends()
    imports: ImportStore = wiring.imports()
    keys: KeyStore = wiring.keys()
    ledger: Ledger = wiring.ledger()
    allowance: Allowance = wiring.allowance()
    leads: LeadStore = wiring.leads()
    metrics: MetricsStore = wiring.metrics()
    orders: OrderStore = wiring.orders()
    queue: Queue = wiring.queue("sends")
    later: Scheduler = wiring.scheduler()
    time: Clock = wiring.clock()
    assert contacts is wiring.contacts()
    assert queue is wiring.queue("sends")
    assert queue is not wiring.queue("releases")
    assert isinstance(time, clock.SystemClock)
    made: list[Any] = [
        *(journal, programs, campaigns, sends, imports, keys),
        *(ledger, allowance, leads, metrics, orders, later),
    ]
    assert len({type(each) for each in made}) == len(made)


def test_routes_can_be_given_the_wiring() -> None:
    services: Services = wiring
    assert services.contacts() is wiring.contacts()


def test_the_secret_is_read_from_secrets_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = {"account_sid": "AC1", "auth_token": "t", "id_key": "k" * 32}
    made = boto3.client("secretsmanager").create_secret(
        Name="parley", SecretString=json.dumps(pair)
    )
    monkeypatch.setenv("SECRET_ARN", made["ARN"])
    _forget()
    assert wiring.secret().id_key == b"k" * 32
    assert wiring.secret() is wiring.secret()
