"""The ledger, its stream of changes, and the metrics in memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from parley.ids import LEDGER_SHARDS, ledger_shard, send_of_message
from parley.ledger import Message, ResponseKind, merged
from parley.outcome import MessageStatus, Outcome, next_status
from parley_aws.memory.paging import page_of
from parley_aws.ports import LedgerChange, Page


class MemoryLedger:
    """Messages and responses; `changes` is what a stream of them would tell."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._responses: set[tuple[str, ResponseKind, str]] = set()
        self.changes: list[LedgerChange] = []

    def get(self, message_id: str) -> Message | None:
        return self._messages.get(message_id)

    def get_many(self, message_ids: Sequence[str]) -> dict[str, Message]:
        return {id_: self._messages[id_] for id_ in message_ids if id_ in self._messages}

    def entries(
        self,
        send_id: str,
        *,
        status: MessageStatus | None,
        reason: str | None,
        limit: int,
        start_key: str | None,
    ) -> Page[Message]:
        found = [
            message
            for message in self._messages.values()
            if message.send_id == send_id
            and (status is None or message.status is status)
            and (reason is None or message.reason == reason)
        ]
        return page_of(found, limit=limit, start_key=start_key)

    def record(self, messages: Sequence[Message]) -> None:
        for message in messages:
            stored = self._messages.get(message.id)
            self._put(merged(stored, message) if stored else message)

    def report(
        self,
        message_id: str,
        outcome: Outcome,
        *,
        provider_sid: str | None,
        error_code: str | None,
        at: datetime,
    ) -> bool:
        stored = self._messages.get(message_id) or Message(
            id=message_id,
            send_id=send_of_message(message_id),
            phone="",
            status=MessageStatus.PENDING,
            updated_at=at,
        )
        if next_status(_outcome(stored), outcome) != outcome or _outcome(stored) == outcome:
            return False
        self._put(
            replace(
                stored,
                status=outcome.status,
                reason=outcome.reason,
                error_code=error_code,
                provider_sid=stored.provider_sid or provider_sid,
                updated_at=at,
            )
        )
        return True

    def respond(
        self, send_id: str, kind: ResponseKind, *, response_id: str, details: Mapping[str, str]
    ) -> bool:
        if (send_id, kind, response_id) in self._responses:
            return False
        self._responses.add((send_id, kind, response_id))
        shard = hashlib.sha256(response_id.encode()).digest()[0] % LEDGER_SHARDS
        self._tell(send_id, shard, None, {"kind": kind.value, **details})
        return True

    def forget(self, message_ids: Sequence[str]) -> None:
        for message in self.get_many(message_ids).values():
            self._put(replace(message, phone="", body=None))

    def _put(self, message: Message) -> None:
        before = self._messages.get(message.id)
        if message == before:
            return
        self._messages[message.id] = message
        self._tell(message.send_id, ledger_shard(message.id), _image(before), _image(message))

    def _tell(
        self,
        send_id: str,
        shard: int,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> None:
        self.changes.append(
            LedgerChange(
                partition=f"{send_id}#{shard:02d}",
                sequence=f"{len(self.changes) + 1:040d}",
                before=before,
                after=after,
            )
        )


class MemoryMetrics:
    """Sums of what stream records changed, by ledger partition."""

    def __init__(self) -> None:
        self._rows: dict[str, Counter[str]] = {}
        self._marks: dict[str, str] = {}

    def add(self, row: str, changes: Mapping[str, int], *, sequence: str) -> bool:
        if self._marks.get(row, "") >= sequence:
            return False
        self._rows.setdefault(row, Counter()).update(changes)
        self._marks[row] = sequence
        return True

    def mark(self, row: str) -> str | None:
        return self._marks.get(row)

    def of_send(self, send_id: str) -> dict[str, int]:
        total: Counter[str] = Counter()
        for row, sums in self._rows.items():
            if row.rpartition("#")[0] == send_id:
                total.update(sums)
        return dict(total)


def _outcome(message: Message) -> Outcome:
    return Outcome(status=message.status, reason=message.reason)


def _image(message: Message | None) -> dict[str, Any] | None:
    if message is None:
        return None
    return {
        "status": message.status.value,
        "reason": message.reason,
        "error_code": message.error_code,
        "parts": message.parts,
    }
