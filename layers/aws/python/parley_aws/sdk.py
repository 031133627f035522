"""Clients of AWS services, with region, credentials and endpoint of the environment."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.session import Session
from botocore.utils import get_environ_proxies

_creating = Lock()
"""Held while a client is made: the session that makes them is no thing for several threads."""


@cache
def session() -> Session:
    """What all clients of this process are made by: it looks through the services' models once."""
    return botocore.session.get_session()


def create(service: str, config: Config, endpoint_url: str | None = None) -> Any:
    """The SDK's own client of a service."""
    with _creating:
        return session().create_client(service, config=config, endpoint_url=endpoint_url)


def get_ready(*services: str) -> None:
    """Have the SDK read what it knows of services, which is most of the work of making clients.

    It reads that for the first client of each. This one nobody uses: region, credentials and
    address are for the first event to find out.
    """
    for service in services:
        session().create_client(
            service,
            region_name="us-east-1",
            aws_access_key_id="nobody",
            aws_secret_access_key="nobody",
        )


def client(service: str) -> Any:
    """A client whose requests the SDK may repeat by itself, with explicit timeouts."""
    config = Config(
        connect_timeout=2,
        read_timeout=10,
        max_pool_connections=32,
        tcp_keepalive=True,
        retries={"total_max_attempts": 4, "mode": "standard"},
    )
    return create(service, config)


def lean_client(service: str, endpoint_url: str | None = None) -> Any:
    """A client of a service that speaks JSON, for a hot path: one try for each request.

    It is `parley_aws.wire`'s, unless the way leads through a proxy.
    """
    from parley_aws.wire import CONNECT_SECONDS, CONNECTIONS, READ_SECONDS, WireClient

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        parameter_validation=False,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    made = create(service, config, endpoint_url)
    return made if get_environ_proxies(made.meta.endpoint_url) else WireClient(session(), made)
