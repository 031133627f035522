"""What the replies to a send are about."""

from __future__ import annotations

from parley.counts import named_of
from parley.themes import Themes, themes
from parley_aws.ports import MetricsStore
from parley_aws.use_cases.read_sends import SendState


def read_themes(metrics: MetricsStore, state: SendState) -> Themes:
    """The themes of all replies to a send, from what was counted as they came."""
    return themes(named_of(state.metrics, "reply"), metrics.tallies(state.send.id))
