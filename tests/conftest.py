"""Rules for every test: no real AWS account, and no sockets where the tests are pure."""

from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import disable_socket, enable_socket

from parley_aws import sdk

pytest_plugins = ["tests.support.stack"]

PURE = ("unit", "simulation")
"""Folders of tests/ whose tests may open no socket."""

HERE = Path(__file__).parent

settings.register_profile("parley", deadline=None)  # a loaded machine is slow, not wrong
settings.load_profile("parley")


@pytest.fixture(autouse=True)
def _no_sockets_in_pure_tests(request: pytest.FixtureRequest) -> None:
    folder = request.path.relative_to(HERE).parts[0]
    if folder in PURE:
        disable_socket(allow_unix_socket=True)
    else:
        enable_socket()


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep credentials and profiles of the machine out of the tests."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    sdk.session.cache_clear()
