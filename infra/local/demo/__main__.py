"""`make demo`."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from infra.local.client import Connections
from infra.local.demo import promises, screens
from infra.local.demo.story import tell
from infra.local.home import Home
from infra.local.stack import running


def main() -> int:
    """Run the demo; 0 where every promise was kept."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    shown = Path(os.environ.get("PARLEY_HOME", ".parley")) / "demo"
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with ExitStack() as until_the_end:
        home = until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="parley-demo-"))
        with console.status("Starting the local stack: the template that goes to AWS …"):
            description = until_the_end.enter_context(running(Home(Path(home))))
        stack = Connections.of(description)
        console.print(f"The local stack is ready after {time.monotonic() - began:.1f} s.")
        with screens.progress_bars(console) as count:
            told = tell(stack, count)
        everyone, leads = screens.write_files(told, shown)
        kept = list(promises.check(told, stack))
    for table in (screens.outcomes(told), screens.report(told), screens.hot_leads(told)):
        console.print(table)
    for promise, held in kept:
        console.print(f"  {'[green]kept[/]' if held else '[red]BROKEN[/]'}  {promise}")
    console.print(
        f"\nFirst text {told.first_text_seconds:.2f} s after the API call; "
        f"the whole demo {time.monotonic() - began:.0f} s.\n"
        f"Everyone's outcome: {everyone}\nThe lead list: {leads}\n"
        "Next: `make up`, then open the docs page it names; README.md has the API by example."
    )
    return 0 if all(held for _, held in kept) else 1


if __name__ == "__main__":
    sys.exit(main())
