"""`make bench`: every bench, as a table and as JSON under .parley/bench/."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.bench import cold_bench, domain_bench, metrics_bench, sending_bench, stack_bench
from tests.bench.table import Figure, show, write

BENCHES = {
    "rules": domain_bench.run,
    "sending": sending_bench.run,
    "metrics": metrics_bench.run,
    "cold": cold_bench.run,
    "stack": stack_bench.run,
}


def main() -> int:
    """Run the benches named on the command line, or all."""
    names = sys.argv[1:] or list(BENCHES)
    figures: list[Figure] = []
    for name in names:
        for figure in BENCHES[name]():
            figures.append(figure)
            print(f"… {figure.name}: {figure.value:.4g} {figure.unit}", file=sys.stderr)
    print(show(figures))
    print(write(figures, Path(os.environ.get("PARLEY_HOME", ".parley")) / "bench"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
