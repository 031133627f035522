"""Requests that may not take as long as they like."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest

from parley.errors import TransientError
from parley_aws.dynamo.client import StoreError, within


def test_what_comes_in_time_is_given() -> None:
    assert within(timedelta(seconds=5), lambda: "done") == "done"


def test_what_takes_too_long_is_given_up_on() -> None:
    goes_on = Event()
    with pytest.raises(TransientError):
        within(timedelta(milliseconds=20), lambda: goes_on.wait(5))
    goes_on.set()


def test_what_fails_fails_as_it_does() -> None:
    def refused() -> None:
        raise StoreError("refused")

    with pytest.raises(StoreError):
        within(timedelta(seconds=5), refused)
