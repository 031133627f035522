"""API keys as the API takes and answers them."""

from __future__ import annotations

from parley.keys import ApiKey, Role
from parley_aws.http.models.base import Input, Line, Moment, Output, example

_KEY = {
    "id": "key_3f9a1c20b7d84e65",
    "role": "marketer",
    "owner": "Maria",
    "created_at": "2026-11-22T15:04:05Z",
}


class KeyInput(Input):
    """A key to make: what it may do, and whose it is."""

    model_config = example(role="marketer", owner="Maria")

    role: Role
    owner: Line


class KeyOutput(Output):
    """A key without its secret."""

    model_config = example(**_KEY)

    id: str
    role: Role
    owner: str
    created_at: Moment

    @classmethod
    def of(cls, key: ApiKey) -> KeyOutput:
        """The key as the API shows it."""
        return cls(id=key.id, role=key.role, owner=key.owner, created_at=key.created_at)


class NewKeyOutput(KeyOutput):
    """A new key with its secret, which is shown this once."""

    model_config = example(**_KEY, key="parley_V2hhdCBhIHNlY3JldCB0aGlzIGlzLCBpbmRlZWQu")

    key: str


class KeyList(Output):
    """Keys, oldest first."""

    model_config = example(keys=[_KEY], next_cursor=None)

    keys: list[KeyOutput]
    next_cursor: str | None
