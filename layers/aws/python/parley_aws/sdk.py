"""Clients of AWS services other than DynamoDB, whose requests the SDK may repeat by itself."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.config import Config


def client(service: str) -> Any:
    """A client with region, credentials and endpoint of the environment, and explicit timeouts."""
    config = Config(
        connect_timeout=2,
        read_timeout=10,
        max_pool_connections=32,
        tcp_keepalive=True,
        retries={"total_max_attempts": 4, "mode": "standard"},
    )
    return botocore.session.get_session().create_client(service, config=config)
