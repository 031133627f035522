"""Orders: each once, credited by one rule, whatever order they come in."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

import pytest

from parley.journal import JournalKind
from parley.keys import Role
from parley.outcome import MessageStatus
from tests.support.api import FRIDAY_NOON
from tests.unit.outcomes.shop import Shop, phone

HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def at(hours: float) -> str:
    return (FRIDAY_NOON + timedelta(hours=hours)).isoformat()


def credit(answer: dict[str, Any]) -> str | None:
    attribution = answer["attribution"]
    return None if attribution is None else f"{attribution['send_id']}/{attribution['group']}"


def one(shop: Shop, order: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer = shop.client.call("POST", "/conversions", order, **options)
    shop.count()
    return {"http": answer.status, **answer.json}


def test_the_latest_hand_over_within_its_hours_has_the_credit(shop: Shop) -> None:
    early = shop.send("early", texted=[1, 2], at=FRIDAY_NOON - 20 * HOUR)
    late = shop.send("late", texted=[1], at=FRIDAY_NOON)
    recorded = one(shop, shop.order(1, "a"))
    assert (recorded["http"], recorded["status"], credit(recorded)) == (
        201,
        "recorded",
        f"{late}/texted",
    )
    assert "60 minutes" in recorded["why"]
    assert "72 attribution hours" in recorded["why"]
    assert recorded["compared_in"] == [late, early]
    assert credit(one(shop, shop.order(2, "b"))) == f"{early}/texted"
    assert shop.metrics(late)["revenue:USD"] == 20_000_000
    assert shop.metrics(early)["response:conversion"] == 1
    assert shop.metrics(early)["converted:texted"] == 2


def test_an_order_before_the_text_or_long_after_it_is_nobodys(shop: Shop) -> None:
    shop.send(texted=[1], hours=24)
    before = one(shop, shop.order(1, "a", occurred_at=at(-0.01)))
    after = one(shop, shop.order(1, "b", occurred_at=at(-30)))
    unknown = one(shop, shop.order(99, "c"))
    assert [credit(each) for each in (before, after, unknown)] == [None, None, None]
    assert "no text" in unknown["why"]


def test_an_order_told_in_whole_seconds_came_after_the_text_of_that_second(shop: Shop) -> None:
    send = shop.send(texted=[1, 2], at=FRIDAY_NOON + timedelta(milliseconds=700))
    told = "2026-11-27T18:00:00"
    assert credit(one(shop, shop.order(1, "a", occurred_at=f"{told}Z"))) == f"{send}/texted"
    assert credit(one(shop, shop.order(2, "b", occurred_at=f"{told}.500Z"))) is None


def test_late_orders_find_texts_whose_claims_are_forgotten(shop: Shop) -> None:
    old = shop.send(texted=[1, 2], at=FRIDAY_NOON - timedelta(days=40))
    contact = shop.services.the_contacts.get(phone(1))
    assert contact is not None
    shop.services.the_contacts.delete(phone(1))
    late = one(shop, shop.order(1, "a", occurred_at=at(-40 * 24 + 5)))
    assert credit(late) == f"{old}/texted"


def test_the_held_out_are_counted_on_their_side(shop: Shop) -> None:
    send_id = shop.send(texted=[1, 2, 3], held_out=[4])
    assert credit(one(shop, shop.order(4, "a"))) == f"{send_id}/held_out"
    assert credit(one(shop, shop.order(1, "b"))) == f"{send_id}/texted"
    metrics = shop.metrics(send_id)
    assert (metrics["converted:held_out"], metrics["converted:texted"]) == (1, 1)
    assert (metrics["response:conversion"], metrics["revenue:USD"]) == (1, 20_000_000)


def test_both_sides_are_measured_alike_whoever_else_texts_them(shop: Shop) -> None:
    """A later send to everybody takes the credit, and leaves the earlier comparison fair."""
    first = shop.send("first", texted=[1, 2], held_out=[3, 4], at=FRIDAY_NOON - 2 * HOUR)
    second = shop.send("second", texted=[1, 2, 3, 4])
    for number in (1, 3):
        assert credit(one(shop, shop.order(number, f"o{number}"))) == f"{second}/texted"
    metrics = shop.metrics(first)
    assert (metrics["converted:texted"], metrics["converted:held_out"]) == (1, 1)
    assert "response:conversion" not in metrics


def test_who_was_refused_was_drawn_all_the_same(shop: Shop) -> None:
    send_id = shop.send(texted=[1], held_out=[2], status=MessageStatus.UNDELIVERED)
    assert credit(one(shop, shop.order(1, "a"))) == f"{send_id}/texted"


def test_the_same_order_counts_once_whoever_sends_it(shop: Shop) -> None:
    send_id = shop.send(texted=[1])
    first = one(shop, shop.order(1, "a"))
    again = one(shop, shop.order(1, "a", "25.00"), role=Role.SALES)
    assert (first["http"], again["http"], again["status"]) == (201, 200, "already_recorded")
    assert again["value"] == {"amount": "20.00", "currency": "USD"}
    assert (first["differs"], again["differs"]) == ([], ["amount"])
    other = one(shop, shop.order(2, "a"))
    assert (other["http"], other["errors"][0]["field"]) == (422, "order_id")
    assert shop.metrics(send_id)["response:conversion"] == 1


def test_a_repeated_order_mends_what_a_crash_left_out(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_id = shop.send(texted=[1])
    ledger = shop.services.the_ledger
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "add_orders", lambda _: 1 / 0)
        assert one(shop, shop.order(1, "a"))["http"] == 500
    assert "response:conversion" not in shop.metrics(send_id)
    assert one(shop, shop.order(1, "a"))["status"] == "already_recorded"
    assert shop.metrics(send_id)["response:conversion"] == 1


def test_refunds_go_where_their_orders_went(shop: Shop) -> None:
    send_id = shop.send(texted=[1], hours=24)
    shop.post(shop.order(1, "a", "50.00"), shop.order(1, "b", "30.00", occurred_at=at(-0.5)))
    shop.services.the_clock.advance(timedelta(days=60))
    part = one(shop, shop.order(1, "r1", "20", refund_of="a", occurred_at=at(24 * 50)))
    assert (part["value"]["amount"], credit(part)) == ("-20", f"{send_id}/texted")
    assert "a, of which it is a refund" in part["why"]
    assert shop.metrics(send_id)["response:conversion"] == 1
    whole = one(shop, shop.order(1, "r2", "-30.00", refund_of="a", occurred_at=at(24 * 51)))
    assert whole["status"] == "recorded"
    metrics = shop.metrics(send_id)
    assert "response:conversion" not in metrics
    assert "revenue:USD" not in metrics
    assert (metrics["refunds"], "converted:texted" in metrics) == (2, False)
    assert metrics["revenue:USD@2027-01-16"] == -20_000_000, "by the day, so long after"


def test_a_refund_may_come_with_its_order_but_not_before_it(shop: Shop) -> None:
    send_id = shop.send(texted=[1])
    refused = one(shop, shop.order(1, "r", refund_of="a"))
    assert (refused["http"], refused["errors"][0]["field"]) == (422, "refund_of")
    batch = shop.post(shop.order(1, "r", "5", refund_of="a"), shop.order(1, "a", "20"))
    assert (batch["recorded"], batch["rejected"]) == (2, [])
    assert shop.metrics(send_id)["revenue:USD"] == 15_000_000


@pytest.mark.parametrize(
    ("refund", "message"),
    [
        ({"number": 2}, "is no order of this number"),
        ({"currency": "EUR"}, "was paid in USD"),
        ({"amount": "20.01"}, "was for 20.00 USD only"),
        ({"refund_of": "earlier"}, "is itself a refund"),
    ],
)
def test_what_a_refund_must_be(shop: Shop, refund: dict[str, Any], message: str) -> None:
    shop.post(shop.order(1, "a"), shop.order(1, "earlier", "1", refund_of="a"))
    values = {"number": 1, "order_id": "r", "amount": "1", "refund_of": "a", **refund}
    answer = shop.post(shop.order(values.pop("number"), **values))
    (rejected,) = answer["rejected"]
    assert (rejected["field"], message in rejected["message"]) == ("refund_of", True)


def test_refunds_take_no_more_than_their_order(shop: Shop) -> None:
    send_id = shop.send(texted=[1])
    order = shop.order(1, "a", "20.00")
    parts = [shop.order(1, f"r{n}", "8.00", refund_of="a") for n in range(4)]
    answer = shop.post(parts[0], order, parts[1], parts[2])
    assert [(each["index"], each["field"]) for each in answer["rejected"]] == [(3, "amount")]
    assert "it was for 20.00 USD" in answer["rejected"][0]["message"]
    again = shop.post(order, *parts)
    assert (again["already_recorded"], len(again["rejected"])) == (3, 2)
    rest = one(shop, shop.order(1, "rest", "4.00", refund_of="a"))
    assert rest["status"] == "recorded"
    assert one(shop, shop.order(1, "more", "0.01", refund_of="a"))["http"] == 422
    assert "revenue:USD" not in shop.metrics(send_id)
    assert shop.metrics(send_id)["refunds"] == 3


def test_a_refund_whose_crash_left_it_out_is_taken_by_the_next_try(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_id = shop.send(texted=[1])
    shop.post(shop.order(1, "a", "20.00"))
    refund = shop.order(1, "r", "20.00", refund_of="a")
    orders = shop.services.the_orders
    with monkeypatch.context() as crash:
        add_many = orders.add_many
        crash.setattr(orders, "add_many", lambda made: 1 / 0 if made else add_many(made))
        assert shop.client.call("POST", "/conversions", refund).status == 500
    assert one(shop, refund)["status"] == "recorded"
    assert shop.metrics(send_id)["refunds"] == 1


def test_a_negative_amount_alone_is_a_refund_of_what_is_not_known(shop: Shop) -> None:
    send_id = shop.send(texted=[1])
    assert one(shop, shop.order(1, "r", "-5.00"))["http"] == 201
    metrics = shop.metrics(send_id)
    assert (metrics["revenue:USD"], metrics["refunds"]) == (-5_000_000, 1)
    assert "response:conversion" not in metrics


def test_a_sign_up_is_a_conversion_without_money(shop: Shop) -> None:
    send_id = shop.send(texted=[1])
    one(shop, shop.order(1, "a", "0"))
    metrics = shop.metrics(send_id)
    assert (metrics["response:conversion"], metrics["converted:texted"]) == (1, 1)
    assert "revenue:USD" not in metrics


def test_several_orders_of_one_person_are_one_buyer(shop: Shop) -> None:
    send_id = shop.send(texted=[1], held_out=[2])
    shop.post(*(shop.order(1, f"a{n}", "10.00") for n in range(3)))
    metrics = shop.metrics(send_id)
    assert (metrics["response:conversion"], metrics["converted:texted"]) == (3, 1)
    assert metrics["squares:texted:USD"] == 3000**2


def test_a_bad_row_costs_only_itself(shop: Shop) -> None:
    shop.send(texted=[1])
    future = (FRIDAY_NOON + timedelta(hours=3)).isoformat()
    answer = shop.post(
        shop.order(1, "a"),
        {"phone": "12", "order_id": "b", "amount": "free", "currency": "usd", "coupon": 1},
        shop.order(1, "c", occurred_at=future),
        "nonsense",  # type: ignore[arg-type]
        shop.order(1, "a"),
        shop.order(1, "c"),
    )
    assert (answer["recorded"], answer["already_recorded"]) == (1, 1)
    rejected = [(each["index"], each["field"]) for each in answer["rejected"]]
    assert rejected[:3] == [(1, "amount"), (1, "currency"), (1, "coupon")]
    assert (2, "occurred_at") in rejected
    assert {index for index, _ in rejected} == {1, 2, 3, 5}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["phone", "amount", "currency", "order_id"]),
        ({"phone": "+15125550001", "conversions": []}, ["phone"]),
        ({"conversions": [1] * 501}, ["conversions"]),
        ({"conversions": {}}, ["conversions"]),
        ({"phones": []}, ["phones"]),
    ],
)
def test_a_bad_request_names_its_fields(
    shop: Shop, body: dict[str, Any], fields: list[str]
) -> None:
    answer = shop.client.call("POST", "/conversions", body)
    assert (answer.status, answer.fields) == (422, fields)


def test_a_currency_is_one_that_people_pay_with(shop: Shop) -> None:
    for currency in ("UDS", "XXX", "XAU", "usd", "US", ""):
        answer = shop.client.call("POST", "/conversions", shop.order(1, "a", currency=currency))
        assert (answer.status, answer.fields) == (422, ["currency"]), currency
    for currency in ("JPY", "KWD", "EUR"):
        assert one(shop, shop.order(1, currency, currency=currency))["http"] == 201


@pytest.mark.parametrize("amount", ["1e3", "+5", " 5 ", "NaN", "١٢", "5\n", ".5", "1,50", ""])
def test_g10_an_amount_is_a_plain_decimal(shop: Shop, amount: str) -> None:
    answer = shop.client.call("POST", "/conversions", shop.order(1, "a", amount=amount))
    assert (answer.status, answer.fields) == (422, ["amount"])


def test_a_batch_of_five_hundred(shop: Shop) -> None:
    send_id = shop.send(texted=range(50), held_out=range(50, 60))
    orders = [shop.order(n % 60, f"o{n}", "1.00") for n in range(500)]
    assert shop.post(*orders)["recorded"] == 500
    assert shop.post(*orders)["already_recorded"] == 500
    metrics = shop.metrics(send_id)
    assert metrics["response:conversion"] == sum(n % 60 < 50 for n in range(500))
    assert metrics["converted:held_out"] == 10


@pytest.mark.parametrize("seed", range(6))
def test_g5_the_order_of_orders_does_not_matter(seed: int) -> None:
    """Late, early, twice, alone or in batches: credits and metrics end up the same."""
    chance = random.Random(seed)
    outcomes = []
    for _ in range(2):
        shop = Shop()
        sends = [
            shop.send("a", texted=[1, 2, 3], held_out=[4], at=FRIDAY_NOON - 50 * HOUR),
            shop.send("b", texted=[1, 4], held_out=[2], at=FRIDAY_NOON - 5 * HOUR, hours=3),
        ]
        orders = [
            shop.order(1 + n % 4, f"o{n}", str(n), occurred_at=at(-55 + 4 * n)) for n in range(14)
        ]
        refunds = [shop.order(1 + n % 4, f"r{n}", str(n), refund_of=f"o{n}") for n in (2, 5, 9)]
        mixed = chance.sample([*orders, *chance.choices(orders, k=6)], 20)
        for batch in (mixed[:7], mixed[7:9], mixed[9:], chance.sample(refunds, 3), orders):
            shop.post(*batch)
        found = shop.services.the_orders.get_many([f"o{n}" for n in range(14)])
        credits_ = {
            order.id: order.attribution.credit and order.attribution.credit.send_id
            for order in found.values()
        }
        outcomes.append((dict(sorted(credits_.items())), [shop.metrics(each) for each in sends]))
    assert outcomes[0] == outcomes[1]


def test_who_may_record(shop: Shop) -> None:
    for number, role in enumerate((Role.MARKETER, Role.SALES, Role.ADMIN)):
        assert one(shop, shop.order(1, f"o{number}"), role=role)["http"] == 201
    assert one(shop, shop.order(1, "x"), role=None)["http"] == 401


def test_g9_an_order_is_in_the_journal_and_leaves_with_the_person(shop: Shop) -> None:
    shop.send(texted=[1])
    one(shop, shop.order(1, "a"))
    (event,) = shop.services.the_journal.of(phone(1))
    assert (event.kind, event.details["order_id"]) == (JournalKind.CONVERSION, "a")
    assert shop.client.call("DELETE", f"/contacts/%2B{phone(1)[1:]}").status == 204
    assert shop.services.the_journal.of(phone(1)) == []
    order = shop.services.the_orders.get_many(["a"])["a"]
    assert phone(1) not in repr(order)
    everything = itertools.chain.from_iterable(
        (repr(change.before), repr(change.after))
        for change in shop.services.the_ledger.changes[-1:]
    )
    assert not any(phone(1) in each for each in everything)


def test_a_won_lead_and_the_shop_tell_of_one_order(shop: Shop) -> None:
    send_id = shop.send(texted=[1], hours=1)
    client = shop.client
    client.services.the_clock.advance(timedelta(hours=5))
    lead_id = _lead(shop, send_id)
    value = {"amount": "80.00", "currency": "USD"}
    body = {"status": "won", "value": value, "order_id": "A-7"}
    assert client.call("PATCH", f"/leads/{lead_id}", body, role=Role.SALES).status == 200
    told = one(shop, shop.order(1, "A-7", "80.00", occurred_at=at(5)))
    assert (told["status"], credit(told)) == ("already_recorded", f"{send_id}/texted")
    assert told["why"] == "the lead came from an answer to this text"
    assert told["compared_in"] == [], "five hours later is outside the hour that both sides have"
    metrics = shop.metrics(send_id)
    assert (metrics["response:conversion"], metrics["revenue:USD"]) == (1, 80_000_000)
    assert "converted:texted" not in metrics


def _lead(shop: Shop, send_id: str) -> str:
    from tests.unit.leads.test_lead_routes import lead

    shop.services.the_leads.open(lead(1, phone=phone(1), send_id=send_id))
    return "lead_1"
