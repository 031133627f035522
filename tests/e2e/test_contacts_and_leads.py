"""Files of contacts, erasure, and salespeople at work, deployed: through HTTP and the carrier."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import requests

from infra.local.client import Client, Connections, ProblemError, contact_path, import_csv

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

WITHIN_SECONDS = 90
CONSENT = {"source": "web form", "obtained_at": "2026-01-02T03:04:05Z", "wording": "Deals!"}


def until(read: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
    """What `read` answers once it is as wanted."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while True:
        found = read()
        if done(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


@pytest.fixture
def program(stack: Connections) -> str:
    """A program of the test's own."""
    name = f"shop-{uuid4().hex[:8]}"
    sender = {"messaging_service_sid": f"MG{uuid4().hex}", "keyword_replies": "twilio"}
    stack.client("admin").put(
        f"/programs/{name}",
        {"brand": "Acme", "sender": sender, "quiet_hours": {"policy": "none"}},
    )
    return name


@pytest.fixture
def phones() -> Iterator[str]:
    """Numbers that no other test uses."""
    start = uuid4().int % 7_000_000 + 2_000_000
    return iter(f"+1512{start + i}" for i in range(10_000))


def imported(client: Client, content: str, **fields: Any) -> dict[str, Any]:
    """An import that is through."""
    import_id = import_csv(client, content.encode(), **fields)
    found: dict[str, Any] = until(
        lambda: client.get(f"/imports/{import_id}"),
        lambda job: job["status"] in ("completed", "failed"),
    )
    return found


def test_an_import_takes_the_good_rows_and_lists_the_bad(
    stack: Connections, program: str, phones: Iterator[str]
) -> None:
    """G10"""
    marketer = stack.client("marketer")
    first, left, *others = (next(phones) for _ in range(300))
    marketer.post(f"{contact_path(left)}/opt-out", {"scope": "all", "source": "e-mail"})
    lines = [f'{first},Ann,"5th\nSt"', f"{left},Ben,x", "12,Bad,x", *(f"{p},Cy,y" for p in others)]
    job = imported(
        marketer,
        "\ufeffPhone,First Name,store\r\n" + "\r\n".join(lines),
        kind="contacts",
        program=program,
        lists=["fall"],
        consent=CONSENT,
    )
    assert job["status"] == "completed"
    assert (job["rows"], job["accepted"], job["rejected"]) == (301, 300, 1)
    assert job["not_revived"] == 1
    rejects = requests.get(job["rejects_url"], timeout=10)
    assert rejects.status_code == 200
    heading, *rows = csv.reader(rejects.text.splitlines())
    assert heading == ["line", "field", "message"]
    assert [row[:2] for row in rows] == [["4", "consent"], ["5", "phone"]]
    ann = marketer.get(contact_path(first))
    assert (ann["first_name"], ann["attributes"], ann["lists"]) == (
        "Ann",
        {"store": "5th\nSt"},
        ["fall"],
    )
    assert ann["subscriptions"][program]["status"] == "subscribed"
    assert ann["consents"][0]["wording"] == "Deals!"
    assert marketer.get(contact_path(left))["suppressed"]["reason"] == "opted_out"


def test_a_file_that_cannot_be_read_says_why(stack: Connections, program: str) -> None:
    marketer = stack.client("marketer")
    job = imported(marketer, "name,city\nAnn,Waco\n", kind="contacts", program=program)
    assert job["status"] == "failed"
    assert '"phone"' in job["failure"]
    assert '"phone"' in requests.get(job["rejects_url"], timeout=10).text.replace('""', '"')


def test_another_vendor_s_opt_outs_come_in_as_a_file(
    stack: Connections, program: str, phones: Iterator[str]
) -> None:
    marketer = stack.client("marketer")
    gone = next(phones)
    job = imported(marketer, f"phone\n{gone}\n", kind="opt_outs")
    assert (job["status"], job["accepted"]) == ("completed", 1)
    assert marketer.get(contact_path(gone))["suppressed"]["reason"] == "opted_out"
    listed = until(
        lambda: marketer.get("/opt-outs")["opt_outs"],
        lambda found: gone in [o["phone"] for o in found],
    )
    assert next(o for o in listed if o["phone"] == gone)["source"] == "vendor_import"


def make_lead(stack: Connections, program: str, phone: str, body: str = "How much?") -> Any:
    """The lead that a text of somebody makes."""
    stack.client("marketer").post(
        "/contacts",
        {"contacts": [{"phone": phone, "consent": {"program": program, **CONSENT}}]},
    )
    sender = stack.client("admin").get(f"/programs/{program}")["sender"]["messaging_service_sid"]
    stack.carrier.post("/simulator/inbound", {"from": phone, "to": sender, "body": body})
    found = until(
        lambda: stack.client("sales").get("/leads", program=program)["leads"],
        lambda leads: phone in [lead["phone"] for lead in leads],
    )
    return next(lead for lead in found if lead["phone"] == phone)


def test_of_salespeople_who_claim_at_once_one_wins(
    stack: Connections, program: str, phones: Iterator[str]
) -> None:
    lead = make_lead(stack, program, next(phones))
    owners = [f"seller {i}" for i in range(6)]

    def claim(owner: str) -> tuple[int, str]:
        answer = requests.post(
            f"{stack.api_url}/leads/{lead['id']}/claim",
            json={"owner": owner},
            headers={"Authorization": f"Bearer {stack.keys['sales']}"},
            timeout=30,
        )
        told = answer.json()
        return answer.status_code, str(told["owner" if answer.ok else "detail"])

    with ThreadPoolExecutor(len(owners)) as people:
        answers = list(people.map(claim, owners))
    (winner,) = (told for status, told in answers if status == 200)
    refused = [told for status, told in answers if status == 409]
    assert len(refused) == len(owners) - 1
    assert all(winner in told for told in refused)


def test_a_salesperson_texts_back_and_reads_the_conversation(
    stack: Connections, program: str, phones: Iterator[str]
) -> None:
    phone, sales = next(phones), stack.client("sales")
    lead = make_lead(stack, program, phone)
    path = f"/leads/{lead['id']}/messages"
    sent = sales.post(path, {"body": "Ten dollars."}, idempotency_key="k")
    assert sales.post(path, {"body": "Ten dollars."}, idempotency_key="k") == sent
    texts = sales.get(f"{contact_path(phone)}/conversation")["texts"]
    assert [(t["direction"], t["body"]) for t in texts] == [
        ("inbound", "How much?"),
        ("outbound", "Ten dollars."),
    ]
    received = stack.carrier.get("/simulator/messages", to=phone)["messages"]
    assert [m["body"] for m in received if m["direction"] != "inbound"] == ["Ten dollars."]
    stack.client("sales").post(f"{contact_path(phone)}/opt-out", {"source": "phone call"})
    with pytest.raises(ProblemError) as refused:
        sales.post(path, {"body": "Sorry?"}, idempotency_key="k2")
    assert (refused.value.status, refused.value.problem["code"]) == (409, "opted_out")
    assert phone in sales.text("/leads.csv", program=program)


def test_replies_are_listed(stack: Connections, program: str, phones: Iterator[str]) -> None:
    phone, marketer = next(phones), stack.client("marketer")
    make_lead(stack, program, phone)
    replies = until(
        lambda: marketer.get("/replies", intent="question")["replies"],
        lambda found: phone in [r["phone"] for r in found],
    )
    mine = next(r for r in replies if r["phone"] == phone)
    assert (mine["body"], mine["intent"], mine["program"]) == ("How much?", "question", program)
    assert mine["why"]


def test_an_erased_number_stays_suppressed(
    stack: Connections, program: str, phones: Iterator[str]
) -> None:
    """G9"""
    phone, marketer = next(phones), stack.client("marketer")
    make_lead(stack, program, phone)
    assert marketer.get(f"{contact_path(phone)}/export")["leads"]
    marketer.delete(contact_path(phone))
    with pytest.raises(ProblemError) as gone:
        marketer.get(contact_path(phone))
    assert gone.value.status == 404
    assert phone not in stack.client("sales").text("/leads.csv", program=program)
    done = marketer.post(
        "/contacts",
        {"contacts": [{"phone": phone, "consent": {"program": program, **CONSENT}}]},
    )
    assert (done["accepted"], done["not_revived"]) == (1, 1)
    assert marketer.get(contact_path(phone))["suppressed"]["reason"] == "erased"
    back = marketer.post(
        f"{contact_path(phone)}/opt-in",
        {"program": program, "evidence": {"form": "17"}, **CONSENT},
    )
    assert back["suppressed"] is None
