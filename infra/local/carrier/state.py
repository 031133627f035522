"""Keeping the provider's view over a restart: one JSON file, written on a graceful stop."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.local.carrier.behavior_json import behavior_from_json, behavior_to_json
from infra.local.carrier.conduct import Conduct
from infra.local.carrier.delivery import Delivery
from infra.local.carrier.inbox import InboundSettings
from infra.local.carrier.keywords import KeywordReplies
from infra.local.carrier.records import Direction, Message, Origin, Plan, Status
from infra.local.carrier.store import Store

_VERSION = 1


class UnreadableStateError(Exception):
    """The state file is not one that this version wrote."""


def save_state(path: Path, *, store: Store, conduct: Conduct, settings: InboundSettings) -> None:
    """Write everything to ``path``, whole or not at all."""
    state = {
        "version": _VERSION,
        "behavior": behavior_to_json(conduct.behavior),
        "inbound_url": settings.inbound_url,
        "keyword_replies": settings.keyword_replies,
        "senders": settings.senders,
        "services": store.services(),
        "opt_outs": store.opt_outs(),
        "messages": [_message_to_state(message) for message in store.messages()],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(state), encoding="utf-8")
    draft.replace(path)


def load_state(
    path: Path, *, store: Store, conduct: Conduct, settings: InboundSettings, delivery: Delivery
) -> None:
    """Take up what :func:`save_state` wrote; messages that were on their way go on.

    A webhook given at the start is kept, else the saved one is taken. Does nothing when there is
    no file. Raises :class:`UnreadableStateError`.
    """
    if not path.exists():
        return
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if state["version"] != _VERSION:
            raise UnreadableStateError(f"{path} was written by another version; remove it")
        conduct.replace(behavior_from_json(state["behavior"]))
        settings.inbound_url = settings.inbound_url or state["inbound_url"]
        settings.keyword_replies = KeywordReplies(state["keyword_replies"])
        settings.senders = {
            name: KeywordReplies(policy) for name, policy in state["senders"].items()
        }
        for service_sid in state["services"]:
            store.sender(service_sid)
        for scope, handset in state["opt_outs"]:
            store.opt_out(store.sender(scope), handset)
        for saved in state["messages"]:
            message = _message_from_state(saved, store)
            store.keep(message)
            if message.plan is not None:
                delivery.start(message, message.plan)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableStateError(f"{path} is no state file; remove it") from error


def _message_to_state(message: Message) -> dict[str, Any]:
    return {**asdict(message), "sender": message.sender.scope}


def _message_from_state(saved: dict[str, Any], store: Store) -> Message:
    plan = saved["plan"]
    return Message(
        **{
            **saved,
            "sender": store.sender(saved["sender"]),
            "direction": Direction(saved["direction"]),
            "origin": Origin(saved["origin"]),
            "status": Status(saved["status"]),
            "plan": None if plan is None else Plan(**{**plan, "final": Status(plan["final"])}),
        }
    )
