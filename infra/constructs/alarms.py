"""Alarms: one topic that an operator subscribes to, and what rings it."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.constructs.nag import acknowledge


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
        periods: int = 1,
    ) -> None:
        """Ring when a metric is above a threshold for some periods in a row.

        Args:
            construct_id: unique among the alarms.
            metric: what is watched; missing data is healthy.
            threshold: in the metric's unit; equal to it does not ring.
            description: what happened and what to do, for the one who is woken.
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
            alarm_description=description,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))

    def when_not_empty(
        self, construct_id: str, *, metric: cloudwatch.Metric, description: str
    ) -> None:
        """Ring when a dead-letter queue holds anything."""
        self.when_above(
            construct_id,
            metric=metric.with_(period=Duration.minutes(1), statistic="Maximum"),
            threshold=0,
            description=description,
        )
