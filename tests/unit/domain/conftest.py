"""Every test works decent hours out for itself, so that none passes on what another remembered."""

import pytest

from parley import quiet_hours


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    for value in vars(quiet_hours).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()
