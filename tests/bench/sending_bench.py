"""How fast texts are handed over, and at how many writes and requests each.

The real send_messages handler runs on one core against constant servers on another; so does, in
turns with it, a plain loop of SDK calls.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import sending_world as world
from tests.bench.constant_servers import AWS_AWAY, CARRIER_AWAY
from tests.bench.sending_load import RANGES_AT_ONCE
from tests.bench.table import Figure

ROOT = Path(__file__).resolve().parents[2]
_LOST = 1 / 20
"""The share of texts whose receipt speaks against the number, and is queued for that."""

_WRITES = ("UpdateItem", "PutItem", "DeleteItem", "statement INSERT", "statement UPDATE")


def run() -> Iterator[Figure]:
    """Texts a second against a plain loop, writes and SQS requests a text, segment evaluation."""
    with _constant_servers() as ports:
        measured = _measured("near", aws=ports["aws"], carrier=ports["carrier"])
        far = _measured("far", aws=ports["far aws"], carrier=ports["far carrier"])
    ours, plain = measured["rates"]["handler"], measured["rates"]["plain"]
    yield _figure("send_messages", _middle(ours, 0), "texts/s", "2,000")
    yield _figure("plain loop, 8 threads", _middle(plain, 0), "texts/s", "about 525")
    by_turn = [a[0] / b[0] for a, b in zip(ours, plain, strict=True)]
    yield _figure("send_messages to plain loop", median(by_turn), "times", "over 3")
    # Other programs on the machine take time from both, but none of their processor time.
    yield _figure("send_messages, of its own time", _middle(ours, 1), "texts/s")
    yield _figure("plain loop, of its own time", _middle(plain, 1), "texts/s")
    distances = f"AWS {AWS_AWAY * 1000:.0f}, carrier {CARRIER_AWAY * 1000:.0f} ms away"
    yield _figure(f"send_messages, {distances}", _middle(far["rates"], 0), "texts/s")
    yield from _cost(measured["counts"])
    segment = measured["segment"]
    yield _figure("scan, decode, segment", _middle(segment, 0), "contacts/s", "50,000")
    yield _figure("the same, of its own time", _middle(segment, 1), "contacts/s")


@contextmanager
def _constant_servers() -> Iterator[dict[str, int]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.constant_servers"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as servers:
        assert servers.stdout is not None
        try:
            yield json.loads(servers.stdout.readline())
        finally:
            servers.terminate()


def _measured(distance: str, *, aws: int, carrier: int) -> Any:
    """What a process of its own measures against the servers at these ports."""
    environment = world.environment(
        aws_url=f"http://127.0.0.1:{aws}", carrier_url=f"http://127.0.0.1:{carrier}"
    )
    with tempfile.NamedTemporaryFile() as result:
        subprocess.run(
            [sys.executable, "-m", "tests.bench.sending_load", distance, result.name],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return json.loads(Path(result.name).read_text())


def _cost(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Figure]:
    """Writes and SQS requests a text, as the servers counted them.

    Lambda's own requests of SQS are no function's: one receive and one delete an invocation, of
    full batches on the way out, of one receipt at a time on the way in.
    """
    texts = counts["send"]["texts"]
    writes = sum(counts[part].get(name, 0) for part in ("send", "delivered") for name in _WRITES)
    yield _figure("writes per delivered text", writes / texts, "writes", "3")
    ranges = counts["resolve"]["messages queued"]
    sent = counts["resolve"]["SendMessageBatch"] + 2 * (1 + ranges / RANGES_AT_ONCE)
    yield _figure("SQS requests per text handed over", sent / texts, "requests")
    heard = {
        kind: counts[kind].get("SendMessageBatch", 0) + 2 * counts[kind].get("messages queued", 0)
        for kind in ("delivered", "lost")
    }
    yield _figure("SQS requests per receipt: delivered", heard["delivered"] / texts, "requests")
    yield _figure("SQS requests per receipt: against a number", heard["lost"] / texts, "requests")
    both = sent + (1 - _LOST) * heard["delivered"] + _LOST * heard["lost"]
    name = "SQS requests per text and its receipt, 1 in 20 lost"
    yield _figure(name, both / texts, "requests", "under 0.35")


def _middle(rates: Sequence[Sequence[float]], kind: int) -> float:
    return median(rate[kind] for rate in rates)


def _figure(name: str, value: float, unit: str, aim: str = "") -> Figure:
    return Figure(bench="sending", name=name, value=value, unit=unit, aim=aim)
