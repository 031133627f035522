"""How benches tell what they measured."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value; `aim` says in words what it should be, for the reader to judge."""

    bench: str
    name: str
    value: float
    unit: str
    aim: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def show(figures: Sequence[Figure]) -> str:
    """The figures as a table in plain text."""
    rows = [("bench", "measured", "value", "unit", "aim")]
    rows += [
        (f.bench, f.name, f"{f.value:,.3g}" if f.value < 1000 else f"{f.value:,.0f}", f.unit, f.aim)
        for f in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column == 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def write(figures: Sequence[Figure], folder: Path) -> Path:
    """The figures as JSON; the file."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    file = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    about = {
        "at": now.isoformat(),
        "python": platform.python_version(),
        "machine": platform.platform(),
    }
    file.write_text(json.dumps({**about, "figures": [asdict(f) for f in figures]}, indent=2))
    return file
