"""Fixtures: a fresh simulator and a fresh receiver for each test.

A test module asks for them with ``pytest_plugins = ["tests.support.carrier_fixtures"]``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.carrier import Carrier, running_carrier
from tests.support.receiver import Receiver, running_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A web server that records webhooks."""
    with running_receiver() as running:
        yield running


@pytest.fixture
def carrier(receiver: Receiver) -> Iterator[Carrier]:
    """A simulator that posts inbound texts to the receiver and delivers in 20 ms."""
    with running_carrier(inbound_url=f"{receiver.url}/inbound?tenant=a%20b") as running:
        running.behavior(delivery_delay_ms=20)
        yield running
