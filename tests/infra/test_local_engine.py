"""What the launcher of the local engine mends, each against the pinned engine or a stand-in."""

from __future__ import annotations

import asyncio
import io
import json
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from infra.local.engine import __main__ as engine
from infra.local.engine import (
    endpoint,
    roles,
    services,
    shortcuts,
    stopping,
    streams,
    workers,
)
from infra.local.zygote import Zygote

pytestmark = pytest.mark.xdist_group("engine")


def test_it_is_written_for_the_installed_version() -> None:
    assert version("ministack") == engine.ENGINE_VERSION


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (
            "ministack.core.lambda_runtime",
            ("acquire_worker", "release_worker", "invalidate_worker", "subprocess", "Worker"),
        ),
        (
            "ministack.services.lambda_svc",
            (
                *("acquire_worker", "release_worker", "invalidate_worker"),
                *("_poll_dynamodb_streams", "_poll_sqs", "_iter_all_esms", "_esms"),
                *("_dynamodb_stream_positions", "_sqs_esm_concurrency", "executions_in_flight"),
                *("_resolve_layer_zip", "_emit_lambda_logs"),
            ),
        ),
        (
            "ministack.services.dynamodb",
            (
                *("_stream_records", "_stream_trimmed", "get_state", "load_persisted_state"),
                *("stream_start_position", "stream_end_position", "stream_records_since"),
                *("_partiql_insert", "_partiql_update", "_partiql_key_target"),
                *("_emit_stream_event", "_tokenize", "_condition_syntax_error", "_parse_partiql"),
                *("_check_redundant_parens", "_check_reserved_keyword_usage", "copy"),
            ),
        ),
        ("ministack.services._dynamodb_keywords", ("_tokenize",)),
        ("ministack.services.sqs", ("_queues", "load_persisted_state", "_prune_dedup")),
        ("ministack.services.scheduler", ("_SCHEDULE_TICK_INTERVAL",)),
        ("ministack.services.eventbridge", ("_events_log_list",)),
        ("ministack.services.cloudwatch_logs", ("_log_groups",)),
        ("ministack.services.cloudformation.provisioners", ("_cw_metric_alarm_record",)),
        (
            "ministack.core.iam_actions",
            ("dynamodb_transaction_checks", "extract_resource_arn", "extract_iam_action"),
        ),
    ],
)
def test_the_engine_has_what_is_replaced(module: str, names: tuple[str, ...]) -> None:
    script = f"import {module} as m; import sys; sys.exit(not all(hasattr(m, n) for n in {names}))"
    subprocess.run([sys.executable, "-c", script], check=True)


class Pool:
    """Stands in for the engine's worker pool: as many as the bound allows."""

    def __init__(self) -> None:
        self.busy = 0
        self.most = 0
        self.lock = threading.Lock()

    def acquire(
        self,
        name: str,
        config: dict[str, Any],
        code: bytes,
        qualifier: str = "$LATEST",
        max_concurrency: int | None = None,
    ) -> tuple[object | None, str]:
        with self.lock:
            if max_concurrency and self.busy >= max_concurrency:
                return None, "func_cap"
            self.busy += 1
            self.most = max(self.most, self.busy)
            return object(), "spawn"

    def release(self, worker: object) -> None:
        with self.lock:
            self.busy -= 1


@pytest.fixture
def pool() -> Pool:
    return Pool()


def limited(pool: Pool, *, patience: float) -> SimpleNamespace:
    module = SimpleNamespace(
        acquire_worker=pool.acquire,
        release_worker=pool.release,
        invalidate_worker=lambda name: None,
    )
    fed = [("000000000000", "us-east-1", {"FunctionName": "fed"})]
    lambda_svc = SimpleNamespace(_iter_all_esms=lambda: iter(fed))
    workers.limit_workers(module, lambda_svc, limit=2, patience=patience)
    return module


def test_invocations_wait_for_a_free_worker(pool: Pool) -> None:
    module = limited(pool, patience=10)
    done: queue.Queue[str] = queue.Queue()

    def invoke() -> None:
        worker, _reason = module.acquire_worker("f", {}, b"")
        time.sleep(0.02)
        module.release_worker(worker)
        done.put("done")

    threads = [threading.Thread(target=invoke) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert done.qsize() == 10
    assert pool.most == 2


def test_a_function_whose_workers_were_dropped_has_its_places_again(pool: Pool) -> None:
    module = limited(pool, patience=60)
    dropped = [module.acquire_worker("f", {}, b"")[0] for _ in range(2)]
    module.invalidate_worker("f")
    module.release_worker(dropped[0])
    taken: queue.Queue[object] = queue.Queue()

    def take_three() -> None:
        for _ in range(3):
            taken.put(module.acquire_worker("f", {}, b""))

    threading.Thread(target=take_three, daemon=True).start()
    taken.get(timeout=5)
    taken.get(timeout=5)
    with pytest.raises(queue.Empty):
        taken.get(timeout=0.1)


def test_functions_that_wait_for_each_other_go_on_in_the_end(pool: Pool) -> None:
    module = limited(pool, patience=0.05)
    workers = [module.acquire_worker("f", {}, b"") for _ in range(3)]
    assert all(worker is not None for worker, _reason in workers)


def test_what_queues_feed_lets_a_crowd_pass_that_somebody_waits_for(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "LETS_PASS_SECONDS", 30)
    module = limited(pool, patience=0)
    crowd = [module.acquire_worker(f"web-{n}", {}, b"")[0] for n in range(workers.CROWD + 1)]
    taken: queue.Queue[object] = queue.Queue()
    threading.Thread(
        target=lambda: taken.put(module.acquire_worker("fed", {}, b"")[0]), daemon=True
    ).start()
    with pytest.raises(queue.Empty):
        taken.get(timeout=0.1)
    module.release_worker(crowd[0])
    module.release_worker(taken.get(timeout=5))


def test_it_does_so_for_a_while_only(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LETS_PASS_SECONDS", 0.05)
    module = limited(pool, patience=0)
    for _ in range(workers.CROWD + 1):
        module.acquire_worker("web", {}, b"")
    assert module.acquire_worker("fed", {}, b"")[0] is not None


@pytest.mark.parametrize("ended", ["released", "dropped", "refused"])
def test_nobody_waits_any_more_once_an_invocation_has_ended(
    ended: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "LETS_PASS_SECONDS", 30)
    module = limited(pool, patience=0)
    if ended == "refused":
        pool.acquire = lambda *_args, **_options: (None, "func_cap")  # type: ignore[method-assign]
        module = limited(pool, patience=0)
    for _ in range(3 * workers.CROWD):
        worker, _reason = module.acquire_worker("web", {}, b"")
        if ended == "released":
            module.release_worker(worker)
        elif ended == "dropped":
            module.invalidate_worker("web")
    began = time.monotonic()
    module.acquire_worker("fed", {}, b"")
    assert time.monotonic() - began < 10


def test_logs_are_read_without_a_wait_for_more() -> None:
    class Worker:
        def __init__(self) -> None:
            self._stderr_queue: queue.Queue[str] = queue.Queue()

        def _drain_stderr_bounded(self) -> str:
            raise AssertionError("replaced")

    workers.drain_logs_at_once(SimpleNamespace(Worker=Worker))
    worker = Worker()
    started = time.monotonic()
    assert worker._drain_stderr_bounded() == ""
    assert time.monotonic() - started < 0.04
    worker._stderr_queue.put("one")
    worker._stderr_queue.put("two")
    assert worker._drain_stderr_bounded() == "one\ntwo"


def test_fifo_batches_run_at_once() -> None:
    def concurrency(_mapping: Any, _function: Any, _config: Any, queue: Any = None) -> int:
        return 1 if (queue or {}).get("is_fifo") else 7

    module = SimpleNamespace(_sqs_esm_concurrency=concurrency)
    services.run_message_groups_side_by_side(module)
    assert module._sqs_esm_concurrency({}, {}, {}, {"is_fifo": True}) == 7


def test_what_partiql_writes_is_in_the_stream() -> None:
    table: dict[str, Any] = {"TableName": "leads", "items": {}}
    told: list[tuple[Any, ...]] = []

    def insert(table: dict[str, Any], parsed: dict[str, Any]) -> tuple[int, Any, Any]:
        if "anna" in table["items"]:
            return 400, {}, b""
        table["items"]["anna"] = {"": parsed["item"]}
        return 200, {}, b""

    def update(table: dict[str, Any], parsed: dict[str, Any], data: Any) -> tuple[int, Any, Any]:
        if parsed["refused"]:
            return 400, {}, b""
        table["items"]["anna"][""] = parsed["item"]
        return 200, {}, b""

    dynamodb = SimpleNamespace(
        _partiql_insert=insert,
        _partiql_update=update,
        _partiql_key_target=lambda _table, _parsed: ("anna", "", None, None),
        _emit_stream_event=lambda *change: told.append(change),
    )
    streams.stream_partiql_writes(dynamodb)
    first, second = {"score": {"N": "1"}}, {"score": {"N": "2"}}
    dynamodb._partiql_insert(table, {"item": first})
    dynamodb._partiql_insert(table, {"item": first})
    dynamodb._partiql_update(table, {"item": second, "refused": True})
    dynamodb._partiql_update(table, {"item": second, "refused": False})
    assert told == [("leads", "INSERT", None, first), ("leads", "MODIFY", first, second)]


def test_roles_are_asked_for_the_action_of_each_statement() -> None:
    module = SimpleNamespace(dynamodb_transaction_checks=lambda *_: [("kept", "as is")])
    roles.judge_partiql_by_statement(module)
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/contacts"

    def checks(action: str, **request: Any) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = module.dynamodb_transaction_checks(
            f"dynamodb:{action}", json.dumps(request).encode(), "us-east-1", "000000000000"
        )
        return found

    assert checks(
        "BatchExecuteStatement",
        Statements=[
            {"Statement": "INSERT INTO \"contacts\" VALUE {'phone': ?}"},
            {"Statement": 'UPDATE "contacts" SET sending=? WHERE phone=?'},
            {"Statement": 'DELETE FROM "contacts" WHERE phone=?'},
        ],
    ) == [(f"dynamodb:PartiQL{verb}", table) for verb in ("Insert", "Update", "Delete")]
    assert checks("ExecuteStatement", Statement='SELECT * FROM "contacts" WHERE phone=?') == [
        ("dynamodb:PartiQLSelect", table)
    ]
    assert checks("TransactWriteItems") == [("kept", "as is")]


def test_roles_are_asked_for_the_schedule_in_its_group() -> None:
    named = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/one"
    module = SimpleNamespace(extract_resource_arn=lambda *_: named)
    roles.judge_schedules_by_group(module)

    def arn(body: bytes, query: dict[str, Any]) -> str:
        return str(
            module.extract_resource_arn(
                "scheduler", "POST", "", {}, body, query, "region", "account"
            )
        )

    assert arn(b'{"GroupName": "ours"}', {}).endswith("schedule/ours/one")
    assert arn(b"", {"groupName": ["ours"]}).endswith("schedule/ours/one")
    assert arn(b"", {}) == named


@pytest.mark.parametrize(
    ("called", "asked"),
    [
        ("sqs:SendMessageBatch", "sqs:SendMessage"),
        ("sqs:DeleteMessage", "sqs:DeleteMessage"),
        ("dynamodb:BatchGetItem", "dynamodb:BatchGetItem"),
        (None, None),
    ],
)
def test_roles_are_asked_for_one_message_of_a_batch(called: str | None, asked: str | None) -> None:
    module = SimpleNamespace(extract_iam_action=lambda *_: called)
    roles.judge_queue_batches_by_item(module)
    assert module.extract_iam_action() == asked


def test_messages_in_flight_at_a_stop_are_visible_after_it() -> None:
    later = time.time() + 1000
    messages = [
        {"receive_count": 1, "visible_at": later},
        {"receive_count": 0, "visible_at": later},
    ]
    queues = SimpleNamespace(_data={})

    def load(data: dict[str, Any]) -> None:
        queues._data.update(data)

    module = SimpleNamespace(load_persisted_state=load, _queues=queues)
    services.redeliver_after_restart(module)
    module.load_persisted_state({"q": {"messages": messages}})
    assert messages[0]["visible_at"] <= time.time()
    assert messages[1]["visible_at"] == later, "a delayed message stays delayed"


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    started = Zygote()
    yield started
    started.close()


SCRIPT = """
import json, os, sys
print("log line", file=sys.stderr)
for line in sys.stdin:
    said = {"said": line.strip(), "env": os.environ.get("NAME"), "cwd": os.getcwd()}
    print(json.dumps(said | {n: n in sys.modules for n in ("boto3", "parley")}), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_a_forked_worker_is_like_a_process_of_its_own(zygote: Zygote, tmp_path: Path) -> None:
    script = tmp_path / "_worker.py"
    script.write_text(SCRIPT)
    workers = [
        zygote.spawn(str(script), cwd=str(tmp_path), env={"NAME": name}) for name in ("a", "b")
    ]
    for worker, name in zip(workers, ("a", "b"), strict=True):
        assert worker.poll() is None
        worker.stdin.write("hello\n")
        worker.stdin.flush()
        answer = worker.stdout.readline()
        assert '"said": "hello"' in answer
        assert f'"env": "{name}"' in answer
        assert str(tmp_path) in answer
        assert '"boto3": true' in answer
        assert '"parley": false' in answer, "our code comes from the deployed layers only"
        assert worker.stderr.readline() == "log line\n"
    first, second = workers
    first.stdin.close()
    assert first.wait(5) == 0
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(0.05)
    second.terminate()
    assert second.wait(5) == 0
    second._signal(signal.SIGKILL)


def test_workers_share_the_layers_they_have_in_common(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    layers = {"a": _archive("same"), "b": _archive("same"), "c": _archive("other"), "gone": None}
    lambda_svc = SimpleNamespace(_resolve_layer_zip=layers.__getitem__)
    workers.point_to_layers(lambda_svc)
    assert lambda_svc._resolve_layer_zip("gone") is None
    folders = []
    for name in "abc":
        folder = tmp_path / name
        zipfile.ZipFile(io.BytesIO(lambda_svc._resolve_layer_zip(name))).extractall(folder)
        environment = workers.follow_pointers({"_LAMBDA_LAYERS_DIRS": str(folder), "KEPT": "1"})
        assert environment["KEPT"] == "1"
        folders.append(Path(environment["_LAMBDA_LAYERS_DIRS"]))
    first, second, third = folders
    assert first == second != third
    assert (first / "python" / "module.py").read_text() == "same"
    assert (third / "python" / "module.py").read_text() == "other"
    assert len(list(first.parent.iterdir())) == 2


def _archive(content: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as layer:
        layer.writestr("python/module.py", content)
    return archive.getvalue()


def test_a_function_without_layers_has_none() -> None:
    assert workers.follow_pointers({})["_LAMBDA_LAYERS_DIRS"] == ""


def test_the_last_events_of_the_bus_are_kept_only() -> None:
    told: list[int] = []
    eventbridge = SimpleNamespace(_events_log_list=lambda: told)
    services.forget_told_events(eventbridge)
    for number in range(1000):
        eventbridge._events_log_list().append(number)
    assert len(told) == services.TOLD_EVENTS_KEPT + 1
    assert told[-1] == 999


def test_the_logs_of_the_last_invocations_are_kept_only() -> None:
    groups: dict[str, Any] = {"f": {"streams": {}}, "g": {"streams": {}}}

    def emit(function: str, *, stream: int) -> None:
        groups[function]["streams"][stream] = {}

    lambda_svc = SimpleNamespace(_emit_lambda_logs=emit)
    logs = SimpleNamespace(_log_groups=SimpleNamespace(_data=groups))
    services.forget_old_logs(lambda_svc, logs)
    lambda_svc._emit_lambda_logs("g", stream=0)
    for number in range(1000):
        lambda_svc._emit_lambda_logs("f", stream=number)
    assert list(groups["f"]["streams"]) == [*range(1000 - services.LOGGED_INVOCATIONS_KEPT, 1000)]
    assert list(groups["g"]["streams"]) == [0]


def test_alarms_over_expressions_are_taken() -> None:
    stored: list[dict[str, Any]] = []

    def record(_name: str, props: dict[str, Any]) -> dict[str, Any]:
        stored.append(props)
        return props

    provisioners = SimpleNamespace(_cw_metric_alarm_record=record)
    services.take_metric_math(provisioners)
    metric = {"MetricName": "Errors", "Namespace": "AWS/Lambda", "Dimensions": []}
    stat = {"Metric": metric, "Period": 300, "Stat": "Sum"}
    metrics = [{"Id": "e", "Expression": "100 * a / b"}, {"Id": "a", "MetricStat": stat}]
    provisioners._cw_metric_alarm_record("a", {"Threshold": 5, "Metrics": metrics})
    provisioners._cw_metric_alarm_record("b", {"Threshold": 0, "MetricName": "Age"})
    expected = {"Threshold": 5, **metric, "Period": 300, "Statistic": "Sum"}
    assert stored == [expected, {"Threshold": 0, "MetricName": "Age"}]


class Tables:
    """Stands in for the engine's DynamoDB; it waits where it is told to, as a long poll does."""

    async def handle_request(self, *request: Any) -> tuple[int, dict[str, str], str | bytes]:
        _method, _path, headers, body, _query = request
        if not body:
            raise ValueError("no body")
        if body == b"wait":
            await asyncio.sleep(0)
        said = body if headers["x-amz-target"].endswith("Raw") else body.decode()
        return 400 if b"bad" in body else 200, {"x-target": headers["x-amz-target"]}, said


@pytest.fixture
def told() -> list[str]:
    """Whose account and region each request was made in."""
    return []


@pytest.fixture
def quick(told: list[str]) -> Iterator[str]:
    """The address of a quick endpoint to tables."""
    made = endpoint.Endpoint(
        {"DynamoDB_20120810": Tables()},
        router=SimpleNamespace(
            extract_access_key_id=lambda headers: headers["authorization"],
            extract_region=lambda _: "eu-west-1",
        ),
        responses=SimpleNamespace(
            set_request_account_id=told.append, set_request_region=told.append
        ),
    )
    loop = asyncio.new_event_loop()
    url = loop.run_until_complete(made.listen())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield url
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.parametrize(
    ("target", "sent", "expected"),
    [
        ("DynamoDB_20120810.GetItem", b'{"a":1}', (200, b'{"a":1}')),
        ("DynamoDB_20120810.GetRaw", b'{"a":1}', (200, b'{"a":1}')),
        ("DynamoDB_20120810.GetItem", b'"bad"', (400, b'"bad"')),
        ("DynamoDB_20120810.GetItem", b"x" * 300_000, (200, b"x" * 300_000)),
        ("DynamoDB_20120810.GetItem", b"", (500, b"InternalServerError")),
        ("DynamoDB_20120810.GetItem", b"wait", (500, b"does not wait")),
        ("AmazonSQS.SendMessage", b"{}", (500, b"InternalServerError")),
    ],
)
def test_the_quick_endpoint_answers(
    quick: str, told: list[str], target: str, sent: bytes, expected: tuple[int, bytes]
) -> None:
    status, said = expected
    with requests.Session() as session:
        for _ in range(2):
            answer = session.post(
                quick, data=sent, headers={"authorization": "me", "x-amz-target": target}
            )
            assert answer.status_code == status
            assert said in answer.content
            assert answer.headers.get("x-target", target) == target
    assert told == ["me", "eu-west-1"] * 2


def test_the_quick_endpoint_closes_what_is_no_http(quick: str) -> None:
    port = int(quick.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"what is this?\r\n\r\n")
        assert connection.recv(100) == b""


def test_expressions_are_read_once_and_mean_what_they_did() -> None:
    read: list[str] = []
    parsed: list[str] = []

    def tokenize(text: str) -> list[tuple[str, str]]:
        read.append(text)
        return [("IDENT", text)]

    def parse(statement: str, parameters: list[str]) -> dict[str, Any]:
        parsed.append(statement)
        return {"statement": statement, "parameters": parameters}

    dynamodb = SimpleNamespace(
        _tokenize=tokenize,
        _condition_syntax_error=lambda expression, slot: f"{slot} {expression}",
        _check_redundant_parens=lambda tokens, slot="any": f"{slot} {tokens}",
        _check_reserved_keyword_usage=lambda tokens: f"{tokens}",
        _parse_partiql=parse,
    )
    keywords = SimpleNamespace(_tokenize=lambda text: [text])
    shortcuts.remember_expressions(dynamodb, keywords)
    for _ in range(3):
        assert dynamodb._tokenize("a = :a") == [("IDENT", "a = :a")]
    assert read == ["a = :a"]
    assert dynamodb._check_redundant_parens([("A", "a")], "slot") == "slot (('A', 'a'),)"
    assert dynamodb._check_redundant_parens([("A", "b")]) == "any (('A', 'b'),)"
    statement, parameters = "INSERT", ["x"]
    for _ in range(2):
        assert dynamodb._parse_partiql(statement, parameters)["parameters"] is parameters
    assert parsed == ["INSERT"], "as a batch does: once to look at it, once to run it"
    others = ["x"]
    assert dynamodb._parse_partiql(statement, others)["parameters"] is others
    assert dynamodb._parse_partiql(statement, ["y"])["parameters"] == ["y"]
    assert parsed == ["INSERT"] * 3


def test_deduplication_ids_are_gone_through_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    pruned: list[str] = []
    sqs = SimpleNamespace(_prune_dedup=lambda queue: pruned.append(queue["name"]))
    shortcuts.prune_seldom(sqs)
    replies, launches = {"name": "replies"}, {"name": "launches"}
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for moment in (100.0, 100.5, 100.9, 101.0, 101.5):
        now = moment
        sqs._prune_dedup(replies)
    sqs._prune_dedup(launches)
    assert pruned == ["replies", "replies", "launches"]


def test_what_is_there_is_passed_over_by_the_collector() -> None:
    script = (
        "import gc; from infra.local.engine import shortcuts; shortcuts.collect_seldom();"
        "assert gc.get_freeze_count() > 1000; assert gc.isenabled();"
        "assert gc.get_threshold() == shortcuts.COLLECTED_AFTER"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_items_are_copied_through_and_through() -> None:
    dynamodb = SimpleNamespace()
    shortcuts.copy_items_plainly(dynamodb)
    item = {"a": {"L": [{"S": "x"}, {"BOOL": True}]}, "b": {"B": bytearray(b"raw")}, "c": None}
    copied = dynamodb.copy.deepcopy(item)
    assert copied == item
    copied["a"]["L"][0]["S"] = "y"
    copied["b"]["B"].append(1)
    assert item["a"] == {"L": [{"S": "x"}, {"BOOL": True}]}
    assert item["b"] == {"B": bytearray(b"raw")}


def test_queues_are_read_from_ready_to_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker took before a deployment ended it would be hidden for minutes."""
    monkeypatch.setattr(stopping, "ready", threading.Event())
    monkeypatch.setattr(stopping, "stopping", threading.Event())
    polls: list[str] = []

    def poll() -> bool:
        polls.append("poll")
        return True

    service = SimpleNamespace(_poll_sqs=poll)
    stopping.poll_from_ready_to_stopping(service)
    assert not service._poll_sqs()
    stopping.ready.set()
    assert service._poll_sqs()
    stopping.stopping.set()
    assert not service._poll_sqs()
    assert polls == ["poll"]
