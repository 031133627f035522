"""Values as DynamoDB keeps them: nothing is lost, and what it can't hold is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import InvalidInputError
from parley_aws.dynamo.client import Failure, failure_of
from parley_aws.dynamo.codec import (
    attribute,
    chunks,
    decode,
    encode,
    milliseconds,
    moment_at,
    moment_of,
    number,
    plain,
    stamp,
)
from parley_aws.dynamo.reading import pack_key, unpack_key

MOMENTS = st.datetimes(
    timezones=st.just(UTC),
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001  # bounds are naive
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001  # likewise
)
VALUES = st.recursive(
    st.text()
    | st.booleans()
    | st.integers(-(10**37), 10**37)
    | st.floats(-1e30, 1e30).filter(lambda f: f == 0 or abs(f) > 1e-90)
    | st.frozensets(st.text(), min_size=1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner),
    max_leaves=12,
)


@given(VALUES)
def test_values_survive_the_wire(value: object) -> None:
    assert plain(json.loads(json.dumps(attribute(value)))) == value


@given(MOMENTS)
def test_moments_survive(moment: datetime) -> None:
    assert moment_of(stamp(moment)) == moment


@given(MOMENTS, MOMENTS)
def test_stamps_sort_by_time(one: datetime, other: datetime) -> None:
    assert (stamp(one) < stamp(other)) == (one < other)


@given(MOMENTS)
def test_milliseconds_never_shorten(moment: datetime) -> None:
    kept = moment_at(milliseconds(moment))
    assert timedelta(0) <= kept - moment < timedelta(milliseconds=1)
    assert milliseconds(kept) == milliseconds(moment)


def test_a_moment_elsewhere_is_kept_in_utc() -> None:
    moment = datetime(2026, 11, 22, 7, tzinfo=timezone(timedelta(hours=-5)))
    assert stamp(moment) == "2026-11-22T12:00:00.000000Z"


def test_a_moment_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        stamp(datetime(2026, 11, 22))  # noqa: DTZ001  # the case in question


def test_what_is_absent_is_left_out() -> None:
    assert decode(encode({"a": None, "b": frozenset(), "c": "", "d": 0})) == {"c": "", "d": 0}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e200, 10**40])
def test_numbers_that_dynamodb_cannot_hold_are_refused(value: float) -> None:
    with pytest.raises(InvalidInputError):
        number(value)


def test_numbers_too_small_to_hold_are_nothing() -> None:
    assert number(1e-200) == "0"


def test_what_has_no_place_is_refused() -> None:
    with pytest.raises(TypeError):
        attribute(object())
    with pytest.raises(TypeError):
        plain({"B": "AAAA"})


def test_chunks_cover_everything() -> None:
    assert [list(c) for c in chunks(range(5), 2)] == [[0, 1], [2, 3], [4]]


def test_keys_to_go_on_from_are_opaque_and_checked() -> None:
    key = {"pk": {"S": "a"}}
    assert unpack_key(pack_key(key)) == {"ExclusiveStartKey": key}
    assert pack_key(None) is None
    assert unpack_key(None) == {}
    with pytest.raises(InvalidInputError):
        unpack_key("%%%")


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("ConditionalCheckFailedException", 400, Failure.CONDITION),
        ("ConditionalCheckFailed", 400, Failure.CONDITION),
        ("DuplicateItem", 400, Failure.CONDITION),
        ("ProvisionedThroughputExceededException", 400, Failure.WITHOUT_EFFECT),
        ("ThrottlingError", 400, Failure.WITHOUT_EFFECT),
        ("TransactionConflictException", 400, Failure.WITHOUT_EFFECT),
        ("InternalServerError", 500, Failure.UNCLEAR),
        ("SomethingNew", 503, Failure.UNCLEAR),
        ("ValidationException", 400, Failure.REFUSED),
        ("AccessDeniedException", 400, Failure.REFUSED),
    ],
)
def test_what_errors_mean(code: str, status: int, meaning: Failure) -> None:
    assert failure_of(code, status) is meaning
