"""A process that races others: it takes one order a line, and answers each with a line of JSON.

`{"place", "deliver": [[send, page, start, end], …], "within"}` sends to ranges; the answer is how
many are left after so many seconds.

`{"place", "hear": [[sid, number], …], "every"}` has a number say STOP every so many seconds, each
heard by a thread of its own; the answer is `[number, began, answered]` of each, by time.time().
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from parley.campaign import PageRange
from parley.inbound import InboundText
from tests.integration.races.place import Place

SERVICE = "MG" + "a" * 32


def hear(
    place: Place, stops: list[tuple[str, str]], every: float
) -> list[tuple[str, float, float]]:
    """Hear STOPs as the inbound webhook does; when each began and was answered."""
    receive = place.hearing()

    def one(sid: str, phone: str) -> tuple[str, float, float]:
        began = time.time()
        receive(
            InboundText(
                sid=sid, phone=phone, to=SERVICE, service=SERVICE, body="STOP", opt_out_type=None
            )
        )
        return phone, began, time.time()

    with ThreadPoolExecutor(len(stops)) as threads:
        answers = []
        for sid, phone in stops:
            answers.append(threads.submit(one, sid, phone))
            time.sleep(every)
        return [answer.result() for answer in answers]


def obey(order: dict[str, Any]) -> Any:
    """Do what one order says."""
    place = Place(**order["place"])
    if "hear" in order:
        return hear(place, order["hear"], order["every"])
    pieces = [
        PageRange(send_id=send_id, page_id=page_id, start=start, end=end)
        for send_id, page_id, start, end in order["deliver"]
    ]
    return place.deliver(pieces, within=order["within"])


def main() -> int:
    """Obey until there are no more orders; 0."""
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(obey(json.loads(line))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
