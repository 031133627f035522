"""The ledger, its stream of changes, and the metrics in memory."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from parley.conversion import OrderLine
from parley.ids import LEDGER_SHARDS, ledger_shard, send_of_message
from parley.ledger import Message, Response, ResponseKind, merged
from parley.metrics import PROBE
from parley.outcome import MessageStatus, Outcome, next_status
from parley.themes import WordTally
from parley_aws.memory.paging import page_of
from parley_aws.ports import LedgerChange, MetricsRow, Page, TallyRow


class MemoryLedger:
    """Messages and responses; `changes` is what a stream of them would tell."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._entries: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.changes: list[LedgerChange] = []

    def get(self, message_id: str) -> Message | None:
        return self._messages.get(message_id)

    def get_many(self, message_ids: Sequence[str]) -> dict[str, Message]:
        return {id_: self._messages[id_] for id_ in message_ids if id_ in self._messages}

    def readable(self, message_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(message_ids) & self._messages.keys()

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

    def respond(self, responses: Sequence[Response]) -> None:
        for each in responses:
            place = _response_place(each.send_id, each.kind, each.id)
            if place not in self._entries:
                self._tell(*place, {"kind": each.kind.value, **each.details})

    def add_orders(self, lines: Sequence[OrderLine]) -> None:
        for line in lines:
            send_id, shard = send_of_message(line.message_id), ledger_shard(line.message_id)
            place = f"{send_id}#{shard:02d}", f"{ResponseKind.CONVERSION}#{line.message_id}"
            stored = self._entries.get(place, {"orders": {}})["orders"]
            if line.order_id not in stored:
                orders = {**stored, line.order_id: dict(line.values)}
                kind = ResponseKind.CONVERSION.value
                self._tell(*place, {"kind": kind, "group": line.group.value, "orders": orders})

    def audit(self, partition: str) -> Iterator[Mapping[str, Any]]:
        for (of, _), entry in list(self._entries.items()):
            if of == partition:
                yield copy.deepcopy(entry)

    def probe(self, partition: str, nonce: str) -> None:
        self._tell(partition, PROBE, {"kind": PROBE, "nonce": nonce})

    def forget(self, message_ids: Sequence[str]) -> None:
        for message in self.get_many(message_ids).values():
            self._put(replace(message, phone="", body=None))

    def forget_replies(self, send_id: str, sids: Sequence[str]) -> None:
        for sid in sids:
            place = _response_place(send_id, ResponseKind.REPLY, sid)
            if place in self._entries:
                entry = self._entries[place]
                self._tell(*place, {n: v for n, v in entry.items() if n not in ("words", "why")})

    def _put(self, message: Message) -> None:
        before = self._messages.get(message.id)
        if message == before:
            return
        self._messages[message.id] = message
        partition = f"{message.send_id}#{ledger_shard(message.id):02d}"
        self._tell(partition, f"message#{message.id}", _image(message))

    def _tell(self, partition: str, key: str, after: Mapping[str, Any]) -> None:
        before = self._entries.get((partition, key))
        self._entries[partition, key] = after
        self.changes.append(
            LedgerChange(
                partition=partition,
                key=key,
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
        self._records: Counter[str] = Counter()
        self._tallies: dict[str, TallyRow] = {}

    def add(
        self,
        row: str,
        changes: Mapping[str, int],
        *,
        sequence: str,
        first: str | None = None,
        records: int = 1,
    ) -> bool:
        if self._marks.get(row, "") >= (first or sequence):
            return False
        self._rows.setdefault(row, Counter()).update(changes)
        self._marks[row] = sequence
        self._records[row] += records
        return True

    def mark(self, row: str) -> str | None:
        return self._marks.get(row)

    def row(self, row: str) -> MetricsRow:
        return MetricsRow(
            sums=dict(self._rows.get(row, {})),
            mark=self._marks.get(row),
            records=self._records[row],
        )

    def replace(self, row: str, sums: Mapping[str, int], *, mark: str) -> bool:
        if self._marks.get(row) != mark:
            return False
        self._rows[row] = Counter(sums)
        self._records[row] = 0
        return True

    def of_sends(self, send_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        return {send_id: self.of_send(send_id) for send_id in send_ids}

    def of_send(self, send_id: str) -> dict[str, int]:
        total: Counter[str] = Counter()
        for row, sums in self._rows.items():
            if row.rpartition("#")[0] == send_id:
                total.update(sums)
        return dict(total)

    def tally(self, row: str) -> TallyRow:
        return self._tallies.get(row, TallyRow(tally=WordTally(), mark=None))

    def put_tally(self, row: str, tally: WordTally, *, mark: str, expected: str | None) -> bool:
        if self.tally(row).mark != expected:
            return False
        self._tallies[row] = TallyRow(tally=tally, mark=mark)
        return True

    def tallies(self, send_id: str) -> list[WordTally]:
        rows = self._tallies.items()
        return [each.tally for row, each in rows if row.rpartition("#")[0] == send_id]


def _response_place(send_id: str, kind: ResponseKind, response_id: str) -> tuple[str, str]:
    shard = hashlib.sha256(response_id.encode()).digest()[0] % LEDGER_SHARDS
    return f"{send_id}#{shard:02d}", f"{kind}#{response_id}"


def _outcome(message: Message) -> Outcome:
    return Outcome(status=message.status, reason=message.reason)


def _image(message: Message) -> dict[str, Any]:
    return {
        "status": message.status.value,
        "reason": message.reason,
        "error_code": message.error_code,
        "parts": message.parts,
        "handed_over_at": _stamp(message.handed_over_at),
        "updated_at": _stamp(message.updated_at),
    }


def _stamp(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
