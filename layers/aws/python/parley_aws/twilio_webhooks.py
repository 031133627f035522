"""Twilio's webhooks: who may speak to us, what they say, and how we answer.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security and
https://www.twilio.com/docs/messaging/guides/webhook-request.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from twilio.request_validator import RequestValidator

from parley.ids import send_of_message
from parley.inbound import InboundText

INBOUND_PATH = "/webhooks/twilio/inbound"
STATUS_PATH = "/webhooks/twilio/status"

MAX_BODY_BYTES = 64 * 1024
"""Far above what Twilio posts; more than this is not read."""

_MAX_FIELDS = 200
_FORM_TYPE = "application/x-www-form-urlencoded"
_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_COUNT = re.compile(r"[0-9]{1,3}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_WORD = re.compile(r"[a-z_]{1,32}")
_ERROR_CODE = re.compile(r"[0-9]{1,8}")
_TOLL_FREE = re.compile(r"\+18(?:00|33|44|55|66|77|88)[0-9]{7}")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Response = dict[str, Any]
"""What an HTTP API takes from a function: `statusCode`, `headers`, `body`."""


class RefusedWebhookError(Exception):
    """A request that changes nothing: its HTTP status and, in words, why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    def response(self) -> Response:
        """The answer: no word on what was expected, which is nobody's business."""
        return {
            "statusCode": self.status,
            "headers": {"content-type": "text/plain; charset=utf-8"},
            "body": "",
        }


class Form(dict[str, str]):
    """The fields of a form: the first value of each, and all of them for the signature."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
            self.setdefault(name, value)

    def getlist(self, name: str) -> list[str]:
        """Every value of a field, in order; the signature covers each."""
        return self._values.get(name, [])


class Webhook:
    """Checks requests to one path against the account's auth token (G8).

    `base_url` is the public address up to the path, as the provider was told it.
    """

    def __init__(self, *, base_url: str, path: str, auth_token: str) -> None:
        self._url = base_url.rstrip("/") + path
        self._validator = RequestValidator(auth_token)
        self._locked = not auth_token

    def form_of(self, event: Mapping[str, Any]) -> Form:
        """The form of an HTTP API event (payload 2.0), its signature verified.

        Raises RefusedWebhookError for every other request, whatever it holds: 413 for one that is
        too long to look at, 403 for one that is not signed as it stands.
        """
        headers = event.get("headers") or {}
        signature = headers.get("x-twilio-signature")
        if not isinstance(signature, str) or not signature.isascii() or self._locked:
            raise RefusedWebhookError(403, "no signature")
        raw_query = str(event.get("rawQueryString") or "")
        url = f"{self._url}?{raw_query}" if raw_query else self._url
        body = _body_of(event)
        is_form = _media_type(headers) == _FORM_TYPE
        form = _parse(body) if is_form else Form(())
        if not self._is_valid(url, form, signature):
            raise RefusedWebhookError(403, "wrong signature")
        if not is_form:
            raise RefusedWebhookError(400, "not a form")
        return form

    def _is_valid(self, url: str, form: Form, signature: str) -> bool:
        try:
            return bool(self._validator.validate(url, form, signature))
        except (TypeError, ValueError):
            # The validator's own parsing gave up, on lone surrogates or an impossible URL.
            return False


def _media_type(headers: Mapping[str, Any]) -> str:
    return str(headers.get("content-type") or "").partition(";")[0].strip().lower()


def _body_of(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise RefusedWebhookError(403, "not readable")
    if len(body) > MAX_BODY_BYTES * 4 // 3 + 4:
        raise RefusedWebhookError(413, "too long")
    try:
        raw = (
            base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        )
    except (binascii.Error, ValueError) as error:
        raise RefusedWebhookError(403, "not readable") from error
    if len(raw) > MAX_BODY_BYTES:
        raise RefusedWebhookError(413, "too long")
    return raw


def _parse(raw: bytes) -> Form:
    try:
        return Form(
            parse_qsl(
                raw.decode("utf-8"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MAX_FIELDS,
            )
        )
    except ValueError as error:
        raise RefusedWebhookError(403, "not a form in UTF-8") from error


def inbound_of(form: Mapping[str, str]) -> InboundText | None:
    """The text that a form brings.

    None where it is from no phone number, such as a short code, or names no message: then there is
    nobody to listen to.
    """
    sid, phone = form.get("MessageSid", ""), form.get("From", "")
    if not _SID.fullmatch(sid) or not _PHONE.fullmatch(phone):
        return None
    return InboundText(
        sid=sid,
        phone=phone,
        to=form.get("To", ""),
        service=form.get("MessagingServiceSid") or None,
        body=form.get("Body", ""),
        opt_out_type=form.get("OptOutType") or None,
        media=_count(form.get("NumMedia", "")),
    )


def _count(text: str) -> int:
    return int(text) if _COUNT.fullmatch(text) else 0


def receipt_of(form: Mapping[str, str], raw_query: str, received_at: str) -> dict[str, Any] | None:
    """The body of a command to record a delivery receipt; None where it is about no send's message.

    `raw_query` carries our `message_id`; `received_at` is RFC 3339.
    """
    query = dict(parse_qsl(raw_query, max_num_fields=_MAX_FIELDS))
    message_id, sid = query.get("message_id", ""), form.get("MessageSid", "")
    status, error_code = form.get("MessageStatus", ""), form.get("ErrorCode", "")
    if not _SID.fullmatch(sid) or not _WORD.fullmatch(status) or not _is_of_a_send(message_id):
        return None
    return {
        "message_id": message_id,
        "status": status,
        "error_code": error_code if _ERROR_CODE.fullmatch(error_code) else None,
        "sid": sid,
        "received_at": received_at,
        "from_toll_free": _TOLL_FREE.fullmatch(form.get("From", "")) is not None,
    }


def _is_of_a_send(message_id: str) -> bool:
    try:
        send_of_message(message_id)
    except ValueError:
        return False
    return True


def twiml(text: str | None = None) -> Response:
    """The answer to an inbound text: one text of ours, or silence.

    The media type matters: the provider would send a plain text answer as an SMS.
    """
    message = f"<Message>{escape(_NOT_XML.sub('', text))}</Message>" if text else ""
    return {
        "statusCode": 200,
        "headers": {"content-type": "text/xml; charset=utf-8"},
        "body": f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>',
    }


def accepted() -> Response:
    """The answer to a receipt."""
    return {"statusCode": 204}


def unavailable() -> Response:
    """The answer while something of ours is down: asks the provider to come again."""
    return {"statusCode": 503, "headers": {"retry-after": "1"}, "body": ""}
