"""The simulation sees what it is there to see: planted bugs break a guarantee within few seeds."""

from __future__ import annotations

import pytest

from tests.simulation.planted import BUGS, MENDED, Bug
from tests.simulation.world import run_schedule

WITHIN = 500
"""Seeds that any of them may take; none took more than 180 when this was written."""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Bug) -> None:
    with bug.plant():
        found = next((v for s in range(WITHIN) if (v := run_schedule(s).violation)), None)
    assert found is not None, f"no seed below {WITHIN} finds it"
    assert found.guarantee in bug.breaks, found


@pytest.mark.parametrize(
    "bug", [bug for bug in MENDED if bug.seed is not None], ids=lambda bug: bug.name
)
def test_a_mended_bug_would_be_found_again(bug: Bug) -> None:
    """Its seed finds it once it is back. Should a change of the scenarios make the seed harmless,
    `python -m tests.simulation --plant` finds another."""
    assert bug.seed is not None
    with bug.plant():
        found = run_schedule(bug.seed).violation
    assert found is not None, f"seed {bug.seed} does not find it any more"
    assert found.guarantee in bug.breaks, found
