"""``python -m infra.local up|down|reset``."""

import argparse
import os
import signal
import sys
import time
from types import FrameType

from infra.local.home import Home, LocalStackError
from infra.local.stack import StackRunner


class _StopRequestedError(Exception):
    """A signal asked the stack to end."""


def main() -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="run the stack in the foreground until Ctrl-C")
    commands.add_parser("down", help="stop the stack that runs elsewhere")
    commands.add_parser("reset", help="clear its state, keys and ports")
    command = parser.parse_args().command
    home = Home.from_environment()
    try:
        if command == "up":
            return _up(home)
        if command == "down":
            print("stopped" if home.stop() else "no stack is running")
            return 0
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
