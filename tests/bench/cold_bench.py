"""How long each function takes to import in a fresh interpreter, as at a cold start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.table import Figure

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
TRIES = 5
_IMPORT = (
    "import time; began = time.perf_counter(); import handler;"
    "print((time.perf_counter() - began) * 1000)"
)


def run() -> Iterator[Figure]:
    """Milliseconds of `import handler`, byte code at hand, for each function."""
    for folder in sorted(path.parent for path in FUNCTIONS.glob("*/handler.py")):
        yield Figure(
            bench="cold",
            name=f"import of {folder.name}",
            value=min(_import(folder) for _ in range(TRIES)),
            unit="ms",
        )


def _import(folder: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT], cwd=folder, capture_output=True, text=True, check=True
    )
    return float(done.stdout)
