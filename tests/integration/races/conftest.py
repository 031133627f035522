"""One engine, one provider and nine processes for all races; tables of its own for each."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from infra.local.home import CREDENTIALS
from parley_aws.dynamo.client import create_client
from tests.integration.races.place import Place
from tests.support import dynoxide
from tests.support.posts import PostRecorder, recording_posts
from tests.support.tables import create_table

ROOT = Path(__file__).parents[3]
RACERS = 8
_numbers = itertools.count(1)


class Process:
    """One racing process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.races.worker"],
            cwd=ROOT,
            env={**os.environ, **CREDENTIALS},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, order: dict[str, Any]) -> None:
        """Give it an order, without waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Wait for its answer to an order."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "a racing process ended; its traceback is above"
        return json.loads(line)

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="session")
def racers() -> Iterator[Sequence[Process]]:
    """Processes that send, warm and waiting."""
    yield from _started(RACERS)


@pytest.fixture(scope="session")
def listener() -> Iterator[Process]:
    """A process that hears STOPs."""
    for (process,) in _started(1):
        yield process


@pytest.fixture(scope="session")
def race_engine() -> Iterator[str]:
    """The address of the engine."""
    try:
        with dynoxide.running() as url:
            yield url
    except dynoxide.UnavailableError as error:
        pytest.skip(f"races are run on dynoxide: {error}")


@pytest.fixture(scope="session")
def _posts() -> Iterator[PostRecorder]:
    with recording_posts() as recorder:
        yield recorder


@pytest.fixture
def posts(_posts: PostRecorder) -> PostRecorder:
    """The provider, which takes everything at once unless it is told otherwise."""
    _posts.reset()
    return _posts


@pytest.fixture
def place(race_engine: str, posts: PostRecorder, _no_real_aws: None) -> Place:
    """A place with empty tables."""
    client = create_client(race_engine)
    suffix = f"race-{next(_numbers)}"
    for kind in ("contacts", "journal", "campaigns", "messages"):
        create_table(client, kind, f"{kind}-{suffix}")
    return Place(engine=race_engine, provider=posts.url, tables=suffix)


def order_of(place: Place, **order: Any) -> dict[str, Any]:
    """An order to be carried out in a place."""
    return {"place": asdict(place), **order}


def _started(count: int) -> Iterator[list[Process]]:
    processes = [Process() for _ in range(count)]
    try:
        assert [process.answer() for process in processes] == ["ready"] * count
        yield processes
    finally:
        for process in processes:
            process.end()
