"""The HTTP API: one function for people and programs, two for the provider's webhooks."""

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs import access
from infra.constructs.foundation import REJECTS, UPLOADS, Foundation
from infra.constructs.function import ParleyFunction
from infra.constructs.nag import acknowledge
from infra.constructs.replies import Replies
from infra.constructs.sending import Sending

ACCESS_LOG = {
    "request_id": "$context.requestId",
    "route": "$context.routeKey",
    "method": "$context.httpMethod",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "integration_error": "$context.integrationErrorMessage",
}
"""Fields of the access log: no path, since paths carry phone numbers, and no address."""

INBOUND = "/webhooks/twilio/inbound"
STATUS = "/webhooks/twilio/status"


class Gateway(Construct):
    """The API's address and stage, without routes: functions need the address first."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.HttpApi(
            self, "Api", create_default_stage=False, description="Parley's HTTP API"
        )
        access_log = logs.LogGroup(
            self,
            "AccessLog",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.stage = apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=access_log.log_group_arn, format=json.dumps(ACCESS_LOG)
            ),
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=100, throttling_burst_limit=200
            ),
            route_settings={
                f"POST {INBOUND}": _throttle(rate=200, burst=500),
                f"POST {STATUS}": _throttle(rate=1000, burst=2000),
            },
        )


class Api(Construct):
    """The routes, and the function behind every one that is no webhook."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        gateway: Gateway,
        foundation: Foundation,
        replies: Replies,
        sending: Sending,
    ) -> None:
        super().__init__(scope, construct_id)
        self.serve_api = self._serve_api(foundation)
        post = [apigateway.HttpMethod.POST]
        everything = [apigateway.HttpMethod.ANY]
        self._route(gateway, INBOUND, post, replies.receive_reply)
        self._route(gateway, STATUS, post, sending.receive_receipt)
        self._route(gateway, "/{proxy+}", everything, self.serve_api)
        default = apigateway.HttpRoute(
            self,
            "Default",
            http_api=gateway.api,
            route_key=apigateway.HttpRouteKey.DEFAULT,
            integration=_integration(self.serve_api),
        )
        self._accept(default)
        gateway.stage.node.add_dependency(default)

    def _route(
        self,
        gateway: Gateway,
        path: str,
        methods: list[apigateway.HttpMethod],
        function: ParleyFunction,
    ) -> None:
        for route in gateway.api.add_routes(
            path=path, methods=methods, integration=_integration(function)
        ):
            self._accept(route)
            # A route's own throttle can only be set once the route exists.
            gateway.stage.node.add_dependency(route)

    def _accept(self, route: apigateway.HttpRoute) -> None:
        acknowledge(
            route,
            "AwsSolutions-APIG4",
            "Keys and webhook signatures are checked in the HTTP adapter, where every route "
            "declares its role: an authorizer cannot answer a problem document, and its cache "
            "outlives a revocation.",
        )

    def _serve_api(self, foundation: Foundation) -> ParleyFunction:
        function = ParleyFunction(
            self,
            "ServeApi",
            name="serve_api",
            layers=foundation.layers,
            memory=1769,
            timeout_seconds=29,
            environment={
                **access.table_environment(
                    foundation, "contacts", "journal", "campaigns", "messages", "leads", "metrics"
                ),
                **access.queue_environment(
                    foundation, "launches", "sends", "imports", "reconciliations"
                ),
                **access.schedule_environment(foundation),
                **access.provider_environment(foundation),
                "IMPORTS_BUCKET": foundation.imports_bucket.bucket_name,
                "RECONCILE_DELAY_SECONDS": foundation.endpoints.reconcile_delay_seconds,
                "PARLEY_STATE_RULES": foundation.endpoints.state_rules,
                "LOCAL_FACT_RECEIVER": foundation.endpoints.local_fact_receiver,
            },
        )
        tables = foundation.tables
        everything = (access.READ, access.WRITE, access.WRITE_BATCHES, access.DELETE)
        access.use_table(function, tables.contacts, *everything, access.SCAN)
        access.use_table(function, tables.journal, *everything, index="by_kind")
        access.use_table(function, tables.campaigns, *everything, index="by_creation")
        access.use_table(function, tables.messages, *everything)
        access.use_table(function, tables.leads, *everything, index="by_status")
        access.use_table(function, tables.metrics, access.READ)
        queues = foundation.queues
        access.send_to(
            function,
            *(queues.launches.queue, queues.sends.queue),
            *(queues.imports.queue, queues.reconciliations.queue),
        )
        access.create_schedules(function, foundation)
        access.read_secret(function, foundation)
        access.use_objects(function, foundation, UPLOADS, "PutObject")
        access.use_objects(function, foundation, REJECTS, "GetObject")
        return function


def _integration(function: ParleyFunction) -> integrations.HttpLambdaIntegration:
    return integrations.HttpLambdaIntegration(f"{function.node.id}Integration", function.function)


def _throttle(*, rate: int, burst: int) -> dict[str, int]:
    return {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
