"""Twilio's webhooks: its own signatures verify, everything else changes nothing (G8)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from parley_aws.twilio_webhooks import (
    INBOUND_PATH,
    MAX_BODY_BYTES,
    STATUS_PATH,
    Form,
    RefusedWebhookError,
    Webhook,
    inbound_of,
    receipt_of,
    twiml,
)

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "events" / "aws"
VECTORS: list[dict[str, Any]] = json.loads(
    (HERE.parent / "data" / "signature_vectors.json").read_text()
)["vectors"]
TOKEN = "12345"
BASE = "https://api.acme.example"
FORM = "application/x-www-form-urlencoded"
MESSAGE_ID = "snd_0123456789abcdef0123-0123456789abcdef0123"


def sample(name: str) -> dict[str, Any]:
    """A sample envelope of AWS."""
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return event


def pairs_of(params: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, each)
        for name, value in params.items()
        for each in (value if isinstance(value, list) else [value])
    ]


def request_of(
    body: bytes | str,
    signature: object,
    *,
    content_type: str = FORM,
    query: str = "",
    encoded: bool = True,
) -> dict[str, Any]:
    """An HTTP API event with this body."""
    raw = body.encode() if isinstance(body, str) else body
    return {
        "headers": {"content-type": content_type, "x-twilio-signature": signature},
        "rawQueryString": query,
        "body": base64.b64encode(raw).decode() if encoded else body,
        "isBase64Encoded": encoded,
    }


def inbound() -> Webhook:
    return Webhook(base_url=BASE, path=INBOUND_PATH, auth_token=TOKEN)


def signed(params: dict[str, str], path: str = INBOUND_PATH, query: str = "") -> dict[str, Any]:
    """A request as Twilio would sign it."""
    url = BASE + path + (f"?{query}" if query else "")
    signature = RequestValidator(TOKEN).compute_signature(url, params)
    return request_of(urlencode(params), signature, query=query)


def document_of(answer: dict[str, Any]) -> ET.Element:
    """What the provider reads in an answer."""
    return ET.fromstring(answer["body"].encode("utf-8"))  # noqa: S314  # our own answer


def refused(event: dict[str, Any], webhook: Webhook | None = None) -> int:
    with pytest.raises(RefusedWebhookError) as error:
        (webhook or inbound()).form_of(event)
    answer = error.value.response()
    assert answer["body"] == ""
    return int(answer["statusCode"])


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if "params" in v and "#" not in v["url"]], ids=lambda v: v["n"]
)
@pytest.mark.parametrize("encoded", [True, False])
def test_signatures_of_other_implementations_verify(vector: dict[str, Any], encoded: bool) -> None:
    url = urlsplit(vector["url"])
    webhook = Webhook(
        base_url=f"{url.scheme}://{url.netloc}", path=url.path, auth_token=vector["token"]
    )
    body = urlencode(pairs_of(vector["params"]))
    event = request_of(body, vector["signature"], query=url.query, encoded=encoded)
    form = webhook.form_of(event)
    assert {name: form.getlist(name) for name in form} == parse_qs(body, keep_blank_values=True)
    event["headers"]["x-twilio-signature"] = vector["signature"][:-2] + "x="
    assert refused(event, webhook) == 403


def test_a_json_body_is_none_of_these_webhooks() -> None:
    vector = next(v for v in VECTORS if "body" in v)
    url = urlsplit(vector["url"])
    webhook = Webhook(
        base_url=f"{url.scheme}://{url.netloc}", path=url.path, auth_token=vector["token"]
    )
    event = request_of(
        vector["body"], vector["signature"], content_type="application/json", query=url.query
    )
    assert refused(event, webhook) == 400


def test_the_query_counts_as_it_was_received() -> None:
    """Decoding and encoding it again would turn `%20` into `+` and break the signature."""
    query = "tenant=a%20b&x=%2B1"
    event = signed({"Body": "hi"}, query=query)
    assert inbound().form_of(event)["Body"] == "hi"
    event["rawQueryString"] = "tenant=a+b&x=%2B1"
    assert refused(event) == 403


def test_a_slash_at_the_end_of_the_public_address_does_no_harm() -> None:
    webhook = Webhook(base_url=f"{BASE}/", path=INBOUND_PATH, auth_token=TOKEN)
    assert webhook.form_of(signed({"Body": "hi"}))["Body"] == "hi"


@pytest.mark.parametrize("signature", [None, "", "x", "é" * 28, ["a"], 5, b"x"])
def test_a_missing_or_bad_signature_is_refused(signature: object) -> None:
    assert refused(request_of("Body=STOP", signature)) == 403


def test_without_a_token_nothing_is_accepted() -> None:
    """Until the operator has put one in, an empty key would be anybody's."""
    signature = RequestValidator("").compute_signature(BASE + INBOUND_PATH, {"Body": "x"})
    webhook = Webhook(base_url=BASE, path=INBOUND_PATH, auth_token="")
    assert refused(request_of("Body=x", signature), webhook) == 403


@pytest.mark.parametrize("change", [{"Body": "STOP"}, {"From": "+14155550000"}])
def test_a_changed_field_is_refused(change: dict[str, str]) -> None:
    params = {"Body": "hi", "From": "+14155552345"}
    event = signed(params)
    event["body"] = base64.b64encode(urlencode({**params, **change}).encode()).decode()
    assert refused(event) == 403


def test_a_body_too_long_is_not_read() -> None:
    assert refused(request_of("Body=" + "x" * MAX_BODY_BYTES, "sig")) == 413
    assert refused(request_of("x" * MAX_BODY_BYTES * 2, "sig", encoded=False)) == 413


@pytest.mark.parametrize(
    "body",
    [b"Body=%ff", b"\xff\xfe", b"&".join(b"a%d=1" % n for n in range(500)), b"a" * 1000],
    ids=["escaped", "raw", "many", "nameless"],
)
def test_what_is_no_form_is_refused(body: bytes) -> None:
    assert refused(request_of(body, "c2lnbmF0dXJl")) == 403


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"headers": None, "body": None},
        {"headers": {"x-twilio-signature": "x"}},
        {"headers": {"x-twilio-signature": "x", "content-type": FORM}, "body": {"a": 1}},
        {
            "headers": {"x-twilio-signature": "x", "content-type": FORM},
            "body": "no base64!",
            "isBase64Encoded": True,
        },
        {
            "headers": {"x-twilio-signature": "x", "content-type": FORM},
            "body": "Body=\ud800",
            "rawQueryString": "\ud800",
        },
    ],
)
def test_odd_events_are_refused(event: dict[str, Any]) -> None:
    assert refused(event) == 403


@given(
    body=st.one_of(
        st.binary(max_size=400), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
    ),
    signature=st.one_of(st.none(), st.text(max_size=40), st.binary(max_size=5)),
    content_type=st.one_of(st.just(FORM), st.text(max_size=30)),
    query=st.text(max_size=60),
)
def test_no_bytes_make_it_fail(
    body: bytes, signature: object, content_type: str, query: str
) -> None:
    event = request_of(body, signature, content_type=content_type, query=query)
    assert refused(event) in (400, 403)


@given(params=st.dictionaries(st.text(max_size=12), st.text(max_size=40), max_size=6))
def test_whatever_is_signed_is_read_or_refused(params: dict[str, str]) -> None:
    """Nothing in a form that verifies makes the readers raise."""
    encodable = {
        name.encode("utf-8", "replace").decode(): value.encode("utf-8", "replace").decode()
        for name, value in params.items()
        if name
    }
    form = inbound().form_of(signed(encodable))
    assert dict(form) == encodable
    assert inbound_of(form) is None
    assert receipt_of(form, "message_id=x", "2026-06-10T17:00:00Z") is None


class TestInbound:
    def test_the_sample(self) -> None:
        text = inbound_of(inbound().form_of(sample("http_api_inbound")))
        assert text is not None
        assert (text.phone, text.body, text.opt_out_type) == ("+14155552345", "STOP", "STOP")
        assert (text.to, text.service) == ("+15005550006", "MG" + "c" * 32)

    @pytest.mark.parametrize(
        "change",
        [
            {"From": "72727"},
            {"From": "whatsapp:+14155552345"},
            {"From": "+1415555234\n"},
            {"From": ""},
            {"MessageSid": "nonsense"},
            {"MessageSid": ""},
        ],
    )
    def test_from_nobody_we_could_text_there_is_nothing_to_hear(
        self, change: dict[str, str]
    ) -> None:
        params = {"From": "+14155552345", "MessageSid": "SM" + "a" * 32, "Body": "STOP"}
        assert inbound_of(Form(pairs_of({**params, **change}))) is None
        assert inbound_of(Form(pairs_of(params))) is not None

    def test_parameters_come_without_notice(self) -> None:
        params = {"From": "+14155552345", "MessageSid": "SM" + "a" * 32, "Brandnew": "1"}
        text = inbound_of(inbound().form_of(signed(params)))
        assert text is not None
        assert text.body == ""

    @pytest.mark.parametrize(("told", "media"), [("2", 2), ("0", 0), ("", 0), ("-1", 0), ("x", 0)])
    def test_media_is_counted(self, told: str, media: int) -> None:
        params = {"From": "+14155552345", "MessageSid": "SM" + "a" * 32, "NumMedia": told}
        text = inbound_of(Form(pairs_of(params)))
        assert text is not None
        assert text.media == media


class TestReceipts:
    def webhook(self) -> Webhook:
        return Webhook(base_url=BASE, path=STATUS_PATH, auth_token=TOKEN)

    def test_the_sample(self) -> None:
        event = sample("http_api_status")
        received_at = datetime(2026, 6, 10, 17, tzinfo=UTC).isoformat()
        receipt = receipt_of(self.webhook().form_of(event), event["rawQueryString"], received_at)
        assert receipt == {
            "message_id": MESSAGE_ID,
            "status": "undelivered",
            "error_code": "30003",
            "sid": "SM" + "a" * 32,
            "received_at": received_at,
            "from_toll_free": False,
        }

    def test_a_receipt_for_one_message_does_not_verify_for_another(self) -> None:
        event = sample("http_api_status")
        event["rawQueryString"] = f"message_id={MESSAGE_ID[:-1]}4"
        assert refused(event, self.webhook()) == 403

    @pytest.mark.parametrize(
        "query", ["", "message_id=", "message_id=text-1", "message_id=snd_1-2", "other=1"]
    )
    def test_one_of_no_sends_message_is_nobodys(self, query: str) -> None:
        form = Form([("MessageSid", "SM" + "a" * 32), ("MessageStatus", "delivered")])
        assert receipt_of(form, query, "now") is None

    def test_an_error_code_that_is_none_is_left_out(self) -> None:
        form = Form(
            [
                ("MessageSid", "SM" + "a" * 32),
                ("MessageStatus", "delivered"),
                ("ErrorCode", "<script>"),
            ]
        )
        receipt = receipt_of(form, f"message_id={MESSAGE_ID}", "now")
        assert receipt is not None
        assert receipt["error_code"] is None


class TestTwiml:
    def test_silence_is_a_document_too(self) -> None:
        answer = twiml()
        assert answer["headers"]["content-type"].startswith("text/xml")
        document = document_of(answer)
        assert document.tag == "Response"
        assert len(document) == 0

    @given(text=st.text(min_size=1, max_size=100))
    def test_any_text_survives(self, text: str) -> None:
        heard = document_of(twiml(text)).findtext("Message") or ""
        assert [c for c in heard if c.isalnum()] == [c for c in text if c.isalnum()]

    def test_marks_are_escaped(self) -> None:
        text = 'Tom & Jerry <b>"2 for 1"</b>'
        assert document_of(twiml(text)).findtext("Message") == text
