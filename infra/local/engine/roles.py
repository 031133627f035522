"""Roles, where they are enforced: requests judged by the actions and names that AWS knows."""

import functools
import json
import re
from typing import Any

PARTIQL = re.compile(
    r'^\s*(INSERT INTO|UPDATE|DELETE FROM|SELECT\b.*?\bFROM)\s+"([^"]+)"', re.IGNORECASE | re.DOTALL
)


def judge_partiql_by_statement(iam_actions: Any) -> None:
    """Where roles are enforced, ask for the action of each PartiQL statement on its table.

    AWS knows no action for a batch of statements; as shipped one by that name is asked for.
    """
    checks = iam_actions.dynamodb_transaction_checks

    @functools.wraps(checks)
    def with_statements(
        iam_action: str, body: bytes, region: str, account_id: str
    ) -> list[tuple[str, str]]:
        if iam_action not in {"dynamodb:ExecuteStatement", "dynamodb:BatchExecuteStatement"}:
            found: list[tuple[str, str]] = checks(iam_action, body, region, account_id)
            return found
        request = json.loads(body)
        return [
            (
                f"dynamodb:PartiQL{verb.split()[0].capitalize()}",
                f"arn:aws:dynamodb:{region}:{account_id}:table/{table}",
            )
            for each in request.get("Statements", [request])
            for verb, table in PARTIQL.findall(each["Statement"])
        ]

    iam_actions.dynamodb_transaction_checks = with_statements


def judge_schedules_by_group(iam_actions: Any) -> None:
    """Where roles are enforced, name a schedule by its own group, not by the default one."""
    extract = iam_actions.extract_resource_arn

    @functools.wraps(extract)
    def with_group(service: str, *request: Any) -> str:
        arn: str = extract(service, *request)
        if service != "scheduler" or ":schedule/default/" not in arn:
            return arn
        _method, _path, _headers, body, query_params, *_scope = request
        asked = query_params.get("groupName") or json.loads(body or b"{}").get("GroupName")
        group = asked[0] if isinstance(asked, list) else asked
        return arn.replace(":schedule/default/", f":schedule/{group or 'default'}/")

    iam_actions.extract_resource_arn = with_group


def judge_queue_batches_by_item(iam_actions: Any) -> None:
    """Where roles are enforced, ask for sqs:SendMessage when a batch is sent, as AWS does."""
    extract = iam_actions.extract_iam_action

    @functools.wraps(extract)
    def without_batch(*request: Any) -> str | None:
        action: str | None = extract(*request)
        return action.removesuffix("Batch") if action and action.startswith("sqs:") else action

    iam_actions.extract_iam_action = without_batch
