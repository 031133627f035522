"""The stack: capabilities put together, parameters in, addresses out."""

from aws_cdk import Aws, CfnCondition, CfnOutput, CfnParameter, Fn, Stack, Token
from constructs import Construct

from infra.config import Config
from infra.constructs.api import Api, Gateway
from infra.constructs.campaigns import LAUNCHES_TIMEOUT, RELEASES_TIMEOUT, Campaigns
from infra.constructs.facts import DELIVERIES_TIMEOUT, Facts
from infra.constructs.foundation import Endpoints, Foundation
from infra.constructs.imports import IMPORTS_TIMEOUT, Imports
from infra.constructs.operations import Operations
from infra.constructs.recounting import Recounting
from infra.constructs.replies import REPLIES_TIMEOUT, Replies
from infra.constructs.sending import (
    RECEIPTS_TIMEOUT,
    RECONCILIATIONS_TIMEOUT,
    SENDS_TIMEOUT,
    Sending,
)

TIMEOUTS = {
    "launches": LAUNCHES_TIMEOUT,
    "sends": SENDS_TIMEOUT,
    "receipts": RECEIPTS_TIMEOUT,
    "replies": REPLIES_TIMEOUT,
    "imports": IMPORTS_TIMEOUT,
    "releases": RELEASES_TIMEOUT,
    "reconciliations": RECONCILIATIONS_TIMEOUT,
    "deliveries": DELIVERIES_TIMEOUT,
}
"""Seconds that the consumer of each queue may take."""


class ParleyStack(Stack):
    """Parley."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(
            scope,
            construct_id,
            description="Parley: SMS campaigns that listen to the answer",
            termination_protection=config.protected,
        )
        gateway = Gateway(self, "Gateway")
        foundation = Foundation(
            self,
            "Foundation",
            config=config,
            endpoints=self._endpoints(gateway),
            timeouts=TIMEOUTS,
        )
        Campaigns(self, "Campaigns", foundation=foundation)
        sending = Sending(self, "Sending", foundation=foundation)
        replies = Replies(self, "Replies", foundation=foundation)
        Imports(self, "ImportsCapability", foundation=foundation)
        Facts(self, "Facts", foundation=foundation)
        Recounting(self, "Recounting", foundation=foundation)
        Api(
            self,
            "HttpApi",
            gateway=gateway,
            foundation=foundation,
            replies=replies,
            sending=sending,
        )
        Operations(self, "Operations", foundation=foundation, gateway=gateway)
        self._outputs(gateway, foundation)

    def _endpoints(self, gateway: Gateway) -> Endpoints:
        public_base_url = CfnParameter(
            self,
            "PublicBaseUrl",
            default="",
            description="Where the provider reaches the webhooks, without a slash at the end; "
            "empty: the HTTP API's own address",
        )
        own_address = CfnCondition(
            self,
            "OwnAddress",
            expression=Fn.condition_equals(public_base_url.value_as_string, ""),
        )
        twilio_api_base_url = CfnParameter(
            self, "TwilioApiBaseUrl", default="https://api.twilio.com"
        )
        reconcile_delay = CfnParameter(
            self,
            "ReconcileDelaySeconds",
            type="Number",
            default=900,
            min_value=1,
            max_value=43200,
            description="How long after a message's last moment an unknown is looked up",
        )
        local_fact_receiver = CfnParameter(
            self,
            "LocalFactReceiver",
            default="",
            allowed_pattern=r"(127\.0\.0\.1:[1-9][0-9]{0,4})?",
            description="For one machine only: the address that webhook subscriptions may name "
            "besides public ones; empty: none",
        )
        state_rules = CfnParameter(
            self,
            "StateRules",
            default="",
            max_length=3000,
            allowed_pattern=r"(\{[\s\S]*\})?",
            description="JSON that replaces parts of the states' quiet hours and caps we ship "
            "(docs/quiet-hours.md); empty: ours as they are",
        )
        return Endpoints(
            public_base_url=Token.as_string(
                Fn.condition_if(
                    own_address.logical_id,
                    gateway.api.api_endpoint,
                    public_base_url.value_as_string,
                )
            ),
            twilio_api_base_url=twilio_api_base_url.value_as_string,
            reconcile_delay_seconds=Token.as_string(reconcile_delay.value),
            state_rules=state_rules.value_as_string,
            local_fact_receiver=local_fact_receiver.value_as_string,
        )

    def _outputs(self, gateway: Gateway, foundation: Foundation) -> None:
        outputs = {
            "ApiUrl": gateway.api.api_endpoint,
            "ApiId": gateway.api.api_id,
            "ImportsBucket": foundation.imports_bucket.bucket_name,
            "SecretArn": foundation.secret_arn,
            "EventBusName": foundation.bus.event_bus_name,
            "AlarmTopicArn": foundation.alarms.topic.topic_arn,
            "ScheduleGroup": foundation.schedules.group.schedule_group_name,
            "Region": Aws.REGION,
        }
        for name, table in foundation.tables.by_name().items():
            outputs[f"{name.capitalize()}Table"] = table.table_name
        for name, queue in foundation.queues.by_name().items():
            outputs[f"{name.capitalize()}QueueUrl"] = queue.queue_url
        outputs["StreamFailuresQueueUrl"] = foundation.queues.stream_failures.queue.queue_url
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
