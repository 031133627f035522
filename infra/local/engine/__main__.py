"""Starts ministack with its shortfalls worked around: ``python -m infra.local.engine``.

ministack runs the very template that goes to AWS. Where it differs from AWS in a way that
would change what is shown or measured here, it is mended in this package and only here, by
replacing named functions of the pinned version; docs/local-engine.md lists each difference.
The environment configures it: GATEWAY_PORT, BIND_HOST, PERSIST_STATE, STATE_DIR and so on.
"""

import signal
import sys
from importlib.metadata import version
from typing import Any

from infra.local.engine import (
    endpoint,
    roles,
    server,
    services,
    shortcuts,
    stopping,
    streams,
    workers,
)
from infra.local.zygote import Zygote

ENGINE_VERSION = "1.5.33"


def main() -> None:
    """Serve until SIGTERM; SIGUSR1 finishes the work in progress first.

    SIGUSR2 tells that the stack is deployed: queues are read from then on, and it warms up.
    """
    if version("ministack") != ENGINE_VERSION:
        raise SystemExit(f"infra/local/engine is written for ministack {ENGINE_VERSION}")
    zygote = Zygote() if sys.platform == "linux" else None
    import hypercorn.asyncio
    from ministack import app
    from ministack.core import iam_actions, lambda_runtime, responses, router
    from ministack.services import (
        _dynamodb_keywords,
        cloudwatch_logs,
        dynamodb,
        eventbridge,
        lambda_svc,
        scheduler,
        sqs,
    )
    from ministack.services.cloudformation import provisioners

    quick = endpoint.Endpoint(
        {"DynamoDB_20120810": dynamodb, "AmazonSQS": sqs, "AWSEvents": eventbridge},
        router=router,
        responses=responses,
    )
    addresses: dict[str, str] = {}

    async def listen_quickly() -> None:
        if not app.AUTH:
            url = await quick.listen()
            for service in ("DYNAMODB", "EVENTBRIDGE", "SQS"):
                addresses[f"AWS_ENDPOINT_URL_{service}"] = url

    server.serve_by_uvicorn(hypercorn.asyncio, listen_quickly)
    if zygote is not None:
        workers.fork_workers(lambda_runtime, lambda_svc, zygote, addresses)
    workers.limit_workers(lambda_runtime, lambda_svc)
    workers.drain_logs_at_once(lambda_runtime)
    streams.run_streams_side_by_side(lambda_svc, dynamodb)
    streams.keep_streams_over_restarts(dynamodb)
    streams.stream_partiql_writes(dynamodb)
    shortcuts.remember_expressions(dynamodb, _dynamodb_keywords)
    shortcuts.copy_items_plainly(dynamodb)
    shortcuts.prune_seldom(sqs)
    services.run_message_groups_side_by_side(lambda_svc)
    services.redeliver_after_restart(sqs)
    services.forget_told_events(eventbridge)
    services.forget_old_logs(lambda_svc, cloudwatch_logs)
    services.take_metric_math(provisioners)
    scheduler._SCHEDULE_TICK_INTERVAL = 1
    roles.judge_partiql_by_statement(iam_actions)
    roles.judge_schedules_by_group(iam_actions)
    roles.judge_queue_batches_by_item(iam_actions)
    stopping.poll_from_ready_to_stopping(lambda_svc)
    signal.signal(signal.SIGUSR1, lambda *_: stopping.drain_then_stop(lambda_svc, dynamodb))

    def begin(*_: Any) -> None:
        stopping.ready.set()
        shortcuts.collect_seldom()
        workers.warm_up(lambda_runtime, lambda_svc)

    signal.signal(signal.SIGUSR2, begin)
    app.main()


if __name__ == "__main__":
    main()
