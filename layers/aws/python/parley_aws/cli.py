"""What an operator does before there is any key: `python -m parley_aws.cli create-key`.

The environment names the table (CAMPAIGNS_TABLE) and the AWS account, as for the functions.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from parley.keys import Role
from parley_aws import wiring
from parley_aws.use_cases.manage_keys import make_key


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status."""
    parser = argparse.ArgumentParser(prog="parley_aws.cli", description=__doc__)
    commands = parser.add_subparsers(required=True)
    create = commands.add_parser("create-key", help="make an API key and print it, once, as JSON")
    create.add_argument("--role", type=Role, choices=list(Role), required=True)
    create.add_argument("--owner", required=True)
    options = parser.parse_args(arguments)
    key, secret = make_key(
        wiring.keys(), role=options.role, owner=options.owner, now=wiring.clock().now()
    )
    print(json.dumps({"id": key.id, "role": key.role, "owner": key.owner, "key": secret}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
