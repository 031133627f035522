"""API keys: made, and taken back at once (G8)."""

from __future__ import annotations

import secrets
from datetime import datetime

from parley.errors import ConflictError, NotFoundError
from parley.keys import ApiKey, Role, key_hash
from parley_aws.ports import KeyStore

_PREFIX = "parley_"
_SECRET_BYTES = 32


def make_key(keys: KeyStore, *, role: Role, owner: str, now: datetime) -> tuple[ApiKey, str]:
    """A new key and its secret: 256 bits of chance, kept by nobody but the one it is told."""
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey(id=f"key_{secrets.token_hex(8)}", role=role, owner=owner, created_at=now)
    keys.add(key, secret_hash=key_hash(secret))
    return key, secret


def revoke_key(keys: KeyStore, key_id: str) -> None:
    """Take a key back: the next request with it is refused.

    Raises NotFoundError where there is none, ConflictError for the last key of an admin, after
    which nobody could make another.
    """
    known = keys.all()
    key = next((k for k in known if k.id == key_id), None)
    if key is None:
        raise NotFoundError("no such key")
    if key.role is Role.ADMIN and sum(k.role is Role.ADMIN for k in known) == 1:
        raise ConflictError("this is the last key of an admin; make another first")
    keys.revoke(key_id)
