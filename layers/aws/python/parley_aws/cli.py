"""What an operator does by hand: `python -m parley_aws.cli create-key|redrive|recount`.

The environment names tables, queues and the AWS account, as for the functions: create-key asks for
CAMPAIGNS_TABLE, redrive for the URL of the queue, such as SENDS_QUEUE_URL, recount for
CAMPAIGNS_TABLE, MESSAGES_TABLE and METRICS_TABLE.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from parley.errors import ParleyError
from parley.keys import Role
from parley_aws import wiring
from parley_aws.settings import settings

STREAM_FAILURES = "stream-failures"
QUEUES = (
    *("launches", "sends", "receipts", "replies", "imports", "releases", "reconciliations"),
    "deliveries",
    STREAM_FAILURES,
)
"""Queues whose dead letters can be put back."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status: 1 where something was not done."""
    options = _parser().parse_args(arguments)
    try:
        told, status = options.run(options)
    except ParleyError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(told))
    return int(status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="parley_aws.cli", description=__doc__)
    commands = parser.add_subparsers(required=True)
    create = commands.add_parser("create-key", help="make an API key and print it, once, as JSON")
    create.add_argument("--role", type=Role, choices=list(Role), required=True)
    create.add_argument("--owner", required=True)
    create.set_defaults(run=_create_key)
    again = commands.add_parser("redrive", help="put the dead letters of a queue back on it")
    again.add_argument("--queue", choices=QUEUES, required=True)
    again.add_argument("--limit", type=_positive, help="so many at most, to try the cure first")
    again.set_defaults(run=_redrive)
    recount = commands.add_parser(
        "recount", help="recount metrics from the ledger and name what differs"
    )
    recount.add_argument("--send", help="one send's id; without it, every send")
    recount.add_argument("--mend", action="store_true", help="correct what stands still")
    recount.set_defaults(run=_recount)
    return parser


def _create_key(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from parley_aws.use_cases.manage_keys import make_key

    key, secret = make_key(
        wiring.keys(), role=options.role, owner=options.owner, now=wiring.clock().now()
    )
    return {"id": key.id, "role": key.role, "owner": key.owner, "key": secret}, 0


def _redrive(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    url = settings().queue_url(options.queue.replace("-", "_"))
    if options.queue == STREAM_FAILURES:
        from parley_aws.replay import replay

        done = replay()(url, limit=options.limit)
        told = {"queue": options.queue, "moved": done.failures, "refused": done.refused}
        return told, 1 if done.refused else 0
    from parley_aws import sdk
    from parley_aws.redrive import redrive

    moved = redrive(sdk.client("sqs"), url, limit=options.limit)
    return {"queue": options.queue, "moved": moved}, 0


def _recount(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from parley.other_texts import is_account
    from parley_aws import counting

    found = (
        [counting.recount(options.send, mend=options.mend)]
        if options.send
        else list(counting.recount_all(mend=options.mend))
    )
    told: dict[str, Any] = {
        "sends": sum(not is_account(each.send_id) for each in found),
        "entries": sum(each.entries for each in found),
        "unreadable": sum(each.unreadable for each in found),
        "differences": [asdict(diff) for each in found for diff in each.differences],
        "moving": [row for each in found for row in each.moving],
        "mended": [row for each in found for row in each.mended],
    }
    left = len({diff["row"] for diff in told["differences"]} - set(told["mended"]))
    return told, 1 if left or told["moving"] or told["unreadable"] else 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
