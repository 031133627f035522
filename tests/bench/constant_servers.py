"""Constant servers in place of AWS and the carrier: they count, and answer from memory.

There is a near pair that answers at once, and a far one at the distances that are usual. All run
in one process, `python -m tests.bench.constant_servers`, which prints their ports as JSON and stops
when its input ends. Nothing that is asked for changes what they answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tests.bench import sending_world as world

COUNTS = b"GET /counts"
"""The request that gives what was counted since it was last asked, as JSON."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *[^.\r]*\.(\w+)", re.IGNORECASE)
_STATEMENT = re.compile(rb'"Statement": ?"(\w+)')
_PHONE = re.compile(rb"\+1512\d{7}")
_ENTRY = b'"MessageBody"'

AWS_AWAY = 0.005
"""Seconds until DynamoDB or SQS answers from the same region."""

CARRIER_AWAY = 0.12
"""Seconds until the carrier answers."""

Answer = Callable[[bytes, bytes], tuple[int, bytes]]
"""Status and body for a request's head and body."""


class Connection(asyncio.Protocol):
    """One connection of HTTP/1.1, kept open, whose requests all have a length."""

    def __init__(self, answer: Answer, after: float) -> None:
        self._answer = answer
        self._after = after
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        while (end := received.find(b"\r\n\r\n")) >= 0:
            head = received[:end]
            length = _LENGTH.search(head)
            until = end + 4 + (int(length[1]) if length else 0)
            if len(received) < until:
                break
            self._write(*self._answer(head, received[end + 4 : until]))
            received = received[until:]
        self._received = received

    def _write(self, status: int, body: bytes) -> None:
        assert self._transport is not None
        answer = (
            b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )
        if self._after:
            asyncio.get_running_loop().call_later(self._after, self._transport.write, answer)
        else:
            self._transport.write(answer)


class Aws:
    """DynamoDB, SQS and Secrets Manager, as far as sending asks them."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._contacts = {item["phone"]["S"].encode(): _json(item) for item in world.contacts()}
        self._campaigns = {key: _json(item) for key, item in world.campaign_items().items()}
        self._scanned: dict[frozenset[str], bytes] = {}
        self._secret = _json({"SecretString": json.dumps(world.SECRET)})

    def __call__(self, head: bytes, body: bytes) -> tuple[int, bytes]:
        if head.startswith(COUNTS):
            counted, self._counts = self._counts, Counter()
            return 200, _json(counted)
        target = _TARGET.search(head)
        operation = target[1].decode() if target else "unknown"
        self._counts[operation] += 1
        return getattr(self, f"_{operation}", self._nothing)(body)

    def _nothing(self, _body: bytes) -> tuple[int, bytes]:
        return 200, b"{}"

    def _GetSecretValue(self, _body: bytes) -> tuple[int, bytes]:  # noqa: N802  # AWS's own name
        return 200, self._secret

    def _SendMessageBatch(self, body: bytes) -> tuple[int, bytes]:  # noqa: N802  # as above
        count = body.count(_ENTRY)
        self._counts["messages queued"] += count
        return 200, _json({"Successful": [{"Id": str(i)} for i in range(count)], "Failed": []})

    def _GetItem(self, body: bytes) -> tuple[int, bytes]:  # noqa: N802  # as above
        found = [item for key, item in self._campaigns.items() if key in body]
        return 200, b'{"Item":%b}' % found[0] if found else b"{}"

    def _BatchGetItem(self, body: bytes) -> tuple[int, bytes]:  # noqa: N802  # as above
        for table in (world.CONTACTS, world.CAMPAIGNS, world.MESSAGES):
            if b'"%b"' % table.encode() in body:
                break
        if table == world.CONTACTS:
            items = b",".join([self._contacts[phone] for phone in _PHONE.findall(body)])
        elif table == world.CAMPAIGNS:
            items = b",".join(item for key, item in self._campaigns.items() if key in body)
        else:
            items = b""
        return 200, b'{"Responses":{"%b":[%b]},"UnprocessedKeys":{}}' % (table.encode(), items)

    def _BatchExecuteStatement(self, body: bytes) -> tuple[int, bytes]:  # noqa: N802  # as above
        verbs = _STATEMENT.findall(body)
        for verb in verbs:
            self._counts[f"statement {verb.decode()}"] += 1
        table = world.CONTACTS if verbs[0] == b"UPDATE" else world.MESSAGES
        return 200, _json({"Responses": [{"TableName": table}] * len(verbs)})

    def _UpdateItem(self, body: bytes) -> tuple[int, bytes]:  # noqa: N802  # as above
        if b"next_at > :now" in body:
            return 400, b'{"__type":"x#ConditionalCheckFailedException","message":"no"}'
        if b"closed_segments" in body:
            return 200, b'{"Attributes":{"closed_segments":{"SS":["0/2"]}}}'
        return 200, b"{}"

    def _Scan(self, body: bytes) -> tuple[int, bytes]:  # noqa: N802  # as above
        names = frozenset(json.loads(body).get("ExpressionAttributeNames", {}).values())
        if names not in self._scanned:
            items = world.contacts()[: world.SCANNED]
            read = [{n: i[n] for n in i if not names or n in names} for i in items]
            self._scanned[names] = _json({"Items": read, "Count": world.SCANNED})
        return 200, self._scanned[names]


def carrier(_head: bytes, _body: bytes) -> tuple[int, bytes]:
    """A text that was taken."""
    return 201, _TAKEN


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


_TAKEN = _json(world.TAKEN)


async def serve() -> None:
    """Run all until the input ends."""
    loop = asyncio.get_running_loop()
    aws = Aws()
    ports = {
        "aws": await _listen(aws, 0),
        "carrier": await _listen(carrier, 0),
        "far aws": await _listen(aws, AWS_AWAY),
        "far carrier": await _listen(carrier, CARRIER_AWAY),
    }
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


async def _listen(answer: Answer, after: float) -> int:
    """Serve on a free port; which."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(answer, after), "127.0.0.1", 0, backlog=1024
    )
    port: int = server.sockets[0].getsockname()[1]
    return port


if __name__ == "__main__":
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    asyncio.run(serve())
