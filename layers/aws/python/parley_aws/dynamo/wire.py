"""DynamoDB's protocol without the SDK's pipeline: the SDK signs, urllib3 carries, JSON stays JSON.

A request through the SDK costs three to five times the processor time of one made here, nearly all
of it in walks over every attribute and in hooks that nobody uses, and sending is bound by that.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, HTTPClientError, NoCredentialsError
from botocore.parsers import ResponseParserError
from urllib3.connection import HTTPConnection

if TYPE_CHECKING:
    from botocore.session import Session

_TARGET = "DynamoDB_20120810."
_MEDIA_TYPE = "application/x-amz-json-1.0"
_TIMEOUT = urllib3.Timeout(connect=2, read=5)
_CONNECTIONS = 64


class WireClient:
    """Takes every call of the SDK's client under its name, such as `get_item`; one try each.

    Raises what the SDK's client would: ClientError for an error that was answered, with all fields
    of the answer, HTTPClientError where none came, ResponseParserError for one that is no JSON.
    """

    def __init__(self, session: Session, *, endpoint_url: str, region: str, ca_bundle: str) -> None:
        self._session = session
        self._region = region
        self._url = f"{endpoint_url.rstrip('/')}/"
        self._connections = urllib3.connection_from_url(
            self._url,
            maxsize=_CONNECTIONS,
            timeout=_TIMEOUT,
            retries=False,
            socket_options=[
                *HTTPConnection.default_socket_options,
                (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            ],
            **({"ca_certs": ca_bundle} if self._url.startswith("https:") else {}),
        )

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name.startswith("_"):
            raise AttributeError(name)
        call = partial(self._call, "".join(map(str.capitalize, name.split("_"))))
        setattr(self, name, call)
        return call

    def _call(self, operation: str, **params: Any) -> dict[str, Any]:
        body = json.dumps(params, separators=(",", ":")).encode()
        try:
            answer = self._connections.urlopen(
                "POST", "/", body=body, headers=self._signed(operation, body), redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise HTTPClientError(error=error) from error
        try:
            parsed: dict[str, Any] = json.loads(answer.data)
        except ValueError as error:
            if answer.status < 500:
                raise ResponseParserError("the answer is not JSON") from error
            parsed = {}
        parsed["ResponseMetadata"] = {"HTTPStatusCode": answer.status}
        if answer.status != 200:
            kind = str(parsed.get("__type", answer.status)).rpartition("#")[2]
            message = parsed.get("message") or parsed.get("Message") or ""
            parsed["Error"] = {"Code": kind, "Message": message}
            raise ClientError(cast("Any", parsed), operation)
        return parsed

    def _signed(self, operation: str, body: bytes) -> dict[str, str]:
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        request = AWSRequest(
            "POST",
            self._url,
            headers={"X-Amz-Target": _TARGET + operation, "Content-Type": _MEDIA_TYPE},
            data=body,
        )
        SigV4Auth(credentials.get_frozen_credentials(), "dynamodb", self._region).add_auth(request)
        return dict(request.headers.items())
