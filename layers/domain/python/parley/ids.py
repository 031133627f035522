"""Names of things that follow from other names, so that any retry finds the same thing.

All are keyed hashes: without the key nobody can go from an id back to a phone number.
"""

from __future__ import annotations

import hashlib
import hmac

LEDGER_SHARDS = 16
_SEND_PREFIX = "snd_"


def keyed_hash(key: bytes, *parts: str, length: int = 20) -> str:
    """The first `length` hex digits of an HMAC-SHA256 over the parts, unambiguously joined."""
    joined = "\x1f".join(parts).encode()
    return hmac.new(key, joined, hashlib.sha256).hexdigest()[:length]


def send_id(key: bytes, *, campaign_id: str, idempotency_key: str) -> str:
    """The id of the send that this idempotency key triggers for this campaign."""
    return _SEND_PREFIX + keyed_hash(key, "send", campaign_id, idempotency_key)


def message_id(key: bytes, *, send: str, phone: str) -> str:
    """The id of the one message of a send to a number: `<send id>-<20 hex digits>`."""
    return f"{send}-{keyed_hash(key, 'message', send, phone)}"


def send_of_message(message: str) -> str:
    """The send that a message id belongs to.

    Raises ValueError for a text that is no message id.
    """
    send, dash, digest = message.rpartition("-")
    if not dash or not send.startswith(_SEND_PREFIX) or len(digest) != 20:
        raise ValueError("not a message id")
    return send


def ledger_shard(message: str) -> int:
    """Which of the ledger's write shards of its send holds a message: 0 to 15."""
    return int(message.rpartition("-")[2][0], 16) % LEDGER_SHARDS
