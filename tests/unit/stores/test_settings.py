"""Settings, secrets and names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from parley.errors import TransientError
from parley_aws.clock import SystemClock
from parley_aws.scheduler import schedule_name
from parley_aws.secrets import MAX_AGE, SecretReader
from parley_aws.settings import SettingMissingError, Settings


def test_a_setting_that_is_missing_is_named() -> None:
    with pytest.raises(SettingMissingError, match="CONTACTS_TABLE"):
        Settings({}).table("contacts")


def test_settings_are_read_by_name() -> None:
    settings = Settings(
        {
            "CONTACTS_TABLE": "c",
            "SENDS_QUEUE_URL": "q",
            "PUBLIC_BASE_URL": "https://parley.example.com/",
            "RECONCILE_DELAY_SECONDS": "20",
        }
    )
    assert settings.table("contacts") == "c"
    assert settings.queue_url("sends") == "q"
    assert settings.public_base_url == "https://parley.example.com"
    assert settings.reconcile_delay == timedelta(seconds=20)
    assert Settings({}).reconcile_delay == timedelta(minutes=15)
    assert "https" not in repr(settings)


def test_only_an_address_of_this_machine_is_admitted_for_facts() -> None:
    def admitted(value: str) -> str | None:
        return Settings({"LOCAL_FACT_RECEIVER": value}).local_fact_receiver

    assert admitted("127.0.0.1:8099") == "127.0.0.1:8099"
    assert Settings({}).local_fact_receiver is None
    for value in ("", "169.254.169.254:80", "localhost:8099", "127.0.0.1", "127.0.0.1:0", "x"):
        assert admitted(value) is None
    assert Settings({}).metrics_namespace == "Parley"
    assert Settings({"POWERTOOLS_METRICS_NAMESPACE": "Test"}).metrics_namespace == "Test"


def test_the_clock_shows_whole_milliseconds_of_utc() -> None:
    clock = SystemClock()
    now = clock.now()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert len({clock.nonce() for _ in range(100)}) == 100
    assert " " not in clock.nonce()
    clock.pause(timedelta(seconds=-1))


class _Clock(SystemClock):
    """A clock that stands still until it is moved."""

    moment = datetime(2026, 11, 22, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class _Secrets:
    """Secrets Manager with one secret; fails while `fails`."""

    reads = 0
    fails = False

    def get_secret_value(self, **asked: str) -> dict[str, str]:
        if self.fails:
            raise ClientError({"Error": {"Code": "Throttling", "Message": ""}}, "GetSecretValue")
        self.reads += 1
        pair = {"account_sid": "AC1", "auth_token": f"t{self.reads}", "id_key": "k"}
        return {"SecretString": json.dumps(pair)}


def test_g9_a_secret_is_kept_for_minutes_and_never_shown() -> None:
    client: Any = _Secrets()
    clock = _Clock()
    reader = SecretReader(client, "arn", clock=clock)
    assert reader.read().auth_token == "t1"
    clock.moment += MAX_AGE - timedelta(seconds=1)
    assert reader.read().auth_token == "t1"
    clock.moment += timedelta(seconds=1)
    secret = reader.read()
    assert (secret.account_sid, secret.auth_token, secret.id_key) == ("AC1", "t2", b"k")
    assert "t2" not in repr(secret)
    clock.moment += MAX_AGE
    client.fails = True
    with pytest.raises(TransientError):
        reader.read()


def test_schedule_names_are_fit_and_distinct() -> None:
    plain = "snd_0123-2026"
    assert schedule_name(plain) == plain
    names = ["snd#2026-11-22T13:00Z", "snd#2026-11-22T13-00Z", "x" * 65, "x" * 66]
    fit = [schedule_name(name) for name in names]
    assert len(set(fit)) == 4
    assert all(len(name) <= 64 for name in fit)
