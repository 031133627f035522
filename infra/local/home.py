"""Where a local stack keeps its things: the folder PARLEY_HOME, ``.parley`` by default."""

import json
import os
import secrets
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "000000000000"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": ACCOUNT,
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""The environment under which the SDK talks to the engine."""

READY_SECONDS = 60.0

IAM_SWITCH = "PARLEY_LOCAL_IAM"
"""Where this is set, the engine holds every function to its role, as AWS does."""


class LocalStackError(Exception):
    """The local stack cannot do what was asked; the message says why and what helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a local stack keeps for its life, since queues and webhooks know their address.

    Attributes:
        engine_port: of ministack.
        carrier_port: of the carrier simulator.
        account_sid: the provider account that the simulator plays.
        auth_token: its secret.
        base_url: where the engine serves the HTTP API; empty before the first deployment.
        keys: API keys by role; empty until they are made.
        fact_receiver_port: free for a program of yours, which facts may be delivered to.
    """

    engine_port: int
    carrier_port: int
    account_sid: str
    auth_token: str
    base_url: str
    keys: dict[str, str]
    fact_receiver_port: int

    @property
    def fact_receiver(self) -> str:
        """The one address of this machine that webhook subscriptions may name."""
        return f"127.0.0.1:{self.fact_receiver_port}"

    @property
    def endpoint_url(self) -> str:
        """The engine's address, for every service."""
        return f"http://127.0.0.1:{self.engine_port}"


@dataclass(frozen=True, slots=True)
class Home:
    """One local stack's folder."""

    path: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The folder that PARLEY_HOME names."""
        return cls((ROOT / os.environ.get("PARLEY_HOME", ".parley")).resolve())

    @property
    def description(self) -> Path:
        """local.json: there while the stack is ready."""
        return self.path / "local.json"

    @property
    def state(self) -> Path:
        """The engine's saved state."""
        return self.path / "state"

    @property
    def carrier_state(self) -> Path:
        """The simulator's saved state."""
        return self.path / "carrier.json"

    @property
    def logs(self) -> Path:
        """Log files of the last start."""
        return self.path / "logs"

    @property
    def scratch(self) -> Path:
        """Temporary files of the engine; emptied at every start."""
        return self.path / "tmp"

    @property
    def pid_file(self) -> Path:
        """The process in the foreground."""
        return self.path / "pid"

    def identity(self) -> Identity:
        """Read what is kept, or choose it now."""
        file = self.path / "identity.json"
        if file.exists():
            kept = json.loads(file.read_text())
            return Identity(**{"fact_receiver_port": _free_ports(1)[0], **kept})
        ports = _free_ports(3)
        identity = Identity(
            engine_port=ports[0],
            carrier_port=ports[1],
            account_sid=f"AC{secrets.token_hex(16)}",
            auth_token=secrets.token_hex(16),
            base_url="",
            keys={},
            fact_receiver_port=ports[2],
        )
        self.save_identity(identity)
        return identity

    def save_identity(self, identity: Identity) -> None:
        """Keep it."""
        write_json(self.path / "identity.json", asdict(identity))

    def running_pid(self) -> int | None:
        """The process of the stack that runs in this folder, if one does."""
        try:
            pid = int(self.pid_file.read_text())
            os.kill(pid, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        return pid

    def stop(self, timeout_seconds: float = 40) -> bool:
        """Stop the stack that runs in this folder.

        Returns:
            False where none ran.

        Raises:
            LocalStackError: it still runs after the timeout.
        """
        pid = self.running_pid()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout_seconds
        while self.running_pid() == pid:
            if time.monotonic() > deadline:
                raise LocalStackError(f"process {pid} still runs after {timeout_seconds:.0f} s")
            time.sleep(0.05)
        return True

    def clear(self) -> None:
        """Forget state, keys, ports and logs.

        Raises:
            LocalStackError: a stack runs in this folder.
        """
        if self.running_pid() is not None:
            raise LocalStackError("the stack is running; stop it first (make down)")
        for folder in (self.state, self.logs, self.scratch):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (
            self.path / "identity.json",
            self.description,
            self.carrier_state,
            self.pid_file,
        ):
            file.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file whole or not at all, readable by its owner only: it holds keys."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(path)


def wait_for_url(url: str, timeout_seconds: float = READY_SECONDS) -> None:
    """Wait until an address answers with anything but a server error.

    Raises:
        LocalStackError: it does not within the time.
    """
    deadline = time.monotonic() + timeout_seconds
    last = ""
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own engine
                answer.read()
                return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
            last = f"{error.code} {error.read(500)!r}"
        except OSError as error:
            last = str(error)
        time.sleep(0.05)
    raise LocalStackError(f"{url} did not answer within {timeout_seconds:.0f} s: {last}")


def port_is_taken(port: int) -> bool:
    """Whether something listens on 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
