"""A local stack of the demo's own, empty at its start and gone at its end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.client import LocalStack

_READY_WITHIN_SECONDS = 150
_STOPPED_WITHIN_SECONDS = 20


@contextmanager
def running_stack() -> Iterator[LocalStack]:
    """Start `make up` in a folder of its own; stop it and remove the folder afterwards.

    Raises RuntimeError with the end of its log when it does not come up.
    """
    home = Path(tempfile.mkdtemp(prefix="parley-demo-"))
    log = home / "stack.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "up"],
            env={**os.environ, "PARLEY_HOME": str(home)},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _await_ready(process, home / "local.json", log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _await_ready(process: subprocess.Popen[bytes], described: Path, log: Path) -> LocalStack:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not described.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise RuntimeError(f"the local stack did not start:\n{tail}")
        time.sleep(0.05)
    return LocalStack.from_file(described)
