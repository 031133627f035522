"""The carrier simulator's REST API, through Twilio's own SDK and by hand."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from infra.local.carrier.numbers import is_possible, number_of_service
from tests.support.carrier import ACCOUNT_SID, AUTH_TOKEN, Carrier, eventually, running_carrier

pytest_plugins = ["tests.support.carrier_fixtures"]
pytestmark = pytest.mark.enable_socket

HANDSET = "+15125550100"
SENDER = "+15125550199"
SERVICE = "MG" + "b2" * 16
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"


def basic(user: str = ACCOUNT_SID, password: str = AUTH_TOKEN) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def create(carrier: Carrier, **form: str) -> tuple[int, dict[str, object]]:
    status, body = carrier.request("POST", PATH, urlencode(form), Authorization=basic())
    answer: dict[str, object] = json.loads(body)
    return status, answer


def test_from_number_has_twilios_shape(carrier: Carrier) -> None:
    carrier.behavior(delivery_delay_ms=60_000)
    status, body = create(carrier, To=HANDSET, From=SENDER, Body="Hi [there]")
    assert status == 201
    assert re.fullmatch("SM[0-9a-f]{32}", str(body["sid"]))
    created = str(body["date_created"])
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000", created)
    assert body == {
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": "Hi [there]",
        "date_created": created,
        "date_sent": None,
        "date_updated": created,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": SENDER,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": body["sid"],
        "status": "queued",
        "subresource_uris": body["subresource_uris"],
        "tags": None,
        "to": HANDSET,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{body['sid']}.json",
    }


def test_service_accepts_first_and_assigns_its_number_later(carrier: Carrier) -> None:
    client = carrier.client()
    message = client.messages.create(to=HANDSET, messaging_service_sid=SERVICE, body="x" * 161)
    assert (message.status, message.from_, message.num_segments) == ("accepted", None, "0")
    assert message.messaging_service_sid == SERVICE
    eventually(lambda: client.messages(message.sid).fetch().status == "delivered")
    settled = client.messages(message.sid).fetch()
    assert (settled.from_, settled.num_segments) == (number_of_service(SERVICE), "2")
    assert settled.price == "-0.01660"
    assert settled.date_sent is not None
    assert carrier.messages(to=HANDSET)[0]["from"] == number_of_service(SERVICE)


def test_number_of_a_service_is_stable_and_possible() -> None:
    assert number_of_service(SERVICE) == number_of_service(SERVICE)
    assert len({number_of_service(f"MG{n:032x}") for n in range(500)}) == 500
    assert all(is_possible(number_of_service(f"MG{n:032x}")) for n in range(500))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "5125550100"}, 21211),
        ({"To": "+1512555010"}, 21211),
        ({"To": "+15125550100 "}, 21211),
        ({"To": "+1٥125550100"}, 21211),
        ({"To": "whatsapp:+15125550100"}, 21211),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ValidityPeriod": "0"}, 21624),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"ValidityPeriod": "-1"}, 21624),
        ({"ValidityPeriod": "9" * 5000}, 21624),
        ({"ValidityPeriod": "an hour"}, 21624),
        ({"StatusCallback": "status"}, 21609),
        ({"StatusCallback": "ftp://example.com/"}, 21609),
        ({"StatusCallback": "http://"}, 21609),
        ({"StatusCallback": "http://example.com:99999/"}, 21609),
        ({"StatusCallback": "http://example.com/a b"}, 21609),
        ({"SendAt": "2030-01-01T00:00:00Z"}, 20001),
    ],
)
def test_bad_create_is_refused(carrier: Carrier, change: dict[str, str], code: int) -> None:
    form = {"To": HANDSET, "From": SENDER, "Body": "Hi", **change}
    status, body = create(carrier, **form)
    assert (status, body["code"], body["status"]) == (400, code, 400)
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert body["message"]
    assert carrier.messages() == []


def test_bounds_are_accepted(carrier: Carrier) -> None:
    for validity in ("1", "36000"):
        form = {"To": HANDSET, "From": SENDER, "Body": "é" * 1600, "ValidityPeriod": validity}
        assert create(carrier, **form)[0] == 201
    assert [each["parts"] for each in carrier.messages()] == [11, 11]


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe=%ff", b"&&&===", b"{}", b"To"])
def test_nonsense_body_is_refused(carrier: Carrier, raw: bytes) -> None:
    status, body = carrier.request("POST", PATH, raw, Authorization=basic())
    assert (status, json.loads(body)["code"]) == (400, 21604)


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic %%%", "Bearer x", basic(password="wrong"), basic(user="AC" + "0" * 32)],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_wrong_credentials(carrier: Carrier, method: str, authorization: str) -> None:
    status, body = carrier.request(method, PATH, Authorization=authorization)
    assert (status, json.loads(body)["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/2010-04-01/Accounts/AC" + "0" * 32 + "/Messages.json", 404, 20404),
        ("GET", PATH.replace(".json", "/SM" + "0" * 32 + ".json"), 404, 20404),
        ("GET", "/2010-04-01/Accounts.json", 404, 20404),
        ("GET", "/2010-04-01", 404, 20404),
        ("PUT", PATH, 405, 20004),
        ("GET", PATH + "?DateSent=yesterday", 400, 20001),
        ("GET", PATH + "?PageSize=many", 400, 20001),
        ("GET", PATH + "?PageToken=PAx", 400, 20001),
    ],
)
def test_other_refusals(carrier: Carrier, method: str, path: str, status: int, code: int) -> None:
    answered, body = carrier.request(method, path, Authorization=basic())
    assert (answered, json.loads(body)["code"]) == (status, code)


def test_sdk_raises_its_exception(carrier: Carrier) -> None:
    with pytest.raises(TwilioRestException) as caught:
        carrier.client().messages.create(to="12", from_=SENDER, body="Hi")
    assert (caught.value.status, caught.value.code) == (400, 21211)
    client = Client(ACCOUNT_SID, "wrong", http_client=TwilioHttpClient(timeout=5))
    client.api.base_url = carrier.url
    with pytest.raises(TwilioRestException) as caught:
        client.messages("SM" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (401, 20003)


def test_list_pages_newest_first(carrier: Carrier) -> None:
    client = carrier.client()
    sids = [client.messages.create(to=HANDSET, from_=SENDER, body=f"{n} + &").sid for n in range(7)]
    client.messages.create(to="+15125550101", from_=SENDER, body="another")
    listed = client.messages.list(to=HANDSET, from_=SENDER, page_size=3)
    assert [message.sid for message in listed] == sids[::-1]
    first = client.messages.page(to=HANDSET, page_size=3)
    client.messages.create(to=HANDSET, from_=SENDER, body="newer than the page")
    second = first.next_page()
    assert second is not None
    assert [message.sid for message in second] == sids[3:0:-1]
    assert len(client.messages.list(limit=2)) == 2
    assert client.messages.list(from_="+15125550000") == []


def test_list_by_day_sees_only_what_was_sent(carrier: Carrier) -> None:
    client = carrier.client()
    sent = client.messages.create(to=HANDSET, from_=SENDER, body="Hi")
    eventually(lambda: client.messages(sent.sid).fetch().status == "delivered")
    carrier.behavior(delivery_delay_ms=60_000)
    client.messages.create(to=HANDSET, from_=SENDER, body="waits")
    now = datetime.now(UTC)
    day = timedelta(days=1)

    def sids(**query: datetime) -> list[str | None]:
        return [message.sid for message in client.messages.list(to=HANDSET, **query)]

    assert len(sids()) == 2
    assert sids(date_sent=now) == [sent.sid]
    assert sids(date_sent_after=now, date_sent_before=now) == [sent.sid]
    assert sids(date_sent_after=now - day) == [sent.sid]
    assert sids(date_sent_after=now + day) == []
    assert sids(date_sent_before=now - day) == []
    query = urlencode({"To": HANDSET, "DateSent": f"{now:%Y-%m-%d}"})
    _, body = carrier.request("GET", f"{PATH}?{query}", Authorization=basic())
    assert [each["sid"] for each in json.loads(body)["messages"]] == [sent.sid]


def test_capacity_forgets_the_oldest() -> None:
    with running_carrier(capacity=3) as carrier:
        client = carrier.client()
        sids = [client.messages.create(to=HANDSET, from_=SENDER, body="Hi").sid for _ in range(5)]
        assert [each["sid"] for each in carrier.messages(to=HANDSET)] == sids[2:]
        assert [each["sid"] for each in carrier.messages()] == sids[2:]
