"""A start that begins no work too early, and a stop that lets the work in progress finish."""

import functools
import os
import signal
import threading
import time
from typing import Any

DRAIN_SECONDS = 15.0
"""How long a stop waits for work in progress."""

ready = threading.Event()
stopping = threading.Event()


def poll_from_ready_to_stopping(lambda_svc: Any) -> None:
    """Take messages once the stack is deployed and until the engine is stopping; before and after
    they stay in their queues.

    A deployment of changed functions ends their workers: what one had taken would be hidden for
    its visibility timeout.
    """
    poll = lambda_svc._poll_sqs

    @functools.wraps(poll)
    def while_ready() -> bool:
        return bool(poll()) if ready.is_set() and not stopping.is_set() else False

    lambda_svc._poll_sqs = while_ready


def drain_then_stop(lambda_svc: Any, dynamodb: Any) -> None:
    """Let invocations and streams finish, then stop, which saves the state."""
    stopping.set()

    def drain() -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline and not _idle(lambda_svc, dynamodb):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=drain, daemon=True, name="drain").start()


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
