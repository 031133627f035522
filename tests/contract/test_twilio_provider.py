"""What Twilio's answers mean for us, through its real SDK over real sockets."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from parley.errors import TransientError
from parley.money import Money
from parley.outcome import MessageStatus
from parley_aws import twilio_provider
from parley_aws.clock import SystemClock
from parley_aws.ports import PostStatus, Text
from parley_aws.twilio_provider import TwilioProvider, status_callback_at
from tests.support.scripted_twilio import (
    Answer,
    ScriptedTwilio,
    hangs_up,
    running_scripted_twilio,
    says,
)

ACCOUNT = "AC" + "0" * 32
SID = "SM" + "1" * 32
CREATED = {"sid": SID, "status": "accepted", "error_code": None, "num_segments": "0"}


def text(**changes: Any) -> Text:
    fields: dict[str, Any] = {
        "message_id": "snd_1-abc",
        "to": "+12015550123",
        "body": "Hi Ann & Bob 😀",
        "messaging_service_sid": "MG" + "2" * 32,
        "from_": None,
        "validity": timedelta(minutes=90, microseconds=5),
        "post_by": datetime.now(UTC) + timedelta(seconds=5),
    }
    return Text(**{**fields, **changes})


@contextmanager
def twilio(*answers: Answer) -> Iterator[tuple[TwilioProvider, ScriptedTwilio]]:
    with running_scripted_twilio(*answers) as script:
        provider = provider_at(script.url)
        try:
            yield provider, script
        finally:
            provider.close()


def provider_at(url: str) -> TwilioProvider:
    return TwilioProvider(
        account_sid=ACCOUNT,
        auth_token="token",
        api_base_url=url,
        status_callback=status_callback_at("https://parley.example"),
        clock=SystemClock(),
        chance=lambda: 0.5,
    )


def refusal(status: int, code: int | None) -> Answer:
    return says(status, {"code": code, "message": "no", "more_info": "", "status": status})


def test_a_create_names_everything_the_provider_needs() -> None:
    with twilio(says(201, CREATED)) as (provider, script):
        [result] = provider.post([text()])
    assert (result.status, result.sid) == (PostStatus.ACCEPTED, SID)
    method, path, authorization = script.requests[0]
    assert (method, path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert base64.b64decode(authorization.removeprefix("Basic ")) == f"{ACCOUNT}:token".encode()
    assert script.forms[0] == {
        "To": "+12015550123",
        "Body": "Hi Ann & Bob 😀",
        "MessagingServiceSid": "MG" + "2" * 32,
        "ValidityPeriod": "5400",
        "StatusCallback": "https://parley.example/webhooks/twilio/status?message_id=snd_1-abc",
    }


def test_a_number_as_sender_goes_as_from() -> None:
    with twilio(says(201, CREATED)) as (provider, script):
        provider.post([text(messaging_service_sid=None, from_="+15005550006")])
    assert script.forms[0]["From"] == "+15005550006"
    assert "MessagingServiceSid" not in script.forms[0]


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        pytest.param(says(201, CREATED), PostStatus.ACCEPTED, None, id="created"),
        pytest.param(refusal(400, 21610), PostStatus.REFUSED, "21610", id="unsubscribed"),
        pytest.param(refusal(400, 21211), PostStatus.REFUSED, "21211", id="invalid number"),
        pytest.param(refusal(401, 20003), PostStatus.REFUSED, "20003", id="wrong token"),
        pytest.param(refusal(404, 20404), PostStatus.REFUSED, "20404", id="not found"),
        pytest.param(refusal(400, 29999), PostStatus.REFUSED, "29999", id="a new code"),
        pytest.param(refusal(429, 20429), PostStatus.THROTTLED, None, id="throttled"),
        pytest.param(says(429, "slow down"), PostStatus.THROTTLED, None, id="throttled by a proxy"),
        pytest.param(refusal(400, 21611), PostStatus.THROTTLED, None, id="queue full"),
        pytest.param(refusal(500, 20500), PostStatus.AMBIGUOUS, None, id="server error"),
        pytest.param(refusal(503, 20503), PostStatus.AMBIGUOUS, None, id="unavailable"),
        pytest.param(refusal(400, 20500), PostStatus.AMBIGUOUS, None, id="20500 in a 400"),
        pytest.param(says(502, "<html>"), PostStatus.AMBIGUOUS, None, id="gateway"),
        pytest.param(says(408, ""), PostStatus.AMBIGUOUS, None, id="timeout of a proxy"),
        pytest.param(says(400, "<html>"), PostStatus.AMBIGUOUS, None, id="400 of a proxy"),
        pytest.param(refusal(400, None), PostStatus.AMBIGUOUS, None, id="400 without a code"),
        pytest.param(says(307, ""), PostStatus.AMBIGUOUS, None, id="redirect"),
        pytest.param(says(201, "{oops"), PostStatus.AMBIGUOUS, None, id="201 cut short"),
        pytest.param(says(201, "[]"), PostStatus.AMBIGUOUS, None, id="201 of another shape"),
        pytest.param(says(201, ""), PostStatus.AMBIGUOUS, None, id="201 empty"),
        pytest.param(says(200, {"status": "queued"}), PostStatus.AMBIGUOUS, None, id="no sid"),
        pytest.param(hangs_up, PostStatus.AMBIGUOUS, None, id="reset"),
    ],
)
def test_g3_every_answer_is_read_for_whether_the_text_was_taken(
    answer: Answer, status: PostStatus, code: str | None
) -> None:
    with twilio(answer) as (provider, _):
        [result] = provider.post([text(post_by=datetime.now(UTC) + timedelta(seconds=1))])
    assert (result.status, result.error_code) == (status, code)


def test_g3_an_answer_that_takes_too_long_is_ambiguous_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(twilio_provider, "_ANSWER_WITHIN", 0.2)
    with twilio(says(201, CREATED, after=2)) as (provider, script):
        [result] = provider.post([text()])
    assert result.status is PostStatus.AMBIGUOUS
    assert len(script.requests) == 1


def test_g3_a_cut_kept_alive_connection_is_never_used_for_a_second_post() -> None:
    with twilio(says(201, CREATED), hangs_up, says(201, CREATED)) as (provider, script):
        assert provider.post([text()])[0].status is PostStatus.ACCEPTED
        assert provider.post([text()])[0].status is PostStatus.AMBIGUOUS
    assert len(script.requests) == 2


def test_throttled_is_tried_again_while_there_is_time() -> None:
    with twilio(refusal(429, 20429), refusal(429, 20429), says(201, CREATED)) as (provider, script):
        [result] = provider.post([text()])
    assert result.status is PostStatus.ACCEPTED
    assert len(script.requests) == 3


def test_g1_no_post_starts_after_post_by() -> None:
    with twilio(says(201, CREATED)) as (provider, script):
        [result] = provider.post([text(post_by=SystemClock().now())])
    assert result.status is PostStatus.TOO_LATE
    assert script.requests == []


def test_g1_backoff_that_would_cross_post_by_gives_up() -> None:
    started = time.monotonic()
    with twilio(refusal(429, 20429)) as (provider, script):
        [result] = provider.post([text(post_by=datetime.now(UTC) + timedelta(milliseconds=250))])
    assert result.status is PostStatus.THROTTLED
    assert len(script.requests) == 2
    assert time.monotonic() - started < 2


def test_nothing_was_posted_where_no_connection_came_about() -> None:
    with running_scripted_twilio(says(201, CREATED)) as script:
        gone = script.url
    provider = provider_at(gone)
    [result] = provider.post([text()])
    provider.close()
    assert result.status is PostStatus.TOO_LATE


def test_texts_are_posted_side_by_side_in_order() -> None:
    with twilio(says(201, CREATED, after=0.3)) as (provider, script):
        started = time.monotonic()
        results = provider.post([text(to=f"+1201555{n:04d}") for n in range(150)])
        took = time.monotonic() - started
    assert [r.status for r in results] == [PostStatus.ACCEPTED] * 150
    assert len(script.requests) == 150
    assert took < 4


def test_find_reads_all_pages_of_a_number_and_stops_at_the_time_asked_for() -> None:
    def listed(sid: str, created: str, **fields: Any) -> dict[str, Any]:
        return {
            "sid": sid,
            "to": "+12015550123",
            "body": "Hi",
            "status": "delivered",
            "error_code": None,
            "date_created": created,
            **fields,
        }

    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    first = {
        "messages": [
            listed("SM3", "Sun, 22 Nov 2026 12:00:09 +0000", status="undelivered", error_code=30003)
        ],
        "next_page_uri": f"{path}?PageSize=1&Page=1",
    }
    second = {
        "messages": [
            listed("SM2", "Sun, 22 Nov 2026 12:00:07 +0000"),
            listed("SM4", "Sun, 22 Nov 2026 12:00:07 +0000", status="received"),
            listed("SM1", "Sun, 22 Nov 2026 11:59:00 +0000"),
        ],
        "next_page_uri": f"{path}?PageSize=1&Page=2",
    }
    with twilio(says(200, first), says(200, second)) as (provider, script):
        found = provider.find(
            "+12015550123", since=datetime(2026, 11, 22, 12, 0, 7, 900_000, tzinfo=UTC)
        )
    assert [(m.sid, m.outcome.status, m.error_code) for m in found] == [
        ("SM3", MessageStatus.UNDELIVERED, "30003"),
        ("SM2", MessageStatus.DELIVERED, None),
    ]
    assert found[1].created_at == datetime(2026, 11, 22, 12, 0, 7, tzinfo=UTC)
    assert [request[0] for request in script.requests] == ["GET", "GET"]
    assert "To=%2B12015550123" in script.requests[0][1]


@pytest.mark.parametrize("answer", [refusal(500, 20500), hangs_up, says(200, "{oops")])
def test_find_raises_a_transient_error_where_twilio_does_not_answer(answer: Answer) -> None:
    with twilio(answer) as (provider, _), pytest.raises(TransientError):
        provider.find("+12015550123", since=datetime.now(UTC))


def test_prices_are_read_one_by_one_and_what_is_not_settled_is_left_out() -> None:
    def priced(price: str | None, unit: str | None = "USD") -> Answer:
        return says(200, {"sid": SID, "price": price, "price_unit": unit})

    answers = [
        *(priced("-0.00830"), priced(None), priced("0"), priced("much"), priced("NaN")),
        *(priced("-1", None), refusal(404, 20404), says(502, "<html>"), hangs_up),
    ]
    found: list[Money | None] = []
    for answer in answers:
        with twilio(answer) as (provider, script):
            found.append(provider.prices([SID]).get(SID))
            assert script.requests[0][:2] == (
                "GET",
                f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}.json",
            )
    charged = Money(amount=Decimal("0.00830"), currency="USD")
    free = Money(amount=Decimal(0), currency="USD")
    assert found == [charged, None, free, None, None, None, None, None, None]
