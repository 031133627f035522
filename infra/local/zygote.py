"""A process that forks ready-made Lambda workers.

The engine starts one Python process for each concurrent invocation of each function; every one
would import boto3, pydantic and the rest again: half a second and eighty megabytes each. This
process imports them once and forks, so that a worker starts in milliseconds and shares the
imported pages. It imports nothing of ours: a worker reads the deployed code as ever.

Linux only, since descriptors are passed over a SOCK_SEQPACKET socket.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

PRELOADED = (
    "aiohttp",
    "aws_lambda_powertools",
    "aws_lambda_powertools.utilities.batch",
    "boto3",
    "boto3.dynamodb.types",
    "botocore.httpsession",
    "concurrent.futures",
    "email.message",
    "httptools",
    "liquid",
    "phonenumbers",
    "phonenumbers.timezone",
    "pydantic",
    "pydantic.dataclasses",
    "s3transfer",
    "twilio.http.async_http_client",
    "twilio.http.http_client",
    "twilio.request_validator",
    "twilio.rest",
    "twilio.rest.api.v2010.account.message",
    "zoneinfo",
)
SERVICES = ("dynamodb", "events", "s3", "scheduler", "secretsmanager", "sqs")

MESSAGE_BYTES = 200_000
"""More than any worker's environment takes."""


class ForkedWorker:
    """A worker as ``subprocess.Popen`` would present it."""

    def __init__(self, *, pid: int, stdin: int, stdout: int, stderr: int, life: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin: IO[str] = os.fdopen(stdin, "w", buffering=1)
        self.stdout: IO[str] = os.fdopen(stdout)
        self.stderr: IO[str] = os.fdopen(stderr)
        self._life = life
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """None while it lives, else a number."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: it still lives.
        """
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _ended(self, timeout: float | None) -> int | None:
        with self._lock:
            if self.returncode is None and select.select([self._life], [], [], timeout)[0]:
                os.close(self._life)
                self.returncode = 0
            return self.returncode


class Zygote:
    """The engine's side: starts the process and asks it for workers."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel = ours
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.zygote", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def close(self) -> None:
        """End the process; workers end when their own input does."""
        self._channel.close()
        self._process.wait(10)

    def spawn(self, script: str, *, cwd: str, env: Mapping[str, str]) -> ForkedWorker:
        """Fork a worker that runs a script.

        Raises:
            OSError: the process is gone.
        """
        stdin = os.pipe()
        stdout = os.pipe()
        stderr = os.pipe()
        life = os.pipe()
        request = json.dumps({"script": script, "cwd": cwd, "env": dict(env)}).encode()
        given = [stdin[0], stdout[1], stderr[1], life[1]]
        kept = [stdin[1], stdout[0], stderr[0], life[0]]
        try:
            with self._lock:
                socket.send_fds(self._channel, [request], given)
                answer = self._channel.recv(64)
            if not answer:
                raise OSError("the worker process is gone")
        except OSError:
            for descriptor in kept:
                os.close(descriptor)
            raise
        finally:
            for descriptor in given:
                os.close(descriptor)
        return ForkedWorker(
            pid=int(answer), stdin=kept[0], stdout=kept[1], stderr=kept[2], life=kept[3]
        )


def serve(channel: socket.socket) -> None:
    """Fork a worker per request until the engine is gone."""
    _preload()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(channel, MESSAGE_BYTES, 4)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            channel.close()
            _become_worker(json.loads(message), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(str(pid).encode())


def _become_worker(request: dict[str, Any], descriptors: list[int]) -> None:
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for target, source in enumerate(descriptors[:3]):
            os.dup2(source, target)
            os.close(source)
        sys.stdin = os.fdopen(0, closefd=False)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        time.tzset()
        script = request["script"]
        sys.argv = [script]
        sys.path[0] = str(Path(script).parent)
        runpy.run_path(script, run_name="__main__")
        status = 0
    except BaseException as error:  # noqa: BLE001 - a forked process must never return to serve()
        print(f"worker: {error!r}", file=sys.stderr)
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _preload() -> None:
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _share_service_models()


def _share_service_models() -> None:
    """Keep botocore's parsed service models, and which there are, for every session of every
    worker."""
    import boto3
    from botocore.loaders import JSONFileLoader, Loader

    parsed: dict[str, Any] = {}
    original = JSONFileLoader.load_file

    def load_file(self: JSONFileLoader, file_path: str) -> Any:
        if file_path not in parsed:
            parsed[file_path] = original(self, file_path)
        return parsed[file_path]

    listed: dict[str, list[str]] = {}
    list_services = Loader.list_available_services

    def list_available_services(self: Loader, type_name: str) -> list[str]:
        if type_name not in listed:
            listed[type_name] = list_services(self, type_name)
        return listed[type_name]

    JSONFileLoader.load_file = load_file  # type: ignore[method-assign]  # shares what it loads
    Loader.list_available_services = list_available_services  # type: ignore[method-assign]
    session = boto3.Session(
        aws_access_key_id="preload", aws_secret_access_key="preload", region_name="us-east-1"
    )
    for service in SERVICES:
        session.client(service)  # type: ignore[call-overload]  # the name is a variable


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
