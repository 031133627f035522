"""Rules of the bus match what is put on it, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parley.facts import Fact, FactName
from parley.webhook import WebhookSubscription
from parley_aws.memory import ManualClock
from parley_aws.memory.webhooks import MemoryWebhooks
from parley_aws.publish import WANTED_FOR, EventBridgeBus, Wanted
from tests.contract.test_facts import EVENTS, NAMES, NOON, sample
from tests.infra.test_template import of_type, synthesize

Pattern = dict[str, Any]


class Bus:
    """Takes what is put on it."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert len(Entries) <= 10
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}


@pytest.fixture(scope="module")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pattern]:
    template = synthesize(tmp_path_factory.mktemp("rules"), local=False)
    rules = of_type(template["Resources"], "AWS::Events::Rule")
    return {
        name: rule["Properties"]["EventPattern"]
        for name, rule in rules.items()
        if "EventPattern" in rule["Properties"]
    }


def matches(pattern: Pattern, event: dict[str, Any]) -> bool:
    """EventBridge's own rules, as far as ours go: any of the values, whole or by prefix."""
    for name, wanted in pattern.items():
        held = event[name] if isinstance(event[name], list) else [event[name]]
        if not any(_fits(each, value) for each in wanted for value in held):
            return False
    return True


def _fits(wanted: str | dict[str, str], value: str) -> bool:
    if isinstance(wanted, str):
        return value == wanted
    assert set(wanted) == {"prefix"}
    return value.startswith(wanted["prefix"])


def told(*wanted: FactName) -> list[dict[str, Any]]:
    """Every fact as the bus passes it on, with a subscription to those that are wanted."""
    bus, webhooks = Bus(), MemoryWebhooks()
    webhooks.add(
        WebhookSubscription(
            id="whk_1", url="https://a.example", facts=wanted, secret="s" * 16, created_at=NOON
        )
    )
    client: Any = bus
    facts = [Fact(name=n, occurred_at=NOON, detail=sample(n)["detail"]) for n in NAMES]
    EventBridgeBus(client, "bus", Wanted(webhooks, ManualClock(NOON))).publish(facts)
    return [
        {
            **sample(entry["DetailType"]),
            "source": entry["Source"],
            "resources": entry["Resources"],
            "detail": json.loads(entry["Detail"]),
        }
        for entry in sorted(bus.entries, key=lambda each: str(each["DetailType"]))
    ]


def test_every_rule_matches_every_fact_that_is_wanted(patterns: dict[str, Pattern]) -> None:
    assert patterns
    for pattern in patterns.values():
        assert all(matches(pattern, event) for event in told(*FactName))


def test_what_nobody_wants_goes_no_further(patterns: dict[str, Pattern]) -> None:
    for pattern in patterns.values():
        passed = [e["detail-type"] for e in told(FactName.LEAD_CREATED) if matches(pattern, e)]
        assert passed == ["LeadCreated"]
        assert not any(matches(pattern, sample(name)) for name in NAMES)


def test_what_is_on_the_bus_is_the_sample() -> None:
    for event in told():
        assert event == sample(event["detail-type"])


def test_a_new_subscription_is_heeded_within_seconds() -> None:
    clock, webhooks = ManualClock(NOON), MemoryWebhooks()
    wanted = Wanted(webhooks, clock)
    assert wanted.by(FactName.LEAD_CREATED) == []
    subscription = WebhookSubscription(
        id="whk_1",
        url="https://a.example",
        facts=(FactName.LEAD_CREATED,),
        secret="s" * 16,
        created_at=NOON,
    )
    webhooks.add(subscription)
    clock.advance(WANTED_FOR)
    assert wanted.by(FactName.LEAD_CREATED) == ["whk_1"]
    assert wanted.by(FactName.LEAD_OVERDUE) == []


def test_every_fact_has_a_folder_with_a_schema_and_a_sample() -> None:
    for name in FactName:
        folder: Path = EVENTS / name
        assert sorted(f.name for f in folder.iterdir()) == ["sample.v1.json", "schema.v1.json"]
