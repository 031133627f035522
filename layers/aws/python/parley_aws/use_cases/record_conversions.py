"""Record orders, each once by the shop's own id, and count them for the sends that drew the buyer.

The order itself is written first, with the attribution that was decided for it; journal and ledger
follow from it. Whoever records the same order again finds it and writes what a crash may have left
out, so that nothing is counted twice or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parley import ids
from parley.campaign import Send
from parley.contact import Contact
from parley.conversion import (
    Attribution,
    Order,
    Participation,
    attribute,
    lines_of,
    participation_of,
)
from parley.facts import contact_ref
from parley.journal import JournalEvent, JournalKind
from parley.lead import Lead
from parley.ledger import Message
from parley.money import Money
from parley.sending import BATCH_LIFETIME
from parley_aws.ports import Clock, ContactStore, Journal, Ledger, OrderStore, SendStore

AHEAD = timedelta(minutes=5)
"""How far a shop's clock may be ahead of ours."""

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order as it came: `index` is its place in the request."""

    index: int
    order_id: str
    phone: str
    value: Money
    occurred_at: datetime
    refund_of: str | None = None
    lead_id: str | None = None
    lead_send_id: str | None = None

    @property
    def at_latest(self) -> datetime:
        """The last moment that its time may mean: shops tell it in whole seconds, and what was
        bought in the second of a text came after it."""
        if self.occurred_at.microsecond:
            return self.occurred_at
        return self.occurred_at.replace(microsecond=999_999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An order that stands. `differs` names what the request said otherwise than what stands."""

    index: int
    order: Order
    is_new: bool
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An order that was not taken, and why."""

    index: int
    field: str
    message: str


def won_order(lead: Lead, order_id: str | None, value: Money, now: datetime) -> NewOrder:
    """The order of a lead that was won, under an id of its own where the shop's is not known."""
    return NewOrder(
        index=0,
        order_id=order_id or f"lead-{lead.id}",
        phone=lead.phone,
        value=value,
        occurred_at=now,
        lead_id=lead.id,
        lead_send_id=lead.send_id,
    )


class RecordConversions:
    """Records orders."""

    def __init__(
        self,
        *,
        orders: OrderStore,
        contacts: ContactStore,
        journal: Journal,
        sends: SendStore,
        ledger: Ledger,
        clock: Clock,
        id_key: bytes,
    ) -> None:
        self._orders = orders
        self._contacts = contacts
        self._journal = journal
        self._sends = sends
        self._ledger = ledger
        self._clock = clock
        self._id_key = id_key

    def __call__(self, wanted: Sequence[NewOrder]) -> list[Recorded | Rejected]:
        """Record any number of orders; what became of each, in order.

        Of several with one id the first stands. A refund may come in the same request as its order.
        Raises TransientError where another try may do what is left to do.
        """
        first: dict[str, NewOrder] = {}
        for each in wanted:
            first.setdefault(each.order_id, each)
        known = self._orders.get_many(
            list({*first, *(each.refund_of for each in wanted if each.refund_of)})
        )
        results: dict[int, Recorded | Rejected] = {}
        fresh = [each for each in first.values() if each.order_id not in known]
        plain = [each for each in fresh if each.refund_of is None]
        made = self._made(plain, self._attributions(plain), results)
        standing = {**known, **_by_id(self._orders.add_many(made))}
        refunds = [each for each in fresh if each.refund_of is not None]
        going_back = self._made(refunds, self._of_refunds(refunds, standing), results)
        going_back = self._within_their_orders(going_back, first, standing, results)
        standing |= _by_id(self._orders.add_many(going_back))
        made += going_back
        mine = {order.id for order in made if standing[order.id] == order}
        for each in wanted:
            order = standing.get(each.order_id)
            if order is not None:
                is_new = each is first[each.order_id] and order.id in mine
                results[each.index] = self._told(each, order, is_new=is_new)
            elif each.index not in results:
                results[each.index] = Rejected(
                    index=each.index,
                    field="order_id",
                    message="came before in this request, and was not taken there",
                )
        self._apply(wanted, results)
        return [results[each.index] for each in wanted]

    def is_of_another(self, order: NewOrder) -> bool:
        """Whether an order of this id was recorded for another number."""
        known = self._orders.get_many([order.order_id]).get(order.order_id)
        return known is not None and known.contact_ref != self._ref(order.phone)

    def _made(
        self,
        wanted: Sequence[NewOrder],
        attributions: Mapping[str, Attribution | Rejected],
        results: dict[int, Recorded | Rejected],
    ) -> list[Order]:
        """The orders to record; those that cannot be are noted among the results."""
        now = self._clock.now()
        made = []
        for each in wanted:
            attribution = attributions[each.order_id]
            if each.occurred_at > now + AHEAD:
                results[each.index] = Rejected(
                    index=each.index, field="occurred_at", message="is in the future"
                )
            elif isinstance(attribution, Rejected):
                results[each.index] = attribution
            else:
                made.append(
                    Order(
                        id=each.order_id,
                        contact_ref=self._ref(each.phone),
                        value=each.value,
                        occurred_at=each.occurred_at,
                        recorded_at=now,
                        attribution=attribution,
                        refund_of=each.refund_of,
                        lead_id=each.lead_id,
                    )
                )
        return made

    def _of_refunds(
        self, wanted: Sequence[NewOrder], known: Mapping[str, Order]
    ) -> dict[str, Attribution | Rejected]:
        """Refunds go where their orders went, whenever they come."""
        found: dict[str, Attribution | Rejected] = {}
        for each in wanted:
            order = known.get(each.refund_of or "")
            message = None
            if order is None or order.contact_ref != self._ref(each.phone):
                message = "is no order of this number that was recorded; send the order first"
            elif order.is_refund:
                message = "is itself a refund"
            elif each.value.currency != order.value.currency:
                message = f"was paid in {order.value.currency}"
            elif -each.value.amount > order.value.amount:
                message = f"was for {order.value.amount:f} {order.value.currency} only"
            if order is None or message is not None:
                found[each.order_id] = Rejected(
                    index=each.index, field="refund_of", message=message or ""
                )
            else:
                found[each.order_id] = Attribution(
                    shares=order.attribution.shares,
                    why=f"as the order {order.id}, of which it is a refund",
                )
        return found

    def _within_their_orders(
        self,
        refunds: Sequence[Order],
        wanted: Mapping[str, NewOrder],
        standing: Mapping[str, Order],
        results: dict[int, Recorded | Rejected],
    ) -> list[Order]:
        """Refunds that together with those before take no more than their orders."""
        fitting = self._orders.refund_many(refunds) if refunds else set()
        for refund in refunds:
            if refund.id not in fitting:
                value = standing[refund.refund_of or ""].value
                results[wanted[refund.id].index] = Rejected(
                    index=wanted[refund.id].index,
                    field="amount",
                    message="is more than is left of the order after its other refunds: it was for "
                    f"{value.amount:f} {value.currency}",
                )
        return [refund for refund in refunds if refund.id in fitting]

    def _attributions(self, wanted: Sequence[NewOrder]) -> dict[str, Attribution | Rejected]:
        if not wanted:
            return {}
        contacts = self._contacts.get_many(list({each.phone for each in wanted}))
        sends = self._sends_around(wanted, contacts.values())
        candidates = {
            each.order_id: {
                ids.message_id(self._id_key, send=send.id, phone=each.phone): send
                for send in sends.values()
                if self._may_have_drawn(send, each, contacts.get(each.phone))
            }
            for each in wanted
        }
        message_ids = {message_id for found in candidates.values() for message_id in found}
        messages = self._ledger.get_many(list(message_ids)) if message_ids else {}
        return {
            each.order_id: attribute(
                each.at_latest,
                _participations(candidates[each.order_id], messages),
                lead_send_id=each.lead_send_id,
            )
            for each in wanted
        }

    def _sends_around(
        self, wanted: Sequence[NewOrder], contacts: Iterable[Contact]
    ) -> dict[str, Send]:
        """The sends whose texts any of the orders may have followed."""
        earliest = min(each.occurred_at for each in wanted)
        latest = max(each.at_latest for each in wanted)
        named = {each.lead_send_id for each in wanted if each.lead_send_id}
        for contact in contacts:
            named |= {c.send_id for c in contact.sending.claims if c.is_promotional}
        found: dict[str, Send] = {}
        start_key: str | None = None
        while True:
            page = self._sends.newest(campaign_id=None, limit=_PAGE, start_key=start_key)
            for send in page.items:
                if send.id in named or (
                    send.starts_at <= latest and send.expires_at + _window(send) >= earliest
                ):
                    found[send.id] = send
            start_key = page.next_key
            if start_key is None:
                break
        # The list follows a moment after the write; who was texted just now names the send.
        for send_id in named - found.keys():
            newer = self._sends.get(send_id)
            if newer is not None:
                found[send_id] = newer
        return found

    def _may_have_drawn(self, send: Send, order: NewOrder, contact: Contact | None) -> bool:
        """Whether the ledger has to be asked: claims tell of those texted lately, the held out have
        none."""
        if send.id == order.lead_send_id:
            return True
        at = order.at_latest
        if not send.starts_at <= at <= send.expires_at + _window(send):
            return False
        if contact is not None and contact.sending.claim_of(send.id) is not None:
            return True
        is_remembered = at - _window(send) >= self._clock.now() - BATCH_LIFETIME
        return send.campaign.holdout_percent > 0 or not is_remembered

    def _told(self, wanted: NewOrder, order: Order, *, is_new: bool) -> Recorded | Rejected:
        if order.contact_ref != self._ref(wanted.phone):
            return Rejected(
                index=wanted.index,
                field="order_id",
                message="was recorded for another number before",
            )
        pairs = {
            "amount": (wanted.value.amount, order.value.amount),
            "currency": (wanted.value.currency, order.value.currency),
            "occurred_at": (wanted.occurred_at, order.occurred_at),
            "refund_of": (wanted.refund_of, order.refund_of),
        }
        differs = () if is_new else tuple(name for name, (a, b) in pairs.items() if a != b)
        return Recorded(index=wanted.index, order=order, is_new=is_new, differs=differs)

    def _apply(
        self, wanted: Sequence[NewOrder], results: Mapping[int, Recorded | Rejected]
    ) -> None:
        """Write what follows from the orders that stand, again where it was written before."""
        events: list[JournalEvent] = []
        lines = []
        for each in wanted:
            result = results[each.index]
            if isinstance(result, Recorded):
                events.append(_event(result.order, each.phone))
                lines += lines_of(result.order)
        if events:
            self._journal.append(events)
        if lines:
            self._ledger.add_orders(lines)

    def _ref(self, phone: str) -> str:
        return contact_ref(self._id_key, phone)


def _participations(
    candidates: Mapping[str, Send], messages: Mapping[str, Message]
) -> Iterator[Participation]:
    for message_id, send in candidates.items():
        message = messages.get(message_id)
        participation = participation_of(send, message) if message else None
        if participation is not None:
            yield participation


def _event(order: Order, phone: str) -> JournalEvent:
    credit = order.attribution.credit
    told: dict[str, str | None] = {
        "order_id": order.id,
        "amount": f"{order.value.amount:f}",
        "currency": order.value.currency,
        "refund_of": order.refund_of,
        "lead_id": order.lead_id,
        "send_id": credit.send_id if credit else None,
        "campaign_id": credit.campaign_id if credit else None,
        "message_id": credit.message_id if credit else None,
        "group": credit.group.value if credit else None,
        "why": order.attribution.why,
    }
    return JournalEvent(
        id=f"order-{order.id}",
        phone=phone,
        kind=JournalKind.CONVERSION,
        occurred_at=order.occurred_at,
        program_id=credit.program_id if credit else None,
        details={name: value for name, value in told.items() if value is not None},
    )


def _window(send: Send) -> timedelta:
    return timedelta(hours=send.campaign.attribution_hours)


def _by_id(orders: Sequence[Order]) -> dict[str, Order]:
    return {order.id: order for order in orders}
