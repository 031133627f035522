"""``python -m infra.local up|down|reset|redrive|recount``."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from types import FrameType

from infra.local.home import Home, LocalStackError
from infra.local.stack import StackRunner, command_environment


class _StopRequestedError(Exception):
    """A signal asked the stack to end."""


def main() -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="run the stack in the foreground until Ctrl-C")
    commands.add_parser("down", help="stop the stack that runs elsewhere")
    commands.add_parser("reset", help="clear its state, keys and ports")
    again = commands.add_parser("redrive", help="put the dead letters of a queue back on it")
    again.add_argument("queue", help="such as sends")
    recount = commands.add_parser("recount", help="recount metrics from the ledger")
    recount.add_argument("arguments", nargs="*", help="such as --send snd_…, after a --")
    options = parser.parse_args()
    command = options.command
    home = Home.from_environment()
    try:
        if command == "up":
            return _up(home)
        if command == "down":
            print("stopped" if home.stop() else "no stack is running")
            return 0
        if command == "redrive":
            return _run(home, "redrive", "--queue", options.queue)
        if command == "recount":
            return _run(home, "recount", *options.arguments)
        home.clear()
    except LocalStackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("cleared")
    return 0


def _up(home: Home) -> int:
    signal.signal(signal.SIGTERM, _request_stop)
    signal.signal(signal.SIGINT, _request_stop)
    stack = StackRunner(home)
    started = time.monotonic()
    try:
        description = stack.start()
        seconds = time.monotonic() - started
        print(f"ready in {seconds:.1f} s: {description['api_url']}")
        print(f"a page to try every route: {description['api_url']}/docs")
        print(f"keys and addresses: {home.description}; Ctrl-C ends it, make down too", flush=True)
        while (ended := stack.failed()) is None and _parent_lives():
            time.sleep(0.5)
    except _StopRequestedError:
        print("stopping", flush=True)
        return 0
    else:
        if ended is None:
            return 0
        print(f"error: {ended} ended by itself; see {home.logs}", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stack.stop()


def _run(home: Home, *arguments: str) -> int:
    """Run the product's own command in the stack's environment."""
    if not home.description.exists():
        raise LocalStackError("no stack is running; start it first (make up)")
    described = json.loads(home.description.read_text())
    return subprocess.run(
        [sys.executable, "-m", "parley_aws.cli", *arguments],
        env=command_environment(described["outputs"], described["aws_endpoint_url"]),
        check=False,
    ).returncode


def _parent_lives() -> bool:
    """False once the process that PARLEY_PARENT names is gone; true where none is named."""
    try:
        os.kill(int(os.environ.get("PARLEY_PARENT", os.getpid())), 0)
    except ProcessLookupError:
        return False
    return True


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    raise _StopRequestedError


if __name__ == "__main__":
    raise SystemExit(main())
