"""Facts told to an outsider: signed, and within seconds."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import pytest

from infra.local.client import Connections, ProblemError

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

EVENTS = Path(__file__).parents[2] / "events"
WITHIN_SECONDS = 60
PHONE = "+15125550177"
SECRET = "a secret that nobody guesses".replace(" ", "-")
FACTS = [
    *("MessageHandedOver", "MessageDelivered", "ReplyReceived", "LeadCreated"),
    *("ContactOptedIn", "ContactOptedOut", "SendCompleted", "ConversionRecorded"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One delivery as it came."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def fact(self) -> str:
        """The fact's name."""
        name: str = json.loads(self.body)["fact"]
        return name

    @property
    def detail(self) -> dict[str, Any]:
        """What is told."""
        detail: dict[str, Any] = json.loads(self.body)["detail"]
        return detail


@dataclass(slots=True)
class Outsider:
    """Keeps what it is told; answers 503 as often as `refusals` says."""

    told: list[Told] = field(default_factory=list)
    refusals: int = 0

    def of(self, fact: str, **wanted: Any) -> list[Told]:
        """Deliveries of a fact with these details."""
        return [
            each
            for each in self.told
            if each.fact == fact and wanted.items() <= each.detail.items()
        ]


@contextmanager
def listening(address: str) -> Iterator[Outsider]:
    """Run an outsider at the address that the local stack admits."""
    outsider = Outsider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = 204
            if outsider.refusals:
                outsider.refusals -= 1
                status = 503
            else:
                headers = dict(self.headers.items())
                outsider.told.append(Told(headers=headers, body=body, at=time.time()))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Keep the output of the tests quiet."""

    host, _, port = address.partition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield outsider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def address(stack_home: Path) -> str:
    """The one address of this machine that facts may be delivered to."""
    described = json.loads((stack_home / "local.json").read_text())
    return str(described["fact_receiver"])


def eventually(check: Callable[[], Any]) -> Any:
    """What `check` answers once it is true; fails after a bounded time."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (answer := check()):
        assert time.monotonic() < deadline, f"still not: {check}"
        time.sleep(0.05)
    return answer


def is_signed(told: Told) -> bool:
    """Whether a delivery is signed as the documentation says."""
    fields = dict(each.split("=", 1) for each in told.headers["Parley-Signature"].split(","))
    expected = hmac.new(
        SECRET.encode(), fields["t"].encode() + b"." + told.body, hashlib.sha256
    ).hexdigest()
    is_recent = abs(told.at - int(fields["t"])) < 60
    return hmac.compare_digest(expected, fields["v1"]) and is_recent


def check_schema(told: Told) -> None:
    schema = json.loads((EVENTS / told.fact / "schema.v1.json").read_text())
    jsonschema.validate(told.detail, schema, cls=jsonschema.Draft202012Validator)


def test_an_outsider_is_told(stack: Connections, address: str) -> None:
    admin, marketer, sales = (stack.client(role) for role in ("admin", "marketer", "sales"))
    carrier = stack.carrier
    program, service = f"facts-{uuid4().hex[:8]}", f"MG{uuid4().hex}"
    with listening(address) as outsider:
        made = admin.post(
            "/webhook-subscriptions",
            {"url": f"http://{address}/parley?a=b", "facts": FACTS, "secret": SECRET},
        )
        assert made["secret"] == SECRET
        time.sleep(6)  # how long functions go by the subscriptions that they read
        admin.put(
            f"/programs/{program}",
            {
                "brand": "Acme Pizza",
                "sender": {"messaging_service_sid": service},
                "quiet_hours": {"policy": "none"},
            },
        )
        consent = {"program": program, "source": "web form", "obtained_at": "2026-01-02T03:04:05Z"}
        marketer.post("/contacts", {"contacts": [{"phone": PHONE, "consent": consent}]})
        campaign = marketer.post(
            "/campaigns",
            {"name": "Friday", "program": program, "body": "2 for 1! Reply STOP to opt out"},
        )
        send = marketer.post(f"/campaigns/{campaign['id']}/sends", {}, idempotency_key=uuid4().hex)[
            "id"
        ]
        (handed_over,) = eventually(lambda: outsider.of("MessageHandedOver", send_id=send))
        eventually(lambda: outsider.of("MessageDelivered", send_id=send))
        eventually(lambda: outsider.of("SendCompleted", send_id=send))

        carrier.post("/simulator/inbound", {"from": PHONE, "to": service, "body": "Yes please!"})
        (lead,) = eventually(lambda: outsider.of("LeadCreated", program_id=program))
        assert is_signed(lead)
        assert lead.detail["contact_ref"] == handed_over.detail["contact_ref"]
        assert lead.headers["Parley-Fact-Id"] == lead.detail["id"]
        (shown,) = sales.get("/leads", program=program)["leads"]
        assert (lead.detail["lead_id"], lead.detail["score"]) == (shown["id"], shown["score"])
        (reply,) = eventually(lambda: outsider.of("ReplyReceived", send_id=send))
        assert reply.detail["lead_id"] == shown["id"]

        outsider.refusals = 1
        carrier.post("/simulator/inbound", {"from": PHONE, "to": service, "body": "STOP"})
        eventually(lambda: outsider.of("ContactOptedOut", contact_ref=lead.detail["contact_ref"]))
        assert outsider.refusals == 0, "what was refused came again"

        for told in outsider.told:
            assert is_signed(told)
            check_schema(told)
            assert PHONE[1:] not in told.body.decode(), "G9"
        listed = _of(admin.get("/webhook-subscriptions")["webhook_subscriptions"], made["id"])
        assert "secret" not in listed
        last = eventually(
            lambda: {
                (each["fact"], each["status"], each["http_status"])
                for each in admin.get(f"/webhook-subscriptions/{made['id']}")["last_deliveries"]
            }
        )
        assert ("LeadCreated", "delivered", 204) in last
        assert {("failed", 503)} == {(s, code) for _, s, code in last if s == "failed"}

        admin.delete(f"/webhook-subscriptions/{made['id']}")
        with pytest.raises(ProblemError) as gone:
            admin.get(f"/webhook-subscriptions/{made['id']}")
        assert gone.value.status == 404


def test_addresses_inside_are_refused(stack: Connections, address: str) -> None:
    admin = stack.client("admin")
    port = address.partition(":")[2]
    for url in (
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://2130706433/x",
        "https://localhost/x",
        f"https://127.0.0.1:{port}/x",
        "http://127.0.0.1:1/x",
        "https://user:password@hooks.example.com/x",
        "http://hooks.example.com/x",
    ):
        with pytest.raises(ProblemError) as refused:
            admin.post("/webhook-subscriptions", {"url": url, "facts": ["LeadCreated"]})
        assert refused.value.status == 422
        assert refused.value.problem["errors"][0]["field"] == "url"


def test_only_admins_subscribe(stack: Connections, address: str) -> None:
    body = {"url": f"http://{address}/", "facts": ["LeadCreated"]}
    for role in ("marketer", "sales"):
        with pytest.raises(ProblemError) as refused:
            stack.client(role).post("/webhook-subscriptions", body)
        assert refused.value.status == 403


def _of(listed: list[dict[str, Any]], subscription_id: str) -> dict[str, Any]:
    (found,) = (each for each in listed if each["id"] == subscription_id)
    return found
