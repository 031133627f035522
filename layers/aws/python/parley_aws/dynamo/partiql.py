"""Up to 25 independent conditional writes in one request, at one write unit each.

The dialect is what AWS and the engines on one machine have in common: one SET, `IS MISSING`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.errors import TransientError
from parley_aws.dynamo.client import Failure, StoreError, failure, failure_of, side_by_side
from parley_aws.dynamo.codec import chunks
from parley_aws.ports import WriteResult
from parley_aws.wire import REQUEST_ERRORS, pause

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH = 25
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Statement:
    """One write: its text and the attributes for its question marks."""

    text: str
    parameters: list[dict[str, Any]]


def insert(table: str, item: Mapping[str, Any]) -> Statement:
    """Put an item unless its key is taken, which reads as a conflict."""
    members = ", ".join(f"'{name}': ?" for name in item)
    return Statement(f'INSERT INTO "{table}" VALUE {{{members}}}', list(item.values()))


def update(table: str, assignment: str) -> str:
    """The text of an update, from `SET` on."""
    return f'UPDATE "{table}" {assignment}'


def write(client: DynamoDBClient, statements: Sequence[Statement]) -> list[WriteResult]:
    """What became of each of any number of writes, in order; each item is written once at most.

    A write that was surely without effect is tried again; one that may have had its effect is not,
    and reads as ambiguous. Raises StoreError for a statement that DynamoDB refuses.
    """
    results: list[WriteResult] = []
    for part in side_by_side(lambda batch: _write(client, batch), chunks(statements, _BATCH)):
        results.extend(part)
    return results


def insert_once(client: DynamoDBClient, table: str, items: Iterable[Mapping[str, Any]]) -> bool:
    """Put items; one whose key is taken is left as it is. Whether all keys were surely free.

    Raises TransientError where it is not certain that all are there.
    """
    waiting = [insert(table, item) for item in items]
    all_free = True
    for attempt in range(_ATTEMPTS):
        if attempt:
            pause(attempt)
        results = write(client, waiting)
        all_free &= all(result is WriteResult.WRITTEN for result in results)
        waiting = [
            statement
            for statement, result in zip(waiting, results, strict=True)
            if result is WriteResult.AMBIGUOUS
        ]
        if not waiting:
            return all_free
    raise TransientError("DynamoDB does not say whether everything was put")


def _write(client: DynamoDBClient, statements: Sequence[Statement]) -> list[WriteResult]:
    results = [WriteResult.AMBIGUOUS] * len(statements)
    waiting = list(range(len(statements)))
    for attempt in range(_ATTEMPTS):
        if attempt:
            pause(attempt)
        try:
            answer = client.batch_execute_statement(
                Statements=[
                    {"Statement": statements[i].text, "Parameters": statements[i].parameters}
                    for i in waiting
                ]
            )
        except REQUEST_ERRORS as error:
            match failure(error):
                case Failure.WITHOUT_EFFECT:
                    continue
                case Failure.UNCLEAR:
                    return results
            raise StoreError(f"DynamoDB refused a batch: {error}") from error
        again = []
        for i, response in zip(waiting, answer["Responses"], strict=True):
            what = _failure_of_statement(response)
            if what is None:
                results[i] = WriteResult.WRITTEN
            elif what is Failure.CONDITION:
                results[i] = WriteResult.CONFLICT
            elif what is Failure.WITHOUT_EFFECT:
                again.append(i)
        waiting = again
        if not waiting:
            break
    return results


def _failure_of_statement(response: Mapping[str, Any]) -> Failure | None:
    error = response.get("Error")
    if not error:
        return None
    what = failure_of(error.get("Code", ""))
    if what is Failure.REFUSED:
        raise StoreError(f"DynamoDB refused a statement: {error}")
    return what
