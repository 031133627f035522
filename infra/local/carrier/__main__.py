"""``python -m infra.local.carrier``: serve until SIGTERM or SIGINT.

When it is ready, one JSON line goes to standard output: ``{"event": "ready", "url", "port"}``.
Exit status 0 after a signal, 1 if it cannot start, 2 on bad arguments.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import signal
import sys
from pathlib import Path

from infra.local.carrier.intake import is_url
from infra.local.carrier.keywords import KeywordReplies
from infra.local.carrier.server import CarrierConfig, CarrierServer
from infra.local.carrier.state import UnreadableStateError


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator and return the exit status."""
    return asyncio.run(_serve(_parse(arguments)))


async def _serve(config: CarrierConfig) -> int:
    try:
        server = await CarrierServer.start(config)
    except (OSError, UnreadableStateError) as error:
        print(f"The carrier simulator cannot start: {error}", file=sys.stderr)
        return 1
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    # Messages are kept for good: looking through all of them again and again finds no garbage.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    print(json.dumps({"event": "ready", "url": server.url, "port": server.port}), flush=True)
    await stopping.wait()
    await server.stop()
    return 0


def _parse(arguments: list[str] | None) -> CarrierConfig:
    parser = argparse.ArgumentParser(prog="python -m infra.local.carrier", description=__doc__)
    parser.add_argument("--port", type=_port, default=0, help="0 (default) takes a free one")
    parser.add_argument("--account-sid", required=True)
    parser.add_argument("--auth-token", required=True)
    parser.add_argument("--inbound-url", type=_url, help="where inbound texts are posted")
    parser.add_argument(
        "--keyword-replies",
        type=KeywordReplies,
        choices=list(KeywordReplies),
        default=KeywordReplies.TWILIO,
        help="who answers STOP, START and HELP (default: twilio)",
    )
    parser.add_argument("--state", type=Path, help="file that keeps everything over a restart")
    parser.add_argument("--capacity", type=_positive, default=250_000, help="messages remembered")
    parser.add_argument("--callback-concurrency", type=_positive, default=64)
    given = parser.parse_args(arguments)
    return CarrierConfig(**vars(given))


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _url(text: str) -> str:
    if not is_url(text):
        raise ValueError(text)
    return text


if __name__ == "__main__":
    sys.exit(main())
