"""What tells facts, put together: from the tables' streams to the bus, from the bus to outsiders.

Imports are inside, so that a function loads only what it uses.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from parley.errors import ParleyError
from parley_aws import wiring
from parley_aws.settings import settings

if TYPE_CHECKING:
    from parley.journal import JournalEvent
    from parley.ledger import Message
    from parley_aws.dynamo.stream import Change
    from parley_aws.use_cases.deliver_fact import DeliverFact, Errand
    from parley_aws.use_cases.watch_opt_outs import HandOver

Record = Mapping[str, Any]


def tell(records: Sequence[Record]) -> dict[str, int]:
    """Publish what records of streams say, and watch what has to be watched; what was counted.

    Raises TransientError for the batch to come again: facts keep their ids, so that consumers
    drop what they had before.
    """
    from parley_aws import emf
    from parley_aws.dynamo import stream
    from parley_aws.publish import facts_of
    from parley_aws.use_cases.lead_time import watch_lead

    told = facts_of(records, wiring.secret().id_key)
    wiring.bus().publish(told)
    for lead in stream.lead_changes(r for r in records if _is_of_leads(r)):
        watch_lead(wiring.scheduler(), lead.before, lead.after)
    _have_asked([r for r in records if _is_of_journal(r)])
    _count_texts([r for r in records if _is_of_journal(r)])
    counts = Counter(fact.name for fact in told)
    of_ledger = stream.message_changes(r for r in records if _is_of_ledger(r))
    counts.update(_watched(of_ledger, stream.journal_changes(filter(_is_of_journal, records))))
    emf.emit(counts, at=wiring.clock().now())
    return dict(counts)


def deliver(records: Sequence[Record]) -> list[str]:
    """Deliver the facts in records of the deliveries queue; the ids of those to come again.

    Each of those stays hidden for longer the more often it failed.
    """
    with ThreadPoolExecutor(max_workers=len(records)) as threads:
        done = list(threads.map(_deliver_one, records))
    return [
        record["messageId"] for record, is_done in zip(records, done, strict=True) if not is_done
    ]


def _have_asked(records: Sequence[Record]) -> None:
    """Have those asked whose consent, new in the journal, awaits an answer."""
    from parley.consent import awaits_answer
    from parley_aws.dynamo import stream
    from parley_aws.use_cases.ask_consent import request_questions

    events = (change.after for change in stream.journal_changes(records) if not change.before)
    waiting = [event for event in events if event is not None and awaits_answer(event)]
    if waiting:
        request_questions(wiring.queue("releases"), waiting)


def _count_texts(records: Sequence[Record]) -> None:
    """Count the texts, new in the journal, that are no send's."""
    from parley_aws.dynamo import stream
    from parley_aws.use_cases.count_texts import count_texts

    changes = [change for change in stream.journal_changes(records) if not change.before]
    events = [change.after for change in changes if change.after is not None]
    if events:
        count_texts(events, programs=wiring.programs(), ledger=wiring.ledger())


def _watched(
    messages: Iterable[Change[Message]], events: Iterable[Change[JournalEvent]]
) -> dict[str, int]:
    """How many messages became unknown, and how many texts were handed over after an opt-out."""
    from parley.outcome import MessageStatus
    from parley_aws.use_cases import watch_opt_outs as watch

    unknown = 0
    hand_overs: list[HandOver | None] = []
    for change in messages:
        before, after = change.before, change.after
        if after is None:
            continue
        if after.status is MessageStatus.UNKNOWN and (
            before is None or before.status is not after.status
        ):
            unknown += 1
        if before is None or before.handed_over_at is None:
            hand_overs.append(watch.of_message(after))
    hand_overs += [
        watch.of_event(event.after) for event in events if event.after and not event.before
    ]
    wronged = watch.texted_after_opt_out(
        [each for each in hand_overs if each], contacts=wiring.contacts(), sends=wiring.sends()
    )
    if wronged:
        watch.note_violations(wiring.journal(), wronged)
        _logger().error("texted_after_opt_out", extra={"messages": [each.id for each in wronged]})
    counts = {"MessageUnknown": unknown, "TextAfterOptOut": len(wronged)}
    return {name: count for name, count in counts.items() if count}


@cache
def _logger() -> Logger:
    return Logger()


def _is_of_journal(record: Record) -> bool:
    return "phone" in record["dynamodb"]["Keys"]


def _is_of_leads(record: Record) -> bool:
    return set(record["dynamodb"]["Keys"]) == {"pk"}


def _is_of_ledger(record: Record) -> bool:
    from parley_aws.dynamo.stream import is_of_ledger

    return set(record["dynamodb"]["Keys"]) == {"pk", "sk"} and is_of_ledger(record)


def _deliver_one(record: Record) -> bool:
    """Deliver what one message asks for; a fact that several want is given a message for each."""
    from parley.webhook import retry_after

    attempt = int(record["attributes"]["ApproximateReceiveCount"])
    deliveries = wiring.queue("deliveries")
    try:
        errands = _errands(json.loads(record["body"]), attempt)
        if len(errands) == 1:
            if _deliver_fact()(errands[0]):
                return True
        else:
            deliveries.send([_body(errand) for errand in errands])
            return True
        deliveries.hide(record["receiptHandle"], retry_after(attempt))
    except (ParleyError, AttributeError, KeyError, TypeError, ValueError):
        # The others of the batch were delivered: one that cannot be read takes none of them along.
        return False
    return False


def _errands(body: Mapping[str, Any], attempt: int) -> list[Errand]:
    """What a message asks for: an event of the bus, or one errand of such an event."""
    from parley.webhook import RESOURCE
    from parley_aws.use_cases.deliver_fact import Errand

    if "subscription_id" in body:
        subscriptions, fact = [body["subscription_id"]], body["fact"]
    else:
        subscriptions = [each.removeprefix(RESOURCE) for each in body["resources"]]
        fact = body["detail-type"]
    return [
        Errand(subscription_id=each, fact=fact, detail=body["detail"], attempt=attempt)
        for each in subscriptions
    ]


def _body(errand: Errand) -> dict[str, Any]:
    return {
        "subscription_id": errand.subscription_id,
        "fact": errand.fact,
        "detail": errand.detail,
    }


@cache
def _deliver_fact() -> DeliverFact:
    from parley_aws.use_cases.deliver_fact import DeliverFact

    return DeliverFact(
        webhooks=wiring.webhooks(),
        courier=wiring.courier(),
        clock=wiring.clock(),
        local_receiver=settings().local_fact_receiver,
    )
