"""The ``X-Twilio-Signature`` of a form-encoded webhook.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping


def sign(*, url: str, params: Mapping[str, str], auth_token: str) -> str:
    """Return Base64 HMAC-SHA1 of the URL and its parameters, sorted by name.

    ``url`` is signed as it stands, raw query included; the caller has cut off the fragment, which
    Twilio neither requests nor signs.
    """
    signed = url + "".join(name + params[name] for name in sorted(params))
    digest = hmac.digest(auth_token.encode(), signed.encode(), "sha1")
    return base64.b64encode(digest).decode()
