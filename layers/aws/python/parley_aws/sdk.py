"""Clients of AWS services, with region, credentials and endpoint of the environment."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.config import Config
from botocore.utils import get_environ_proxies


def client(service: str) -> Any:
    """A client whose requests the SDK may repeat by itself, with explicit timeouts."""
    config = Config(
        connect_timeout=2,
        read_timeout=10,
        max_pool_connections=32,
        tcp_keepalive=True,
        retries={"total_max_attempts": 4, "mode": "standard"},
    )
    return botocore.session.get_session().create_client(service, config=config)


def lean_client(service: str, endpoint_url: str | None = None) -> Any:
    """A client of a service that speaks JSON, for a hot path: one try for each request.

    It is `parley_aws.wire`'s, unless the way leads through a proxy.
    """
    from parley_aws.wire import CONNECT_SECONDS, CONNECTIONS, READ_SECONDS, WireClient

    session = botocore.session.get_session()
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        parameter_validation=False,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    made = session.create_client(service, config=config, endpoint_url=endpoint_url)
    return made if get_environ_proxies(made.meta.endpoint_url) else WireClient(session, made)
