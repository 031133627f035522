"""A process that claims texts under a cap of two, to race others like it."""

from __future__ import annotations

import sys

from parley.caps import FrequencyCap
from parley.sending import CLAIM_RETENTION
from parley_aws.dynamo.client import create_client
from parley_aws.dynamo.contacts import DynamoContacts
from parley_aws.ports import SendingWrite, WriteResult
from tests.integration.stores.values import NOW, claim, contact

_CAP = FrequencyCap(max_messages=2, window_hours=24)


def main(engine: str, table: str, first_send: str, people: str) -> int:
    """Claim as many texts as the cap allows, as sends of this writer's own; 0."""
    contacts = DynamoContacts(create_client(engine), table)
    waiting = [contact(n).phone for n in range(int(people))]
    send = int(first_send) * 1000
    while waiting:
        found = contacts.get_many(waiting)
        waiting = [p for p in waiting if _CAP.allows_another(found[p].sending.claims, NOW)]
        send += 1
        results = contacts.write_sending(
            [
                SendingWrite(
                    phone=phone,
                    expected_version=found[phone].sending.version,
                    sending=found[phone].sending.with_claim(
                        claim(send), discloses=False, now=NOW, retention=CLAIM_RETENTION
                    ),
                )
                for phone in waiting
            ]
        )
        if WriteResult.AMBIGUOUS in results:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
