"""Texts that are no send's are counted once, by their program's day, and cost money (G5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from parley.journal import JournalEvent, JournalKind, TextKind
from parley.metrics import entry_metrics
from parley.other_texts import accounts_of, is_account, other_text_of
from parley_aws.use_cases.count_texts import count_texts
from parley_aws.use_cases.recount import Recount
from tests.unit.outcomes.shop import Shop, phone

CHICAGO = ZoneInfo("America/Chicago")
MIDNIGHT = datetime(2026, 12, 1, 6, tzinfo=UTC)
"""In Chicago."""


def text(
    id_: str, *, at: datetime = MIDNIGHT, kind: TextKind = TextKind.WELCOME, parts: int = 1
) -> JournalEvent:
    return JournalEvent(
        id=f"text-{id_}",
        phone=phone(1),
        kind=JournalKind.TEXT,
        occurred_at=at,
        program_id="pizza",
        details={"kind": kind.value, "body": "Hi", "status": "accepted", "parts": str(parts)},
    )


def tell(shop: Shop, *events: JournalEvent) -> None:
    count_texts(events, programs=shop.services.the_programs, ledger=shop.services.the_ledger)
    shop.count()


def test_a_text_is_of_the_day_that_its_program_has() -> None:
    before = text("a", at=MIDNIGHT - timedelta(seconds=1), parts=2)
    for event, account, day in (
        (text("b"), "txt_pizza_2026-12", "2026-12-01"),
        (before, "txt_pizza_2026-11", "2026-11-30"),
    ):
        found = other_text_of(event, CHICAGO)
        assert found is not None
        assert (found.account, found.details["day"]) == (account, day)
        assert is_account(found.account)
    found = other_text_of(before, CHICAGO)
    assert found is not None
    assert entry_metrics({**found.details, "kind": "text"}) == {
        "texts:welcome@2026-11-30": 1,
        "text_parts@2026-11-30": 2,
    }
    assert accounts_of("pizza", date(2026, 11, 30), date(2027, 1, 1)) == [
        "txt_pizza_2026-11",
        "txt_pizza_2026-12",
        "txt_pizza_2027-01",
    ]


def test_g5_a_programs_report_counts_them_once_and_their_cost() -> None:
    shop = Shop()
    shop.send(texted=[1, 2], at=MIDNIGHT - timedelta(hours=1))
    shop.services.the_clock.advance(timedelta(days=7))
    told = [
        text("a", at=MIDNIGHT - timedelta(seconds=1), kind=TextKind.CONVERSATIONAL, parts=3),
        text("b"),
        text("c"),
        text("d", at=MIDNIGHT + timedelta(days=1)),
    ]
    for _ in range(2):
        tell(shop, *told)
    both = shop.client.call("GET", "/programs/pizza/report?from=2026-11-30&to=2026-12-01").json
    assert both["other_texts"] == {
        "texts": {"conversational": 1, "welcome": 2},
        "parts": 5,
        "cost": {"amount": "0.0415", "currency": "USD"},
    }
    assert both["cost"]["amount"] == "0.0166", "that of the sends"
    assert both["total_cost"] == {"amount": "0.0581", "currency": "USD"}
    one_day = shop.client.call("GET", "/programs/pizza/report?from=2026-12-02&to=2026-12-02").json
    assert one_day["other_texts"]["texts"] == {"welcome": 1}
    table = shop.client.call("GET", "/programs/pizza/report.csv?from=2026-11-30&to=2026-12-01").text
    assert "other_texts,welcome,texts,2,," in table.splitlines()
    assert "totals,,total_cost,0.0581,,USD" in table.splitlines()


def test_what_is_no_text_or_no_programs_is_not_counted() -> None:
    shop = Shop()
    reply = JournalEvent(
        id="reply-1",
        phone=phone(1),
        kind=JournalKind.REPLY,
        occurred_at=MIDNIGHT,
        program_id="pizza",
    )
    nobodys = JournalEvent(
        id="text-1",
        phone=phone(1),
        kind=JournalKind.TEXT,
        occurred_at=MIDNIGHT,
        details={"kind": "help", "parts": "1"},
    )
    tell(shop, reply, nobodys)
    assert shop.services.the_ledger.changes == []


def test_their_account_is_recounted_like_a_send() -> None:
    shop = Shop()
    tell(shop, *(text(str(n)) for n in range(40)))
    recount = Recount(
        sends=shop.services.the_sends,
        ledger=shop.services.the_ledger,
        metrics=shop.services.the_metrics,
        clock=shop.services.the_clock,
    )
    found = recount("txt_pizza_2026-12")
    assert (found.entries, found.differences, found.moving) == (40, (), ())
