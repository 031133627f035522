"""The carrier simulator's control routes, its state file and its command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.support.carrier import ACCOUNT_SID, AUTH_TOKEN, Carrier, eventually, running_carrier
from tests.support.receiver import Receiver

pytest_plugins = ["tests.support.carrier_fixtures"]
pytestmark = pytest.mark.enable_socket

ROOT = Path(__file__).parents[2]
HANDSET = "+15125550100"
SENDER = "+15125550199"


def test_behavior_is_replaced_as_a_whole(carrier: Carrier) -> None:
    shown = carrier.behavior(
        seed=4,
        latency_ms=1,
        delivery_delay_ms=[5, 10],
        errors=[{"to": HANDSET, "error_code": 21610}],
        http_429_rate=0.1,
        http_500_rate=0.2,
        lost_answer_rate=0.3,
        undelivered_rate=0.4,
        no_receipt_rate=0.5,
        duplicate_callback_rate=1,
        reorder_callbacks=True,
        persona={"reply_rate": 0.3, "stop_rate": 0.05},
    )
    assert (shown["delivery_delay_ms"], shown["persona"]["stop_rate"]) == ([5, 10], 0.05)
    assert carrier.control("GET", "/simulator/behavior") == shown
    assert carrier.behavior(**shown) == shown
    fresh = carrier.behavior(seed=5)
    assert (fresh["seed"], fresh["http_429_rate"], fresh["errors"]) == (5, 0, [])
    assert fresh["persona"]["reply_rate"] == 0


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("behavior", "{", [""]),
        ("behavior", b"\xff\xfe", [""]),
        ("behavior", "[" * 100_000, [""]),
        ("behavior", "[]", [""]),
        ("behavior", '{"sed": 1, "http_429_rate": 2}', ["sed", "http_429_rate"]),
        ("behavior", '{"seed": true}', ["seed"]),
        ("behavior", '{"seed": 1.5}', ["seed"]),
        ("behavior", '{"http_500_rate": "0.5"}', ["http_500_rate"]),
        ("behavior", '{"http_500_rate": NaN}', ["http_500_rate"]),
        ("behavior", '{"http_500_rate": -0.1}', ["http_500_rate"]),
        ("behavior", '{"latency_ms": -1}', ["latency_ms"]),
        ("behavior", '{"latency_ms": [2, 1]}', ["latency_ms"]),
        ("behavior", '{"latency_ms": 1e400}', ["latency_ms"]),
        ("behavior", '{"latency_ms": 1' + "0" * 400 + "}", ["latency_ms"]),
        ("behavior", '{"delivery_delay_ms": 1e12}', ["delivery_delay_ms"]),
        ("behavior", '{"reorder_callbacks": "yes"}', ["reorder_callbacks"]),
        ("behavior", '{"errors": {}}', ["errors"]),
        ("behavior", '{"errors": [{}]}', ["errors[0].to", "errors[0].error_code"]),
        ("behavior", '{"errors": [{"to": "5", "error_code": "30003"}, 7]}',
         ["errors[0].to", "errors[0].error_code", "errors[1]"]),
        ("behavior", '{"errors": [{"to": "*", "error_code": 7, "times": 0, "x": 1}]}',
         ["errors[0].x", "errors[0].error_code", "errors[0].times"]),
        ("behavior", '{"persona": {"reply_rate": 0.7, "stop_rate": 0.7}}', ["persona"]),
        ("behavior", '{"persona": {"replies": [], "stop": 1}}',
         ["persona.stop", "persona.replies"]),
        ("behavior", '{"persona": {"replies": ["\\ud800"]}}', ["persona.replies[0]"]),
        ("inbound", "{}", ["from", "to", "body"]),
        ("inbound", '{"from": "5125550100", "to": "", "body": 7, "cc": 1}',
         ["cc", "from", "to", "body"]),
        ("inbound", f'{{"from": "{HANDSET}", "to": "{SENDER}", "body": "\\ud83d"}}', ["body"]),
        ("inbound", f'{{"from": "{HANDSET}", "to": "{SENDER}", "body": "{"x" * 1601}"}}', ["body"]),
        ("webhooks", "{}", ["inbound_url"]),
        ("webhooks", '{"inbound_url": "localhost:80"}', ["inbound_url"]),
        ("webhooks", '{"inbound_url": 7}', ["inbound_url"]),
        ("keyword-replies", '{"default": "nobody"}', ["default"]),
        ("keyword-replies", '{"senders": {"MG1": "twilio", "MG2": 7}}', ["senders.MG2"]),
        ("keyword-replies", '{"senders": []}', ["senders"]),
    ],
)  # fmt: skip
def test_bad_input_names_its_fields(
    carrier: Carrier, path: str, body: str | bytes, fields: list[str]
) -> None:
    before = carrier.control("GET", "/simulator/behavior")
    method = "POST" if path == "inbound" else "PUT"
    status, answer = carrier.request(method, f"/simulator/{path}", body)
    assert status == 400
    errors = json.loads(answer)["errors"]
    assert [error["field"] for error in errors] == fields
    assert all(error["message"] for error in errors)
    assert carrier.control("GET", "/simulator/behavior") == before
    assert carrier.messages() == []


def test_messages_are_filtered(carrier: Carrier) -> None:
    client = carrier.client()
    client.messages.create(to=HANDSET, from_=SENDER, body="out")
    client.messages.create(to="+15125550101", from_=SENDER, body="other")
    carrier.inbound(from_=HANDSET, to=SENDER, body="in")

    def bodies(query: str) -> list[str]:
        status, answer = carrier.request("GET", f"/simulator/messages{query}")
        assert status == 200
        return [each["body"] for each in json.loads(answer)["messages"]]

    assert bodies("") == ["out", "other", "in"]
    assert bodies("?to=%2B15125550100") == ["out"]
    assert bodies("?to=+15125550100") == ["out"]
    assert bodies("?to=%2B15125550199") == ["in"]
    assert bodies("?from=%2B15125550199&direction=outbound") == ["out", "other"]
    assert bodies("?direction=outbound-api") == ["out", "other"]
    assert bodies("?direction=inbound&from=%2B15125550100") == ["in"]
    assert bodies("?to=%2B15125550999") == []
    for query in ("?direction=up", "?status=sent"):
        assert carrier.request("GET", f"/simulator/messages{query}")[0] == 400


def test_forget_forgets_opt_outs_too(carrier: Carrier) -> None:
    carrier.inbound(from_=HANDSET, to=SENDER, body="STOP")
    opt_outs = carrier.control("GET", "/simulator/opt-outs")["opt_outs"]
    assert opt_outs == [{"sender": SENDER, "handset": HANDSET}]
    carrier.forget()
    assert carrier.messages() == []
    assert carrier.client().messages.create(to=HANDSET, from_=SENDER, body="Hi").sid


def test_health_and_unknown_routes(carrier: Carrier) -> None:
    assert carrier.control("GET", "/health") == {"status": "ok", "messages": 0}
    for method, path in (("GET", "/"), ("DELETE", "/simulator/behavior"), ("GET", "/simulator")):
        status, answer = carrier.request(method, path)
        assert status == 404
        assert json.loads(answer)["errors"]


def test_state_survives_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    state = tmp_path / "deep" / "carrier.json"
    with running_carrier(state=state, inbound_url=receiver.url) as carrier:
        carrier.behavior(seed=9, delivery_delay_ms=400)
        carrier.inbound(from_=HANDSET, to="MG1", body="STOP 👋")
        carrier.inbound(from_=HANDSET, to="MG1", body="STOP")
        waiting = carrier.client().messages.create(
            to="+15125550101",
            messaging_service_sid="MG1",
            body="Hi",
            status_callback=receiver.url + "/status",
        )
        before = carrier.messages()
        service = before[0]["to"]
    with running_carrier(state=state) as carrier:
        assert carrier.control("GET", "/simulator/behavior")["seed"] == 9
        assert carrier.control("GET", "/simulator/webhooks") == {"inbound_url": receiver.url}
        assert [each["sid"] for each in carrier.messages()] == [each["sid"] for each in before]
        with pytest.raises(TwilioRestException, match="unsubscribed"):
            carrier.client().messages.create(to=HANDSET, messaging_service_sid="MG1", body="Hi")
        carrier.inbound(from_="+15125550102", to=service, body="hello")
        assert receiver.received[-1].params["MessagingServiceSid"] == "MG1"
        eventually(lambda: receiver.statuses_of(str(waiting.sid)) == ["sent", "delivered"])


@pytest.mark.parametrize("content", ["", "[]", '{"version": 0}', '{"version": 1}', "\x00"])
def test_bad_state_is_refused(tmp_path: Path, content: str) -> None:
    state = tmp_path / "carrier.json"
    state.write_text(content)
    ended = subprocess.run(
        command("--state", str(state)), cwd=ROOT, capture_output=True, text=True, timeout=20,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert str(state) in ended.stderr
    assert "Traceback" not in ended.stderr
    assert state.read_text() == content


def command(*more: str) -> list[str]:
    return [
        sys.executable, "-m", "infra.local.carrier",
        "--account-sid", ACCOUNT_SID, "--auth-token", AUTH_TOKEN, *more,
    ]  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_line(tmp_path: Path, number: signal.Signals) -> None:
    state = tmp_path / "carrier.json"
    with subprocess.Popen(
        command("--state", str(state)), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready == {"event": "ready", "url": ready["url"], "port": ready["port"]}
        carrier = Carrier(url=ready["url"], account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
        assert carrier.control("GET", "/health")["status"] == "ok"
        taken = subprocess.run(
            command("--port", str(ready["port"])), cwd=ROOT, capture_output=True, text=True,
            timeout=20, check=False,
        )  # fmt: skip
        assert taken.returncode == 1
        assert "cannot start" in taken.stderr
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
    assert json.loads(state.read_text())["messages"] == []


@pytest.mark.parametrize(
    "wrong", [("--port", "70000"), ("--inbound-url", "x"), ("--keyword-replies", "x"), ("--x",)]
)
def test_bad_arguments(wrong: tuple[str, ...]) -> None:
    ended = subprocess.run(
        command(*wrong), cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 2
    assert wrong[0] in ended.stderr
