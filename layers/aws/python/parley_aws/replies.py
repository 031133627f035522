"""What handles replies, put together; loaded and built while the function starts."""

from __future__ import annotations

from parley import hearing
from parley_aws import sdk, wiring
from parley_aws.use_cases.handle_reply import HandleReply
from parley_aws.use_cases.texting import HandOverText

hearing.get_ready()
sdk.get_ready("dynamodb", "secretsmanager")


def handle(sid: str) -> None:
    """Handle the reply with this sid."""
    handle_reply = HandleReply(
        contacts=wiring.contacts(),
        journal=wiring.journal(),
        programs=wiring.programs(),
        sends=wiring.sends(),
        ledger=wiring.ledger(),
        leads=wiring.leads(),
        hand_over=HandOverText(
            contacts=wiring.contacts(),
            journal=wiring.journal(),
            provider=wiring.provider(),
            clock=wiring.clock(),
        ),
        clock=wiring.clock(),
        id_key=wiring.secret().id_key,
        locate=wiring.locate,
    )
    wiring.spare_collector()
    handle_reply(sid)
