"""What the demo checks of its own story before it calls it a success."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from infra.local.client import Connections, ProblemError, contact_path
from infra.local.demo.story import FORMER_LEAVERS, Told


def check(told: Told, stack: Connections) -> Iterator[tuple[str, bool]]:
    """Each promise in words, and whether the story kept it."""
    counts = told.send["counts"]
    promotional = Counter(
        text["to"]
        for text in told.texts
        if text["direction"] == "outbound-api" and text["body"].startswith("Hi ")
    )
    handed_over = sum(
        counts[s] for s in ("accepted", "sent", "delivered", "undelivered", "unknown")
    )
    outcomes = sum(n for status, n in counts.items() if status != "audience")
    stops = {
        text["from"]
        for text in told.texts
        if text["direction"] == "inbound" and text["body"].strip().upper() == "STOP"
    }
    marketer = stack.client("marketer")
    yield "nobody was texted twice", all(n == 1 for n in promotional.values())
    yield "the report counts exactly the texts that left", len(promotional) == handed_over > 0
    yield "everyone in the audience has one outcome", outcomes == counts["audience"] > 0
    yield (
        "everyone who was not texted has a reason",
        all(m["reason"] for m in told.messages if m["status"] in ("skipped", "failed")),
    )
    yield "who had left before was not texted", not promotional.keys() & set(FORMER_LEAVERS)
    yield (
        f"all {len(stops)} who answered STOP are opted out",
        all(marketer.get(contact_path(p))["suppressed"] for p in stops),
    )
    yield "replies became leads", told.report["leads"] == len(told.leads) > 0
    yield "a key of sales cannot read a campaign's report", _is_refused(stack, told.send["id"])


def _is_refused(stack: Connections, send_id: str) -> bool:
    try:
        stack.client("sales").get(f"/sends/{send_id}/report")
    except ProblemError as refused:
        return refused.status == 403
    return False
