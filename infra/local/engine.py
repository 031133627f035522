"""Starts ministack with its shortfalls worked around: ``python -m infra.local.engine``.

ministack runs the very template that goes to AWS. Where it differs from AWS in a way that
would change what is shown or measured here, it is mended in this module and only here, by
replacing named functions of the pinned version; docs/local-engine.md lists each difference.
The environment configures it: GATEWAY_PORT, BIND_HOST, PERSIST_STATE, STATE_DIR and so on.
"""

import copy
import functools
import hashlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from infra.local.zygote import Zygote

ENGINE_VERSION = "1.5.33"

WORKERS_PER_FUNCTION = int(os.environ.get("PARLEY_LOCAL_WORKERS", "2"))
"""Processes that one function may keep busy; more invocations wait for one of them."""

PATIENCE_SECONDS = 20.0
"""How long an invocation waits for a worker before it gets one beyond the number, so that
functions that wait for each other never stop for good."""

DRAIN_SECONDS = 15.0
"""How long a stop waits for work in progress."""

LOG_LINE_SECONDS = 0.002

CONSUMED_RECORDS_KEPT = 1000
"""Stream records kept after every consumer has read them."""

TOLD_EVENTS_KEPT = 100
"""Events of the bus kept after they were passed on; nothing reads them."""

PARTIQL = re.compile(
    r'^\s*(INSERT INTO|UPDATE|DELETE FROM|SELECT\b.*?\bFROM)\s+"([^"]+)"', re.IGNORECASE | re.DOTALL
)

stopping = threading.Event()
sharing = threading.Lock()


def main() -> None:
    """Serve until SIGTERM; SIGUSR1 finishes the work in progress first, SIGUSR2 warms up."""
    if version("ministack") != ENGINE_VERSION:
        raise SystemExit(f"infra/local/engine.py is written for ministack {ENGINE_VERSION}")
    zygote = Zygote() if sys.platform == "linux" else None
    from ministack import app
    from ministack.core import iam_actions, lambda_runtime
    from ministack.services import dynamodb, eventbridge, lambda_svc, scheduler, sqs
    from ministack.services.cloudformation import provisioners

    if zygote is not None:
        fork_workers(lambda_runtime, zygote)
    limit_workers(lambda_runtime, lambda_svc)
    drain_logs_at_once(lambda_runtime)
    run_streams_side_by_side(lambda_svc, dynamodb)
    run_message_groups_side_by_side(lambda_svc)
    keep_streams_over_restarts(dynamodb)
    stream_partiql_writes(dynamodb)
    redeliver_after_restart(sqs)
    forget_told_events(eventbridge)
    take_metric_math(provisioners)
    scheduler._SCHEDULE_TICK_INTERVAL = 1
    judge_partiql_by_statement(iam_actions)
    judge_schedules_by_group(iam_actions)
    judge_queue_batches_by_item(iam_actions)
    stop_polling_when_stopping(lambda_svc)
    signal.signal(signal.SIGUSR1, lambda *_: _drain_then_stop(lambda_svc, dynamodb))
    signal.signal(signal.SIGUSR2, lambda *_: _warm_up(lambda_runtime, lambda_svc))
    app.main()


def fork_workers(lambda_runtime: Any, zygote: Zygote) -> None:
    """Let Python workers be forked from a process that has imported the heavy packages."""

    class ForkingSubprocess:
        """The subprocess module, but for the start of Python workers."""

        def __getattr__(self, name: str) -> Any:
            return getattr(subprocess, name)

        def Popen(self, args: list[str], **options: Any) -> Any:  # noqa: N802 - subprocess's name
            if args[0] == sys.executable and args[1].endswith("_worker.py"):
                environment = share_layers(options["env"])
                return zygote.spawn(args[1], cwd=options["cwd"], env=environment)
            return subprocess.Popen(args, **options)

    lambda_runtime.subprocess = ForkingSubprocess()


def share_layers(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with each layer's folder replaced by one that all workers share.

    ministack unpacks every layer anew for every worker, next to its archive; shared, a module is
    compiled by the first worker that imports it only.
    """
    folders = environment.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)
    shared = os.pathsep.join(_shared(Path(folder)) for folder in folders if folder)
    return {**environment, "_LAMBDA_LAYERS_DIRS": shared}


def _shared(folder: Path) -> str:
    content = hashlib.sha256(folder.with_suffix(".zip").read_bytes()).hexdigest()
    target = Path(tempfile.gettempdir()) / "layers" / content
    with sharing:
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            folder.rename(target)
    return str(target)


def limit_workers(
    lambda_runtime: Any,
    lambda_svc: Any,
    *,
    limit: int = WORKERS_PER_FUNCTION,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Bound the processes of each function: an invocation waits for a free one."""
    acquire = lambda_runtime.acquire_worker
    release = lambda_runtime.release_worker
    invalidate = lambda_runtime.invalidate_worker
    freed = threading.Condition()

    @functools.wraps(acquire)
    def patient_acquire(
        func_name: str,
        config: dict[str, Any],
        code_zip: bytes,
        qualifier: str = "$LATEST",
        max_concurrency: int | None = None,
    ) -> tuple[Any, str]:
        bound = max_concurrency or limit
        deadline = time.monotonic() + patience
        with freed:
            while True:
                worker, reason = acquire(func_name, config, code_zip, qualifier, bound)
                left = deadline - time.monotonic()
                if worker is not None:
                    return worker, reason
                if left <= 0:
                    break
                freed.wait(left)
        taken: tuple[Any, str] = acquire(func_name, config, code_zip, qualifier)
        return taken

    def notifying(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def wrapper(*args: Any, **options: Any) -> Any:
            try:
                return original(*args, **options)
            finally:
                with freed:
                    freed.notify_all()

        return wrapper

    for module in (lambda_runtime, lambda_svc):
        module.acquire_worker = patient_acquire
        module.release_worker = notifying(release)
        module.invalidate_worker = notifying(invalidate)


def drain_logs_at_once(lambda_runtime: Any) -> None:
    """Read what a handler logged without waiting 50 ms for a line that never comes."""

    def drain(worker: Any, *_args: Any, **_options: Any) -> str:
        lines = []
        try:
            while True:
                lines.append(worker._stderr_queue.get(timeout=LOG_LINE_SECONDS))
        except queue.Empty:
            return "\n".join(lines)

    lambda_runtime.Worker._drain_stderr_bounded = drain


def run_streams_side_by_side(lambda_svc: Any, dynamodb: Any) -> None:
    """Give each stream consumer a thread of its own, in order within the stream.

    As shipped one thread polls every queue and runs every stream handler in turn, so that a slow
    one stops the rest. Records that every consumer has read are dropped; they would be kept for
    24 hours.
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
            try:
                while poll_streams():
                    _forget_consumed(lambda_svc, dynamodb, positions)
            except Exception:
                lambda_svc.logger.exception("stream consumer %s", identity)
            wake.wait(1)
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


def run_message_groups_side_by_side(lambda_svc: Any) -> None:
    """Run batches of a FIFO queue at once, as AWS does.

    The queue itself withholds a group that has a message in flight, which keeps the order.
    """
    concurrency = lambda_svc._sqs_esm_concurrency

    @functools.wraps(concurrency)
    def any_queue(
        mapping: dict[str, Any],
        function: dict[str, Any],
        config: dict[str, Any],
        _queue: dict[str, Any] | None = None,
    ) -> int:
        allowed: int = concurrency(mapping, function, config, None)
        return allowed

    lambda_svc._sqs_esm_concurrency = any_queue


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


def redeliver_after_restart(sqs: Any) -> None:
    """Make messages visible whose consumers ended with the engine, instead of hiding them for
    the rest of their visibility timeout."""
    load = sqs.load_persisted_state

    @functools.wraps(load)
    def load_visible(data: dict[str, Any]) -> None:
        load(data)
        now = time.time()
        for queue_state in sqs._queues._data.values():
            for message in queue_state["messages"]:
                if message.get("receive_count"):
                    message["visible_at"] = min(message["visible_at"], now)

    sqs.load_persisted_state = load_visible


def forget_told_events(eventbridge: Any) -> None:
    """Keep the last events of the bus only; as shipped all stay in memory."""
    told = eventbridge._events_log_list

    @functools.wraps(told)
    def lately() -> list[Any]:
        events: list[Any] = told()
        del events[:-TOLD_EVENTS_KEPT]
        return events

    eventbridge._events_log_list = lately


def take_metric_math(provisioners: Any) -> None:
    """Take alarms over an expression, stored by the first metric in it; as shipped they are
    refused. No alarm ever rings here."""
    record = provisioners._cw_metric_alarm_record

    @functools.wraps(record)
    def with_expressions(name: str, props: dict[str, Any]) -> dict[str, Any]:
        metrics = props.get("Metrics")
        if metrics:
            first = next(each["MetricStat"] for each in metrics if "MetricStat" in each)
            simple = {key: value for key, value in props.items() if key != "Metrics"}
            metric = first["Metric"]
            period, statistic = first["Period"], first["Stat"]
            props = {**simple, **metric, "Period": period, "Statistic": statistic}
        stored: dict[str, Any] = record(name, props)
        return stored

    provisioners._cw_metric_alarm_record = with_expressions


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


def judge_partiql_by_statement(iam_actions: Any) -> None:
    """Where roles are enforced, ask for the action of each PartiQL statement on its table.

    AWS knows no action for a batch of statements; as shipped one by that name is asked for.
    """
    checks = iam_actions.dynamodb_transaction_checks

    @functools.wraps(checks)
    def with_statements(
        iam_action: str, body: bytes, region: str, account_id: str
    ) -> list[tuple[str, str]]:
        if iam_action not in {"dynamodb:ExecuteStatement", "dynamodb:BatchExecuteStatement"}:
            found: list[tuple[str, str]] = checks(iam_action, body, region, account_id)
            return found
        request = json.loads(body)
        return [
            (
                f"dynamodb:PartiQL{verb.split()[0].capitalize()}",
                f"arn:aws:dynamodb:{region}:{account_id}:table/{table}",
            )
            for each in request.get("Statements", [request])
            for verb, table in PARTIQL.findall(each["Statement"])
        ]

    iam_actions.dynamodb_transaction_checks = with_statements


def judge_schedules_by_group(iam_actions: Any) -> None:
    """Where roles are enforced, name a schedule by its own group, not by the default one."""
    extract = iam_actions.extract_resource_arn

    @functools.wraps(extract)
    def with_group(service: str, *request: Any) -> str:
        arn: str = extract(service, *request)
        if service != "scheduler" or ":schedule/default/" not in arn:
            return arn
        _method, _path, _headers, body, query_params, *_scope = request
        asked = query_params.get("groupName") or json.loads(body or b"{}").get("GroupName")
        group = asked[0] if isinstance(asked, list) else asked
        return arn.replace(":schedule/default/", f":schedule/{group or 'default'}/")

    iam_actions.extract_resource_arn = with_group


def judge_queue_batches_by_item(iam_actions: Any) -> None:
    """Where roles are enforced, ask for sqs:SendMessage when a batch is sent, as AWS does."""
    extract = iam_actions.extract_iam_action

    @functools.wraps(extract)
    def without_batch(*request: Any) -> str | None:
        action: str | None = extract(*request)
        return action.removesuffix("Batch") if action and action.startswith("sqs:") else action

    iam_actions.extract_iam_action = without_batch


def stop_polling_when_stopping(lambda_svc: Any) -> None:
    """Take no new messages once the engine is stopping; they stay in their queues."""
    poll = lambda_svc._poll_sqs

    @functools.wraps(poll)
    def unless_stopping() -> bool:
        return False if stopping.is_set() else bool(poll())

    lambda_svc._poll_sqs = unless_stopping


def _drain_then_stop(lambda_svc: Any, dynamodb: Any) -> None:
    """Let invocations and streams finish, then stop, which saves the state."""
    stopping.set()

    def drain() -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline and not _idle(lambda_svc, dynamodb):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=drain, daemon=True, name="drain").start()


def _warm_up(lambda_runtime: Any, lambda_svc: Any) -> None:
    """Start one worker of each function, as provisioned concurrency would, one after another."""

    def start_each() -> None:
        for function in list(lambda_svc._functions._data.values()):
            config = function["config"]
            arguments = (config["FunctionName"], config, function["code_zip"])
            worker, _ = lambda_runtime.acquire_worker(*arguments)
            try:
                lambda_runtime.ensure_spawned(worker)
            finally:
                lambda_runtime.release_worker(worker)

    threading.Thread(target=start_each, daemon=True, name="warm-up").start()


def _idle(lambda_svc: Any, dynamodb: Any) -> bool:
    running, _each = lambda_svc.executions_in_flight()
    if running:
        return False
    for scope, mapping in list(lambda_svc._esms._data.items()):
        stream = mapping.get("EventSourceArn", "")
        if ":dynamodb:" in stream:
            account, region, _identity = scope
            table = stream.split("/stream/")[0].split("/")[-1]
            end = dynamodb.stream_end_position(table, account_id=account, region=region)
            if lambda_svc._dynamodb_stream_positions._data.get(scope, 0) < end:
                return False
    return True


if __name__ == "__main__":
    main()
