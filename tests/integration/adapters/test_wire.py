"""The lean DynamoDB client tells what came of a request as the SDK's own would."""

from __future__ import annotations

import socket
from typing import cast

import pytest
from aiohttp import web
from botocore.exceptions import ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from parley_aws.dynamo.client import Failure, create_client, failure, run
from parley_aws.wire import WireClient
from tests.support.scripted_twilio import Answer, hangs_up, running_scripted_twilio, says

PREFIX = "com.amazonaws.dynamodb.v20120810#"
KEY = {"phone": {"S": "+12015550123"}}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "here")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def error_of(*answers: Answer) -> Exception:
    """What a read raises that is answered so."""
    with running_scripted_twilio(*answers) as script, pytest.raises(Exception) as caught:  # noqa: PT011  # its kind is what is asked for
        create_client(script.url).get_item(TableName="contacts", Key=KEY)
    return caught.value


def test_a_request_is_signed_and_its_answer_comes_as_it_is() -> None:
    asked: list[tuple[dict[str, str], object]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append((dict(request.headers), await request.json()))
        return web.json_response({"Item": {"n": {"N": "1"}, "b": {"BOOL": True}}})

    with running_scripted_twilio(answer) as script:
        client = create_client(script.url)
        got = client.get_item(TableName="contacts", Key=KEY, ConsistentRead=True)
    assert got["Item"] == {"n": {"N": "1"}, "b": {"BOOL": True}}
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 200
    ((headers, body),) = asked
    assert body == {"TableName": "contacts", "Key": KEY, "ConsistentRead": True}
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.GetItem"
    assert headers["Content-Type"] == "application/x-amz-json-1.0"
    assert headers["X-Amz-Security-Token"] == "token"
    assert "/eu-west-1/dynamodb/aws4_request" in headers["Authorization"]


def test_head_and_body_go_out_together(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    send = socket.socket.sendall

    def noted(self: socket.socket, data: bytes) -> None:
        sent.append(data)
        send(self, data)

    monkeypatch.setattr(socket.socket, "sendall", noted)
    with running_scripted_twilio(hangs_up, says(200, {}), says(200, {})) as script:
        client = create_client(script.url)
        with pytest.raises(HTTPClientError):
            client.get_item(TableName="contacts", Key=KEY)
        for _ in range(2):
            client.get_item(TableName="contacts", Key=KEY)
    assert [data[:4] for data in sent] == [b"POST"] * 3
    assert all(data.count(b"POST") == 1 and data.endswith(b"}") for data in sent)


def test_an_error_keeps_its_code_and_all_that_was_answered() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no"}]
    error = error_of(
        says(
            400,
            {
                "__type": f"{PREFIX}TransactionCanceledException",
                "Message": "canceled",
                "CancellationReasons": reasons,
            },
        )
    )
    assert isinstance(error, ClientError)
    assert error.response["Error"] == {
        "Code": "TransactionCanceledException",
        "Message": "canceled",
    }
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error.operation_name == "GetItem"
    assert failure(error) is Failure.CONDITION


@pytest.mark.parametrize(
    ("answer", "kind", "means"),
    [
        (says(503, "<html>busy</html>"), ClientError, Failure.UNCLEAR),
        (says(500, {"__type": f"{PREFIX}InternalServerError"}), ClientError, Failure.UNCLEAR),
        (
            says(400, {"__type": f"{PREFIX}ThrottlingException"}),
            ClientError,
            Failure.WITHOUT_EFFECT,
        ),
        (says(400, {"__type": f"{PREFIX}ValidationException"}), ClientError, Failure.REFUSED),
        (says(200, "not JSON"), ResponseParserError, Failure.UNCLEAR),
        (hangs_up, HTTPClientError, Failure.UNCLEAR),
    ],
)
def test_every_failure_reads_as_the_sdk_reads_it(
    answer: Answer, kind: type[Exception], means: Failure
) -> None:
    error = error_of(answer)
    assert isinstance(error, kind)
    assert failure(error) is means


def test_nobody_there_is_unclear() -> None:
    with running_scripted_twilio() as script:
        url = script.url
    with pytest.raises(HTTPClientError) as caught:
        create_client(url).get_item(TableName="contacts", Key=KEY)
    assert failure(caught.value) is Failure.UNCLEAR


def test_nothing_is_repeated_but_by_who_asks() -> None:
    busy = says(503, {"__type": f"{PREFIX}ServiceUnavailable"})
    with running_scripted_twilio(busy, says(200, {"Item": KEY})) as script:
        client = create_client(script.url)
        with pytest.raises(ClientError):
            client.get_item(TableName="contacts", Key=KEY)
        assert len(script.requests) == 1
    with running_scripted_twilio(busy, says(200, {"Item": KEY})) as script:
        answer = run(create_client(script.url).get_item, TableName="contacts", Key=KEY)
        assert answer["Item"] == KEY
        assert len(script.requests) == 2


def test_a_proxy_is_left_to_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://dynamodb.example"
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert isinstance(cast("object", create_client(url)), WireClient)
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    assert not isinstance(cast("object", create_client(url)), WireClient)
