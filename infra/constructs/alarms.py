"""Alarms: one topic that an operator subscribes to, and what rings it."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.constructs.nag import acknowledge

RUNBOOK = "docs/operations.md"
"""What to do about each alarm: a section for each kind."""


class Alarms(Construct):
    """Rings the operator's topic."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        acknowledge(
            self.topic,
            "AwsSolutions-SNS2",
            "CloudWatch cannot publish to a topic under the AWS-managed key, and what an alarm "
            "says holds no personal data.",
        )

    def when_above(
        self,
        construct_id: str,
        *,
        metric: cloudwatch.IMetric,
        threshold: float,
        description: str,
        section: str,
        periods: int = 1,
    ) -> None:
        """Ring when a metric is above a threshold for some periods in a row.

        Args:
            construct_id: unique among the alarms; with the stack's name before it, the alarm's.
            metric: what is watched; missing data is healthy.
            threshold: in the metric's unit; equal to it does not ring.
            description: what happened, for the one who is woken.
            section: of the runbook, such as ``dead-letters``: what to do.
            periods: how many of the metric's periods in a row.
        """
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_name=f"{Stack.of(self).stack_name}-{construct_id}",
            alarm_description=f"{description} What to do: {RUNBOOK}#{section}",
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))

    def when_not_empty(
        self, construct_id: str, *, metric: cloudwatch.Metric, description: str, section: str
    ) -> None:
        """Ring when a queue of failures holds anything."""
        self.when_above(
            construct_id,
            metric=metric.with_(period=Duration.minutes(1), statistic="Maximum"),
            threshold=0,
            description=description,
            section=section,
        )
