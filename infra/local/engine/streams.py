"""DynamoDB streams: a reader for each consumer, every write in them, kept over restarts."""

import copy
import functools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

CONSUMED_RECORDS_KEPT = 1000
"""Stream records kept after every consumer has read them."""

POLLS_APART_SECONDS = 0.25
"""AWS reads a stream's shards four times a second for a function."""


def run_streams_side_by_side(lambda_svc: Any, dynamodb: Any) -> None:
    """Give each stream consumer a thread of its own, in order within the stream.

    As shipped one thread polls every queue and runs every stream handler in turn, so that a slow
    one stops the rest. Read as often as AWS reads, a busy stream comes in batches. Records that
    every consumer has read are dropped; they would be kept for 24 hours.
    """
    poll_streams = lambda_svc._poll_dynamodb_streams
    every_mapping = lambda_svc._iter_all_esms
    mine = threading.local()
    wakes: dict[str, threading.Event] = {}
    positions = threading.RLock()

    def mappings() -> Iterator[tuple[str, str, dict[str, Any]]]:
        only = getattr(mine, "mapping", None)
        for account, region, mapping in every_mapping():
            if only is None or mapping["UUID"] == only:
                yield account, region, mapping

    def consume(identity: str, wake: threading.Event) -> None:
        mine.mapping = identity
        while any(True for _ in mappings()):
            wake.clear()
            polled = time.monotonic()
            found = False
            try:
                found = poll_streams()
                if found:
                    _forget_consumed(lambda_svc, dynamodb, positions)
            except Exception:
                lambda_svc.logger.exception("stream consumer %s", identity)
            if not found:
                wake.wait(1)
            time.sleep(max(0.0, polled + POLLS_APART_SECONDS - time.monotonic()))
        wakes.pop(identity, None)

    def wake_consumers() -> bool:
        for _account, _region, mapping in every_mapping():
            if ":dynamodb:" not in mapping.get("EventSourceArn", ""):
                continue
            identity = mapping["UUID"]
            if identity not in wakes:
                wakes[identity] = threading.Event()
                threading.Thread(
                    target=consume,
                    args=(identity, wakes[identity]),
                    daemon=True,
                    name=f"stream-{identity}",
                ).start()
            wakes[identity].set()
        return False

    def locked(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def wrapper(*args: Any, **options: Any) -> Any:
            with positions:
                return original(*args, **options)

        return wrapper

    for name in ("stream_start_position", "stream_end_position", "stream_records_since"):
        setattr(dynamodb, name, locked(getattr(dynamodb, name)))
    lambda_svc._iter_all_esms = mappings
    lambda_svc._poll_dynamodb_streams = wake_consumers


def _forget_consumed(lambda_svc: Any, dynamodb: Any, positions: threading.RLock) -> None:
    with positions:
        read: dict[tuple[str, str, str], int] = {}
        for scope, mapping in list(lambda_svc._esms._data.items()):
            stream = mapping.get("EventSourceArn", "")
            if ":dynamodb:" in stream:
                table = (*scope[:2], stream.split("/stream/")[0].split("/")[-1])
                position = lambda_svc._dynamodb_stream_positions._data.get(scope, 0)
                read[table] = min(position, read.get(table, position))
        for table, position in read.items():
            records = dynamodb._stream_records._data.get(table)
            trimmed = dynamodb._stream_trimmed._data.get(table, 0)
            surplus = position - trimmed - CONSUMED_RECORDS_KEPT
            if records and surplus > 0:
                del records[:surplus]
                dynamodb._stream_trimmed._data[table] = trimmed + surplus


def keep_streams_over_restarts(dynamodb: Any) -> None:
    """Save stream records with the tables.

    As shipped the read positions are saved and the records are not, so that after a restart
    consumers wait beyond the end of the stream for ever.
    """
    get_state = dynamodb.get_state
    load = dynamodb.load_persisted_state

    @functools.wraps(get_state)
    def with_streams() -> dict[str, Any]:
        return {
            **get_state(),
            "stream_records": copy.deepcopy(dynamodb._stream_records),
            "stream_trimmed": copy.deepcopy(dynamodb._stream_trimmed),
        }

    @functools.wraps(load)
    def load_with_streams(data: dict[str, Any]) -> None:
        load(data)
        dynamodb._stream_records.update(data.get("stream_records", {}))
        dynamodb._stream_trimmed.update(data.get("stream_trimmed", {}))

    dynamodb.get_state = with_streams
    dynamodb.load_persisted_state = load_with_streams


def stream_partiql_writes(dynamodb: Any) -> None:
    """Put what PartiQL inserts and updates into the table's stream; as shipped it stays out."""
    insert, update = dynamodb._partiql_insert, dynamodb._partiql_update

    def stored(table: dict[str, Any], partition: str, sort: str) -> dict[str, Any] | None:
        item: dict[str, Any] | None = table["items"].get(partition, {}).get(sort)
        return item

    @functools.wraps(insert)
    def insert_streamed(table: dict[str, Any], parsed: dict[str, Any]) -> tuple[int, Any, Any]:
        answer: tuple[int, Any, Any] = insert(table, parsed)
        if answer[0] == 200:
            given = parsed["item"]
            item = given["M"] if set(given) == {"M"} else given
            dynamodb._emit_stream_event(table["TableName"], "INSERT", None, copy.deepcopy(item))
        return answer

    @functools.wraps(update)
    def update_streamed(
        table: dict[str, Any], parsed: dict[str, Any], data: dict[str, Any] | None = None
    ) -> tuple[int, Any, Any]:
        partition, sort, _, refused = dynamodb._partiql_key_target(table, parsed)
        before = None if refused else copy.deepcopy(stored(table, partition, sort))
        answer: tuple[int, Any, Any] = update(table, parsed, data)
        if answer[0] == 200:
            after = copy.deepcopy(stored(table, partition, sort))
            dynamodb._emit_stream_event(table["TableName"], "MODIFY", before, after)
        return answer

    dynamodb._partiql_insert, dynamodb._partiql_update = insert_streamed, update_streamed
