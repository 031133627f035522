"""What the environment tells a function: names and addresses, read once, on first use."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from types import MappingProxyType

from parley.errors import ParleyError


class SettingMissingError(ParleyError):
    """A function was deployed without a setting that it needs."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of a function. A setting that is asked for and missing raises
    SettingMissingError, which names it; a function is given only those that it uses."""

    environment: Mapping[str, str] = field(repr=False)

    def table(self, name: str) -> str:
        """The real name of a table such as `contacts`."""
        return self._needed(f"{name.upper()}_TABLE")

    def queue_url(self, name: str) -> str:
        """The URL of a queue such as `sends`."""
        return self._needed(f"{name.upper()}_QUEUE_URL")

    @property
    def releases_queue_arn(self) -> str:
        """Where schedules put what is due."""
        return self._needed("RELEASES_QUEUE_ARN")

    @property
    def schedule_group(self) -> str:
        """The group that our schedules belong to."""
        return self._needed("SCHEDULE_GROUP")

    @property
    def scheduler_role_arn(self) -> str:
        """The role under which schedules run."""
        return self._needed("SCHEDULER_ROLE_ARN")

    @property
    def imports_bucket(self) -> str:
        """Where files are uploaded to."""
        return self._needed("IMPORTS_BUCKET")

    @property
    def event_bus_name(self) -> str:
        """Where facts are published."""
        return self._needed("EVENT_BUS_NAME")

    @property
    def secret_arn(self) -> str:
        """The secret that holds the provider's pair and the id key."""
        return self._needed("SECRET_ARN")

    @property
    def public_base_url(self) -> str:
        """The address under which the provider reaches us, without a slash at its end."""
        return self._needed("PUBLIC_BASE_URL").rstrip("/")

    @property
    def twilio_api_base_url(self) -> str:
        """The provider's API, without a slash at its end."""
        return self._needed("TWILIO_API_BASE_URL").rstrip("/")

    @property
    def reconcile_delay(self) -> timedelta:
        """How long after `post_by` an unknown message is looked up at the provider."""
        return timedelta(seconds=int(self.environment.get("RECONCILE_DELAY_SECONDS", "900")))

    @property
    def metrics_namespace(self) -> str:
        """Where CloudWatch keeps this deployment's own metrics."""
        return self.environment.get("POWERTOOLS_METRICS_NAMESPACE") or "Parley"

    @property
    def local_fact_receiver(self) -> str | None:
        """The one address of this machine, such as `127.0.0.1:8099`, that facts may be delivered
        to by plain HTTP; none where it is not set, or names anything but this machine."""
        value = self.environment.get("LOCAL_FACT_RECEIVER", "")
        return value if re.fullmatch(r"127\.0\.0\.1:[1-9]\d{0,4}", value) else None

    @property
    def state_rules(self) -> str | None:
        """JSON that replaces parts of the states' rules we ship (`parley_aws.rules`), if any."""
        return self.environment.get("PARLEY_STATE_RULES") or None

    def _needed(self, name: str) -> str:
        value = self.environment.get(name)
        if not value:
            raise SettingMissingError(f"the environment lacks {name}")
        return value


@cache
def settings() -> Settings:
    """The settings of this process, as its environment was at the first call."""
    return Settings(MappingProxyType(dict(os.environ)))
