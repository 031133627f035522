"""The deployment's secret: the provider's pair and the key that ids are hashed with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from parley.errors import TransientError
from parley_aws import sdk
from parley_aws.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_AGE = timedelta(minutes=5)
"""How long a token that was replaced may still be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """The provider's account and token, and our key of keyed hashes. Never shown by `repr`."""

    account_sid: str = field(repr=False)
    auth_token: str = field(repr=False)
    id_key: bytes = field(repr=False)


@cache
def secrets_manager() -> SecretsManagerClient:
    """The Secrets Manager client of this process."""
    return cast("SecretsManagerClient", sdk.client("secretsmanager"))


class SecretReader:
    """Reads the secret and keeps it for a few minutes."""

    def __init__(self, client: SecretsManagerClient, arn: str, *, clock: Clock) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._kept: tuple[datetime, Secret] | None = None

    def read(self) -> Secret:
        """The secret, at most `MAX_AGE` old. Raises TransientError where it cannot be read."""
        now = self._clock.now()
        if self._kept is None or now - self._kept[0] >= MAX_AGE:
            self._kept = (now, self._fetch())
        return self._kept[1]

    def _fetch(self) -> Secret:
        try:
            text = self._client.get_secret_value(SecretId=self._arn)["SecretString"]
        except (ClientError, BotoCoreError) as error:
            raise TransientError("the secret cannot be read") from error
        values = json.loads(text)
        return Secret(
            account_sid=values["account_sid"],
            auth_token=values["auth_token"],
            id_key=values["id_key"].encode(),
        )
