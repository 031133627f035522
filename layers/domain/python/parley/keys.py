"""API keys and what their holders may do (G8)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """Who a key belongs to."""

    ADMIN = "admin"
    MARKETER = "marketer"
    SALES = "sales"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key that was made; the key itself is shown once and kept only as its SHA-256."""

    id: str
    role: Role
    owner: str
    created_at: datetime


def key_hash(secret: str) -> str:
    """What is kept of a key: keys are long and random, so a plain SHA-256 cannot be reversed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def may(role: Role, allowed: frozenset[Role]) -> bool:
    """Whether a role is among those allowed; an admin may do everything."""
    return role is Role.ADMIN or role in allowed
