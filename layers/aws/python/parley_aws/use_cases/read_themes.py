"""What the replies to a send are about."""

from __future__ import annotations

from parley.campaign import Send
from parley.journal import JournalKind
from parley.reply import Intent
from parley.themes import Themes, themes
from parley_aws.ports import Journal

MOST_REPLIES = 100
"""Themes are those of the latest replies: a report stays cheap however many there are."""


def read_themes(journal: Journal, send: Send) -> Themes:
    """The themes of the latest replies, as far as they answer the send."""
    page = journal.recent(
        JournalKind.UNDERSTANDING, since=send.created_at, limit=MOST_REPLIES, start_key=None
    )
    return themes(
        (event.details["body"], Intent(event.details["intent"]))
        for event in page.items
        if event.details.get("send_id") == send.id
    )
