"""How the demo shows itself in a terminal."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.local.demo.story import Count, Told

_NAMES_SHOWN = 3
_LEADS_SHOWN = 12
_FIRST_ORDER = ("delivered", "sent", "accepted", "undelivered", "failed", "unknown")


@contextmanager
def progress_bars(console: Console) -> Iterator[Count]:
    """Live bars that appear with their first count."""
    columns = (
        TextColumn("{task.description:>18}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, Any] = {}

        def count(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done, total=total)

        yield count
        for task in tasks.values():
            done = progress.tasks[task].completed
            progress.update(task, total=progress.tasks[task].total or done)


def outcomes(told: Told) -> Table:
    """Everyone in the audience by outcome and reason, with the first few numbers of each."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for message in told.messages:
        reason = message["reason"] or message["error_code"] or ""
        groups[message["status"], str(reason)].append(message["phone"])
    table = Table(title="What became of everyone", title_justify="left")
    for name in ("outcome", "reason", "people", "such as"):
        table.add_column(name, justify="right" if name == "people" else "left")
    for (status, reason), phones in sorted(groups.items(), key=_outcome_order):
        shown = ", ".join(sorted(phones)[:_NAMES_SHOWN]) + (" …" if len(phones) > 3 else "")
        table.add_row(status, reason, str(len(phones)), shown)
    table.add_row("audience", "", str(told.send["counts"]["audience"]), "", style="bold")
    return table


def report(told: Told) -> Table:
    """The send's report."""
    table = Table(title="Report", title_justify="left", show_header=False)
    cost = told.report["cost"]
    for name, value in (
        ("texts delivered", told.report["counts"]["delivered"]),
        ("message parts", told.report["parts"]),
        ("cost", f"{cost['amount']} {cost['currency']}"),
        ("replies", told.report["replies"]),
        ("leads", told.report["leads"]),
        ("opt-outs", told.report["opt_outs"]),
        ("skipped", ", ".join(f"{n} {r}" for r, n in told.report["skipped"].items())),
        ("as of", told.report["as_of"]),
    ):
        table.add_row(name, str(value))
    return table


def hot_leads(told: Told) -> Table:
    """The hottest leads, as sales sees them."""
    table = Table(title="Hot leads", title_justify="left")
    for name in ("score", "who", "phone", "said", "why"):
        table.add_column(name, justify="right" if name == "score" else "left")
    hot = [lead for lead in told.leads if lead["temperature"] == "hot"]
    for lead in hot[:_LEADS_SHOWN]:
        table.add_row(
            str(lead["score"]),
            lead["first_name"] or "",
            lead["phone"],
            lead["reply"]["body"],
            "; ".join(lead["reasons"]),
        )
    table.caption = f"{len(hot)} hot of {len(told.leads)} leads"
    return table


def write_files(told: Told, folder: Path) -> tuple[Path, Path]:
    """The whole lists as files: outcomes and leads."""
    folder.mkdir(parents=True, exist_ok=True)
    everyone, leads = folder / "outcomes.csv", folder / "leads.csv"
    with everyone.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["phone", "status", "reason", "parts", "body"])
        for m in sorted(told.messages, key=lambda message: str(message["phone"])):
            writer.writerow([m["phone"], m["status"], m["reason"], m["parts"], m["body"]])
    leads.write_text(told.leads_csv, encoding="utf-8")
    return everyone, leads


def _outcome_order(group: tuple[tuple[str, str], list[str]]) -> tuple[int, str, int]:
    (status, _), phones = group
    place = _FIRST_ORDER.index(status) if status in _FIRST_ORDER else len(_FIRST_ORDER)
    return place, status, -len(phones)
