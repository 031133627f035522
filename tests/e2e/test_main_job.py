"""The main job, start to end, through HTTP and the carrier only."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import requests

from infra.local.client import Client, Connections, contact_path, import_csv

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

WITHIN_SECONDS = 60
PEOPLE = 120
BODY = "Hi {{ contact.first_name }}! 2 for 1 at Acme Pizza tonight. Reply STOP to opt out"


def eventually(check: Callable[[], Any]) -> Any:
    """What `check` answers once it is true; fails after a bounded time."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (answer := check()):
        assert time.monotonic() < deadline, f"still not: {check}"
        time.sleep(0.1)
    return answer


def national(number: int) -> str:
    """The number's phone in one of the ways people write it."""
    line = f"555-01{number % 100:02d}"
    area = "806" if number < 100 else "903"
    return [
        f"({area}) {line}",
        f"{area}-{line}",
        f"{area}.{line.replace('-', '.')}",
        f"1 {area} {line}",
    ][number % 4]


def e164(number: int) -> str:
    return f"+1{'806' if number < 100 else '903'}55501{number % 100:02d}"


def contacts_csv() -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["phone", "first_name", "city"])
    for number in range(PEOPLE):
        writer.writerow([national(number), f"Zoë {number}", "Austin"])
    writer.writerow(["12", "Too Short", "Austin"])
    writer.writerow(["not a number", "Bad", "Austin"])
    return out.getvalue().encode()


def trigger(marketer: Client, campaign_id: str) -> str:
    sent = marketer.post(f"/campaigns/{campaign_id}/sends", {}, idempotency_key=uuid4().hex)
    return str(sent["id"])


def completed(marketer: Client, send_id: str) -> dict[str, Any] | None:
    send: dict[str, Any] = marketer.get(f"/sends/{send_id}")
    counts = dict(send["counts"])
    assert counts.pop("audience") == sum(counts.values()), "G4: counts add up at every moment"
    return send if send["status"] == "completed" else None


def test_the_main_job(stack: Connections) -> None:
    admin, marketer, sales = (stack.client(role) for role in ("admin", "marketer", "sales"))
    carrier = stack.carrier
    program = f"pizza-{uuid4().hex[:8]}"
    service = f"MG{uuid4().hex}"
    vip = f"vip-{program}"
    admin.put(
        f"/programs/{program}",
        {
            "brand": "Acme Pizza",
            "sender": {"messaging_service_sid": service},
            "quiet_hours": {"policy": "none"},
            "frequency_caps": [{"max_messages": 1, "window_hours": 24}],
            "messages_per_second": 500,
        },
    )

    import_id = import_csv(
        marketer,
        contacts_csv(),
        kind="contacts",
        program=program,
        lists=[vip],
        consent={"source": "web form", "obtained_at": "2026-01-02T03:04:05Z", "wording": "Deals!"},
    )
    imported = eventually(
        lambda: (state := marketer.get(f"/imports/{import_id}"))["status"] == "completed" and state
    )
    assert (imported["rows"], imported["accepted"], imported["rejected"]) == (PEOPLE + 2, PEOPLE, 2)
    rejects = list(csv.DictReader(io.StringIO(_fetch(imported["rejects_url"]))))
    assert [row["field"] for row in rejects] == ["phone", "phone"]
    assert [row["line"] for row in rejects] == [str(PEOPLE + 2), str(PEOPLE + 3)]

    campaign = marketer.post(
        "/campaigns",
        {"name": "Friday", "program": program, "body": BODY, "segment": {"list": vip}},
    )
    estimate = marketer.post(f"/campaigns/{campaign['id']}/estimate")
    assert (estimate["audience"], estimate["would_send"]) == (PEOPLE, PEOPLE)

    first = trigger(marketer, campaign["id"])
    send = eventually(lambda: completed(marketer, first))
    assert send["counts"]["audience"] == PEOPLE
    eventually(lambda: marketer.get(f"/sends/{first}")["counts"]["delivered"] == PEOPLE)
    everyone = {e164(number) for number in range(PEOPLE)}
    assert _texted(carrier, everyone) == dict.fromkeys(everyone, 1), "each texted once"

    hot, gone = [e164(n) for n in range(7)], [e164(n) for n in range(20, 25)]
    for phone in hot:
        said = {"from": phone, "to": service, "body": "Yes please! what time?"}
        assert carrier.post("/simulator/inbound", said)["webhook_status"] == 200
    with ThreadPoolExecutor(5) as together:
        statuses = list(
            together.map(
                lambda phone: carrier.post(
                    "/simulator/inbound", {"from": phone, "to": service, "body": "STOP"}
                )["webhook_status"],
                gone,
            )
        )
    assert statuses == [200] * 5
    for phone in gone:
        contact = marketer.get(contact_path(phone))
        assert contact["suppressed"]["reason"] == "opted_out", "G1: opted out once answered"
        assert contact["subscriptions"][program]["status"] == "opted_out"

    leads = eventually(lambda: _leads(sales, program, 7))
    assert {lead["phone"] for lead in leads} == set(hot)
    assert {lead["temperature"] for lead in leads} == {"hot"}
    assert {lead["send_id"] for lead in leads} == {first}
    rows = list(csv.DictReader(io.StringIO(sales.text("/leads.csv", program=program))))
    assert {row["phone"].lstrip("'") for row in rows} == set(hot)

    second = trigger(marketer, campaign["id"])
    again = eventually(lambda: completed(marketer, second))
    assert again["skipped"] == {"opted_out": 5, "frequency_cap": 115}
    assert again["counts"]["skipped"] == again["counts"]["audience"] == PEOPLE
    assert _texted(carrier, everyone) == dict.fromkeys(everyone, 1), "G2: nobody again"

    report = eventually(lambda: _settled_report(marketer, first))
    assert report["counts"]["delivered"] == PEOPLE
    assert report["parts"] == PEOPLE
    assert (report["replies"], report["leads"], report["opt_outs"]) == (12, 7, 5)
    assert report["cost"]["currency"] == "USD"
    assert marketer.get(f"/sends/{second}/report")["skipped"] == again["skipped"]

    messages = list(marketer.pages(f"/sends/{second}/messages", "messages", limit=50))
    assert Counter(m["reason"] for m in messages) == {"frequency_cap": 115, "opted_out": 5}
    conversation = sales.get(f"{contact_path(hot[0])}/conversation")
    directions = [text["direction"] for text in conversation["texts"]]
    assert directions[:2] == ["outbound", "inbound"]


def _texted(carrier: Client, phones: set[str]) -> dict[str, int]:
    sent = carrier.get("/simulator/messages", direction="outbound-api")["messages"]
    return dict(
        Counter(text["to"] for text in sent if text["to"] in phones and "2 for 1" in text["body"])
    )


def _leads(sales: Client, program: str, expected: int) -> list[dict[str, Any]] | None:
    leads = list(sales.pages("/leads", "leads", status="open", program=program))
    return leads if len(leads) == expected else None


def _settled_report(marketer: Client, send_id: str) -> dict[str, Any] | None:
    report: dict[str, Any] = marketer.get(f"/sends/{send_id}/report")
    return report if report["opt_outs"] == 5 and report["replies"] == 12 else None


def _fetch(url: str) -> str:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.text
