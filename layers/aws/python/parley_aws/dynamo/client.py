"""The DynamoDB client, what its errors mean, and which requests may be repeated.

The SDK's own retries are off: they repeat a conditional write whose answer was lost and then
report a failed condition, which looks like a lost race. Here a repeated write that fails its
condition is asked about first (`run_if`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from botocore.exceptions import ClientError

from parley.errors import ParleyError, TransientError
from parley_aws import sdk
from parley_aws.wire import REQUEST_ERRORS, pause

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
R = TypeVar("R")

Item = dict[str, Any]
"""An item or a key in DynamoDB's JSON: `{"phone": {"S": "+1…"}}`."""

_ATTEMPTS = 8

_WITHOUT_EFFECT = frozenset(
    {
        "LimitExceeded",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingError",
        "TransactionConflict",
        "TransactionInProgress",
    }
)
_UNCLEAR = frozenset({"InternalServerError", "InternalServer", "ServiceUnavailable"})


class StoreError(ParleyError):
    """DynamoDB refused a request for a reason that another try cannot change."""


class Failure(Enum):
    """What an error says about the write it answers."""

    CONDITION = auto()
    WITHOUT_EFFECT = auto()
    UNCLEAR = auto()
    REFUSED = auto()


@cache
def dynamodb() -> DynamoDBClient:
    """The client of this process, for any number of threads."""
    return create_client()


def create_client(endpoint_url: str | None = None) -> DynamoDBClient:
    """A client with region, credentials and, where none is given, endpoint of the environment."""
    return cast("DynamoDBClient", sdk.lean_client("dynamodb", endpoint_url))


def failure_of(code: str, status: int = 400) -> Failure:
    """What an error code means, of a request or of one statement or part of it."""
    name = code.removesuffix("Exception")
    if name in ("ConditionalCheckFailed", "DuplicateItem"):
        return Failure.CONDITION
    if name in _WITHOUT_EFFECT:
        return Failure.WITHOUT_EFFECT
    if name in _UNCLEAR or status >= 500:
        return Failure.UNCLEAR
    return Failure.REFUSED


def failure(error: Exception) -> Failure:
    """What a failed request means. Anything but an error answer leaves its effect unclear."""
    if not isinstance(error, ClientError):
        return Failure.UNCLEAR
    code = error.response["Error"]["Code"]
    if code.startswith("TransactionCanceled"):
        reasons: Sequence[Mapping[str, str]] = error.response.get("CancellationReasons", ())  # type: ignore[assignment]
        causes = {failure_of(r["Code"]) for r in reasons if r.get("Code", "None") != "None"}
        for cause in (Failure.REFUSED, Failure.CONDITION, Failure.WITHOUT_EFFECT):
            if cause in causes:
                return cause
        return Failure.UNCLEAR
    return failure_of(code, error.response["ResponseMetadata"].get("HTTPStatusCode", 400))


def run(call: Callable[..., T], /, **params: Any) -> T:
    """The answer to a request that may be repeated without harm.

    Raises TransientError when it keeps failing, StoreError when it is refused.
    """
    answer = run_if(call, stands=None, **params)
    if answer is None:
        raise StoreError("a condition failed where none was expected")
    return answer


def run_if(
    call: Callable[..., T], /, *, stands: Callable[[], T | None] | None, **params: Any
) -> T | None:
    """The answer to a conditional write, or None where its condition failed.

    A write whose answer was lost is repeated. If that fails the condition, `stands` is asked: what
    it answers counts, None for a write that is not in the table. Without `stands`, a failed
    condition is final. Raises TransientError when it keeps failing, StoreError when it is refused.
    """
    unclear = False
    last: Exception | None = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            pause(attempt)
        try:
            return call(**params)
        except REQUEST_ERRORS as error:
            last = error
            match failure(error):
                case Failure.CONDITION:
                    return stands() if unclear and stands else None
                case Failure.REFUSED:
                    raise StoreError(f"DynamoDB refused a request: {error}") from error
                case Failure.UNCLEAR:
                    unclear = True
                case Failure.WITHOUT_EFFECT:
                    continue
    raise TransientError("DynamoDB does not answer") from last


def side_by_side(work: Callable[[T], R], parts: Iterable[T]) -> list[R]:
    """What `work` makes of each part, in order, the requests running at the same time."""
    listed = list(parts)
    if len(listed) < 2:
        return [work(part) for part in listed]
    return list(_threads().map(work, listed))


def start(work: Callable[[], T], /) -> Callable[[], T]:
    """Begin requests that run while others do; what waits for their result."""
    return _threads().submit(work).result


def within(longest: timedelta, work: Callable[[], T], /) -> T:
    """What requests come to. Raises TransientError where they take too long; they go on, and may
    still have their effect."""
    try:
        return _threads().submit(work).result(longest.total_seconds())
    except TimeoutError as error:
        raise TransientError("DynamoDB takes too long") from error


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="dynamodb")
