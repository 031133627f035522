"""Runs the local stack: engine, carrier simulator, deployment, keys."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from infra.local.home import (
    CREDENTIALS,
    IAM_SWITCH,
    ROOT,
    Home,
    Identity,
    LocalStackError,
    port_is_taken,
    wait_for_url,
    write_json,
)

STOP_SECONDS = 25.0
RECONCILE_DELAY_SECONDS = "10"
ROLES = ("admin", "marketer", "sales")


@contextlib.contextmanager
def running(home: Home) -> Iterator[dict[str, Any]]:
    """Run a stack for the length of a ``with`` block.

    Yields:
        The content of local.json, as the contract in the README describes it.

    Raises:
        LocalStackError: it cannot start: one runs already, a port is taken, a part failed.
    """
    stack = StackRunner(home)
    try:
        yield stack.start()
    finally:
        stack.stop()


class StackRunner:
    """One stack in one folder."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._processes: list[subprocess.Popen[str]] = []
        self._deployment: subprocess.Popen[str] | None = None
        self._claimed = False

    def start(self) -> dict[str, Any]:
        """Start everything and write local.json.

        Returns:
            The content of local.json.
        """
        home = self._home
        running_pid = home.running_pid()
        if running_pid is not None:
            raise LocalStackError(
                f"a stack runs in {home.path} (process {running_pid}); stop it with make down"
            )
        identity = home.identity()
        for port in (identity.engine_port, identity.carrier_port):
            if port_is_taken(port):
                raise LocalStackError(
                    f"port {port} is taken, and the queues of {home.path} know their address: "
                    "free it, or start afresh with make reset"
                )
        home.path.mkdir(parents=True, exist_ok=True)
        home.pid_file.write_text(str(os.getpid()))
        self._claimed = True
        home.description.unlink(missing_ok=True)
        shutil.rmtree(home.scratch, ignore_errors=True)
        home.scratch.mkdir()
        home.logs.mkdir(exist_ok=True)

        engine = self._start_engine(identity)
        carrier_url = f"http://127.0.0.1:{identity.carrier_port}"
        deployment = self._start_deployment(identity, carrier_url)
        _wait_until_ready(self._start_carrier(identity))
        deployed = self._finish(deployment, engine)
        outputs = deployed["outputs"]
        base_url = deployed["base_url"]
        identity = replace(identity, base_url=base_url)
        _tell_carrier(carrier_url, f"{base_url}/webhooks/twilio/inbound")
        if not identity.keys:
            identity = replace(identity, keys=_make_keys(identity, outputs))
        home.save_identity(identity)
        description = {
            "api_url": base_url,
            "webhook_base_url": base_url,
            "keys": identity.keys,
            "carrier": {
                "url": carrier_url,
                "account_sid": identity.account_sid,
                "auth_token": identity.auth_token,
            },
            "aws_endpoint_url": identity.endpoint_url,
            "fact_receiver": identity.fact_receiver,
            "outputs": outputs,
        }
        wait_for_url(f"{base_url}/health")
        write_json(home.description, description)
        engine.send_signal(signal.SIGUSR2)
        return description

    def stop(self) -> None:
        """Finish the work in progress, save the state, end every process.

        What another start left in the folder stays: one that was refused owns nothing of it.
        """
        if self._claimed:
            self._home.description.unlink(missing_ok=True)
        if self._deployment is not None:
            self._deployment.kill()
            self._deployment.wait()
        for process in reversed(self._processes):
            if process.poll() is None:
                # The engine, last in the list of things others need, drains on SIGUSR1.
                is_engine = process is self._processes[0]
                process.send_signal(signal.SIGUSR1 if is_engine else signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()
        if self._claimed:
            shutil.rmtree(self._home.scratch, ignore_errors=True)
            self._home.pid_file.unlink(missing_ok=True)
            self._claimed = False

    def failed(self) -> str | None:
        """What ended by itself, if anything did."""
        for process in self._processes:
            if process.poll() is not None:
                return (
                    " ".join(map(str, process.args[1:3])) if isinstance(process.args, list) else ""
                )
        return None

    def _start_engine(self, identity: Identity) -> "subprocess.Popen[str]":
        home = self._home
        return self._start(
            "engine",
            ["-m", "infra.local.engine"],
            {
                "BIND_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(identity.engine_port),
                "MINISTACK_HOST": "127.0.0.1",
                "PERSIST_STATE": "1",
                "STATE_DIR": str(home.state),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(home.state / "s3"),
                "TMPDIR": str(home.scratch),
                "LAMBDA_WARM_TTL_SECONDS": "600",
                "SFTP_ENABLED": "0",
                "IOT_MTLS_ENABLED": "0",
                "AUTH": "true" if IAM_SWITCH in os.environ else "false",
                "LOG_LEVEL": os.environ.get("PARLEY_ENGINE_LOG", "WARNING"),
            },
        )

    def _start_carrier(self, identity: Identity) -> "subprocess.Popen[str]":
        return self._start(
            "carrier",
            [
                *("-m", "infra.local.carrier"),
                *("--port", str(identity.carrier_port)),
                *("--account-sid", identity.account_sid),
                *("--auth-token", identity.auth_token),
                *("--state", str(self._home.carrier_state)),
            ],
            {},
        )

    def _start(
        self, name: str, arguments: list[str], environment: Mapping[str, str]
    ) -> "subprocess.Popen[str]":
        with (self._home.logs / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=_environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if name == "carrier" else log,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is ours to pass on, in order
            )
        self._processes.append(process)
        return process

    def _start_deployment(self, identity: Identity, carrier_url: str) -> "subprocess.Popen[str]":
        request: dict[str, Any] = {
            "endpoint_url": identity.endpoint_url,
            "account_sid": identity.account_sid,
            "auth_token": identity.auth_token,
            "parameters": {
                "PublicBaseUrl": identity.base_url,
                "TwilioApiBaseUrl": carrier_url,
                "ReconcileDelaySeconds": RECONCILE_DELAY_SECONDS,
                "LocalFactReceiver": identity.fact_receiver,
            },
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.deploy"],
            cwd=ROOT,
            env=_environment({}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._deployment = process
        if process.stdin is not None:
            process.stdin.write(json.dumps(request))
            process.stdin.close()
            process.stdin = None
        return process

    def _finish(
        self, deployment: "subprocess.Popen[str]", engine: "subprocess.Popen[str]"
    ) -> dict[str, Any]:
        while deployment.poll() is None and engine.poll() is None:
            time.sleep(0.02)
        if engine.poll() is not None:
            raise LocalStackError(f"the engine ended; see {self._home.logs / 'engine.log'}")
        output, errors = deployment.communicate()
        self._deployment = None
        if deployment.returncode:
            raise LocalStackError(f"the deployment failed: {errors.strip()}")
        content: dict[str, Any] = json.loads(output)
        return content


def _environment(added: Mapping[str, str]) -> dict[str, str]:
    """Our own, without what could lead to a real AWS account, and with what is added."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTEST"))
    }
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**inherited, **CREDENTIALS, **added}


def _make_keys(identity: Identity, outputs: Mapping[str, str]) -> dict[str, str]:
    """Make one API key for each role with the product's own command."""
    environment = command_environment(outputs, identity.endpoint_url)
    commands = {
        role: subprocess.Popen(
            [
                *(sys.executable, "-m", "parley_aws.cli", "create-key"),
                *("--role", role, "--owner", f"local-{role}"),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for role in ROLES
    }
    keys = {}
    for role, command in commands.items():
        output, errors = command.communicate()
        if command.returncode:
            raise LocalStackError(f"no API key could be made: {errors.strip()}")
        keys[role] = _key_in(output)
    return keys


def command_environment(outputs: Mapping[str, str], endpoint_url: str) -> dict[str, str]:
    """The environment in which the product's command line works on a local stack."""
    return _environment({**stack_environment(outputs), "AWS_ENDPOINT_URL": endpoint_url})


def stack_environment(outputs: Mapping[str, str]) -> dict[str, str]:
    """The names that functions read, from the stack's outputs.

    ``ContactsTable`` becomes ``CONTACTS_TABLE``; this lets a command run as a function would.
    """
    names = {re.sub(r"(?<!^)(?=[A-Z])", "_", key).upper(): value for key, value in outputs.items()}
    names.pop("REGION", None)
    return names


def _key_in(output: str) -> str:
    """The key in what create-key printed: a JSON object with ``key``, or the key alone."""
    text = output.strip()
    if text.startswith("{"):
        content: dict[str, str] = json.loads(text)
        return content["key"]
    return text.splitlines()[-1].split()[-1]


def _wait_until_ready(carrier: "subprocess.Popen[str]") -> None:
    if carrier.stdout is None or not carrier.stdout.readline():
        raise LocalStackError("the carrier simulator did not start; see logs/carrier.log")


def _tell_carrier(carrier_url: str, inbound_url: str) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own simulator's address
        f"{carrier_url}/simulator/webhooks",
        method="PUT",
        data=json.dumps({"inbound_url": inbound_url}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - likewise
        answer.read()
