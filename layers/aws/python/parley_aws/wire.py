"""AWS's JSON protocol without the SDK's pipeline: the SDK signs, JSON stays JSON.

A request through the SDK costs three to five times the processor time of one made here, nearly all
of it in walks over every attribute and in hooks that nobody uses, and sending is bound by that.
Sources: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, HTTPClientError, NoCredentialsError
from botocore.httpsession import get_cert_path
from botocore.parsers import ResponseParserError

from parley_aws.connections import CONNECTION_ERRORS, Connections

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session

CONNECT_SECONDS = 2
READ_SECONDS = 5
CONNECTIONS = 64

_FIRST_PAUSE = 0.025
_LONGEST_PAUSE = 1.0

REQUEST_ERRORS = (ClientError, HTTPClientError, ResponseParserError)
"""What a request may raise."""


class WireClient:
    """Takes every call of the SDK's client under its name, such as `get_item`; one try each.

    Raises what the SDK's client would: ClientError for an error that was answered, with all fields
    of the answer, HTTPClientError where none came, ResponseParserError for one that is no JSON.
    `client` is the SDK's own, whose service, address and region count.
    """

    def __init__(self, session: Session, client: BaseClient) -> None:
        meta = client.meta
        protocol = meta.service_model.metadata
        self._session = session
        self._service = meta.service_model.signing_name
        self._target = f"{protocol['targetPrefix']}."
        self._media_type = f"application/x-amz-json-{protocol['jsonVersion']}"
        self._region = meta.region_name
        self._url = f"{meta.endpoint_url.rstrip('/')}/"
        ca_bundle = session.get_config_variable("ca_bundle") or str(get_cert_path(verify=True))
        self._connections = Connections(
            self._url,
            ca_bundle=ca_bundle,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
            kept=CONNECTIONS,
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
            status, answer = self._connections.post(self._signed(operation, body), body)
        except CONNECTION_ERRORS as error:
            raise HTTPClientError(error=error) from error
        try:
            parsed: dict[str, Any] = json.loads(answer)
        except ValueError as error:
            if status < 500:
                raise ResponseParserError("the answer is not JSON") from error
            parsed = {}
        parsed["ResponseMetadata"] = {"HTTPStatusCode": status}
        if status != 200:
            kind = str(parsed.get("__type", status)).rpartition("#")[2]
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
            headers={"X-Amz-Target": self._target + operation, "Content-Type": self._media_type},
            data=body,
        )
        frozen = credentials.get_frozen_credentials()
        SigV4Auth(frozen, self._service, self._region).add_auth(request)
        return dict(request.headers.items())


def pause(attempt: int) -> None:
    """Wait before another attempt (from 1): doubling, half of it by chance."""
    longest = min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE)
    time.sleep(longest * (0.5 + random.random() / 2))  # noqa: S311  # jitter is no cryptography
