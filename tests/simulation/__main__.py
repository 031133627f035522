"""The long simulation: `python -m tests.simulation [--schedules N] [--seed S] [--plant BUG]`.

Runs N schedules (100,000) from seed S (0) on, in two processes. A seed alone is replayed and told
in full. With a bug planted it looks for the first seed that finds it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

from tests.simulation.planted import BUGS, MENDED
from tests.simulation.world import MUST_HAPPEN, Result, run_schedule

SCHEDULES = 100_000
PROCESSES = 2
_CHUNK = 250
_SHOWN = 250
_ENOUGH = 1000
"""So many schedules must have met everything in `MUST_HAPPEN`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What came of some schedules: counts, and the first that broke a guarantee."""

    schedules: int
    effects: int
    counts: Counter[str]
    broken: Result | None


def run_chunk(seeds: range, plant: str | None = None) -> Chunk:
    """Run schedules until one breaks a guarantee."""
    counts: Counter[str] = Counter()
    effects = 0
    planted = next((bug.plant() for bug in (*BUGS, *MENDED) if bug.name == plant), nullcontext())
    with planted:
        for done, seed in enumerate(seeds, start=1):
            result = run_schedule(seed)
            counts.update(result.counts)
            effects += result.effects
            if result.violation is not None:
                return Chunk(schedules=done, effects=effects, counts=counts, broken=result)
    return Chunk(schedules=len(seeds), effects=effects, counts=counts, broken=None)


def main() -> int:
    """Run as the arguments say; 1 where a guarantee was broken or too little happened."""
    parser = argparse.ArgumentParser(prog="tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, help=f"how many ({SCHEDULES:,})")
    parser.add_argument("--seed", type=int, help="the first; alone: the one to replay")
    parser.add_argument("--plant", choices=[bug.name for bug in (*BUGS, *MENDED)])
    arguments = parser.parse_args()
    if arguments.seed is not None and arguments.schedules is None and arguments.plant is None:
        return _replay(arguments.seed)
    first = arguments.seed or 0
    seeds = range(first, first + (arguments.schedules or SCHEDULES))
    return _run(seeds, arguments.plant)


def _replay(seed: int) -> int:
    result = run_schedule(seed, keeps_trace=True)
    print("\n".join(result.trace))
    print(f"seed {seed}: {result.violation or 'every guarantee held'}")
    return 1 if result.violation else 0


def _run(seeds: range, plant: str | None) -> int:
    began = time.perf_counter()
    counts: Counter[str] = Counter()
    schedules = effects = 0
    broken: Result | None = None
    for chunk in _chunks(seeds, plant):
        counts.update(chunk.counts)
        schedules += chunk.schedules
        effects += chunk.effects
        if sys.stderr.isatty():
            print(f"\r{schedules:,} schedules", end="", file=sys.stderr)
        if chunk.broken is not None:
            broken = chunk.broken
            break
    took = time.perf_counter() - began
    _report(counts)
    rate = f"{schedules / took:.0f} schedules/s, {effects / took:,.0f} effects/s"
    print(f"{schedules:,} schedules in {took:.0f} s: {rate}")
    if broken is not None:
        print("\n".join(broken.trace[-_SHOWN:]))
        print(f"seed {broken.seed} breaks {broken.violation}")
        print(f"replay it: python -m tests.simulation --seed {broken.seed}")
        return 1
    missing = sorted(name for name in MUST_HAPPEN if not counts[name])
    if missing and schedules >= _ENOUGH:
        print(f"never happened: {', '.join(missing)}")
        return 1
    return 0


def _chunks(seeds: range, plant: str | None) -> Iterator[Chunk]:
    pieces = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        results: Iterable[Chunk] = pool.map(run_chunk, pieces, [plant] * len(pieces))
        try:
            yield from results
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _report(counts: Counter[str]) -> None:
    widest = max(map(len, counts), default=0)
    for name, n in sorted(counts.items()):
        print(f"{name:<{widest}} {n:>12,}")


if __name__ == "__main__":
    sys.exit(main())
