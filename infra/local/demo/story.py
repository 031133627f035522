"""What happens in the demo: a program, an import, a campaign, and the people who answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local.client import Client, Connections, import_csv

PROGRAM = "pizza"
BODY = (
    "Hi {{ contact.first_name | default: 'there' }}! 2 for 1 tonight at "
    "{{ contact.attributes.store }}. Reply YES to hold yours. Reply STOP to opt out"
)
CONTACTS_CSV = Path(__file__).with_name("contacts.csv")
FORMER_LEAVERS = ("+13125550110", "+442079460100", "+16715550141")
WITHOUT_CONSENT = ({"phone": "(512) 555-0199", "first_name": "Nell"}, {"phone": "+12125550198"})
_STEP = 0.25
_IMPORT_WITHIN_SECONDS = 60
_SETTLE_WITHIN_SECONDS = 60
_QUIET_SECONDS = 3.0

Count = Callable[[str, int, int | None], None]
"""Told a bar's name, how far it is, and of how many where that is known."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """The end of the story, as the API tells it."""

    imported: dict[str, Any]
    estimate: dict[str, Any]
    send: dict[str, Any]
    report: dict[str, Any]
    messages: list[dict[str, Any]]
    leads: list[dict[str, Any]]
    leads_csv: str
    texts: list[dict[str, Any]]
    first_text_seconds: float


def tell(stack: Connections, count: Count) -> Told:
    """Run the whole story; `count` hears of progress."""
    admin, marketer, sales = (stack.client(role) for role in ("admin", "marketer", "sales"))
    _prepare(admin, stack.carrier)
    imported = _import_contacts(marketer, count)
    for phone in FORMER_LEAVERS:
        path = f"/contacts/{phone.replace('+', '%2B')}/opt-out"
        marketer.post(path, {"scope": "all", "source": "phone call"})
    marketer.post("/contacts", {"contacts": [dict(person) for person in WITHOUT_CONSENT]})
    campaign = marketer.post(
        "/campaigns",
        {
            "name": "Friday two-for-one",
            "program": PROGRAM,
            "body": BODY,
            "segment": {"any": [{"list": "friday"}, {"phone": {"in": ["+12125550198"]}}]},
            "auto_reply": "Great! We will text you in a minute.",
            "lead_keywords": ["YES"],
        },
    )
    estimate = marketer.post(f"/campaigns/{campaign['id']}/estimate")
    triggered = time.time()
    patience = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds")
    send = marketer.post(
        f"/campaigns/{campaign['id']}/sends", {"expires_at": patience}, idempotency_key="friday"
    )
    first_text = _await_first_text(stack.carrier, triggered, estimate["would_send"])
    send, report = _await_settled(marketer, send["id"], count)
    return Told(
        imported=imported,
        estimate=estimate,
        send=send,
        report=report,
        messages=list(marketer.pages(f"/sends/{send['id']}/messages", "messages", limit=500)),
        leads=list(sales.pages("/leads", "leads", status="open")),
        leads_csv=sales.text("/leads.csv"),
        texts=stack.carrier.get("/simulator/messages")["messages"],
        first_text_seconds=first_text,
    )


def _prepare(admin: Client, carrier: Client) -> None:
    admin.put(
        f"/programs/{PROGRAM}",
        {
            "brand": "Acme Pizza",
            "sender": {"messaging_service_sid": "MG" + "5" * 32},
            "timezone": "America/Chicago",
            "frequency_caps": [{"max_messages": 1, "window_hours": 24}],
            "messages_per_second": 50,
        },
    )
    carrier.put(
        "/simulator/behavior",
        {
            "seed": 22,
            "latency_ms": 30,
            "delivery_delay_ms": 400,
            "undelivered_rate": 0.03,
            "persona": {"reply_rate": 0.4, "stop_rate": 0.05},
        },
    )


def _import_contacts(marketer: Client, count: Count) -> dict[str, Any]:
    import_id = import_csv(
        marketer,
        CONTACTS_CSV.read_bytes(),
        kind="contacts",
        program=PROGRAM,
        lists=["friday"],
        consent={
            "source": "checkout form",
            "obtained_at": "2026-03-01T12:00:00Z",
            "wording": "Text me deals from Acme Pizza. Reply STOP to opt out.",
        },
    )
    rows = len(CONTACTS_CSV.read_text(encoding="utf-8").splitlines()) - 1
    deadline = time.monotonic() + _IMPORT_WITHIN_SECONDS
    while time.monotonic() < deadline:
        state: dict[str, Any] = marketer.get(f"/imports/{import_id}")
        count("contacts imported", state["accepted"] + state["rejected"], rows)
        if state["status"] in ("completed", "failed"):
            return state
        time.sleep(_STEP)
    raise RuntimeError("the import did not finish")


def _await_first_text(carrier: Client, triggered: float, expected: int) -> float:
    while expected and time.time() - triggered < _SETTLE_WITHIN_SECONDS:
        if carrier.get("/simulator/messages", direction="outbound-api")["messages"]:
            return time.time() - triggered
        time.sleep(0.02)
    return time.time() - triggered


def _await_settled(
    marketer: Client, send_id: str, count: Count
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Until every text has its delivery receipt and the handsets have fallen silent."""
    deadline = time.monotonic() + _SETTLE_WITHIN_SECONDS
    last_change = time.monotonic()
    seen: tuple[Any, ...] = ()
    while True:
        send = marketer.get(f"/sends/{send_id}")
        report = marketer.get(f"/sends/{send_id}/report")
        counts = send["counts"]
        under_way = counts["pending"] + counts["accepted"] + counts["sent"] + counts["unknown"]
        decided = counts["audience"] - counts["pending"]
        count("people decided", decided, counts["audience"] or None)
        count("texts delivered", counts["delivered"], _handed_over(counts) or None)
        count("replies heard", report["replies"], None)
        count("leads made", report["leads"], None)
        now = (counts, report["replies"], report["leads"], report["opt_outs"])
        if now != seen:
            seen, last_change = now, time.monotonic()
        quiet = time.monotonic() - last_change > _QUIET_SECONDS
        if (quiet and counts["audience"] and not under_way) or time.monotonic() > deadline:
            return send, report
        time.sleep(_STEP)


def _handed_over(counts: dict[str, int]) -> int:
    return sum(counts[s] for s in ("accepted", "sent", "delivered", "undelivered", "unknown"))
