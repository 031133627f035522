"""Cursors of lists: where to go on from, sealed, since a key of a table may be a phone number.

A cursor is HMAC(key, text) followed by the text under a stream made from that HMAC (synthetic
initialization vector): nobody can read one or make one up, and it only fits the list it is from.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from parley_aws.http.problem import BadRequestError

_TAG_BYTES = 16


def seal(key: bytes, *, scope: str, start_key: str) -> str:
    """The cursor for going on from a table key in the list that `scope` describes."""
    plain = start_key.encode()
    tag = _tag(key, scope, plain)
    return base64.urlsafe_b64encode(tag + _mask(key, tag, plain)).decode().rstrip("=")


def unseal(key: bytes, *, scope: str, cursor: str) -> str:
    """The table key in a cursor. Raises BadRequestError for one that is not from this list."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        sealed = base64.b64decode(padded.encode(), altchars=b"-_", validate=True)
        tag, masked = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
        plain = _mask(key, tag, masked)
        if hmac.compare_digest(_tag(key, scope, plain), tag):
            return plain.decode()
    except (binascii.Error, UnicodeError):
        raise _refusal() from None
    raise _refusal()


def _refusal() -> BadRequestError:
    return BadRequestError.of(
        "cursor", "is not one of this list's; take next_cursor as it came, with the same filters"
    )


def _tag(key: bytes, scope: str, plain: bytes) -> bytes:
    text = b"cursor\x1f" + scope.encode() + b"\x1f" + plain
    return hmac.new(key, text, hashlib.sha256).digest()[:_TAG_BYTES]


def _mask(key: bytes, tag: bytes, text: bytes) -> bytes:
    blocks = -(-len(text) // 32)
    stream = b"".join(
        hmac.new(key, b"mask\x1f" + tag + n.to_bytes(4, "big"), hashlib.sha256).digest()
        for n in range(blocks)
    )
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))
