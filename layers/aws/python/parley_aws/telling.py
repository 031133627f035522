"""What tells facts, put together: from the tables' streams to the bus, from the bus to outsiders.

Imports are inside, so that a function loads only what it uses.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from parley.errors import ParleyError
from parley_aws import wiring
from parley_aws.settings import settings

if TYPE_CHECKING:
    from parley_aws.use_cases.deliver_fact import DeliverFact, Errand

Record = Mapping[str, Any]


def tell(records: Sequence[Record]) -> dict[str, int]:
    """Publish what records of streams say, and watch the leads in them; how often each was told.

    Raises TransientError for the batch to come again: facts keep their ids, so that consumers
    drop what they had before.
    """
    from parley_aws import emf
    from parley_aws.dynamo import stream
    from parley_aws.publish import facts_of
    from parley_aws.use_cases.lead_time import watch_lead

    told = facts_of(records, wiring.secret().id_key)
    wiring.bus().publish(told)
    for change in stream.lead_changes(r for r in records if _is_of_leads(r)):
        watch_lead(wiring.scheduler(), change.before, change.after)
    counts = dict(Counter(fact.name for fact in told))
    emf.emit(counts, at=wiring.clock().now())
    return counts


def deliver(records: Sequence[Record]) -> list[str]:
    """Deliver the facts in records of the deliveries queue; the ids of those to come again.

    Each of those stays hidden for longer the more often it failed.
    """
    with ThreadPoolExecutor(max_workers=len(records)) as threads:
        done = list(threads.map(_deliver_one, records))
    return [
        record["messageId"] for record, is_done in zip(records, done, strict=True) if not is_done
    ]


def _is_of_leads(record: Record) -> bool:
    return set(record["dynamodb"]["Keys"]) == {"pk"}


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
    except (ParleyError, KeyError, ValueError):
        # The others of the batch were delivered: one that cannot be read takes none of them along.
        return False
    return False


def _errands(body: Mapping[str, Any], attempt: int) -> list[Errand]:
    """What a message asks for: an event of the bus, or one errand of such an event."""
    from parley_aws.publish import SUBSCRIPTION
    from parley_aws.use_cases.deliver_fact import Errand

    if "subscription_id" in body:
        subscriptions, fact = [body["subscription_id"]], body["fact"]
    else:
        subscriptions = [each.removeprefix(SUBSCRIPTION) for each in body["resources"]]
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
