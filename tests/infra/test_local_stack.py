"""A folder holds one local stack."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from infra.local.home import Home, LocalStackError
from infra.local.stack import StackRunner


def refused(home: Home) -> str:
    stack = StackRunner(home)
    with pytest.raises(LocalStackError) as refusal:
        stack.start()
    stack.stop()
    return str(refusal.value)


def test_a_second_start_is_refused_and_leaves_the_first_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.pid_file.write_text(str(os.getpid()))
    home.description.write_text("{}")
    assert "a stack runs in" in refused(home)
    assert home.pid_file.exists()
    assert home.description.exists()


def test_a_start_on_a_taken_port_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with socket.create_server(("127.0.0.1", home.identity().engine_port)):
        assert "is taken" in refused(home)
    assert not home.pid_file.exists()
