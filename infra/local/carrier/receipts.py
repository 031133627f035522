"""Status callbacks: their parameters, and the order in which they go out."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass

from infra.local.carrier.records import Message, Status
from infra.local.carrier.webhooks import WebhookClient

_API_VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One status callback that is to be posted to ``url``."""

    sid: str
    url: str
    params: dict[str, str]


def make_receipt(message: Message, *, status: Status, url: str, account_sid: str) -> Receipt:
    """Write the callback that reports ``status`` of ``message``."""
    params = {
        "AccountSid": account_sid,
        "ApiVersion": _API_VERSION,
        "From": message.from_number,
        "MessageSid": message.sid,
        "MessageStatus": status,
        "SmsSid": message.sid,
        "SmsStatus": status,
        "To": message.to_number,
    }
    if message.sender.service_sid is not None:
        params["MessagingServiceSid"] = message.sender.service_sid
    if status in (Status.DELIVERED, Status.UNDELIVERED):
        params["RawDlrDoneDate"] = time.strftime("%y%m%d%H%M", time.gmtime(message.updated_at))
    if status in (Status.FAILED, Status.UNDELIVERED) and message.error_code is not None:
        params["ErrorCode"] = str(message.error_code)
    return Receipt(sid=message.sid, url=url, params=params)


class ReceiptQueue:
    """Posts receipts, so many at a time; those of one message one after the other."""

    def __init__(self, client: WebhookClient, *, concurrency: int) -> None:
        self._client = client
        self._queue: asyncio.Queue[tuple[Receipt, bool]] = asyncio.Queue()
        self._lanes: dict[str, deque[Receipt]] = {}
        self._workers = [asyncio.create_task(self._work()) for _ in range(concurrency)]

    def put(self, receipt: Receipt) -> None:
        """Post ``receipt`` after those of its message that were put before."""
        lane = self._lanes.get(receipt.sid)
        if lane is not None:
            lane.append(receipt)
            return
        self._lanes[receipt.sid] = deque()
        self._queue.put_nowait((receipt, True))

    def put_stray(self, receipt: Receipt) -> None:
        """Post ``receipt`` whenever there is room, in no order."""
        self._queue.put_nowait((receipt, False))

    async def close(self) -> None:
        """Stop posting; what has not been posted is lost, as it would be with the receiver gone."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            receipt, in_order = await self._queue.get()
            await self._client.post(receipt.url, receipt.params)
            if in_order:
                self._advance(receipt.sid)

    def _advance(self, sid: str) -> None:
        lane = self._lanes[sid]
        if lane:
            self._queue.put_nowait((lane.popleft(), True))
        else:
            del self._lanes[sid]
