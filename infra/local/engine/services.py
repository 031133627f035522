"""Queues, the bus and alarms: where they fall short of AWS."""

import functools
import time
from typing import Any

TOLD_EVENTS_KEPT = 100
"""Events of the bus kept after they were passed on; nothing reads them."""

LOGGED_INVOCATIONS_KEPT = 100
"""Invocations of each function whose logs are kept."""


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


def forget_old_logs(lambda_svc: Any, cloudwatch_logs: Any) -> None:
    """Keep the logs of the last invocations of each function; as shipped each invocation has a log
    stream of its own, which stays in memory."""
    emit = lambda_svc._emit_lambda_logs

    @functools.wraps(emit)
    def emit_and_forget(*args: Any, **options: Any) -> None:
        emit(*args, **options)
        for group in list(cloudwatch_logs._log_groups._data.values()):
            for old in list(group["streams"])[:-LOGGED_INVOCATIONS_KEPT]:
                group["streams"].pop(old, None)

    lambda_svc._emit_lambda_logs = emit_and_forget


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
