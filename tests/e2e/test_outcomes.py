"""What came of a campaign, deployed: the report against a count made from the carrier's texts.

Through HTTP and the carrier only, but for the recount, which is the operator's own command.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.local.client import Client, Connections
from infra.local.stack import command_environment
from tests.support.shop import WITHIN_SECONDS, Shop

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

PEOPLE = 90
PRICE_PER_PART = Decimal("0.0083")
SAID = {"Yes please! what time?": 6, "No thanks": 4, "STOP": 3}


def eventually(check: Callable[[], Any]) -> Any:
    """What `check` answers once it is true."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (answer := check()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)
    return answer


@pytest.fixture
def shop(stack: Connections) -> Shop:
    return Shop(stack, PEOPLE, timezone="America/Chicago")


def test_a_report_equals_a_count_of_the_carriers_texts(
    stack: Connections, stack_home: Path, shop: Shop
) -> None:
    marketer, sales, carrier = shop.marketer, stack.client("sales"), stack.carrier
    campaign = marketer.post(
        "/campaigns",
        {
            "name": "Friday",
            "program": shop.name,
            "body": "Acme: 2 for 1 tonight, reply YES to hold yours. STOP to end",
            "holdout_percent": 30,
            "lead_keywords": ["YES"],
        },
    )
    started = datetime.now(UTC)
    send_id = shop.trigger(campaign["id"])
    shop.completed(send_id)
    eventually(lambda: {t["status"] for t in shop.taken(carrier)} == {"delivered"})
    texted = [text["to"] for text in shop.taken(carrier)]
    left_alone = sorted(set(shop.phones) - set(texted))
    assert len(texted) == len(set(texted))
    assert 10 <= len(left_alone) <= 45

    said: Counter[str] = Counter()
    speakers = iter(texted)
    interested = []
    for words, people in SAID.items():
        for _ in range(people):
            phone = next(speakers)
            inbound = {"from": phone, "to": shop.service, "body": words}
            assert carrier.post("/simulator/inbound", inbound)["webhook_status"] == 200
            said[words] += 1
            if words.startswith("Yes"):
                interested.append(phone)
    leads = eventually(
        lambda: (
            found
            if len(found := list(sales.pages("/leads", "leads", program=shop.name))) == 6
            else None
        )
    )
    lead = next(each for each in leads if each["phone"] == interested[0])
    sales.post(f"/leads/{lead['id']}/claim", {})
    sales.post(f"/leads/{lead['id']}/messages", {"body": "Table for two?"}, idempotency_key="a")
    won = {"status": "won", "value": {"amount": "35.50", "currency": "USD"}}
    sales.patch(f"/leads/{lead['id']}", {**won, "order_id": f"{shop.name}-0"})

    orders = [(f"{shop.name}-0", interested[0], Decimal("35.50"))]
    orders += [(f"{shop.name}-{n}", texted[-n], Decimal("12.25")) for n in range(1, 8)]
    held_out_orders = [(f"{shop.name}-h{n}", left_alone[n], Decimal(10)) for n in range(2)]
    rows = [
        {
            "phone": phone,
            "order_id": order_id,
            "amount": str(amount),
            "currency": "USD",
            "occurred_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        for order_id, phone, amount in (*orders, *held_out_orders)
    ]
    bad = {**rows[0], "order_id": "bad", "amount": "a lot"}
    for attempt in range(2):
        answer = marketer.post("/conversions", {"conversions": [*rows, bad]})
        assert [(r["index"], r["field"]) for r in answer["rejected"]] == [(len(rows), "amount")]
        assert answer["recorded"] == (len(rows) - 1 if attempt == 0 else 0), "the lead's is known"
    credits_ = {c["order_id"]: c["attribution"] for c in answer["conversions"]}
    for order_id, _, _ in orders:
        assert (credits_[order_id]["send_id"], credits_[order_id]["group"]) == (send_id, "texted")
    for order_id, _, _ in held_out_orders:
        assert credits_[order_id]["group"] == "held_out"
    refund = {
        **rows[1],
        "order_id": f"{shop.name}-r",
        "amount": "2.25",
        "refund_of": rows[1]["order_id"],
    }
    assert sales.post("/conversions", refund)["value"]["amount"] == "-2.25"

    revenue = sum((amount for *_, amount in orders), Decimal("-2.25"))
    counted = {
        "conversions": len(orders),
        "refunds": 1,
        "replies": sum(SAID.values()),
        "leads": 6,
        "opt_outs": SAID["STOP"],
    }
    report = eventually(
        lambda: (
            (found := _with(marketer, send_id, **counted)) and found["first_answer"]["of"] and found
        )
    )
    assert report["counts"]["audience"] == PEOPLE
    assert report["counts"]["delivered"] == len(texted)
    assert report["counts"]["held_out"] == len(left_alone)
    assert report["parts"] == len(texted)
    assert report["first_answer"]["of"] == 1
    assert Decimal(report["revenue"]["amount"]) == revenue
    assert report["rates"]["delivered"] == {"value": 1.0, "of": len(texted)}
    assert report["rates"]["replied"]["value"] == round(sum(SAID.values()) / len(texted), 4)
    groups = report["holdout"]["groups"]
    assert (groups["texted"]["contacts"], groups["texted"]["converted"]) == (len(texted), 8)
    assert (groups["held_out"]["contacts"], groups["held_out"]["converted"]) == (
        len(left_alone),
        2,
    )
    assert Decimal(groups["held_out"]["revenue"]["amount"]) == 20
    assert report["holdout"]["in_words"].startswith(f"Of {len(texted)} people drawn")
    hours = {(started + timedelta(hours=n)).strftime("%Y-%m-%dT%H:00:00Z") for n in range(2)}
    assert {hour["hour"] for hour in report["timeline"]} <= hours
    assert sum(hour["handed_over"] for hour in report["timeline"]) == len(texted)
    assert sum(hour["conversions"] for hour in report["timeline"]) == len(orders)

    assert {"word": "time", "replies": 6} in report["themes"]["words"]

    of_program = eventually(
        lambda: found if (found := _of_program(marketer, shop))["other_texts"]["texts"] else None
    )
    ours = len(carrier.get("/simulator/messages", to=interested[0])["messages"]) - 1
    assert of_program["other_texts"]["texts"] == {"conversational": ours} == {"conversational": 1}
    cost = PRICE_PER_PART * (len(texted) + ours)
    assert Decimal(of_program["total_cost"]["amount"]) == cost
    assert of_program["counts"] == report["counts"]
    assert [each["id"] for each in of_program["sends"]] == [send_id]
    text = marketer.text(f"/sends/{send_id}/report.csv")
    table = {
        (row["section"], row["name"]): row["value"] for row in csv.DictReader(io.StringIO(text))
    }
    assert table["counts", "delivered"] == str(len(texted))
    assert Decimal(table["totals", "revenue"]) == revenue

    settled = eventually(
        lambda: (found := _with(marketer, send_id))["cost"]["settled"] and found["cost"]
    )
    assert Decimal(settled["amount"]) == PRICE_PER_PART * len(texted)
    assert settled["settled_parts"] == len(texted)
    assert _recounted(stack_home, send_id) == {"differences": [], "moving": [], "unreadable": 0}


def _of_program(marketer: Client, shop: Shop) -> dict[str, Any]:
    report: dict[str, Any] = marketer.get(f"/programs/{shop.name}/report")
    return report


def _with(marketer: Client, send_id: str, **expected: int) -> dict[str, Any]:
    """The send's report once it counts what is expected; empty before that."""
    report: dict[str, Any] = marketer.get(f"/sends/{send_id}/report")
    return report if all(report[name] == n for name, n in expected.items()) else {}


def _recounted(stack_home: Path, send_id: str) -> dict[str, Any]:
    described = json.loads((stack_home / "local.json").read_text())
    done = subprocess.run(
        [sys.executable, "-m", "parley_aws.cli", "recount", "--send", send_id],
        env=command_environment(described["outputs"], described["aws_endpoint_url"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["entries"] > PEOPLE
    return {name: told[name] for name in ("differences", "moving", "unreadable")}
