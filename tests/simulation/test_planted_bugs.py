"""The simulation sees what it is there to see: planted bugs break a guarantee within few seeds."""

from __future__ import annotations

import pytest

from tests.simulation.planted import BUGS, MENDED, Bug
from tests.simulation.world import run_schedule

WITHIN = 150
"""Seeds that any of them may take; none took more than 60 when this was written."""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Bug) -> None:
    """What it breaks by the way, such as the counts, is passed over."""
    with bug.plant():
        violations = (run_schedule(seed).violation for seed in range(WITHIN))
        found = next((v for v in violations if v and v.guarantee in bug.breaks), None)
    assert found is not None, f"no seed below {WITHIN} finds it"


@pytest.mark.parametrize("bug", MENDED, ids=lambda bug: bug.name)
def test_a_mended_bug_would_be_found_again(bug: Bug) -> None:
    """Its seed finds it once it is back. Should a change of the scenarios make the seed harmless,
    `python -m tests.simulation --plant` finds another."""
    assert bug.seed is not None
    with bug.plant():
        found = run_schedule(bug.seed).violation
    assert found is not None, f"seed {bug.seed} does not find it any more"
    assert found.guarantee in bug.breaks, found
