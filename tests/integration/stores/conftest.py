"""Each test has tables of its own on one engine, which runs as long as its worker does."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest

from parley_aws.dynamo.client import create_client
from tests.support import dynoxide
from tests.support.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_numbers = itertools.count(1)
_client = cache(create_client)


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    """The address of the engine."""
    try:
        with dynoxide.running() as url:
            yield url
    except dynoxide.UnavailableError as error:
        pytest.skip(f"stores are tested against dynoxide: {error}")


@pytest.fixture
def client(engine: str, _no_real_aws: None) -> DynamoDBClient:
    """The client that functions use, pointed at the engine."""
    return _client(engine)


@pytest.fixture
def new_table(client: DynamoDBClient) -> Callable[[str], str]:
    """Creates an empty table of a kind and answers its name."""
    return lambda kind: create_table(client, kind, f"{kind}-{next(_numbers)}")
