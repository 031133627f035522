"""Grants, written out action by action, and the environment names that go with them."""

from collections.abc import Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sqs as sqs

from infra.constructs.foundation import Foundation
from infra.constructs.function import ParleyFunction
from infra.constructs.nag import acknowledge, logical_id

READ = ("GetItem", "BatchGetItem", "Query", "PartiQLSelect")
"""Items by key, one partition in order."""

WRITE = ("PutItem", "UpdateItem", "PartiQLInsert", "PartiQLUpdate", "ConditionCheckItem")
"""Conditional writes, alone, in PartiQL batches and in transactions."""

GET = ("GetItem",)
UPDATE = ("UpdateItem",)
"""One item by key, and a conditional change of it."""

ADD = ("PartiQLInsert",)
"""New items, in PartiQL batches."""

WRITE_BATCHES = ("BatchWriteItem",)
"""Unconditional writes of many items."""

DELETE = ("DeleteItem",)
SCAN = ("Scan",)


def use_table(
    function: ParleyFunction, table: dynamodb.Table, *actions: Sequence[str], index: str = ""
) -> None:
    """Allow actions on a table, and Query on one of its indexes where it is named."""
    function.allow(
        *(f"dynamodb:{action}" for group in actions for action in group), on=[table.table_arn]
    )
    if index:
        function.allow("dynamodb:Query", on=[f"{table.table_arn}/index/{index}"])


def send_to(function: ParleyFunction, *queues: sqs.Queue) -> None:
    """Allow putting commands on queues."""
    function.allow("sqs:SendMessage", on=[queue.queue_arn for queue in queues])


def read_secret(function: ParleyFunction, foundation: Foundation) -> None:
    """Allow reading the provider's pair and the id key."""
    function.allow("secretsmanager:GetSecretValue", on=[foundation.secret_arn])


def create_schedules(function: ParleyFunction, foundation: Foundation) -> None:
    """Allow making one-shot schedules of the group, run under the group's role.

    What is due within a minute goes straight onto the queue, with a delay.
    """
    send_to(function, foundation.queues.releases.queue)
    schedules = foundation.schedules
    function.allow(
        "scheduler:CreateSchedule",
        "scheduler:GetSchedule",
        "scheduler:DeleteSchedule",
        on=[schedules.schedules_arn],
    )
    acknowledge(
        function,
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:scheduler:<AWS::Region>:"
        f"<AWS::AccountId>:schedule/{schedules.name}/*]",
        "Schedules are named by send and release at run time; the wildcard stays in our group.",
    )
    function.allow("iam:PassRole", on=[schedules.role.role_arn])


def use_objects(
    function: ParleyFunction, foundation: Foundation, prefix: str, *actions: str
) -> None:
    """Allow actions on the imports bucket's objects under a prefix."""
    bucket = foundation.imports_bucket
    function.allow(
        *(f"s3:{action}" for action in actions), on=[bucket.arn_for_objects(f"{prefix}*")]
    )
    acknowledge(
        function,
        f"AwsSolutions-IAM5[Resource::<{logical_id(bucket)}.Arn>/{prefix}*]",
        "Objects are named by import at run time; the wildcard stays within one prefix.",
    )


def table_environment(foundation: Foundation, *names: str) -> dict[str, str]:
    """``CONTACTS_TABLE`` and so on, for the tables named."""
    tables = foundation.tables.by_name()
    return {f"{name.upper()}_TABLE": tables[name].table_name for name in names}


def queue_environment(foundation: Foundation, *names: str) -> dict[str, str]:
    """``SENDS_QUEUE_URL`` and so on, for the queues named."""
    queues = foundation.queues.by_name()
    return {f"{name.upper()}_QUEUE_URL": queues[name].queue_url for name in names}


def schedule_environment(foundation: Foundation) -> dict[str, str]:
    """What makes a one-shot schedule."""
    return {
        **queue_environment(foundation, "releases"),
        "RELEASES_QUEUE_ARN": foundation.queues.releases.queue.queue_arn,
        "SCHEDULE_GROUP": foundation.schedules.group.schedule_group_name,
        "SCHEDULER_ROLE_ARN": foundation.schedules.role.role_arn,
    }


def provider_environment(foundation: Foundation) -> dict[str, str]:
    """What reaches the provider, and lets it reach us."""
    return {
        "SECRET_ARN": foundation.secret_arn,
        "PUBLIC_BASE_URL": foundation.endpoints.public_base_url,
        "TWILIO_API_BASE_URL": foundation.endpoints.twilio_api_base_url,
    }
