"""Operations: what wakes an operator beside queues and streams, and one page to look at."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.constructs.api import Gateway
from infra.constructs.foundation import Foundation
from infra.constructs.function import ParleyFunction

MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)

FACTS = (
    "MessageHandedOver",
    "MessageDelivered",
    "MessageFailed",
    "MessageSkipped",
    "ReplyReceived",
    "LeadCreated",
    "LeadOverdue",
    "ContactOptedOut",
    "ConversionRecorded",
)
"""Facts that the dashboard shows; each is a metric of the stack's namespace."""

PROMISES = ("TextAfterOptOut", "MetricsDrift", "MessageUnknown")
"""Metrics that ought to be zero."""

UNKNOWN_MESSAGES = 20
ERROR_PERCENT = 5
ERRORS_AT_LEAST = 3
THROTTLES = 10
SERVER_ERRORS = 5


class Operations(Construct):
    """Alarms on functions, the API and what the functions count; the dashboard."""

    def __init__(
        self, scope: Construct, construct_id: str, *, foundation: Foundation, gateway: Gateway
    ) -> None:
        """Watch every function that the stack has by now."""
        super().__init__(scope, construct_id)
        self._foundation = foundation
        self._api = gateway.api
        self._functions = [
            each for each in Stack.of(self).node.find_all() if isinstance(each, ParleyFunction)
        ]
        for function in self._functions:
            self._watch(function)
        self._watch_api()
        self._watch_promises()
        self._dashboard()

    def _watch(self, function: ParleyFunction) -> None:
        alarms = self._foundation.alarms
        errors = function.function.metric_errors(period=FIVE_MINUTES, statistic="Sum")
        invocations = function.function.metric_invocations(period=FIVE_MINUTES, statistic="Sum")
        alarms.when_above(
            f"{function.node.id}Errors",
            metric=cloudwatch.MathExpression(
                expression=f"IF(errors >= {ERRORS_AT_LEAST}, 100 * errors / invocations, 0)",
                using_metrics={"errors": errors, "invocations": invocations},
                period=FIVE_MINUTES,
            ),
            threshold=ERROR_PERCENT,
            periods=2,
            description=f"{function.name}: more than {ERROR_PERCENT} % of invocations fail.",
            section="function-errors",
        )
        alarms.when_above(
            f"{function.node.id}Throttles",
            metric=function.function.metric_throttles(period=FIVE_MINUTES, statistic="Sum"),
            threshold=THROTTLES,
            periods=3,
            description=f"{function.name}: Lambda refuses to run it.",
            section="function-throttles",
        )

    def _watch_api(self) -> None:
        self._foundation.alarms.when_above(
            "ApiErrors",
            metric=self._api.metric_server_error(period=FIVE_MINUTES, statistic="Sum"),
            threshold=SERVER_ERRORS,
            periods=2,
            description="The API answers 5xx.",
            section="api-errors",
        )

    def _watch_promises(self) -> None:
        alarms = self._foundation.alarms
        alarms.when_above(
            "TextAfterOptOut",
            metric=self._counted("TextAfterOptOut", MINUTE),
            threshold=0,
            description="A text was handed over to somebody who had opted out (G1).",
            section="text-after-opt-out",
        )
        alarms.when_above(
            "MetricsDrift",
            metric=self._counted("MetricsDrift", FIVE_MINUTES),
            threshold=0,
            description="The metrics table differs from a recount of the ledger (G5).",
            section="metrics-drift",
        )
        alarms.when_above(
            "UnknownMessages",
            metric=self._counted("MessageUnknown", Duration.minutes(15)),
            threshold=UNKNOWN_MESSAGES,
            description=f"More than {UNKNOWN_MESSAGES} texts in 15 minutes were posted without a "
            "clear answer of the provider.",
            section="unknown-messages",
        )

    def _dashboard(self) -> None:
        queues = self._foundation.queues
        functions = [each.function for each in self._functions]
        readers = [each.function for each in self._functions if each.reads_streams]
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=Stack.of(self).stack_name,
            default_interval=Duration.hours(12),
        )
        dashboard.add_widgets(
            _graph("Facts told", [self._counted(name, FIVE_MINUTES) for name in FACTS]),
            _graph("Ought to be zero", [self._counted(name, FIVE_MINUTES) for name in PROMISES]),
            _graph(
                "Behind the streams, ms",
                [
                    each.metric("IteratorAge", period=MINUTE, statistic="Maximum")
                    for each in readers
                ],
            ),
        )
        dashboard.add_widgets(
            _graph(
                "Oldest command, s",
                [
                    queue.metric_approximate_age_of_oldest_message(
                        label=name, period=MINUTE, statistic="Maximum"
                    )
                    for name, queue in queues.by_name().items()
                ],
            ),
            *(
                _graph(
                    title,
                    [
                        queue.metric_approximate_number_of_messages_visible(
                            label=name, period=MINUTE, statistic="Maximum"
                        )
                        for name, queue in group.items()
                    ],
                )
                for title, group in (
                    ("Commands waiting", queues.by_name()),
                    ("Put aside", queues.of_failures()),
                )
            ),
        )
        dashboard.add_widgets(
            _graph("Errors", [each.metric_errors(period=FIVE_MINUTES) for each in functions]),
            _graph("Throttles", [each.metric_throttles(period=FIVE_MINUTES) for each in functions]),
            _graph(
                "Slowest, ms",
                [each.metric_duration(period=FIVE_MINUTES, statistic="p99") for each in functions],
            ),
        )
        dashboard.add_widgets(
            _graph(
                "API answers",
                [
                    self._api.metric_count(period=FIVE_MINUTES, statistic="Sum"),
                    self._api.metric_client_error(period=FIVE_MINUTES, statistic="Sum"),
                    self._api.metric_server_error(period=FIVE_MINUTES, statistic="Sum"),
                ],
            ),
            _graph(
                "API latency, ms",
                [
                    self._api.metric_latency(period=FIVE_MINUTES, statistic=statistic)
                    for statistic in ("p50", "p99")
                ],
            ),
        )

    def _counted(self, name: str, period: Duration) -> cloudwatch.Metric:
        """What functions count in their logs, in the embedded metric format."""
        return cloudwatch.Metric(
            namespace=Stack.of(self).stack_name, metric_name=name, period=period, statistic="Sum"
        )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)
