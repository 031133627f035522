"""What the template promises whatever else changes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from infra.app import build
from infra.config import FUNCTIONS, ROOT, STACK_NAME
from infra.constructs.alarms import RUNBOOK as RUNBOOK_PATH
from parley.webhook import RETRY_AFTER

RUNBOOK = ROOT / RUNBOOK_PATH

Resources = dict[str, dict[str, Any]]

TABLES = ("CONTACTS", "JOURNAL", "CAMPAIGNS", "MESSAGES", "LEADS", "METRICS")
QUEUES = (
    *("LAUNCHES", "SENDS", "RECEIPTS", "REPLIES", "IMPORTS", "RELEASES", "RECONCILIATIONS"),
    "DELIVERIES",
)
ENVIRONMENT_NAMES = {
    *(f"{name}_TABLE" for name in TABLES),
    *(f"{name}_QUEUE_URL" for name in (*QUEUES, "STREAM_FAILURES")),
    *("RELEASES_QUEUE_ARN", "SCHEDULE_GROUP", "SCHEDULER_ROLE_ARN"),
    *("IMPORTS_BUCKET", "EVENT_BUS_NAME", "SECRET_ARN", "PUBLIC_BASE_URL"),
    *("TWILIO_API_BASE_URL", "RECONCILE_DELAY_SECONDS"),
    *("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE"),
    *("LOCAL_FACT_RECEIVER", "PARLEY_STATE_RULES"),
}


def synthesize(folder: Path, *, local: bool) -> dict[str, Any]:
    os.environ["CDK_VALIDATION"] = "false"
    build(local=local, bundle=False, output=str(folder)).synth()
    template: dict[str, Any] = json.loads((folder / f"{STACK_NAME}.template.json").read_text())
    return template


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return synthesize(tmp_path_factory.mktemp("aws"), local=False)


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> Resources:
    found: Resources = template["Resources"]
    return found


def of_type(resources: Resources, kind: str) -> Resources:
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def functions(resources: Resources) -> dict[str, dict[str, Any]]:
    """Properties of each function by its folder."""
    return {
        each["Properties"]["Description"].removeprefix("Parley: ").replace(" ", "_"): each[
            "Properties"
        ]
        for each in of_type(resources, "AWS::Lambda::Function").values()
    }


def target(reference: dict[str, Any]) -> str:
    """The logical id that a GetAtt or Ref names."""
    return str(reference["Fn::GetAtt"][0] if "Fn::GetAtt" in reference else reference["Ref"])


def allowed(resources: Resources) -> list[tuple[str, str, Any]]:
    """(policy, action, resource) of every statement that allows something."""
    found: list[tuple[str, str, Any]] = []
    for name, policy in of_type(resources, "AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            found.extend(
                (name, action, each)
                for action in _listed(statement["Action"])
                for each in _listed(statement["Resource"])
            )
    return found


def _listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def alarms(resources: Resources) -> list[dict[str, Any]]:
    return [each["Properties"] for each in of_type(resources, "AWS::CloudWatch::Alarm").values()]


def watched(resources: Resources, metric: str, dimension: str) -> set[str]:
    """The logical ids whose metric an alarm watches."""
    return {
        target(each["Value"])
        for alarm in alarms(resources)
        for each in alarm.get("Dimensions", ())
        if alarm.get("MetricName") == metric and each["Name"] == dimension
    }


def mappings(resources: Resources, *, stream: bool) -> list[dict[str, Any]]:
    return [
        each["Properties"]
        for each in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
        if ("StartingPosition" in each["Properties"]) is stream
    ]


def test_every_folder_is_a_function_and_every_function_a_folder(resources: Resources) -> None:
    folders = {path.parent.name for path in FUNCTIONS.glob("*/handler.py")}
    assert set(functions(resources)) == folders


def test_functions_run_python_3_13_on_arm(resources: Resources) -> None:
    for name, function in functions(resources).items():
        assert function["Runtime"] == "python3.13", name
        assert function["Architectures"] == ["arm64"], name
        assert function["Handler"] == "handler.handler", name
        assert len(function["Layers"]) == 3, name
        assert "ReservedConcurrentExecutions" not in function, name


def test_environment_names_are_those_that_settings_know(resources: Resources) -> None:
    for name, function in functions(resources).items():
        assert set(function["Environment"]["Variables"]) <= ENVIRONMENT_NAMES, name


def test_what_an_operator_says_of_states_reaches_all_that_go_by_it(
    template: dict[str, Any], resources: Resources
) -> None:
    told = {
        name
        for name, function in functions(resources).items()
        if function["Environment"]["Variables"].get("PARLEY_STATE_RULES") == {"Ref": "StateRules"}
    }
    assert told == {"send_messages", "serve_api", "release_deferred"}
    assert template["Parameters"]["StateRules"]["Default"] == ""


def test_every_queue_is_consumed_or_takes_dead_letters(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    dead = {
        target(each["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        for each in queues.values()
        if "RedrivePolicy" in each["Properties"]
    }
    consumed = {target(each["EventSourceArn"]): each for each in mappings(resources, stream=False)}
    failures = {
        target(each["DestinationConfig"]["OnFailure"]["Destination"])
        for each in mappings(resources, stream=True)
    }
    assert set(queues) == dead | set(consumed) | failures
    for name in consumed:
        assert queues[name]["Properties"]["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_every_queue_of_failures_rings(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    ends = {name for name, each in queues.items() if "RedrivePolicy" not in each["Properties"]}
    assert watched(resources, "ApproximateNumberOfMessagesVisible", "QueueName") == ends


def test_every_queue_that_falls_behind_rings(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    work = {name for name, each in queues.items() if "RedrivePolicy" in each["Properties"]}
    assert watched(resources, "ApproximateAgeOfOldestMessage", "QueueName") == work


def test_every_function_that_fails_or_is_held_back_rings(resources: Resources) -> None:
    every = set(of_type(resources, "AWS::Lambda::Function"))
    assert watched(resources, "Throttles", "FunctionName") == every
    over_errors = {
        target(dimension["Value"])
        for alarm in alarms(resources)
        for metric in alarm.get("Metrics", ())
        for dimension in metric.get("MetricStat", {}).get("Metric", {}).get("Dimensions", ())
    }
    assert over_errors == every
    readers = {target(each["FunctionName"]) for each in mappings(resources, stream=True)}
    assert watched(resources, "IteratorAge", "FunctionName") == readers


def test_every_alarm_rings_the_operator_and_has_its_section(resources: Resources) -> None:
    headings = re.findall(r"^## ([a-z-]+)$", RUNBOOK.read_text(), re.MULTILINE)
    named = set()
    for alarm in alarms(resources):
        assert alarm["AlarmActions"], alarm["AlarmName"]
        (section,) = re.findall(r"docs/operations\.md#([a-z-]+)$", alarm["AlarmDescription"])
        named.add(section)
    assert named == set(headings)
    assert len(headings) == len(set(headings))


def test_what_is_promised_rings(resources: Resources) -> None:
    counted = {a["MetricName"]: a for a in alarms(resources) if a.get("Namespace") == STACK_NAME}
    assert set(counted) == {"TextAfterOptOut", "MetricsDrift", "MessageUnknown"}
    for name in ("TextAfterOptOut", "MetricsDrift"):
        assert counted[name]["Threshold"] == 0
    for name, function in functions(resources).items():
        namespace = function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
        assert namespace == STACK_NAME, name


def test_one_dashboard_shows_every_queue_and_function(resources: Resources) -> None:
    (dashboard,) = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["Properties"]["DashboardBody"])
    for kind in ("AWS::SQS::Queue", "AWS::Lambda::Function"):
        assert all(name in body for name in of_type(resources, kind))


def test_facts_for_outsiders_may_be_tried_for_a_day(resources: Resources) -> None:
    (work,) = (
        each["Properties"]
        for name, each in of_type(resources, "AWS::SQS::Queue").items()
        if "DeliveriesQueue" in name
    )
    assert work["RedrivePolicy"]["maxReceiveCount"] == len(RETRY_AFTER) + 1


def test_nothing_inside_is_admitted_unless_somebody_says_so(template: dict[str, Any]) -> None:
    parameter = template["Parameters"]["LocalFactReceiver"]
    assert parameter["Default"] == ""
    admitted = re.compile(parameter["AllowedPattern"])
    assert admitted.fullmatch("127.0.0.1:8099")
    for address in ("169.254.169.254:80", "127.0.0.1", "10.0.0.1:443", "127.0.0.1:0"):
        assert not admitted.fullmatch(address)


def test_queues_are_encrypted_and_refuse_plain_http(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    assert all(each["Properties"]["SqsManagedSseEnabled"] for each in queues.values())
    refusing = {
        target(queue)
        for policy in of_type(resources, "AWS::SQS::QueuePolicy").values()
        for queue in policy["Properties"]["Queues"]
        if "aws:SecureTransport" in json.dumps(policy)
    }
    assert refusing == set(queues)


def test_queue_consumers_report_failures_and_are_given_time(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    by_logical_id = of_type(resources, "AWS::Lambda::Function")
    for mapping in mappings(resources, stream=False):
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert 2 <= mapping["ScalingConfig"]["MaximumConcurrency"] <= 1000
        assert mapping["BatchSize"] <= 10
        visibility = queues[target(mapping["EventSourceArn"])]["Properties"]["VisibilityTimeout"]
        timeout = by_logical_id[target(mapping["FunctionName"])]["Properties"]["Timeout"]
        assert visibility >= 6 * timeout


def test_stream_consumers_give_up_in_the_end_and_say_so(resources: Resources) -> None:
    streams = mappings(resources, stream=True)
    assert len(streams) == 6
    for mapping in streams:
        assert mapping["BisectBatchOnFunctionError"] is True
        assert 0 < mapping["MaximumRetryAttempts"] < 100
        assert mapping["ParallelizationFactor"] == 1, "G5: order per partition key"
        assert mapping["DestinationConfig"]["OnFailure"]["Destination"]
        assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_what_a_schedule_starts_says_where_it_failed(resources: Resources) -> None:
    """Nobody waits for its answer, and it runs too seldom for the alarm on errors."""
    rules = of_type(resources, "AWS::Events::Rule").values()
    started = {
        target(each["Arn"])
        for rule in rules
        for each in rule["Properties"]["Targets"]
        if "ScheduleExpression" in rule["Properties"]
    }
    told = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    assert started == {target(each["Properties"]["FunctionName"]) for each in told}
    for each in told:
        queue = target(each["Properties"]["DestinationConfig"]["OnFailure"]["Destination"])
        assert queue in watched(resources, "ApproximateNumberOfMessagesVisible", "QueueName")


def test_no_stream_has_more_than_two_readers(resources: Resources) -> None:
    read = [target(each["EventSourceArn"]) for each in mappings(resources, stream=True)]
    assert all(read.count(table) <= 2 for table in read)


def test_no_function_may_do_everything(resources: Resources) -> None:
    for policy, action, resource in allowed(resources):
        assert "*" not in action, (policy, action)
        assert resource != "*", (policy, action)


def test_the_receipts_webhook_may_change_one_message_or_queue_and_nothing_else(
    resources: Resources,
) -> None:
    webhook = {
        (action, re.sub(r"[0-9A-F]{8}$", "", target(resource)))
        for policy, action, resource in allowed(resources)
        if policy.startswith("SendingReceiveReceiptRole") and not action.startswith("logs:")
    }
    assert {action for action, _ in webhook} == {
        *("dynamodb:GetItem", "dynamodb:UpdateItem"),
        *("sqs:SendMessage", "secretsmanager:GetSecretValue"),
    }
    assert {where for action, where in webhook if action.startswith("dynamodb:")} == {
        "FoundationTablesMessages"
    }
    assert {where for action, where in webhook if action.startswith("sqs:")} == {
        "FoundationQueuesReceiptsQueue"
    }


def test_who_tells_facts_may_only_add_to_the_ledger(resources: Resources) -> None:
    assert {
        action
        for policy, action, resource in allowed(resources)
        if policy.startswith("FactsPublishEventsRole")
        and resource.get("Fn::GetAtt", [""])[-1] == "Arn"
        and target(resource).startswith("FoundationTablesMessages")
    } == {"dynamodb:PartiQLInsert"}


def test_wildcards_in_resources_are_only_names_chosen_at_run_time(resources: Resources) -> None:
    wild = {
        re.sub(r"[0-9A-F]{8}", "", json.dumps(resource))
        for _policy, _action, resource in allowed(resources)
        if "*" in json.dumps(resource)
    }
    allowed_parts = ("schedule/Parley-releases/*", "/uploads/*", "/rejects/*")
    assert all(any(part in each for part in allowed_parts) for each in wild), wild


def test_what_people_are_in_is_protected(resources: Resources) -> None:
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        properties = table["Properties"]
        assert properties["DeletionProtectionEnabled"], name
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], name
        assert properties["SSESpecification"]["SSEEnabled"], name
        assert properties["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["DeletionPolicy"] == "Retain", name
    (bucket,) = of_type(resources, "AWS::S3::Bucket").values()
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    assert bucket["DeletionPolicy"] == "Retain"
    (secret,) = of_type(resources, "AWS::SecretsManager::Secret").values()
    assert secret["DeletionPolicy"] == "Retain"


def test_the_access_log_holds_no_path(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    logged = stage["Properties"]["AccessLogSettings"]["Format"]
    assert "path" not in logged.lower(), "G9: paths carry phone numbers"
    assert "sourceIp" not in logged


def test_routes(resources: Resources) -> None:
    routes = of_type(resources, "AWS::ApiGatewayV2::Route").values()
    assert {each["Properties"]["RouteKey"] for each in routes} == {
        "$default",
        "ANY /{proxy+}",
        "POST /webhooks/twilio/inbound",
        "POST /webhooks/twilio/status",
    }
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    throttled = stage["Properties"]["RouteSettings"]
    assert set(throttled) == {"POST /webhooks/twilio/inbound", "POST /webhooks/twilio/status"}
    assert stage["Properties"]["DefaultRouteSettings"]["ThrottlingRateLimit"]


def test_the_inbound_webhook_answers_before_the_provider_gives_up(resources: Resources) -> None:
    assert 6 < functions(resources)["receive_reply"]["Timeout"] < 15


def test_locally_only_protection_and_the_vendor_layer_differ(
    template: dict[str, Any], tmp_path: Path
) -> None:
    local = synthesize(tmp_path, local=True)
    assert _comparable(local) == _comparable(template)
    tables = of_type(local["Resources"], "AWS::DynamoDB::Table").values()
    assert all(each["DeletionPolicy"] == "Delete" for each in tables)


def _comparable(template: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(json.dumps(template))
    for resource in content["Resources"].values():
        for protection in ("DeletionPolicy", "UpdateReplacePolicy"):
            resource.pop(protection, None)
        resource["Properties"].pop("DeletionProtectionEnabled", None)
        resource.get("Metadata", {}).pop("aws:asset:path", None)
        if resource["Type"] == "AWS::Lambda::LayerVersion":
            resource["Properties"].pop("Content")
    return content
