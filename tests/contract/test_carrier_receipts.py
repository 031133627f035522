"""The carrier simulator's status callbacks and what the behavior does to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from infra.local.carrier.numbers import number_of_service
from infra.local.carrier.signature import sign
from tests.support.carrier import ACCOUNT_SID, AUTH_TOKEN, Carrier, eventually, running_carrier
from tests.support.receiver import Received, Receiver

pytest_plugins = ["tests.support.carrier_fixtures"]
pytestmark = pytest.mark.enable_socket

HANDSET = "+15125550100"
SENDER = "+15125550199"
SERVICE = "MG" + "b2" * 16
QUERY = "/status?message_id=a%2Fb&x=%2B1%20+&empty="


def text(carrier: Carrier, callback: str, *, to: str = HANDSET, **more: object) -> str:
    message = carrier.client().messages.create(
        to=to, from_=SENDER, body="Hi", status_callback=callback, **more
    )
    return str(message.sid)


def status_of(carrier: Carrier, sid: str) -> str:
    return str(next(each["status"] for each in carrier.messages() if each["sid"] == sid))


def is_signed(receiver: Receiver, request: Received) -> bool:
    verified = RequestValidator(AUTH_TOKEN).validate(
        receiver.url + request.target, request.params, request.headers["X-Twilio-Signature"]
    )
    return bool(verified)


def test_sent_and_delivered_are_reported_signed_over_the_raw_url(
    carrier: Carrier, receiver: Receiver
) -> None:
    message = carrier.client().messages.create(
        to=HANDSET,
        messaging_service_sid=SERVICE,
        body="Zoë 👋",
        status_callback=receiver.url + QUERY,
    )
    eventually(lambda: len(receiver.received) == 2)
    sent, delivered = receiver.received
    shared = {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "From": number_of_service(SERVICE),
        "MessageSid": message.sid,
        "MessagingServiceSid": SERVICE,
        "SmsSid": message.sid,
        "To": HANDSET,
    }
    assert sent.params == {**shared, "MessageStatus": "sent", "SmsStatus": "sent"}
    done = delivered.params.pop("RawDlrDoneDate")
    assert re.fullmatch("[0-9]{10}", done)
    assert delivered.params == {**shared, "MessageStatus": "delivered", "SmsStatus": "delivered"}
    delivered.params["RawDlrDoneDate"] = done
    assert [each.target for each in receiver.received] == [QUERY, QUERY]
    assert all(is_signed(receiver, each) for each in receiver.received)
    assert sent.headers["Content-Type"].startswith("application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("url", "params", "signature"),
    [
        (
            "https://example.com/myapp.php?foo=1&bar=2",
            {
                "CallSid": "CA1234567890ABCDE",
                "Caller": "+14158675310",
                "Digits": "1234",
                "From": "+14158675310",
                "To": "+18005551212",
            },
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        ),
        (
            "https://api.acme.example/in?tenant=a%20b&x=%2B1",
            {"Body": "Zoë 👋 + & = % “quoted”\nline2", "From": "+447700900123"},
            "sLqR3SyNYQNZIBDH7uES3Nh5LXI=",
        ),
        (
            "https://api.acme.example/in",
            {"a": "1", "B": "2", "A": "3", "b": "4"},
            "nZKpUmgsucrU8KZhT2iEE2AxZ5s=",
        ),
    ],
)
def test_signature_is_twilios(url: str, params: dict[str, str], signature: str) -> None:
    assert sign(url=url, params=params, auth_token="12345") == signature


def test_no_callback_asked_for_none_posted(carrier: Carrier, receiver: Receiver) -> None:
    sid = carrier.client().messages.create(to=HANDSET, from_=SENDER, body="Hi").sid
    eventually(lambda: status_of(carrier, str(sid)) == "delivered")
    assert receiver.received == []


@pytest.mark.parametrize(
    ("behavior", "validity", "reports", "final", "code"),
    [
        ({"undelivered_rate": 1}, 60, ["sent", "undelivered"], "undelivered", None),
        ({"errors": [{"to": HANDSET, "error_code": 30007}]}, 60, ["sent", "undelivered"],
         "undelivered", "30007"),
        ({"errors": [{"to": "*", "error_code": 30023}]}, 60, ["failed"], "failed", "30023"),
        ({"delivery_delay_ms": 1100}, 1, ["failed"], "failed", "30036"),
        ({"reorder_callbacks": True}, 60, ["delivered", "sent"], "delivered", None),
        ({"undelivered_rate": 1, "reorder_callbacks": True}, 60, ["undelivered", "sent"],
         "undelivered", None),
        ({"duplicate_callback_rate": 1}, 60, ["delivered", "delivered", "sent", "sent"],
         "delivered", None),
    ],
)  # fmt: skip
def test_what_becomes_of_a_message(
    *,
    carrier: Carrier,
    receiver: Receiver,
    behavior: dict[str, object],
    validity: int,
    reports: list[str],
    final: str,
    code: str | None,
) -> None:
    carrier.behavior(**{"delivery_delay_ms": 20, **behavior})
    sid = text(carrier, receiver.url + QUERY, validity_period=validity)
    eventually(lambda: len(receiver.received) == len(reports))
    arrived = receiver.statuses_of(sid)
    assert (sorted(arrived) if "duplicate_callback_rate" in behavior else arrived) == reports
    fetched = carrier.client().messages(sid).fetch()
    assert fetched.status == final
    for request in receiver.of(sid):
        has_code = request.params["MessageStatus"] in ("failed", "undelivered")
        assert ("ErrorCode" in request.params) is has_code
    if code is not None:
        assert receiver.of(sid)[-1].params["ErrorCode"] == code
        assert fetched.error_code == int(code)
        assert fetched.error_message
    assert (fetched.date_sent is None) is (final == "failed")


def test_no_receipt_leaves_it_sent(carrier: Carrier, receiver: Receiver) -> None:
    carrier.behavior(delivery_delay_ms=10, no_receipt_rate=1)
    sid = text(carrier, receiver.url + QUERY)
    eventually(lambda: status_of(carrier, sid) == "sent")
    carrier.behavior(delivery_delay_ms=10)
    other = text(carrier, receiver.url + QUERY)
    eventually(lambda: len(receiver.of(other)) == 2)
    assert receiver.of(sid) == []
    assert status_of(carrier, sid) == "sent"


@pytest.mark.parametrize(
    ("fragment", "answers", "posts"),
    [
        ("", [500, 500, 500], 1),
        ("#rc=2&rp=all", [500, 500, 500], 3),
        ("#rc=2&rp=5xx,ct,rt", [500, 200], 2),
        ("#rc=2&rp=5xx", [404, 404], 1),
        ("#rc=2&rp=4xx", [404, 404, 404], 3),
        ("#rc=2", [500, 500], 1),
        ("#rc=many&rp=all", [500, 500], 1),
        ("#rp=all", [500, 500], 1),
    ],
)
def test_retries_only_if_the_fragment_asks(
    carrier: Carrier, receiver: Receiver, fragment: str, answers: list[int], posts: int
) -> None:
    carrier.behavior(delivery_delay_ms=10, errors=[{"to": "*", "error_code": 30001}])
    receiver.statuses = list(answers)
    sid = text(carrier, receiver.url + QUERY + fragment)
    eventually(lambda: len(receiver.received) == posts)
    carrier.inbound(from_=HANDSET, to=SENDER, body="a round trip later")
    assert receiver.statuses_of(sid) == ["failed"] * posts
    assert {each.target for each in receiver.of(sid)} == {QUERY}
    assert len({each.headers["I-Twilio-Idempotency-Token"] for each in receiver.of(sid)}) == 1
    assert all(is_signed(receiver, each) for each in receiver.received)


@pytest.mark.parametrize(
    ("error_code", "status"),
    [(21610, 400), (21614, 400), (20429, 429), (20003, 401), (20500, 500), (20503, 503)],
)
def test_errors_refuse_the_create(carrier: Carrier, error_code: int, status: int) -> None:
    carrier.behavior(errors=[{"to": HANDSET, "error_code": error_code, "times": 2}])
    for _ in range(2):
        with pytest.raises(TwilioRestException) as caught:
            carrier.client().messages.create(to=HANDSET, from_=SENDER, body="Hi")
        assert (caught.value.status, caught.value.code) == (status, error_code)
    assert carrier.client().messages.create(to="+15125550101", from_=SENDER, body="Hi").sid
    assert carrier.client().messages.create(to=HANDSET, from_=SENDER, body="Hi").sid
    assert len(carrier.messages(to=HANDSET)) == 1


def test_an_error_with_effect_was_accepted(carrier: Carrier) -> None:
    carrier.behavior(errors=[{"to": HANDSET, "error_code": 20500, "with_effect": True}])
    with pytest.raises(TwilioRestException):
        carrier.client().messages.create(to=HANDSET, from_=SENDER, body="Hi")
    assert len(carrier.messages(to=HANDSET)) == 1


def test_a_lost_answer_was_accepted(carrier: Carrier) -> None:
    carrier.behavior(lost_answer_rate=1, delivery_delay_ms=10)
    with pytest.raises(requests.ConnectionError):
        carrier.client().messages.create(to=HANDSET, from_=SENDER, body="Hi")
    eventually(lambda: [each["status"] for each in carrier.messages()] == ["delivered"])


def test_a_late_answer_was_accepted_first(carrier: Carrier, receiver: Receiver) -> None:
    carrier.behavior(latency_ms=400, delivery_delay_ms=20)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(text, carrier, receiver.url + QUERY)
        eventually(lambda: len(receiver.received) == 2)
        assert not answer.done()
        assert receiver.statuses_of(answer.result()) == ["sent", "delivered"]


def _luck(carrier: Carrier, order: Callable[[list[str]], list[str]]) -> dict[str, int]:
    """Text 60 numbers in some order, eight at a time; return the HTTP status of each."""
    numbers = [f"+1512555{n:04d}" for n in range(60)]
    path = f"{carrier.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"

    def create(to: str) -> int:
        form = urlencode({"To": to, "From": SENDER, "Body": "Hi"})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        auth = (ACCOUNT_SID, AUTH_TOKEN)
        return requests.post(path, form, headers=headers, auth=auth, timeout=10).status_code

    shuffled = order(numbers)
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(shuffled, pool.map(create, shuffled), strict=True))


def test_luck_depends_on_the_seed_and_not_on_the_order(carrier: Carrier) -> None:
    luck = {"http_429_rate": 0.3, "http_500_rate": 0.4, "undelivered_rate": 0.5}
    carrier.behavior(seed=7, **luck)
    first = _luck(carrier, list)
    accepted = {each["to"] for each in carrier.messages()}
    counts = Counter(first.values())
    assert set(counts) == {201, 429, 500}
    failed = {number for number, status in first.items() if status == 500}
    assert failed & accepted
    assert failed - accepted
    assert not accepted & {number for number, status in first.items() if status == 429}

    carrier.forget()
    carrier.behavior(seed=7, **luck)
    assert _luck(carrier, lambda numbers: numbers[::-1]) == first
    assert {each["to"] for each in carrier.messages()} == accepted

    carrier.behavior(seed=8, **luck)
    assert _luck(carrier, list) != first


def test_a_receiver_that_is_gone_stops_nothing() -> None:
    with running_carrier() as carrier:
        carrier.behavior(delivery_delay_ms=10)
        sid = text(carrier, "http://127.0.0.1:9/status#rc=1")
        eventually(lambda: status_of(carrier, sid) == "delivered")


def test_forgotten_messages_are_not_reported(carrier: Carrier, receiver: Receiver) -> None:
    carrier.behavior(delivery_delay_ms=200)
    forgotten = text(carrier, receiver.url + QUERY)
    carrier.forget()
    kept = text(carrier, receiver.url + QUERY)
    eventually(lambda: len(receiver.of(kept)) == 2)
    assert receiver.of(forgotten) == []
