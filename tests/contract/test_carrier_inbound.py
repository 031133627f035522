"""The carrier simulator's inbound side: keywords, webhook, TwiML, personas."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from infra.local.carrier.numbers import number_of_service
from tests.support.carrier import ACCOUNT_SID, AUTH_TOKEN, Carrier, eventually, running_carrier
from tests.support.receiver import EMPTY_TWIML, Receiver

pytest_plugins = ["tests.support.carrier_fixtures"]
pytestmark = pytest.mark.enable_socket

HANDSET = "+15125550100"
SENDER = "+15125550199"
TOLL_FREE = "+18885550199"
SERVICE = "MG" + "b2" * 16


def is_blocked(carrier: Carrier, sender: str, to: str = HANDSET) -> bool:
    """Try to text; a text that goes through stays in the records."""
    where = {"messaging_service_sid": sender} if sender.startswith("MG") else {"from_": sender}
    try:
        carrier.client().messages.create(to=to, body="still there?", **where)
    except TwilioRestException as error:
        return (error.status, error.code) == (400, 21610)
    return False


def replies(carrier: Carrier, origin: str) -> list[str]:
    return [each["body"] for each in carrier.messages(to=HANDSET) if each["origin"] == origin]


def test_webhook_is_twilios(carrier: Carrier, receiver: Receiver) -> None:
    body = "Zoë 👋 + & = % “quoted”\nline2"
    answer = carrier.inbound(from_=HANDSET, to=SENDER, body=body)
    (request,) = receiver.received
    assert answer == {
        "sid": request.params["MessageSid"],
        "webhook_status": 200,
        "error_code": None,
    }
    assert request.target == "/inbound?tenant=a%20b"
    assert request.params == {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "Body": body,
        "From": HANDSET,
        "FromCity": "",
        "FromCountry": "US",
        "FromState": "",
        "FromZip": "",
        "MessageSid": answer["sid"],
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsMessageSid": answer["sid"],
        "SmsSid": answer["sid"],
        "SmsStatus": "received",
        "To": SENDER,
        "ToCity": "",
        "ToCountry": "US",
        "ToState": "",
        "ToZip": "",
    }
    assert RequestValidator(AUTH_TOKEN).validate(
        receiver.url + request.target, request.params, request.headers["X-Twilio-Signature"]
    )
    (shown,) = carrier.messages(from_=HANDSET, direction="inbound")
    assert (shown["sid"], shown["to"], shown["status"]) == (answer["sid"], SENDER, "received")
    assert carrier.client().messages(answer["sid"]).fetch().direction == "inbound"


def test_service_is_named_by_its_sid_and_by_its_number(
    carrier: Carrier, receiver: Receiver
) -> None:
    for to in (SERVICE, number_of_service(SERVICE)):
        carrier.inbound(from_=HANDSET, to=to, body="hi")
    for request in receiver.received:
        assert request.params["To"] == number_of_service(SERVICE)
        assert request.params["MessagingServiceSid"] == SERVICE
    assert len(carrier.messages(to=SERVICE)) == 2


@pytest.mark.parametrize("sender", [SENDER, SERVICE])
@pytest.mark.parametrize(
    "word",
    ["STOP", " stop\n", "StopAll", "unsubscribe", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"],
)
def test_stop_blocks_that_sender_and_start_undoes(
    carrier: Carrier, receiver: Receiver, sender: str, word: str
) -> None:
    carrier.inbound(from_=HANDSET, to=sender, body=word)
    carrier.inbound(from_=HANDSET, to=sender, body=word)
    assert len(replies(carrier, "provider")) == 1
    assert is_blocked(carrier, sender)
    assert not is_blocked(carrier, "+15125550198")
    assert not is_blocked(carrier, sender, to="+15125550101")
    assert [each.params["Body"] for each in receiver.received] == [word, word]
    assert "OptOutType" not in receiver.received[0].params
    carrier.inbound(from_=HANDSET, to=sender, body="start")
    assert len(replies(carrier, "provider")) == 2
    assert not is_blocked(carrier, sender)


@pytest.mark.parametrize("word", ["OPT OUT", "Stop please", "stop.", "ARRET", "", "don't stop"])
def test_other_words_block_nothing(carrier: Carrier, word: str) -> None:
    carrier.inbound(from_=HANDSET, to=SENDER, body=word)
    assert replies(carrier, "provider") == []
    assert not is_blocked(carrier, SENDER)


@pytest.mark.parametrize(
    ("sender", "word", "undone"),
    [(SENDER, "YES", True), (SENDER, "UNSTOP", True), (TOLL_FREE, "UNSTOP", True),
     (TOLL_FREE, "YES", False), (SENDER, "yes please", False)],
)  # fmt: skip
def test_what_undoes_a_stop(carrier: Carrier, sender: str, word: str, undone: bool) -> None:
    carrier.inbound(from_=HANDSET, to=sender, body="STOP")
    carrier.inbound(from_=HANDSET, to=sender, body=word)
    assert is_blocked(carrier, sender) is not undone


def test_yes_and_help_of_someone_who_never_left(carrier: Carrier) -> None:
    carrier.inbound(from_=HANDSET, to=SENDER, body="YES")
    assert replies(carrier, "provider") == []
    carrier.inbound(from_=HANDSET, to=SENDER, body="help")
    (confirmation,) = carrier.messages(to=HANDSET)
    assert (confirmation["origin"], confirmation["direction"]) == ("provider", "outbound-reply")


@pytest.mark.parametrize(
    ("policy", "named", "blocks"),
    [("twilio", None, True), ("advanced", "STOP", True), ("ours", None, False)],
)
def test_keyword_replies(
    carrier: Carrier, receiver: Receiver, policy: str, named: str | None, blocks: bool
) -> None:
    settings = {"default": "twilio", "senders": {SERVICE: policy}}
    assert carrier.control("PUT", "/simulator/keyword-replies", settings) == settings
    carrier.inbound(from_=HANDSET, to=number_of_service(SERVICE), body="hello")
    carrier.inbound(from_=HANDSET, to=SERVICE, body="stop")
    named_in = [each.params.get("OptOutType") for each in receiver.received]
    if policy == "ours":
        assert replies(carrier, "provider") == []
    assert named_in == [None, named]
    assert is_blocked(carrier, SERVICE) is blocks


@pytest.mark.parametrize(
    ("content_type", "body", "texts", "error_code"),
    [
        ("text/xml", EMPTY_TWIML, [], None),
        ("text/xml", "", [], None),
        ("application/xml", "<Response><Message>One &amp; two</Message></Response>",
         ["One & two"], None),
        ("TEXT/XML; charset=utf-8",
         "<Response><Message><Body>One</Body></Message><Message>Two</Message></Response>",
         ["One", "Two"], None),
        ("text/plain", "OK", ["OK"], None),
        ("text/plain; charset=utf-8", "", [], None),
        ("application/json", '{"ok": true}', [], 12300),
        ("text/xml", "<Response><Message>", [], 12100),
        ("text/xml", "<Answer><Message>Hi</Message></Answer>", [], 12100),
        ("text/xml", '<!DOCTYPE r [<!ENTITY a "x">]><Response><Message/></Response>', [], None),
    ],
)  # fmt: skip
def test_answers_are_texted_back(
    *,
    carrier: Carrier,
    receiver: Receiver,
    content_type: str,
    body: str,
    texts: list[str],
    error_code: int | None,
) -> None:
    receiver.content_type, receiver.body = content_type, body
    answer = carrier.inbound(from_=HANDSET, to=SENDER, body="hi")
    assert (answer["webhook_status"], answer["error_code"]) == (200, error_code)
    sent = carrier.messages(to=HANDSET, direction="outbound")
    assert [each["body"] for each in sent] == texts
    assert all((each["from"], each["origin"]) == (SENDER, "twiml") for each in sent)
    eventually(lambda: all(m["status"] == "delivered" for m in carrier.messages(to=HANDSET)))


def test_an_answer_to_someone_who_left_is_blocked(carrier: Carrier, receiver: Receiver) -> None:
    receiver.body = "<Response><Message>Bye!</Message></Response>"
    answer = carrier.inbound(from_=HANDSET, to=SENDER, body="STOP")
    assert (answer["webhook_status"], answer["error_code"]) == (200, 21610)
    assert replies(carrier, "twiml") == []


@pytest.mark.parametrize("status", [403, 500])
def test_a_refusing_webhook(carrier: Carrier, receiver: Receiver, status: int) -> None:
    receiver.status = status
    answer = carrier.inbound(from_=HANDSET, to=SENDER, body="hi")
    assert (answer["webhook_status"], answer["error_code"]) == (status, 11200)
    assert len(receiver.received) == 1


def test_no_webhook_and_no_listener(receiver: Receiver) -> None:
    with running_carrier() as carrier:
        answer = carrier.inbound(from_=HANDSET, to=SENDER, body="STOP")
        assert (answer["webhook_status"], answer["error_code"]) == (None, None)
        assert is_blocked(carrier, SENDER)
        carrier.inbound_url("http://127.0.0.1:9/inbound")
        answer = carrier.inbound(from_=HANDSET, to=SENDER, body="hi")
        assert (answer["webhook_status"], answer["error_code"]) == (None, 11200)
        carrier.inbound_url(receiver.url + "/late")
        assert carrier.inbound(from_=HANDSET, to=SENDER, body="hi")["webhook_status"] == 200
        assert receiver.received[0].target == "/late"


def persona(**settings: object) -> dict[str, object]:
    return {"delivery_delay_ms": 10, "persona": {"reply_delay_ms": [1, 5], **settings}}


def test_handsets_answer_and_opt_out_by_their_shares(carrier: Carrier, receiver: Receiver) -> None:
    carrier.behavior(
        seed=3, **persona(reply_rate=0.5, stop_rate=0.25, replies=["sure"], stops=["STOP"])
    )
    client = carrier.client()
    handsets = [f"+1512555{n:04d}" for n in range(60)]
    for handset in handsets:
        client.messages.create(to=handset, messaging_service_sid=SERVICE, body="2 for 1. Reply YES")
    eventually(lambda: all(m["status"] == "delivered" for m in carrier.messages(from_=SERVICE)))
    eventually(lambda: len(receiver.received) >= 30)
    said = [each.params["Body"] for each in receiver.received]
    assert 18 <= said.count("sure") <= 42
    assert 5 <= said.count("STOP") <= 27
    assert {each.params["MessagingServiceSid"] for each in receiver.received} == {SERVICE}
    assert len({each.params["From"] for each in receiver.received}) == len(said)


def test_an_answer_to_ones_own_text_is_not_answered(carrier: Carrier, receiver: Receiver) -> None:
    receiver.body = "<Response><Message>Welcome!</Message></Response>"
    carrier.behavior(**persona(reply_rate=1, replies=["sure"]))
    client = carrier.client()
    client.messages.create(to=HANDSET, from_=SENDER, body="2 for 1. Reply YES")
    eventually(lambda: len(receiver.received) == 1)
    client.messages.create(to=HANDSET, from_=SENDER, body="We will text you in a minute")
    eventually(lambda: [m["status"] for m in carrier.messages(to=HANDSET)] == ["delivered"] * 3)
    carrier.inbound(from_="+15125550101", to=SENDER, body="a round trip later")
    assert [each.params["Body"] for each in receiver.received] == ["sure", "a round trip later"]


def test_without_a_gap_every_text_is_answered(carrier: Carrier, receiver: Receiver) -> None:
    carrier.behavior(**persona(reply_rate=1, replies=["sure"], answer_gap_ms=0))
    for count in (1, 2):
        carrier.client().messages.create(to=HANDSET, from_=SENDER, body="2 for 1")
        eventually(lambda count=count: len(receiver.received) == count)  # type: ignore[misc]
