"""The deployed stack for e2e tests: one for the whole run, whatever the number of workers.

The worker that first asks for it starts ``python -m infra.local up`` in a folder of its own; the
others wait for it. The process that coordinates the run stops it at the end, and the stack stops
by itself should that process be gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local.client import Connections
from infra.local.home import IAM_SWITCH, ROOT, Home

RUN_FOLDER = "PARLEY_TEST_RUN"
COORDINATOR = "PARLEY_TEST_COORDINATOR"
READY_SECONDS = 120
KEPT_LOGS = ROOT / ".parley" / "test-logs"
"""Logs of the last run's engine and carrier."""


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of the run, before workers inherit the environment."""
    if not hasattr(config, "workerinput"):
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="parley-test-")
        os.environ[COORDINATOR] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the stack, if any test asked for it."""
    if not hasattr(config, "workerinput") and RUN_FOLDER in os.environ:
        home = Home(Path(os.environ.pop(RUN_FOLDER)))
        home.stop()
        if home.logs.exists():
            shutil.rmtree(KEPT_LOGS, ignore_errors=True)
            shutil.copytree(home.logs, KEPT_LOGS)
        shutil.rmtree(home.path)


@pytest.fixture(scope="session")
def stack_home() -> Path:
    """The folder of the running stack: local.json, logs/, state/."""
    folder = Path(os.environ[RUN_FOLDER])
    with _alone(folder / "starting"):
        described = folder / "local.json"
        if not described.exists():
            _start(folder, described)
    return folder


@pytest.fixture(scope="session")
def stack(stack_home: Path) -> Connections:
    """The running stack: addresses and keys, and clients with them."""
    return Connections.of(json.loads((stack_home / "local.json").read_text()))


def _start(folder: Path, described: Path) -> None:
    log = folder / "up.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "up"],
            cwd=ROOT,
            env={
                **os.environ,
                "PARLEY_HOME": str(folder),
                IAM_SWITCH: "1",  # a function that lacks a grant fails here, not on AWS
                "PARLEY_PARENT": os.environ[COORDINATOR],
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + READY_SECONDS
    while not described.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the local stack did not start:\n{log.read_text()}")
        time.sleep(0.05)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold a lock that the other workers wait for."""
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
