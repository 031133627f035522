"""The command that makes the first key."""

from __future__ import annotations

import json

import pytest

from parley.keys import Role, key_hash
from parley_aws import cli, wiring
from parley_aws.memory import MemoryKeys


def test_a_key_is_made_and_printed_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = MemoryKeys()
    monkeypatch.setattr(wiring, "keys", lambda: keys)
    assert cli.main(["create-key", "--role", "admin", "--owner", "Ana"]) == 0
    printed = json.loads(capsys.readouterr().out)
    kept = keys.by_hash(key_hash(printed["key"]))
    assert kept is not None
    assert (kept.id, kept.role, kept.owner) == (printed["id"], Role.ADMIN, "Ana")


@pytest.mark.parametrize("arguments", [[], ["create-key"], ["create-key", "--role", "boss"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(arguments)
