"""Lambda workers: forked from one process, bounded in number, warm from the start."""

import functools
import hashlib
import io
import os
import queue
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.zygote import Zygote

WORKERS_PER_FUNCTION = int(os.environ.get("PARLEY_LOCAL_WORKERS", "2"))
"""Processes that one function may keep busy; more invocations wait for one of them."""

PATIENCE_SECONDS = 20.0
"""How long an invocation waits for a worker before it gets one beyond the number, so that
functions that wait for each other never stop for good."""

LOG_LINE_SECONDS = 0.0005

BEHIND_THE_WEB = 15
"""How much nicer the workers of queues and streams are than those that somebody waits for."""

CROWD = 3
"""Up to so many invocations that somebody waits for, the rest goes on beside them."""

LETS_PASS_SECONDS = 0.3
"""How long an invocation that nobody waits for stands back while there is a crowd."""

_POINTER = "layer"
_unpacking = threading.Lock()


def fork_workers(
    lambda_runtime: Any, lambda_svc: Any, zygote: Zygote, addresses: Mapping[str, str]
) -> None:
    """Let Python workers be forked from a process that has imported the heavy packages.

    Those that queues and streams feed yield to those behind the HTTP API: on AWS each has a
    processor of its own. `addresses` of services go into the environment of each as they are by
    then.
    """

    class ForkingSubprocess:
        """The subprocess module, but for the start of Python workers."""

        def __getattr__(self, name: str) -> Any:
            return getattr(subprocess, name)

        def Popen(self, args: list[str], **options: Any) -> Any:  # noqa: N802 - subprocess's name
            if args[0] == sys.executable and args[1].endswith("_worker.py"):
                environment = follow_pointers({**options["env"], **addresses})
                worker = zygote.spawn(args[1], cwd=options["cwd"], env=environment)
                if is_fed(lambda_svc, environment["AWS_LAMBDA_FUNCTION_NAME"]):
                    own = os.getpriority(os.PRIO_PROCESS, 0)
                    os.setpriority(os.PRIO_PROCESS, worker.pid, own + BEHIND_THE_WEB)
                return worker
            return subprocess.Popen(args, **options)

    lambda_runtime.subprocess = ForkingSubprocess()
    point_to_layers(lambda_svc)


def point_to_layers(lambda_svc: Any) -> None:
    """Unpack each layer once, into a folder that all workers share.

    As shipped it is unpacked for every worker, which takes half a second, and each of them compiles
    it anew. What is unpacked for them now says only where the layer is.
    """
    resolve = lambda_svc._resolve_layer_zip

    @functools.wraps(resolve)
    def resolve_pointer(attachment: Any) -> bytes | None:
        layer = resolve(attachment)
        return None if layer is None else _pointer_to(_unpacked(layer))

    lambda_svc._resolve_layer_zip = resolve_pointer


def follow_pointers(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a worker with the folders that pointers say in the place of these."""
    folders = environment.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)
    layers = [(Path(folder) / _POINTER).read_text() for folder in folders if folder]
    return {**environment, "_LAMBDA_LAYERS_DIRS": os.pathsep.join(layers)}


def _unpacked(layer: bytes) -> Path:
    target = Path(tempfile.gettempdir()) / "layers" / hashlib.sha256(layer).hexdigest()
    with _unpacking:
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(dir=target.parent))
            zipfile.ZipFile(io.BytesIO(layer)).extractall(unfinished)
            unfinished.rename(target)
    return target


def _pointer_to(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as pointer:
        pointer.writestr(_POINTER, str(folder))
    return archive.getvalue()


def limit_workers(
    lambda_runtime: Any,
    lambda_svc: Any,
    *,
    limit: int = WORKERS_PER_FUNCTION,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Bound the processes of each function: an invocation waits for a free one, in its turn.

    What queues and streams feed lets those pass that somebody waits for.
    """
    acquire = lambda_runtime.acquire_worker
    release = lambda_runtime.release_worker
    invalidate = lambda_runtime.invalidate_worker
    turns: defaultdict[str, Turns] = defaultdict(lambda: Turns(limit))
    awaited = Awaited()
    holders: dict[Any, _Held] = {}

    def end(held: _Held) -> None:
        if held.has_place:
            turns[held.function].give_back()
        if held.is_awaited:
            awaited.leave()

    def give_back(worker: Any) -> None:
        held = holders.pop(worker, None)
        if held is not None:
            end(held)

    @functools.wraps(acquire)
    def patient_acquire(func_name: str, *args: Any, **options: Any) -> tuple[Any, str]:
        is_awaited = not is_fed(lambda_svc, func_name)
        if is_awaited:
            awaited.enter()
        else:
            awaited.let_pass()
        has_place = turns[func_name].take(patience)
        held = _Held(function=func_name, has_place=has_place, is_awaited=is_awaited)
        worker = None
        try:
            worker, reason = acquire(func_name, *args, **options)
        finally:
            if worker is None:
                end(held)
            else:
                holders[worker] = held
        return worker, reason

    @functools.wraps(release)
    def release_permitted(worker: Any) -> None:
        release(worker)
        give_back(worker)

    @functools.wraps(invalidate)
    def invalidate_permitted(func_name: str, *args: Any, **options: Any) -> None:
        invalidate(func_name, *args, **options)
        for worker in [each for each, held in list(holders.items()) if held.function == func_name]:
            give_back(worker)

    for module in (lambda_runtime, lambda_svc):
        module.acquire_worker = patient_acquire
        module.release_worker = release_permitted
        module.invalidate_worker = invalidate_permitted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What an invocation gives back at its end."""

    function: str
    has_place: bool
    is_awaited: bool


class Awaited:
    """The invocations that somebody waits for."""

    def __init__(self) -> None:
        self._number = 0
        self._thinned = threading.Condition()

    def enter(self) -> None:
        """Count one more."""
        with self._thinned:
            self._number += 1

    def leave(self) -> None:
        """Count one less."""
        with self._thinned:
            self._number -= 1
            if self._number <= CROWD:
                self._thinned.notify_all()

    def let_pass(self) -> None:
        """Return once there is no crowd of them, or after a while."""
        with self._thinned:
            self._thinned.wait_for(lambda: self._number <= CROWD, LETS_PASS_SECONDS)


class Turns:
    """A number of places, given in the order in which they were asked for."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    def take(self, patience: float) -> bool:
        """Wait for a place; False where none was free within `patience` seconds."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(patience):
            return True
        with self._lock:
            if turn.is_set():
                return True
            self._waiting.remove(turn)
            return False

    def give_back(self) -> None:
        """Give a place to whoever has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


def is_fed(lambda_svc: Any, function: str) -> bool:
    """Whether a queue or a stream invokes a function."""
    return any(mapping["FunctionName"] == function for *_, mapping in lambda_svc._iter_all_esms())


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


def warm_up(lambda_runtime: Any, lambda_svc: Any) -> None:
    """Start one worker of each function, as provisioned concurrency would, one after another, and
    then as many as may be busy of those that somebody waits for."""

    def start_each() -> None:
        functions = list(lambda_svc._functions._data.values())
        for function in functions:
            start(function, 1)
        for function in functions:
            if not is_fed(lambda_svc, function["config"]["FunctionName"]):
                start(function, WORKERS_PER_FUNCTION)

    def start(function: dict[str, Any], number: int) -> None:
        config = function["config"]
        arguments = (config["FunctionName"], config, function["code_zip"])
        taken = [lambda_runtime.acquire_worker(*arguments)[0] for _ in range(number)]
        for worker in taken:
            try:
                lambda_runtime.ensure_spawned(worker)
            finally:
                lambda_runtime.release_worker(worker)

    threading.Thread(target=start_each, daemon=True, name="warm-up").start()
