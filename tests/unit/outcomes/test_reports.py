"""Reports: every figure follows from what happened, with its base and the moment it was read."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from parley import ids
from parley.journal import JournalEvent, JournalKind
from parley.keys import Role
from parley.ledger import Response, ResponseKind
from parley.outcome import MessageStatus
from tests.support.api import FRIDAY_NOON, ID_KEY
from tests.unit.outcomes.shop import Shop, phone

HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def table(shop: Shop, path: str) -> dict[tuple[str, ...], list[str]]:
    """A report's CSV: value, base and currency by section, item where there is one, and name."""
    answer = shop.client.call("GET", path)
    assert answer.status == 200, answer.text
    assert str(answer.headers["Content-Type"]).startswith("text/csv")
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head == ["section", "item", "name", "value", "of", "currency"]
    found = {tuple(cell for cell in row[:3] if cell): row[3:] for row in rows}
    assert len(found) == len(rows), "no row hides another"
    return found


def respond(shop: Shop, send_id: str, kind: ResponseKind, name: str, **details: str) -> None:
    shop.services.the_ledger.respond(
        [Response(send_id=send_id, kind=kind, id=name, details=details)]
    )
    shop.count()


def test_a_report_of_everything(shop: Shop) -> None:
    send_id = shop.send(texted=range(8), held_out=[8, 9])
    bucket = "2026-11-27T18"
    for number, intent in enumerate(("interest", "interest", "opt_out")):
        about = {"bucket": bucket, "intent": intent}
        respond(shop, send_id, ResponseKind.REPLY, f"r{number}", **about)
    respond(shop, send_id, ResponseKind.REPLIED, "m0", bucket=bucket)
    respond(shop, send_id, ResponseKind.REPLIED, "m1", bucket=bucket)
    respond(shop, send_id, ResponseKind.LEAD, "lead", bucket=bucket)
    respond(shop, send_id, ResponseKind.ANSWER, "lead", seconds="552", bucket="2026-11-27T19")
    respond(shop, send_id, ResponseKind.OPT_OUT, "m1", bucket=bucket)
    shop.post(shop.order(0, "a", "30.50"), shop.order(1, "b", "9.50"), shop.order(8, "c", "10"))
    report = shop.report(f"/sends/{send_id}/report")
    assert (report["replies"], report["intents"]) == (3, {"interest": 2, "opt_out": 1})
    assert (report["leads"], report["opt_outs"], report["conversions"]) == (1, 1, 2)
    assert report["first_answer"] == {"mean_minutes": 9.2, "of": 1}
    assert report["revenue"] == {"amount": "40", "currency": "USD"}
    assert report["revenues"] == {"USD": "40"}
    assert report["rates"] == {
        "handed_over": {"value": 0.8, "of": 10},
        "skipped": {"value": 0.0, "of": 10},
        "delivered": {"value": 1.0, "of": 8},
        "undelivered": {"value": 0.0, "of": 8},
        "failed": {"value": 0.0, "of": 8},
        "replied": {"value": 0.25, "of": 8},
        "opted_out": {"value": 0.125, "of": 8},
        "leads": {"value": 0.125, "of": 8},
        "answered": {"value": 1.0, "of": 1},
        "converted": {"value": 0.25, "of": 8},
    }
    noon, one = report["timeline"]
    assert (noon["hour"], noon["local"], noon["hours"]) == (
        "2026-11-27T18:00:00Z",
        "2026-11-27T12:00-06:00",
        1,
    )
    assert (noon["handed_over"], noon["delivered"], noon["replies"], noon["leads"]) == (8, 8, 3, 1)
    assert (one["conversions"], one["answers"], one["revenue"]["amount"]) == (2, 1, "40")
    assert report["unreadable"] == 0
    groups = report["holdout"]["groups"]
    assert groups["texted"] == {
        "contacts": 8,
        "converted": 2,
        "conversion_rate": {"value": 0.25, "of": 8},
        "revenue": {"amount": "40", "currency": "USD"},
        "revenue_per_contact": {"amount": "5.0000", "currency": "USD"},
    }
    assert (groups["held_out"]["converted"], groups["held_out"]["contacts"]) == (1, 2)
    rows = table(shop, f"/sends/{send_id}/report.csv")
    assert rows["rates", "replied"] == ["0.25", "8", ""]
    assert rows["totals", "revenue"] == ["40", "", "USD"]
    assert rows["timeline", "2026-11-27T12:00-06:00", "handed_over"] == ["8", "", ""]
    assert rows["holdout", "conversion_lift", "value"] == ["-0.25", "", ""], "a number, not a text"
    assert rows["holdout", "held_out", "revenue"] == ["10", "2", "USD"]
    assert rows["revenues", "USD"] == ["40", "", "USD"]


def test_a_lift_that_can_be_told_from_nothing(shop: Shop) -> None:
    send_id = shop.send(texted=range(300), held_out=range(300, 360))
    shop.post(*(shop.order(n, f"t{n}", "40.00") for n in range(75)), shop.order(301, "h", "40.00"))
    holdout = shop.report(f"/sends/{send_id}/report")["holdout"]
    lift, revenue = holdout["conversion_lift"], holdout["revenue_lift"]
    assert lift["value"] == round(75 / 300 - 1 / 60, 4)
    assert 0 < lift["low"] < lift["value"] < lift["high"]
    assert (lift["confidence"], lift["distinguishable"]) == (0.95, True)
    assert revenue["value"] == "9.3333"
    assert revenue["distinguishable"]
    assert holdout["incremental_revenue"]["value"] == "2800.00"
    assert holdout["net_value"]["value"] == "2797.51", "less 300 parts at 0.0083"
    assert "more than chance explains" in holdout["in_words"]


def test_a_lift_that_cannot(shop: Shop) -> None:
    send_id = shop.send(texted=range(30), held_out=range(30, 36))
    shop.post(shop.order(1, "a"), shop.order(2, "b"))
    holdout = shop.report(f"/sends/{send_id}/report")["holdout"]
    assert not holdout["conversion_lift"]["distinguishable"]
    assert "not distinguishable from nothing" in holdout["in_words"]
    assert (
        "Of 30 people drawn to be texted 2 bought (6.7 %), of 6 held out 0" in holdout["in_words"]
    )


def test_without_a_holdout_nothing_is_said(shop: Shop) -> None:
    send_id = shop.send(texted=[1])
    shop.post(shop.order(1, "a"))
    holdout = shop.report(f"/sends/{send_id}/report")["holdout"]
    assert (holdout["conversion_lift"], holdout["net_value"]) == (None, None)
    assert "not known" in holdout["in_words"]


def test_sends_of_a_campaign_are_compared_one_by_one(shop: Shop) -> None:
    """Pooled, the groups would differ though in neither send they do (Simpson)."""
    shop.send("few", texted=range(100), held_out=range(100, 200))
    shop.send("many", texted=range(1000, 1190), held_out=range(1190, 1200))
    orders = [shop.order(n, f"f{n}") for n in (*range(10), *range(100, 110))]
    orders += [shop.order(n, f"m{n}") for n in (*range(1000, 1095), *range(1190, 1195))]
    shop.post(*orders)
    holdout = shop.report("/programs/pizza/report")["holdout"]
    rates = {name: group["conversion_rate"]["value"] for name, group in holdout["groups"].items()}
    assert rates["texted"] > 2 * rates["held_out"]
    assert holdout["conversion_lift"]["value"] == 0
    assert not holdout["conversion_lift"]["distinguishable"]


def test_costs_are_the_providers_once_they_are_known(shop: Shop) -> None:
    send_id = shop.send(texted=range(10))
    assert shop.report(f"/sends/{send_id}/report")["cost"] == {
        "amount": "0.0830",
        "currency": "USD",
        "settled": False,
        "settled_parts": 0,
        "charged": {},
    }
    price = {"currency": "USD", "amount": "47400", "parts": "6"}
    respond(shop, send_id, ResponseKind.PRICE, "1", **price)
    cost = shop.report(f"/sends/{send_id}/report")["cost"]
    assert (cost["amount"], cost["settled"], cost["settled_parts"]) == ("0.0806", False, 6)
    respond(shop, send_id, ResponseKind.PRICE, "2", **price | {"amount": "31600", "parts": "4"})
    cost = shop.report(f"/sends/{send_id}/report")["cost"]
    assert (cost["amount"], cost["settled"]) == ("0.0790", True)
    assert cost["charged"] == {"USD": "0.079"}


def test_prices_in_another_currency_stand_beside_the_programs(shop: Shop) -> None:
    send_id = shop.send(texted=range(10))
    price = {"currency": "EUR", "amount": "47400", "parts": "6"}
    respond(shop, send_id, ResponseKind.PRICE, "1", **price)
    of_program = {"currency": "USD", "amount": "15800", "parts": "2"}
    respond(shop, send_id, ResponseKind.PRICE, "2", **of_program)
    cost = shop.report(f"/sends/{send_id}/report")["cost"]
    assert (cost["amount"], cost["settled"], cost["settled_parts"]) == ("0.0822", False, 2)
    assert cost["charged"] == {"EUR": "0.0474", "USD": "0.0158"}


def test_texts_that_cost_nothing_are_settled_too(shop: Shop) -> None:
    send_id = shop.send(texted=[1, 2])
    price = {"currency": "USD", "amount": "0", "parts": "2"}
    respond(shop, send_id, ResponseKind.PRICE, "1", **price)
    cost = shop.report(f"/sends/{send_id}/report")["cost"]
    assert (cost["amount"], cost["settled"]) == ("0.0000", True)


def test_other_currencies_stand_beside(shop: Shop) -> None:
    send_id = shop.send(texted=[1])
    shop.post(shop.order(1, "a", "5"), shop.order(1, "b", "7", currency="EUR"))
    report = shop.report(f"/sends/{send_id}/report")
    assert report["revenue"] == {"amount": "5", "currency": "USD"}
    assert report["revenues"] == {"EUR": "7", "USD": "5"}


def test_a_program_reports_the_sends_of_its_dates(shop: Shop) -> None:
    late = shop.send("late", texted=[1], at=FRIDAY_NOON - 13 * HOUR)  # 23:00 on Thursday
    shop.send("early", texted=[2, 3], at=FRIDAY_NOON - 11.5 * HOUR)  # 00:30 on Friday
    shop.send("other", texted=[4], at=FRIDAY_NOON, program="tacos")
    thursday = shop.report("/programs/pizza/report?from=2026-11-26&to=2026-11-26")
    assert (thursday["counts"]["audience"], thursday["counts"]["delivered"]) == (1, 1)
    assert (thursday["from"], thursday["to"]) == ("2026-11-26", "2026-11-26")
    assert [send["id"] for send in thursday["sends"]] == [late]
    both = shop.report("/programs/pizza/report?from=2026-11-26&to=2026-11-27")
    assert both["counts"]["delivered"] == 3
    assert sum(send["delivered"] for send in both["sends"]) == 3
    month = shop.report("/programs/pizza/report")
    assert (month["from"], month["to"]) == ("2026-10-29", "2026-11-27")
    assert month["counts"] == both["counts"]
    rows = table(shop, "/programs/pizza/report.csv?from=2026-11-26&to=2026-11-26")
    assert rows["sends", late, "delivered"] == ["1", "", ""]
    assert rows["sends", late, "campaign"][0] == "Deal late"
    assert rows["report", "from"][0] == "2026-11-26"
    none = shop.report("/programs/pizza/report?from=2001-01-01&to=2001-01-02")
    assert (none["counts"]["audience"], none["rates"]["delivered"]["value"]) == (0, None)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2026-11-27&to=2026-11-26", 422),
        ("from=2025-01-01&to=2026-11-26", 422),
        ("from=0001-01-01&to=0001-01-02", 422),
        ("to=9999-12-31", 422),
        ("to=0001-01-01", 422),
        ("from=yesterday", 400),
        ("since=2026-11-26", 400),
    ],
)
def test_dates_that_cannot_be(shop: Shop, query: str, status: int) -> None:
    assert shop.client.call("GET", f"/programs/pizza/report?{query}").status == status


def test_reports_of_nothing(shop: Shop) -> None:
    for path in ("/sends/none", "/campaigns/none", "/programs/none"):
        assert shop.client.call("GET", f"{path}/report").status == 404
        assert shop.client.call("GET", f"{path}/report.csv").status == 404
        assert shop.client.call("GET", f"{path}/report", role=Role.SALES).status == 403


def test_a_campaign_adds_its_sends_up(shop: Shop) -> None:
    send_id = shop.send(texted=[1, 2], status=MessageStatus.UNDELIVERED)
    of_campaign = shop.report("/campaigns/cmp_1/report")
    of_send = shop.report(f"/sends/{send_id}/report")
    assert of_campaign == {name: of_send[name] for name in of_campaign}
    assert table(shop, "/campaigns/cmp_1/report.csv")["counts", "undelivered"][0] == "2"


def test_a_report_on_a_million_people_reads_a_few_dozen_items(shop: Shop) -> None:
    """What a report takes does not grow with the audience: rows of the metrics, tallies of words,
    send, program."""
    send_id = shop.send(texted=range(200))
    reads: list[str] = []

    def watched(name: str, port: Any) -> Any:
        class Watched:
            def __getattr__(self, method: str) -> Any:
                reads.append(f"{name}.{method}")
                return getattr(port, method)

        return Watched

    services = shop.services
    services.metrics = watched("metrics", services.the_metrics)  # type: ignore[method-assign]
    services.sends = watched("sends", services.the_sends)  # type: ignore[method-assign]
    services.programs = watched("programs", services.the_programs)  # type: ignore[method-assign]
    services.ledger = watched("ledger", services.the_ledger)  # type: ignore[method-assign]
    services.contacts = watched("contacts", services.the_contacts)  # type: ignore[method-assign]
    shop.report(f"/sends/{send_id}/report")
    assert sorted(reads) == ["metrics.of_send", "metrics.tallies", "programs.get", "sends.get"]
    assert 2 * ids.LEDGER_SHARDS + len(reads) <= 36


def test_themes_are_those_of_all_replies(shop: Shop) -> None:
    send_id = shop.send(texted=range(4))
    for number in range(300):
        words = "gluten pizza" if number < 170 else "delivery pizza"
        about = {"intent": "question", "words": words} if number % 10 else {"intent": "opt_out"}
        respond(shop, send_id, ResponseKind.REPLY, f"r{number}", **about)
    assert shop.report(f"/sends/{send_id}/report")["themes"] == {
        "intents": {"question": 270, "opt_out": 30},
        "words": [
            {"word": "pizza", "replies": 270},
            {"word": "gluten", "replies": 153},
            {"word": "delivery", "replies": 117},
        ],
        "missed": 0,
    }
    assert table(shop, f"/sends/{send_id}/report.csv")["themes", "gluten"][:2] == ["153", "300"]
    assert "themes" not in shop.report("/campaigns/cmp_1/report")


def test_g9_who_is_erased_takes_their_words_out_of_the_themes(shop: Shop) -> None:
    send_id = shop.send(texted=[1, 2])
    for number in (1, 2):
        respond(shop, send_id, ResponseKind.REPLY, f"SM{number}", intent="question", words="anna")
        shop.services.the_journal.append(
            [
                JournalEvent(
                    id=f"understanding-SM{number}",
                    phone=phone(number),
                    kind=JournalKind.UNDERSTANDING,
                    occurred_at=shop.services.the_clock.now(),
                    details={"sid": f"SM{number}", "send_id": send_id},
                )
            ]
        )
    assert shop.report(f"/sends/{send_id}/report")["themes"]["words"]
    assert shop.client.call("DELETE", f"/contacts/%2B{phone(1)[1:]}").status == 204
    shop.count()
    report = shop.report(f"/sends/{send_id}/report")
    assert report["themes"] == {"intents": {"question": 2}, "words": [], "missed": 0}
    (tally,) = (each for each in shop.services.the_metrics.tallies(send_id) if each.words)
    assert tally.words == {"anna": 1}, "what is left is the other's"


def test_the_message_ids_of_the_shop_are_those_of_the_api(shop: Shop) -> None:
    send_id = shop.send(texted=[1])
    listed = shop.report(f"/sends/{send_id}/messages")["messages"]
    assert [each["id"] for each in listed] == [ids.message_id(ID_KEY, send=send_id, phone=phone(1))]
