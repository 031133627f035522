"""How fast and how large the whole product is on one machine, through HTTP and the carrier only."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from infra.local.client import Client, Connections, import_csv
from infra.local.home import Home
from infra.local.stack import running
from tests.bench.table import Figure, percentile

PEOPLE = 1000
REPLIES = 100
AT_ONCE = 20
QUIET_SECONDS = 1
WITHIN_SECONDS = 120
SERVICE = "MG" + "7" * 32
PROGRAM = "bench"


def run() -> Iterator[Figure]:
    """Ready time, API call to first text, 1,000 texts settled, reply to lead, webhook, memory."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        began = time.perf_counter()
        with running(Home(Path(folder))) as description:
            yield _figure("stack ready", time.perf_counter() - began, "s", "under 15")
            stack = Connections.of(description)
            _prepare(stack)
            yield from _thousand(stack)
            yield from _replies(stack)
            yield _figure("memory of stack and simulator", _memory_mib(), "MiB", "under 1024")


def _prepare(stack: Connections) -> None:
    stack.client("admin").put(
        f"/programs/{PROGRAM}",
        {
            "brand": "Acme",
            "sender": {"messaging_service_sid": SERVICE},
            "quiet_hours": {"policy": "none"},
            "messages_per_second": 1000,
        },
    )
    rows = "\n".join(f"{_phone(n)},Ann {n}" for n in range(PEOPLE))
    marketer = stack.client("marketer")
    import_id = import_csv(
        marketer,
        f"phone,first_name\n{rows}\n".encode(),
        kind="contacts",
        program=PROGRAM,
        lists=["bench"],
        consent={"source": "bench", "obtained_at": "2026-01-01T00:00:00Z"},
    )
    _await(lambda: marketer.get(f"/imports/{import_id}")["status"] == "completed")


def _thousand(stack: Connections) -> Iterator[Figure]:
    marketer = stack.client("marketer")
    campaign = marketer.post(
        "/campaigns",
        {
            "name": "Bench",
            "program": PROGRAM,
            "body": "Hi {{ contact.first_name }}! Acme: 2 for 1. Reply STOP to opt out",
            "segment": {"list": "bench"},
        },
    )
    began = time.time()
    send = marketer.post(f"/campaigns/{campaign['id']}/sends", {}, idempotency_key=uuid4().hex)
    _await(
        lambda: stack.carrier.get("/simulator/messages", to=_phone(0))["messages"] or _any(stack)
    )
    yield _figure("API call to first text", time.time() - began, "s", "under 2")
    seen = _seen_delivered(marketer, send["id"])
    yield _figure(f"{PEOPLE:,} texted and settled", time.time() - began, "s", "under 60")
    reported = sorted(
        datetime.fromisoformat(message["updated_at"]).timestamp()
        for message in marketer.pages(f"/sends/{send['id']}/messages", "messages", limit=500)
    )
    late = [at - outcome for at, outcome in zip(seen, reported, strict=True)]
    yield _figure("outcome to metrics, p95", percentile(late, 0.95), "s", "under 2")
    waits = [taken - began for taken in _taken_at(stack)]
    yield _figure("API call to hand-over, p50", percentile(waits, 0.5), "s")
    yield _figure("API call to hand-over, p99", percentile(waits, 0.99), "s")


def _seen_delivered(marketer: Client, send_id: str) -> list[float]:
    """When the send's counts, asked for all the time, first showed each delivery."""
    seen: list[float] = []

    def look() -> bool:
        delivered = marketer.get(f"/sends/{send_id}")["counts"]["delivered"]
        seen.extend([time.time()] * (delivered - len(seen)))
        return len(seen) == PEOPLE

    _await(look, 0.05)
    return seen


def _taken_at(stack: Connections) -> list[float]:
    """When the carrier took each text, in seconds since 1970."""
    texts = stack.carrier.get("/simulator/messages", direction="outbound-api")["messages"]
    return [datetime.fromisoformat(text["created_at"]).timestamp() for text in texts]


def _any(stack: Connections) -> bool:
    return bool(stack.carrier.get("/simulator/messages", direction="outbound-api")["messages"])


def _replies(stack: Connections) -> Iterator[Figure]:
    """Handsets that text at once and again after a quiet moment; then as fast as they can."""
    at_once = _Replies(stack)
    for first in range(0, REPLIES, AT_ONCE):
        at_once.text([[number] for number in range(first, first + AT_ONCE)])
        time.sleep(QUIET_SECONDS)
    yield from at_once.figures(f"{AT_ONCE} at once")
    without_pause = _Replies(stack)
    end = 2 * REPLIES
    without_pause.text([range(REPLIES + n, end, AT_ONCE) for n in range(AT_ONCE)])
    yield from without_pause.figures(f"{AT_ONCE} without a pause")


class _Replies:
    """Replies of handsets, and when their leads show to a reader who asks ten times a second.

    What measures takes its share of the two processors and of the time that is measured: so the
    reader does not ask more often, and a handset is no more than a connection.
    """

    def __init__(self, stack: Connections) -> None:
        carrier = urlsplit(stack.carrier_url).netloc
        self._handsets = [HTTPConnection(carrier, timeout=60) for _ in range(AT_ONCE)]
        self._sales = stack.client("sales")
        self._said: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._answered: list[float] = []

    def text(self, numbers: Sequence[Sequence[int]]) -> None:
        """Text from some numbers on each handset; back when all of their leads were seen."""
        with ThreadPoolExecutor(AT_ONCE + 1) as threads:
            reading = threads.submit(self._read, sum(map(len, numbers)) + len(self._said))
            list(threads.map(self._reply, self._handsets, numbers))
            reading.result()

    def figures(self, how: str) -> Iterator[Figure]:
        """How long replies took to be answered and to show as leads."""
        waits = [self._seen[phone] - self._said[phone] for phone in self._said]
        answered = percentile(self._answered, 0.95)
        yield _figure(f"reply to lead, {how}, p50", percentile(waits, 0.5), "s")
        yield _figure(f"reply to lead, {how}, p99", percentile(waits, 0.99), "s", "under 1")
        yield _figure(f"inbound webhook, {how}, p95", answered, "s", "under 0.1")

    def _reply(self, handset: HTTPConnection, numbers: Sequence[int]) -> None:
        for phone in map(_phone, numbers):
            text = json.dumps({"from": phone, "to": SERVICE, "body": "Yes! what time?"})
            self._said[phone] = began = time.perf_counter()
            handset.request("POST", "/simulator/inbound", text)
            answer = json.loads(handset.getresponse().read())
            self._answered.append(time.perf_counter() - began)
            if answer["webhook_status"] != HTTPStatus.OK:
                raise RuntimeError(f"a reply was not heard: {answer}")

    def _read(self, expected: int) -> None:
        def all_are_there() -> bool:
            leads = self._sales.get("/leads", program=PROGRAM, limit=500)["leads"]
            now = time.perf_counter()
            for lead in leads:
                self._seen.setdefault(lead["phone"], now)
            return len(self._seen.keys() & self._said.keys()) == expected

        _await(all_are_there, 0.1)


def _await(check: Any, step: float = 0.02) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError("the bench's stack did not get there in time")
        time.sleep(step)


def _memory_mib() -> float:
    """The proportional set size of every process that this one started, directly or not."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    total, todo = 0, list(children.get(os.getpid(), []))
    while todo:
        pid = todo.pop()
        todo += children.get(pid, [])
        total += _pss_kib(pid)
    return total / 1024


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _phone(number: int) -> str:
    return f"+1512{200 + number // 100:03d}{1000 + number:04d}"


def _figure(name: str, value: float, unit: str, aim: str = "") -> Figure:
    return Figure(bench="local stack", name=name, value=value, unit=unit, aim=aim)
