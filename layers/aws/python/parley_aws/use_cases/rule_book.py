"""Where the rules of a send come from, besides its campaign and program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parley.contact import Contact
from parley.decide import Draft, Rules
from parley.program import Program
from parley.quiet_hours import StateRules
from parley.sending import BATCH_LIFETIME
from parley_aws.ports import SendContext


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """The deployment's key, how bodies are rendered, and the tables behind decent hours."""

    id_key: bytes
    renderer: Callable[[str, Program], Callable[[Contact], Draft]]
    state_rules: StateRules
    region_zones: Mapping[str, tuple[str, ...]]

    def rules_of(self, context: SendContext) -> Rules:
        """What decides over the contacts of a send.

        Nobody is texted later than `BATCH_LIFETIME` after the start: by then a claim that a lost
        batch made could be forgotten, and with it that the text was handed over (G3).
        """
        send = context.send
        return Rules(
            send_id=send.id,
            campaign_id=send.campaign.id,
            program=context.program,
            expires_at=min(send.expires_at, send.starts_at + BATCH_LIFETIME),
            render=self.renderer(send.campaign.body, context.program),
            holdout_key=self.id_key,
            overall_caps=context.settings.frequency_caps,
            holdout_percent=send.campaign.holdout_percent,
            state_rules=self.state_rules,
            region_zones=self.region_zones,
        )
